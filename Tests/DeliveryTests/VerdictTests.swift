import Delivery
import Testing

@Suite struct VerdictTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var reply: String
        var stage: Stage
        var effect: Verdict.Effect
        var scope: Scope
        var testDescription: String { "\(reply) at \(stage)" }

        init(_ reply: String, _ stage: Stage, _ effect: Verdict.Effect, _ scope: Scope) {
            (self.reply, self.stage, self.effect, self.scope) = (reply, stage, effect, scope)
        }
    }

    static let cases = [
        Case("250 2.0.0 Ok: queued as X", .body, .accept, .message),
        // Everything before the first recipient is about us.
        Case("554 5.7.1 you are on a list", .greeting, .putBack, .relay),
        Case("421 4.3.2 busy", .greeting, .putBack, .session),
        Case("550 5.7.1 bad HELO", .hello, .putBack, .relay),
        Case("454 4.7.0 TLS not available", .startTLS, .putBack, .session),
        Case("535 5.7.8 wrong password", .authentication, .putBack, .relay),
        Case("454 4.7.0 try later", .authentication, .putBack, .session),
        Case("550 5.7.1 sender not yours", .mail, .putBack, .relay),
        Case("553 5.1.8 sender domain does not exist", .mail, .putBack, .relay),
        Case("530 5.7.0 authentication required", .mail, .putBack, .relay),
        Case("530 5.7.0 must issue STARTTLS", .recipient, .putBack, .relay),
        Case("421 4.7.0 enough", .mail, .putBack, .session),
        Case("452 4.3.1 disk full", .mail, .retry, .session),
        Case("552 5.3.4 too big", .mail, .refuse, .message),
        Case("503 5.5.1 nested MAIL", .mail, .putBack, .session),
        // Recipients.
        Case("550 5.1.1 no such user", .recipient, .refuse, .recipient),
        Case("550 no such user", .recipient, .refuse, .recipient),
        Case("553 5.7.1 not here", .recipient, .refuse, .recipient),
        Case("554 5.7.1 <a@b>: Relay access denied", .recipient, .putBack, .relay),
        Case("550 relay not permitted", .recipient, .putBack, .relay),
        Case("554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", .recipient, .putBack, .relay),
        Case("550 5.1.8 Sender address rejected: Domain not found", .recipient, .putBack, .relay),
        Case("504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", .recipient, .putBack, .relay),
        Case("450 4.2.1 greylisted", .recipient, .retry, .recipient),
        Case("452 4.2.2 mailbox full", .recipient, .retry, .recipient),
        Case("452 4.3.1 insufficient system storage", .recipient, .retry, .session),
        Case("421 4.7.0 too much", .recipient, .retry, .session),
        Case("503 5.5.1 MAIL first", .recipient, .retry, .session),
        // The message.
        Case("554 5.6.0 bad content", .body, .refuse, .message),
        Case("552 5.3.4 too big", .body, .refuse, .message),
        Case("451 4.7.1 greylisted", .body, .retry, .message),
        Case("421 4.3.0 closing", .body, .retry, .session),
        Case("550 5.7.26 unauthenticated mail is not accepted", .body, .putBack, .relay),
        Case("550 5.7.515 access denied", .body, .putBack, .relay),
        // About our authentication, name or pace.
        Case("550 5.7.26 unauthenticated mail is not accepted by gmail. gsmtp", .body, .putBack, .provider),
        Case("550 5.7.1 messages from [192.0.2.1] weren't sent, block list (S3140). outlook.com", .recipient, .putBack, .provider),
        Case("550 5.7.1 Client host blocked using zen.spamhaus.org", .recipient, .putBack, .relay),
        Case("550 5.4.5 Daily user sending limit exceeded", .body, .putBack, .relay),
        Case("550 5.7.26 gsmtp", .mail, .putBack, .relay),
        Case("550 5.7.1 looks like spam", .body, .refuse, .message),
        Case("554 5.5.1 no valid recipients", .data, .refuse, .message),
        Case("503 5.5.1 no valid recipients", .data, .retry, .session),
        Case("354 go on", .mail, .putBack, .session),
    ]

    static func reply(_ text: String) -> Reply {
        Reply(code: Int(text.prefix(3)) ?? 0, lines: [String(text.dropFirst(4))])
    }

    @Test(arguments: cases) func `a reply means what the table says`(row: Case) {
        let verdict = Verdict(of: Self.reply(row.reply), at: row.stage)
        #expect(verdict.effect == row.effect)
        #expect(verdict.scope == row.scope)
    }

    @Test(arguments: Stage.allCases) func `what is about us burns nobody, wherever it is said`(stage: Stage) {
        for text in ["530 5.7.0 log in", "534 5.7.9 weak", "535 5.7.8 wrong", "538 5.7.11 encrypt", "550 5.7.26 DMARC", "550 5.1.8 who"] {
            let reply = Self.reply(text)
            guard case .notAttempted(_, .relay, reply) = Verdict(of: reply, at: stage).outcome(reply, at: stage) else {
                Issue.record("\(text) at \(stage) burns somebody")
                continue
            }
        }
    }

    @Test func `no code traps and none but a positive one accepts`() {
        for code in -1...1000 {
            for stage in Stage.allCases {
                let reply = Reply(code: code)
                let verdict = Verdict(of: reply, at: stage)
                #expect((verdict.effect == .accept) == (200..<300).contains(code))
                if !reply.isPermanent { #expect(verdict.effect != .refuse) }
            }
        }
    }
}
