package import Delivery
import Model
import Store
import Synchronization

/// The sending policy of this process, which all its campaigns ask, so that their messages count together.
///
/// A message passes it four times: when it is claimed (``admit(_:for:at:)``), when it may go to a relay (in ``Outbox``), when its final dot
/// goes (``went(_:at:)``), and when it has its outcome (``learn(_:of:through:at:)``).
package final class Traffic: Sendable {
    /// A message's place in the policy from when it goes to a relay.
    struct Passage: Sendable {
        var mark: SendingPolicy.Mark
        var relay: Int
        /// It counts for the limits.
        var hasGone = false
    }

    private let policy: Mutex<SendingPolicy>

    package init(_ policy: SendingPolicy) {
        self.policy = Mutex(policy)
    }

    package func with<Result: Sendable>(_ body: (inout SendingPolicy) -> Result) -> Result {
        policy.withLock { body(&$0) }
    }

    func admit(_ address: EmailAddress, for campaign: Int, at now: Instant) -> (admission: SendingPolicy.Admission, lane: Int) {
        with { policy in
            let mark = policy.mark(domain: address.asciiDomain, campaign: campaign)
            return (policy.admit(mark, at: now), mark.lane)
        }
    }

    func went(_ passage: Passage, at now: Instant) {
        with { $0.went(passage.mark, through: passage.relay, at: now) }
    }

    /// What follows from an outcome besides the message's own fate.
    struct Lesson: Sendable {
        var suppresses = false
        /// A refusal that nobody believes, or that was about us: the message goes again then.
        var heldUntil: Instant?
        var pardon: Ledger.Pardon?
    }

    func learn(_ outcome: Outcome, to address: EmailAddress, of passage: Passage, at now: Instant) -> Lesson {
        with { policy in
            if !passage.hasGone { policy.went(passage.mark, through: passage.relay, at: now) }
            var lesson = Lesson()
            switch outcome {
            case .accepted: _ = policy.learn(.accepted, of: passage.mark, through: passage.relay, domain: address.asciiDomain, at: now)
            case .refused(let reply, _):
                let learned = policy.learn(.refused(reply), of: passage.mark, through: passage.relay, domain: address.asciiDomain, at: now)
                lesson.suppresses = learned.suppress
                lesson.heldUntil = learned.isDoubtfulUntil
                lesson.pardon = learned.pardonSince.map { since in
                    learned.isOfRelay
                        ? Ledger.Pardon(relay: policy.name(ofRelay: passage.relay), until: learned.isDoubtfulUntil ?? now, since: since)
                        : Ledger.Pardon(domains: policy.domains(of: learned.lane), since: since)
                }
            case .deferred(let reply?, _, _), .notAttempted(_, .provider, let reply?):
                _ = policy.learn(.refused(reply), of: passage.mark, through: passage.relay, domain: address.asciiDomain, at: now)
                if case .notAttempted = outcome {
                    let lane = policy.mark(domain: address.asciiDomain, campaign: passage.mark.campaign).lane
                    lesson.heldUntil = policy.heldUntil(lane, at: now) ?? now.advanced(byMilliseconds: SendingPolicy.hold)
                }
            case .deferred, .notAttempted, .unknown: break
            }
            return lesson
        }
    }
}
