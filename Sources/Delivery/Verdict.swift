/// Where in the dialogue a reply was given.
package enum Stage: String, Hashable, Sendable, CaseIterable {
    case greeting, hello, startTLS, authentication, mail, recipient, data, body
}

/// What a reply means for the message it was given to. What it is about is ``RefusalClass``'s to say, and what is done about that its
/// table's; this file adds where in the dialogue it was said. The dialogue asks and obeys.
///
/// | reply | at | effect | scope |
/// |---|---|---|---|
/// | 421 | mail | put back | session |
/// | 421 | recipient, data, body | retry | session |
/// | 4yz | greeting … authentication | put back | session |
/// | 4yz | mail | retry | session |
/// | 4yz | recipient | retry | recipient; relay's own trouble (4.3.x, 4.7.0): session |
/// | 4yz | data, body | retry | message |
/// | 503 | mail | put back | session: one of us two has lost its place |
/// | 503 | recipient, data | retry | session: it may say so to this recipient alone |
/// | 552, 5.3.4, 5.2.3 | mail | refuse | message: too big |
/// | 5yz | greeting … mail | put back | relay |
/// | 5yz about our login, sender, authentication, name or pace | recipient, data, body | put back | relay; the provider, where the reply names one |
/// | other 5yz | recipient | refuse | recipient |
/// | other 5yz | data, body | refuse | message |
///
/// `put back` burns nobody: the message is as if it had not been tried. Postfix delays its judgement of client, HELO and
/// sender until RCPT (`smtpd_delay_reject`), which is why it counts there too.
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
        let refusal = RefusalClass(of: reply)
        let remedy = refusal.remedy(for: reply)
        switch stage {
        case .greeting, .hello, .startTLS, .authentication: return Verdict(.putBack, .relay)
        case .mail:
            if reply.code == 503 { return Verdict(.putBack, .session) }
            return refusal == .tooBig ? Verdict(.refuse, .message) : Verdict(.putBack, .relay)
        case .recipient, .data, .body:
            if reply.code == 503, stage != .body { return Verdict(.retry, .session) }
            if remedy.burnsNobody {
                return Verdict(.putBack, remedy == .holdProvider && KnownProvider(namedIn: reply) != nil ? .provider : .relay)
            }
            return Verdict(.refuse, stage == .recipient ? .recipient : .message)
        }
    }

    private static func isRelaysOwnTrouble(_ reply: Reply) -> Bool {
        guard let code = reply.enhanced else { return false }
        return code.hasPrefix("4.3.") || (code == "4.7.0" && RefusalClass(of: reply) != .greylisted)
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
