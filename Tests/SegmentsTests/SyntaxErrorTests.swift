import Diagnostics
import Testing

@testable import Segments

@Suite struct SyntaxErrorTests {
    private func message(_ text: String) -> String {
        do throws(DiagnosticList) {
            return "accepted: \(try SegmentSyntax(where: text).root)"
        } catch {
            guard let item = error.items.first else { return "" }
            let column = item.location.map { "\($0.column)" } ?? "-"
            return "\(column): \(item.message)" + (item.hint.map { " (\($0))" } ?? "")
        }
    }

    @Test(arguments: [
        ("", "-: the segment says nothing (write a condition, such as: consents to newsletter)"),
        ("# nothing", "-: the segment says nothing (write a condition, such as: consents to newsletter)"),
        (
            "a = 1 and b = 2 or c = 3",
            "17: `or` beside `and` can be read in two ways (put the part that belongs together in parentheses)"
        ),
        ("(a = 1", "1: a parenthesis is not closed (it ends with ))"), ("a = 1)", "6: this parenthesis closes nothing"),
        ("a = 1 adn b = 2", "7: `and`, `or` or the end is expected, not \"adn\" (did you mean \"and\"?)"),
        ("a = 1 AND b = 2", "7: `and`, `or` or the end is expected, not \"AND\" (write and)"),
        ("did a 3 times", "7: `and`, `or` or the end is expected, not \"3\" (write: exactly 3 times, or at least 3 times)"),
        ("did a once", "7: `and`, `or` or the end is expected, not \"once\" (write: exactly 1 time, or leave it out for at least once)"),
        (
            "did a on 2026-01-31",
            "7: `and`, `or` or the end is expected, not \"on\" (one day is written: between 2026-01-31 and 2026-01-31)"
        ),
        ("did not complain any", "9: `did not complain` is not a form of the language (write: not complained any)"),
        ("did not bounce any", "9: `did not bounce` is not a form of the language (write: not bounced any)"),
        ("was not sent any", "5: `not` stands before the whole condition (write: not was sent …)"),
        ("did a more than 3 times", "7: `more than` is said of time, not of how often (write: at least 4 times)"),
        ("did a less than 2 times in last 3 days", "7: `less than` is said of time, not of how often (write: at most 1 time)"),
        ("did a fewer than 2 times", "7: `and`, `or` or the end is expected, not \"fewer\" (write: at most 2 times)"),
        ("country == \"IT\"", "10: a value is expected, not \"=\" (equal is written =)"),
        ("country <> \"IT\"", "10: a value is expected, not \">\" (unequal is written !=)"),
        ("age => 3", "6: a value is expected, not \">\" (at least is written >=)"),
        ("sum of a.b > \"5\"", "14: a number is expected after >, not \"5\" (write 5 without quotes)"),
        (
            "sample 10%",
            "11: `seed` is expected after the share, not the end (the same seed picks the same people: sample 10% seed \"spring\")"
        ),
        ("country = IT", "11: a value is expected, not \"IT\" (texts go in quotes: \"IT\")"),
        ("country is \"IT\"", "12: `known`, `unknown` or a number of days is expected after `is`, not \"IT\" (equal is written =)"),
        ("zip = 00184", "7: \"00184\" is no number (write 184, or as a text: \"00184\")"),
        (
            "n = 9007199254740994",
            "5: \"9007199254740994\" has too many digits for a number (use up to 15, or write it as a text: \"9007199254740994\")"
        ),
        ("age > 012.50", "7: \"012.50\" is no number (write 12.5, or as a text: \"012.50\")"),
        ("d = 2026-02-30", "5: \"2026-02-30\" is no date (dates are written 2026-01-31, times 2026-01-31T09:00)"),
        ("d in last 30days", "11: \"30days\" is neither a number nor a date (leave a blank between a number and a word)"),
        ("d in last 3 months", "13: a month has no fixed length (say it in days)"),
        ("d in last 3 dyas", "13: a unit of time is expected, not \"dyas\" (did you mean \"days\"?)"),
        ("d in last 99999 weeks", "11: longer than a hundred years"),
        (
            "d in last 0 days",
            "11: no time at all (`today` is a form of the language)"
        ),
        ("d between 30 and 90 days ago", "11: nothing lies between these (the longer time ago comes first: between 90 and 30 days ago)"),
        ("d between 2026-03-01 and 2026-01-01", "11: nothing lies between these (the earlier date comes first)"),
        ("d before \"2026-01-01\"", "10: a date is expected, not a text (dates are written without quotes: 2026-01-31)"),
        ("city = “Rome”", "8: this is no quotation mark of the language (texts go between \" and \")"),
        ("city = \"Rome", "8: a text is not closed (texts go between \" and \" on one line)"),
        ("city = \"a\\qb\"", "10: this escape is not known (known are \\\" \\\\ \\n \\r \\t)"),
        ("`city = 1", "1: a name in backquotes is not closed (write `name with spaces`)"), ("`a\"b` = 1", "1: this can't be a name"),
        ("city not in (\"a\")", "6: `not` stands before the whole condition (write: not city …)"),
        ("city contains vip", "15: a value is expected, not \"vip\" (texts go in quotes: \"vip\")"),
        ("city cotnains \"x\"", "6: \"cotnains\" is no test (did you mean \"contains\"?)"),
        ("city contains 5", "15: a text is expected here (texts go in quotes: \"5\")"),
        ("city contains \"\"", "15: an empty text is in every text"),
        (
            "a.b = 1",
            "2: a dot can't stand here (a name with a dot goes in backquotes: `a.b`)"
        ),
        ("count = 3", "1: a condition is expected, not \"count\" (an attribute of that name goes in backquotes: `count`)"),
        ("a ≥ 3", "3: \"≥\" is not a sign of the language (write >=)"), ("and a = 1", "1: a condition is expected, not \"and\""),
        ("did not a at least 2 times", "11: `did not` means never, so it can't be counted (write: did EVENT at most 1 times)"),
        ("did a at least 0 times", "7: `at least 0 times` is true of everybody"),
        (
            "did a in last 7 days at least 2 times",
            "22: how many times stands before the time (did purchase at least 3 times in last 7 days)"
        ),
        ("did a within next 3 days", "7: the event can't be asked for in the future (write: in last 7 days)"),
        ("did a where p = 1", "13: `where` is followed by a parenthesis, not \"p\" (write: where (path = \"/pricing\"))"),
        ("did a where (did b)", "14: only the properties of the event can be asked here"),
        ("did today", "5: the name of an event is expected after `did`, not \"today\" (an event of that name goes in backquotes: `today`)"),
        ("consents to offers today", "20: `consents to` is about now and takes no time (write `consented to` for when it was said)"),
        ("sample 10 seed \"x\"", "8: a share is in percent (write: sample 10% seed \"spring\")"),
        ("sample 100% seed \"x\"", "8: a share is more than 0% and less than 100%"),
        ("language is italian-language-of-switzerland-and-more", "13: this is no language tag (tags look like it, en or pt-br)"),
        ("birthday has anniversary within next 2 hours", "38: this is about days of the calendar (say days or weeks)"),
    ])
    func `a mistake is told where it is, with what to do`(text: String, expected: String) {
        #expect(message(text) == expected)
    }

    @Test(arguments: [
        ("sum of purchase >= 3", "8: `sum of` takes a property of the event (such as: sum of purchase.amount)"),
        (
            "count of a.b >= 3",
            "12: `count of` counts events (write: count of a where (b is known), or distinct of a.b)"
        ),
        (
            "sum of a.b in last 9 days",
            "26: a comparison or `in top` is expected after the amount, not the end (such as: sum of a.b in last 9 days >= 100)"
        ),
        ("sum of a.b >= \"x\"", "15: a number is expected after >=, not \"x\""),
        ("sum of a.b >= 20%", "17: a percentage can't stand here (write: in top 20%)"),
        ("sum of a.b in top 20", "19: a share is in percent (write: in top 20%)"),
        ("sum of a.b in top 200%", "19: a share is more than 0% and less than 100%"),
        ("sum of a.b within next 3 days > 1", "12: the amount can't be asked for in the future (write: in last 7 days)"),
        ("sum a.b > 3", "1: a condition is expected, not \"sum\""),
        ("last a", "7: when is expected after `last a`, not the end (such as: last a more than 60 days ago, last a in last 30 days)"),
        (
            "last a.b",
            "9: a test is expected after \"b\", not the end (such as = \"…\", >= 3, in (…), contains \"…\", is known, in last 7 days)"
        ),
        ("last a less than 3 days ago", "8: `less than` is not a form of the language (write: in last 3 days)"),
        ("last a more then 3 days ago", "13: `than` is expected after `more`, not \"then\" (did you mean \"than\"?)"),
        ("did a then b", "13: `within` is expected after the second event, not the end (such as: did a then b within 2 hours)"),
        ("did a then b then c within 2 days", "14: a sequence has two events (join two sequences with `and`)"),
        ("did a in last 3 days then b within 2 hours", "22: `then` stands right after the first event (did A then B within 2 hours)"),
        ("did a with same x", "7: `with same` belongs to a sequence (did A then B within 2 hours with same NAME)"),
        ("did not a then b within 2 days", "11: `did not` and `then` can be read in two ways (write: not did a then …)"),
        ("did a then b within 2 days at least 2 times", "28: `and`, `or` or the end is expected, not \"at\""),
        ("did a then b within 3 months", "23: a month has no fixed length (say it in days)"),
        (
            "was spring",
            "5: `sent` is expected after `was`, not \"spring\""
        ),
        (
            "opened",
            "7: the name of a campaign or `any` is expected after `opened`, not the end (a name that starts with a digit or has blanks goes in backquotes)"
        ),
        ("opened \"x\"", "8: only what was clicked has an address (campaign names stand without quotes)"),
        (
            "clicked \"/pricing\"",
            "19: `in` and a campaign are expected after the address, not the end (write: clicked \"/pricing\" in spring-launch, or in any)"
        ),
        ("did not open x at least 2 times", "16: `did not` means never, so it can't be counted (write: did EVENT at most 1 times)"),
        (
            "opened x in last 3 days at least 2 times",
            "25: how many times stands before the time (did purchase at least 3 times in last 7 days)"
        ),
        (
            "received 2 messages",
            "10: how many is expected after `received`, not \"2\" (write: received fewer than 2 messages in last 7 days)"
        ),
        ("received fewer than 0 messages", "10: `fewer than 0 messages` is true of nobody"),
        ("received at least 0 messages", "10: `at least 0 messages` is true of everybody"),
        ("received at least 3 times", "21: `messages` is expected after the number, not \"times\""),
        ("opened = 3", "1: a condition is expected, not \"opened\" (an attribute of that name goes in backquotes: `opened`)"),
    ])
    func `a mistake in what people did or were sent is told where it is`(text: String, expected: String) {
        #expect(message(text) == expected)
    }

    @Test(arguments: ["open", "click"])
    func `an event may be called as engagement is`(name: String) throws {
        #expect(message("did not \(name) in last 3 days") == "accepted: did not \(name) in last 3 days")
    }

    @Test(arguments: [
        ("---\ntitle: x\n", 1, "the front matter is not closed"), ("---\ntitel: x\n---\na = 1", 2, "unknown key \"titel\""),
        ("---\ntitle: x\ntitle: y\n---\na = 1", 3, "the title is given twice"),
        ("---\nhello\n---\na = 1", 2, "a line of the front matter has no colon"),
    ])
    func `a mistake in the front matter is told at its line`(text: String, line: Int, expected: String) throws {
        let error = #expect(throws: DiagnosticList.self) { try SegmentSyntax(parsing: SourceText(name: "a", text: text)) }
        #expect(error?.items.first?.message == expected)
        #expect(error?.items.first?.location?.line == line)
    }

    @Test(arguments: [
        (String(repeating: "(", count: 200_000), "nested deeper"), (String(repeating: "not ", count: 60_000), "nested deeper"),
        (String(repeating: "a = 1 and ", count: 20_000) + "a = 1", "more than 400 conditions"),
        ("a in (" + String(repeating: "1,", count: 100_000) + "1)", "a list of more than"),
        (String(repeating: "did a where (", count: 15_000), "only the properties"),
        (String(repeating: "x", count: 1_000_000), "longer than"),
        ("`" + String(repeating: "x", count: 200_000), "not closed"),
        ("\"" + String(repeating: "\\\\", count: 100_000), "a condition is expected"),
    ])
    func `a huge or deeply nested text ends in an error`(text: String, expected: String) {
        #expect(message(text).contains(expected) || message(text).contains("not closed"))
    }

    @Test func `bytes that are no text are refused, and no bytes bring it down`() {
        let odd = SourceText(name: "a", bytes: Array("a = \"".utf8) + [0xFF, 0x22])
        let error = #expect(throws: DiagnosticList.self) { try SegmentSyntax(parsing: odd) }
        #expect(error?.items.first?.message == "the file is not UTF-8")

        var random = SeededGenerator(seed: 7)
        let pieces =
            ParserTests.forms.flatMap { $0.split(separator: " ").map { String($0) } } + [
                "(", ")", "---", "\n", "#", "`", "\"",
                "\\", "€", "\0",
            ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined(separator: Bool.random(using: &random) ? " " : "")
            guard let syntax = try? SegmentSyntax(parsing: SourceText(name: "a", text: text)) else { continue }
            let again = try? SegmentSyntax(where: syntax.root.description)
            #expect(again?.root == syntax.root, "\(text)")
        }
    }
}

/// The same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
