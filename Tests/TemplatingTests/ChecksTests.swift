import Diagnostics
import Model
import Templating
import Testing
import Workspace

@Suite struct ChecksTests {
    @Test func `a layout that is not there hides nothing else`() {
        let said = complaints {
            try library([
                "Templates/m.md": "---\nsubject: S\nlayout: newsleter\n---\n{% block top %}x{% endblock %}\n\n{{ contcat }}\n",
                "Templates/layouts/newsletter.html": "{{ content }}",
            ]).load("m")
        }
        #expect(
            said == [
                "Templates/m.md:3:9: error: there is no layout \"newsleter\" [did you mean \"newsletter\"?]",
                "Templates/m.md:7:4: error: unknown variable \"contcat\" [did you mean \"contact\"?]",
            ])
    }

    @Test func `what is wrong is told file by file, from top to bottom`() {
        let said = complaints {
            try library([
                "Templates/m.md":
                    "---\nsubject: S\nlayout: l\n---\n<img src=\"https://e.com/a.png\">\n\n{{ contcat }}\n\n![](https://e.com/b.png)\n\n[a](e.com)\n",
                "Templates/layouts/l.html": "<p>{{ organisatoin }}</p>{{ content }}<b>",
            ]).load("m", for: TemplateUse(kind: .service))
        }
        let places = said.map { $0.prefix { $0 != " " } }
        #expect(
            places == [
                "Templates/m.md:5:1:", "Templates/m.md:7:4:", "Templates/m.md:9:1:", "Templates/m.md:11:1:",
                "Templates/layouts/l.html:1:7:",
                "Templates/layouts/l.html:1:39:",
            ], "\(said)")
    }

    @Test(arguments: [
        ("x {{ contcat.city }}", "Templates/m.md:4:6: error: unknown variable \"contcat\" [did you mean \"contact\"?]"),
        ("x {{ city }}", "Templates/m.md:4:6: error: unknown variable \"city\" [did you mean \"contact.city\"?]"),
        ("{{ contact.ctiy }}", "Templates/m.md:4:4: warning: no contact has an attribute \"ctiy\" [did you mean \"city\"?]"),
        (
            "{{ organisation.adress }}",
            "Templates/m.md:4:4: error: there is no organisation.adress [known: organisation.name, organisation.postal_address]"
        ),
        ("{{ links.unsubscibe }}", "Templates/m.md:4:4: error: there is no links.unsubscibe [did you mean \"unsubscribe\"?]"),
        ("{{ campaign.data.cdoe }}", "Templates/m.md:4:4: error: the campaign has no data \"cdoe\" [did you mean \"code\"?]"),
        ("[a]({{ contcat.url }})", "Templates/m.md:4:8: error: unknown variable \"contcat\" [did you mean \"contact\"?]"),
        (
            "![x](y)\n<img src=z>",
            "Templates/m.md:5:1: warning: this image has no alt text [say what it shows, or alt=\"\" for a decoration]"
        ),
        (
            "![](y)",
            "Templates/m.md:4:1: warning: this image has no alt text [write ![what it shows](address), or <img alt=\"\" …> for a decoration]"
        ),
        (
            "[a](example.com/x)",
            "Templates/m.md:4:1: warning: this link has no scheme and leads nowhere [did you mean \"https://example.com/x\"?]"
        ),
        (
            "[a](http://localhost:8080/x)",
            "Templates/m.md:4:1: warning: this link leads to the reader's own machine [write the address that your readers can reach]"
        ),
        ("[a]()", "Templates/m.md:4:1: warning: this link leads nowhere [write its address]"),
        ("{{ contact.city", "Templates/m.md:4:1: error: this is never closed [close it with }}]"),
    ])
    func `accidents are pointed at`(md: String, expected: String) {
        let library = library(["Templates/m.md": "---\nsubject: S\n---\n\(md)"], attributes: ["city"])
        #expect(complaints { try library.load("m", for: TemplateUse(kind: .service, data: ["code": "X"])) } == [expected])
    }

    @Test(arguments: [
        ("{% if contact.city %}", "if"), ("{{ contact.city | upcsae }}", "upcsae"), ("{% rendr 'x' %}", "rendr"),
        ("{% render 'none' %}", "none"),
        ("# a\n\n- {{ contact.city | upcsae }}", "upcsae"),
    ])
    func `mistakes of Liquid lead to the author's line, once`(md: String, word: String) {
        let said = complaints { try load(md: md) }
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("Templates/m.md:\(md.split(separator: "\n", omittingEmptySubsequences: false).count + 3):") == true)
        #expect(said.first?.contains(word) == true)
    }

    @Test func `mistakes in layouts and partials are shown there`() {
        let files = [
            "Templates/layouts/l.html": "<p>\n {{ content }} {{ x | upcsae }}</p>{% render 'box' %}",
            "Templates/partials/box.html": "<b>\n\n{{ contcat.city }}</b>",
        ]
        let said = complaints { try load(md: "x", also: files, front: "layout: l\n") }
        #expect(said.contains { $0.hasPrefix("Templates/layouts/l.html:2:") && $0.contains("upcsae") })
        let fixed = files.merging(["Templates/layouts/l.html": "{{ content }}{% render 'box' %}"]) { $1 }
        #expect(
            complaints { try load(md: "x", also: fixed, front: "layout: l\n") } == [
                "Templates/partials/box.html:3:4: error: unknown variable \"contcat\" [did you mean \"contact\"?]"
            ])
    }

    @Test(arguments: [
        ("layout: newsleter\n", "Templates/m.md:3:9: error: there is no layout \"newsleter\" [did you mean \"newsletter\"?]"),
        ("layuot: newsletter\n", "Templates/m.md:3:1: error: unknown key \"layuot\" [did you mean \"layout\"?]"),
        (
            "layout: twice\n",
            "Templates/layouts/twice.html:1:15: error: the message would be in the layout twice [write {{ content }} at one place]"
        ),
        (
            "layout: never\n",
            "Templates/layouts/never.html:1:1: error: the layout does not say where the message goes [write {{ content }} at one place]"
        ),
        ("preheader: [a]\n", "Templates/m.md:3:12: error: expected a text, not a list"),
    ])
    func `mistakes of the front matter are pointed at`(front: String, expected: String) {
        let layouts = [
            "Templates/layouts/newsletter.html": "{{ content }}", "Templates/layouts/twice.html": "{{ content }} {{- content -}}",
            "Templates/layouts/never.html": "x",
        ]
        #expect(complaints { try load(md: "x", also: layouts, front: front) } == [expected])
    }

    @Test func `marketing mail needs a way out and an address`() throws {
        let said = complaints { try load(md: "x", use: TemplateUse(kind: .marketing)) }
        #expect(said.contains { $0.contains("error: there is no link to unsubscribe") })
        #expect(said.contains { $0.contains("warning: there is no postal address") })
        #expect(complaints { try load(md: "x", use: TemplateUse()) }.allSatisfy { $0.contains("warning") })
        #expect(complaints { try load(md: "x" + obligations, use: TemplateUse(kind: .marketing)) } == [])
    }

    @Test func `a long subject and a large page are warned about`() {
        let subject = "{{ contact.first_name | default: 'somebody with a very long name indeed' }} " + String(repeating: "word ", count: 15)
        #expect(complaints { try load(md: "x", subject: subject) }.first?.contains("the subject has 75 characters") == true)
        #expect(complaints { try load(md: String(repeating: "word ", count: 21_000)) }.first?.contains("Gmail cuts") == true)
    }

    @Test func `a subject is required, and one with escapes is still found`() {
        #expect(
            complaints { try library(["Templates/m.md": "x"]).load("m", for: TemplateUse(kind: .service)) }.first?.contains(
                "the key \"subject\" is missing") == true)
        #expect(
            complaints { try load(md: "x", subject: "a \\u00e8 {{ contcat.x }}") } == [
                "Templates/m.md:2:23: error: unknown variable \"contcat\" [did you mean \"contact\"?]"
            ])
        #expect(
            complaints { try load(md: "x", subject: "a {{ contcat.x }}") } == [
                "Templates/m.md:2:16: error: unknown variable \"contcat\" [did you mean \"contact\"?]"
            ])
    }

    @Test func `a template that is not there is suggested`() {
        let said = complaints { try library(["Templates/spring.md": "x"]).load("sprnig") }
        #expect(said == ["Templates/sprnig.md: error: there is no template \"sprnig\" [did you mean \"spring\"?]"])
        let both = complaints { try library(["Templates/m.md": "x", "Templates/m.html": "x"]).load("m") }
        #expect(both.first?.contains("stands for the same message") == true)
    }

    @Test(arguments: [
        String(repeating: "<div>", count: 300), String(repeating: "<b><i>", count: 200) + "x",
        "<p \((0..<12_500).map { "a\($0)=1" }.joined(separator: " "))>x</p>",
        String(repeating: "<font>", count: 250) + String(repeating: "<p>", count: 5000),
    ])
    func `HTML that would choke the parser is refused before it`(html: String) {
        let said = complaints {
            try library(["Templates/m.html": "---\nsubject: S\n---\n\(html)"]).load("m", for: TemplateUse(kind: .service))
        }
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("Templates/m.html:4:") == true)
    }
}
