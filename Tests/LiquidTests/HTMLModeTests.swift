import Liquid
import Testing

struct HTMLModeTests {
    private let data: Object = ["x": "<b a=\"1\" c='2'>&</b>", "safe": .markup("<i>"), "list": ["<", .markup("<hr>")], "lines": "a<\nb"]
    private let escaped = "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&lt;/b&gt;"

    @Test(arguments: [
        ("{{ x }}", "ESC"), ("{% echo x %}", "ESC"), ("{{ x | raw }}", "RAW"), ("{{ x | escape }}", "ESC"),
        ("{{ x | escape | escape }}", "ESC"),
        ("{{ x | escape_once }}", "ESC"), ("{{ x | strip | raw }}", "RAW"), ("{{ x | raw | strip }}", "RAW"),
        ("{{ x | raw | downcase }}", "ESC"),
        ("{% capture y %}{{ x }}{% endcapture %}{{ y }}", "ESC"), ("{% assign y = x | raw %}{{ y }}", "RAW"),
        ("{% assign y = x %}{{ y }}", "ESC"),
        ("{{ nothing | default: x }}", "ESC"), ("{% cycle x, 1 %}", "ESC"),
        ("{% for i in list %}{{ i }}{% endfor %}{{ list }}", "&lt;<hr>&lt;<hr>"),
        ("{{ safe }}{{ safe | append: '<' }}{{ '<' | append: safe }}{{ '<' | prepend: safe }}", "<i><i>&lt;&lt;<i><i>&lt;"),
        ("{{ lines | newline_to_br }}", "a&lt;<br />\nb"), ("{{ lines | raw | newline_to_br }}", "a<<br />\nb"),
        ("{{ 'a&b' | upcase }}", "A&amp;B"),
        ("{{ '<a b>' | url_encode }}", "%3Ca+b%3E"), ("{{ 1.5 }}{{ 2 }}{{ true }}", "1.52true"), ("{{ '<' | split: '' | first }}", "&lt;"),
        ("{% render 'p', x: x %}{% include 'p' %}", "ESCESC"), ("<p>{% raw %}<{{ x }}>{% endraw %}", "<p><{{ x }}>"),
        ("{{ '<' | replace: '<', '<<' }}{{ safe | replace: 'i', 'b' }}", "&lt;&lt;&lt;b&gt;"),
        ("{{ list | join: '<br>' }}", "&lt;&lt;br&gt;&lt;hr&gt;"),
        ("{{ '<' | date: 'x' }}{{ x | truncate: 4, '' }}", "&lt;&lt;b a"), ("{{ object }}", "{&quot;k&quot;=&gt;&quot;&lt;&quot;}"),
    ])
    func `every value is escaped once unless it is markup`(template: String, result: String) throws {
        let all = Object(zip(data.names, data.values) + [("object", ["k": "<"] as Value)])
        let expected = result.replacing("ESC", with: escaped).replacing("RAW", with: "<b a=\"1\" c='2'>&</b>")
        #expect(try render(template, all, mode: .html, partials: ["p": "{{ x }}"]) == expected)
    }

    @Test func `text mode escapes only where it is told to`() throws {
        #expect(try render("{{ x }}{{ '<' | escape | escape }}{{ safe | escape }}", data) == "<b a=\"1\" c='2'>&</b>&amp;lt;&lt;i&gt;")
    }

    @Test func `no text can bring a character of markup into the output by any filter but raw`() throws {
        let hostile = "<>\"'&<script>\n\t %3Cimg%3E PGI+ &lt; &#60; é"
        let filters = [
            "capitalize", "downcase", "upcase", "strip", "lstrip", "rstrip", "squish", "strip_newlines", "newline_to_br", "escape",
            "escape_once",
            "strip_html",
            "url_encode", "url_decode", "base64_encode", "truncate: 10", "truncatewords: 2", "append: x", "prepend: x", "replace: 's', x",
            "replace: x, x", "remove: 's'", "split: '' | join: x", "slice: 0, 9", "default: x", "first", "last", "size", "date: x",
            "split: x | last",
            "sort | first", "uniq | join", "concat: l", "map: x", "where: x, x", "compact | join", "reverse | join",
            "sort_natural | join: x",
        ]
        for first in filters {
            for second in filters {
                let template = "{% assign y = x | \(first) %}{{ x | \(first) | \(second) }}{{ y }}{{ y | \(second) }}"
                guard let out = try? render(template, ["x": .string(hostile), "l": [.string(hostile)]], mode: .html) else { continue }
                let plain = out.replacing("<br />", with: "")
                #expect(!plain.contains { "<>\"'".contains($0) }, "\(first) | \(second): \(out)")
            }
        }
    }
}
