import Model
import Templating
import Testing
import Workspace

@Suite struct InliningWithLiquidTests {
    private func page(_ css: String, _ body: String, _ attributes: JSONObject = [:], also files: [String: String] = [:]) throws -> String {
        let text = "---\nsubject: S\n---\n<html><head><style>\(css)</style></head><body>\(body)</body></html>"
        let template = try library(files.merging(["Templates/m.html": text]) { $1 }).load("m", for: TemplateUse(kind: .service))
        return try template.render(data(attributes)).page
    }

    @Test(arguments: [
        // Branches and loops are elements like others,
        ("p{top:0}", "{% if contact.vip %}<p>a</p>{% else %}<p>b</p>{% endif %}", "<head></head><body><p style=\"top:0\">a</p></body>"),
        (
            "p{top:0}", "{% for i in (1..2) %}<p>{{ i }}</p>{% endfor %}",
            "<head></head><body><p style=\"top:0\">1</p><p style=\"top:0\">2</p></body>"
        ),
        // but what their neighbours are is not known.
        (
            "p:first-child{top:0}", "{% if contact.vip %}<i></i>{% endif %}<p>b</p>",
            "<head><style>p:first-child{top:0}</style></head><body><i></i><p>b</p></body>"
        ),
        (
            "i + p{top:0}", "{% if contact.vip %}<i></i>{% endif %}<p>b</p>",
            "<head><style>i + p{top:0}</style></head><body><i></i><p>b</p></body>"
        ),
        ("i + p{top:0}", "{% assign x = 1 %}<i></i>{{ x }}<p>b</p>", "<head></head><body><i></i>1<p style=\"top:0\">b</p></body>"),
        // Values travel, rules with tags stay.
        ("p{color:{{ contact.color }}}", "<p>a</p>", "<head></head><body><p style=\"color:teal\">a</p></body>"),
        (
            "{% if contact.vip %}p{top:0}{% endif %}", "<p>a</p>",
            "<head><style>p{top:0}</style></head><body><p>a</p></body>"
        ),
        ("p{ {% if contact.vip %}top:0{% endif %} }", "<p>a</p>", "<head><style>p{ top:0 }</style></head><body><p>a</p></body>"),
        (
            ".{{ contact.color }}{top:0}i{left:0}", "<p class=teal>a</p><i></i>",
            "<head><style>.teal{top:0}</style></head><body><p class=teal>a</p><i style=\"left:0\"></i></body>"
        ),
        // What an attribute will say is not known.
        (".a{top:0}", "<p class=\"{{ contact.kind }}\">a</p>", "<head><style>.a{top:0}</style></head><body><p class=\"a\">a</p></body>"),
        (".b{top:0}", "<p class=\"b {{ contact.kind }}\">a</p>", "<head></head><body><p style=\"top:0\" class=\"b a\">a</p></body>"),
        (
            "p{top:0}", "<p style=\"{% if contact.vip %}left:0{% endif %}\">a</p>",
            "<head></head><body><p style=\"top:0;left:0\">a</p></body>"
        ),
        (
            "p{top:0!important}", "<p style=\"{% if contact.vip %}top:9px{% endif %}\">a</p>",
            "<head></head><body><p style=\"top:0!important;top:9px\">a</p></body>"
        ),
        (
            "p{top:0}", "<p {% if contact.vip %}style=\"left:0\"{% endif %}>a</p>",
            "<head><style>p{top:0}</style></head><body><p style=\"left:0\">a</p></body>"
        ),
        // HTML from data may be anything.
        (
            "i{top:0}b{top:0}", "<b></b>{{ contact.html | raw }}",
            "<head><style>i{top:0}b{top:0}</style></head><body><b style=\"top:0\"></b><i></i></body>"
        ),
        // What is captured is printed somewhere else.
        (
            "div i{top:0}", "{% capture x %}<i></i>{% endcapture %}<div>{{ x }}</div>",
            "<head><style>div i{top:0}</style></head><body><div><i></i></div></body>"
        ),
        (
            "i{top:0}", "{% capture x %}<i></i>{% endcapture %}<div>{{ x }}</div>",
            "<head></head><body><div><i style=\"top:0\"></i></div></body>"
        ),
    ])
    func `only what is certain is inlined`(css: String, body: String, expected: String) throws {
        let attributes: JSONObject = ["vip": true, "color": "teal", "kind": "a", "html": "<i></i>"]
        #expect(try page(css, body, attributes) == "<html>\(expected)</html>")
    }

    @Test func `a value that changes on the way stays where it is`() throws {
        let css = "p{color:{{ x }}}"
        let changed = try page("{% assign x = 'red' %}\(css)", "{% assign x = 'blue' %}<p>a</p>")
        #expect(changed == "<html><head><style>p{color:red}</style></head><body><p>a</p></body></html>")
        #expect(try page("{% assign x = 'red' %}\(css)", "<p>a</p>").contains("<p style=\"color:red\">"))
    }

    @Test(arguments: [
        (".in td{top:0}", "<div class=in>{% render 'box' %}</div>", "<table><tr><td style=\"top:0\">x</td></tr></table>", false),
        (
            ".in td{top:0}", "<div class=in>{% render 'box' %}</div><div>{% render 'box' %}</div>", "<table><tr><td>x</td></tr></table>",
            true
        ),
        ("td{top:0}", "{% render 'box' %}<div>{% render 'box' %}</div>", "<table><tr><td style=\"top:0\">x</td></tr></table>", false),
        ("div > table{top:0}", "<div>{% render 'outer' %}</div>", "<table style=\"top:0\"><tr><td>x</td></tr></table>", false),
        ("table:first-child{top:0}", "<div>{% render 'box' %}</div>", "<table><tr><td>x</td></tr></table>", true),
        ("td{color:{{ contact.color }}}", "{% render 'box' %}", "<table><tr><td>x</td></tr></table>", true),
        (".raw td{top:0}", "<div class=raw>{% render 'plain' %}</div><table class=raw><tr><td></td></tr></table>", "<td>y</td>", true),
    ])
    func `partials get the styles of the page that renders them`(css: String, body: String, expected: String, stays: Bool) throws {
        let files = [
            "Templates/partials/box.html": "<table><tr><td>x</td></tr></table>", "Templates/partials/outer.html": "{% render 'box' %}",
            "Templates/partials/plain.liquid": "<td>y</td>",
        ]
        let page = try page(css, body, ["color": "teal"], also: files)
        #expect(page.contains(expected), "\(page)")
        #expect(page.contains("<style>") == stays)
    }

    @Test func `a sheet in a partial, or one that a partial makes, changes nothing`() throws {
        let files = ["Templates/partials/s.html": "<style>p{top:0}</style><p>b</p>", "Templates/partials/css.liquid": "p{top:0}"]
        #expect(try page("i{top:0}", "{% render 's' %}", also: files).contains("<style>p{top:0}</style><p>b</p>"))
        #expect(try page("i{top:0}{% render 'css' %}", "<i></i><p></p>", also: files).contains("<i></i><p></p>"))
    }

    @Test func `mistakes in a style attribute are still at their place`() {
        let body = "<style>p{top:0}</style>\n<p style=\"left:0;\n color: {{ contcat.x }}\">a</p>"
        let said = complaints {
            try library(["Templates/m.html": "---\nsubject: S\n---\n\(body)"]).load("m", for: TemplateUse(kind: .service))
        }
        #expect(said == ["Templates/m.html:6:12: error: unknown variable \"contcat\" [did you mean \"contact\"?]"])
    }
}
