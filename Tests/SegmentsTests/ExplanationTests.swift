import Database
import Diagnostics
import Model
import Store
import TestDatabases
import Testing

@testable import Segments

@Suite(.onEachDatabase) struct ExplanationTests {
    private static let moment = Moment.now(Asking.now, zone: Asking.rome)

    private var ada: PersonHistory {
        var ada = Asking.person(
            7,
            [
                (Asking.day, "purchase", ["amount": .real(20.5), "category": "shoes"]), (30 * Asking.day, "purchase", ["amount": 100]),
                (80 * Asking.day, "purchase", [:]), (Asking.day * 2, "cart_added", [:]), (40 * Asking.day, "cart_added", [:]),
                (Asking.day * 100, "visit", [:]),
            ])
        ada.contact.attributes = ["country": "IT", "age": 36]
        func consent(_ state: Consent.State, _ daysAgo: Int64) -> Consent {
            let at = Asking.now.advanced(byMilliseconds: -daysAgo * Asking.day)
            return Consent(contact: ada.contact.id, topic: "offers", state: state, at: at, learnedAt: at, source: "form")
        }
        ada.consents = [consent(.confirmed, 20), consent(.withdrawn, 10)]
        let sent = Asking.now.advanced(byMilliseconds: -5 * Asking.day)
        ada.messages = [Message(campaign: "spring", at: sent, tracked: [.open]), Message(campaign: "dark", at: sent)]
        ada.reactions = [Reaction(.open, campaign: "spring", at: sent.advanced(byMilliseconds: 60_000), learnedAt: sent)]
        return ada
    }

    @Test(arguments: [
        ("did purchase at least 2 times in last 90 days", true, "purchase: 3 in the last 90 days, latest 2026-10-24"),
        ("did purchase in last 3 hours", false, "purchase: none in the last 3 hours, latest 2026-10-24"),
        ("did not never", true, "never: never"), ("did purchase where (amount > 50)", true, "purchase: 1 that fit, latest 2026-09-25"),
        (#"country = "FR""#, false, #"country: "IT""#), ("not plan = \"pro\"", true, "plan: unknown"),
        ("age > 3 or age > 4", true, "age: 36"),
        ("consents to offers", false, "offers: withdrawn 2026-10-15 (form)"), ("consents to news", false, "news: never asked"),
        ("consented to offers in last 30 days", true, "offers: confirmed 2026-10-05 (form)"),
        ("consented to offers in last 3 days", false, "offers: not said in the last 3 days"),
        ("sum of purchase.amount in last 90 days >= 100", true, "sum of purchase.amount in the last 90 days: 120.5 from 3 events"),
        ("avg of visit.amount > 1", false, "avg of visit.amount: none from 1 event"),
        ("count of purchase >= 9", false, "count of purchase: 3"),
        ("sum of purchase.amount in top 20%", true, "sum of purchase.amount: 120.5 from 3 events, in from 120.5 on"),
        ("last purchase more than 60 days ago", false, "last purchase: 2026-10-24"), ("first never in last 3 days", false, "never: never"),
        (#"last purchase.category = "shoes""#, true, #"last purchase: 2026-10-24, category: "shoes""#),
        ("did cart_added then purchase within 2 days", true, "cart_added 2026-10-23 13:00, then purchase 2026-10-24 13:00"),
        ("did cart_added then purchase within 2 hours", false, "cart_added: 2, latest 2026-10-23 13:00, no purchase within 2 hours"),
        ("did cart_added then not purchase within 2 days", true, "cart_added 2026-09-15 13:00, no purchase within 2 days"),
        ("did cart_added then not never within 90 days", false, "cart_added: 2, latest 2026-10-23 13:00, 90 days are not over"),
        (
            "did cart_added then purchase where (amount > 9) within 50 days", true,
            "cart_added 2026-10-23 13:00, then purchase 2026-10-24 13:00"
        ),
        ("was sent any at least 2 times", true, "2 sent, latest 2026-10-20"), ("was sent x", false, "x: nothing sent"),
        ("opened spring", true, "spring: 1 open, latest 2026-10-20"), ("clicked any today", false, "no click today"),
        ("did not open spring", false, "spring: sent 2026-10-20, open 2026-10-20"),
        ("did not open dark", false, "dark: sent 2026-10-20, opens can't be known"),
        ("in segment young", true, "in young (age: 36)"), (#"sample 50% seed "a""#, true, "place 15.7 of 100"),
    ])
    func `every form says what it rests on`(text: String, holds: Bool, evidence: String) throws {
        let plan = try SegmentPlan(try SegmentSyntax(where: text), against: nil) { _ in SourceText(name: "young", text: "age < 40") }
        let explanation = plan.explain(ada, at: Self.moment, standings: plan.standings(among: [ada], at: Self.moment))
        #expect(explanation.matches == holds)
        if text.hasPrefix("sample") {
            #expect(explanation.clauses.map { $0.evidence.hasPrefix("place ") } == [true])
        } else {
            #expect(Set(explanation.clauses.map(\.evidence)) == [evidence])
        }
    }

    @Test func `clause by clause, from a database as from memory`() throws {
        let text =
            "did purchase at least 2 times in last 90 days and consents to offers and (opened spring or sum of purchase.amount in top 5%)"
        let plan = try SegmentPlan(try SegmentSyntax(where: text), against: nil)
        let database = try TestDatabase([ada])
        let store = HistoryStore(database.database)
        let explanation = try store.explain(plan, of: ada.contact, at: Self.moment)
        #expect(!explanation.matches)
        #expect(explanation.clauses.map(\.holds) == [true, false, true])
        #expect(explanation.clauses.map(\.text) == text.split(separator: " and ").map { String($0) })
        let inMemory = plan.explain(ada, at: Self.moment, standings: plan.standings(among: [ada], at: Self.moment))
        // The test's database keeps no source of a consent.
        #expect(explanation.json.json == inMemory.json.json.replacing("(form)", with: "(test)"))
        #expect(
            explanation.json.json.hasPrefix(
                #"{"matches":false,"clauses":[{"text":"did purchase at least 2 times in last 90 days","holds":true,"#))
    }

    @Test func `events that are known only in sum count, for a database as in memory`() throws {
        var ada = Asking.person(7, [(Asking.day, "buy", [:])])
        let last = Asking.now.advanced(byMilliseconds: -400 * Asking.day)
        ada.faded = [FadedEvents(name: "buy", count: 3, first: last.advanced(byMilliseconds: -Asking.day), last: last, learnedAt: last)]
        for text in [
            "did buy exactly 4 times", "count of buy = 4", "first buy before 2025-09-20", "last buy in last 3 days",
            "not did buy exactly 1 time", "did buy in last 400 days", "did buy between 402 and 400 days ago",
            "did not buy between 399 and 2 days ago", "count of buy in top 50%",
        ] {
            let others = [Asking.person(8, [(Asking.day, "buy", [:]), (2 * Asking.day, "buy", [:])])]
            #expect(try Asking.holds(text, of: ada, others: others), "\(text)")
            let known = Moment(at: Asking.now, known: Asking.now, zone: Asking.rome)
            #expect(try Asking.holds(text, of: ada, at: known, others: others), "\(text)")
        }
        let before = Moment(at: Asking.now, known: last.advanced(byMilliseconds: -1), zone: Asking.rome)
        #expect(try Asking.holds("did not buy", of: ada, at: before), "what had faded was learned later")
        let plan = try SegmentPlan(try SegmentSyntax(where: "did buy at least 4 times"), against: nil)
        let database = try TestDatabase([ada])
        let explanation = try HistoryStore(database.database).explain(plan, of: ada.contact, at: Self.moment)
        #expect(explanation.clauses.map(\.evidence) == ["buy: 4, latest 2026-10-24"])
        #expect(explanation.matches)
        ada.events = []
        let year = try SegmentPlan(try SegmentSyntax(where: "did buy in last 420 days"), against: nil)
        #expect(year.explain(ada, at: Self.moment).clauses.map(\.evidence) == ["buy: at least one in the last 420 days, 2025-09-20"])
    }

    @Test func `a funnel says how many remain after each clause, and which costs most`() throws {
        let people = (1...10).map { number in
            Asking.person(Int64(number), number > 2 ? [(Asking.day, "buy", ["amount": .integer(Int64(number))])] : [])
        }
        let database = try TestDatabase(people)
        let plan = try SegmentPlan(try SegmentSyntax(where: "did buy and sum of buy.amount > 7 and email is unknown"), against: nil)
        let funnel = try HistoryStore(database.database).funnel(plan, at: Self.moment)
        #expect(funnel.people == 10)
        #expect(funnel.steps.map(\.remaining) == [8, 3, 3])
        #expect(funnel.steps.map(\.lost) == [2, 5, 0])
        #expect(funnel.costliest == 1)
        #expect(
            funnel.json.json
                == #"{"people":10,"steps":[{"text":"did buy","remaining":8,"lost":2},{"text":"sum of buy.amount > 7","remaining":3,"lost":5},{"text":"email is unknown","remaining":3,"lost":0}],"costliest":"sum of buy.amount > 7"}"#
        )
    }

    @Test func `what can be asked is listed with how many people have it`() throws {
        let database = try TestDatabase([])
        let contacts = ContactStore(database.database)
        let (ada, bo) = (try EmailAddress("ada@example.com"), try EmailAddress("bo@example.com"))
        _ = try contacts.record(
            [.init(email: ada, attributes: ["plan": "pro", "age": 3]), .init(email: bo, attributes: ["plan": 5])], at: Asking.now,
            source: "x")
        let events = (0..<3).map {
            EventStore.Entry(email: ada, name: "buy", at: Instant(seconds: $0), properties: $0 == 0 ? ["amount": 3] : [:])
        }
        _ = try EventStore(database.database).record(events, at: Asking.now)
        let names = try NameStore(database.database).names().json.json
        #expect(
            names
                == #"{"people":2,"attributes":[{"name":"age","kinds":["numbers"],"people":1},{"name":"plan","kinds":["texts","numbers"],"people":2}],"events":[{"name":"buy","events":3,"people":1,"properties":[{"name":"amount","kinds":["numbers"],"people":1}]}]}"#
        )
        // What is no longer kept still counts, as it does in a segment.
        _ = try EventStore(database.database).prune(Retention(fallback: TimeSpan(1, .day)), at: Asking.now)
        let faded = try #require(try NameStore(database.database).names().events.first)
        #expect([faded.events, faded.people, faded.properties.first?.people] == [3, 1, 0])
    }
}
