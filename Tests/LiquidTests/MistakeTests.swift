import Diagnostics
import Liquid
import Testing

/// Templates that are wrong, and how that is shown.
struct MistakeTests {
    @Test func `a misspelt filter is shown with a caret and the name that was meant`() {
        #expect(
            mistakes(in: "Hello\n{{ name | upcas }}") == [
                """
                test.md:2:11: error: there is no filter "upcas"
                2 | {{ name | upcas }}
                  |           ^~~~~ did you mean "upcase"?
                """
            ])
    }

    @Test func `a misspelt tag is shown with the name that was meant`() {
        #expect(
            mistakes(in: "{% asign x = 1 %}") == [
                """
                test.md:1:4: error: there is no tag "asign"
                1 | {% asign x = 1 %}
                  |    ^~~~~ did you mean "assign"?
                """
            ])
    }

    @Test(arguments: [
        ("{% if a %}x{% endfi %}", "test.md:1:15: error: there is no tag \"endfi\"", "endif"),
        ("{% if a %}x{% edn %}", "test.md:1:15: error: there is no tag \"edn\"", "endif"),
        ("{% for a in b %}x{% end %}", "test.md:1:21: error: there is no tag \"end\"", "endfor"),
        ("{% capture a %}x{% endcaptrue %}", "test.md:1:20: error: there is no tag \"endcaptrue\"", "endcapture"),
        ("{% if a %}x{% elseif b %}y{% endif %}", "test.md:1:15: error: there is no tag \"elseif\"", "elsif"),
        ("{% if a %}x{% elif b %}y{% endif %}", "test.md:1:15: error: there is no tag \"elif\"", "elsif"),
        ("{% if a %}x{% esle %}y{% endif %}", "test.md:1:15: error: there is no tag \"esle\"", "else"),
        ("{% fro a in b %}", "test.md:1:4: error: there is no tag \"fro\"", "for"),
        ("{% endfi %}", "test.md:1:1: error: endfi has nothing to close or divide", "endif"),
        ("{% rendr 'x' %}", "test.md:1:4: error: there is no tag \"rendr\"", "render"),
    ])
    func `a slip in the name of any tag is one mistake, with what was meant`(template: String, headline: String, meant: String) throws {
        let shown = mistakes(in: template)
        #expect(shown.count == 1)
        let first = try #require(shown.first)
        #expect(first.hasPrefix(headline + "\n") && first.hasSuffix("did you mean \"\(meant)\"?"), "\(first)")
    }

    @Test func `a slip of an outer end is not taken for the inner one`() {
        let shown = mistakes(in: "{% if a %}{% for b in c %}x{% endfi %}{% endfor %}{% endif %}")
        #expect(shown.map { $0.prefix { $0 != "\n" } } == ["test.md:1:28: error: endfi does not belong in for"])
    }

    @Test(arguments: ["{{ a | append: “x” }}", "{{ ‘x’ }}", "{% if a == „x“ %}{% endif %}", "{{ «x» }}"])
    func `curly quotes are told to be straight`(template: String) throws {
        let shown = try #require(mistakes(in: template).first)
        #expect(shown.contains("error: unexpected") && shown.hasSuffix("write straight quotes: \" or '"), "\(shown)")
    }

    @Test func `a missing partial is shown with the name that was meant`() {
        #expect(
            mistakes(in: "{% render 'foter' %}", partials: ["footer": ""]) == [
                """
                test.md:1:11: error: there is no partial "foter"
                1 | {% render 'foter' %}
                  |           ^~~~~~~ did you mean "footer"?
                """
            ])
    }

    @Test func `the first twenty missing partials are compared with those there are, more would take too long`() {
        let known = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("partial-number-\($0)-of-many", "") })
        let unknown = (0..<950).map { "{% render 'partial-numbr-\($0)-of-many' %}" }.joined()
        let shown = mistakes(in: unknown, partials: known)
        #expect(shown.count == 50)
        #expect(shown.filter { $0.contains("did you mean") }.count == 20)
        #expect(shown[0].contains("did you mean \"partial-number-0-of-many\"?"))
    }

    @Test(arguments: 0..<40) func `the place of a mistake is told however far in its line it stands`(distance: Int) throws {
        let shown = try #require(mistakes(in: "one\n\u{0B}two\n" + String(repeating: "x", count: distance) + "{{ a b }}").first)
        #expect(shown.hasPrefix("test.md:3:\(distance + 6): error: "), "\(shown)")
    }

    @Test func `a mistake in a partial is shown in the partial`() {
        let shown = mistakes(in: "{% render 'footer' %}", partials: ["footer": "\n{{ a b }}"])
        #expect(shown.map { $0.split(separator: "\n")[0] } == ["footer:2:6: error: unexpected \"b\" after the value"])
    }

    @Test func `all mistakes are shown at once`() {
        let shown = mistakes(in: "{{ a | nope1 }}{% if %}{{ b | nope2 }}{% endif %}{{ c")
        #expect(shown.count == 4)
    }

    @Test func `a thousand mistakes are shown as fifty`() {
        #expect(mistakes(in: String(repeating: "{{ a b }}", count: 1000)).count == 50)
    }

    @Test(arguments: [
        ("{{ a", "this {{ is never closed"),
        ("{% if a", "this {% is never closed"),
        ("{% if a %}x", "if is never closed"),
        ("{% for i in x %}{% if a %}{% endfor %}", "if is not closed before endfor"),
        ("{% endif %}", "endif has nothing to close or divide"),
        ("{% if a %}{% when 1 %}{% endif %}", "when does not belong in if"),
        ("{% raw %}x", "raw is never closed"),
        ("{% comment %}x", "comment is never closed"),
        ("{% capture x %}x", "capture is never closed"),
        ("{% if a = 1 %}{% endif %}", "unexpected \"=\" after the condition"),
        ("{% if (a) %}{% endif %}", "expected \"..\" of a range such as (1..5), found \")\""),
        ("{% if a && b %}{% endif %}", "unexpected \"&\""),
        ("{% assign x 1 %}", "expected \"=\" as in assign name = value, found \"1\""),
        ("{% for i of x %}{% endfor %}", "expected \"in\" as in for item in items, found \"of\""),
        ("{% for i in x limits: 1 %}{% endfor %}", "there is no option \"limits\" here"),
        ("{% render name %}", "render takes the partial's name in quotes"),
        ("{{ 'a | upcase }}", "a text that starts with ' is never closed"),
        ("{{ a | append }}", "append takes one argument, not 0"),
        ("{{ a | replace: 1, 2, 3 }}", "replace takes 1 to 2 arguments, not 3"),
        ("{{ a | default: 1, allow_flase: true }}", "default has no argument named \"allow_flase\""),
        ("{{ città }}", "unexpected \"à\""),
        ("{{ 99999999999999999999 }}", "this number is too large"),
        ("{{ a[0 }}", "expected \"]\""),
        ("{% %}", "a tag starts with its name"),
        ("{% # one\n two %}", "each line of this comment must start with #"),
        ("{% liquid raw %}", "raw cannot stand in a liquid tag"),
    ])
    func `a mistake says what was expected`(template: String, message: String) throws {
        let shown = try #require(mistakes(in: template).first)
        #expect(shown.contains("error: \(message)\n"), "\(shown)")
    }

    @Test func `a tag in an unclosed block is still read for its mistakes`() {
        #expect(mistakes(in: "{% if a %}{{ x | nope }}").count == 2)
    }

    @Test func `what the language ignores is warned about`() throws {
        let template = try parse("{% if a %}1{% else b %}2{% else %}3{% endif %}{% case a %}{% when 1 and 2 %}{% endcase %}")
        #expect(
            template.warnings.map(\.message) == [
                "what follows else is ignored", "a second else, or an elsif after it, is never reached",
                "everything from \"and\" on is ignored",
            ])
    }
}
