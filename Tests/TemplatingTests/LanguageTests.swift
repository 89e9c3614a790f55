import Diagnostics
import Foundation
import Liquid
import Model
import Testing
import Workspace

@testable import Templating

@Suite struct FormatTests {
    static func money(_ value: Value, _ currency: String, _ language: String) throws -> String {
        let tag = try #require(LanguageTag(language))
        let pattern = try #require(Languages().money(currency, tag))
        return try written(value, pattern, pattern.fraction)
    }

    static func number(_ value: Value, _ language: String, places: Int? = nil) throws -> String {
        let tag = try #require(LanguageTag(language))
        let pattern = try #require(Languages().numbers(tag))
        return try written(value, pattern, places.map { $0...$0 } ?? pattern.fraction)
    }

    private static func written(_ value: Value, _ pattern: NumberPattern, _ fraction: ClosedRange<Int>) throws -> String {
        var out: [UInt8] = []
        pattern.write(try #require(ExactNumber(value)), fraction: fraction, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(arguments: [
        ("1234.5", "EUR", "de", "1.234,50\u{A0}€"), ("12345.5", "EUR", "it", "12.345,50\u{A0}€"), ("1234567", "INR", "hi", "₹12,34,567.00"),
        ("-3", "EUR", "en", "-€3.00"), ("1234.5", "JPY", "ja", "¥1,235"), ("1.2345", "KWD", "en", "KWD\u{A0}1.235"),
        ("19.90", "EUR", "fr", "19,90\u{A0}€"), ("0.005", "USD", "en", "$0.01"), ("-0.001", "USD", "en", "$0.00"),
    ])
    func `money is written as its reader writes it`(amount: String, currency: String, language: String, expected: String) throws {
        #expect(try Self.money(.string(amount), currency, language) == expected)
    }

    @Test(
        arguments: [
            (Value.decimal(1234.5), "de", nil, "1.234,5"), (.integer(1234), "es", nil, "1234"), (.integer(12345), "es", nil, "12.345"),
            (.decimal(0.1), "en", nil, "0.1"), (.decimal(1e21), "en", nil, "1,000,000,000,000,000,000,000"),
            (.string(" 7.00 "), "en", nil, "7"),
            (.string("2.675"), "en", 2, "2.68"), (.integer(5), "de-CH", 2, "5.00"), (.decimal(1e-7), "en", 7, "0.0000001"),
            (.string("99.995"), "en", 2, "100.00"), (.integer(-1_234_567), "de-CH", nil, "-1’234’567"),
        ] as [(Value, String, Int?, String)])
    func `numbers keep every digit they are given`(value: Value, language: String, places: Int?, expected: String) throws {
        #expect(try Self.number(value, language, places: places) == expected)
    }

    @Test(arguments: ["", "abc", "1,5", "1.", ".5", "1e999", "12a", "--1", String(repeating: "9", count: 60)])
    func `what is no number is none`(text: String) {
        #expect(ExactNumber(.string(text)) == nil)
    }

    /// Our own writing against Foundation's, which taught it.
    @Test func `every language writes numbers and money as Foundation does`() throws {
        var generator = SystemRandomNumberGenerator()
        let languages = Set(Locale.availableIdentifiers.compactMap { LanguageTag(String($0.prefix { $0 != "@" })) })
        let currencies = ["EUR", "USD", "JPY", "KWD", "CHF", "INR"]
        #expect(languages.count > 400)
        for language in languages.sorted(by: { $0.identifier < $1.identifier }) {
            let memory = Languages()
            let numbers = try #require(memory.numbers(language), "\(language)")
            let currency = currencies.randomElement(using: &generator) ?? "EUR"
            let money = try #require(memory.money(currency, language), "\(language)")
            for _ in 0..<12 {
                let digits = Int.random(in: 1...12, using: &generator)
                let coefficient = Int64.random(in: 1...Int64(pow(10.0, Double(digits))), using: &generator)
                let places = Int.random(in: 0...5, using: &generator)
                let sign = Bool.random(using: &generator) ? "-" : ""
                let whole = String(repeating: "0", count: 8) + String(coefficient)
                let text = "\(sign)\(whole.dropLast(places)).\(String(whole.suffix(places)))0"
                let decimal = try #require(Decimal(string: text))
                let plain = Decimal.FormatStyle(locale: language.locale).precision(.fractionLength(0...3))
                    .rounded(rule: .toNearestOrAwayFromZero)
                let amount = Decimal.FormatStyle.Currency(code: currency, locale: language.locale).rounded(rule: .toNearestOrAwayFromZero)
                for (pattern, expected) in [(numbers, decimal.formatted(plain)), (money, decimal.formatted(amount))] {
                    var out: [UInt8] = []
                    let number = try #require(ExactNumber(.string(text)), "\(text)")
                    pattern.write(number, fraction: pattern.fraction, into: &out)
                    let isNothing = number.rounded(to: pattern.fraction.upperBound).digits.isEmpty
                    // ICU writes a minus before nothing; a person does not.
                    if !isNothing { #expect(String(decoding: out, as: UTF8.self) == expected, "\(language) \(currency) \(text)") }
                }
            }
        }
    }

    @Test(arguments: [
        ("it", "it"), ("IT", "it"), ("it-ch", "it_CH"), ("pt_BR", "pt_BR"), ("zh-tw", "zh_Hant_TW"), ("sr-latn", "sr_Latn"),
        ("de-XX", "de"),
        ("xx", nil), ("", nil), ("../../etc", nil), (String(repeating: "a", count: 100), nil),
    ])
    func `a tag from data finds a language or none`(tag: String, expected: String?) {
        #expect(LanguageTag(tag)?.identifier == expected)
    }
}

@Suite struct LanguageFilterTests {
    static let strings = """
        unsubscribe: {en: Unsubscribe, it: Annulla l’iscrizione, pt-br: Cancelar}
        greeting:
          en: Hello {{ name }}
          it: Ciao {{ name }}, sei {{ name }}
          pt-br: Oi {{ name }}
        """

    static func plain(_ md: String, _ attributes: JSONObject = [:], zone: String = "UTC") throws -> String {
        let template = try load(md: md, also: ["Templates/strings.yaml": strings])
        var data = try data(attributes)
        data.zone = try #require(Zone(zone))
        return try template.render(data).plain.trimmingCharacters(in: .newlines)
    }

    @Test(arguments: [
        ("en", "Unsubscribe"), ("it", "Annulla l’iscrizione"), ("it-CH", "Annulla l’iscrizione"), ("pt_BR", "Cancelar"),
        ("pt", "Unsubscribe"),
        ("de", "Unsubscribe"), ("", "Unsubscribe"),
    ])
    func `a text comes in the reader's language, or the nearest there is`(language: String, expected: String) throws {
        #expect(try Self.plain("{{ 'unsubscribe' | t }}", ["language": .text(language)]) == expected)
    }

    @Test func `a text is filled by name, and what fills it is escaped`() throws {
        let md = "{{ 'greeting' | t: name: contact.first_name }}"
        #expect(try Self.plain(md, ["language": "it", "first_name": "Ada"]) == "Ciao Ada, sei Ada")
        let template = try load(md: md, also: ["Templates/strings.yaml": Self.strings])
        #expect(try template.render(data(["first_name": "<b>"])).body == "<p>Hello &lt;b&gt;</p>")
    }

    @Test(arguments: [
        ("{{ contact.total | money: 'EUR' }}", "12.345,60\u{A0}€"), ("{{ contact.total | money: 'EUR', 'en' }}", "€12,345.60"),
        ("{{ contact.total | number: 1 }}", "12.345,6"), ("{{ contact.total | number: 'en', 2 }}", "12,345.60"),
        ("{{ contact.nothing | money: 'EUR' | default: '–' }}", "–"), ("{{ contact.word | money: 'EUR' }}", "gratis"),
        ("{{ '2026-11-02T23:30:00Z' | date: '%A %e %B %H:%M' }}", "martedì 3 novembre 00:30"),
        ("{{ '2026-11-02T09:30:00Z' | date: '%A %-d %B', 'en' }}", "Monday 2 November"),
        ("{{ '2026-11-02T09:30:00Z' | date: '%a %d %b %Y', 'pl' }}", "pon. 02 lis 2026"),
        ("{{ '2026-11-02' | date: '%-d %B', 'pl' }}", "2 listopada"), ("{{ '2026-11-02' | date: '%B %Y', 'pl' }}", "listopad 2026"),
        ("{{ contact.word | date: '%Y' }}", "gratis"),
    ])
    func `numbers and dates speak the reader's language in the reader's zone`(md: String, expected: String) throws {
        let attributes: JSONObject = ["language": "it", "total": "12345.60", "word": "gratis"]
        #expect(try Self.plain(md, attributes, zone: "Europe/Rome").replacing("\u{20}\u{20}", with: " ") == expected)
    }

    @Test func `each date of a message is its own, and the text shows those of the page`() throws {
        let asked = [
            ("contact.a | date: '%-d %B'", "2 novembre"), ("contact.a | date: '%-d %B', 'en'", "2 November"),
            ("contact.b | date: '%-d %B'", "3 marzo"),
            ("contact.a | date: '%Y'", "2026"), ("contact.a | date: '%-d %B', 'pl'", "2 listopada"),
            ("contact.b | date: '%B', 'en'", "March"),
            ("contact.b | date: '%B'", "marzo"), ("contact.c | date: '%B'", "non so"), ("contact.b | date: '%-d'", "3"),
            ("contact.a | date: '%-d'", "2"), ("contact.a | date: '%m'", "11"), ("contact.b | date: '%m'", "03"),
            ("contact.d | date: '%Y'", "1970"), ("contact.a | date: contact.e", "Mo"),
        ]
        let md = asked.map { "{{ \($0.0) }}" }.joined(separator: "; ")
        let attributes: JSONObject = ["language": "it", "a": "2026-11-02", "b": "2027-03-03", "c": "non so", "d": 86400, "e": "Mo"]
        let message = try load(md: md + "\n\n" + md).render(data(attributes))
        let once = asked.map(\.1).joined(separator: "; ")
        #expect(message.body == "<p>\(once)</p>\n<p>\(once)</p>")
        #expect(
            message.plain.split(separator: "\n\n").map { $0.replacing("\n", with: " ").trimmingCharacters(in: .whitespacesAndNewlines) }
                == [once, once])
    }

    @Test(arguments: [
        ("{{ 'unsubscirbe' | t }}", "Templates/m.md:4:4: error: there is no text \"unsubscirbe\" [did you mean \"unsubscribe\"?]"),
        ("{{ 'greeting' | t }}", "Templates/m.md:4:17: error: the text \"greeting\" needs \"name\" [give it: t: name: …]"),
        (
            "{{ 'unsubscribe' | t: nam: 1 }}",
            "Templates/m.md:4:20: error: the text \"unsubscribe\" has no place for \"nam\" [write {{ nam }} into it, or leave it out here]"
        ),
        ("{{ 1 | money: 'EURO' }}", "Templates/m.md:4:8: error: there is no currency \"EURO\" [did you mean \"EUR\"?]"),
        ("{{ 1 | money: 'EUR', 'itt' }}", "Templates/m.md:4:8: error: there is no language \"itt\" [did you mean \"it\"?]"),
        ("{{ 1 | number: 99 }}", "Templates/m.md:4:8: error: a number has 0 to 20 digits behind the point"),
        ("{{ 1 | money }}", "Templates/m.md:4:8: error: money takes 1 to 2 arguments, not 0"),
        (
            "{{ now | date: '%B', 'klingon' }}",
            "Templates/m.md:4:10: error: there is no language \"klingon\" [write a tag such as \"it\" or \"pt-br\"]"
        ),
    ])
    func `what is written out wrongly is pointed at`(md: String, expected: String) {
        let said = complaints { try load(md: md, also: ["Templates/strings.yaml": Self.strings]) }
        #expect(said == [expected])
    }

    @Test func `a language that a text lacks is a warning where the text is`() {
        let strings = "a: {en: A, it: A}\nb:\n  it: B\n"
        let said = complaints { try load(md: "{{ 'b' | t }}", also: ["Templates/strings.yaml": strings]) }
        #expect(said == ["Templates/strings.yaml:2:1: warning: the text \"b\" is missing in en"])
    }

    @Test(arguments: [
        ("a: {xx: A}", "Templates/strings.yaml:1:5: error: there is no language \"xx\""),
        ("a: text", "Templates/strings.yaml:1:4: error: \"a\" must be a mapping"),
        ("a: {en: \"{{ x\"}", "Templates/strings.yaml:1:9: error: a {{ in this text is never closed"),
    ])
    func `mistakes of the texts are pointed at`(strings: String, expected: String) {
        let said = complaints { try load(md: "{{ 'a' | t }}", also: ["Templates/strings.yaml": strings]) }
        #expect(said.count == 1 && said[0].hasPrefix(expected), "\(said)")
    }

    @Test(arguments: [
        ("<p>A <b>b</b> &amp; c</p><p>d<br>e</p>", "A b & c d e"), ("1 < 2 &lt; 3", "1 < 2 < 3"),
        ("x&nbsp;€&#8217;&#x2019;&bogus;", "x €’’&bogus;"),
        ("<style>p{}</style><!-- c -->a", "a"), ("plain", "plain"), ("&#0;&#xD800;", "&#0;&#xD800;"), ("a<", "a<"),
    ])
    func `raw HTML reads as text in the text part`(html: String, expected: String) throws {
        #expect(MarkupText.plain(html) == expected)
        let message = try load(md: "x {{ contact.x | raw }} y").render(data(["x": .text(html)]))
        #expect(message.body == "<p>x \(html) y</p>")
        #expect(message.plain.split(whereSeparator: \.isWhitespace) == "x \(expected) y".split(whereSeparator: \.isWhitespace))
    }

    @Test func `texts are read only where a template uses them`() throws {
        let files = RecordingFiles(
            FrozenFiles(texts: ["Templates/m.md": "---\nsubject: S\n---\nx", "Templates/strings.yaml": "a: {en: A}"]))
        _ = try TemplateLibrary(files: files).load("m", for: TemplateUse(kind: .service))
        #expect(files.frozen.files["Templates/strings.yaml"] == nil)
    }
}
