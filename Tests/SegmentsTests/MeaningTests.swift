import Database
import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

/// What the language means, case by case, in memory and in SQL.
@Suite(.onEachDatabase) struct MeaningTests {
    private static let rome = Zone("Europe/Rome") ?? .utc

    private func instant(_ text: String) throws -> Instant {
        try #require(Self.rome.instant(reading: text))
    }

    /// Asks both ways, and fails where they differ.
    private func holds(_ text: String, of person: PersonHistory, at moment: Moment) throws -> Bool {
        let plan = try SegmentPlan(try SegmentSyntax(where: text), against: nil)
        let inMemory = plan.holds(for: person, at: moment)
        let database = try TestDatabase([person])
        let sql = plan.sql(dialect: DatabaseKind.current.dialect, at: moment)
        #expect(try database.ids(where: sql).contains(person.contact.id) == inMemory, "\(text): \(sql)")
        return inMemory
    }

    private func ada(_ attributes: JSONObject = [:]) throws -> PersonHistory {
        PersonHistory(contact: Contact(id: ContactID(7), email: try EmailAddress("Ada@Example.com"), attributes: attributes))
    }

    @Test(arguments: [
        (#"city = "Roma""#, true), (#"city = "roma""#, false), (#"city ~= "ROMA""#, true), (#"city != "Paris""#, true),
        (#"city in ("Paris", "Roma")"#, true), (#"city starts with "Ro""#, true), (#"city ends with "oma""#, true),
        (#"city contains "om""#, true),
        (#"town ends with "è""#, true), (#"town starts with "Forlì""#, true), (#"decomposed = "Forlì!""#, false),
        (#"decomposed starts with "Forlì""#, false),
        ("decomposed starts with \"Forli\u{300}\"", true), ("decomposed ends with \"i\u{300}!\"", true),
        (#"town ~= "FORLÌ È""#, true), (#"city contains "%""#, false), (#"email ends with "@example.com""#, true),
        (#"email ~= "ada@example.com""#, true),
        (#"email contains "@""#, true), ("email is known", true), ("age = 30", true), ("age >= 30", true), ("age < 30.5", true),
        ("age != 31", true),
        (#"age = "30""#, false), (#"zip = "00184""#, true), ("zip = 184", false), ("price = 12.5", true), ("price in (12, 12.5)", true),
        ("vip = true", true),
        ("vip = false", false), ("vip = 1", false), (#"tags contains "a""#, true), (#"tags contains "a b""#, false),
        ("nothing is unknown", true),
        ("nothing is known", false), ("nulled is unknown", true), ("nulled != 3", true), ("not nulled = 3", true), ("nothing < 3", false),
        ("not nothing < 3", true), ("blank is known", true), ("language is it", true), ("language is it-ch", true),
        ("language is it-c", false), ("language is en", false),
    ])
    func `values are compared as written`(text: String, expected: Bool) throws {
        let person = try ada([
            "city": "Roma", "town": "Forlì è", "decomposed": "Forli\u{300}!", "age": 30, "zip": "00184", "price": .real(12.5), "vip": true,
            "tags": .list(["a", "b c"]), "nulled": .null, "blank": "", "language": "IT-ch",
        ])
        #expect(try holds(text, of: person, at: .now(try instant("2026-11-01T10:00"), zone: Self.rome)) == expected)
    }

    /// In Rome the clocks go back at 03:00 on 2026-10-25, so that day has 25 hours.
    @Test(arguments: [
        ("day today", "2026-10-25", true), ("day today", "2026-10-26", false), ("day in last 1 day", "2026-10-25", true),
        ("day in last 1 day", "2026-10-24", false),
        ("day within next 1 day", "2026-10-26", true), ("day within next 1 day", "2026-10-25", false),
        (
            "day is 1 day from now",
            "2026-10-26", true
        ),
        ("day this month", "2026-10-31", true), ("day this month", "2026-11-01", false), ("day last month", "2026-09-30", true),
        ("day = 2026-10-25", "2026-10-25", true), ("day < 2026-10-25", "2026-10-24", true), ("day < 2026-10-25", "2026-10-25", false),
        ("day <= 2026-10-25", "2026-10-25", true), ("day after 2026-10-25", "2026-10-25", false), ("day > 2026-10-25", "2026-10-26", true),
        ("day between 2026-10-24 and 2026-10-25", "2026-10-25", true), ("day between 2026-10-24 and 2026-10-25", "2026-10-26", false),
        ("day after 2026-01-01", "9999-12-31", true), ("day before 2026-01-01", "1900-01-01", true),
        (
            "day before 2026-01-01",
            "never", false
        ),
        ("day today", "2026-10-24T22:00:00.000Z", true), ("day today", "2026-10-24T21:59:59.999Z", false),
        (
            "day today",
            "2026-10-25T22:59:59.999Z", true
        ),
        ("day today", "2026-10-25T23:00:00.000Z", false), ("day in last 2 hours", "2026-10-25T09:00:00.000Z", true),
        ("day in last 2 hours", "2026-10-25T08:59:59.999Z", false), ("day in last 2 hours", "2026-10-25T11:00:00.000Z", false),
        ("day = 2026-10-25T12:00", "2026-10-25T11:00:00.000Z", true), ("day > 2026-10-25T12:00", "2026-10-25T11:00:00.000Z", false),
        ("day >= 2026-10-25T12:00", "2026-10-25T11:00:00.000Z", true), ("day < 2026-10-25T11:00Z", "2026-10-25T10:59:59.999Z", true),
        ("day between 2026-10-25T10:00Z and 2026-10-25T11:00Z", "2026-10-25T11:00:00.000Z", false),
        ("day has anniversary within next 7 days", "1990-10-25", true), ("day has anniversary within next 7 days", "1990-10-31", true),
        ("day has anniversary within next 7 days", "1990-11-01", false), ("day has anniversary within next 7 days", "1990-10-24", false),
        ("day has anniversary within next 7 days", "2026-10-28", false), ("day has anniversary within next 90 days", "2000-01-02", true),
        ("day has anniversary within next 7 days", "2019-10-31T22:59:59.999Z", true),
        (
            "day has anniversary within next 7 days",
            "2019-10-31T23:00:00.000Z", false
        ),
        ("day has anniversary within next 365 days", "2000-02-29", true),
    ])
    func `a day is a calendar day of the zone, and counts as its first instant`(text: String, value: String, expected: Bool) throws {
        let now = try instant("2026-10-25T11:00:00Z")
        #expect(try holds(text, of: try ada(["day": .text(value)]), at: .now(now, zone: Self.rome)) == expected)
    }

    @Test(arguments: [("2027-02-28", true), ("2027-02-27", false), ("2027-03-01", false), ("2028-02-29", true), ("2028-02-28", false)])
    func `who was born on 29 February celebrates on the last day of February`(today: String, expected: Bool) throws {
        let moment = Moment.now(try instant("\(today)T12:00"), zone: Self.rome)
        #expect(try holds("born has anniversary within next 1 day", of: try ada(["born": "2000-02-29"]), at: moment) == expected)
    }

    @Test(arguments: [
        ("did buy", true), ("did not buy", false), ("did never", false), ("did not never", true), ("did buy at least 3 times", true),
        ("did buy at least 4 times", false), ("did buy exactly 3 times", true), ("did never exactly 0 times", true),
        ("did never at most 2 times", true),
        ("did buy at most 2 times", false), ("did buy at most 1 time in last 7 days", true),
        ("did buy exactly 1 time in last 7 days", true),
        ("did buy in last 8 days", true), ("did buy where (amount >= 20) exactly 2 times", true),
        ("did buy where (not amount >= 20)", true),
        ("did buy where (not amount >= 20) exactly 1 time", true), ("did buy where (kind = \"x\" or amount = 10) exactly 2 times", true),
        ("did buy where (kind is unknown) exactly 2 times", true), ("did buy where (kind != \"x\") exactly 2 times", true),
        ("did buy today", true), ("did buy between 2026-10-18 and 2026-10-18", true), ("did buy before 2026-10-18", false),
        ("did buy after 2026-10-18", true),
        ("did buy between 8 and 7 days ago", true), ("did buy between 7 and 0 days ago", true), ("did future", false),
    ])
    func `behaviour is counted in half-open windows`(text: String, expected: Bool) throws {
        var person = try ada()
        let now = try instant("2026-10-25T11:00:00Z")
        for (ago, properties) in [(0, ["amount": 10]), (7, ["amount": 20, "kind": "x"]), (7, ["amount": 20])] as [(Int64, JSONObject)] {
            // Seven days ago to the millisecond is in the last seven days; the instant itself is not, though it counts.
            let at = now.advanced(byMilliseconds: -ago * 86_400_000 - (ago == 7 && properties["kind"] == nil ? 1 : 0))
            person.events.append(Event(contact: person.contact.id, name: "buy", at: at, learnedAt: now, properties: properties))
        }
        let later = now.advanced(byMilliseconds: 1)
        person.events.append(Event(contact: person.contact.id, name: "future", at: later, learnedAt: now))
        #expect(try holds(text, of: person, at: .now(now, zone: Self.rome)) == expected)
    }

    @Test(
        arguments: [
            (0, nil, "consents to news", false), (2, nil, "consents to news", true), (4, nil, "consents to news", false),
            (6, nil, "consents to news", true),
            (6, 3, "consents to news", true), (4, 3, "consents to news", true), (4, nil, "consented to news", true),
            (4, nil, "withdrew from news", true),
            (2, nil, "withdrew from news", false), (8, nil, "consents to news", false), (8, nil, "consented to news in last 2 hours", true),
            (8, nil, "consented to offers", false),
        ] as [(Int64, Int64?, String, Bool)])
    func `the latest statement counts, and of two at once the withdrawal`(hour: Int64, known: Int64?, text: String, expected: Bool) throws {
        var person = try ada()
        let start = try instant("2026-10-24T00:00:00Z")
        func at(_ hour: Int64) -> Instant { start.advanced(byMilliseconds: hour * 3_600_000) }
        for (hour, state) in [
            (1, .confirmed), (3, .pending), (4, .withdrawn), (5, .confirmed), (6, .pending), (7, .confirmed),
            (7, .withdrawn),
        ] as [(Int64, Consent.State)] {
            person.consents.append(
                Consent(contact: person.contact.id, topic: "news", state: state, at: at(hour), learnedAt: at(hour), source: "x"))
        }
        #expect(try holds(text, of: person, at: Moment(at: at(hour), known: known.map(at), zone: Self.rome)) == expected)
    }

    @Test(
        arguments: [
            (0, nil, "city is unknown", true), (1, nil, #"city = "Rome""#, true), (2, nil, #"city = "Paris""#, true),
            (2, 2, #"city = "Rome""#, true),
            (3, nil, "city is unknown", true), (3, nil, "age = 3", true), (9, nil, #"city = "Oslo""#, true),
            (9, 8, "city is unknown", true),
            (9, nil, "age = 3", true),
        ] as [(Int64, Int64?, String, Bool)])
    func `at another time, attributes are what was said of them by then`(hour: Int64, known: Int64?, text: String, expected: Bool) throws {
        var person = try ada(["city": "now"])
        func change(_ hour: Int64, learned: Int64, _ changes: JSONObject) {
            person.changes.append(AttributeChange(at: Instant(seconds: hour), learnedAt: Instant(seconds: learned), changes: changes))
        }
        change(9, learned: 9, ["city": "Oslo"])
        change(1, learned: 1, ["city": "Rome", "age": 3])
        change(2, learned: 5, ["city": "Paris"])
        change(3, learned: 3, ["city": .null])
        change(2, learned: 4, ["city": "Bonn"])
        #expect(
            try holds(text, of: person, at: Moment(at: Instant(seconds: hour), known: known.map { Instant(seconds: $0) }, zone: Self.rome))
                == expected)
    }

    @Test func `a sample is stable, has its share, and grows without losing anybody`() throws {
        func ids(_ percent: Double, _ seed: String) -> Set<Int64> {
            let sample = Sample(percent: percent, seed: seed)
            return Set((1...20_000).filter { sample.contains(ContactID($0)) })
        }
        let tenth = ids(10, "spring")
        #expect((1900...2100).contains(tenth.count))
        #expect(tenth.isSubset(of: ids(20, "spring")))
        #expect((150...250).contains(tenth.intersection(ids(10, "summer")).count), "another seed picks other people")
        let neighbours = tenth.count { tenth.contains($0 + 1) }
        #expect((150...250).contains(neighbours), "one's neighbour says nothing of oneself")
        #expect(Sample(percent: 10, seed: "spring").place(of: ContactID(1)) == 1_862_880_182, "released samples never change")
        for id in [Int64.max, .min, -1, 0, Sample.size, Sample.size * Sample.size] {
            #expect((0..<Sample.size).contains(Sample(percent: 10, seed: "").place(of: ContactID(id))))
        }
    }
}
