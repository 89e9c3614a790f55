import Foundation
import Model

/// How fast messages go, and so how many to have under way.
struct Pace {
    private var samples: [(at: Instant, count: Int)] = []
    private let started: Instant

    private let least: Int
    /// Commits that a message waits for before it may go.
    private let commits: Int

    private static let span: Int64 = 3000
    private static let portion: Int64 = 200

    /// - Parameter connections: how many there may be to the relay: with two messages for each none of them waits.
    /// - Parameter isShared: a message is claimed by one commit and let go by the next.
    init(started: Instant, connections: Int, isShared: Bool = false) {
        self.started = started
        commits = isShared ? 2 : 1
        least = max(1, 2 * connections * commits)
    }

    mutating func record(_ count: Int, at now: Instant) {
        guard count > 0 else { return }
        // What one burst of a limit brings is settled in some portions.
        if let last = samples.last, now.milliseconds - last.at.milliseconds < Self.portion {
            samples[samples.count - 1].count += count
        } else {
            samples.append((now, count))
        }
        let horizon = now.milliseconds - Self.span
        if let keep = samples.firstIndex(where: { $0.at.milliseconds >= horizon }), keep > 0 { samples.removeFirst(keep) }
    }

    /// Over the last three seconds, also those in which nothing went. What comes in bursts, as a limit lets it, is counted from burst to
    /// burst: a window of any other length holds now one more and now one less.
    func perSecond(at now: Instant) -> Double {
        let span = min(max(now.milliseconds - started.milliseconds, 250), Self.span)
        let recent = samples.filter { $0.at.milliseconds > now.milliseconds - Self.span }
        let count = recent.reduce(0) { $0 + $1.count }
        if let first = recent.first, let last = recent.last {
            let between = last.at.milliseconds - first.at.milliseconds
            let longest = zip(recent, recent.dropFirst()).map { $1.at.milliseconds - $0.at.milliseconds }.max() ?? 0
            if between >= span / 3, now.milliseconds - last.at.milliseconds <= longest {
                return Double(count - last.count) * 1000 / Double(between)
            }
        }
        return Double(count) * 1000 / Double(span)
    }

    /// A quarter of a second's worth, so that neither the wire nor the composers run dry between two commits, each of which settles and
    /// claims half of them, and twice that where a message waits for two; no more than a limit lets go in two seconds. Whoever leaves once their
    /// message is claimed gets it all the same: a relay that takes its time is given no more than its connections have room for.
    func ahead(limit: Double?, at now: Instant) -> Int {
        let measured = max(least, Int(min(perSecond(at: now) / 4 * Double(commits), 100_000)))
        guard let limit else { return measured }
        return max(1, min(measured, Int(min(limit * 2000, 100_000).rounded(.up))))
    }
}
