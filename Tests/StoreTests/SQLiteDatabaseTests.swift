import Database
import Foundation
import Model
import Store
import StoreSQLite
import TestDatabases
import Testing

@Suite struct SQLiteDatabaseTests {
    let house: House

    init() throws {
        house = try House()
        try house.database.write { try $0.script("CREATE TABLE t (a INTEGER PRIMARY KEY, b)") }
    }

    @Test func `each kind of value comes back as it went in`() throws {
        let values: [SQLValue] = [.null, .integer(.min), .real(-0.5), .text("żółć\u{0}x"), .text(""), .blob([]), .blob([0, 255])]
        try house.database.write { session in
            for (index, value) in values.enumerated() { _ = try session.execute("INSERT INTO t VALUES (\(index), \(value))") }
        }
        let read = try house.database.read { try $0.all("SELECT b FROM t ORDER BY a") { $0.value(0) } }
        #expect(read == values)
    }

    @Test(arguments: [(1, nil), (2, nil), (3, 3), (1, 2), (4, nil), (7, 9)] as [(Int, Int?)])
    func `what stands often among many rows is what grouping finds`(least: Int, most: Int?) throws {
        try house.database.write { session in
            let insert = try session.prepare("INSERT INTO t (b) VALUES (?)")
            for number in 0..<9000 { _ = try insert.run([.integer(Int64(number) * 7919 % 5003 * (number % 2 == 0 ? 1 : -1) << 20)]) }
            for value in [SQLValue.integer(.min), .integer(.min), .null, .null, .null] { _ = try insert.run([value]) }
        }
        let rows: SQL = "FROM t x WHERE x.b IS NOT NULL"
        let found = try house.database.read { try $0.all($0.dialect.often("x.b", rows, least: least, most: most)) { $0.integer(0) } }
        let grouped = try house.database.read { session in
            try session.all("SELECT x.b, count(*) \(rows) GROUP BY x.b ORDER BY x.b") { ($0.integer(0), Int($0.integer(1))) }
        }
        #expect(found == grouped.filter { $0.1 >= least && $0.1 <= most ?? .max }.map(\.0))
        let none = try house.database.read {
            try $0.all($0.dialect.often("x.b", "FROM t x WHERE 1 = 0", least: 1, most: nil)) { $0.integer(0) }
        }
        #expect(none.isEmpty)
    }

    @Test func `an error rolls the whole transaction back`() throws {
        struct Oops: Error {}
        #expect(throws: Oops.self) {
            try house.database.write { session in
                _ = try session.execute("INSERT INTO t VALUES (1, 1)")
                throw Oops()
            }
        }
        #expect(try house.count("SELECT count(*) FROM t") == 0)
        try house.database.write { _ = try $0.execute("INSERT INTO t VALUES (1, 1)") }
        #expect(try house.count("SELECT count(*) FROM t") == 1)
    }

    @Test func `a commit is on the disk when it returns`() throws {
        // 2 is FULL. What opens the connection has its own opinion, NORMAL, which loses the last commits with the power.
        let mode = try house.database.write { try $0.first("PRAGMA synchronous") { $0.integer(0) } }
        #expect(mode == 2)
    }

    @Test func `a statement that was kept sees the table as it has become`() throws {
        func insert() throws -> Int { try house.database.write { try $0.prepare("INSERT INTO t (b) VALUES (?)").run([.integer(7)]) } }
        #expect(try insert() == 1)
        try house.database.write { try $0.script("ALTER TABLE t ADD COLUMN c DEFAULT 5; DELETE FROM t WHERE b = 0") }
        #expect(try insert() == 1)
        let added = try house.database.write { try $0.all("SELECT c FROM t ORDER BY a") { $0.integer(0) } }
        #expect(added == [5, 5])
        try house.database.write { try $0.script("DROP TABLE t") }
        #expect(throws: DatabaseError.self) { try insert() }
    }

    @Test func `more different statements than are kept all work, also within the rows of one`() throws {
        try house.database.write { session in
            for number in 0..<3 { _ = try session.execute("INSERT INTO t VALUES (\(number), 0)") }
            var rows = 0
            try session.forEach("SELECT a FROM t ORDER BY a") { row in
                rows += 1
                for number in 0..<100 {
                    let text = "UPDATE t SET b = b + 1 WHERE a = ? AND \(number) = \(number)"
                    let changed = try session.prepare(text).run([.integer(row.integer(0))])
                    #expect(changed == 1)
                }
            }
            #expect(rows == 3)
        }
        #expect(try house.count("SELECT sum(b) FROM t") == 300)
    }

    @Test func `a read cannot write`() throws {
        let error = #expect(throws: DatabaseError.self) { try house.database.read { _ = try $0.execute("INSERT INTO t VALUES (1, 1)") } }
        #expect(error?.code == .readOnly)
    }

    @Test func `a broken rule is told without what was in the arguments`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try house.database.write { session in
                for _ in 0..<2 { _ = try session.execute("INSERT INTO t VALUES (1, \("ada@example.com"))") }
            }
        }
        #expect(error?.code == .constraint)
        #expect(error.map { "\($0)" + ($0.sql ?? "") }?.contains("ada@") == false)
    }

    @Test func `a value never becomes part of the SQL`() throws {
        let name = "'); DROP TABLE t; --"
        let sql: SQL = "INSERT INTO t VALUES (1, \(name))"
        #expect(sql.text == "INSERT INTO t VALUES (1, ?)")
        #expect(sql.arguments == [.text(name)])
        try house.database.write { _ = try $0.execute(sql) }
        #expect(try house.database.read { try $0.first("SELECT b FROM t") { $0.text(0) } } == name)
    }

    @Test func `a statement may run again inside its own rows`() throws {
        try house.database.write { session in
            for index in 1...3 { _ = try session.execute("INSERT INTO t VALUES (\(index), 0)") }
            var pairs = 0
            try session.forEach("SELECT a FROM t") { _ in try session.forEach("SELECT a FROM t") { _ in pairs += 1 } }
            #expect(pairs == 9)
        }
    }

    @Test func `two connections see each other's commits`() throws {
        let other = try SQLiteDatabase(path: house.folder + "/test.sqlite")
        try other.write { _ = try $0.execute("INSERT INTO t VALUES (5, 5)") }
        #expect(try house.count("SELECT count(*) FROM t") == 1)
        try other.close()
    }

    @Test func `a file that is no database is told with a remedy`() throws {
        let path = house.folder + "/letter.sqlite"
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: DatabaseError.self) { try Schema.migrator.migrate(try SQLiteDatabase(path: path), now: 0) }
        #expect(error?.code == .damaged)
        #expect(error?.hint != nil)
    }

    @Test func `a folder that is not there is told with a remedy`() throws {
        let error = #expect(throws: DatabaseError.self) { _ = try SQLiteDatabase(path: house.folder + "/none/x.sqlite") }
        #expect(error?.code == .cannotOpen)
        #expect(error?.hint != nil)
    }

    @Test func `the members of a JSON object are read whatever their names`() throws {
        let dialect = SQLiteDialect()
        let object: JSONObject = [
            "a.b": 1, "it's": "x", "flag": true, "tags": .list(["vip", "new"]), "none": .null, "naïve key": 2.5.json,
        ]
        try house.database.write { _ = try $0.execute("INSERT INTO t VALUES (1, \(object.json))") }
        func first(_ sql: SQL) throws -> SQLValue? { try house.database.read { try $0.first("SELECT \(sql) FROM t") { $0.value(0) } } }
        #expect(try first(dialect.jsonMember("b", "a.b")) == .integer(1))
        #expect(try first(dialect.jsonMember("b", "it's")) == .text("x"))
        #expect(try first(dialect.jsonMember("b", "naïve key")) == .real(2.5))
        #expect(try first(dialect.jsonMember("b", "missing")) == .null)
        #expect(try first(dialect.jsonMember("b", "qu\"ote")) == .null)
        #expect(try first(dialect.jsonKind("b", "flag")) == .text("true"))
        #expect(try first(dialect.jsonKind("b", "none")) == .text("null"))
        #expect(try first(dialect.jsonContains("b", "tags", "vip")) == .integer(1))
        #expect(try first(dialect.jsonContains("b", "tags", "vi")) == .integer(0))
        #expect(try first(dialect.jsonContains("b", "it's", "x")) == .integer(1))
        #expect(try first(dialect.folded("'ÀÉ'")) == .text("àé"))
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
    func `a full disk is told as such, and what was committed stays`() throws {
        let disk = try SmallDisk(megabytes: 1)
        let database = try SQLiteDatabase(path: disk.path + "/x.sqlite")
        try database.write { try $0.script("CREATE TABLE t (a INTEGER PRIMARY KEY, b)") }
        var committed = 0
        let error = #expect(throws: DatabaseError.self) {
            for index in 0..<1000 {
                try database.write {
                    _ = try $0.execute("INSERT INTO t VALUES (\(index), \(SQLValue.blob(Array(repeating: 1, count: 20_000))))")
                }
                committed += 1
            }
        }
        #expect(error?.code == .full)
        #expect(committed > 0)
        #expect(try database.read { try $0.count("SELECT count(*) FROM t") } == committed)
        try database.close()
    }
}

extension Double {
    fileprivate var json: JSONValue { .real(self) }
}

@Suite struct MigratorTests {
    let house: House

    init() throws { house = try House() }

    private func fresh() throws -> SQLiteDatabase { try SQLiteDatabase(path: house.folder + "/fresh.sqlite") }

    @Test func `steps are taken once, in order, and kept with their time`() throws {
        let database = try fresh()
        let one = Migration("one") { _ in "CREATE TABLE a (x)" }
        let two = Migration("two") { _ in "ALTER TABLE a ADD COLUMN y" }
        #expect(try Migrator([one]).migrate(database, now: 5) == 1)
        #expect(try Migrator([one, two]).migrate(database, now: 6) == 1)
        #expect(try Migrator([one, two]).migrate(database, now: 7) == 0)
        let steps = try database.read {
            try $0.all("SELECT name, at FROM schema_step ORDER BY number") { "\($0.text(0)) \($0.integer(1))" }
        }
        #expect(steps == ["one 5", "two 6"])
    }

    @Test func `a step that fails leaves the schema as it was`() throws {
        let database = try fresh()
        let good = Migration("good") { _ in "CREATE TABLE a (x)" }
        let bad = Migration("bad") { _ in "CREATE TABLE b (x); CREATE TABLE b (x)" }
        #expect(throws: DatabaseError.self) { try Migrator([good, bad]).migrate(database, now: 0) }
        #expect(try database.read { try $0.count("SELECT count(*) FROM sqlite_master") } == 0)
        #expect(try Migrator([good]).migrate(database, now: 0) == 1)
    }

    @Test func `a database of a newer program is refused with a remedy`() throws {
        let database = try fresh()
        let steps = (1...3).map { number in Migration("step \(number)") { _ in "CREATE TABLE t\(number) (x)" } }
        try Migrator(steps).migrate(database, now: 0)
        let error = #expect(throws: DatabaseError.self) { try Migrator(Array(steps.prefix(2))).migrate(database, now: 0) }
        #expect(error?.code == .newerSchema)
        #expect(error?.hint != nil)
    }

    /// 200,000 events of 5,000 people as the first release kept them, many of them at one instant.
    @Test func `a database of the first release keeps every event, and knows in sum what they come to`() throws {
        let database = try fresh()
        try Migrator(Array(Schema.migrator.migrations.prefix(1))).migrate(database, now: 0)
        try database.write { session in
            try session.script(
                """
                INSERT INTO event_name (id, name) VALUES (1, 'visit'), (2, 'purchase');
                WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < 199999)
                INSERT INTO event SELECT i % 5000, 1 + i % 2, i / 20000 * 1000, i, i, CASE i % 2 WHEN 1 THEN '{"amount":5,"currency":"' ||
                CASE i % 3 WHEN 0 THEN 'EUR' ELSE 'USD' END || '"}' END FROM k;
                """)
        }
        let sums: SQL = "SELECT count(*) || ' ' || sum(at * contact_id) || ' ' || sum(learned_at) || ' ' || count(properties) FROM event"
        let before = try database.read { try $0.first(sums) { $0.text(0) } }
        #expect(try Schema.migrator.migrate(database, now: 0) == Schema.migrator.migrations.count - 1)
        let after = try database.read { try $0.first(sums) { $0.text(0) } }
        #expect(after == before && after?.hasPrefix("200000 ") == true)
        try database.read { session in
            // Ten times, four events of each of 5,000 people.
            #expect(try session.count("SELECT max(id) FROM event") == 3)
            #expect(try session.count("SELECT count(*) FROM event_summary WHERE count = 40 AND first_at = 0 AND last_at = 9000") == 5000)
            #expect(try session.count("SELECT sum(count) FROM event_summary") == 200_000)
            let currencies = try session.all("SELECT name_id, currency FROM event_currency ORDER BY 2") { $0.text(1) }
            #expect(currencies == ["EUR", "USD"])
        }
    }

    @Test func `the ledger's schema holds what the design promises from the first step on`() throws {
        #expect(try house.count("SELECT count(*) FROM schema_step") == Schema.migrator.migrations.count)
        for (table, columns) in [
            "delivery": ["entry", "sender", "lease_until", "epoch"], "event": ["at", "learned_at"], "consent": ["at", "learned_at"],
            "attribute_change": ["at", "learned_at"],
        ] {
            let found = try house.database.read { try $0.all("SELECT name FROM pragma_table_info(\(table))") { $0.text(0) } }
            #expect(Set(columns).isSubset(of: found))
        }
    }
}
