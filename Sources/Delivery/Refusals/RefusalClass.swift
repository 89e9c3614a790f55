/// What a refusal is about. ``RefusalClass/table`` says what Pitwall does about each; `docs/delivery.md` shows the same table, and a
/// test holds the two together.
///
///     let reply = Reply(code: 452, enhanced: "4.2.2", text: "The email account is over quota")
///     RefusalClass(of: reply)                    // .mailboxFull
///     RefusalClass.mailboxFull.remedy(for: reply)   // .retry
package enum RefusalClass: String, Hashable, Sendable, CaseIterable {
    case noSuchUser = "no such user"
    case mailboxFull = "mailbox full"
    case greylisted = "greylisted"
    case throttled = "throttled"
    case spamVerdict = "spam verdict"
    case policy = "policy"
    case tooBig = "too big"
    case blocked = "blocked"
    case authentication = "authentication"
    case sender = "sender"
    case login = "login"
    case relayTrouble = "relay trouble"
    case unknown = "unknown"
}

/// What Pitwall does about a refusal.
package enum Remedy: String, Hashable, Sendable, CaseIterable {
    case retry = "tried again later"
    case retrySlower = "tried again later, and slower"
    case refuse = "refused for good"
    case suppress = "refused for good, and the address suppressed"
    case holdProvider = "put back, and the provider held"
    case stopRelay = "put back, and the relay stopped"

    /// The message is as if it had not been tried.
    package var burnsNobody: Bool { self == .holdProvider || self == .stopRelay }
}

extension RefusalClass {
    package struct Row: Hashable, Sendable {
        package let refusal: RefusalClass
        package let meaning: String
        /// Where the reply is 4yz.
        package let temporary: Remedy
        /// Where it is 5yz.
        package let permanent: Remedy
    }

    /// The one place that says what is done about what.
    ///
    /// `holdProvider` becomes `stopRelay` where the reply does not name a provider: then it is the relay's own word.
    package static let table: [Row] = [
        row(.noSuchUser, "nobody reads mail at this address", .retry, .suppress),
        row(.mailboxFull, "the mailbox has no room", .retry, .refuse),
        row(.greylisted, "who is not known is asked to come again", .retry, .refuse),
        row(.throttled, "too much, too fast", .retrySlower, .holdProvider),
        row(.spamVerdict, "this message looks like spam", .retry, .refuse),
        row(.policy, "a rule of the recipient's", .retry, .refuse),
        row(.tooBig, "the message is too big", .retry, .refuse),
        row(.blocked, "our address or domain is on a list, or has a bad name", .retrySlower, .holdProvider),
        row(.authentication, "our mail does not prove whose it is (SPF, DKIM, DMARC, TLS, reverse DNS)", .retrySlower, .holdProvider),
        row(.sender, "our return path or the right to send is not accepted", .retry, .stopRelay),
        row(.login, "we are not logged in, or with the wrong password", .retry, .stopRelay),
        row(.relayTrouble, "the server has trouble of its own", .retrySlower, .refuse),
        row(.unknown, "none of these", .retry, .refuse),
    ]

    private static func row(_ refusal: RefusalClass, _ meaning: String, _ temporary: Remedy, _ permanent: Remedy) -> Row {
        Row(refusal: refusal, meaning: meaning, temporary: temporary, permanent: permanent)
    }

    /// For a reply that is not positive.
    package func remedy(for reply: Reply) -> Remedy {
        // Every class has its row; a test counts them.
        guard let row = Self.table.first(where: { $0.refusal == self }) else { return .retry }
        return reply.isPermanent ? row.permanent : row.temporary
    }
}
