import Database
import Foundation
import TestDatabases
import Testing

@testable import StorePostgres

/// Many rows at once: on each database the same comes of them.
@Suite(.onEachDatabase)
struct BatchTests {
    private let folder: String
    private let lease: DatabaseUnderTest
    private var database: any SQLDatabase { lease.database }

    private static let columns: [SQLBatch.Column] = [.int64("a"), .text("b"), .text("c"), .decimal("d")]
    private static let add = SQLBatch(insertInto: "t", columns, unlessThere: ["a", "b"])

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-batch-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        lease = try DatabaseUnderTest(in: folder) { database in
            try database.write { session in
                let d = session.dialect
                try session.script(
                    """
                    DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS u;
                    CREATE TABLE t (a \(d.int64) NOT NULL, b \(d.text) NOT NULL, c \(d.text), d \(d.decimals), PRIMARY KEY (a, b));
                    CREATE TABLE u (id \(d.int64) PRIMARY KEY, key \(d.text) NOT NULL UNIQUE)
                    """)
            }
        }
    }

    private func rows(_ sql: SQL) throws -> [[SQLValue]] {
        try database.read { session in try session.all(sql) { row in (0..<3).map { row.value($0) } } }
    }

    @Test func `values come back as they were, whatever is in them`() throws {
        let texts = ["", "it's", "a,b", "{x}", "NULL", "\\", "\"", "ñ 👩‍👩‍👧", "\n", "[\"\\\\u0000\"]"]
        try database.write { session in
            let number = session.dialect.decimalValue(try #require(ExactDecimal(json: "-12.50".utf8)))
            let rows = texts.enumerated().map { index, text in
                [
                    SQLValue.integer(index == 0 ? .min : Int64(index)), .text(text), index % 2 == 0 ? .null : .text(text),
                    index == 3 ? .null : number,
                ]
            }
            #expect(try session.execute(Self.add, rows) == texts.count)
        }
        let read = try rows("SELECT a, b, c FROM t ORDER BY a")
        #expect(read.map { $0[1] } == texts.map { .text($0) })
        #expect(read.map { $0[2] } == texts.enumerated().map { $0 % 2 == 0 ? .null : .text($1) })
        #expect(read[0][0] == .integer(.min))
        let sums = try database.read { session in
            try session.all("SELECT d FROM t WHERE d IS NOT NULL") { session.dialect.decimal(from: $0.value(0)) }
        }
        #expect(Set(sums) == [ExactDecimal(json: "-12.5".utf8)] && sums.count == texts.count - 1)
    }

    @Test func `each row is told from those that were there already, also from those of the same go`() throws {
        func row(_ a: Int64, _ c: String) -> [SQLValue] { [.integer(a), .text("x"), .text(c), .null] }
        let (first, second) = try database.write { session in
            (
                try session.insertions(Self.add, [row(1, "one"), row(2, "two"), row(1, "again")]),
                try session.insertions(Self.add, [row(2, "late"), row(3, "three")])
            )
        }
        #expect(first == [true, true, false])
        #expect(second == [false, true])
        #expect(try rows("SELECT a, b, c FROM t ORDER BY a").map { $0[2] } == [.text("one"), .text("two"), .text("three")])
    }

    @Test func `rows of one identity follow each other, as if each had been told alone`() throws {
        let merge = SQLBatch(
            insertInto: "t", Self.columns, identity: ["a", "b"], "ON CONFLICT (a, b) DO UPDATE SET c = t.c || excluded.c")
        let told: [[SQLValue]] = ["1", "2", "3"].flatMap { c in
            [Int64(7), 8].map { [.integer($0), .text("x"), .text(c), .null] }
        }
        let changed = try database.write { try $0.execute(merge, told) }
        #expect(changed == 6)
        #expect(try rows("SELECT a, b, c FROM t ORDER BY a").map { $0[2] } == [.text("123"), .text("123")])
    }

    @Test func `a row that breaks another rule than that of its identity is told`() throws {
        let add = SQLBatch(insertInto: "u", [.int64("id"), .text("key")], identity: ["id"], "ON CONFLICT (key) DO NOTHING")
        let isIn = try database.write { session in
            try session.insertions(add, [[.integer(1), .text("a")], [.integer(2), .text("b")], [.integer(3), .text("a")]])
        }
        #expect(isIn == [true, true, false])
    }

    @Test func `what is read says for which row`() throws {
        let find = SQLBatch([.text("key")], "SELECT r.n, u.id FROM rows r JOIN u ON u.key = r.key")
        let found = try database.write { session in
            let add = SQLBatch(insertInto: "u", [.int64("id"), .text("key")], identity: ["id"])
            try session.execute(add, (0..<100).map { [.integer($0), .text("k\($0)")] })
            var found: [Int64: Int64] = [:]
            try session.forEach(find, [[.text("k70")], [.text("nobody")], [.text("k3")], [.text("k70")]]) {
                found[$0.integer(0)] = $0.integer(1)
            }
            return found
        }
        #expect(found == [0: 70, 2: 3, 3: 70])
    }

    @Test func `more rows than go at once all go`() throws {
        let count: Int64 = 45_000
        let isIn = try database.write { session in
            _ = try session.execute("INSERT INTO t (a, b) VALUES (30001, 'x')")
            return try session.insertions(Self.add, (0..<count).map { [.integer($0), .text("x"), .null, .null] })
        }
        #expect(isIn.indices.filter { !isIn[$0] } == [30_001])
        let (kept, none) = try database.write { (try $0.count("SELECT count(*) FROM t"), try $0.insertions(Self.add, [])) }
        #expect(kept == Int(count) && none == [])
    }

    @Test func `a statement told many arguments does what it does told one after the other`() throws {
        try database.write { session in
            let insert = try session.prepare("INSERT INTO t (a, b, c) VALUES (?, ?, ?) ON CONFLICT (a, b) DO NOTHING")
            let rows: [[SQLValue]] = [
                [.integer(1), .text("x"), .null], [.integer(2), .text("x"), .text("y")], [.integer(1), .text("x"), .null],
            ]
            #expect(try insert.runAll(rows) == [1, 1, 0])
            #expect(try insert.runAll([]) == [])
            let update = try session.prepare("UPDATE t SET c = c || ?2 WHERE a >= ?1")
            #expect(try update.runAll((0..<2500).map { [.integer($0 % 4), .text("z")] }).reduce(0, +) == 625 * (2 + 2 + 1))
        }
        #expect(try rows("SELECT a, b, length(c) FROM t ORDER BY a").map { $0[2] } == [.null, .integer(1 + 625 * 3)])
    }

    @Test func `one of many that fails takes back all, and the next transaction finds the connection as it should be`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try database.write { session in
                let insert = try session.prepare("INSERT INTO u (id, key) VALUES (?, ?)")
                try insert.runAll([[.integer(1), .text("a")], [.integer(2), .text("a")], [.integer(3), .text("c")]])
            }
        }
        #expect(error?.code == .constraint)
        let changed = try database.write { session in
            try session.prepare("INSERT INTO u (id, key) VALUES (?, ?)").runAll([[.integer(1), .text("a")], [.integer(2), .text("b")]])
        }
        #expect(changed == [1, 1])
    }
}

/// How often the server is waited for.
@Suite(.enabled(if: TestServer.shared != nil, "there is no PostgreSQL for tests: see PITWALL_TEST_POSTGRES"))
struct RoundTripTests {
    @Test func `many rows cost as many round trips as one`() throws {
        let server = try #require(TestServer.shared)
        let lease = try server.make()
        defer { try? server.drop(lease) }
        try lease.database.write { try $0.script("CREATE TABLE t (a BIGINT PRIMARY KEY)") }
        func trips(_ body: (any SQLSession) throws -> Void) throws -> Int {
            let before = lease.database.trips.count
            try lease.database.write(body)
            return lease.database.trips.count - before
        }
        let add = SQLBatch(insertInto: "t", [.int64("a")], identity: ["a"], "ON CONFLICT (a) DO NOTHING")
        let begin = 1, commit = 1
        let rows = (0..<1000).map { [SQLValue.integer($0)] }
        let together = try trips { try $0.execute(add, rows) }
        let piped = try trips { try $0.prepare("DELETE FROM t WHERE a = ?").runAll(rows) }
        let alone = try trips { session in for number in 0..<10 { try session.execute("INSERT INTO t VALUES (\(number))") } }
        #expect(together == begin + 1 + commit)
        #expect(piped == begin + 1 + commit)
        #expect(alone >= begin + 10 + commit)
    }
}
