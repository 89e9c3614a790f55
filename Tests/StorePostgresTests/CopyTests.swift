import Database
import Foundation
import TestDatabases
import Testing

@testable import StorePostgres

/// Many new rows at once, which PostgreSQL takes by COPY: nobody sees it but by the time it takes.
@Suite(.onEachDatabase(orPooled: true))
struct CopyTests {
    private let lease: DatabaseUnderTest
    private var database: any SQLDatabase { lease.database }

    private static let add = SQLBatch(insertInto: "t", [.int64("a"), .text("b"), .text("c"), .text("d")], unlessThere: ["a", "b"])

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-copy-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        lease = try DatabaseUnderTest(in: folder) { database in
            try database.write { session in
                let d = session.dialect
                try session.script(
                    """
                    DROP TABLE IF EXISTS t;
                    CREATE TABLE t (a \(d.int64) NOT NULL, b \(d.text) NOT NULL, c \(d.text) UNIQUE, d \(d.text), PRIMARY KEY (a, b))
                    """)
            }
        }
    }

    private static func rows(
        _ numbers: Range<Int64>, c: (Int64) -> SQLValue = { _ in .null }, d: (Int64) -> SQLValue = { _ in .null }
    ) -> [[SQLValue]] {
        numbers.map { [.integer($0), .text("x"), c($0), d($0)] }
    }

    private func count(_ sql: SQL = "SELECT count(*) FROM t") throws -> Int { try database.read { try $0.count(sql) } }

    @Test func `values come as they are`() throws {
        let texts = ["", "it's", "\\N", "\\.", "a\tb\r\nc", "ñ 👩‍👩‍👧", "{\"a\": \"\\\\u0000\"}", String(repeating: "long ", count: 100_000)]
        let rows = Self.rows(-500..<500, d: { $0 < 0 ? .null : .text("\($0) \(texts[Int($0) % texts.count])") })
        #expect(try database.write { try $0.execute(Self.add, rows) } == 1000)
        let read = try database.read { session in
            try session.all("SELECT a, b, c, d FROM t ORDER BY a") { row in (0..<4).map { row.value($0) } }
        }
        #expect(read == rows)
    }

    /// Every fiftieth is asked about before.
    @Test(arguments: [0, 501, 999]) func `one that was there is told, and the others go in`(known: Int64) throws {
        let isIn = try database.write { session in
            try session.execute("INSERT INTO t (a, b, c) VALUES (\(known), 'x', 'mine')")
            return try session.insertions(Self.add, Self.rows(0..<1000))
        }
        #expect(isIn.indices.filter { !isIn[$0] } == [Int(known)])
        #expect(try count() == 1000)
        #expect(try count("SELECT count(*) FROM t WHERE c = 'mine'") == 1)
    }

    @Test func `of two of one identity the first goes in`() throws {
        let rows = Self.rows(0..<1000, c: { .text("\($0)") }) + Self.rows(300..<1300, c: { .text("again \($0)") })
        let isIn = try database.write { try $0.insertions(Self.add, rows) }
        #expect(isIn.count { $0 } == 1300)
        #expect(isIn[..<1000].allSatisfy { $0 } && isIn[1700...].allSatisfy { $0 })
        #expect(try count("SELECT count(*) FROM t WHERE c LIKE 'again%'") == 300)
    }

    @Test func `what breaks another rule is told, and nothing is kept`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try database.write { _ = try $0.execute(Self.add, Self.rows(0..<1000, c: { .text("\($0 / 2)") })) }
        }
        #expect(error?.code == .constraint)
        #expect(try count() == 0)
        #expect(try database.write { try $0.execute(Self.add, Self.rows(0..<1000)) } == 1000)
    }

    @Test func `a table that was not all new is told by INSERT until it is`() throws {
        guard lease.database is PostgresDatabase else { return }
        try database.write { session in
            let connection = try #require(session as? PostgresSession).connection
            try session.execute(Self.add, Self.rows(501..<502))
            try session.execute(Self.add, Self.rows(0..<1000))
            #expect(connection.crowded == ["t"])
            try session.execute(Self.add, Self.rows(900..<1900))
            #expect(connection.crowded == ["t"])
            try session.execute(Self.add, Self.rows(1900..<2900))
            #expect(connection.crowded == [])
        }
        #expect(try count() == 2900)
    }
}
