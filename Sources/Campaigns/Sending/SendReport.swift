package import Delivery
package import Model
package import Store

/// What one run of `send` did.
package struct SendReport: Sendable {
    package enum Ending: Sendable {
        /// Nothing is left to go.
        case complete
        /// Deferred messages wait for their next try.
        case waiting(until: Instant)
        /// Asked to stop, or as many as were asked for have gone.
        case stopped(String)
        /// The workspace's own brakes: stop_if, pause, the window.
        case held(String)
        /// The relay can't be used.
        case relay(any Error)
        /// The ledger can't be written. What the recorder knows is settled by the next send.
        case ledger(any Error)
        /// Others believed this sender dead and took what it had not sent; it may come back as a new one.
        case putOut
    }

    /// Outcomes in this run.
    package var accepted = 0
    package var deferred = 0
    package var refused = 0
    package var unknown = 0
    package var skipped = 0
    package var seconds = 0.0
    package var ending = Ending.complete
    /// Of those skipped, the messages that could not be made.
    package var notRendered = 0
    /// The first few reasons why, each once.
    package var failures: [String] = []
    /// The campaign's time was over before everybody had it.
    package var expired = false
    /// What `stop_if` says of this run, also where nothing was left that it could stop.
    package var verdict: String?
    /// Limits, paces and holds that were in force at the end.
    package var brakes: [SendingPolicy.Brake] = []
    /// Those whose contact was changed after the plan.
    package var changed = 0
    /// How the campaign's messages stood when the run had ended, those of runs before included and seeds' copies not; nil where others may
    /// have changed it since.
    package var standing: DeliveryCounts?

    static let expiry = "send.not_after has passed"

    package init() {}

    /// Messages that were claimed and did not come back as they were.
    package var taken: Int { accepted + deferred + refused + unknown }

    /// Both as one, where a run went on as another.
    package func followed(by next: SendReport) -> SendReport {
        var both = next
        both.accepted += accepted
        both.deferred += deferred
        both.refused += refused
        both.unknown += unknown
        both.skipped += skipped
        both.seconds += seconds
        both.notRendered += notRendered
        both.failures = Array((failures + next.failures.filter { !failures.contains($0) }).prefix(5))
        both.expired = expired || next.expired
        both.verdict = next.verdict ?? verdict
        both.changed += changed
        return both
    }
}
