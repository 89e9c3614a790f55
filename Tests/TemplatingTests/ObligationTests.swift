import Diagnostics
import Model
import Templating
import Testing
import Workspace

/// A way out that every reader sees, and the sender's address.
@Suite struct ObligationTests {
    private static let address = "<p>{{ organisation.postal_address }}</p>"

    private func said(_ html: String, also files: [String: String] = [:], kind: CampaignFile.Kind? = .marketing) -> [String] {
        let own = ["Templates/m.html": "---\nsubject: S\n---\n\(html)"]
        return complaints { try library(files.merging(own) { $1 }).load("m", for: TemplateUse(kind: kind)) }
    }

    private static let put = "put <a href=\"{{ links.unsubscribe }}\">Unsubscribe</a> into the layout"

    @Test(arguments: [
        ("<p>x</p>", "4:1: error: there is no link to unsubscribe [\(put)]"),
        ("\n\n<b>x</b>", "6:1: error: there is no link to unsubscribe [\(put)]"),
        (
            "<p>x</p><!-- <a href=\"{{ links.unsubscribe }}\">Leave</a> -->",
            "4:26: error: this address to unsubscribe is in no link that readers see [\(put)]"
        ),
        ("<p>{{ links.unsubscribe }}</p>", "4:7: error: this address to unsubscribe is in no link that readers see [\(put)]"),
        (
            "<p>x</p><!--[if mso]><a href=\"{{ links.unsubscribe }}\">Leave</a><![endif]-->",
            "4:34: error: this address to unsubscribe is in no link that readers see [\(put)]"
        ),
        (
            "{% if contact.vip %}<a href=\"{{ links.unsubscribe }}\">Leave</a>{% endif %}",
            "4:33: error: only some readers get the link to unsubscribe [put it behind {% endif %}, or into {% else %} as well]"
        ),
        (
            "{% for i in contact.x %}<a href=\"{{ links.unsubscribe }}\">Leave</a>{% endfor %}",
            "4:37: error: only some readers get the link to unsubscribe [put it behind {% endif %}, or into {% else %} as well]"
        ),
        (
            "{% if contact.a %}{% if contact.b %}<a href=\"{{ links.unsubscribe }}\">A</a>{% endif %}{% else %}<a href=\"{{ links.unsubscribe }}\">B</a>{% endif %}",
            "4:49: error: only some readers get the link to unsubscribe [put it behind {% endif %}, or into {% else %} as well]"
        ),
        (
            "<a href=\"{{ links.unsubscribe }}\"> &nbsp;</a>",
            "4:13: error: the link to unsubscribe has nothing to click on [write a word between <a> and </a>, or an alt for its image]"
        ),
        (
            "<a href=\"{{ links.unsubscribe }}\"><img src=\"https://x.example/a.png\" alt=\"\"></a>",
            "4:13: error: the link to unsubscribe has nothing to click on [write a word between <a> and </a>, or an alt for its image]"
        ),
        (
            "<a href=\"{{ links.unsubscribe }}\">{% if contact.x %}{% endif %}</a>",
            "4:13: error: the link to unsubscribe has nothing to click on [write a word between <a> and </a>, or an alt for its image]"
        ),
        (
            "<div style=\"display: none\"><a href=\"{{ links.unsubscribe }}\">Leave</a></div>",
            "4:40: error: the link to unsubscribe is hidden [\(put)]"
        ),
        ("<a href=\"{{ links.preferences }}\">x</a>", "4:1: error: there is no link to unsubscribe [\(put)]"),
    ])
    func `a way out that some readers do not have is an error with its place`(html: String, expected: String) {
        #expect(said(html + Self.address).filter { $0.contains("error") } == ["Templates/m.html:\(expected)"])
        #expect(said(html + Self.address, kind: nil).first == "Templates/m.html:\(expected)".replacing("error", with: "warning"))
        #expect(said(html, kind: .service) == [])
    }

    @Test(arguments: [
        "<a href=\"{{ links.unsubscribe }}\">Leave</a>", "<a href=\"{{ links.unsubscribe }}\">{{ contact.label | default: 'Leave' }}</a>",
        "<a href=\"{{ links.unsubscribe }}\"><img src=\"https://x.example/a.png\" alt=\"Leave\"></a>",
        "<a href=\"{{ links.unsubscribe }}\"><span><b>Leave</b></span></a>",
        "{% if contact.a %}<a href=\"{{ links.unsubscribe }}\">A</a>{% else %}<a href=\"{{ links.unsubscribe }}\">B</a>{% endif %}",
        "{% case contact.a %}{% when 1 %}<a href=\"{{ links.unsubscribe }}\">A</a>{% else %}<a href=\"{{ links.unsubscribe }}\">B</a>{% endcase %}",
        "{% if contact.a %}x<a href=\"{{ links.unsubscribe }}\"></a>{% endif %}<a href=\"{{ links.unsubscribe }}\">B</a>",
        "<a href=\"{% if contact.a %}{{ links.unsubscribe }}{% else %}{{ links.unsubscribe }}{% endif %}\">Leave</a>",
        "{% assign out = links.unsubscribe %}<a href=\"{{ out }}\">Leave</a>", "{% render 'foot' %}",
        "{% render 'given', url: links.unsubscribe %}",
        "{% render 'plain' %}", "{% include 'foot' %}",
        "{% capture foot %}<a href=\"{{ links.unsubscribe }}\">Leave</a>{% endcapture %}{{ foot }}",
        "{% button links.unsubscribe %}Leave{% endbutton %}",
        "{% unless contact.a %}{% render 'foot' %}{% else %}{% render 'given', url: links.unsubscribe %}{% endunless %}",
    ])
    func `a way out for everybody is enough, wherever it is written`(html: String) {
        let partials = [
            "Templates/partials/foot.html": "<p><a href=\"{{ links.unsubscribe }}\">Leave</a></p>",
            "Templates/partials/given.html": "<p><a href=\"{{ url }}\">Leave</a></p>",
            "Templates/partials/plain.liquid": "<a href=\"{{ links.unsubscribe }}\">Leave</a>",
        ]
        #expect(said(html + Self.address, also: partials) == [])
    }

    private static let leave = "<a href=\"{{ links.unsubscribe }}\">Leave</a>"
    private static let putAddress = "put {{ organisation.postal_address }} into the layout"

    @Test(arguments: [
        ("", "4:1: warning: there is no postal address, which marketing mail must have [\(putAddress)]"),
        ("<!-- {{ organisation.postal_address }} -->", "4:52: warning: no reader sees this postal address [\(putAddress)]"),
        (
            "{% if contact.a %}{{ organisation.postal_address }}{% endif %}",
            "4:65: warning: only some readers see the postal address, which marketing mail must have [\(putAddress)]"
        ),
    ])
    func `so is the postal address`(html: String, expected: String) {
        #expect(said(Self.leave + html) == ["Templates/m.html:\(expected)"])
    }

    @Test func `what is missing is told at the layout where there is one, and in a text part at its start`() {
        let layout = ["Templates/layouts/l.html": "<p>{{ content }}</p>"]
        let said = complaints { try load(md: "x", also: layout, front: "layout: l\n", use: TemplateUse(kind: .marketing)) }
        #expect(said.map { $0.prefix(26) } == ["Templates/m.md:3:9: error:", "Templates/m.md:3:9: warnin"])
        let text = ["Templates/m.txt": "Hello", "Templates/m.html": "---\nsubject: S\n---\n" + Self.leave + Self.address]
        #expect(
            complaints { try library(text).load("m", for: TemplateUse(kind: .marketing)) } == [
                "Templates/m.txt:1:1: warning: there is no link to unsubscribe in the text part [put {{ links.unsubscribe }} into it]"
            ])
    }
}
