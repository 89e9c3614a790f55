import Delivery
import Foundation
import Model
import SMTP
import Synchronization
import Testing

/// STARTTLS, implicit TLS and login against aiosmtpd, with a certificate that openssl signs for the test.
@Suite(.enabled(if: Tools.hasAiosmtpd, "needs python3 with aiosmtpd, and openssl"), .serialized, .timeLimit(.minutes(2)))
struct TLSTests {
    static let script = """
        import asyncio, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult
        mode, cert, key = sys.argv[1:4]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        def login(server, session, envelope, mechanism, data):
            good = data.login == b"news" and data.password == b"s3cret\\xc3\\xa9"
            return AuthResult(success=good, handled=good)
        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address.startswith("bad"): return "550 5.1.1 no such user"
                envelope.rcpt_tos.append(address)
                return "250 ok"
            async def handle_DATA(self, server, session, envelope):
                return "250 2.0.0 Ok: queued as T" + str(len(envelope.content))
        def make():
            return SMTP(Handler(), hostname="localhost", tls_context=context if mode != "plain" and mode != "smtps" else None,
                        require_starttls=mode == "starttls", authenticator=login, auth_required="auth" in mode, auth_require_tls=mode != "plainauth",
                        enable_SMTPUTF8=True)
        async def main():
            server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=context if mode == "smtps" else None)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()
        asyncio.run(main())
        """

    /// A running server, and the file that makes its certificate trusted.
    final class Secure {
        let folder: TemporaryFolder
        let process: ServerProcess
        let port: Int
        var certificate: String { folder.file("cert.pem") }

        init(_ mode: String, name: String = "DNS:localhost,IP:127.0.0.1") throws {
            folder = try TemporaryFolder()
            let isMade = Tools.succeeds(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=test",
                "-addext", "subjectAltName=\(name)", "-keyout", folder.file("key.pem"), "-out", folder.file("cert.pem"))
            try #require(isMade)
            process = try ServerProcess(["python3", "-c", TLSTests.script, mode, folder.file("cert.pem"), folder.file("key.pem")])
            port = try #require(process.line().flatMap { Int($0) })
        }

        func relay(_ tls: Relay.TLS, connections: Int = 3) -> Relay {
            var relay = Relay.loopback(port, connections: connections, tls: tls)
            relay.caFile = certificate
            return relay
        }

        func end() { process.end() }
    }

    @Test(arguments: [("starttls", Relay.TLS.required), ("starttls", .opportunistic), ("plain", .opportunistic), ("smtps", .implicit)])
    func `messages go through`(mode: String, tls: Relay.TLS) async throws {
        let server = try Secure(mode)
        defer { server.end() }
        let (large, small) = (lines(2_000_000), lines(500))
        let desk = Desk(60, body: { $0 % 20 == 0 ? large : small })
        let error = await RelayTransport(server.relay(tls)).deliver(desk)
        #expect(error == nil, "\(String(describing: error))")
        #expect(desk.tally == ["accepted": 60])
        #expect(desk.isSound)
        let sizes = desk.state.withLock { state in state.outcomes.values.compactMap { $0.first?.reply?.text } }
        #expect(sizes.filter { $0 == "Ok: queued as T\(large.count)" }.count == 3)
    }

    @Test func `a certificate that nobody vouches for ends the run, and everything goes back`() async throws {
        let server = try Secure("starttls")
        defer { server.end() }
        var relay = server.relay(.required)
        relay.caFile = nil
        let desk = Desk(5)
        let error = await RelayTransport(relay).deliver(desk)
        #expect(error?.kind == .tlsFailed, "\(String(describing: error))")
        #expect(error?.hint.contains("ca_file") == true)
        #expect(desk.isSound && Set(desk.tally.keys) == ["back relay"])
    }

    @Test(arguments: [Relay.TLS.required, .opportunistic]) func `a certificate for another host is not good, whatever the mode`(
        tls: Relay.TLS
    ) async throws {
        let server = try Secure("starttls", name: "DNS:mail.example.com")
        defer { server.end() }
        let error = await RelayTransport(server.relay(tls)).deliver(Desk(1))
        #expect(error?.kind == .tlsFailed, "\(String(describing: error))")
    }

    @Test func `a file of certificates that is not there is named as such`() async throws {
        let server = try Secure("starttls")
        defer { server.end() }
        var relay = server.relay(.required)
        relay.caFile = server.folder.file("missing.pem")
        let error = await RelayTransport(relay).deliver(Desk(1))
        #expect(error?.kind == .tlsFailed, "\(String(describing: error))")
    }

    @Test func `smtps at a port that speaks plainly fails with a hint`() async throws {
        let server = try Secure("plain")
        defer { server.end() }
        let error = await RelayTransport(server.relay(.implicit), persistence: .brief).deliver(Desk(1))
        #expect(error?.kind == .tlsFailed, "\(String(describing: error))")
    }

    @Test func `we log in over TLS`() async throws {
        let server = try Secure("starttls-auth")
        defer { server.end() }
        var relay = server.relay(.required)
        (relay.username, relay.password) = ("news", "s3creté")
        let desk = Desk(10)
        let error = await RelayTransport(relay).deliver(desk)
        #expect(error == nil, "\(String(describing: error))")
        #expect(desk.tally == ["accepted": 10])
    }

    @Test func `a wrong password stops at once, goes nowhere else and is never shown`() async throws {
        let server = try Secure("starttls-auth")
        defer { server.end() }
        var relay = server.relay(.required)
        (relay.username, relay.password) = ("news", "wr0ng-and-private")
        let desk = Desk(10)
        let error = try #require(await RelayTransport(relay).deliver(desk))
        #expect(error.kind == .loginRefused && !error.isTemporary)
        #expect(error.description.contains("535"))
        #expect(!String(reflecting: error).contains("wr0ng"))
        #expect(desk.isSound && Set(desk.tally.keys) == ["back relay"])
    }

    @Test func `a server that wants a login and gets none is not blamed on recipients`() async throws {
        let server = try Secure("starttls-auth")
        defer { server.end() }
        let desk = Desk(10)
        let error = await RelayTransport(server.relay(.required)).deliver(desk)
        #expect(error?.kind == .loginRefused, "\(String(describing: error))")
        #expect(desk.isSound && Set(desk.tally.keys) == ["back relay"])
    }

    @Test func `a password does not travel in the clear because TLS was not offered`() async throws {
        let heard = Mutex("")
        let server = try ScriptedServer { peer in
            peer.greet("AUTH PLAIN LOGIN")
            peer.serve { verb in
                heard.withLock { $0 += verb }
                return nil
            }
        }
        defer { server.end() }
        var relay = Relay.loopback(server.port, tls: .opportunistic)
        (relay.username, relay.password) = ("news", "s3cret")
        #expect(await RelayTransport(relay).deliver(Desk(1))?.kind == .tlsNotOffered)
        #expect(!heard.withLock { $0 }.contains("AUTH"))
    }

    @Test func `a login that is not offered is an error, not a way to send without`() async throws {
        let server = try ScriptedServer { peer in
            peer.greet("PIPELINING")
            peer.serve()
        }
        defer { server.end() }
        var relay = Relay.loopback(server.port)
        (relay.username, relay.password) = ("news", "s3cret")
        let desk = Desk(1)
        #expect(await RelayTransport(relay).deliver(desk)?.kind == .loginRefused)
        #expect(desk.tally == ["back relay": 1])
    }

    @Test func `a check tells how the connection is secured`() throws {
        let server = try Secure("starttls")
        let tls = try #require(try RelayTransport(server.relay(.required)).check().tls)
        #expect(tls.version.hasPrefix("TLSv1."))
        #expect(tls.subject.contains("CN=test") && tls.issuer.contains("CN=test"))
        let days = try #require(tls.until).daysSinceEpoch - Zone.utc.date(at: Instant(Date())).daysSinceEpoch
        #expect((1...3).contains(days))
    }
}

@Suite struct TLSFactsTests {
    @Test func `what libcurl says of a handshake is read`() throws {
        let lines = [
            "  Trying 127.0.0.1:25...\n", "TLSv1.3 (IN), TLS handshake, Finished (20):\n",
            "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384\n", "Server certificate:\n", " subject: CN=mail.example.com\n",
            " start date: Aug 28 00:00:00 2026 GMT\n", " expire date: Nov  6 23:59:59 2027 GMT\n",
            " issuer: C=US; O=Example; CN=R3\n",
        ]
        let facts = try #require(TLSFacts(lines: lines))
        #expect(facts.version == "TLSv1.3" && facts.cipher == "TLS_AES_256_GCM_SHA384")
        #expect(facts.subject == "CN=mail.example.com" && facts.issuer == "C=US; O=Example; CN=R3")
        #expect(facts.until == CivilDate(year: 2027, month: 11, day: 6))
        #expect(TLSFacts(lines: Array(lines.prefix(2))) == nil)
        #expect(TLSFacts(lines: ["SSL connection using TLSv1.2\n", "expire date: soon\n"])?.until == nil)
    }
}
