package import Model

/// A pace that gives way and comes back: halved when a server says it is too much, raised again by success.
///
/// It grows twofold in two minutes of success up to nine tenths of where the trouble was, then slowly, twofold in ten; four times
/// above the pace at which trouble began it is given up. A burst of refusals is one: what was under way when the first came says nothing
/// of the new pace.
package struct Throttle: Sendable {
    /// In messages a second; nil: as fast as it goes.
    package private(set) var pace: Double?
    /// What the server said when it was last slowed.
    package private(set) var reason = ""
    private var due = 0.0
    private var slowedAt = Int64.min / 2
    private var grownAt = Int64.min / 2
    /// The pace at which the trouble began.
    package private(set) var ceiling = 0.0
    private var inARow = 0
    private var meter = Meter()

    /// So many temporary refusals without a success between them are a sign.
    package static let run = 5
    /// No slower than one in two minutes.
    package static let slowest = 1.0 / 120
    private static let burst: Int64 = 20_000

    package init() {}

    package var isSlowed: Bool { pace != nil }

    package func free(at now: Instant) -> Instant {
        guard pace != nil else { return now }
        // A tenth of a second may be caught up, or a pace of thousands would be bound to the clock's milliseconds.
        let earliest = due - 100
        return earliest <= Double(now.milliseconds) ? now : Instant(milliseconds: Int64(min(earliest.rounded(.up), 9e18)))
    }

    package mutating func took(at now: Instant) {
        meter.count(at: now.milliseconds)
        guard let pace else { return }
        due = max(due, Double(now.milliseconds)) + 1000 / pace
    }

    package mutating func succeeded(at now: Instant) {
        inARow = 0
        guard let pace else { return }
        let passed = min(now.milliseconds &- grownAt, Self.burst)
        // Once a second is often enough.
        guard passed >= 1000, now.milliseconds &- slowedAt >= 1000 else { return }
        grownAt = now.milliseconds
        let doubling = pace < ceiling * 0.9 ? 120_000.0 : 600_000
        let grown = pace * (1 + 0.693 * Double(passed) / doubling)
        self.pace = grown > ceiling * 4 ? nil : grown
    }

    /// A temporary refusal that may be a sign, as much as `count` of them. Says whether it was one too many.
    package mutating func refused(_ words: String, count: Int = 1, at now: Instant) -> Bool {
        inARow += count
        guard inARow >= Self.run else { return false }
        return slow(words, at: now)
    }

    /// The pace that an earlier sender had found; one of this sender's own stays.
    package mutating func recall(_ known: Double?, ceiling most: Double?, _ words: String, at now: Instant) {
        guard pace == nil, let known, known > 0 else { return }
        (pace, ceiling, reason) = (max(known, Self.slowest), max(most ?? known, known), words)
        (slowedAt, grownAt) = (now.milliseconds, now.milliseconds)
        due = Double(now.milliseconds)
    }

    /// Half as fast from now on. Says false where that has just been done.
    ///
    /// - Parameter known: how many a second went before, for who has not been measured.
    @discardableResult
    package mutating func slow(_ words: String, from known: Double = 0, at now: Instant) -> Bool {
        inARow = 0
        guard now.milliseconds &- slowedAt >= Self.burst else { return false }
        let measured = max(meter.perSecond(at: now.milliseconds), known)
        let before = min(pace ?? .infinity, max(measured, Self.slowest * 2))
        let halved = max(before / 2, Self.slowest)
        (ceiling, pace, reason) = (max(before, halved), halved, words)
        (slowedAt, grownAt) = (now.milliseconds, now.milliseconds)
        due = Double(now.milliseconds) + 1000 / halved
        return true
    }
}

/// How many a second, over the last two to four seconds, or over as long as it takes to see some.
private struct Meter: Sendable {
    private var start = Int64.min / 2
    private var counted = 0
    private var before = 0.0
    private static let span: Int64 = 2000

    mutating func count(at now: Int64) {
        let passed = now &- start
        if passed >= Self.span {
            // After a silence there is no pace before.
            before = passed < Self.span * 60 ? Double(counted) * 1000 / Double(passed) : 0
            (start, counted) = (now, 0)
        }
        counted += 1
    }

    func perSecond(at now: Int64) -> Double {
        let passed = max(now &- start, 500)
        return max(before, Double(counted) * 1000 / Double(passed))
    }
}
