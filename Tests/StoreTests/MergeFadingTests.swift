import Database
import Model
import Segments
import Store
import TestDatabases
import Testing

/// Two who were one for a while, of whose events some faded meanwhile, are as if they had never been.
@Suite(.onEachDatabase) struct MergeFadingTests {
    let house: House
    private static let day: Int64 = 86_400_000

    init() throws {
        house = try House()
        try house.people(3)
    }

    private func id(_ name: String) throws -> ContactID { try #require(try house.contacts.contact(try House.address(name))?.id) }

    private func buy(_ name: String, daysAgo: Int64, _ amount: Double = 1, _ currency: String = "EUR") throws {
        let entry = EventStore.Entry(
            email: try House.address(name), name: "buy", at: House.noon.advanced(byMilliseconds: -daysAgo * Self.day),
            properties: ["amount": .real(amount), "currency": .text(currency)])
        #expect(try house.events.record([entry], at: House.noon.advanced(byMilliseconds: -daysAgo * Self.day)) == [.added])
    }

    private func prune(_ days: Int, _ count: Int) throws {
        #expect(try house.events.prune(Retention(fallback: TimeSpan(days, .day)), at: House.noon) == count)
    }

    private func unmerge(_ name: String) throws { _ = try house.contacts.unmerge(try House.address(name), at: House.noon) }

    /// What is kept in sum, and what has faded of it, but for when it was learned.
    private func dump() throws -> [String] {
        let tables = [
            "event_summary": "name_id, contact_id, count, first_at, last_at",
            "event_faded": "name_id, contact_id, count, first_at, last_at",
            "event_sum": "contact_id, last_at, count, total, least, most",
            "event_sum_faded": "contact_id, count, total, least, most, currency, other_currency",
        ]
        return try house.database.read { session in
            try tables.flatMap { table, columns in
                let names = columns.split(separator: ",").map { $0.drop { $0 == " " } }
                return try session.all("SELECT \(raw: columns) FROM \(raw: table)") { row in
                    // A server writes 16.0 and 16.
                    let values = names.enumerated().map { place, name in
                        ["total", "least", "most"].contains(name)
                            ? session.dialect.decimal(from: row.value(place))?.description ?? "none" : "\(row.value(place))"
                    }
                    return "\(table) \(values.joined(separator: " "))"
                }
            }.sorted()
        }
    }

    /// What would be kept had nobody been merged.
    private func apart(_ prunes: (Int, Int)...) throws -> [String] {
        for (days, count) in prunes { try prune(days, count) }
        return try dump()
    }

    private func tell() throws {
        try house.events.keep(KeptSums(["buy": ["amount"]]))
        try buy("p1", daysAgo: 209, 12)
        try buy("p1", daysAgo: 60, 3, "USD")
        try buy("p1", daysAgo: 5, 4)
        try buy("p2", daysAgo: 239, 0.5, "CHF")
        try buy("p2", daysAgo: 150, 99)
        try buy("p2", daysAgo: 3, 6)
        try buy("p3", daysAgo: 300, 7)
    }

    @Test func `what fades while two are one is given back to whom it was`() throws {
        try tell()
        let other = try MergeFadingTests()
        try other.tell()
        _ = try house.contacts.merge(try id("p1"), try id("p2"), at: House.noon)
        try prune(100, 4)
        try prune(30, 1)
        try unmerge("p2")
        #expect(try dump() == other.apart((100, 4), (30, 1)))
        let first = try house.events.summaries(of: try id("p1")).map(\.first)
        #expect(first == [House.noon.advanced(byMilliseconds: -209 * Self.day)])
    }

    @Test func `what had faded before stays apart from what fades later`() throws {
        try tell()
        let other = try MergeFadingTests()
        try other.tell()
        try prune(220, 2)
        _ = try house.contacts.merge(try id("p1"), try id("p2"), at: House.noon)
        try prune(100, 2)
        try unmerge("p2")
        #expect(try dump() == other.apart((220, 2), (100, 2)))
    }

    @Test func `three who are one by two merges part again, the last first`() throws {
        try tell()
        let other = try MergeFadingTests()
        try other.tell()
        let (one, two, three) = (try id("p1"), try id("p2"), try id("p3"))
        _ = try house.contacts.merge(one, two, at: House.noon)
        try prune(230, 2)
        _ = try house.contacts.merge(one, three, at: House.noon)
        try prune(100, 2)
        try unmerge("p3")
        try prune(30, 1)
        try unmerge("p2")
        #expect(try dump() == other.apart((230, 2), (100, 2), (30, 1)))
    }

    @Test func `who was kept and became part of a third gets back what was theirs, and so does the other`() throws {
        try tell()
        let other = try MergeFadingTests()
        try other.tell()
        let (one, two, three) = (try id("p1"), try id("p2"), try id("p3"))
        _ = try house.contacts.merge(one, two, at: House.noon)
        try prune(230, 2)
        _ = try house.contacts.merge(three, one, at: House.noon)
        try prune(30, 3)
        try unmerge("p1")
        try unmerge("p2")
        #expect(try dump() == other.apart((230, 2), (30, 3)))
    }

    @Test func `what comes in under either address meanwhile stays with the kept one, also faded`() throws {
        try tell()
        _ = try house.contacts.merge(try id("p1"), try id("p2"), at: House.noon)
        try buy("p2", daysAgo: 50)
        try prune(30, 6)
        try unmerge("p2")
        #expect(try house.events.summaries(of: try id("p1")).map(\.count) == [4])
        #expect(try house.events.summaries(of: try id("p2")).map(\.count) == [3])
        let day = House.noon.advanced(byMilliseconds: -50 * Self.day)
        let one = try id("p1")
        #expect(try house.count("SELECT last_at FROM event_faded WHERE contact_id = \(one)") == Int(day.milliseconds))
    }
}
