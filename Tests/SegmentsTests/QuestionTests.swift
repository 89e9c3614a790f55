import Database
import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

/// What only the data can answer.
@Suite(.onEachDatabase) struct QuestionTests {
    private func people() -> [PersonHistory] {
        var people = (1...5).map { Asking.person(Int64($0), [(Asking.day, "buy", ["amount": 5, "currency": "EUR", "category": "Shoes"])]) }
        for (index, country) in ["IT", "IT", " it", "FR"].enumerated() { people[index].contact.attributes = ["country": .text(country)] }
        people[0].events.append(
            Event(
                contact: ContactID(1), name: "buy", at: Asking.now.advanced(byMilliseconds: -40 * Asking.day), learnedAt: Asking.now,
                properties: ["amount": 5, "currency": "USD", "category": "hats"]))
        return people
    }

    private func plan(_ text: String, _ vocabulary: Vocabulary? = nil) throws -> SegmentPlan {
        try SegmentPlan(try SegmentSyntax(where: text), against: vocabulary)
    }

    private static let moment = Moment.now(Asking.now, zone: Asking.rome)

    private func line(_ item: Diagnostic) -> String { item.headline + (item.hint.map { " (\($0))" } ?? "") }

    @Test(arguments: [
        (#"country = "it""#, #"--where:1:11: warning: nobody's country is "it"; that of 2 is "IT" (write "IT", or ~= to ignore case)"#),
        (#"country = "IT""#, nil), (#"country = "DE""#, nil),
        (#"country != "fr""#, #"--where:1:12: warning: nobody's country is "fr"; that of 1 is "FR" (write "FR", or ~= to ignore case)"#),
        (
            #"country in ("IT", "fr")"#,
            #"--where:1:19: warning: nobody's country is "fr"; that of 1 is "FR" (write "FR", or ~= to ignore case)"#
        ),
        (
            #"did buy where (category = "shoes")"#,
            #"--where:1:27: warning: nobody's category is "shoes"; that of 5 is "Shoes" (write "Shoes", or ~= to ignore case)"#
        ),
        (
            #"last buy.category = "HATS""#,
            #"--where:1:21: warning: nobody's category is "HATS"; that of 1 is "hats" (write "hats", or ~= to ignore case)"#
        ),
    ])
    func `a text that only case or blanks keep from matching is told`(text: String, expected: String?) throws {
        let database = try TestDatabase(people())
        let said = try database.database.read { try plan(text).misspellings(in: $0, at: Self.moment) }
        #expect(said.map(line) == [expected].compactMap { $0 })
    }

    @Test(arguments: [
        ("sum of buy.amount > 3", true), ("avg of buy.amount in last 60 days > 3", true), ("sum of buy.amount in last 30 days > 3", false),
        (#"sum of buy.amount where (currency = "EUR") > 3"#, false), (#"sum of buy.amount where (category = "hats") > 3"#, false),
        ("count of buy > 3", false), ("distinct of buy.amount > 3", false), ("max of buy.amount in top 10%", true),
    ])
    func `a sum over two currencies is an error where both occur`(text: String, isMixed: Bool) throws {
        let database = try TestDatabase(people())
        let said = try database.database.read { try plan(text).mistakes(in: $0, at: Self.moment) }
        let name = text.prefix { $0 != "." } + ".amount"
        let expected =
            "--where:1:8: error: \(name) is over several currencies: EUR, USD (choose one: buy.amount where (currency = \"EUR\"))"
        #expect(said.map(line) == (isMixed ? [expected] : []))
    }

    @Test func `events that have no currency cost no question`() throws {
        let events = ["buy": EventFacts(properties: ["amount": ValueFacts(kinds: [.number])])]
        let plans = [
            try plan("sum of buy.amount > 3", Vocabulary(events: events)), try plan(#"sum of buy.amount where (currency = "EUR") > 3"#),
        ]
        for plan in plans {
            #expect(!plan.questions.contains { if case .currency = $0.kind { true } else { false } })
        }
    }

    @Test(
        arguments: [
            ("did buy", nil), ("did buy at most 2 times", nil), ("first buy before 2026-01-01", nil), ("count of buy > 3", nil),
            ("did buy in last 7 days", nil), ("did buy in last 90 days", nil), ("did not buy in last 365 days", nil),
            ("did buy at least 2 times in last 90 days", 5), ("did buy between 280 and 250 days ago", 5),
            ("did buy between 400 and 250 days ago", nil), ("did buy before 2025-12-01", nil),
            ("did buy exactly 2 times before 2026-03-01", 5), ("count of buy before 2026-03-01 > 1", 10),
            ("did buy where (amount > 3)", 5), ("sum of buy.amount > 3", 8), ("sum of buy.amount in last 7 days > 3", nil),
            ("count of buy in top 3%", nil), ("did buy then visit within 3 days", 5), ("last buy.amount > 3", 6),
            ("did buy between 90 and 3 days ago", nil),
            ("did visit where (x = 1)", nil), ("did buy before 2026-01-01", nil),
        ] as [(String, Int?)])
    func `events that are no longer kept are told of where their sums do not answer`(text: String, column: Int?) throws {
        let database = try faded()
        let said = try database.database.read { try plan(text).shortfalls(in: $0, at: Self.moment) }
        #expect(said.map(line) == (column.map { ["--where:1:\($0): \(Self.shortfall)"] } ?? []))
    }

    @Test(arguments: [
        ("did buy", 250, true), ("did buy", 60, false), ("did not buy in last 365 days", 250, true), ("did buy in last 7 days", 250, false),
        ("count of buy in top 3%", 60, false), ("last buy more than 60 days ago", 250, true),
    ])
    func `what was learned in part by then is told of`(text: String, daysAgo: Int64, isDoubtful: Bool) throws {
        let moment = Moment(at: Asking.now, known: Asking.now.advanced(byMilliseconds: -daysAgo * Asking.day), zone: Asking.rome)
        let database = try faded()
        let said = try database.database.read { try plan(text).shortfalls(in: $0, at: moment) }
        #expect(said.isEmpty != isDoubtful)
    }

    @Test func `what a prune would make unanswerable is told before it is done`() throws {
        let database = try TestDatabase(people())
        let coming = ["buy": Asking.now.advanced(byMilliseconds: -60 * Asking.day)]
        for (text, count) in [("sum of buy.amount > 3", 1), ("count of buy > 3", 0), ("sum of buy.amount in last 7 days > 3", 0)] {
            let said = try database.database.read { try plan(text).shortfalls(in: $0, at: Self.moment, coming: coming) }
            #expect(said.map(line) == Array(repeating: "--where:1:8: \(Self.shortfall)", count: count))
            #expect(try database.database.read { try plan(text).shortfalls(in: $0, at: Self.moment) }.isEmpty)
        }
    }

    @Test(arguments: [
        ("did buy between 250 and 150 days ago", true), ("did not buy between 250 and 150 days ago", true),
        ("did buy between 400 and 250 days ago", false), ("did buy before 2026-03-01", false),
        ("did buy exactly 1 time before 2026-03-01", true), ("did buy between 290 and 270 days ago", true),
    ])
    func `a window that a prune would leave behind is told of where somebody's events are in it and beside it`(
        text: String, isShort: Bool
    ) throws {
        let person = Asking.person(7, [300, 200, 110].map { ($0 * Asking.day, "buy", [:]) })
        let database = try TestDatabase([person])
        let coming = ["buy": Asking.now.advanced(byMilliseconds: -60 * Asking.day)]
        let said = try database.database.read { try plan(text).shortfalls(in: $0, at: Self.moment, coming: coming) }
        #expect(said.isEmpty != isShort)
    }

    private static let shortfall =
        "warning: each \"buy\" is kept since 2026-08-26 only: older ones do not count here "
        + "(ask for a shorter time, or keep them longer: retention in pitwall.yaml)"

    /// One bought three times, 300 to 200 days ago, and that is known in sum only.
    private func faded() throws -> TestDatabase {
        var people = people()
        let (first, last) = (Asking.now.advanced(byMilliseconds: -300 * Asking.day), Asking.now.advanced(byMilliseconds: -200 * Asking.day))
        people[0].faded = [FadedEvents(name: "buy", count: 3, first: first, last: last, learnedAt: last)]
        let database = try TestDatabase(people)
        let since = Asking.now.advanced(byMilliseconds: -60 * Asking.day).milliseconds
        _ = try database.database.write {
            try $0.execute("INSERT INTO event_horizon (name_id, kept_since) SELECT id, \(since) FROM event_name WHERE name = 'buy'")
        }
        return database
    }

    @Test func `how many are in because their value is unknown is counted`() throws {
        let database = try TestDatabase(people())
        let found = try database.database.read {
            try plan(#"country != "IT" and country != "FR" and did buy"#).unknowns(in: $0, at: Self.moment)
        }
        #expect(found.map(\.name) == ["country"])
        #expect(found.map(\.count) == [1])
    }
}
