import Database
import Foundation
import TestDatabases
import Testing

@testable import StorePostgres

/// TLS, on a server with an authority of its own and a certificate for the name `localhost`.
@Suite(.enabled(if: OwnServer.isPossible, Comment(rawValue: OwnServer.unavailable))) struct TLSTests {
    /// One for all of them; it ends with the tests.
    private static let shared = try? OwnServer(
        ["ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"], access: ["hostssl all all 127.0.0.1/32 trust"]
    ) { server in
        let script = """
            cd '\(server.data)' && umask 077
            key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            for who in ca other; do
              openssl req -x509 $key -days 2 -subj "/CN=Authority of $who" -keyout $who.key -out $who.crt
            done
            openssl req $key -subj /CN=localhost -keyout server.key -out server.csr
            echo 'subjectAltName = DNS:localhost' > names
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt
            """
        #expect(OwnServer.run("sh", "-c", script) == 0)
    }
    private let server: OwnServer

    init() throws { server = try #require(Self.shared) }

    private func open(host: String = "localhost", _ options: String) throws -> PostgresDatabase {
        try PostgresDatabase(PostgresLocation(server.url(host: host, options), environment: [:]))
    }

    @Test func `a certificate that an authority named in the URL vouches for is taken`() throws {
        let database = try open("&sslmode=verify-full&sslrootcert=\(server.data)/ca.crt")
        #expect(database.server.encryption?.hasPrefix("TLS") == true)
        try database.close()
    }

    @Test(arguments: [
        ("127.0.0.1", "verify-full", "ca", "another name", "name in the certificate"),
        ("localhost", "verify-full", "other", "nobody vouches for", "sslrootcert"),
        ("localhost", "verify-ca", "other", "nobody vouches for", "sslrootcert"),
        ("localhost", "verify-full", "missing", "no list of trusted certificates", "sslrootcert"),
        ("localhost", "disable", "ca", "lets nobody in", "hostssl"),
        ("localhost", "secure", "ca", "a setting in its URL that can't be read", "manual"),
    ])
    func `what is wrong with TLS is told, with what to do`(host: String, mode: String, root: String, words: String, remedy: String) throws {
        let error = #expect(throws: DatabaseError.self) {
            _ = try open(host: host, "&sslmode=\(mode)&sslrootcert=\(server.data)/\(root).crt")
        }
        #expect(error?.code == .unfit && error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error?.hint?.contains(remedy) == true, "\(String(describing: error))")
    }
}

@Suite(.enabled(if: TestServer.shared != nil, "there is no PostgreSQL for tests: see PITWALL_TEST_POSTGRES")) struct NoTLSTests {
    @Test func `a server without TLS is refused where it is asked for`() throws {
        let server = try #require(TestServer.shared)
        let error = #expect(throws: DatabaseError.self) {
            _ = try PostgresDatabase(PostgresLocation(server.url("postgres") + "&sslmode=require"))
        }
        #expect(error?.code == .unfit && error?.message.contains("offers no TLS") == true && error?.hint?.contains("sslmode") == true)
    }
}
