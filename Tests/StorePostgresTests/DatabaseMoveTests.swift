import Database
import Delivery
import Foundation
import Model
import StorePostgres
import StoreSQLite
import Synchronization
import TestDatabases
import Testing

@testable import Store

/// A workspace's data carried from one database into another, and back. Between two files where there is no PostgreSQL.
@Suite final class DatabaseMoveTests {
    private let folder: String
    private var leases: [TestServer.Lease] = []
    private static let noon = Instant(milliseconds: 1_800_000_000_000)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-move-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        for lease in leases { try? TestServer.shared?.drop(lease) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func make(_ kind: DatabaseKind, _ name: String) throws -> any SQLDatabase {
        let made: any SQLDatabase
        switch kind {
        case .sqlite: made = try SQLiteDatabase(path: "\(folder)/\(name).sqlite")
        case .postgres, .pooled:
            let lease = try #require(try TestServer.shared?.make())
            leases.append(lease)
            made = lease.database
        }
        _ = try Schema.migrator.migrate(made, now: Self.noon.milliseconds)
        return made
    }

    /// A row in every table at least, and values of every kind.
    private func fill(_ database: any SQLDatabase, people: Int = 60) throws {
        let contacts = ContactStore(database)
        let events = EventStore(database)
        let entries = try (1...people).map { number in
            ContactStore.Entry(
                email: try EmailAddress("p\(number)@example.com"), externalID: "crm-\(number)",
                attributes: ["n": .integer(Int64(number)), "city": .text("Città \(number) \"x\" \\"), "big": .real(0.1 + Double(number))])
        }
        let template = ConsentTemplate(topic: "news", state: .confirmed, at: Self.noon, source: "form", wording: "yes, please")
        let ids = try contacts.record(entries, consent: template, at: Self.noon, source: "test").map(\.id)
        try events.keep(KeptSums(["purchase": ["amount"]]))
        let told = entries.enumerated().flatMap { index, entry in
            (0..<4).map { place in
                EventStore.Entry(
                    email: entry.email, name: place == 3 ? "visited" : "purchase",
                    at: Self.noon.advanced(byMilliseconds: Int64(-place * 40 * 86_400_000 - index)),
                    properties: ["amount": .real(Double(index) + 0.25), "currency": .text("EUR")], givenID: place == 1 ? "g\(index)" : nil)
            }
        }
        _ = try events.record(told, at: Self.noon)
        try events.prune(Retention(spans: ["purchase": try #require(TimeSpan("60 days"))]), at: Self.noon)
        _ = try contacts.merge(ids[0], ids[1], at: Self.noon)
        try ConsentStore(database).suppress([
            Suppression(address: try EmailAddress("gone@example.com"), reason: .complaint, at: Self.noon, learnedAt: Self.noon, source: "x")
        ])
        // The rest by hand: what it says does not matter here.
        try database.write { session in
            for table in try TableLayout.all(in: session) where !DatabaseMove.left.contains(table.name) {
                guard try session.count("SELECT count(*) FROM \(raw: table.name)") == 0 else { continue }
                let values = table.columns.map { column -> SQL in
                    switch column.kind {
                    case .int64: column.name == "state" || column.name == "step" ? "0" : "7"
                    case .text: "\("a text, 'quoted' ñ")"
                    case .bytes: "\(SQLValue.blob([0, 255, 39, 92, 10]))"
                    case .decimal: session.dialect.decimal(.zero)
                    }
                }
                try session.execute("INSERT INTO \(raw: table.name) (\(raw: table.names)) VALUES (\(values.joined(separator: ", ")))")
            }
        }
    }

    private static let ways: [(DatabaseKind, DatabaseKind)] =
        DatabaseKind.available.contains(.postgres) ? [(.sqlite, .postgres), (.postgres, .sqlite)] : [(.sqlite, .sqlite)]

    private func sums(_ database: any SQLDatabase) throws -> [String: TableSum] {
        try database.read { session in
            let tables = try TableLayout.all(in: session)
            return Dictionary(
                uniqueKeysWithValues: try tables.map { table in
                    // Numbers of any length, which are bytes in one of them.
                    var table = table
                    for index in table.columns.indices where table.name.hasPrefix("event_sum") && table.columns[index].kind == .bytes {
                        table.columns[index].kind = .decimal
                    }
                    return (table.name, try TableSum.of(table, in: session, keeper: PostgresDialect()))
                })
        }
    }

    @Test(arguments: ways) func `all tables of the schema are carried over, each with something in it, and are the same there`(
        from: DatabaseKind, to: DatabaseKind
    ) throws {
        let (source, target) = (try make(from, "a"), try make(to, "b"))
        try fill(source)
        let moved = try DatabaseMove(from: source, to: target).run()
        let tables = try source.read { try TableLayout.all(in: $0).map(\.name) }
        #expect(Set(moved.map(\.table)) == Set(tables).subtracting(["schema_step"]))
        #expect(moved.allSatisfy { $0.sum.rows > 0 }, "empty: \(moved.filter { $0.sum.rows == 0 }.map(\.table))")
        for table in tables {
            let counts = try [source, target].map { try $0.read { try $0.count("SELECT count(*) FROM \(raw: table)") } }
            #expect(counts[0] == counts[1], "\(table)")
        }
        // What the stores say of it is the same too.
        let address = try EmailAddress("p3@example.com")
        #expect(try ContactStore(target).contact(address)?.attributes == ContactStore(source).contact(address)?.attributes)
        #expect(try EventStore(target).rebuildAgrees() && EventStore(source).rebuildAgrees())
        try DatabaseMove.refuseUnfinished(target)
        try source.close()
    }

    @Test(arguments: ways) func `what was moved takes no changes any more, from whoever had it open`(from: DatabaseKind, to: DatabaseKind)
        throws
    {
        let (source, target) = (try make(from, "a"), try make(to, "b"))
        try fill(source)
        let before = try source.read { try $0.count("SELECT count(*) FROM consent") }
        _ = try DatabaseMove(from: source, to: target, named: "postgres://new").run()
        try DatabaseMove.refuseUnfinished(target)
        let refusal = #expect(throws: DatabaseError.self) { try DatabaseMove.refuseUnfinished(source) }
        #expect(refusal?.message == "this database was moved to postgres://new" && refusal?.code == .unfit)
        let again = #expect(throws: DatabaseError.self) { try DatabaseMove(from: source, to: target, named: "postgres://new").run() }
        #expect(again?.message == refusal?.message)
        for change in ["DELETE FROM consent", "UPDATE contact SET email = NULL", "INSERT INTO suppression SELECT * FROM suppression"] {
            let error = #expect(throws: DatabaseError.self) { try source.write { try $0.script(change) } }
            #expect(
                error?.code == .unfit && error?.message.contains("was moved to another database") == true, "\(String(describing: error))")
        }
        #expect(try source.read { try $0.count("SELECT count(*) FROM consent") } == before)
        _ = try target.write { try $0.execute("DELETE FROM consent") }
        try source.close()
    }

    @Test(arguments: ways) func `what was interrupted goes on, also where the source was written to in between`(
        from: DatabaseKind, to: DatabaseKind
    ) throws {
        struct Killed: Error {}
        let (source, target) = (try make(from, "a"), try make(to, "b"))
        try fill(source)
        var steps = 0
        var runs = 0
        // Killed after every step, until a run gets to its end.
        while runs < 200 {
            runs += 1
            steps = 0
            do {
                _ = try DatabaseMove(from: source, to: target).run { _, step in
                    steps += 1
                    if case .copying = step, runs < 60 { throw Killed() }
                }
                break
            } catch is Killed {
                #expect(throws: DatabaseError.self) { try DatabaseMove.refuseUnfinished(target) }
                if runs == 30 {
                    try source.write { session in
                        try session.execute("UPDATE contact SET attributes = '{\"late\":true}' WHERE id = 5")
                        _ = try session.execute("DELETE FROM consent WHERE contact_id = 7")
                    }
                }
            }
        }
        #expect(runs > 20)
        let (mine, theirs) = (try sums(source), try sums(target))
        #expect(mine.filter { $0.value != theirs[$0.key] }.keys.sorted() == [])
        #expect(try target.read { try $0.count("SELECT count(*) FROM consent WHERE contact_id = 7") } == 0)
    }

    @Test(arguments: ways) func `a target that holds something, or is in the middle of another move, is refused`(
        from: DatabaseKind, to: DatabaseKind
    ) throws {
        let (source, target) = (try make(from, "a"), try make(to, "b"))
        try fill(source, people: 3)
        _ = try target.write { try $0.execute("INSERT INTO event_name (id, name) VALUES (1, 'x')") }
        let error = #expect(throws: DatabaseError.self) { try DatabaseMove(from: source, to: target).run() }
        #expect(error?.message.contains("not empty") == true && error?.message.contains("event_name") == true)
        _ = try target.write { try $0.execute("DELETE FROM event_name") }
        struct Killed: Error {}
        #expect(throws: Killed.self) { try DatabaseMove(from: source, to: target).run { _, _ in throw Killed() } }
        _ = try source.write { try $0.execute("UPDATE schema_step SET at = 5 WHERE number = 1") }
        let other = #expect(throws: DatabaseError.self) { try DatabaseMove(from: source, to: target).run() }
        #expect(other?.message.contains("another database") == true)
    }

    private static let intoServer = ways.filter { $0.1 == .postgres }

    /// As they came in before imports refused them.
    @Test(
        .enabled(if: !intoServer.isEmpty, "needs PITWALL_TEST_POSTGRES"),
        arguments: [("a\0b", "a NUL character"), (longKey, "a text of 8000 bytes")])
    func `a key that a server can't keep is named with its row, and once it is put right the move goes on`(
        key: String, words: String
    ) throws {
        let (source, target) = (try make(.sqlite, "a"), try make(.postgres, "b"))
        try fill(source, people: 3)
        let row: SQL = "INSERT INTO event_given_id (contact_id, given, name_id, at) VALUES (77, \(key), 1, 1)"
        _ = try source.write { try $0.execute(row) }
        let error = #expect(throws: DatabaseError.self) { try DatabaseMove(from: source, to: target).run() }
        #expect(error?.code == .unfit && error?.message.hasPrefix("event_given_id.given holds \(words)") == true)
        #expect(error?.message.contains("contact_id 77") == true)
        _ = try source.write { try $0.execute("DELETE FROM event_given_id WHERE contact_id = 77") }
        #expect(try DatabaseMove(from: source, to: target).run().allSatisfy { $0.sum.altered == 0 })
    }

    private static let longKey = String(repeating: "y", count: 8000)

    @Test(.enabled(if: !intoServer.isEmpty, "needs PITWALL_TEST_POSTGRES")) func `texts that are kept otherwise are counted`() throws {
        let (source, target) = (try make(.sqlite, "a"), try make(.postgres, "b"))
        try fill(source, people: 3)
        _ = try source.write { try $0.execute(#"UPDATE contact SET attributes = '{"a":"\u0000"}' WHERE id = 3"#) }
        let moved = try DatabaseMove(from: source, to: target).run()
        #expect(moved.filter { $0.sum.altered > 0 }.map { "\($0.table) \($0.sum.altered)" } == ["contact 1"])
    }

    @Test(arguments: ways) func `messages in the hands of a sender are left alone, and nobody writes meanwhile`(
        from: DatabaseKind, to: DatabaseKind
    ) throws {
        let (source, target) = (try make(from, "a"), try make(to, "b"))
        try fill(source, people: 3)
        try source.write { session in
            try session.execute("UPDATE delivery SET state = 1, campaign_id = 9")
            _ = try session.execute("INSERT INTO campaign (id, name, state, created_at, changed_at) VALUES (9, 'launch', 'sending', 1, 1)")
        }
        let error = #expect(throws: DatabaseError.self) { try DatabaseMove(from: source, to: target).run() }
        #expect(error?.code == .busy && error?.message.contains("launch") == true && error?.hint?.contains("pitwall send launch") == true)
        _ = try source.write { try $0.execute("UPDATE delivery SET state = 0") }
        // A writer that is let in before the end is in the table before it is copied, which is the last but a few.
        let writer = Mutex<Thread?>(nil)
        let done = DispatchSemaphore(value: 0)
        _ = try DatabaseMove(from: source, to: target).run { _, _ in
            writer.withLock { thread in
                guard thread == nil else { return }
                let made = Thread {
                    let late: SQL = "INSERT INTO lesson (subject, noted_at, held_until, words) VALUES ('late', 1, 1, '')"
                    _ = try? source.write { try $0.execute(late) }
                    done.signal()
                }
                made.start()
                thread = made
            }
        }
        done.wait()
        let late: SQL = "SELECT count(*) FROM lesson WHERE subject = 'late'"
        #expect(try source.read { try $0.count(late) } == 1)
        #expect(try target.read { try $0.count(late) } == 0)
    }
}

extension EventStore {
    /// Whether summaries made anew are the ones that are there.
    fileprivate func rebuildAgrees() throws -> Bool {
        func all() throws -> [[SQLValue]] {
            try database.read { session in
                try session.all("SELECT name_id, contact_id, count, first_at, last_at FROM event_summary ORDER BY 1, 2") { row in
                    (0..<5).map { row.value($0) }
                }
            }
        }
        let before = try all()
        try rebuildSummaries()
        return try all() == before && !before.isEmpty
    }
}
