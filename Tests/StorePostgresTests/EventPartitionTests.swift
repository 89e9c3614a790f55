import Database
import Foundation
import Model
import StorePostgres
import StoreSQLite
import TestDatabases
import Testing

@testable import Store

/// Events cut into months on a PostgreSQL, beside the same events in one table: nobody who asks may tell the difference.
@Suite(.enabled(if: DatabaseKind.available.contains(.postgres), "needs PITWALL_TEST_POSTGRES")) final class EventPartitionTests {
    private static let now = Instant(iso: "2026-11-20T12:00:00Z") ?? Instant(milliseconds: 0)
    private let lease: TestServer.Lease
    private let folder: String
    private let whole: SQLiteDatabase
    private var cut: PostgresDatabase { lease.database }
    private var both: [any SQLDatabase] { [whole, cut] }

    init() throws {
        lease = try #require(try TestServer.shared?.make())
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-months-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        whole = try SQLiteDatabase(path: folder + "/whole.sqlite")
        for database in both {
            _ = try Schema.migrator.migrate(database, now: Self.now.milliseconds)
            let people = try (1...20).map { ContactStore.Entry(email: try EmailAddress("p\($0)@example.com"), attributes: [:]) }
            _ = try ContactStore(database).record(people, at: Self.now, source: "test")
        }
    }

    deinit {
        try? whole.close()
        try? TestServer.shared?.drop(lease)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Of every person some in every month of a year, of two names.
    private static func told(daysAgo: StrideThrough<Int>) throws -> [EventStore.Entry] {
        try (1...20).flatMap { person in
            try daysAgo.map { days in
                EventStore.Entry(
                    email: try EmailAddress("p\(person)@example.com"), name: days % 2 == 0 ? "visit" : "purchase",
                    at: now.advanced(byMilliseconds: -Int64(days) * 86_400_000 - Int64(person)),
                    properties: ["amount": .real(Double(days) + 0.5)], givenID: days % 5 == 0 ? "g\(days)" : nil)
            }
        }
    }

    private func record(_ entries: [EventStore.Entry]) throws {
        let results = try both.map { try EventStore($0).record(entries, at: Self.now) }
        #expect(results[0] == results[1])
    }

    private func months() throws -> [String] {
        try cut.read {
            try $0.all("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event'::regclass ORDER BY 1") { $0.text(0) }
        }
    }

    /// All that is kept of events, as both databases have it.
    private func expectTheSame(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let names = [
            "event", "event_name", "event_summary", "event_faded", "event_horizon", "event_given_id", "event_sum", "event_sum_faded",
        ]
        for name in names {
            let sums = try both.map { database in
                try database.read { session in
                    var table = try #require(try TableLayout.all(in: session).first { $0.name == name })
                    for index in table.columns.indices where name.hasPrefix("event_sum") && table.columns[index].kind == .bytes {
                        table.columns[index].kind = .decimal
                    }
                    return try TableSum.of(table, in: session, keeper: PostgresDialect())
                }
            }
            #expect(sums[0] == sums[1], "\(name)", sourceLocation: sourceLocation)
        }
    }

    @Test func `what was there stays, months are made as events come, and a month of which nothing is kept goes as a whole`() throws {
        for database in both { try EventStore(database).keep(KeptSums(["purchase": ["amount"]])) }
        try record(Self.told(daysAgo: stride(from: 1, through: 200, by: 3)))
        let result = try EventStore(cut).partition()
        #expect(result == .done(months: 7, events: 1340))
        #expect(try EventStore(cut).partition() == .already(months: 7))
        #expect(try EventStore(whole).partition() == .impossible)
        #expect(try months().first == "event_2026_05" && months().last == "event_2026_11")
        try expectTheSame()
        // Told again, new ones of known months, and of months before.
        try record(Self.told(daysAgo: stride(from: 1, through: 200, by: 3)))
        try record(Self.told(daysAgo: stride(from: 2, through: 400, by: 3)))
        #expect(try months().count == 14 && months().first == "event_2025_10")
        try expectTheSame()
        #expect(
            try ContactStore(cut).merge(ContactID(1), ContactID(2), at: Self.now)
                == ContactStore(whole).merge(ContactID(1), ContactID(2), at: Self.now))
        // Visits are kept for 100 days, purchases for 200: months go once both have faded.
        let retention = Retention(spans: ["visit": try #require(TimeSpan("100 days")), "purchase": try #require(TimeSpan("200 days"))])
        let dropped = try both.map { try EventStore($0).prune(retention, at: Self.now) }
        #expect(dropped[0] == dropped[1] && dropped[0] > 0)
        #expect(try months() == ["05", "06", "07", "08", "09", "10", "11"].map { "event_2026_\($0)" })
        try expectTheSame()
        #expect(try DatabaseCheck(cut).run().isEmpty)
        // A late event of a month that went is refused as faded in both; one of a name that is kept makes its month anew.
        let late = try EventStore.Entry(
            email: EmailAddress("p3@example.com"), name: "signup", at: #require(Instant(iso: "2025-12-24T00:00:00Z")), properties: [:])
        try record([late] + Self.told(daysAgo: stride(from: 300, through: 310, by: 1)))
        #expect(try months().first == "event_2025_12")
        try expectTheSame()
    }

    @Test func `a month that goes as a whole is told in one step, and of the month of the border what is kept stays`() throws {
        try record(Self.told(daysAgo: stride(from: 1, through: 100, by: 1)))
        _ = try EventStore(cut).partition()
        let august = try cut.read { try $0.count("SELECT count(*) FROM event_2026_08") }
        let september = try cut.read { try $0.count("SELECT count(*) FROM event_2026_09") }
        let retention = Retention(spans: ["visit": try #require(TimeSpan("30 days")), "purchase": try #require(TimeSpan("30 days"))])
        var steps: [Int] = []
        let dropped = try EventStore(cut).prune(retention, at: Self.now) { steps.append($0) }
        #expect(august > 0 && steps.starts(with: [august, august + september]) && steps.last == dropped)
        #expect(try months() == ["event_2026_10", "event_2026_11"])
        #expect(try cut.read { try $0.count("SELECT count(*) FROM event_2026_10") } == 20 * 10)
    }

    @Test func `parts of somebody else's making are left as they are, and a month is made of what they leave`() throws {
        _ = try EventStore(cut).partition()
        #expect(try months().isEmpty)
        let day = { (text: String) throws -> Int64 in try #require(Instant(iso: text + "T00:00:00Z")).milliseconds }
        let (from, to) = (try day("2026-10-10"), try day("2026-10-20"))
        try cut.write { try $0.script("CREATE TABLE ten_days PARTITION OF event FOR VALUES FROM (\(from)) TO (\(to))") }
        try record(Self.told(daysAgo: stride(from: 1, through: 60, by: 1)))
        let before = "event_2026_10_from_\(try day("2026-10-01") / 1000)", after = "event_2026_10_from_\(to / 1000)"
        #expect(try months() == [before, after, "event_2026_09", "event_2026_11", "ten_days"].sorted())
        try expectTheSame()
        try cut.write { try $0.script("CREATE TABLE rest PARTITION OF event DEFAULT") }
        try record(Self.told(daysAgo: stride(from: 90, through: 100, by: 1)))
        #expect(try months().count == 6 && cut.read { try $0.count("SELECT count(*) FROM rest") } > 0)
        try expectTheSame()
    }

    @Test func `rights that others had, an index of somebody's own, and what lies under another name, all stay`() throws {
        try record(Self.told(daysAgo: stride(from: 1, through: 60, by: 1)))
        let role = "clerk_\(lease.name)"
        try cut.write {
            try $0.script(
                "CREATE ROLE \(role); GRANT SELECT, INSERT ON event TO \(role); GRANT SELECT ON event TO PUBLIC; CREATE INDEX own ON event (learned_at)"
            )
        }
        _ = try EventStore(cut).partition()
        let rights: SQL = """
            SELECT CASE WHEN has_table_privilege(\(role), 'event', 'INSERT') THEN 1 ELSE 0 END + \
            (SELECT count(*) FROM pg_indexes WHERE tablename = 'event' AND indexdef LIKE '%(learned_at)')
            """
        #expect(try cut.read { try $0.count(rights) } == 2)
        // Taken out, as for an archive: its name is not free.
        try cut.write { try $0.script("ALTER TABLE event DETACH PARTITION event_2026_10; DELETE FROM event_given_id") }
        let again = try EventStore(cut).record(Self.told(daysAgo: stride(from: 25, through: 30, by: 1)), at: Self.now)
        #expect(again.allSatisfy { $0 == .added })
        #expect(try months().contains("event_2026_10_2"))
        try cut.write { try $0.script("DROP OWNED BY \(role); DROP ROLE \(role)") }
    }

    @Test func `two prunes at once drop each month once, whatever its name is`() throws {
        let (from, to) = (Self.now.milliseconds - 70 * 86_400_000, Self.now.milliseconds - 60 * 86_400_000)
        _ = try EventStore(cut).partition()
        try cut.write { try $0.script("CREATE TABLE \"Ten Days\" PARTITION OF event FOR VALUES FROM (\(from)) TO (\(to))") }
        try record(Self.told(daysAgo: stride(from: 1, through: 120, by: 1)))
        let retention = Retention(spans: ["visit": try #require(TimeSpan("30 days")), "purchase": try #require(TimeSpan("30 days"))])
        var inner: Int?
        let dropped = try EventStore(cut).prune(retention, at: Self.now) { _ in
            if inner == nil {
                inner = 0
                inner = try? EventStore(self.cut).prune(retention, at: Self.now)
            }
        }
        #expect(inner ?? 0 > 0)
        #expect(try dropped + (inner ?? 0) == EventStore(whole).prune(retention, at: Self.now))
        #expect(try months() == ["event_2026_10", "event_2026_11"])
        try expectTheSame()
    }

    @Test func `everything moves out of a database whose events are cut`() throws {
        try record(Self.told(daysAgo: stride(from: 1, through: 100, by: 1)))
        _ = try EventStore(cut).partition()
        let target = try SQLiteDatabase(path: folder + "/moved.sqlite")
        _ = try Schema.migrator.migrate(target, now: Self.now.milliseconds)
        let moved = try DatabaseMove(from: cut, to: target).run()
        #expect(moved.first { $0.table == "event" }?.sum.rows == 2000)
        #expect(moved.allSatisfy { !$0.table.hasPrefix("event_2026") })
        try target.close()
    }
}
