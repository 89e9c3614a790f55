package import Delivery
import Model
import Store

/// How a send is going.
package struct SendProgress: Sendable {
    package var done: Int
    package var total: Int
    package var report: SendReport
    /// Messages accepted a second, over the last seconds.
    package var rate: Double
    /// What the rest takes by the limits alone; nil without any.
    package var secondsAtLimits: Double?
    /// What came of messages by the recipients' provider, the most first; those of no known provider have no name.
    package var providers: [ProviderOutcomes]
    /// Limits, paces and holds that are in force.
    package var brakes: [SendingPolicy.Brake]
    /// Nil before anything has been answered.
    package var bottleneck: Bottleneck?
    /// How it was when it ended.
    package var isLast = false

    /// What of the way of a message has kept the rest waiting lately.
    package enum Bottleneck: String, Sendable {
        /// Messages wait for a limit, a pace or a hold.
        case limit
        /// They are made and wait for the relay to take them.
        case relay
        /// They are being made.
        case composing
        /// The log is being written.
        case disk
    }

    /// At the rate of the last seconds, and not before limits let it; nil where nobody knows.
    package var secondsLeft: Double? {
        guard total > done else { return nil }
        // A relay that does not work lets nothing go, whatever its limits.
        if rate == 0, brakes.contains(where: \.isTrouble) { return nil }
        guard rate > 0 else { return secondsAtLimits.flatMap { $0 > 0 ? $0 : nil } }
        return max(Double(total - done) / rate, secondsAtLimits ?? 0)
    }
}

package struct ProviderOutcomes: Hashable, Sendable {
    package var name: String
    package var accepted = 0
    package var deferred = 0
    package var refused = 0
    package var unknown = 0

    var all: Int { accepted + deferred + refused + unknown }

    mutating func count(_ outcome: Settlement.Outcome) {
        switch outcome {
        case .accepted: accepted += 1
        case .deferred, .givenUp: deferred += 1
        case .refused: refused += 1
        case .unknown: unknown += 1
        case .returned: break
        }
    }
}

/// Where messages have been seen waiting, in as many looks as a second or two take.
struct Waiting {
    private var outbox = 0
    private var composers = 0
    private var ledger = 0
    private var looks = 0

    mutating func look(outbox waiting: Int, composing: Int, underWay: Int) {
        looks += 1
        if looks > 200 { (outbox, composers, ledger, looks) = (outbox / 2, composers / 2, ledger / 2, looks / 2) }
        if waiting > 0 {
            outbox += 1
        } else if composing > 0 {
            composers += 1
        } else if underWay == 0 {
            ledger += 1
        } else {
            // All that is under way is on the wire.
            outbox += 1
        }
    }

    func bottleneck(limited: Bool) -> SendProgress.Bottleneck {
        if outbox >= composers, outbox >= ledger { return limited ? .limit : .relay }
        return composers >= ledger ? .composing : .disk
    }
}
