import Delivery
import Model
import Store

extension Flight {
    /// What the ledger keeps of an outcome.
    ///
    /// - Parameter notBefore: no sooner is it worth another try.
    func settlement(
        _ outcome: Outcome, _ lesson: Traffic.Lesson, at: Instant, relay: String, retry: RetrySchedule, notBefore: Instant? = nil
    ) -> Settlement {
        let reply = outcome.reply
        var queueID: String?
        let kind: Settlement.Outcome
        switch outcome {
        case .accepted(_, let id):
            kind = .accepted
            queueID = id
        case .refused: kind = lesson.heldUntil.map { again($0, retry, at: at) } ?? .refused
        case .unknown: kind = .unknown
        case .notAttempted: kind = lesson.heldUntil.map { again($0, retry, at: at) } ?? .returned
        case .deferred(let reply, _, let scope):
            kind = again(max(due(after: reply, scope, at: at, retry: retry), notBefore ?? at), retry, at: at)
        }
        var settlement = Settlement(
            key: key, attempt: attempt, at: at, outcome: kind, relay: relay, code: reply?.code, enhanced: reply?.enhanced,
            reply: reply?.text ?? outcome.reason, queueID: queueID, messageID: marks?.messageID, sha256: marks?.sha256,
            contentSHA256: marks?.contentSHA256)
        settlement.suppresses = lesson.suppresses
        settlement.domain = address.asciiDomain
        return settlement
    }

    /// Another try at `due`, or none where that is too late.
    private func again(_ due: Instant, _ retry: RetrySchedule, at now: Instant) -> Settlement.Outcome {
        retry.allows(due, since: firstTried ?? now) ? .deferred(until: due) : .givenUp
    }

    /// A connection that was lost before the dot says nothing about the message: the first three times it is tried again
    /// within seconds. One that was lost over the recipient may be so again, and others should go before. Whatever the server put off waits
    /// as long as servers expect.
    private func due(after reply: Reply?, _ scope: Scope, at now: Instant, retry: RetrySchedule) -> Instant {
        let wasDecidedHere = reply?.origin == .here
        if reply == nil || wasDecidedHere, attempt <= 3 {
            return now.advanced(byMilliseconds: attempt * attempt * (scope == .recipient ? 3000 : 500))
        }
        let ticket = UInt64(bitPattern: key.contact.rawValue &* 31 &+ key.campaign.rawValue)
        return now.advanced(byMilliseconds: retry.delay(ticket: ticket, attempt: Int(clamping: attempt)))
    }
}

extension Settlement.Outcome {
    /// The row is planned again.
    var goesAgain: Bool {
        switch self {
        case .deferred, .returned: true
        case .accepted, .refused, .givenUp, .unknown: false
        }
    }
}
