/// Where in the dialogue a reply was given.
package enum Stage: String, Hashable, Sendable, CaseIterable {
    case greeting, hello, startTLS, authentication, mail, recipient, data, body
}

/// What a reply means. This file alone owns that; the dialogue asks and obeys.
///
/// | reply | at | effect | scope |
/// |---|---|---|---|
/// | 421 | mail | put back | session |
/// | 421 | recipient, data, body | retry | session |
/// | 4yz | greeting … authentication | put back | session |
/// | 4yz | mail | retry | session |
/// | 4yz | recipient | retry | recipient; relay's own trouble (4.3.x, 4.7.0 login): session |
/// | 4yz | data, body | retry | message |
/// | 503 | mail, recipient, data | put back | session: one of us two has lost its place |
/// | 530, 534, 535, 538; x.7.8, x.7.9, x.7.11 | any | put back | relay: log in first |
/// | 5.1.7, 5.1.8, 5.7.20 … 5.7.27, 5.7.509, 5.7.515 | any | put back | relay: our sender or its domain is not trusted |
/// | 5yz about relaying, the client, the HELO name or the sender, by its words | recipient, data | put back | relay |
/// | 552, 5.3.4, 5.2.3 | mail | refuse | message: too big |
/// | 5yz | greeting … mail | put back | relay |
/// | 5yz | recipient | refuse | recipient |
/// | 5yz | data, body | refuse | message |
///
/// `put back` burns nobody: the message is as if it had not been tried. Postfix delays its judgement of client, HELO and
/// sender until RCPT (`smtpd_delay_reject`), which is why words count there.
package struct Verdict: Hashable, Sendable {
    package enum Effect: String, Hashable, Sendable {
        case accept, retry, refuse, putBack
    }

    package let effect: Effect
    package let scope: Scope

    package init(_ effect: Effect, _ scope: Scope) {
        self.effect = effect
        self.scope = scope
    }

    /// `stage` is the command that the reply answers; `body` is the final dot.
    package init(of reply: Reply, at stage: Stage) {
        if reply.isPositive {
            self.init(.accept, .message)
        } else if reply.isTemporary {
            self = Self.temporary(reply, stage)
        } else if reply.isPermanent {
            self = Self.permanent(reply, stage)
        } else {
            self.init(.putBack, .session)
        }
    }

    private static func temporary(_ reply: Reply, _ stage: Stage) -> Verdict {
        switch stage {
        case .greeting, .hello, .startTLS, .authentication: Verdict(.putBack, .session)
        case .mail: Verdict(reply.code == 421 ? .putBack : .retry, .session)
        case .recipient: Verdict(.retry, reply.code == 421 || isRelaysOwnTrouble(reply) ? .session : .recipient)
        case .data, .body: Verdict(.retry, reply.code == 421 ? .session : .message)
        }
    }

    private static func permanent(_ reply: Reply, _ stage: Stage) -> Verdict {
        if isAboutUs(reply) { return Verdict(.putBack, .relay) }
        switch stage {
        case .greeting, .hello, .startTLS, .authentication: return Verdict(.putBack, .relay)
        case .mail:
            if reply.code == 503 { return Verdict(.putBack, .session) }
            return isTooBig(reply) ? Verdict(.refuse, .message) : Verdict(.putBack, .relay)
        case .recipient, .data:
            if reply.code == 503 { return Verdict(.putBack, .session) }
            if isAboutUsByItsWords(reply) { return Verdict(.putBack, .relay) }
            return Verdict(.refuse, stage == .recipient ? .recipient : .message)
        case .body: return Verdict(.refuse, .message)
        }
    }

    private static let aboutUs: Set<String> = [
        "5.1.7", "5.1.8", "5.7.8", "5.7.9", "5.7.11", "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27",
        "5.7.509", "5.7.515",
    ]

    private static func isAboutUs(_ reply: Reply) -> Bool {
        if [530, 534, 535, 538].contains(reply.code) { return true }
        return reply.enhanced.map(aboutUs.contains) ?? false
    }

    private static func isRelaysOwnTrouble(_ reply: Reply) -> Bool {
        reply.enhanced.map { $0.hasPrefix("4.3.") || $0 == "4.7.0" } ?? false
    }

    private static func isTooBig(_ reply: Reply) -> Bool {
        reply.code == 552 || reply.enhanced == "5.3.4" || reply.enhanced == "5.2.3"
    }

    /// The words of Postfix, Exim, sendmail, Exchange and OpenSMTPD for "not from you".
    private static let wordsAboutUs = [
        "relay access denied", "relaying denied", "relay not permitted", "relaying not allowed", "unable to relay",
        "not permitted to relay", "we do not relay", "authentication required", "authentication is required", "must be authenticated",
        "must authenticate",
        "client host rejected", "helo command rejected", "sender address rejected", "sender verify failed", "client was not authenticated",
    ]

    private static func isAboutUsByItsWords(_ reply: Reply) -> Bool {
        let words = reply.text.lowercased()
        return wordsAboutUs.contains { words.contains($0) }
    }
}

extension Verdict {
    /// The outcome of a message whose reply at `stage` this is the verdict on; for `accept`, of the final dot.
    package func outcome(_ reply: Reply, at stage: Stage) -> Outcome {
        switch effect {
        case .accept: .accepted(reply, queueID: QueueID.find(in: reply.text))
        case .retry: .deferred(reply, reason: reply.description, scope: scope)
        case .refuse: .refused(reply, scope: scope)
        case .putBack: .notAttempted(reason: "\(stage.phrase): \(reply)", scope: scope, reply: reply)
        }
    }
}

extension Stage {
    /// Who or what was refused, for the start of a sentence.
    package var phrase: String {
        switch self {
        case .greeting: "the relay did not greet us"
        case .hello: "the relay did not take our name"
        case .startTLS: "the relay did not start TLS"
        case .authentication: "the relay did not let us log in"
        case .mail: "the relay did not take the sender"
        case .recipient: "the relay did not take mail from us for the recipient"
        case .data: "the relay did not take the message"
        case .body: "the relay did not take the message's content"
        }
    }
}
