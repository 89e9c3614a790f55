import Diagnostics
import Liquid
import Testing

struct ReferenceTests {
    private func paths(_ template: String, partials: [String: String] = [:]) throws -> [String] {
        try parse(template, partials: partials).reading().references.map { $0.path.joined(separator: ".") }
    }

    @Test(arguments: [
        ("{{ contact.first_name }} {{ contact['last_name'] | upcase }}", ["contact.first_name", "contact.last_name"]),
        ("{{ a.b | default: c.d }}", ["a.b", "c.d"]),
        ("{% if a.b and c == d.e %}{{ a.b }}{% endif %}", ["a.b", "c", "d.e", "a.b"]),
        ("{% case a %}{% when b, 'x' %}{{ c }}{% endcase %}", ["a", "b", "c"]),
        ("{{ a[b.c].d }}", ["b.c", "a"]),
        ("{% for item in a.items %}{{ item.name }}{{ forloop.index }}{% endfor %}{{ item }}", ["a.items", "item"]),
        ("{% assign x = a.b %}{{ x.c }}{% capture y %}{{ d }}{% endcapture %}{{ y }}", ["a.b", "d"]),
        ("{% for i in (1..n) limit: m %}{{ i }}{% endfor %}", ["n", "m"]),
        ("{% cycle a, 'b' %}{% tablerow r in t cols: c %}{{ r }}{% endtablerow %}", ["a", "t", "c"]),
        ("{% render 'p', x: a.b %}", ["a.b", "data.z"]),
        ("{% assign y = 1 %}{% include 'p' %}", ["x.k", "data.z"]),
        ("{% render 'self' %}", ["q"]),
        ("{% for i in a %}{% assign y = b %}{{ c }}{% endfor %}{{ y }}", ["a", "b", "c"]),
    ])
    func `every path that reads data is found once, the template's own names are not`(template: String, expected: [String]) throws {
        #expect(try paths(template, partials: ["p": "{{ x.k }}{{ data.z }}", "self": "{{ q }}{% render 'self' %}"]) == expected)
    }

    @Test func `a reference in a partial stands in the partial's source`() throws {
        let template = try parse("{% render 'p' %}", partials: ["p": "  {{ data.z }}"])
        let reference = try #require(template.reading().references.first)
        #expect(reference.source.name == "p")
        #expect(reference.source.text(in: reference.span) == "data.z")
    }
}
