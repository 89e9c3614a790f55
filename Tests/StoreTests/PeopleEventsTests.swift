import Database
import Model
import Store
import TestDatabases
import Testing

@Suite(.onEachDatabase(orPooled: true)) struct PeopleEventsTests {
    let house: House
    private static let day: Int64 = 86_400_000

    init() throws {
        house = try House()
        try house.people(6)
    }

    private func entry(
        _ name: String = "p1", _ event: String = "visit", daysAgo: Int64 = 1, with properties: JSONObject = [:], id: String? = nil
    ) throws -> EventStore.Entry {
        EventStore.Entry(
            email: try House.address(name), name: event, at: House.noon.advanced(byMilliseconds: -daysAgo * Self.day),
            properties: properties, givenID: id)
    }

    private func summaries(_ name: String = "p1") throws -> [EventSummary] {
        let contact = try #require(try house.contacts.contact(try House.address(name)))
        return try house.events.summaries(of: contact.id)
    }

    private func daysAgo(_ days: Int64) -> Instant { House.noon.advanced(byMilliseconds: -days * Self.day) }

    @Test func `who is told of by address and by another system's ID is known by both from then on`() throws {
        func told(_ name: String?, _ id: String) throws -> EventStore.Entry {
            EventStore.Entry(
                email: try name.map { try House.address($0) }, externalID: id, name: "visit", at: daysAgo(1), properties: ["id": .text(id)])
        }
        let lines: [(String?, String)] = [("p1", "crm-1"), (nil, "crm-1"), ("p1", "crm-2"), ("p2", "crm-1"), (nil, "crm-2")]
        let entries = try lines.map { try told($0.0, $0.1) }
        #expect(try house.events.record(entries, at: House.noon) == [.added, .known, .added, .twoPeople, .known])
        #expect(try house.events.record([try told(nil, "crm-3")], at: House.noon) == [.noContact])
        #expect(try summaries("p1").map(\.count) == [2])
        #expect(try summaries("p2").isEmpty)
    }

    @Test func `two things done at one instant are two, each of them told again is one`() throws {
        let both = [try entry(with: ["a": 1, "b": .object(["x": 1, "y": 2])]), try entry(with: ["a": 2])]
        let again = [try entry(with: ["b": .object(["y": 2, "x": 1]), "a": 1]), try entry(with: ["a": 2]), try entry(with: ["a": 3])]
        #expect(try house.events.record(both, at: House.noon) == [.added, .added])
        #expect(try house.events.record(again, at: House.noon) == [.known, .known, .added])
        #expect(try summaries().map(\.count) == [3])
    }

    @Test func `of thousands at one instant each is one, and told again in other words none is new`() throws {
        func told(_ numbers: Range<Int>, _ value: (Int) -> JSONValue) throws -> [EventStore.Entry] {
            try numbers.map { try entry("p\($0 % 2 + 1)", with: ["n": value($0), "of": .object(["a": 1, "b": .text("\($0 % 2)")])]) }
        }
        let first = try told(0..<1500) { .integer(Int64($0)) }
        #expect(
            try house.events.record(first + first, at: House.noon).map { $0 == .added } == first.indices.map { _ in true }
                + first.indices.map { _ in false })
        let again = try told(1000..<2000) { .real(Double($0)) }
        let results = try house.events.record(again, at: House.noon)
        #expect(results.prefix(500).allSatisfy { $0 == .known } && results.suffix(500).allSatisfy { $0 == .added })
        let given = try (0..<3).map { try entry("p1", with: ["n": .integer(Int64($0) % 2)], id: "g\($0)") }
        #expect(try house.events.record(given, at: House.noon) == [.added, .added, .added])
        let contradicting = try [entry("p1", with: ["n": .real(0)], id: "g0"), entry("p1", with: ["n": 7], id: "g1")]
        #expect(try house.events.record(contradicting, at: House.noon) == [.known, .contradicting])
        #expect(try summaries("p1").map(\.count) == [1003])
        #expect(try summaries("p2").map(\.count) == [1000])
    }

    @Test func `an event told again with 5.0 for 5 is the same, and 5.5 is another`() throws {
        let lists: [JSONValue] = [.list([.integer(5), .text("a")]), .list([.real(5), .text("a")])]
        #expect(try house.events.record([try entry(with: ["a": 5, "l": lists[0]])], at: House.noon) == [.added])
        #expect(try house.events.record([try entry(with: ["a": .real(5), "l": lists[1]])], at: House.noon) == [.known])
        #expect(try house.events.record([try entry(with: ["a": .real(5.5), "l": lists[0]])], at: House.noon) == [.added])
    }

    @Test func `currencies are kept by event, each once`() throws {
        let bought = try ["EUR", "USD", "EUR"].map { try entry("p1", "purchase", with: ["currency": .text($0)]) }
        #expect(try house.events.record(bought, at: House.noon) == [.added, .added, .known])
        _ = try house.events.record(bought.reversed(), at: House.noon)
        _ = try house.events.record([try entry("p1", "visit", with: ["currency": 7])], at: House.noon)
        func found() throws -> [String] {
            try house.database.read { session in
                try session.all("SELECT n.name, k.currency FROM event_currency k JOIN event_name n ON n.id = k.name_id ORDER BY 1, 2") {
                    "\($0.text(0)) \($0.text(1))"
                }
            }
        }
        #expect(try found() == ["purchase EUR", "purchase USD"])
        try house.database.write { try $0.script("DELETE FROM event_currency") }
        try house.events.rebuildSummaries()
        #expect(try found() == ["purchase EUR", "purchase USD"])
    }

    @Test func `what is summed up is how often, when first and when last, whatever the order of the news`() throws {
        for days: Int64 in [5, 9, 2, 7, 9] { _ = try house.events.record([try entry(daysAgo: days)], at: House.noon) }
        _ = try house.events.record([try entry("p1", "purchase", daysAgo: 3)], at: House.noon)
        #expect(
            try summaries() == [
                EventSummary(name: "purchase", count: 1, first: daysAgo(3), last: daysAgo(3)),
                EventSummary(name: "visit", count: 4, first: daysAgo(9), last: daysAgo(2)),
            ])
        #expect(try summaries("p2").isEmpty)
    }

    @Test func `an event of somebody nobody knows makes a contact only where that is wanted`() throws {
        let entries = [
            try entry("new"), try entry("new", "purchase"),
            EventStore.Entry(email: nil, externalID: "crm-7", name: "visit", at: House.noon, properties: [:]),
        ]
        #expect(try house.events.record(entries, unknown: .reject, at: House.noon).results == [.noContact, .noContact, .noContact])
        let made = try house.events.record(entries, unknown: .create, at: House.noon)
        #expect(made.results == [.added, .added, .added])
        #expect(made.newContacts == 2)
        #expect(try house.events.record(entries, unknown: .create, at: House.noon).newContacts == 0)
        let contact = try #require(try house.contacts.contact(try House.address("new")))
        #expect(try house.consents.statements(of: contact.id).isEmpty)
        #expect(try house.contacts.count() == 8)
    }

    @Test func `a rehearsal says what would happen and takes it back`() throws {
        let told = try house.events.record([try entry(), try entry("nobody")], unknown: .reject, at: House.noon, rehearsing: true)
        #expect(told.results == [.added, .noContact])
        #expect(try house.events.count() == 0)
        #expect(try house.count("SELECT count(*) FROM event_name") == 0)
        #expect(try summaries().isEmpty)
    }

    // MARK: - Retention

    private static let retention = Retention(
        fallback: TimeSpan(100, .day), spans: TimeSpan(10, .day).map { ["visit": $0] } ?? [:])

    @Test func `pruning drops what it said, keeps how often and when, and takes nothing in that is older`() throws {
        let told: [(event: String, days: Int64)] = [("visit", 5), ("visit", 11), ("visit", 20), ("purchase", 50), ("purchase", 101)]
        let entries = try told.map { event, days in
            try entry("p1", event, daysAgo: days, id: "\(event)-\(days)")
        }
        _ = try house.events.record(entries, at: House.noon)
        let before = try summaries()
        let fading = try house.events.fading(Self.retention, at: House.noon)
        #expect(fading.map(\.name) == ["purchase", "visit"])
        #expect(fading.map(\.events) == [1, 2])
        #expect(fading.map(\.kept) == [1, 1])
        #expect(fading.map(\.oldest) == [daysAgo(101), daysAgo(20)])
        #expect(try house.events.count() == 5)

        #expect(try house.events.prune(Self.retention, at: House.noon) == 3)
        #expect(try house.events.count() == 2)
        #expect(try summaries() == before)
        #expect(try house.events.keptSince() == ["visit": daysAgo(10), "purchase": daysAgo(100)])
        #expect(try house.events.fading(Self.retention, at: House.noon).isEmpty)
        #expect(try house.events.record(entries, at: House.noon) == [.known, .faded, .faded, .known, .faded])
        #expect(try summaries() == before)
        #expect(try house.count("SELECT count(*) FROM event_given_id") == 2)
    }

    @Test func `without a span nothing fades`() throws {
        _ = try house.events.record([try entry(daysAgo: 10_000)], at: House.noon)
        #expect(try house.events.fading(.forever, at: House.noon).isEmpty)
        #expect(try house.events.prune(Retention(spans: ["purchase": try #require(TimeSpan(1, .day))]), at: House.noon) == 0)
        #expect(try house.events.count() == 1)
    }

    // MARK: - The property

    /// The summaries as they should be: counted from all that was ever taken in.
    private struct Book {
        /// By person, then name: times.
        var times: [String: [String: [Instant]]] = [:]

        func summaries(_ name: String) -> [EventSummary] {
            (times[name] ?? [:]).filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
                EventSummary(
                    name: $0.key, count: $0.value.count, first: $0.value.min() ?? House.noon, last: $0.value.max() ?? House.noon)
            }
        }
    }

    @Test(arguments: 0..<12)
    func `the summaries say what the events say, after imports out of order, merges, partings and prunes`(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let names = (1...6).map { "p\($0)" }
        var book = Book()
        /// Who is merged into whom, latest last.
        var merged: [(kept: String, other: String)] = []
        var horizon: Int64 = 400
        func owner(_ name: String) -> String { merged.last { $0.other == name }.map { owner($0.kept) } ?? name }
        /// Told under which address, so that a parting gives it back: before the merge it was the other's own.
        var own: [String: [String: [Instant]]] = [:]

        for _ in 0..<40 {
            switch random.next(below: 10) {
            case 0 where merged.count < 3:
                let (kept, other) = (names[random.next(below: 6)], names[random.next(below: 6)])
                guard kept != other, owner(kept) == kept, owner(other) == other else { continue }
                _ = try house.contacts.merge(try id(kept), try id(other), at: House.noon)
                own["\(merged.count)"] = book.times[other] ?? [:]
                for (event, times) in book.times[other] ?? [:] { book.times[kept, default: [:]][event, default: []] += times }
                book.times[other] = [:]
                merged.append((kept, other))
            case 1:
                guard let last = merged.last else { continue }
                _ = try house.contacts.unmerge(try House.address(last.other), at: House.noon)
                merged.removeLast()
                for (event, times) in own["\(merged.count)"] ?? [:] {
                    for time in times {
                        guard let index = book.times[last.kept]?[event]?.firstIndex(of: time) else { continue }
                        book.times[last.kept]?[event]?.remove(at: index)
                    }
                    book.times[last.other, default: [:]][event] = times
                }
            case 2 where merged.isEmpty:
                horizon = max(20, horizon - Int64(random.next(below: 120)))
                try house.events.prune(Retention(fallback: TimeSpan(Int(horizon), .day)), at: House.noon)
            default:
                var entries: [EventStore.Entry] = []
                for _ in 0..<(1 + random.next(below: 8)) {
                    entries.append(
                        try entry(
                            names[random.next(below: 6)], ["visit", "purchase"][random.next(below: 2)],
                            daysAgo: Int64(random.next(below: 60) * 7), with: ["n": .integer(Int64(random.next(below: 3)))]))
                }
                for (item, result) in zip(entries, try house.events.record(entries, at: House.noon)) where result == .added {
                    let name = owner(String(item.email?.description.prefix { $0 != "@" } ?? ""))
                    book.times[name, default: [:]][item.name, default: []].append(item.at)
                }
            }
            for name in names where owner(name) == name { #expect(try summaries(name) == book.summaries(name)) }
        }
        let kept = try names.filter { owner($0) == $0 }.map { try summaries($0) }
        try house.events.rebuildSummaries()
        #expect(try names.filter { owner($0) == $0 }.map { try summaries($0) } == kept)
        #expect(kept.contains { !$0.isEmpty })
    }

    private func id(_ name: String) throws -> ContactID {
        try #require(try house.contacts.contact(try House.address(name))).id
    }
}

/// Numbers that are the same on every run (a linear congruential generator; its high bits are good enough to vary tests).
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}
