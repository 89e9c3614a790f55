import Diagnostics
import Foundation
import Liquid
import Model
import Testing
import Workspace

@testable import Templating

/// Every payload at every place a value can be filled into.
@Suite struct SafetyTests {
    /// `{{ contact.x }}` at each kind of place.
    static let places: [(name: String, html: String)] = [
        ("text", "<p>{{ contact.x }}</p>"), ("after words", "<p>a {{ contact.x }}b</p>"),
        ("double quotes", "<p title=\"{{ contact.x }}\">a</p>"),
        ("single quotes", "<p title='{{ contact.x }}'>a</p>"), ("within a value", "<p class=\"a {{ contact.x }} b\">a</p>"),
        ("link", "<a href=\"{{ contact.x }}\">a</a>"), ("link in single quotes", "<a href='{{ contact.x }}'>a</a>"),
        ("link after blanks", "<a href=\"  {{ contact.x }}\">a</a>"),
        ("link in two parts", "<a href=\"{{ contact.x }}{{ contact.x }}\">a</a>"),
        ("link by halves", "<a href=\"java{{ contact.half }}\">a</a>"),
        ("end of a link", "<a href=\"https://e.com/?q={{ contact.x }}\">a</a>"),
        ("host of a link", "<a href=\"https://{{ contact.x }}.e.com/\">a</a>"), ("srcset", "<img alt=\"\" srcset=\"{{ contact.x }} 2x\">"),
        ("link in a condition", "<a href=\"{% if contact.x %}{{ contact.x }}{% else %}#{% endif %}\">a</a>"),
        ("image", "<img alt=\"\" src=\"{{ contact.x }}\">"), ("alt", "<img alt=\"{{ contact.x }}\" src=\"cid:1\">"),
        ("background", "<table background=\"{{ contact.x }}\"><tr><td>a</td></tr></table>"),
        ("form", "<form action=\"{{ contact.x }}\"></form>"),
        ("style attribute", "<p style=\"color: {{ contact.x }}\">a</p>"),
        ("style with more", "<p style=\"color: {{ contact.x }}; margin: 0\">a</p>"),
        ("style address", "<p style=\"background: url({{ contact.x }})\">a</p>"),
        ("quoted style address", "<p style=\"background: url('{{ contact.x }}')\">a</p>"),
        ("style element", "<style>p { color: {{ contact.x }} }</style>"),
        ("comment", "<!-- {{ contact.x }} --><p>a</p>"),
        ("behind a comment that ends oddly", "<!-- x --!><a href=\"{{ contact.x }}\">a</a>"),
        ("Outlook's comment", "<!--[if mso]><a href=\"{{ contact.x }}\">{{ contact.x }}</a><![endif]--><p>a</p>"),
        ("title", "<title>{{ contact.x }}</title>"), ("textarea", "<textarea>{{ contact.x }}</textarea>"),
        ("svg", "<svg><text>{{ contact.x }}</text></svg>"),
        ("captured", "{% capture y %}<b>{{ contact.x }}</b>{% endcapture %}<p>{{ y }}</p>"),
        ("captured into a link", "{% capture y %}{{ contact.x }}{% endcapture %}<a href=\"{{ y }}\">a</a>"),
        ("partial", "{% render 'box', text: contact.x, url: contact.x %}"), ("liquid partial", "{% render 'raw', url: contact.x %}"),
        ("button", "{% button contact.x %}{{ contact.x }}{% endbutton %}"), ("filtered", "<p>{{ contact.x | append: '!' | strip }}</p>"),
        ("line breaks", "<p>{{ contact.x | newline_to_br }}</p>"),
    ]

    static let partials = [
        "Templates/partials/box.html": "<div title=\"{{ text }}\"><a href=\"{{ url }}\" style=\"width: {{ text }}\">{{ text }}</a></div>",
        "Templates/partials/raw.liquid": "<a href=\"{{ url }}\">x</a>",
    ]

    static func template(_ html: String, utm: Bool = true) throws -> MessageTemplate {
        let page = "<!DOCTYPE html><html><head><title>t</title></head><body>\(html)</body></html>"
        let files = partials.merging(["Templates/m.html": "---\nsubject: S\n---\n\(page)"]) { $1 }
        let use = TemplateUse(kind: .service, utm: utm ? [.init(name: "source", value: "x")] : [])
        return try library(files).load("m", for: use)
    }

    static func page(_ template: MessageTemplate, _ payload: String) throws -> [UInt8] {
        try template.render(data(["x": .text(payload), "half": .text(payload.hasPrefix("java") ? String(payload.dropFirst(4)) : payload)]))
            .html
    }

    @Test(arguments: places) func `no value leaves its place`(name: String, html: String) throws {
        let template = try Self.template(html)
        let plain = Shape(try Self.page(template, "x"))
        #expect(plain.tags.count > 3)
        for payload in Payloads.all {
            let page = try Self.page(template, payload)
            let shape = Shape(page)
            // A list of line breaks is as long as the text has lines.
            let tags = html.contains("newline_to_br") ? shape.tags.filter { !$0.hasPrefix("br") } : shape.tags
            #expect(tags == plain.tags, "\(payload.prefix(60)) in \(name)")
            #expect(shape.dangers == [], "\(payload.prefix(60)) in \(name)")
        }
    }

    @Test func `Markdown's links are safe too`() throws {
        let template = try load(
            md: "[a]({{ contact.x }}) ![b]({{ contact.x }} \"{{ contact.x }}\")\n\n<a href=\"{{ contact.x }}\">c</a> {{ contact.x }}")
        let plain = Shape(try Self.page(template, "x"))
        for payload in Payloads.all {
            let shape = Shape(try Self.page(template, payload))
            #expect(shape.tags == plain.tags, "\(payload.prefix(60))")
            #expect(shape.dangers == [], "\(payload.prefix(60))")
        }
    }

    @Test func `a file rendered on its own is as safe`() throws {
        let partials = FrozenFiles(texts: ["raw": "<a href=\"{{ url }}\">x</a>"])
        for (name, html) in Self.places where !html.contains("'box'") && !html.contains("button") {
            let source = SourceText(name: "f.html", text: "<body>\(html)</body>")
            func page(_ payload: String) throws -> [UInt8] {
                let half = payload.hasPrefix("java") ? String(payload.dropFirst(4)) : payload
                return try StandaloneTemplate.render(
                    source, data: .object(["contact": .object(["x": .text(payload), "half": .text(half)])]), mode: .html,
                    partials: partials,
                    now: Instant(seconds: 0))
            }
            let plain = Shape(try page("x"))
            for payload in Payloads.all where !html.contains("newline_to_br") {
                let shape = Shape(try page(payload))
                #expect(shape.tags == plain.tags, "\(payload.prefix(60)) in \(name)")
                #expect(shape.dangers == [], "\(payload.prefix(60)) in \(name)")
            }
        }
    }

    @Test(arguments: [
        "<svg><title><a href=\"{{ contact.x }}\">a</a></title></svg>", "<svg><title/><a href=\"{{ contact.x }}\">a</a></svg>",
        "<svg><textarea><a href=\"{{ contact.x }}\">a</a></textarea></svg>", "<math><title><a href=\"{{ contact.x }}\">a</a></math>",
        "<select><title></select><a href=\"{{ contact.x }}\">a</a>", "<svg><xmp><a href=\"{{ contact.x }}\">a</a></xmp></svg>",
        "<!--[if mso]><title>x<![endif]--><a href=\"{{ contact.x }}\">a</a>", "<title></titlex><a title=\"</title><a href={{ contact.x }}>",
        "<svg><title><b title=\"</title><p title=\"{{ contact.x }}\">a</p>",
    ])
    func `where programs do not agree what a place is, no value may stand`(html: String) {
        let said = complaints { try library(["Templates/m.html": HostilePage.front + html]).load("m", for: TemplateUse(kind: .service)) }
        #expect(said.contains { $0.contains("error: programs don't agree where this stands") }, "\(said)")
    }

    @Test(arguments: ["<p title=", "<a href=\"", "<a", "<!-- ", "<style>p{color:red}", "<title>a", "<svg><title><b></title></svg>"])
    func `a partial leaves off between tags`(partial: String) {
        for path in ["Templates/partials/p.html", "Templates/partials/p.liquid"] {
            let files = ["Templates/m.html": HostilePage.front + "{% render 'p' %}{{ contact.x }}\">a</p>", path: partial]
            let said = complaints { try library(files).load("m", for: TemplateUse(kind: .service)) }
            #expect(said.contains { $0.hasPrefix("\(path):1:") && $0.contains("ends within a tag, a comment or a style") }, "\(said)")
        }
        let source = SourceText(name: "f.html", text: "{% render 'p' %}{{ x }}\">")
        #expect(throws: DiagnosticList.self) {
            try StandaloneTemplate.render(
                source, data: .object([:]), mode: .html, partials: FrozenFiles(texts: ["p": partial]), now: Instant(seconds: 0))
        }
    }

    @Test func `there are enough payloads, and they are dangerous where nothing holds them`() throws {
        #expect(Set(Payloads.all).count >= 100)
        let raw = try load(md: "<p title=\"{{ contact.x | raw }}\"><a href=\"https://e.com\">{{ contact.x | raw }}</a></p>")
        let plain = Shape(try Self.page(raw, "x"))
        let leaving = try Payloads.all.count { Shape(try Self.page(raw, $0)).tags != plain.tags }
        #expect(leaving > 50)
    }

    @Test(arguments: [
        ("https://e.com/?a=1&b=2", "https://e.com/?a=1&amp;b=2"), ("HTTP://e.com", "HTTP://e.com"),
        ("mailto:a@e.com?subject=x", "mailto:a@e.com?subject=x"),
        ("tel:+39", "tel:+39"), ("#part", "#part"), ("", ""),
        // None of these says where it leads.
        ("/page?x=a:b", "#"), ("page.html", "#"), ("a'b:c", "#"), ("//evil.example", "#"), ("\\\\evil.example", "#"), ("evil.example", "#"),
        ("javascript:x", "#"), ("sms:1", "#"),
    ])
    func `an address from data is let through where it can do no harm`(address: String, expected: String) throws {
        let template = try load(md: "[a]({{ contact.x }})")
        #expect(try template.render(data(["x": .text(address)])).body == "<p><a href=\"\(expected)\">a</a></p>")
    }

    @Test(arguments: [
        ("https://a.example/?e={{ contact.x }}&amp;n=1", "x+y@b.example", "https://a.example/?e=x%2By%40b.example&amp;n=1"),
        ("https://a.example/?n={{ contact.x }}", "Anna Maria", "https://a.example/?n=Anna%20Maria"),
        ("https://a.example/?v={{ contact.x }}", "a&b=c#frag'\"<", "https://a.example/?v=a%26b%3Dc%23frag%27%22%3C"),
        ("https://a.example/#{{ contact.x }}", "a#b", "https://a.example/#a%23b"),
        ("https://{{ contact.x }}.shop.example/x", "evil.example/", "https://evil.example.shop.example/x"),
        ("https://{{ contact.x }}/x", "evil.example:1@b?c#d\\e", "https://evil.example1bcde/x"),
        ("https://a.example/p/{{ contact.x }}/x", "../../x?y=z", "https://a.example/p/..%2F..%2Fx%3Fy%3Dz/x"),
        ("https://a.example/p/{{ contact.x }}/x", "..", "https://a.example/p//x"),
        ("https://a.example/?v={{ contact.x }}", "..", "https://a.example/?v=.."),
        ("mailto:{{ contact.x }}?subject=s", "a+b@c.example?bcc=d", "mailto:a+b@c.example%3Fbcc%3Dd?subject=s"),
        ("{{ contact.x }}?e={{ contact.x }}", "https://a.example/b", "https://a.example/b?e=https%3A%2F%2Fa.example%2Fb"),
        ("https://a.example/?v={{ contact.x | url_encode }}", "a b&c", "https://a.example/?v=a+b%26c"),
        ("https://a.example/{{ contact.x | raw }}", "a/b?c", "https://a.example/a/b?c"),
        ("{% if contact.no %}https://a.example/{% else %}{{ contact.x }}{% endif %}", "https://b.example/?c", "https://b.example/?c"),
        ("{% if contact.no %}{{ contact.x }}{% else %}https://a.example/{{ contact.x }}{% endif %}", "b/c", "https://a.example/b%2Fc"),
        ("https://a.example/{{ campaign.data.path }}", "", "https://a.example/bikes/chain?a=1"),
        ("https://a.example/{% for p in campaign.data.list %}{{ p.path }}{% endfor %}", "", "https://a.example/b/c"),
        ("{{ links.unsubscribe }}&amp;v={{ contact.x }}", "a&b", "https://news.example.com/u/abc?x=1&amp;y=2&amp;v=a%26b"),
    ])
    func `a value stays in its part of an address, in the text part too`(address: String, value: String, expected: String) throws {
        for utm in [[], [CampaignFile.TrackingParameter(name: "source", value: "s")]] {
            let html = "<!DOCTYPE html><html><body><a href=\"\(address)\">go</a></body></html>"
            let files = ["Templates/m.html": "---\nsubject: S\n---\n\(html)"]
            let template = try library(files).load("m", for: TemplateUse(kind: .service, utm: utm))
            let campaign: JSONObject = ["path": "bikes/chain?a=1", "list": .list([.object(["path": "b/c"])])]
            let message = try template.render(data(["x": .text(value)], campaign: campaign))
            func untracked(_ text: String) -> String {
                text.replacing("&amp;utm_source=s", with: "").replacing("&utm_source=s", with: "").replacing("?utm_source=s", with: "")
            }
            #expect(untracked(message.body) == "<a href=\"\(expected)\">go</a>")
            let plain = expected.replacing("&amp;", with: "&")
            #expect(untracked(message.plain).hasSuffix(": \(plain.hasPrefix("mailto:") ? "a+b@c.example%3Fbcc%3Dd" : plain)\n"))
        }
    }

    @Test func `a value in a list of pictures is an address too`() throws {
        let list = "{{ contact.x }} 1x, https://e.com/{{ contact.x }} 2x"
        let template = try load(md: "<img src=\"https://e.com/a\" alt=\"\" srcset=\"\(list)\">")
        let body = try template.render(data(["x": "//evil.example/b"])).body
        #expect(body.contains("srcset=\"# 1x, https://e.com/%2F%2Fevil.example%2Fb 2x\""))
    }

    @Test func `a value that goes on with the name of a host is warned about`() {
        let said = complaints { try load(md: "<a href=\"https://a.example{{ contact.x }}\">a</a>") }
        #expect(
            said == [
                "Templates/m.md:4:27: warning: this value may change where the link leads: it goes on with the name of the host [write a / before it]"
            ])
    }

    @Test(arguments: [
        ("#0b6b4b", "#0b6b4b"), ("12.5%", "12.5%"), ("bold 12px Arial, Helvetica", "bold 12px Arial, Helvetica"), ("-1px", "-1px"),
        ("red;x", ""), ("var(--a)", ""),
    ])
    func `numbers, colours and words are let through in a style`(value: String, expected: String) throws {
        let template = try load(md: "<p style=\"x: {{ contact.x }}\">a</p>\n<style>@media print { p { x: {{ contact.x }}; } }</style>")
        let body = try template.render(data(["x": .text(value)])).body
        #expect(body == "<p style=\"x: \(expected)\">a</p>\n<style>@media print { p { x: \(expected); } }</style>")
    }

    @Test(arguments: [
        ("<p title={{ contact.x }}>a</p>", 10, "a value needs quotes around it here"),
        ("<p {{ contact.x }}>a</p>", 4, "a value can't be a tag or an attribute"),
        ("<{{ contact.x }}>", 2, "a value can't be a tag or an attribute"),
        ("</{{ contact.x }}>", 3, "a value can't be a tag or an attribute"),
        ("<p a{{ contact.x }}=\"1\">a</p>", 5, "a value can't be a tag or an attribute"),
        ("<p title=a{{ contact.x }}>a</p>", 11, "a value needs quotes around it here"),
        ("<script>var a = \"{{ contact.x }}\"</script>", 18, "a value can't be filled into a script"),
        ("<p onclick=\"go('{{ contact.x }}')\">a</p>", 17, "a value can't be filled into onclick"),
        ("<iframe srcdoc=\"{{ contact.x }}\"></iframe>", 17, "a value can't be filled into srcdoc"),
        ("<meta http-equiv=\"refresh\" content=\"0;{{ contact.x }}\">", 39, "a value can't be filled into content"),
        ("<a href=\"javascript:go('{{ contact.x }}')\">a</a>", 25, "an address with a value in it starts with https://, mailto: or tel:"),
        ("<a href=\"{% if now %}{{ contact.x }}\" title=\"{% endif %}\">a</a>", 22, "a condition reaches out of this address"),
        ("<p title={% if now %}\"{% endif %}{{ contact.x }}\">a</p>", 23, "the branches of this do not leave the HTML at the same place"),
        ("{% for i in (1..2) %}<!--{% endfor %}", 26, "the branches of this do not leave the HTML at the same place"),
        ("<{% if now %}script{% else %}b{% endif %}>", 2, "the branches of this do not leave the HTML at the same place"),
        ("<p {% if now %}href{% endif %}=\"{{ contact.x }}\">a</p>", 33, "a value can't be a tag or an attribute"),
        ("<p {% echo contact.x %}>a</p>", 4, "a value can't be a tag or an attribute"),
    ])
    func `where escaping is not enough a value is refused`(html: String, column: Int, message: String) {
        let said = complaints {
            try library(["Templates/m.html": "---\nsubject: S\n---\n\(html)"]).load("m", for: TemplateUse(kind: .service))
        }
        #expect(said.contains { $0.hasPrefix("Templates/m.html:4:\(column): error: \(message)") }, "\(said)")
    }

    @Test(arguments: [
        "<p title={{ contact.x | raw }}>a</p>", "<p {{ \"hidden\" }}>a</p>", "<script>var a = {{ contact.x | raw }}</script>",
        "<p {% if now %}hidden{% endif %}>a</p>",
        "<p{% if now %} class=\"x\"{% endif %} title=\"{{ contact.x }}\">a</p>",
        "<td width={{ 10 }}>", "<tr class=\"{% cycle 'odd', 'even' %}\">",
        "<p class=\"{% if now %}a{% else %}b{% endif %}\">{{ contact.x }}</p>",
        "{% case contact.x %}{% when 1 %}<p class=\"a\">{% else %}<p class=\"b\">{% endcase %}{{ contact.x }}</p>",
        "<p {% unless now %}class=\"a\"{% endunless %} title=\"{{ contact.x }}\">a</p>",
        "{% if now %}<div>{% endif %}{{ contact.x }}{% if now %}</div>{% endif %}",
    ])
    func `what the author wrote, or calls raw, stands everywhere`(html: String) {
        let said = complaints {
            try library(["Templates/m.html": "---\nsubject: S\n---\n\(html)"]).load("m", for: TemplateUse(kind: .service))
        }
        // Other checks have their own say about scripts and about what Liquid tears apart.
        #expect(said.filter { !$0.contains(" warning: ") && !$0.contains("is not closed in it") } == [])
    }

    @Test(arguments: [
        "<p style=\"{{ contact.x }}\">", "<p title={{ contact.x }}>", "{% block a %}{% endblock %}", "<style>{% render 'x' %}</style>",
        "{% if now %}",
        "<p a='{{ now }}", "{% button 'u' %}x{% endbutton %}", "{{ 'x' | t }}", "<a href=\"{{ contact.x }}\">",
    ])
    func `a large file of nothing but trouble ends with as many complaints as help`(piece: String) {
        let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
        let said = complaints {
            try library(["Templates/m.html": "---\nsubject: S\n---\n\(text)"]).load("m", for: TemplateUse(kind: .service))
        }
        #expect(said.count <= 101)
    }

    @Test func `a partial of rules may stand in a style as long as nothing is filled into it`() throws {
        let html = ["Templates/m.html": "---\nsubject: S\n---\n<style>{% render 'rules' %}</style>x"]
        let rules = ["Templates/partials/rules.liquid": "p { color: {{ '#fff' }} }{% if now %}b{}{% endif %}"]
        let template = try library(html.merging(rules) { $1 }).load("m", for: TemplateUse(kind: .service))
        #expect(try template.render(data()).page == "<style>p { color: #fff }b{}</style>x")
        let filled = ["Templates/partials/rules.liquid": "p { color: {{ contact.x }} }"]
        #expect(
            complaints { try library(html.merging(filled) { $1 }).load("m", for: TemplateUse(kind: .service)) } == [
                "Templates/m.html:4:8: error: the partial \"rules\" fills in values, which can't be done here"
            ])
    }

    @Test(arguments: ["{% link 3 %}x{% endlink %}", "{% safe_style %}x{% endsafe_style %}"])
    func `the program's own blocks are nobody else's`(md: String) {
        #expect(complaints { try load(md: md) }.first?.contains("error: there is no tag") == true)
    }
}

/// What a parser sees of a page: its tags with the names of their attributes, and what is dangerous in their values.
struct Shape {
    var tags: [String] = []
    var dangers: [String] = []

    init(_ bytes: [UInt8]) {
        for node in HTMLNode.parse(bytes, isPage: true) { walk(node) }
    }

    private mutating func walk(_ node: HTMLNode) {
        if case .element(let name, let attributes) = node.kind {
            tags.append(([name] + attributes.map(\.name)).joined(separator: " "))
            for attribute in attributes {
                let value = attribute.value.unicodeScalars.filter { $0.value > 0x20 }.map { String($0) }.joined().lowercased()
                if attribute.name.hasPrefix("on") { dangers.append("\(name) \(attribute.name)") }
                if ["href", "src", "action", "background"].contains(attribute.name),
                    ["javascript:", "vbscript:", "data:", "blob:", "file:", "view-source:", "feed:", "livescript:", "mocha:", "jar:"]
                        .contains(where: {
                            value.hasPrefix($0)
                        })
                {
                    dangers.append("\(name) \(value.prefix(40))")
                }
                if attribute.name == "style",
                    value.contains("expression(") || value.contains("javascript:") || value.contains("binding") || value.contains(";x")
                {
                    dangers.append("\(name) \(value.prefix(40))")
                }
            }
        }
        if case .text(let text) = node.kind, text.contains("p { color:"), text.filter({ $0 == "}" }).count > 1 || text.contains("@import") {
            dangers.append(text)
        }
        for child in node.children { walk(child) }
    }
}
