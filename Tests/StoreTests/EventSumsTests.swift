import Database
import Diagnostics
import Foundation
import Model
import Segments
import Store
import TestDatabases
import Testing

/// Sums that are kept beside the events, against what all events that were ever told come to.
@Suite(.onEachDatabase) struct EventSumsTests {
    let house: House
    private static let day: Int64 = 86_400_000
    private static let wanted = KeptSums(["purchase": ["amount"]])
    private static let retention = Retention(fallback: TimeSpan(10, .day))

    init() throws {
        house = try House()
        try house.people(30)
    }

    /// Purchases of everybody on a day: 0.1 more for each, in cents that no binary fraction has; some are no number.
    private func entries(daysAgo: Int64, currency: String? = "EUR") throws -> [EventStore.Entry] {
        try (1...30).map { number in
            let amount: JSONValue = number % 7 == 0 ? "none" : .real(Double(number * 11 + Int(daysAgo)) / 10)
            let properties: JSONObject = ["amount": amount, "currency": currency.map { .text($0) } ?? .null]
            return EventStore.Entry(
                email: try House.address("p\(number)"), name: "purchase",
                at: House.noon.advanced(byMilliseconds: -daysAgo * Self.day), properties: properties)
        }
    }

    private func record(daysAgo: Int64...) throws {
        for days in daysAgo { #expect(Set(try house.events.record(try entries(daysAgo: days), at: House.noon)) == [.added]) }
    }

    private func plan(_ text: String) throws -> SegmentPlan {
        try SegmentPlan(try SegmentSyntax(parsing: SourceText(name: "test", text: text)), against: nil)
    }

    private func count(_ text: String, at moment: Moment = .now(House.noon, zone: .utc)) throws -> Int {
        try VocabularyStore(house.database).count(try plan(text), at: moment)
    }

    private func warnings(_ text: String, at moment: Moment = .now(House.noon, zone: .utc)) throws -> [String] {
        try house.database.read { session in
            try plan(text).shortfalls(in: session, at: moment).map(\.message) + plan(text).mistakes(in: session, at: moment).map(\.message)
        }
    }

    /// Row by row: what is kept, without who has not done it.
    private func sums() throws -> [String] {
        try house.database.read { session in
            let dialect = session.dialect
            return try session.all("SELECT contact_id, last_at, count, total, least, most FROM event_sum ORDER BY contact_id") { row in
                let numbers = (3...5).map { row.isNull($0) ? "none" : dialect.decimal(from: row.value($0))?.description ?? "odd" }
                return "\(row.integer(0)): \(row.integer(1)) \(row.integer(2)) \(numbers.joined(separator: " "))"
            }
        }
    }

    /// The same, of what was told on these days.
    private func expected(daysAgo: [Int64]) throws -> [String] {
        let ids = try house.database.read { session in
            try session.all("SELECT email, id FROM contact ORDER BY id") { ($0.text(0), $0.integer(1)) }
        }
        return try ids.map { email, id in
            let told = try daysAgo.flatMap { try entries(daysAgo: $0) }.filter { $0.email?.description == email }
            let last = told.map(\.at.milliseconds).max() ?? 0
            let numbers = told.compactMap { entry -> Decimal? in
                guard case .real(let value)? = entry.properties["amount"] else { return nil }
                return Decimal(string: "\(value)")
            }
            let total = numbers.reduce(Decimal(0), +)
            return
                "\(id): \(last) \(numbers.count) \(total) \(numbers.min().map { "\($0)" } ?? "none") \(numbers.max().map { "\($0)" } ?? "none")"
        }
    }

    @Test func `what was told before a sum was named is in it, and what is told after`() throws {
        try record(daysAgo: 30, 3)
        try house.events.keep(Self.wanted)
        #expect(try sums() == expected(daysAgo: [30, 3]))
        try record(daysAgo: 50, 1)
        #expect(try sums() == expected(daysAgo: [30, 3, 50, 1]))
        // Told again, an event is one.
        _ = try house.events.record(try entries(daysAgo: 1), at: House.noon)
        #expect(try sums() == expected(daysAgo: [30, 3, 50, 1]))
    }

    @Test func `a sum of an event that nobody did yet waits for the first`() throws {
        try house.events.keep(Self.wanted)
        try house.events.keep(Self.wanted)
        #expect(try house.count("SELECT count(*) FROM event_name") == 0)
        try record(daysAgo: 1)
        #expect(try sums() == expected(daysAgo: [1]))
        #expect(try count("sum of purchase.amount >= 10") == 19)
    }

    private struct Killed: Error {}

    @Test(arguments: [1, 2, 3, 7]) func `killed midway, it goes on, and nothing is added twice or left out`(slices: Int) throws {
        try record(daysAgo: 30, 3)
        let before = try count("sum of purchase.amount >= 10")
        var seen = 0
        #expect(throws: Killed.self) {
            try house.events.keep(Self.wanted, inSlicesOf: 4) { _, _, _ in
                seen += 1
                if seen == slices { throw Killed() }
            }
        }
        // Until it is done the events are asked, and are told of once some have faded.
        #expect(try count("sum of purchase.amount >= 10") == before)
        try record(daysAgo: 20, 1)
        #expect(try house.events.prune(Self.retention, at: House.noon) == 60)
        #expect(try warnings("sum of purchase.amount >= 10").count == 1)
        try house.events.keep(Self.wanted, inSlicesOf: 4)
        #expect(try sums() == expected(daysAgo: [30, 3, 20, 1]))
        #expect(try warnings("sum of purchase.amount >= 10").isEmpty)
    }

    @Test(arguments: [
        "sum of purchase.amount >= 40", "sum of purchase.amount < 40", "avg of purchase.amount > 15", "min of purchase.amount <= 5.4",
        "max of purchase.amount = 24.9", "sum of purchase.amount in top 20%", "not avg of purchase.amount in top 10%",
        "sum of purchase.amount between 2020-01-01 and 2030-01-01 > 3", "sum of purchase.amount before 2026-12-25 > 20",
    ])
    func `a prune changes no answer that is given without a warning`(text: String) throws {
        try record(daysAgo: 40, 30, 3)
        try house.events.keep(Self.wanted)
        let moment = Moment(at: House.noon.advanced(byMilliseconds: -5 * Self.day), zone: .utc)
        let before = [try count(text), try count(text, at: moment)]
        #expect(try house.events.prune(Self.retention, at: House.noon) == 60)
        if text.contains("between") {
            #expect(try warnings(text).count == 1)
        } else {
            #expect(try warnings(text).isEmpty && warnings(text, at: moment).isEmpty)
            #expect(try [count(text), count(text, at: moment)] == before)
        }
    }

    @Test func `what had faded before a sum was named is in none, and is told of`() throws {
        try record(daysAgo: 30, 3)
        #expect(try house.events.prune(Self.retention, at: House.noon) == 30)
        try house.events.keep(Self.wanted)
        #expect(try sums() == expected(daysAgo: [3]))
        #expect(try warnings("sum of purchase.amount >= 10").count == 1)
        #expect(try warnings("sum of purchase.amount in last 7 days >= 10").isEmpty)
    }

    @Test func `a sum that is named no more goes, unless a part of it is nowhere else`() throws {
        try record(daysAgo: 30, 3)
        try house.events.keep(Self.wanted)
        try house.events.keep(.none)
        #expect(try house.count("SELECT (SELECT count(*) FROM event_sum) + (SELECT count(*) FROM event_summed)") == 0)
        try house.events.keep(Self.wanted)
        #expect(try house.events.prune(Self.retention, at: House.noon) == 30)
        try house.events.keep(.none)
        try record(daysAgo: 1)
        #expect(try sums() == expected(daysAgo: [30, 3, 1]))
        let lapsed = try house.events.lapsed(.none)
        #expect(lapsed.map { "\($0.event).\($0.property) of \($0.people)" } == ["purchase.amount of 30"])
        #expect(try house.events.lapsed(Self.wanted).isEmpty)
        try house.events.drop(lapsed)
        let left: SQL = """
            SELECT (SELECT count(*) FROM event_sum) + (SELECT count(*) FROM event_sum_faded) + (SELECT count(*) FROM event_summed)
            """
        #expect(try house.count(left) == 0)
    }

    @Test func `two currencies are an error after one of them has faded, and no error where the other does not count`() throws {
        try house.events.keep(Self.wanted)
        #expect(Set(try house.events.record(try entries(daysAgo: 30, currency: "USD"), at: House.noon)) == [.added])
        try record(daysAgo: 3)
        #expect(try warnings("sum of purchase.amount > 3").count == 1)
        #expect(try house.events.prune(Self.retention, at: House.noon) == 30)
        let said = try warnings("sum of purchase.amount > 3")
        #expect(said == ["sum of purchase.amount is over several currencies: EUR, USD"])
        #expect(try warnings("sum of purchase.amount before 2020-01-01 > 3").isEmpty)
        #expect(try warnings("sum of purchase.amount in last 7 days > 3").isEmpty)
        #expect(
            try warnings("avg of purchase.amount > 3", at: Moment(at: House.noon.advanced(byMilliseconds: -9 * Self.day), zone: .utc))
                .isEmpty)
    }

    // MARK: - Merged and forgotten

    private func id(_ name: String) throws -> ContactID { try #require(try house.contacts.contact(try House.address(name))).id }

    private func total(_ contact: ContactID) throws -> String? {
        try house.database.read { session in
            try session.first("SELECT total, least, most FROM event_sum WHERE contact_id = \(contact)") { row in
                (0...2).map { session.dialect.decimal(from: row.value($0))?.description ?? "none" }.joined(separator: " ")
            }
        }
    }

    @Test func `two who become one have the sum of both, and part with their own, whatever faded meanwhile`() throws {
        try record(daysAgo: 40, 12, 3)
        try house.events.keep(Self.wanted)
        #expect(try house.events.prune(Retention(fallback: TimeSpan(20, .day)), at: House.noon) == 30)
        let (one, other) = (try id("p2"), try id("p5"))
        let before = try sums()
        #expect(try total(one) == "12.1 2.5 6.2")
        #expect(try total(other) == "22 5.8 9.5")
        _ = try house.contacts.merge(one, other, at: House.noon)
        #expect(try total(one) == "34.1 2.5 9.5")
        #expect(try total(other) == nil)
        #expect(try house.events.prune(Self.retention, at: House.noon) == 30)
        #expect(try total(one) == "34.1 2.5 9.5")
        _ = try house.contacts.unmerge(try House.address("p5"), at: House.noon)
        #expect(try total(other) == "22 5.8 9.5")
        #expect(try total(one)?.hasPrefix("12.1 2.5") == true)
        #expect(try sums().filter { !$0.hasPrefix("\(one.rawValue):") } == before.filter { !$0.hasPrefix("\(one.rawValue):") })
    }

    @Test func `merged and parted with nothing faded meanwhile, sums are as they were`() throws {
        try record(daysAgo: 40, 3)
        try house.events.keep(Self.wanted)
        #expect(try house.events.prune(Self.retention, at: House.noon) == 30)
        let faded =
            "SELECT sum_id, contact_id, count, total, least, most, currency, other_currency FROM event_sum_faded ORDER BY contact_id"
        func rows() throws -> [String] {
            try house.database.read { session in
                try session.all(SQL(raw: faded)) { row in (0..<8).map { "\(row.value($0))" }.joined(separator: " ") }
            }
        }
        let before = [try rows(), try sums()]
        _ = try house.contacts.merge(try id("p2"), try id("p5"), at: House.noon)
        #expect(try rows() != before[0])
        _ = try house.contacts.unmerge(try House.address("p5"), at: House.noon)
        #expect(try [rows(), sums()] == before)
    }

    @Test func `who is forgotten is in no sum`() throws {
        try record(daysAgo: 40, 3)
        try house.events.keep(Self.wanted)
        #expect(try house.events.prune(Self.retention, at: House.noon) == 30)
        let one = try id("p3")
        _ = try house.contacts.forget(one, hash: { "\($0)" }, at: House.noon)
        #expect(try house.count("SELECT count(*) FROM event_sum WHERE contact_id = \(one)") == 0)
        #expect(try house.count("SELECT count(*) FROM event_sum_faded WHERE contact_id = \(one)") == 0)
        #expect(try sums().count == 29)
    }
}
