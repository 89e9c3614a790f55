import Diagnostics
import Foundation
import Model
import Templating
import Testing
import Workspace

@Suite struct HTMLChecksTests {
    @Test(arguments: [
        ("{% if a %}\nHello\n", ["6:1: error: if is never closed [{% endif %} is missing]"]),
        (
            "{% if a %}\nHello\n{% endfor %}\n",
            ["6:1: error: if is never closed [{% endif %} is missing]", "8:1: error: endfor does not belong in if [{% endif %} closes if]"]
        ),
        (
            "{% for i in (1..2) %}\n{% if a %}\n- Hello\n{% endfor %}\n",
            ["7:1: error: if is not closed before endfor [{% endif %} is missing]"]
        ),
    ])
    func `a block that a template opens and does not close tears nothing of the layout`(body: String, expected: [String]) throws {
        var files: [String: String] = ["Templates/m.md": "---\nsubject: S\nlayout: newsletter\n---\n\n\(body)\n"]
        for path in ["Templates/layouts/newsletter.html", "Templates/strings.yaml"] {
            files[path] = try String(contentsOfFile: "\(repository)/\(path)", encoding: .utf8)
        }
        let said = complaints { try library(files).load("m", for: TemplateUse(kind: .service)) }
        #expect(said == expected.map { "Templates/m.md:\($0)" })
    }

    /// Where it starts is for Liquid to tell, which sees one page.
    @Test func `nor does it where the layout has a block around it`() {
        let layout = "<table>{% if contact.vip %}<tr><td>{{ content }}</td></tr>{% endif %}</table>"
        let said = said("{% if contact.first_name %}<b>x</b>", also: ["Templates/layouts/l.html": layout], front: "layout: l\n")
        #expect(said == ["Templates/layouts/l.html:1:8: error: if is never closed [{% endif %} is missing]"])
    }

    private func said(_ html: String, also files: [String: String] = [:], front: String = "") -> [String] {
        let own = ["Templates/m.html": "---\nsubject: S\n\(front)---\n\(html)"]
        return complaints { try library(files.merging(own) { $1 }).load("m", for: TemplateUse(kind: .service)) }
    }

    @Test(arguments: [
        ("<div>\n <b>x</div>", "5:2: warning: <b> is not closed before </div> [add </b>]"),
        ("<table><tr><td><div>x</td></tr></table>", "4:16: warning: <div> is not closed before </td> [add </div>]"),
        ("<p>x</p></div>", "4:9: warning: </div> closes nothing [remove it, or open <div> before it]"),
        ("<div>x", "4:1: warning: <div> is never closed [add </div>]"),
        ("<b><i>x</b></i>", "4:4: warning: <i> is not closed before </b> [add </i>]"),
        ("<div/>x", "4:1: warning: <div> is never closed [add </div>]"),
        (
            "{% if contact.vip %}\n<div>{% endif %}x</div>",
            "5:1: error: <div> opens in {% if %} and is not closed in it [close it within the same branch]"
        ),
        (
            "<div>{% if contact.vip %}x</div>{% endif %}",
            "4:27: error: </div> closes what was opened before {% if %} on line 4 [open and close it within the same branch, or outside of both]"
        ),
        (
            "{% for i in (1..2) %}<b>{% else %}</b>{% endfor %}",
            "4:22: error: <b> opens in {% for %} and is not closed in it [close it within the same branch]"
        ),
        (
            "{% if contact.vip %}<b>{% else %}<i>x</i>{% endif %}",
            "4:21: error: <b> opens in {% if %} and is not closed in it [close it within the same branch]"
        ),
        ("<script>x()</script>", "4:1: warning: mail programs remove scripts [link to a page that has it]"),
        ("<form action=x></form>", "4:1: warning: most mail programs remove forms, or warn of them [link to a page with the form]"),
        (
            "<link rel=stylesheet href=x><p>x</p>", "4:1: warning: mail programs do not load style sheets [put the rules into <style>]"
        ),
        ("<iframe></iframe>", "4:1: warning: mail programs remove frames [link to the page]"),
        (
            "<a href=\"javascript:x()\">x</a>", "4:10: error: mail programs remove links that start with javascript: [link to a page]"
        ),
        (
            "<a href=\"*|UNSUB|*\">x</a>",
            "4:10: warning: this placeholder is of another program: the link leads nowhere [write the address, or {{ … }}]"
        ),
        ("<a href=\"#\">x</a>", "4:10: warning: this link leads nowhere [write its address]"),
        ("<img src=x>", "4:1: warning: this image has no alt text [say what it shows, or alt=\"\" for a decoration]"),
    ])
    func `what mail programs stumble over is pointed at`(html: String, expected: String) {
        #expect(said(html).contains("Templates/m.html:\(expected)"))
    }

    @Test(arguments: [
        "<p>a<p>b<ul><li>x<li>y</ul><dl><dt>a<dd>b</dl>", "<table><tr><td>x<td>y<tr><td>z</table>",
        "<table><tbody><tr><td>x</td></tr></tbody></table>",
        "<br><br/><img src=x alt=''><hr></br>", "{% if contact.vip %}<b>x</b>{% elsif contact.x %}<i>y</i>{% else %}z{% endif %}",
        "{% for i in (1..2) %}<li>x{% endfor %}",
        "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->",
        "<p{% if contact.vip %} class=\"a\"{% endif %}>x</p>",
        "<svg><path d=\"x\"/></svg><o:p/>",
        "<script type=\"application/ld+json\">{}</script>", "<a href=\"{{ contact.url }}\">x</a><a href=\"#top\">y</a>",
        "<p title=\"<div>\">x</p>",
        "{% capture x %}<b>{{ contact.vip }}</b>{% endcapture %}{{ x }}", "<p>a<div>b</div></p>", "<P>x</p>", "<html><body><p>x",
    ])
    func `what they take is not`(html: String) {
        #expect(said(html) == [])
    }

    @Test func `partials are looked at too, in their own files`() {
        let files = ["Templates/partials/p.html": "<p>x</p>\n<div><img src=x></div><i>"]
        #expect(
            said("{% render 'p' %}", also: files) == [
                "Templates/partials/p.html:2:6: warning: this image has no alt text [say what it shows, or alt=\"\" for a decoration]",
                "Templates/partials/p.html:2:23: warning: <i> is never closed [add </i>]",
            ])
    }

    @Test func `a tag right behind an element's name is no part of the name`() throws {
        let page = try library(["Templates/m.html": "---\nsubject: S\n---\n<p{% if contact.vip %} class=\"a\"{% endif %}>x</p>"])
            .load("m", for: TemplateUse(kind: .service)).render(data(["vip": true]))
        #expect(page.page == "<p  class=\"a\">x</p>")
        #expect(page.plain == "x\n")
    }

    @Test(arguments: NewslettersTests.names)
    func `of real newsletters, only what is wrong is said`(name: String) throws {
        let template = try NewslettersTests.template(name)
        let kinds = ["this image has no alt text", "this placeholder is of another program"]
        #expect(template.warnings.filter { warning in !kinds.contains { warning.message.hasPrefix($0) } }.map(\.headline) == [])
    }

    @Test func `a page of nothing but mistakes is read in one go`() {
        let found = said(String(repeating: "<p></i><b></a>", count: 20_000))
        #expect(found.count <= 12)
    }
}
