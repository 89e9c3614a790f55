import Delivery
import Model
import SMTP
import Synchronization
import Testing

/// What a server can do wrong on a real socket. None hangs (the suite has a time limit), none traps, none gets a message marked as accepted that was not.
@Suite(.timeLimit(.minutes(1))) struct BadServerTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The last word on the only message; nil: it was never taken.
        var verdict: String
        var kind: RelayError.Kind?
        var tls = Relay.TLS.none
        var body = 1000
        var behave: @Sendable (Peer) -> Void

        init(
            _ name: String, _ verdict: String, _ kind: RelayError.Kind?, tls: Relay.TLS = .none, body: Int = 1000,
            _ behave: @escaping @Sendable (Peer) -> Void
        ) {
            (testDescription, self.verdict, self.kind, self.tls, self.body, self.behave) = (name, verdict, kind, tls, body, behave)
        }
    }

    static let rows = [
        Row("never greets", "back relay", .unreachable) { $0.silence() },
        Row("closes at once", "back relay", .greetingRefused) { _ in },
        Row("resets at once", "back relay", nil) { $0.reset() },
        Row("does not want us", "back relay", .greetingRefused) { $0.say("554 5.7.1 go away") },
        Row("is busy", "back relay", .greetingRefused) { $0.say("421 4.3.2 busy") },
        Row("speaks something else", "back relay", nil) { peer in
            peer.say("SSH-2.0-OpenSSH_9.2")
            peer.silence()
        },
        Row("greets and closes after EHLO", "back relay", nil) { peer in
            peer.say("220 hello")
            _ = peer.line()
        },
        Row("closes after its EHLO reply", "back session", .unreachable) { $0.greet("PIPELINING") },
        Row("greets byte by byte", "accepted", nil) { peer in
            for byte in "220-slow\r\n220 but steady\r\n".utf8 { peer.say([byte]) }
            _ = peer.line()
            for byte in "250-slow\r\n250 PIPELINING\r\n".utf8 { peer.say([byte]) }
            peer.serve()
        },
        Row("talks without end before EHLO", "back relay", nil) { peer in
            for _ in 0..<40_000 { peer.say("220-and so on and so on") }
            peer.silence()
        },
        Row("offers no STARTTLS", "back relay", .tlsNotOffered, tls: .required) { peer in
            peer.greet("PIPELINING")
            peer.serve()
        },
        Row("offers STARTTLS and fails it", "back relay", .tlsNotOffered, tls: .required) { peer in
            peer.greet("STARTTLS")
            peer.serve { $0 == "STAR" ? "554 5.7.0 no" : nil }
        },
        Row("speaks no TLS after STARTTLS", "back relay", .tlsFailed, tls: .required) { peer in
            peer.greet("STARTTLS")
            _ = peer.line()
            peer.say("220 go on")
            peer.say("this is no handshake, not at all")
            peer.silence()
        },
        Row("slips replies in behind STARTTLS", "back relay", nil, tls: .required) { peer in
            peer.greet("STARTTLS")
            _ = peer.line()
            peer.say(Array("220 go on\r\n250-evil\r\n250 PIPELINING\r\n".utf8))
            peer.silence()
        },
        Row("answers with a line of a megabyte", "back session", .unreachable) { peer in
            peer.greet("PIPELINING")
            _ = peer.line()
            peer.say([UInt8](repeating: 0x32, count: 1 << 20))
            peer.silence()
        },
        Row("answers with NULs", "back session", .unreachable) { peer in
            peer.greet("PIPELINING")
            _ = peer.line()
            peer.say([0x32, 0x35, 0x30, 0x20, 0, 0x0D, 0x0A])
            peer.silence()
        },
        Row("never answers MAIL", "back session", .unreachable) { peer in
            peer.greet("PIPELINING")
            peer.silence()
        },
        Row("answers MAIL byte by byte and never ends", "back session", .unreachable) { peer in
            peer.greet("8BITMIME")
            while peer.line() != nil { for byte in "250-".utf8 { peer.say([byte]) } }
        },
        Row("says 421 to everything", "back session", .unreachable) { peer in
            peer.greet("PIPELINING")
            peer.say("421 4.3.2 shutting down")
        },
        Row("does not want the sender", "back relay", .senderRefused) { peer in
            peer.greet("PIPELINING")
            peer.serve { ["MAIL": "550 5.7.1 not yours", "RCPT": "503 no", "DATA": "503 no"][$0] }
        },
        Row("wants a login", "back relay", .loginRefused) { peer in
            peer.greet("SIZE 1000000")
            peer.serve { $0 == "MAIL" ? "530 5.7.0 authentication required" : nil }
        },
        Row("closes in the middle of the body", "deferred session", nil, body: 5_000_000) { peer in
            peer.shrink()
            peer.greet("PIPELINING")
            for _ in 0..<3 { _ = peer.line() }
            peer.say(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
            peer.read(atMost: 1000)
        },
        Row("resets in the middle of the body", "deferred session", nil, body: 5_000_000) { peer in
            peer.shrink()
            peer.greet("PIPELINING")
            for _ in 0..<3 { _ = peer.line() }
            peer.say(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
            peer.read(atMost: 1000)
            peer.reset()
        },
        Row("stops reading in the middle of the body", "deferred session", nil, body: 5_000_000) { peer in
            peer.shrink()
            peer.greet("PIPELINING")
            for _ in 0..<3 { _ = peer.line() }
            peer.say(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
            peer.waitForClose()
        },
        Row("refuses in the middle of the body and closes", "refused message", nil, body: 5_000_000) { peer in
            peer.shrink()
            peer.greet("PIPELINING")
            for _ in 0..<3 { _ = peer.line() }
            peer.say(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
            peer.read(atMost: 1000)
            peer.say("552 5.3.4 too big")
            peer.silence()
        },
        Row("never answers the dot", "unknown", nil) { peer in
            peer.greet("PIPELINING")
            for _ in 0..<3 { _ = peer.line() }
            peer.say(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
            peer.silence()
        },
        Row("answers the dot with garbage", "unknown", nil) { peer in
            peer.greet("PIPELINING")
            peer.serve { $0 == "." ? "well, thank you" : nil }
        },
        Row("closes after the dot", "unknown", nil) { peer in
            peer.greet("8BITMIME")
            for answer in ["250 ok", "250 ok", "354 go on"] {
                _ = peer.line()
                peer.say(answer)
            }
            peer.message()
        },
        Row("refuses the recipient and says 354", "refused recipient", nil) { peer in
            peer.greet("PIPELINING")
            peer.serve { ["RCPT": "550 5.1.1 no such user", ".": "250 2.0.0 queued as LIE"][$0] }
        },
        Row("never says goodbye", "accepted", nil) { peer in
            peer.greet("PIPELINING")
            peer.serve { $0 == "QUIT" ? "250-wait" : nil }
            peer.silence()
        },
    ]

    @Test(arguments: rows) func `a server that`(row: Row) async throws {
        let server = try ScriptedServer(row.behave)
        defer { server.end() }
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: row.body)
        let desk = Desk(1, retries: true, body: { _ in body })
        let transport = RelayTransport(.loopback(server.port, tls: row.tls), deadlines: .quick, persistence: .brief)
        let error = await transport.deliver(desk)
        #expect(desk.tally == [row.verdict: 1])
        #expect(desk.isSound, "\(desk.state.withLock { $0.mistakes })")
        #expect((error != nil) == row.verdict.hasPrefix("back"))
        if let kind = row.kind { #expect(error?.kind == kind, "\(String(describing: error))") }
    }
}
