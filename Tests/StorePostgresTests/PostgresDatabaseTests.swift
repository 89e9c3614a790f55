import Database
import Foundation
import Synchronization
import TestDatabases
import Testing

@testable import StorePostgres

/// The driver, against a server. Where none is there for tests, these are skipped.
@Suite(.enabled(if: TestServer.shared != nil, "there is no PostgreSQL for tests: see PITWALL_TEST_POSTGRES"))
final class PostgresDatabaseTests {
    private let server: TestServer
    private let lease: TestServer.Lease
    private var database: PostgresDatabase { lease.database }

    init() throws {
        server = try #require(TestServer.shared)
        lease = try server.make()
        try database.write { try $0.script("CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT, c BYTEA)") }
    }

    deinit { try? server.drop(lease) }

    private func count(_ sql: SQL = "SELECT count(*) FROM t") throws -> Int { try database.read { try $0.count(sql) } }

    // MARK: - Values

    @Test(arguments: [
        SQLValue.null, .integer(0), .integer(.min), .integer(.max), .text(""), .text("it's ? \\ \"x\" ñ 👩‍👩‍👧"), .blob([]),
        .blob([0, 255, 39, 92, 0]),
    ])
    func `a value comes back as it was`(value: SQLValue) throws {
        let column = if case .blob = value { "c" } else if case .integer = value { "a" } else { "b" }
        let key = if case .integer(let number) = value { number } else { Int64(1) }
        try database.write { session in
            try session.execute("INSERT INTO t (a) VALUES (\(key))")
            _ = try session.execute("UPDATE t SET \(raw: column) = \(value)")
        }
        #expect(try database.read { try $0.first("SELECT \(raw: column) FROM t") { $0.value(0) } } == value)
    }

    @Test func `a character that PostgreSQL can't keep gives way to a sign, and spoils nothing beside it`() throws {
        try database.write { session in
            _ = try session.execute("INSERT INTO t VALUES (1, \("a\0b"), NULL), (2, \(#"{"x": "\u0000", "y": "\\u0000", "z": 5}"#), NULL)")
        }
        let read = try database.read { session in
            try session.all("SELECT CASE a WHEN 1 THEN b ELSE \(PostgresDialect().jsonMember("b", "y")) END FROM t ORDER BY a") {
                $0.text(0)
            }
        }
        #expect(read == ["a\u{FFFD}b", #"\u0000"#])
    }

    @Test func `true is 1, a decimal is its text and its whole part, nothing is nothing`() throws {
        try database.read { session in
            try session.forEach("SELECT 1 = 1, 2 = 1, 12.75, -12.75, CAST(NULL AS TEXT), 1e30") { row in
                #expect((0..<6).map { row.integer($0) } == [1, 0, 12, -12, 0, .max])
                #expect(row.value(0) == .integer(1) && row.value(2) == .text("12.75") && row.value(4) == .null)
                #expect(row.text(0) == "1" && row.text(4) == "" && row.real(3) == -12.75 && row.blob(4) == [])
            }
        }
    }

    // MARK: - Statements

    @Test func `a statement within another's rows sees all of both`() throws {
        try database.write { session in
            for number in 1...300 { try session.execute("INSERT INTO t VALUES (\(number), 'x', NULL)") }
            var sum = 0
            try session.forEach("SELECT a FROM t ORDER BY a") { row in
                sum += try session.count("SELECT a FROM t WHERE a = \(row.integer(0))")
            }
            #expect(sum == 300 * 301 / 2)
        }
    }

    @Test func `rows that nobody reads to their end are in nobody's way`() throws {
        struct Enough: Error {}
        try database.write { session in
            for number in 1...50 { try session.execute("INSERT INTO t VALUES (\(number), NULL, NULL)") }
            #expect(throws: Enough.self) { try session.forEach("SELECT a FROM t") { _ in throw Enough() } }
            #expect(try session.count("SELECT count(*) FROM t") == 50)
        }
    }

    @Test func `a statement says how many rows it changed`() throws {
        let statements: [SQL] = [
            "INSERT INTO t (a) VALUES (1), (2)", "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING",
            "UPDATE t SET b = 'x' WHERE a > 0", "SELECT a FROM t",
        ]
        let changed = try database.write { session in try statements.map { try session.execute($0) } }
        #expect(changed == [2, 0, 2, 0])
    }

    @Test func `a statement run again takes other arguments, also other kinds of them`() throws {
        try database.write { session in
            let insert = try session.prepare("INSERT INTO t (a, b) VALUES (?1, ?2)")
            for (number, text) in [SQLValue.null, .text("x"), .null, .text("y"), .text("")].enumerated() {
                try insert.run([.integer(Int64(number)), text])
            }
            let texts = try session.all("SELECT COALESCE(b, '-') FROM t ORDER BY a") { $0.text(0) }
            #expect(texts == ["-", "x", "-", "y", ""])
        }
    }

    // MARK: - Transactions

    @Test func `an error takes everything back`() throws {
        #expect(throws: DatabaseError.self) {
            try database.write { session in
                try session.execute("INSERT INTO t (a) VALUES (1)")
                try session.execute("INSERT INTO nowhere VALUES (1)")
            }
        }
        #expect(try count() == 0)
    }

    @Test func `an error that somebody catches is no reason to say that all was kept`() throws {
        #expect(throws: DatabaseError.self) {
            try database.write { session in
                try session.execute("INSERT INTO t (a) VALUES (1)")
                _ = try? session.execute("INSERT INTO t (a) VALUES (1)")
            }
        }
        #expect(try count() == 0)
    }

    @Test func `writers follow each other, so what one reads is still so when it writes`() async throws {
        let other = try PostgresDatabase(PostgresLocation(server.url(lease.name)))
        try database.write { _ = try $0.execute("INSERT INTO t (a, b) VALUES (1, '0')") }
        await withTaskGroup(of: Void.self) { group in
            for writer in [database, other, database, other] {
                group.addTask {
                    for _ in 0..<25 {
                        try? writer.write { session in
                            let number = try session.count("SELECT CAST(b AS BIGINT) FROM t")
                            _ = try session.execute("UPDATE t SET b = \("\(number + 1)")")
                        }
                    }
                }
            }
        }
        #expect(try count("SELECT CAST(b AS BIGINT) FROM t") == 100)
        try other.close()
    }

    @Test func `a reader sees one moment, whatever others write`() throws {
        let other = try PostgresDatabase(PostgresLocation(server.url(lease.name)))
        try database.read { session in
            let before = try session.count("SELECT count(*) FROM t")
            #expect(before == 0)
            try other.write { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") }
            #expect(try session.count("SELECT count(*) FROM t") == 0)
        }
        #expect(try count() == 1)
        try other.close()
    }

    @Test func `a reader changes nothing`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try database.read { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") }
        }
        #expect(error?.code == .readOnly)
    }

    @Test func `two programs that bring a new database up to date take each step once`() async throws {
        let steps = Migrator((1...5).map { number in Migration("step \(number)") { "CREATE TABLE s\(number) (x \($0.int64))" } })
        let other = try PostgresDatabase(PostgresLocation(server.url(lease.name)))
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for database in [database, other] { group.addTask { try steps.migrate(database, now: 0) } }
            return try await group.reduce(0, +)
        }
        #expect(taken == 5)
        #expect(try count("SELECT count(*) FROM schema_step") == 5)
        try other.close()
    }

    @Test func `a database of a newer program is refused with a remedy, and a step that fails leaves no trace`() throws {
        let steps = (1...2).map { number in Migration("step \(number)") { _ in "CREATE TABLE s\(number) (x TEXT)" } }
        let bad = Migration("bad") { _ in "CREATE TABLE s3 (x TEXT); CREATE TABLE s3 (x TEXT)" }
        try Migrator(steps).migrate(database, now: 0)
        #expect(throws: DatabaseError.self) { try Migrator(steps + [bad]).migrate(database, now: 0) }
        #expect(try count("SELECT count(*) FROM pg_tables WHERE tablename = 's3'") == 0)
        let error = #expect(throws: DatabaseError.self) { try Migrator([steps[0]]).migrate(database, now: 0) }
        #expect(error?.code == .newerSchema && error?.hint != nil)
    }

    @Test func `rewriting the database keeps what is in it`() throws {
        try database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") }
        try database.compact()
        #expect(try count() == 1)
    }

    // MARK: - Bad days

    /// Ends every other connection to the database, as an administrator or a failing server does.
    private func killOthers() throws {
        try server.alone("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(lease.name)'")
    }

    @Test func `a connection that is killed in mid-transaction loses that transaction, and the next one has another`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try database.write { session in
                try session.execute("INSERT INTO t (a) VALUES (1)")
                try killOthers()
                try session.execute("INSERT INTO t (a) VALUES (2)")
            }
        }
        #expect(error?.code == .lost && error?.hint != nil)
        #expect(try count() == 0)
        try database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (3)") }
        #expect(try count() == 1)
    }

    @Test func `connections that break while nobody uses them are made anew without a word`() throws {
        #expect(try count() == 0)
        try killOthers()
        try database.write { _ = try $0.execute("INSERT INTO t (a) VALUES (1)") }
        try killOthers()
        #expect(try count() == 1)
    }

    @Test func `a commit that is cut off is said to be in doubt`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try database.write { session in
                try session.execute("INSERT INTO t (a) VALUES (1)")
                try killOthers()
            }
        }
        #expect(error?.code == .inDoubt && error?.message.contains("or not") == true)
    }

    @Test func `a broken rule is told without the values that broke it`() throws {
        try database.write { _ = try $0.script("CREATE TABLE u (email TEXT UNIQUE)") }
        let error = #expect(throws: DatabaseError.self) {
            try database.write { session in
                for _ in 0..<2 { try session.execute("INSERT INTO u VALUES (\("anna@example.com"))") }
            }
        }
        #expect(error?.code == .constraint)
        #expect("\(String(describing: error)) \(String(describing: error?.sql))".contains("anna") == false)
        let cast = #expect(throws: DatabaseError.self) {
            try database.read { _ = try $0.count("SELECT CAST(\("anna@example.com") AS BIGINT)") }
        }
        #expect("\(String(describing: cast)) \(String(describing: cast?.sql))".contains("anna") == false)
    }

    @Test(arguments: ["LATIN1", "SQL_ASCII"])
    func `a database in another encoding is refused with a remedy`(encoding: String) throws {
        try server.alone("CREATE DATABASE \(lease.name)_latin TEMPLATE template0 ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C'")
        defer { try? server.alone("DROP DATABASE \(lease.name)_latin WITH (FORCE)") }
        let error = #expect(throws: DatabaseError.self) { _ = try PostgresDatabase(PostgresLocation(server.url(lease.name + "_latin"))) }
        #expect(error?.code == .unfit && error?.message.contains(encoding) == true && error?.hint?.contains("createdb") == true)
    }

    @Test func `a database that is not there is told with the command that makes it`() throws {
        let error = #expect(throws: DatabaseError.self) { _ = try PostgresDatabase(PostgresLocation(server.url("no_such_database"))) }
        #expect(error?.code == .unfit && error?.hint?.contains("createdb") == true)
    }

    @Test func `a server that is not there is told at once`() throws {
        let error = #expect(throws: DatabaseError.self) { _ = try PostgresDatabase(PostgresLocation("postgres://127.0.0.1:9/news")) }
        #expect(error?.code == .lost && error?.hint != nil)
    }

    @Test func `a refused password is told without it`() throws {
        try server.alone("CREATE ROLE \(lease.name) LOGIN PASSWORD 'right'")
        defer { try? server.alone("DROP ROLE \(lease.name)") }
        let url = server.url(lease.name, user: lease.name)
        let error = #expect(throws: DatabaseError.self) { _ = try PostgresDatabase(PostgresLocation(url, password: "geheim")) }
        #expect(error?.code == .unfit && error?.description.contains("geheim") == false)
        let none = #expect(throws: DatabaseError.self) { _ = try PostgresDatabase(PostgresLocation(url)) }
        #expect(none?.message.contains("asks for a password") == true && none?.hint?.contains("PITWALL_DATABASE_PASSWORD") == true)
        let open = try PostgresDatabase(PostgresLocation(url, password: "right"))
        #expect(open.server.user == lease.name && open.server.database == lease.name)
        try open.close()
    }

    @Test func `no connection left is waited for, and told after that`() throws {
        try server.alone("CREATE ROLE \(lease.name) LOGIN PASSWORD 'right' CONNECTION LIMIT 1")
        defer { try? server.alone("DROP ROLE \(lease.name)") }
        let location = try PostgresLocation(server.url(lease.name, user: lease.name), password: "right")
        let first = try PostgresDatabase(location)
        let said = Mutex<[String]>([])
        let error = #expect(throws: DatabaseError.self) {
            _ = try PostgresDatabase(location) { text in said.withLock { $0.append(text) } }
        }
        #expect(error?.code == .busy && error?.hint?.contains("max_connections") == true)
        #expect(said.withLock { $0.count } == 1)
        try first.close()
    }

    @Test func `what the server is can be told`() throws {
        #expect(database.server.version >= 140_000 && !database.server.isPooled && !database.server.isReplica)
        #expect(database.server.database == lease.name)
    }
}
