import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

/// Whatever is accepted, a database can run.
@Suite(.onEachDatabase) struct LimitTests {
    private static func nested(_ levels: Int, _ innermost: String) -> String {
        (0..<levels).reduce(innermost) { inner, number in
            "not (\(number % 2 == 0 ? "a = 1 and" : "a = 2 or") \(inner))"
        }
    }

    private static func many(_ count: Int, _ text: String, _ joiner: String = "or") -> String {
        Array(repeating: text, count: count).joined(separator: " \(joiner) ")
    }

    private static func list(_ count: Int) -> String {
        let numbers: [String] = (0..<count).map { number in String(number) }
        return "a in (\(numbers.joined(separator: ", ")))"
    }

    private static let largest: [String] = [
        many(400, "signed_up in last 3 days", "and"), many(133, "did buy where (a = 1 and b = 2) in last 3 days", "and"),
        many(29, "sample 50% seed \"x\"", "and"), many(11, "born has anniversary within next 365 days"),
        nested(12, "born has anniversary within next 365 days"),
        "\(nested(9, "did buy where (x in last 3 days)")) and \(many(380, "consents to news", "and"))", list(10_000),
    ]

    private static let deepest: [String] = [
        "sum of buy.x where (\(many(5, nested(4, "x in last 3 days"), "and"))) in last 3 days in top 20%",
        "did buy where (\(nested(6, "x has anniversary within next 3 days"))) then not buy where (\(nested(6, "x in last 3 days"))) within 2 days with same x",
        "last buy.x where (\(nested(8, "x in last 3 days"))) in (\"a\", 1, true, 2026-01-01)",
        "\(nested(10, "did not click \"x\" in y in last 3 days"))", "\(nested(7, "sum of buy.x where (y in last 3 days) > 3"))",
        "\(nested(10, "avg of buy.x != 3"))", "\(nested(9, "avg of buy.x in top 20%"))", "\(nested(10, "sum of buy.x != 3"))",
        "\(nested(12, "did a then b within 2 hours"))", "\(nested(12, "did a then not b within 2 hours in last 3 days"))",
        many(200, "avg of buy.x >= 100", "and"), many(200, "max of buy.x in top 3%", "and"),
        many(200, "did a then b within 2 hours in last 3 days", "and"),
        "\(nested(7, "count of buy where (y in last 3 days) in last 3 days in top 3%"))",
        many(200, "sum of buy.x in last 30 days >= 100", "and"), many(300, "did not open any in last 30 days", "and"),
        many(150, "did a then b within 2 hours with same x in last 3 days", "and"), many(100, "last buy.x where (y = 1) = \"a\"", "and"),
        "last buy.x where (\(list(7000))) in (\"a\", 1, true)",
    ]

    @Test(arguments: deepest)
    func `the largest behaviours run`(text: String) throws {
        let database = try TestDatabase([Asking.person(7, [(1000, "buy", ["x": "2026-10-25", "y": 1])])])
        let plan = try SegmentPlan(try SegmentSyntax(where: text), against: nil)
        for moment in [Moment.now(Asking.now, zone: .utc), Moment(at: Asking.now, known: Asking.now, zone: .utc)] {
            let person = Asking.person(7, [(1000, "buy", ["x": "2026-10-25", "y": 1])])
            let holds = plan.holds(for: person, at: moment, standings: plan.standings(among: [person], at: moment))
            #expect(try database.ids(where: plan.sql(dialect: DatabaseKind.current.dialect, at: moment)).isEmpty != holds)
        }
    }

    @Test(arguments: largest)
    func `the largest segments run`(text: String) throws {
        let contact = Contact(
            id: ContactID(1), attributes: ["signed_up": "2026-12-31T12:00:00.000Z", "vip": true, "a": "9999", "born": "2000-01-01"])
        let person = PersonHistory(contact: contact)
        let database = try TestDatabase([person])
        let plan = try SegmentPlan(try SegmentSyntax(where: text), against: nil)
        let now = try #require(Instant(iso: "2027-01-01T00:00:00Z"))
        for moment in [Moment.now(now, zone: .utc), Moment(at: now, known: now, zone: .utc)] {
            let sql = plan.sql(dialect: DatabaseKind.current.dialect, at: moment)
            #expect(try database.ids(where: sql).isEmpty != plan.holds(for: person, at: moment))
        }
    }

    @Test(arguments: [
        many(13, "born has anniversary within next 365 days"), many(4, list(9000)), nested(13, "vip = true"),
        "last buy.x where (\(list(10_000))) in (\"a\", 1, true)",
    ])
    func `what no database could run is refused`(text: String) throws {
        let error = #expect(throws: DiagnosticList.self) { try SegmentPlan(try SegmentSyntax(where: text), against: nil) }
        let said = error?.items.first?.message ?? ""
        #expect(said == "this asks more than a database can be asked at once" || said.hasSuffix("this is nested too deep"))
    }
}
