import Diagnostics
import Model
import Templating
import Testing

@Suite struct MarkdownTests {
    @Test(arguments: [
        ("# Hi *there*", "<h1>Hi <em>there</em></h1>"), ("a\nb  \nc", "<p>a\nb<br />\nc</p>"),
        ("~~x~~ **y** `z<`", "<p><del>x</del> <strong>y</strong> <code>z&lt;</code></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"), ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("- a\n\n- b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>"), ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        ("- a\n  - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"),
        ("***", "<hr />"), ("```swift\na < b\n```", "<pre><code class=\"language-swift\">a &lt; b\n</code></pre>"),
        (
            "| a | b |\n|:--|--:|\n| 1 | 2 |",
            "<table>\n<thead>\n<tr>\n<th align=\"left\">a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align=\"left\">1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>"
        ),
        ("https://example.com/a", "<p><a href=\"https://example.com/a\">https://example.com/a</a></p>"),
        ("![An *alt*](a b.png \"t\")", "<p>![An <em>alt</em>](a b.png &quot;t&quot;)</p>"),
        ("![An *alt*](<a b.png> \"t\")", "<p><img src=\"a%20b.png\" alt=\"An alt\" title=\"t\" /></p>"),
        ("<div class=\"x\">**a**</div>", "<div class=\"x\">**a**</div>"), ("\"quotes\" -- stay", "<p>&quot;quotes&quot; -- stay</p>"),
    ])
    func `Markdown becomes the HTML that cmark makes`(md: String, html: String) throws {
        #expect(try body(md) == html)
    }

    @Test(arguments: [
        ("Hello {{ contact.first_name }}!", "<p>Hello Ada &amp; Bob!</p>"),
        ("**{{ contact.first_name }}**_x_", "<p><strong>Ada &amp; Bob</strong><em>x</em></p>"),
        (
            "[go]({{ contact.url }} \"{{ contact.first_name }}\")",
            "<p><a href=\"https://e.com/?a=1&amp;b=2\" title=\"Ada &amp; Bob\">go</a></p>"
        ),
        (
            "[go](https://e.com/{{ contact.city }}?q={{ contact.city | url_encode }})",
            "<p><a href=\"https://e.com/Forl%C3%AC?q=Forl%C3%AC\">go</a></p>"
        ),
        ("`{{ contact.city }}`", "<p><code>Forlì</code></p>"),
        ("![{{ contact.city }}](x.png)", "<p><img src=\"x.png\" alt=\"Forlì\" /></p>"),
        ("{% if contact.city == \"Forlì\" %}*yes*{% endif %} & no", "<p><em>yes</em> &amp; no</p>"),
        ("{{ contact.html }} {{ contact.html | raw }}", "<p>&lt;b&gt; <b></p>"),
        ("{% raw %}{{ *x* }}{% endraw %}", "<p>{{ *x* }}</p>"), ("a {% comment %} *b* {{ c }} {% endcomment %}c", "<p>a c</p>"),
        ("<a title='{{ contact.city }}'>x</a>", "<p><a title='Forlì'>x</a></p>"),
    ])
    func `Liquid passes through Markdown untouched`(md: String, html: String) throws {
        let attributes: JSONObject = ["first_name": "Ada & Bob", "url": "https://e.com/?a=1&b=2", "city": "Forlì", "html": "<b>"]
        #expect(try body(md, attributes) == html)
    }

    @Test func `a loop over list items makes one list`() throws {
        let md = "- first\n{% for tag in contact.tags %}\n- {{ tag }}\n{% endfor %}\n- last"
        #expect(try squeezed(md, ["tags": .list(["x", "y"])]) == "<ul><li>first</li><li>x</li><li>y</li><li>last</li></ul>")
        #expect(
            try squeezed("{% for tag in contact.tags %}\n- {{ tag }}\n{% endfor %}", ["tags": .list(["x", "y"])])
                == "<ul><li>x</li><li>y</li></ul>")
    }

    @Test func `a loop over rows makes one table`() throws {
        let md = "| a | b |\n|---|---|\n{% for tag in contact.tags %}\n| {{ tag }} | 1 |\n{% endfor %}\n\nend"
        let html = try squeezed(md, ["tags": .list(["x", "y"])])
        #expect(
            html
                == "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>x</td><td>1</td></tr><tr><td>y</td><td>1</td></tr></tbody></table><p>end</p>"
        )
    }

    @Test func `a condition around a whole list leaves no empty list behind`() throws {
        let md = "Intro\n{% if contact.vip %}\n- a\n- b\n{% else %}\nnone\n{% endif %}\nOutro"
        #expect(try squeezed(md, ["vip": true]) == "<p>Intro</p><ul><li>a</li><li>b</li></ul><p>Outro</p>")
        #expect(try squeezed(md) == "<p>Intro</p><p>none</p><p>Outro</p>")
    }

    @Test(arguments: [
        ("- a\n{% if contact.vip %}\n- b\n{% endif %}\n- c", "<ul><li>a</li><li>b</li><li>c</li></ul>", "<ul><li>a</li><li>c</li></ul>"),
        ("- a\n{% if contact.vip %}\n- b\n{% endif %}\n\nend", "<ul><li>a</li><li>b</li></ul><p>end</p>", "<ul><li>a</li></ul><p>end</p>"),
        (
            "1. a\n\n   {% if contact.vip %}\n   more\n   {% endif %}\n2. b", "<ol><li><p>a</p><p>more</p></li><li><p>b</p></li></ol>",
            "<ol><li><p>a</p></li><li><p>b</p></li></ol>"
        ),
        (
            "> a\n> {% if contact.vip %}\n> b\n> {% endif %}\n> c", "<blockquote><p>a</p><p>b</p><p>c</p></blockquote>",
            "<blockquote><p>a</p><p>c</p></blockquote>"
        ),
        ("{% if contact.vip %}\n# T\n\ntext\n{% endif %}", "<h1>T</h1><p>text</p>", ""),
        ("{% if contact.vip %}\n{% for i in (1..2) %}\n- {{ i }}\n{% endfor %}\n{% endif %}", "<ul><li>1</li><li>2</li></ul>", ""),
        ("{% for i in (1..2) %}\n{% if contact.vip %}\n- {{ i }}\n{% endif %}\n{% endfor %}", "<ul><li>1</li><li>2</li></ul>", "<ul></ul>"),
        (
            "<table>\n{% if contact.vip %}\n<tr><td>x</td></tr>\n{% endif %}\n</table>", "<table><tr><td>x</td></tr></table>",
            "<table></table>"
        ),
        ("```\n{% if contact.vip %}\nx\n{% endif %}\n```", "<pre><code>x</code></pre>", "<pre><code></code></pre>"),
        ("{% assign x = 1 %}\n{% if contact.vip %}A{% endif %}{{ x }}", "<p>A1</p>", "<p>1</p>"),
        ("{% case contact.vip %}\n{% when true %}\nyes\n{% else %}\nno\n{% endcase %}", "<p>yes</p>", "<p>no</p>"),
    ])
    func `a tag alone on its line stands between blocks`(md: String, yes: String, no: String) throws {
        #expect(try squeezed(md, ["vip": true]) == yes)
        #expect(try squeezed(md) == no)
    }

    @Test(arguments: [
        ("text {% if contact.vip %}a\n\nb{% endif %}", 6, 2), ("**a{% if contact.vip %}b**{% endif %}", 4, 27),
        ("- a {% if contact.vip %}\n- b {% endif %}", 5, 5), ("[x{% if contact.vip %}](u){% endif %}", 4, 27),
        ("{% if contact.vip %}\n\n- a {% endif %}", 6, 5),
    ])
    func `what opens and closes under different parents is an error`(md: String, line: Int, column: Int) {
        let said = complaints { try load(md: md) }
        #expect(said.count == 1)
        #expect(
            said.first?.hasPrefix(
                "Templates/m.md:\(line):\(column): error: {% endif %} stands under another parent than {% if contact.vip %}") == true)
    }

    @Test func `a message nested like a bomb is refused`() {
        #expect(
            complaints { try load(md: String(repeating: "> ", count: 5000) + "x") } == [
                "Templates/m.md:4:1: error: quotes or lists are nested deeper than any message needs"
            ])
    }

    /// Without the line ends that nobody sees.
    private func squeezed(_ md: String, _ attributes: JSONObject = [:]) throws -> String {
        try body(md, attributes).split(separator: "\n").joined()
    }
}
