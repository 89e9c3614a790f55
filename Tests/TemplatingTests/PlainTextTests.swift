import Model
import Templating
import Testing
import Workspace

@Suite struct PlainTextTests {
    @Test(arguments: [
        ("# Title\n\nA *b* **c**.\n\n## Sub\n\nd", "Title\n=====\n\nA b c.\n\nSub\n---\n\nd\n"),
        ("- a\n- b\n  - c\n\n1. x\n2. y", "- a\n- b\n  - c\n\n1. x\n2. y\n"), ("> q\n>\n> r", "> q\n\n> r\n"),
        ("[label](https://e.com/x) in a line.", "label (https://e.com/x) in a line.\n"),
        ("[Go](https://e.com/x)", "Go: https://e.com/x\n"),
        ("https://e.com/x", "https://e.com/x\n"), ("[e.com](https://e.com/)", "https://e.com/\n"),
        ("[a](#b) [c](mailto:d@e.com)", "a c (d@e.com)\n"),
        ("![alt](x.png) ![](y.png)", "alt\n"), ("a\n\n***\n\nb", "a\n\n----------------------------------------\n\nb\n"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nend", "a | b\n1 | 2\n3 | 4\n\nend\n"), ("a  \nb", "a\nb\n"),
        ("```\nx  y\n\n  z\n```", "    x  y\n\n      z\n"), ("5 &lt; 6 &amp; \"7\"", "5 < 6 & \"7\"\n"),
    ])
    func `the text part is written from the message`(md: String, text: String) throws {
        #expect(try plain(md) == text)
    }

    @Test(arguments: [
        ("<table><tr><td>a</td><td>b</td></tr><tr><td><table><tr><td>c</td></tr></table></td></tr></table><p>d</p>", "a\nb\n\nc\n\nd\n"),
        ("<style>p{}</style><p>a</p><p style=\"color:red; display : none\">b</p><div hidden>c</div><title>t</title>", "a\n"),
        ("<head><title>T</title></head><body><div style='mso-hide:all'>x</div>y</body>", "y\n"),
        ("<p>a<!-- no --><!--[if mso]>no<![endif]-->b</p>", "ab\n"),
        ("<a href='https://e.com/'><img src='x' alt='Logo'></a>", "Logo: https://e.com/\n"),
        ("<p><a href='https://e.com/go'>Go</a></p>", "Go: https://e.com/go\n"),
        ("<table><tr><td><a href='https://e.com/go'>Buy now</a></td></tr></table>", "Buy now: https://e.com/go\n"),
        ("<p>a&nbsp;&nbsp; b&zwnj;&#847;</p>", "a b\n"), ("<p>a<br>b<br><br>c</p>", "a\nb\n\nc\n"),
        ("<ul><li><p>a</p><p>b</p></li><li>c</li></ul>", "- a\n\n  b\n\n- c\n"),
    ])
    func `layout, hidden parts and markup leave no trace`(html: String, text: String) throws {
        #expect(try plain(html: html) == text)
    }

    @Test(arguments: [
        ("{% if contact.no %}<p>a</p>{% else %}<p>b</p>{% endif %}", "b\n"),
        ("<title>t</title><style>p{color:red}</style>{% if contact.no %}<p>a</p>{% else %}<p>b</p>{% endif %}", "b\n"),
        ("{% if contact.no %}<style>p{color:red}</style>{% endif %}{% for i in (1..2) %}<p>{{ i }}</p>{% endfor %}", "1\n\n2\n"),
        ("<meta charset=utf-8>{% capture x %}<b>c</b>{% endcapture %}{{ x }}", "c\n"),
    ])
    func `tags in front of what begins the body of a page are in the text part`(html: String, text: String) throws {
        #expect(try plain(html: html) == text)
    }

    @Test(arguments: [
        ("<https://e.com/x>", "https://e.com/x?utm_source=s&utm_medium=m\n"),
        ("[e.com](https://e.com/)", "https://e.com/?utm_source=s&utm_medium=m\n"),
        ("[{{ contact.url }}]({{ contact.url }})", "https://e.com/y?utm_source=s&utm_medium=m\n"),
    ])
    func `a label that is its own address is written once, whatever the campaign adds`(md: String, text: String) throws {
        let use = TemplateUse(kind: .service, utm: [.init(name: "source", value: "s"), .init(name: "medium", value: "m")])
        #expect(try load(md: md, use: use).render(data(["url": "https://e.com/y"])).plain == text)
    }

    @Test func `conditions and loops work in the text part too`() throws {
        let md = """
            # Hi {{ contact.first_name | default: "you" }}

            {% if contact.vip %}
            For you, <b>{{ contact.city }}</b>:

            {% for tag in contact.tags %}
            - {{ tag }} & more
            {% endfor %}
            {% else %}
            Nothing.
            {% endif %}

            Bye{% if contact.vip %}, friend{% endif %}.
            """
        let template = try load(md: md)
        let attributes: JSONObject = ["first_name": "Ada", "vip": true, "city": "<Forlì>", "tags": .list(["x", "y"])]
        #expect(
            try template.render(data(attributes)).plain == """
                Hi Ada
                =========

                For you, <Forlì>:

                - x & more
                - y & more

                Bye, friend.

                """)
        #expect(try template.render(data()).plain == "Hi you\n=========\n\nNothing.\n\nBye.\n")
    }

    @Test func `a condition at the start of a box does not join it to the one before`() throws {
        let html =
            "<div>one</div><div>{% if contact.vip %}two{% else %}three{% endif %}</div><p>{% if contact.vip %}x{% endif %}</p><p>end</p>"
        #expect(try plain(html: html, ["vip": true]) == "one\ntwo\n\nx\n\nend\n")
        #expect(try plain(html: html) == "one\nthree\n\nend\n")
    }

    @Test func `a bullet stands in front of a condition, not in its first branch`() throws {
        let md = "- {% if contact.vip %}a{% else %}b{% endif %}\n- c"
        #expect(try plain(md, ["vip": true]) == "- a\n- c\n")
        #expect(try plain(md) == "- b\n- c\n")
    }

    @Test func `rows that a loop makes inside an HTML table stay in the loop`() throws {
        let html = "<table><tr><th>a</th></tr>{% for t in contact.tags %}<tr><td>{{ t }}</td></tr>{% endfor %}</table>"
        #expect(try plain(html: html, ["tags": .list(["x", "y"])]) == "a\nx\ny\n")
    }

    @Test(arguments: [("<blockquote>", "> > > > "), ("<ul><li>", "    "), ("<ol start=999999999><li>", "    ")])
    func `quotes and lists in one another stop moving to the right in the middle of the line`(tag: String, start: String) throws {
        let text = try plain(html: String(repeating: tag, count: 60) + "one<br>two")
        let last = try #require(text.split(separator: "\n").last)
        #expect(last.hasPrefix(start) && last.hasSuffix("two"), "\(text)")
        #expect((30...40).contains(last.utf8.count), "\(text)")
    }

    @Test func `long lines are broken between words, and addresses never`() throws {
        let address = "https://example.com/" + String(repeating: "long/", count: 30)
        let text = try plain("- " + String(repeating: "wörd ", count: 30) + "<\(address)> end")
        let lines = text.split(separator: "\n")
        #expect(lines.contains("  \(address)"))
        #expect(lines.allSatisfy { $0.count <= 72 || $0.hasPrefix("  https://") })
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") })
    }

    @Test func `a text part written by hand is taken as it is`() throws {
        let files = ["Templates/m.txt": "Hi {{ contact.first_name }} & co\n\n\n  *as is*  \n"]
        #expect(try plain("# Other", ["first_name": "<Ada>"], also: files) == "Hi <Ada> & co\n\n\n  *as is*  \n")
    }

    @Test func `values set in hidden parts hold further down`() throws {
        #expect(try plain(html: "<head>{% assign x = 'set' %}<title>t</title></head><body><p>{{ x }}</p></body>") == "set\n")
    }
}
