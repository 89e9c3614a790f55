import Database
import Delivery
import Foundation
import Model
import Segments
import TestDatabases
import Testing

@testable import Store

/// Whatever does not fit together is found and named; what does is left alone.
@Suite(.onEachDatabase) final class DatabaseCheckTests {
    private let house: House

    /// A workspace that has lived: people merged and forgotten, events that faded, sums, a campaign of which each outcome has been.
    init() throws {
        house = try House()
        let ids = try house.people(12)
        try house.events.keep(KeptSums(["purchase": ["amount"]]))
        var told: [EventStore.Entry] = []
        for number in 1...12 {
            for place in 0..<3 {
                let at = House.noon.advanced(byMilliseconds: Int64(-place) * 40 * 86_400_000)
                let properties: JSONObject = ["amount": .real(Double(number) + 0.1)]
                let name = place == 2 ? "visited" : "purchase"
                told.append(EventStore.Entry(email: try House.address("p\(number)"), name: name, at: at, properties: properties))
            }
        }
        _ = try house.events.record(told, at: House.noon)
        try house.events.prune(Retention(spans: ["purchase": try #require(TimeSpan("30 days"))]), at: House.noon)
        _ = try house.contacts.record(
            [ContactStore.Entry(email: try House.address("p3"), attributes: ["n": .null, "city": .text("Rome")])],
            since: House.noon.advanced(byMilliseconds: -1000), at: House.noon, source: "import")
        let (desk, _) = try house.begun()
        let outcomes: [Settlement.Outcome] = [.accepted, .refused, .unknown, .deferred(until: House.noon), .returned, .givenUp]
        let claims = try house.claim(desk)
        try house.settle(desk, zip(claims, outcomes).map { $0.settlement($1) })
        try house.settle(desk, claims.dropFirst(outcomes.count).map { $0.settlement(.accepted) })
        _ = try house.contacts.merge(ids[8], ids[9], at: House.noon)
        _ = try house.contacts.forget(ids[10], hash: { "hash of \($0.key.utf8.count)" }, at: House.noon)
    }

    private func found() throws -> [DatabaseCheck.Finding] { try DatabaseCheck(house.database).run() }

    @Test func `where all fits together nothing is found`() throws {
        #expect(try found() == [])
    }

    private static let breaks: [(name: String, by: String)] = [
        ("delivery-without-person", "UPDATE delivery SET contact_id = 4242, email = 'x@example.com' WHERE contact_id = 12"),
        ("delivery-state", "UPDATE delivery SET state = 9 WHERE contact_id = 1"),
        ("delivery-times", "UPDATE delivery SET settled_at = NULL WHERE contact_id = 1"),
        ("delivery-times", "UPDATE delivery SET handed_at = 5 WHERE state = 0"),
        ("delivery-without-attempt", "DELETE FROM attempt WHERE contact_id = 1"),
        ("attempt-without-delivery", "DELETE FROM delivery WHERE contact_id = 1"),
        ("attempt-number", "UPDATE delivery SET attempts = 0 WHERE contact_id = 1"),
        ("attempt-outcome", "UPDATE attempt SET outcome = 'perhaps' WHERE contact_id = 1"),
        ("campaign-state", "UPDATE campaign SET state = 'asleep'"),
        ("consent-state", "UPDATE consent SET state = 7 WHERE contact_id = 2"),
        (
            "suppression-reason",
            "INSERT INTO suppression (email_key, reason, at, learned_at, source) VALUES ('a@example.com', 'whim', 1, 1, 'x')"
        ),
        ("address-twice", "UPDATE contact_alias SET email_key = 'p1@example.com'"),
        ("summary-differs", "UPDATE event_summary SET count = count + 1 WHERE contact_id = 4"),
        ("summary-differs", "UPDATE event_summary SET last_at = last_at + 1 WHERE contact_id = 4"),
        ("summary-differs", "DELETE FROM event_summary WHERE contact_id = 4"),
        ("summary-differs", "DELETE FROM event_faded WHERE contact_id = 4"),
        ("summary-of-nothing", "DELETE FROM event WHERE name_id = (SELECT id FROM event_name WHERE name = 'visited') AND contact_id = 4"),
        ("event-faded", "UPDATE event_horizon SET kept_since = kept_since + 100000000000"),
        ("event-count", "UPDATE event_name SET events = 3"),
        ("sum-differs", "UPDATE event_sum SET count = count + 1 WHERE contact_id = 4"),
        ("sum-differs", "UPDATE event_sum SET total = (SELECT total FROM event_sum WHERE contact_id = 5) WHERE contact_id = 4"),
        ("sum-differs", "UPDATE event_sum SET least = NULL WHERE contact_id = 4"),
        ("sum-differs", "DELETE FROM event_sum_faded WHERE contact_id = 4"),
        ("sum-differs", "DELETE FROM event_sum WHERE contact_id = 4"),
        ("sent-count-differs", "UPDATE sent_count SET count = count + 1"),
        ("plan-count", "UPDATE plan SET recipients = 3"),
        ("next-number", "UPDATE id_block SET next = 3 WHERE kind = 'contact'"),
        ("next-number", "DELETE FROM id_block WHERE kind = 'campaign'"),
        ("attributes-differ", "UPDATE contact SET attributes = '{\"n\":77}' WHERE id = 4"),
        ("attributes-differ", "UPDATE contact SET attributes = 'no object' WHERE id = 4"),
        ("attributes-differ", "DELETE FROM attribute_change WHERE contact_id = 4"),
        ("address-key", "UPDATE contact SET email_key = 'q4@example.com' WHERE id = 4"),
    ]

    @Test(arguments: breaks) func `what is broken is found, counted and named`(name: String, by: String) throws {
        try house.database.write { try $0.script(by) }
        let finding = try #require(try found().first { $0.name == name })
        #expect(finding.count > 0 && !finding.examples.isEmpty && finding.examples.count <= DatabaseCheck.shown)
        #expect(finding.examples.allSatisfy { !$0.contains("@") && !$0.isEmpty })
    }

    @Test func `every rule is broken once, and every table's references are looked at`() throws {
        let (references, others) = try house.database.read { session in
            (
                DatabaseCheck.Rule.references(try TableLayout.all(in: session)).map(\.name),
                (DatabaseCheck.Rule.ledger + DatabaseCheck.Rule.people + DatabaseCheck.Rule.events + DatabaseCheck.Rule.counts).map(\.name)
            )
        }
        #expect(Set(others).subtracting(Self.breaks.map(\.name)).isEmpty)
        try house.database.write { session in
            for table in try TableLayout.all(in: session) where !["schema_step", "id_block"].contains(table.name) {
                let values = table.columns.map { column -> SQL in
                    switch column.kind {
                    case .int64: "424242"
                    case .text: "'x'"
                    case .bytes: "\(SQLValue.blob([1]))"
                    case .decimal: session.dialect.decimal(.zero)
                    }
                }
                // Those that others speak of stay as they are.
                guard !["contact", "campaign", "plan", "event_name", "event_summed", "contact_merge", "delivery"].contains(table.name)
                else {
                    continue
                }
                try session.execute("INSERT INTO \(raw: table.name) (\(raw: table.names)) VALUES (\(values.joined(separator: ", ")))")
            }
            try session.script("UPDATE plan SET campaign_id = 424242; UPDATE delivery SET plan_id = 424243, campaign_id = 424243")
        }
        let names = Set(try found().map(\.name))
        #expect(Set(references).subtracting(names).sorted() == [])
    }

    @Test func `nothing is changed by looking`() throws {
        let before = try house.count("SELECT count(*) FROM event_summary")
        try house.database.write { try $0.script("UPDATE event_summary SET count = 0") }
        _ = try found()
        #expect(try house.count("SELECT count(*) FROM event_summary WHERE count = 0") == before)
    }
}
