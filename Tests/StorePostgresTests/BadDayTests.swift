import Database
import Foundation
import Synchronization
import TestDatabases
import Testing

@testable import StorePostgres

/// What goes wrong with servers, on servers of the tests' own: each ends in words that say what to do, or in a wait that says what for.
@Suite(.enabled(if: OwnServer.isPossible, Comment(rawValue: OwnServer.unavailable))) struct BadDayTests {
    private func table(_ database: PostgresDatabase) throws {
        try database.write { try $0.script("CREATE TABLE t (a BIGINT PRIMARY KEY)") }
    }

    private func count(_ database: PostgresDatabase) throws -> Int { try database.read { try $0.count("SELECT count(*) FROM t") } }

    private final class Said: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        var tell: @Sendable (String) -> Void { { line in self.lines.withLock { $0.append(line) } } }
    }

    // MARK: - Servers that won't do

    @Test func `a server that is too old is refused with its version and the oldest that will do`() throws {
        let server = try OldServer(version: "13.9")
        defer { server.end() }
        let error = #expect(throws: DatabaseError.self) {
            _ = try PostgresDatabase(PostgresLocation("postgres://news@127.0.0.1:\(server.port)/news?sslmode=disable&gssencmode=disable"))
        }
        #expect(error?.code == .unfit && error?.message.contains("13.9") == true && error?.message.contains("14") == true)
        #expect(error?.hint != nil)
    }

    @Test func `a table that is gone is told as a database that was emptied`() throws {
        let database = try OwnServer().opened()
        try table(database.postgres)
        try database.postgres.write { try $0.script("DROP TABLE t") }
        let error = #expect(throws: DatabaseError.self) { _ = try count(database.postgres) }
        #expect(error?.hint?.contains("emptied") == true)
    }

    @Test(arguments: [
        ("GRANT USAGE ON SCHEMA public TO reader", "INSERT INTO t VALUES (1)", "GRANT SELECT, INSERT"),
        ("GRANT USAGE ON SCHEMA public TO reader", "CREATE TABLE u (a BIGINT)", "GRANT USAGE, CREATE ON SCHEMA"),
        ("GRANT ALL ON SCHEMA public TO reader", "DROP TABLE t", "own the database, its schema and its tables"),
    ])
    func `a right that is missing is named as what to grant`(_ granted: String, _ statement: String, _ hint: String) throws {
        let server = try OwnServer()
        let owner = try server.open()
        try table(owner)
        try owner.write { try $0.script("CREATE ROLE reader LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; \(granted)") }
        let url = server.url().replacing("pitwall@", with: "reader@")
        let reader = try PostgresDatabase(PostgresLocation(url))
        let error = #expect(throws: DatabaseError.self) { try reader.write { try $0.script(statement) } }
        #expect(error?.code == .unfit && error?.hint?.contains(hint) == true, "\(String(describing: error))")
        try reader.close()
        try owner.close()
    }

    @Test func `a text that no index takes is told as one`() throws {
        let database = try OwnServer().opened()
        try database.postgres.write { try $0.script("CREATE TABLE t (a TEXT PRIMARY KEY)") }
        let long = (0..<4000).map { String(($0 &* 2_654_435_761) % 0xFFFF, radix: 36) }.joined()
        let error = #expect(throws: DatabaseError.self) { try database.postgres.write { try $0.execute("INSERT INTO t VALUES (\(long))") } }
        #expect(error?.code == .unfit && error?.message.contains("too long") == true && error?.message.contains(long.prefix(50)) == false)
    }

    @Test func `a statement that needs more room than it may have says which setting`() throws {
        let database = try OwnServer(["temp_file_limit = 1MB", "work_mem = 64kB"]).opened()
        let error = #expect(throws: DatabaseError.self) {
            try database.postgres.read { _ = try $0.count("SELECT a FROM generate_series(1, 1000000) a ORDER BY -a LIMIT 1 OFFSET 900000") }
        }
        #expect(error?.code == .full && error?.hint?.contains("temp_file_limit") == true)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
    func `a full disk of the server is told as such, and what was committed stays`() throws {
        let disk = try SmallDisk(megabytes: 4)
        #expect(chmod(disk.path, 0o777) == 0)
        #expect(OwnServer.run("mkdir", "-m", "700", disk.path + "/small") == 0)
        let server = try OwnServer()
        let database = try server.open()
        try database.alone("CREATE TABLESPACE small LOCATION '\(disk.path)/small'")
        try database.write { try $0.script("CREATE TABLE t (a BIGINT, b TEXT) TABLESPACE small") }
        try database.write { _ = try $0.execute("INSERT INTO t VALUES (1, 'kept')") }
        let error = #expect(throws: DatabaseError.self) {
            try database.write { _ = try $0.execute("INSERT INTO t SELECT a, repeat('x', 100) FROM generate_series(1, 100000) a") }
        }
        #expect(error?.code == .full && error?.message.contains("disk") == true && error?.hint != nil)
        #expect(try count(database) == 1)
        try database.close()
        server.stop()
    }

    // MARK: - Waiting

    @Test func `a server that is restarted is waited for, and that is said`() throws {
        let server = try OwnServer()
        let said = Said()
        let database = try server.open(told: said.tell)
        try table(database)
        server.stop(at: "immediate")
        let starts = Thread {
            Thread.sleep(forTimeInterval: 1.5)
            server.start()
        }
        starts.start()
        try database.write { _ = try $0.execute("INSERT INTO t VALUES (1)") }
        #expect(try count(database) == 1)
        #expect(said.all.contains { $0.contains("waiting for it, at most 3 minutes") } && said.all.last?.contains("is back") == true)
        try database.close()
    }

    @Test func `a server that does not come back is told when patience ends, and not waited for again`() throws {
        let server = try OwnServer()
        var limits = PostgresLimits()
        limits.patience = 1
        let said = Said()
        let database = try server.open(limits, told: said.tell)
        try table(database)
        server.stop()
        let start = ContinuousClock.now
        let runs = Mutex(0)
        let error = #expect(throws: DatabaseError.self) {
            try database.repeatableWrite { _ in runs.withLock { $0 += 1 } }
        }
        #expect(error?.code == .lost && error?.hint?.contains("start the server") == true)
        #expect(runs.withLock { $0 } == 0 && ContinuousClock.now - start < .seconds(5))
        #expect(said.all.count == 1)
        try database.close()
    }

    @Test func `a server that has ended is told at once to who comes first`() throws {
        let server = try OwnServer()
        let opened = try server.open()
        try table(opened)
        try opened.close()
        server.stop(at: "immediate")
        let error = #expect(throws: DatabaseError.self) { _ = try server.open() }
        #expect(error?.code == .lost && error?.message.contains("nothing listens there") == true)
    }

    // MARK: - Time limits

    @Test func `a statement that takes too long is ended and told`() throws {
        var limits = PostgresLimits()
        limits.statement = 0.2
        let server = try OwnServer()
        let database = try server.open(limits)
        let error = #expect(throws: DatabaseError.self) { try database.read { _ = try $0.count("SELECT 1 FROM pg_sleep(20)") } }
        #expect(error?.code == .busy && error?.message.contains("too long") == true)
        try database.close()
    }

    @Test func `a writer that does not end is not waited for without end`() throws {
        var limits = PostgresLimits()
        limits.lock = 0.2
        let server = try OwnServer()
        let (first, second) = (try server.open(), try server.open(limits))
        try table(first)
        try first.write { session in
            try session.execute("INSERT INTO t VALUES (1)")
            let error = #expect(throws: DatabaseError.self) { try second.write { _ = try $0.execute("INSERT INTO t VALUES (2)") } }
            #expect(error?.code == .busy && error?.message.contains("another program is writing") == true)
        }
        #expect(try count(second) == 1)
        try first.close()
        try second.close()
    }

    @Test func `a writer that falls silent loses its change, and others go on`() throws {
        var limits = PostgresLimits()
        limits.idle = 0.3
        let server = try OwnServer()
        let (frozen, other) = (try server.open(limits), try server.open())
        try table(other)
        let error = #expect(throws: DatabaseError.self) {
            try frozen.write { session in
                try session.execute("INSERT INTO t VALUES (1)")
                // Waits for the lock until the frozen one has lost it.
                try other.write { _ = try $0.execute("INSERT INTO t VALUES (2)") }
                try session.execute("INSERT INTO t VALUES (3)")
            }
        }
        #expect(error?.code == .lost)
        #expect(try other.read { try $0.all("SELECT a FROM t") { $0.integer(0) } } == [2])
        try frozen.close()
        try other.close()
    }

    // MARK: - Commits nobody knows about

    @Test(arguments: [CuttingProxy.Cut.beforeCommit, .afterCommit])
    func `a commit whose answer is lost is in doubt, whether it was kept or not`(cut: CuttingProxy.Cut) throws {
        let server = try OwnServer()
        let proxy = try CuttingProxy(to: server.port)
        defer { proxy.end() }
        let direct = try server.open()
        try table(direct)
        let database = try PostgresDatabase(PostgresLocation(server.url(port: proxy.port)))
        proxy.arm(cut)
        let error = #expect(throws: DatabaseError.self) { try database.write { _ = try $0.execute("INSERT INTO t VALUES (1)") } }
        #expect(error?.code == .inDoubt && error?.message.contains("or not") == true && error?.hint != nil)
        #expect(!proxy.isArmed)
        #expect(try count(direct) == (cut == .afterCommit ? 1 : 0))
        try database.close()
        try direct.close()
    }

    @Test(arguments: [CuttingProxy.Cut.beforeCommit, .afterCommit])
    func `what may run twice is run again, and comes to the same`(cut: CuttingProxy.Cut) throws {
        let server = try OwnServer()
        let proxy = try CuttingProxy(to: server.port)
        defer { proxy.end() }
        let direct = try server.open()
        try table(direct)
        let database = try PostgresDatabase(PostgresLocation(server.url(port: proxy.port)))
        proxy.arm(cut)
        let runs = Mutex(0)
        try database.repeatableWrite { session in
            runs.withLock { $0 += 1 }
            _ = try session.execute("INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING")
        }
        #expect(runs.withLock { $0 } == 2)
        #expect(try count(direct) == 1)
        try database.close()
        try direct.close()
    }

    @Test func `a mistake is not tried again`() throws {
        let server = try OwnServer()
        let database = try server.open()
        try table(database)
        let runs = Mutex(0)
        #expect(throws: DatabaseError.self) {
            try database.repeatableWrite { session in
                runs.withLock { $0 += 1 }
                for _ in 0..<2 { try session.execute("INSERT INTO t VALUES (1)") }
            }
        }
        #expect(runs.withLock { $0 } == 1)
        try database.close()
    }

    // MARK: - Clocks

    @Test func `the server's clock is compared with this machine's`() throws {
        let server = try OwnServer()
        let database = try server.open()
        #expect(abs(try database.clockIsAhead()) < 1)
        try database.close()
    }
}

extension OwnServer {
    /// A database, with the server that it lives on.
    fileprivate struct Opened {
        let server: OwnServer
        let postgres: PostgresDatabase
    }

    fileprivate func opened() throws -> Opened { Opened(server: self, postgres: try open()) }
}
