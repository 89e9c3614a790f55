import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

/// Sums, counts, averages, rankings; first and last.
@Suite(.onEachDatabase) struct AmountTests {
    private static let day = Asking.day

    private var buyer: PersonHistory {
        Asking.person(
            7,
            [
                (100 * Self.day, "buy", ["amount": 50, "category": "hats"]),
                (30 * Self.day, "buy", ["amount": .real(0.1), "category": "shoes"]),
                (20 * Self.day, "buy", ["amount": .real(0.2), "category": "shoes"]),
                (10 * Self.day, "buy", ["amount": "00184", "category": true]),
                (10 * Self.day, "buy", ["amount": true, "category": 1]), (10 * Self.day, "visit", ["amount": 1000]),
            ])
    }

    @Test(arguments: [
        ("sum of buy.amount >= 50.3", true), ("sum of buy.amount > 50.3", false), ("sum of buy.amount = 50.3", true),
        ("sum of buy.amount in last 90 days = 0.3", true), ("sum of buy.amount in last 5 days = 0", true),
        ("sum of buy.amount in last 5 days < 100", true), ("sum of buy.amount in last 5 days != 0", false), ("sum of never.x = 0", true),
        ("sum of never.x in last 5 days >= 0", true), ("sum of never.x in last 5 days > 0", false),
        (#"sum of buy.amount where (category = "shoes") = 0.3"#, true), ("count of buy = 5", true),
        ("count of buy in last 30 days >= 4", true),
        ("count of buy in last 29 days >= 3.5", false), ("count of never = 0", true), ("count of never in last 3 days < 1", true),
        ("avg of buy.amount > 16.7666", true), ("avg of buy.amount < 16.7667", true), ("avg of buy.amount in last 90 days = 0.15", true),
        ("avg of buy.amount in last 5 days < 100", false), ("avg of never.x >= 0", false), ("avg of never.x != 3", true),
        ("min of buy.amount = 0.1", true), ("max of buy.amount = 50", true), ("max of buy.amount in last 90 days <= 0.2", true),
        ("min of buy.category < 5", true), ("max of never.x < 3", false), ("not max of never.x < 3", true),
        ("distinct of buy.category = 4", true), ("distinct of buy.category in last 15 days = 2", true), ("distinct of never.x = 0", true),
        ("distinct of buy.amount in last 90 days = 4", true), ("sum of buy.amount where (category is unknown) = 0", true),
    ])
    func `amounts are exact, count only numbers, and nothing adds up to 0`(text: String, expected: Bool) throws {
        #expect(try Asking.holds(text, of: buyer) == expected)
    }

    /// 4 of 5 people bought: for 100, 100, 50 and nothing that is a number.
    @Test(arguments: [
        ("sum of buy.amount in top 20%", 100, true), ("sum of buy.amount in top 1%", 100, true),
        ("sum of buy.amount in top 50%", 50, false),
        ("sum of buy.amount in top 51%", 50, true), ("sum of buy.amount in top 75%", 50, true), ("sum of buy.amount in top 75%", 0, false),
        ("sum of buy.amount in top 76%", 0, true), ("avg of buy.amount in top 99.9%", 0, false), ("avg of buy.amount in top 67%", 50, true),
        ("avg of buy.amount in top 66%", 50, false), ("count of buy in last 30 days in top 50%", 50, true),
        ("sum of buy.amount in last 3 days in top 99%", 100, false), ("sum of buy.amount in top 99%", -1, false),
    ])
    func `a ranking is over those who have the event, and who is level is in`(text: String, amount: Int64, expected: Bool) throws {
        func buyer(_ id: Int64, _ amount: Int64) -> PersonHistory {
            let value: JSONObject = amount == 0 ? ["amount": "much"] : ["amount": .integer(amount)]
            return Asking.person(id, amount < 0 ? [] : [(10 * Self.day, "buy", value)])
        }
        var people = [buyer(1, 100), buyer(2, 100), buyer(3, 50), buyer(4, 0), buyer(5, -1)]
        let index = try #require([100: 0, 50: 2, 0: 3, -1: 4][amount])
        let person = people.remove(at: index)
        #expect(try Asking.holds(text, of: person, others: people) == expected)
    }

    @Test(arguments: [
        ("last buy more than 9 days ago", true), ("last buy more than 10 days ago", false), ("last buy in last 10 days", true),
        ("last buy in last 9 days", false), ("first buy in last 100 days", true), ("first buy in last 99 days", false),
        ("first buy before 2026-08-01", true), ("last never more than 1 day ago", false), ("not last never more than 1 day ago", true),
        (#"last buy where (category = "shoes") more than 15 days ago"#, true), (#"first buy.category = "hats""#, true),
        (#"last buy.category = "hats""#, false), ("last buy.category = true", true), ("last buy.category = 1", true),
        (#"last buy.category where (amount >= 0.2) = "shoes""#, true), ("last buy.amount where (amount < 0.2) = 0.1", true),
        (#"last buy.category != "hats""#, true), ("last buy.category != true", false), (#"last never.x != "a""#, true),
        ("last never.x is unknown", true),
        (#"last buy.category in ("hats", 1)"#, true), ("last buy.colour is unknown", true), ("last buy.colour is known", false),
        ("first buy.amount >= 50", true), (#"last buy.category where (category = "hats") = "hats""#, true),
    ])
    func `the first and the last event are asked for their time and their properties`(text: String, expected: Bool) throws {
        #expect(try Asking.holds(text, of: buyer) == expected)
    }

    @Test func `what is later than the instant, or was learned later, does not add up`() throws {
        var person = Asking.person(7, [(Self.day, "buy", ["amount": 5]), (-1, "buy", ["amount": 100])])
        #expect(try Asking.holds("sum of buy.amount = 5", of: person))
        person.events[0].learnedAt = Asking.now
        let yesterday = Asking.now.advanced(byMilliseconds: -1)
        #expect(try Asking.holds("sum of buy.amount = 0", of: person, at: Moment(at: Asking.now, known: yesterday, zone: Asking.rome)))
        #expect(try Asking.holds("last buy more than 1 second ago", of: person))
    }
}
