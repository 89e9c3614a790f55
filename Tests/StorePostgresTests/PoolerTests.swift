import Database
import Foundation
import Synchronization
import TestDatabases
import Testing

@testable import StorePostgres

/// Behind PgBouncer in transaction mode, where each transaction may have another connection to the server.
@Suite(.enabled(if: TestServer.shared?.isPooled == true, "there is no PgBouncer for tests: see PITWALL_TEST_PGBOUNCER"))
final class PoolerTests {
    private let server: TestServer
    private let lease: TestServer.Lease
    private var database: PostgresDatabase { lease.database }

    init() throws {
        server = try #require(TestServer.shared)
        lease = try server.make(pooled: true)
        try database.write { try $0.script("CREATE TABLE t (a BIGINT PRIMARY KEY)") }
    }

    deinit { try? server.drop(lease) }

    private func another() throws -> PostgresDatabase { try PostgresDatabase(PostgresLocation(lease.url)) }

    @Test func `a pooler is noticed`() throws {
        #expect(database.server.isPooled && database.server.version >= 140_000)
    }

    @Test func `no time limit outlives its transaction, for whoever has the connection next`() throws {
        try database.write { _ = try $0.execute("INSERT INTO t VALUES (1)") }
        let bare = try PostgresConnection.open(PostgresLocation(lease.url))
        for name in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
            #expect(PostgresRow(try bare.simple("SHOW \(name)")).text(0) == "0")
        }
    }

    @Test func `statements asked again and again by many programs are in nobody's way`() async throws {
        let programs = try (0..<4).map { _ in try another() }
        await withTaskGroup(of: Void.self) { group in
            for (number, program) in programs.enumerated() {
                group.addTask {
                    for turn in 0..<25 {
                        let value = number * 100 + turn
                        #expect(throws: Never.self) {
                            try program.write { _ = try $0.execute("INSERT INTO t VALUES (\(value))") }
                            #expect(try program.read { try $0.count("SELECT count(*) FROM t WHERE a = \(value)") } == 1)
                        }
                    }
                }
            }
        }
        #expect(try database.read { try $0.count("SELECT count(*) FROM t") } == 100)
        for program in programs { try program.close() }
    }

    @Test func `a connection that the server ends under the pooler loses its transaction, and the next one has another`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try database.write { session in
                try session.execute("INSERT INTO t VALUES (1)")
                try server.alone("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(lease.name)'")
                try session.execute("INSERT INTO t VALUES (2)")
            }
        }
        #expect(error?.code == .lost && error?.hint != nil)
        try database.write { _ = try $0.execute("INSERT INTO t VALUES (3)") }
        #expect(try database.read { try $0.all("SELECT a FROM t") { $0.integer(0) } } == [3])
    }

    @Test func `a database or a user that the pooler does not let in is told as such`() throws {
        let error = #expect(throws: DatabaseError.self) {
            _ = try PostgresDatabase(PostgresLocation(server.url(lease.name, user: "nobody", pooled: true)))
        }
        #expect(error?.code == .unfit && error?.message.contains("pooler") == true && error?.hint?.contains("auth_file") == true)
    }
}
