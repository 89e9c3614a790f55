import Diagnostics
import Testing

@testable import Segments

@Suite struct ParserTests {
    /// Each is in canonical form already.
    static let forms = [
        #"country = "IT""#, #"plan != "free""#, "age >= 18", "age < -3.5", #"country in ("IT", "FR")"#, "level in (1, 2, true)",
        #"tags contains "vip""#, #"city starts with "San ""#, #"email ends with "@gmail.com""#, #"city ~= "roma""#,
        "city is known", "city is unknown", "signed_up in last 30 days", "trial_ends within next 3 days",
        "renewal is 30 days from now", "renewal is 1 day from now", "birthday has anniversary within next 7 days",
        "signed_up = 2026-01-31", "signed_up <= 2026-01-31T09:00", "signed_up > 2026-01-31T09:00:00+01:00", "vip = true",
        "signed_up before 2026-01-31", "signed_up after 2026-01-31", "signed_up between 2026-01-01 and 2026-03-31",
        "signed_up this month", "signed_up last month", "signed_up today", "signed_up between 90 and 30 days ago",
        "did purchase", "did not purchase", "did purchase at least 3 times", "did purchase at most 1 time",
        "did purchase exactly 2 times in last 7 days", #"did page_viewed where (path = "/pricing") at least 3 times in last 7 days"#,
        #"did purchase where (amount > 10 and (category = "shoes" or not colour is known)) today"#,
        #"did not purchase where (category in ("a", "b")) between 2026-01-01 and 2026-03-31"#,
        "did purchase before 2026-01-01", "did purchase after 2026-01-01T12:00Z", "did purchase between 90 and 30 days ago",
        "did purchase between 90 days and 3 hours ago", "did purchase this month", "did purchase in last 2 weeks",
        "consents to newsletter", "consented to offers in last 2 days", "withdrew from offers", "language is it", "language is pt-br",
        "language is known", "in segment lapsed", #"sample 10% seed "spring""#, #"sample 0.5% seed "a \"b\" \\ \n""#,
        "signed_up more than 60 days ago", "did purchase more than 2 weeks ago",
        "did cart_added then purchase within 2 hours", "did cart_added then purchase within 2 hours with same cart_id in last 7 days",
        "did trial_started then not purchase within 14 days", "did a where (x = 1) then a where (x = 2) within 1 day this month",
        "sum of purchase.amount in last 90 days >= 100", "sum of purchase.amount > -0.5", "count of purchase = 3",
        "avg of purchase.amount where (currency = \"EUR\") between 2026-01-01 and 2026-03-31 < 12.5",
        "min of purchase.amount != 0", "max of purchase.amount in last 7 days in top 20%", "distinct of purchase.category >= 3",
        "count of purchase in top 0.5%", "last purchase more than 60 days ago", "first purchase in last 30 days",
        "last purchase where (amount > 10) in last 30 days", "first purchase between 1997-01-01 and 1997-01-31",
        #"last purchase.category = "shoes""#, #"last purchase.category where (amount > 10) in ("shoes", "hats")"#,
        "first purchase.coupon is unknown", "last purchase.delivered within next 3 days", "last purchase.`odd name` is known",
        "was sent spring-launch", "was sent any at least 3 times in last 30 days", "opened spring-launch", "opened any exactly 0 times",
        "clicked spring-launch in last 7 days", #"clicked "/pricing" in spring-launch"#, #"clicked "/pricing" in any at least 2 times"#,
        "bounced any", "complained `spring sale` in last 2 days", "did not open spring-launch", "did not click any in last 7 days",
        #"did not click "/pricing" in spring-launch"#, "received fewer than 2 messages in last 7 days", "received more than 1 message",
        "received at least 1 message today", "received at most 0 messages", "received exactly 3 messages before 2026-01-01",
        "`first name` is known", "score >= 60", "`città è` = \"Forlì\"", "città = \"Forlì\"", "did `order completed`",
        "age > 1 and age < 2 and age != 3", "age > 1 or age < 2", "(age > 1 or age < 2) and vip = true",
        "(age > 1 and age < 2) and vip = true", "not age > 1", "not not (age > 1 and age < 2)",
    ]

    @Test(arguments: forms)
    func `what is in canonical form is printed as it was written`(text: String) throws {
        let syntax = try SegmentSyntax(where: text)
        #expect(syntax.root.description == text)
        #expect(try SegmentSyntax(where: syntax.root.description).root == syntax.root)
    }

    @Test(arguments: [
        ("( ( age>=18 ) )", "age >= 18"), ("not(a=1)or b=2", "not a = 1 or b = 2"), ("x in (1,2,)", "x in (1, 2)"),
        ("did a at least 1 times in last 1 days", "did a at least 1 time in last 1 day"),
        ("did a between 3 days and 1 day ago", "did a between 3 and 1 day ago"),
        (
            "# one\na=1 # two\r\nand\tb=2 # three",
            "a = 1 and b = 2"
        ),
        ("did a then b within 2 hours today with same x", "did a then b within 2 hours with same x today"), ("`score` > 1", "score > 1"),
        ("sum of a.b in last 1 days in top 20 %", "sum of a.b in last 1 day in top 20%"),
        ("renewal is 2 weeks from now", "renewal is 14 days from now"), ("a\u{A0}= 1", "a = 1"), ("`plain` = 1", "plain = 1"),
    ])
    func `what is written in another way is printed in the canonical one`(text: String, canonical: String) throws {
        let root = try SegmentSyntax(where: text).root
        #expect(root.description == canonical)
        #expect(try SegmentSyntax(where: canonical).root == root)
    }

    @Test func `a file has a title, and its places count from its start`() throws {
        let source = SourceText(
            name: "Segments/a.segment", text: "---\n# note\ntitle: Looked: \"yes\"\n---\n\ndid a\nand did not b today\n")
        let syntax = try SegmentSyntax(parsing: source)
        #expect(syntax.title == "Looked: \"yes\"")
        let event = try #require(syntax.references.events.last)
        #expect(source.location(of: event.name.span.start) == Location(line: 7, column: 13))
    }

    @Test func `a byte order mark and Windows line ends do no harm`() throws {
        let text = "\u{FEFF}---\r\ntitle: 'x'\r\n---\r\nvip = true\r\n"
        let syntax = try SegmentSyntax(parsing: SourceText(name: "a", text: text))
        #expect(syntax.title == "x")
        #expect(syntax.root.description == "vip = true")
    }

    @Test func `a segment says which names it uses, each once`() throws {
        let text =
            #"did a where (p = 1 or q = 2) and did not a where (p = 3) and (in segment s or city is known) and consents to t and language is it"#
        let references = try SegmentSyntax(where: text).references
        #expect(references.events.map(\.name.text) == ["a"])
        #expect(references.events.first?.properties.map(\.text) == ["p", "q"])
        #expect(references.segments.map(\.text) == ["s"])
        #expect(references.attributes.map(\.text) == ["city", "language"])
        #expect(references.topics.map(\.text) == ["t"])
    }

    @Test(arguments: [
        (
            "---\n# of the team in Monza\ntitle:  Buyers \n\n  # asked for in May\n---\nvip=true\n",
            "---\n# of the team in Monza\ntitle: Buyers\n# asked for in May\n---\nvip = true\n"
        ),
        ("---\n# nothing else\n---\nvip = true\n", "---\n# nothing else\n---\nvip = true\n"),
        ("---\r\n---\r\nvip = true\r\n", "vip = true\n"),
    ])
    func `formatting keeps the comments of the front matter`(written: String, canonical: String) throws {
        let syntax = try SegmentSyntax(parsing: SourceText(name: "a", text: written))
        #expect(syntax.formatted == canonical)
        #expect(try SegmentSyntax(parsing: SourceText(name: "a", text: canonical)).formatted == canonical)
    }

    @Test func `formatting puts a clause on each line and keeps comments beside their clauses`() throws {
        let written = """
            ---
            title:   People  who look
            ---
            # who looked
            did a where (p = 1
              # inside
              and q=2) # often
            and (vip=true or age>3)   and

            # but
            not did b  # never
            # end
            """
        let canonical = """
            ---
            title: People  who look
            ---
            # who looked
            # inside
            did a where (p = 1 and q = 2)  # often
            and (vip = true or age > 3)
            # but
            and not did b  # never
            # end

            """
        let syntax = try SegmentSyntax(parsing: SourceText(name: "a", text: written))
        #expect(syntax.formatted == canonical)
        let again = try SegmentSyntax(parsing: SourceText(name: "a", text: canonical))
        #expect(again.root == syntax.root)
        #expect(again.formatted == canonical)
    }
}
