import Diagnostics
import Liquid
import Testing

struct ReferenceTests {
    private func paths(_ template: String, partials: [String: String] = [:]) throws -> [String] {
        try parse(template, partials: partials).references.map {
            $0.path.joined(separator: ".") + ($0.hasDefault ? " default" : "") + ($0.isGuarded ? " guarded" : "")
        }
    }

    @Test(arguments: [
        ("{{ contact.first_name }} {{ contact['last_name'] | upcase }}", ["contact.first_name", "contact.last_name"]),
        ("{{ a.b | default: c.d }}", ["a.b default", "c.d"]),
        ("{{ a.b | upcase | default: 'x' }}", ["a.b"]),
        ("{{ a.list[n].name }}", ["n", "a.list"]),
        ("{% if a.b %}{{ a.b }}{{ a.b.c }}{{ a.x }}{% endif %}{{ a.b }}", ["a.b guarded", "a.b guarded", "a.b.c guarded", "a.x", "a.b"]),
        ("{% unless a %}{% else %}{{ a.b }}{% endunless %}", ["a guarded", "a.b guarded"]),
        ("{% case a.b %}{% when c %}{{ a.b }}{% endcase %}", ["a.b guarded", "c guarded", "a.b guarded"]),
        ("{% for item in a.items %}{{ item.name }}{{ forloop.index }}{% endfor %}{{ item }}", ["a.items", "item"]),
        ("{% assign x = a.b %}{{ x.c }}{% capture y %}{{ d }}{% endcapture %}{{ y }}", ["a.b", "d"]),
        ("{% for i in (1..n) limit: m %}{{ i }}{% endfor %}", ["n", "m"]),
        ("{% cycle a, 'b' %}{% tablerow r in t cols: c %}{{ r }}{% endtablerow %}", ["a", "t", "c"]),
        ("{% render 'p', x: a.b %}", ["a.b", "data.z"]),
        ("{% assign y = 1 %}{% include 'p' %}", ["x.k", "data.z"]),
        ("{% render 'self' %}", ["q"]),
    ])
    func `every path that reads data is found, the template's own names are not`(template: String, expected: [String]) throws {
        #expect(try paths(template, partials: ["p": "{{ x.k }}{{ data.z }}", "self": "{{ q }}{% render 'self' %}"]) == expected)
    }

    @Test func `a reference in a partial stands in the partial's source`() throws {
        let template = try parse("{% render 'p' %}", partials: ["p": "  {{ data.z }}"])
        let reference = try #require(template.references.first)
        #expect(reference.source.name == "p")
        #expect(reference.source.text(in: reference.span) == "data.z")
    }
}
