import Delivery
import Model
import Store

extension Traffic {
    /// What came in by reports since: which provider is overrun, or takes none of our mail for now.
    func learn(from ledger: Ledger, since: Instant, at now: Instant) throws {
        var peaks: [Int: Double] = [:]
        for report in try ledger.reports(learnedSince: since) where now.milliseconds - report.at.milliseconds < SendingPolicy.hold {
            let (lane, domains) = with { policy in
                let lane = policy.lane(ofBounce: report.reply, domain: report.domain)
                return (lane, policy.domains(of: lane))
            }
            guard lane > 0 else { continue }
            let known = try peaks[lane] ?? ledger.peakPerSecond(to: domains, since: now.advanced(byMilliseconds: -86_400_000)) ?? 0
            peaks[lane] = known
            with { $0.learn(bounce: report.reply, domain: report.domain, perSecond: known, told: report.at, at: now) }
        }
    }
}

extension SendRun {
    /// Keeps in the ledger what servers teach, for the next sender, and reads there what came in from elsewhere: bounces, and holds that
    /// follow from them.
    struct LessonBook {
        private var noted: [String: SendingPolicy.Memory] = [:]
        private var notedAt = Instant(milliseconds: 0)
        private var readAt = Instant(milliseconds: 0)

        /// Both in milliseconds. A hold is noted at once, a pace that changes every second so often.
        private static let interval: Int64 = 5000
        /// What was written before it was committed.
        private static let overlap: Int64 = 10_000

        /// What is known already was taken from the ledger.
        mutating func begin(_ run: SendRun, at now: Instant) {
            noted = Self.memories(run, at: now)
            readAt = now
        }

        mutating func look(_ run: SendRun, at now: Instant) throws {
            if now.milliseconds - readAt.milliseconds >= Self.interval {
                let since = readAt.advanced(byMilliseconds: -Self.overlap)
                readAt = now
                try run.traffic.learn(from: run.ledger, since: since, at: now)
                for memory in try run.ledger.memories(since: since) where memory.heldUntil != nil {
                    run.traffic.with { $0.recall(memory, at: now) }
                }
            }
            let isDue = now.milliseconds - notedAt.milliseconds >= Self.interval
            let known = Self.memories(run, at: now)
            guard isDue ? known != noted : known.contains(where: { $1.heldUntil != noted[$0]?.heldUntil }) else { return }
            try note(run, at: now)
        }

        mutating func note(_ run: SendRun, at now: Instant) throws {
            let known = Self.memories(run, at: now)
            guard known != noted else { return }
            try run.ledger.note(
                known.values.sorted { $0.subject < $1.subject }, forgetting: noted.keys.filter { known[$0] == nil }.sorted(), at: now)
            (noted, notedAt) = (known, now)
        }

        private static func memories(_ run: SendRun, at now: Instant) -> [String: SendingPolicy.Memory] {
            let known = run.traffic.with { $0.memories(at: now) }
            return Dictionary(known.map { ($0.subject, $0) }, uniquingKeysWith: { _, last in last })
        }
    }
}
