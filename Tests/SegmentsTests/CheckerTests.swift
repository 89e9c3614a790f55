import Database
import Diagnostics
import Model
import Testing

@testable import Segments

@Suite struct CheckerTests {
    private static let vocabulary = Vocabulary(
        attributes: [
            "plan": ValueFacts(kinds: [.text]), "age": ValueFacts(kinds: [.number]), "country": ValueFacts(kinds: [.text]),
            "signed_up": ValueFacts(kinds: [.instant]),
            "birthday": ValueFacts(kinds: [.day]), "tags": ValueFacts(kinds: [.list]), "mixed": ValueFacts(kinds: [.text, .number]),
            "vip": ValueFacts(kinds: [.truth]),
            "odd": ValueFacts(),
        ],
        events: [
            "purchase": EventFacts(properties: [
                "amount": ValueFacts(kinds: [.number]),
                "category": ValueFacts(kinds: [.text]), "discount": ValueFacts(kinds: [.text, .number]),
            ]), "page_viewed": EventFacts(),
        ],
        topics: ["newsletter", "offers"], segments: ["lapsed", "circle", "round", "broken", "self"],
        campaigns: ["spring-launch"])

    private static let files = [
        "lapsed": "did not purchase in last 90 days", "circle": "in segment round", "round": "vip = true or in segment circle",
        "broken": "---\ntitle: x\n---\nplna = \"pro\"", "self": "in segment self",
    ]

    private func check(_ text: String, named: String? = nil) -> (plan: SegmentPlan?, said: [String]) {
        do throws(DiagnosticList) {
            let plan = try SegmentPlan(try SegmentSyntax(where: text), named: named, against: Self.vocabulary) { name in
                Self.files[name].map { SourceText(name: "Segments/\(name).segment", text: $0) }
            }
            return (plan, plan.warnings.map(Self.line))
        } catch {
            return (nil, error.items.map(Self.line))
        }
    }

    private static func line(_ item: Diagnostic) -> String {
        "\(item.headline)" + (item.hint.map { " (\($0))" } ?? "")
    }

    @Test func `a name that nobody knows is shown with its place and the nearest name`() throws {
        let text = "---\ntitle: Looked at pricing\n---\ndid page_viewed\nand did not purchse in last 7 days\n"
        let syntax = try SegmentSyntax(parsing: SourceText(name: "Segments/pricing.segment", text: text))
        let error = #expect(throws: DiagnosticList.self) { try SegmentPlan(syntax, against: Self.vocabulary) }
        #expect(
            error?.description == """
                Segments/pricing.segment:5:13: error: no event "purchse" has ever been recorded
                5 | and did not purchse in last 7 days
                  |             ^~~~~~~ did you mean "purchase"?
                """)
    }

    @Test(arguments: [
        (#"contry = "IT""#, #"1:1: error: no contact has an attribute "contry" (did you mean "country"?)"#),
        (#"did purchase where (amuont > 3)"#, #"1:21: error: no "purchase" has a property "amuont" (did you mean "amount"?)"#),
        ("consents to ofers", #"1:13: error: no topic "ofers" is in pitwall.yaml (did you mean "offers"?)"#),
        ("in segment lasped", #"1:12: error: no segment "lasped" is there (did you mean "lapsed"?)"#),
        (#"age = "old""#, #"1:7: error: "age" holds numbers, not texts"#),
        ("plan = 3", #"1:8: error: "plan" holds texts, not numbers (as a text it is "3")"#),
        ("age in last 3 days", #"1:1: error: "age" holds numbers, not days or times"#),
        (#"age > "9""#, #"1:7: error: only numbers and dates have an order (write 9 without quotes)"#),
        ("age = true", #"1:7: error: "age" holds numbers, not true or false"#),
        (#"age contains "3""#, #"1:1: error: "age" holds numbers, not texts"#),
        (#"plan < "pro""#, "1:8: error: only numbers and dates have an order (< takes a number or a date)"),
        ("plan = 2026-01-01", #"1:8: error: "plan" holds texts, not days or times (as a text it is "2026-01-01")"#),
        (#"did purchase where (category > 3)"#, #"1:32: error: "category" holds texts, not numbers (as a text it is "3")"#),
        ("email > 3", #"1:9: error: "email" holds texts, not numbers (as a text it is "3")"#),
    ])
    func `what can't be meant is an error`(text: String, expected: String) {
        let checked = check(text)
        #expect(checked.plan == nil)
        #expect(checked.said == ["--where:\(expected)"])
    }

    @Test(arguments: [
        #"plan = "pro" and age > 3 and signed_up in last 3 days and birthday has anniversary within next 7 days"#, #"tags contains "vip""#,
        #"mixed = 3 or mixed = "x""#, #"odd = 3 or odd = "x" or odd in last 3 days"#,
        #"first_name = "Ada" and email is known and language is it"#,
        #"did page_viewed where (anything = 3)"#, "in segment lapsed or not in segment lapsed",
        "birthday = 2026-01-01 and signed_up > 2026-01-01",
    ])
    func `what can be meant is accepted in silence`(text: String) {
        #expect(check(text).said == [])
    }

    @Test(arguments: [
        ("in segment lapsed and not in segment lapsed", "in segment lapsed", 23),
        ("did purchase in last 7 days and did not purchase in last 30 days", "did purchase in last 7 days", 33),
        ("did not purchase and did purchase where (amount > 3) today", "did not purchase", 22),
        ("did purchase at least 3 times today and did purchase at most 2 times", "did purchase at least 3 times today", 41),
        (#"plan = "pro" and country = "IT" and plan = "free""#, #"plan = "pro""#, 37), ("age > 5 and age < 3", "age > 5", 13),
        ("age > 5 and age is unknown", "age > 5", 13), ("age is unknown and age in (3, 4)", "age is unknown", 20),
        ("age > 5 and age <= 5", "age > 5", 13), ("age = 5 and age in (3, 4)", "age = 5", 13),
        ("vip = true and vip = false", "vip = true", 16),
        ("signed_up in last 7 days and signed_up more than 30 days ago", "signed_up in last 7 days", 30),
        ("birthday before 1990-01-01 and birthday >= 1990-01-01", "birthday before 1990-01-01", 32),
        ("last purchase in last 30 days and last purchase more than 30 days ago", "last purchase in last 30 days", 35),
        ("did purchase in last 7 days and last purchase more than 60 days ago", "did purchase in last 7 days", 33),
        (
            "first purchase in last 30 days and last purchase more than 60 days ago", "first purchase in last 30 days", 36
        ),
        ("did purchase more than 60 days ago and first purchase in last 7 days", "did purchase more than 60 days ago", 40),
        (#"did not purchase and last purchase.category = "x""#, "did not purchase", 22),
        ("did not purchase in last 30 days and last purchase in last 7 days", "did not purchase in last 30 days", 38),
        ("did purchase in last 7 days and count of purchase = 0", "did purchase in last 7 days", 33),
        ("count of purchase > 3 and did purchase at most 2 times", "count of purchase > 3", 27),
        ("did not purchase and did purchase then page_viewed within 2 hours", "did not purchase", 22),
        ("did not purchase and avg of purchase.amount > 3", "did not purchase", 22),
    ])
    func `what rules itself out is warned about at its second part`(text: String, earlier: String, column: Int) {
        #expect(check(text).said == ["--where:1:\(column): warning: nobody can be in this: `\(earlier)` rules it out"])
    }

    @Test(arguments: [
        "did purchase in last 30 days and did not purchase in last 7 days",
        "did purchase today and did not purchase this month where (x = 1)",
        "did purchase and did not purchase where (amount > 3)", "age >= 5 and age <= 5", "age > 3 and age < 5",
        #"plan = "a" or plan = "b""#,
        "did purchase at least 2 times and did purchase at most 2 times", "signed_up in last 7 days and signed_up before 2026-01-01",
        "birthday before 1990-01-02 and birthday >= 1990-01-01", "last purchase in last 30 days and first purchase more than 30 days ago",
        #"country != "IT" and country != "FR""#, "signed_up today and signed_up this month",
        "did purchase in last 90 days and last purchase more than 60 days ago", "did not purchase and sum of purchase.amount < 3",
        "first purchase more than 60 days ago and last purchase in last 7 days",
        "did not purchase in last 7 days and last purchase.amount > 3",
        "did not purchase where (amount > 3) and last purchase in last 7 days", "did purchase and count of purchase < 2",
        "did not purchase and did page_viewed then not purchase within 2 hours",
    ])
    func `what may hold together is not`(text: String) {
        #expect(check(text).said.allSatisfy { !$0.contains("nobody can be") })
    }

    @Test(arguments: [
        (
            "signed_up in last 7 days and signed_up before 2020-01-01",
            "--where:1:30: warning: nobody can be in this: `signed_up in last 7 days` rules it out"
        ),
        (
            "vip = true and did purchase between 2030-01-01 and 2030-02-01",
            "--where:1:16: warning: nobody can have done this yet: it begins on 2030-01-01"
        ),
        ("last purchase after 2030-01-01", "--where:1:1: warning: nobody can have done this yet: it begins on 2030-01-02"),
        ("did not purchase between 2030-01-01 and 2030-02-01", nil), ("signed_up in last 7 days and signed_up after 2020-01-01", nil),
        ("did purchase between 2020-01-01 and 2030-02-01", nil),
        (
            "did purchase today and did not purchase this month",
            "--where:1:24: warning: nobody can be in this: `did purchase today` rules it out"
        ),
        ("did purchase in last 7 days and did not purchase in last 30 days", nil),
    ])
    func `what rules itself out now is told where the time is known`(text: String, expected: String?) {
        let said = check(text).plan?.contradictions(at: .now(Asking.now, zone: Asking.rome)) ?? []
        #expect(said.map(Self.line) == [expected].compactMap { $0 })
        let later = Instant(iso: "2031-01-01T00:00:00Z") ?? Asking.now
        #expect(check(text).plan?.contradictions(at: .now(later, zone: Asking.rome)).contains { $0.message.contains("yet") } == false)
    }

    @Test(arguments: [
        ("sum of purchase.amuont > 3", #"1:17: error: no "purchase" has a property "amuont" (did you mean "amount"?)"#),
        ("sum of purchse.amount > 3", #"1:8: error: no event "purchse" has ever been recorded (did you mean "purchase"?)"#),
        (
            "avg of purchase.category > 3",
            #"1:17: error: "category" holds texts, not numbers (`distinct of` counts different values of any kind)"#
        ),
        ("sum of purchase.amount in top 12.1234567%", "1:8: error: a share has at most six decimals"),
        ("last purchase.category > 3", #"1:26: error: "category" holds texts, not numbers (as a text it is "3")"#),
        ("last purchase.colour = 3", #"1:15: error: no "purchase" has a property "colour""#),
        ("first purchase where (amuont > 1) today", #"1:23: error: no "purchase" has a property "amuont" (did you mean "amount"?)"#),
        (
            "did page_viewed then purchse within 2 days",
            #"1:22: error: no event "purchse" has ever been recorded (did you mean "purchase"?)"#
        ),
        (
            "did purchase then page_viewed within 2 days with same amuont",
            #"1:55: error: no "purchase" has a property "amuont" (did you mean "amount"?)"#
        ),
        ("opened spring-lanch", #"1:8: error: no campaign "spring-lanch" is there (did you mean "spring-launch"?)"#),
        ("score > 3", #"1:1: error: no contact has an attribute "score""#),
    ])
    func `behaviour is checked against the events and campaigns there are`(text: String, expected: String) {
        #expect(check(text).said == ["--where:\(expected)"])
    }

    @Test func `a number in quotes is warned about where the data has numbers`() {
        let checked = check(#"age = "30""#)
        #expect(checked.plan != nil)
        #expect(checked.said == [#"--where:1:7: warning: "age" holds numbers, which no text equals (write 30 without quotes)"#])
    }

    @Test func `a day in quotes is warned about where the data has times`() {
        #expect(
            check(#"signed_up = "2026-11-01""#).said == [
                #"--where:1:13: warning: "signed_up" holds times, which no text equals (write 2026-11-01 without quotes)"#
            ])
        #expect(check(#"birthday = "2026-11-01""#).said == [])
    }

    @Test func `a number may end with zeros, and is printed without`() throws {
        #expect(check("age >= 12.50").said == [])
        #expect(try SegmentSyntax(where: "age >= 12.50 or age < 100.00").formatted == "age >= 12.5\nor age < 100\n")
    }

    @Test func `numbers in quotes among those of a sum are told of`() {
        let checked = check("sum of purchase.discount > 3")
        #expect(checked.plan != nil)
        #expect(
            checked.said == [
                #"--where:1:17: warning: some "purchase" have a text for "discount", which does not count as a number "#
                    + #"(a number in quotes is a text: 12.50 counts, "12.50" does not)"#
            ])
        #expect(check("distinct of purchase.discount > 3").said == [])
    }

    @Test func `all mistakes are told in one go`() {
        #expect(check(#"contry = "IT" and age = "x" and did purchse"#).said.count == 3)
    }

    @Test func `a circle of segments is told at the word that closes it`() {
        #expect(
            check("in segment circle").said == [
                "Segments/round.segment:1:26: error: segment \"circle\" refers to itself (circle → round → circle)"
            ])
        #expect(check("in segment self", named: "self").said == ["--where:1:12: error: segment \"self\" refers to itself (self → self)"])
    }

    @Test func `a mistake in a segment that is referred to is told once, in its own file`() {
        let said = check("in segment broken or in segment broken").said
        #expect(said == ["Segments/broken.segment:4:1: error: no contact has an attribute \"plna\" (did you mean \"plan\"?)"])
    }

    @Test func `segments that multiply each other end in an error`() throws {
        let text = "in segment a9 and in segment a9"
        let error = #expect(throws: DiagnosticList.self) {
            try SegmentPlan(try SegmentSyntax(where: text), against: nil) { name in
                let number = Int(name.dropFirst()) ?? 0
                return SourceText(
                    name: name,
                    text: number == 0 ? "vip = true" : Array(repeating: "in segment a\(number - 1)", count: 9).joined(separator: " or "))
            }
        }
        #expect(error?.items.last?.message.contains("more than 400 conditions") == true)
    }

    @Test func `a chain of segments longer than anybody can follow ends in an error`() throws {
        let error = #expect(throws: DiagnosticList.self) {
            try SegmentPlan(try SegmentSyntax(where: "in segment s0"), against: nil) { name in
                SourceText(name: name, text: "in segment s\((Int(name.dropFirst()) ?? 0) + 1)")
            }
        }
        #expect(error?.items.first?.message == "segments refer to each other through more than 16 files")
    }

    @Test func `the outermost conditions can be asked one by one`() throws {
        let plan = try #require(check("age > 3 and (vip = true or plan = \"pro\") and did not purchase").plan)
        #expect(plan.clauses.map(\.text) == ["age > 3", "(vip = true or plan = \"pro\")", "did not purchase"])
        #expect(try #require(check("age > 3 or vip = true").plan).clauses.map(\.text) == ["age > 3 or vip = true"])
    }

    @Test func `what a person wrote is never part of the SQL's text`() throws {
        let evil = "x' OR 1=1 --"
        let plan = try #require(
            try? SegmentPlan(
                try SegmentSyntax(
                    where: """
                        `\(evil)` = "\(evil)" and did `\(evil)` where (`\(evil)` contains "\(evil)") and consents to `\(evil)` and sample 3% seed "\(evil)"
                        """), against: nil))
        let sql = plan.sql(dialect: PlainDialect(), at: .now(.init(seconds: 0), zone: .utc))
        #expect(!sql.text.contains("OR 1=1"))
        #expect(sql.arguments.contains(.text(evil)))
        #expect(sql.text.count { $0 == "?" } == sql.arguments.count)
    }
}
