import Foundation
import Testing

/// A server of aiosmtpd that wants STARTTLS and a login: user `news`, password `right`.
private struct LockedServer {
    let program: Program
    let port: Int
    let certificate: String

    init(in folder: String) throws {
        certificate = "\(folder)/cert.pem"
        guard
            Tools.runs(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(folder)/key.pem", "-out", certificate, "-days",
                "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        else { throw Trouble("openssl made no certificate") }
        let program = try Program(
            "python3",
            [
                "-c",
                """
                import asyncio, ssl, sys
                from aiosmtpd.smtp import SMTP, AuthResult
                class Handler:
                    async def handle_DATA(self, server, session, envelope): return "250 kept"
                def login(server, session, envelope, mechanism, data):
                    return AuthResult(success=(data.login, data.password) == (b"news", b"right"), handled=False)
                async def main():
                    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    tls.load_cert_chain(sys.argv[1], sys.argv[2])
                    make = lambda: SMTP(Handler(), tls_context=tls, require_starttls=True, authenticator=login, auth_required=True, hostname="localhost")
                    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
                    print("port", server.sockets[0].getsockname()[1], flush=True)
                    await server.serve_forever()
                asyncio.run(main())
                """, certificate, "\(folder)/key.pem",
            ])
        port = try program.until("the server's port") { Int(program.output.split(whereSeparator: \.isWhitespace).last ?? "") }
        self.program = program
    }
}

@Suite(.enabled(if: Tools.hasAiosmtpd && Tools.hasOpenSSL, Comment(rawValue: Missing.aiosmtpd)))
struct `A relay that wants TLS and a login` {
    private func bench(_ server: (Workbench) throws -> LockedServer, host: String = "localhost", password: String, more: String = "") throws
        -> (Workbench, LockedServer)
    {
        let bench = try Workbench(people: 5)
        let server = try server(bench)
        bench.keep(server.program)
        try bench.write("secrets/relay", "\(password)\n")
        try bench.edit("pitwall.yaml") {
            $0.replacing(
                "url: smtp://127.0.0.1:2525",
                with:
                    "url: smtp://\(host):\(server.port)\n    tls: required\n    username: news\n    password_file: secrets/relay\n    connections: 2\(more)"
            )
        }
        return (bench, server)
    }

    @Test func `a certificate that nobody vouches for is refused, and nothing is sent`() throws {
        let (bench, _) = try bench({ try LockedServer(in: $0.folder) }, password: "right")
        let sent = try bench.pitwall("send", "welcome", "--yes", "--json")
        #expect(sent.status == 69)
        #expect(sent.errors.contains("certificate"))
        #expect(try bench.pitwall("campaigns", "status", "welcome", "--json").facts.int("counts.planned") == 5)
    }

    @Test func `a password that is refused ends with 69 and never shows`() throws {
        let (bench, server) = try bench({ try LockedServer(in: $0.folder) }, password: "mistaken")
        try bench.edit("pitwall.yaml") { $0.replacing("connections: 2", with: "connections: 2\n    ca_file: \(server.certificate)") }
        let sent = try bench.pitwall("send", "welcome", "--yes", "--json")
        #expect(sent.status == 69)
        #expect(sent.errors.contains("login"))
        #expect(!sent.errors.contains("mistaken"))
        #expect(try bench.pitwall("campaigns", "status", "welcome", "--json").facts.int("counts.planned") == 5)
        let doctor = try bench.pitwall("doctor")
        #expect(doctor.status == 1)
        #expect(doctor.output.contains("login"))
    }

    @Test func `a relay without its password or its certificates is refused before anything begins`() throws {
        let (bench, _) = try bench({ try LockedServer(in: $0.folder) }, password: "right")
        let settings = try bench.read("pitwall.yaml")
        for (old, new, words) in [
            ("connections: 2", "connections: 2\n    ca_file: nowhere.pem", "the ca_file nowhere.pem of relay"),
            ("    password_file: ", "    # ", "has a username and no password"),
        ] {
            try bench.edit("pitwall.yaml") { _ in settings.replacing(old, with: new) }
            let sent = try bench.pitwall("send", "welcome", "--yes", "--json")
            #expect(sent.status == 78)
            #expect(sent.errors.contains(words), "\(sent.errors)")
            #expect(try bench.pitwall("campaigns", "status", "welcome", "--json").facts.int("counts.accepted") == 0)
        }
    }

    @Test func `with the right certificate and password everybody gets it`() throws {
        let (bench, server) = try bench({ try LockedServer(in: $0.folder) }, password: "right")
        try bench.edit("pitwall.yaml") { $0.replacing("connections: 2", with: "connections: 2\n    ca_file: \(server.certificate)") }
        let sent = try bench.pitwall("send", "welcome", "--yes", "--json")
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(sent.facts.int("accepted") == 5)
    }
}
