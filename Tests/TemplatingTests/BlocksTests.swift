import Diagnostics
import Model
import Templating
import Testing
import Workspace

@Suite struct NamedBlocksTests {
    static let layouts = [
        "Templates/layouts/l.html": "<h1>{% block header %}Default{% endblock %}</h1>{{ content }}<i>{% block foot %}F{% endblock %}</i>"
    ]

    static func page(_ md: String) throws -> String {
        try load(md: md, also: layouts, front: "layout: l\n").render(data(["first_name": "A&B"])).page
    }

    @Test func `a template fills the blocks it names, and the layout the others`() throws {
        #expect(try Self.page("x") == "<h1>Default</h1><p>x</p>\n<i>F</i>")
        let md = "{% block header %}\n**{{ contact.first_name }}**\n{% endblock %}\n\nx\n\n{%- block foot -%} a {%- endblock foot -%}\n"
        #expect(try Self.page(md) == "<h1><p><strong>A&amp;B</strong></p>\n</h1><p>x</p>\n<i><p>a</p>\n</i>")
    }

    @Test func `an HTML template fills blocks as they are`() throws {
        let files = Self.layouts.merging(["Templates/m.html": "---\nsubject: S\nlayout: l\n---\n{% block header %}A{% endblock %}<p>x</p>"])
        { $1 }
        #expect(try library(files).load("m", for: TemplateUse(kind: .service)).render(data()).page == "<h1>A</h1><p>x</p><i>F</i>")
    }

    @Test(arguments: [
        (
            "{% block haeder %}x{% endblock %}",
            "Templates/m.md:5:1: error: the layout l has no block \"haeder\" [did you mean \"header\"?]"
        ),
        ("{% block a %}x{% endblock %}", "Templates/m.md:5:1: error: the layout l has no block \"a\" [it has: header, foot]"),
        (
            "{% block foot %}x{% endblock %}\n{% block foot %}y{% endblock %}",
            "Templates/m.md:6:1: error: the block \"foot\" is there already, on line 5"
        ),
        (
            "{% block foot %}{% block header %}y{% endblock %}",
            "Templates/m.md:5:17: error: a block can't stand in a block"
        ),
        (
            "{% if now %}{% block foot %}x{% endblock %}{% endif %}",
            "Templates/m.md:5:13: error: a block can't stand within if [put the if into the block]"
        ),
        ("{% block foot %}x", "Templates/m.md:5:1: error: block is never closed [{% endblock %} is missing]"),
        ("x{% endblock %}", "Templates/m.md:5:2: error: endblock has nothing to close"),
        ("{% block %}x{% endblock %}", "Templates/m.md:5:1: error: a block needs a name [write {% block header %}]"),
        (
            "{% block \"foot\" %}x{% endblock %}",
            "Templates/m.md:5:1: error: a block's name has letters, digits, - and _ only [write {% block header %}]"
        ),
        (
            "{% block foot %}x{% endblock header %}",
            "Templates/m.md:5:18: error: this closes the block \"header\", and \"foot\" is open"
        ),
    ])
    func `mistakes with blocks are pointed at`(md: String, expected: String) {
        let said = complaints { try load(md: md, also: Self.layouts, front: "layout: l\n") }
        #expect(said.first == expected, "\(said)")
    }

    @Test func `a block needs a layout, and does not stand in a partial`() {
        #expect(
            complaints { try load(md: "{% block a %}x{% endblock %}") } == [
                "Templates/m.md:4:1: error: there is no layout for the block \"a\" [name one in the front matter: layout: NAME]"
            ])
        let said = complaints {
            try load(md: "{% render 'p' %}", also: ["Templates/partials/p.html": "\n{% block a %}x{% endblock %}"])
        }
        #expect(said.contains("Templates/partials/p.html:2:1: error: blocks stand in layouts and templates, not in partials"), "\(said)")
    }
}

@Suite struct ButtonTests {
    static let utm = TemplateUse(kind: .service, utm: [.init(name: "campaign", value: "s")])

    @Test(arguments: [
        ("{% button \"https://e.com/?a=1&b=2\" %}Go & see{% endbutton %}", "https://e.com/?a=1&amp;b=2&amp;utm_campaign=s", "Go & see"),
        ("{% button contact.url %}{{ contact.label | upcase }}{% endbutton %}", "https://e.com/x?utm_campaign=s", "A&lt;B"),
        ("{%- button contact.none | default: 'https://d.com' -%}\n Go\n now\n{%- endbutton -%}", "https://d.com?utm_campaign=s", "Go now"),
        ("- {% button \"https://e.com\" %}Go{% endbutton %}", "https://e.com?utm_campaign=s", "Go"),
        ("{% if contact.url %}{% button \"https://e.com\" %}Go{% endbutton %}{% endif %}", "https://e.com?utm_campaign=s", "Go"),
        ("{% if contact.url %}\n{% button \"https://e.com\" %}Go{% endbutton %}\n{% endif %}\nText", "https://e.com?utm_campaign=s", "Go"),
        ("{% button contact.bad %}Go{% endbutton %}", "#", "Go"),
    ])
    func `a button is a link in a box of its own`(md: String, address: String, label: String) throws {
        let attributes: JSONObject = ["url": "https://e.com/x", "label": "a<b", "bad": "javascript:alert(1)"]
        let page = try load(md: md, use: Self.utm).render(data(attributes)).body
        #expect(page.contains("<a class=\"button\" href=\"\(address)\" style="), "\(page)")
        #expect(page.contains(">\(label)</a></td></tr></table>"), "\(page)")
        #expect(!page.contains("<p><table"))
    }

    @Test func `a reader's own links get no parameters, in page and text`() throws {
        let md = """
            {% assign leave = links.unsubscribe %}{% button leave %}Leave{% endbutton %}

            {% assign choose = links.preferences %}[Choose]({{ choose }}) [Read]({{ contact.url }})
            """
        let message = try load(md: md, use: Self.utm).render(data(["url": "https://e.com/x"]))
        #expect(message.page.contains("href=\"https://news.example.com/u/abc?x=1&amp;y=2\""), "\(message.page)")
        #expect(message.page.contains("href=\"https://news.example.com/p/abc\""), "\(message.page)")
        #expect(message.page.contains("href=\"https://e.com/x?utm_campaign=s\""), "\(message.page)")
        #expect(message.plain.contains("https://news.example.com/u/abc?x=1&y=2\n"), "\(message.plain)")
        #expect(message.plain.contains("https://e.com/x?utm_campaign=s"), "\(message.plain)")
    }

    @Test func `in the text part it reads as a link does`() throws {
        let message = try load(md: "a\n\n{% button \"https://e.com/x\" %}See *it*{% endbutton %}\n\nb").render(data())
        #expect(message.plain == "a\n\nSee *it*: https://e.com/x\n\nb\n")
        let partial = ["Templates/partials/p.html": "<div>{% button url %}Go{% endbutton %}</div>"]
        let rendered = try load(md: "{% render 'p', url: 'https://e.com/y' %}", also: partial).render(data())
        #expect(rendered.plain == "Go: https://e.com/y\n")
        #expect(rendered.page.contains("href=\"https://e.com/y\""))
    }

    @Test(arguments: [
        ("{% button %}x{% endbutton %}", "Templates/m.md:4:1: error: a button needs its address [write {% button \"https://…\" %}]"),
        ("{% button \"u\" %} {% endbutton %}", "Templates/m.md:4:1: error: a button needs a label [write it before {% endbutton %}]"),
        ("{% button \"u\" %}x", "Templates/m.md:4:1: error: button is never closed [{% endbutton %} is missing]"),
        ("x\n{% endbutton %}", "Templates/m.md:5:1: error: endbutton has nothing to close"),
        (
            "a {% button \"u\" %}x{% endbutton %}",
            "Templates/m.md:4:3: error: a button stands on a line of its own [put an empty line before it, or write [label](address)]"
        ),
        (
            "{% button contact.url | upcsae %}x{% endbutton %}",
            "Templates/m.md:4:25: error: there is no filter \"upcsae\" [did you mean \"upcase\"?]"
        ),
        (
            "{% button \"example.com\" %}x{% endbutton %}",
            "Templates/m.md:4:12: warning: this link has no scheme and leads nowhere [did you mean \"https://example.com\"?]"
        ),
    ])
    func `mistakes with buttons are pointed at`(md: String, expected: String) {
        let said = complaints { try load(md: md) }
        #expect(said.first == expected, "\(said)")
    }
}

@Suite struct SegmentReferenceTests {
    @Test func `a template says which segments it asks about, and shows who is in them`() throws {
        let md = "{% if contact.segments contains \"vip\" %}V{% elsif contact.segments contains 'new' %}N{% else %}-{% endif %}"
        let template = try load(md: md)
        #expect(template.segments == ["new", "vip"])
        for (segments, expected) in [(["vip"], "V"), (["new"], "N"), (["new", "vip"], "V"), ([], "-"), (["vip2"], "-")] {
            var data = try data(["segments": "vip"])
            data.segments = segments
            #expect(try template.render(data).plain == "\(expected)\n")
        }
    }

    @Test(arguments: [
        ("{{ contact.segments }}", 4), ("{% if contact.segments contains contact.x %}a{% endif %}", 7),
        ("{% for s in contact.segments %}{% endfor %}", 13),
        ("{% assign s = contact.segments %}", 15), ("{% if contact.segments %}a{% endif %}", 7),
        ("{% if contact.segments == 'vip' %}a{% endif %}", 7),
        ("{{ contact.segments | join: ',' }}", 4), ("{% if contact.segments.size > 1 %}a{% endif %}", 7),
    ])
    func `a segment is asked about by its name and in no other way`(md: String, column: Int) {
        let said = complaints { try load(md: md) }
        #expect(said.first?.hasPrefix("Templates/m.md:4:\(column): error: contact.segments can only be asked") == true, "\(said)")
    }

    @Test func `an unknown segment is told with the nearest name`() {
        let library = TemplateLibrary(
            files: FrozenFiles(texts: ["Templates/m.md": "---\nsubject: S\n---\n{% if contact.segments contains \"vpi\" %}x{% endif %}"]),
            knowledge: TemplateKnowledge(segments: ["vip", "new"]))
        #expect(
            complaints { try library.load("m", for: TemplateUse(kind: .service)) } == [
                "Templates/m.md:4:7: error: there is no segment \"vpi\" [did you mean \"vip\"?]"
            ])
    }
}
