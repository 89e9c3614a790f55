import Liquid
import Testing

/// Templates that ask for too much end in an error, always at the same point.
struct LimitTests {
    private static let grown = "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..17) %}{% assign x = x | append: x %}{% endfor %}"

    @Test(arguments: [
        "{% for i in (1..1000000000) %}{% endfor %}",
        "{% for i in (-9223372036854775808..9223372036854775807) %}{% assign x = i %}{% endfor %}",
        "{% for i in (1..10000) %}{% for j in (1..10000) %}{{ j }}{% endfor %}{% endfor %}",
        "{% tablerow i in (1..1000000000) cols: 1 %}{% endtablerow %}",
        "{{ (1..1000000000) | join }}", "{{ (1..1000000000) | reverse | first }}",
        "{{ (-9223372036854775808..9223372036854775807) | sum }}",
        "{% assign x = 'a' %}{% for i in (1..100) %}{% assign x = x | append: x %}{% endfor %}",
        "{% assign x = 'a' %}{% for i in (1..100) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..100) %}{% assign x = x | replace: 'a', x %}{% endfor %}",
        "{% assign x = 'a,b' | split: ',' %}{% for i in (1..100) %}{% assign x = x | concat: x %}{% endfor %}",
        "{% assign x = (1..3000) | reverse %}{% for i in (1..10000) %}{% assign y = x | sort %}{% endfor %}",
        grown + "{% for i in (1..1000000) %}{{ x }}{% endfor %}",
        grown + "{% for i in (1..1000000) %}{{ x.size }}{% endfor %}",
        grown + "{% for i in (1..1000000) %}{% if x == blank %}{% endif %}{% endfor %}",
        grown + "{% assign y = x | append: 'b' %}{% for i in (1..1000000) %}{% if y contains x %}{% endif %}{% endfor %}",
        grown + "{% for i in (1..1000000) %}{{ o[x] }}{% endfor %}",
        grown + "{% for i in (1..1000000) %}{% cycle x: 1, 2 %}{% endfor %}",
        "{% assign x = (1..50000) | compact %}{% for i in (1..1000000) %}{% if x contains 0 %}{% endif %}{% endfor %}",
        "{% for i in (1..1000000) %}{{ 'now' | date: '%1000Y%1000Y' }}{% endfor %}",
        "{% for i in (1..1000000) %}{% cycle i: '' %}{% endfor %}",
        "{% render 'self' %}", "{% include 'fork' %}", "{% render 'p' for (1..1000000000) %}",
    ])
    func `a template that asks for too much is stopped`(template: String) throws {
        let partials = ["self": "{% render 'self' %}", "fork": "{% include 'fork' %}{% include 'fork' %}", "p": ""]
        let error = try #require(throws: RenderError.self) { try render(template, ["o": ["a": 1]], partials: partials) }
        #expect(error.kind == .limit, "\(error)")
    }

    @Test(arguments: [
        String(repeating: "{% if a %}", count: 5000), "{{ " + String(repeating: "a[", count: 5000) + " }}",
        "{{ " + String(repeating: "(", count: 5000),
        "{% " + String(repeating: "liquid ", count: 5000) + "%}", String(repeating: "{% comment %}", count: 5000),
    ])
    func `a template that is nested without an end is refused`(template: String) {
        #expect(!mistakes(in: template).isEmpty)
    }

    @Test func `a long chain of filters and a long condition are no problem`() throws {
        #expect(try render("{{ 'a'" + String(repeating: " | upcase", count: 5000) + " }}") == "A")
        #expect(try render("{% if a" + String(repeating: " or a", count: 5000) + " or true %}x{% endif %}") == "x")
    }

    @Test func `each bound holds by itself`() throws {
        var limits = Limits(steps: 100, depth: 5, outputBytes: 20, valueBytes: 20)
        #expect(try render("{% for i in (1..10) %}{{ i }}{% endfor %}", limits: limits) == "12345678910")
        #expect(throws: RenderError.self) { try render("{% for i in (1..20) %}{{ i }}{% endfor %}", limits: limits) }
        #expect(throws: RenderError.self) {
            try render("{% for i in (1..60) %}{% endfor %}{% for i in (1..60) %}{% endfor %}", limits: limits)
        }
        #expect(throws: RenderError.self) { try render("{% assign x = 'aaaaaaaaaa' | append: 'bbbbbbbbbbb' %}", limits: limits) }
        limits.depth = 1
        #expect(throws: RenderError.self) {
            try render("{% for i in (1..2) %}{% for j in (1..2) %}{% endfor %}{% endfor %}", limits: limits)
        }
    }

    @Test func `a rendering that fails leaves the output as it was`() throws {
        let template = try parse("written{{ 1 | divided_by: 0 }}")
        var out: [UInt8] = [1, 2, 3]
        #expect(throws: RenderError.self) { try template.render(Scope(), into: &out) }
        #expect(out == [1, 2, 3])
    }

    @Test func `data that is nested deeper than anybody means is cut off`() throws {
        var value: Value = "x"
        for _ in 0..<1000 { value = .array([value]) }
        #expect(try render("{{ v }}{% if v == v %}{% endif %}", ["v": value]) == "")
        #expect(throws: RenderError.self) { try render("{{ v | join }}", ["v": value]) }
    }
}
