import Diagnostics
import Foundation
import Model
import Templating
import Testing
import Workspace

/// Templates with nothing wrong: a check that says something of one of these cries wolf.
@Suite struct GoodTemplatesTests {
    private static let partials = [
        "Templates/partials/card.html": "<td><a href=\"{{ url }}\">{{ title }}</a>{% if badge %}<b>{{ badge }}</b>{% endif %}</td>",
        "Templates/partials/list.html":
            "<table><tr>{% for item in items %}{% render 'card', title: item.name, url: item.url, badge: item.badge %}{% endfor %}</tr></table>",
        "Templates/partials/item.html": "<p>{{ item.name }} {{ forloop.index }}</p>",
        "Templates/partials/tree.liquid":
            "{{ node.name }}{% for child in node.children %}{% render 'tree', node: child %}{% endfor %}",
        "Templates/partials/head.md": "# {{ heading | default: 'News' }}", "Templates/layouts/l.html": layout,
    ]
    private static let layout = """
        <!DOCTYPE html><html><head><title>{{ subject }}</title></head><body>
        {% block top %}{% render 'head' %}{% endblock %}{{ content }}
        {% if contact.language == "it" %}<a href="{{ links.unsubscribe }}">Via</a>{% else %}<a href="{{ links.unsubscribe }}">Leave</a>{% endif %}
        <p>{{ organisation.name }}, {{ organisation.postal_address }}</p></body></html>
        """
    private static let campaign: JSONObject = [
        "items": .list([
            .object(["name": "A", "url": "https://a.example"]), .object(["name": "B", "url": "https://b.example", "badge": "new"]),
        ]),
        "tree": .object(["name": "r", "children": .list([.object(["name": "s"])])]), "code": "X",
    ]

    @Test(arguments: [
        "{% render 'list', items: campaign.data.items %}", "{% render 'item' for campaign.data.items as item %}",
        "{% render 'tree', node: campaign.data.tree %}",
        "{% for item in campaign.data.items %}\n- [{{ item.name }}]({{ item.url }}){% if item.badge %} {{ item.badge }}{% endif %}\n{% endfor %}",
        "{% assign first = campaign.data.items | first %}{{ first.name }} {{ campaign.data.items[0].name }} {{ campaign.data.items.size }}",
        "{% block top %}{% render 'head', heading: 'Hello' %}{% endblock %}\n\nHello {{ contact.first_name | default: 'there' }}",
        "{% liquid\n assign n = contact.first_name | default: 'you'\n echo n\n%}",
        "{% case contact.plan %}{% when 'pro' %}Thanks{% else %}Join{% endcase %} <https://shop.example> [m](mailto:a@b.example) [t](tel:+39039) [s](sms:123)",
        "[x](https://shop.example/{{ contact.id }}?a=b&c={{ contact.x }}#t) [y](#top) [z]({{ contact.url | default: 'https://shop.example' }})",
        "{% capture cta %}[Go](https://shop.example){% endcapture %}{{ cta }}",
        "{% comment %}{{ contcat }}{% endcomment %}{% raw %}{{ x }}{% endraw %}",
        "{% if campaign.data.promo %}{{ campaign.data.promo.text }}{% endif %}",
        "{% cycle 'a', 'b' %}{% increment n %}{% for i in (1..3) %}{{ i }}{% endfor %}",
        "{% for i in (1..3) %}{% if i == 2 %}{% continue %}{% endif %}{% assign last = i %}{% endfor %}{{ last }}",
        "{% button 'https://shop.example' %}Go{% endbutton %}",
        "{% tablerow item in campaign.data.items cols: 2 %}{{ item.name }}{% endtablerow %}",
    ])
    func `nothing is said of a good template`(body: String) {
        let text = "---\nsubject: Hello\nlayout: l\n---\n\(body)"
        let said = complaints {
            try library(Self.partials.merging(["Templates/m.md": text]) { $1 }).load(
                "m", for: TemplateUse(kind: .marketing, data: Self.campaign))
        }
        #expect(said == [])
    }

    @Test(.enabled(if: !NewslettersTests.names.isEmpty, "the newsletters are not beside the repository"), arguments: NewslettersTests.names)
    func `of a real newsletter with a way out in its layout, nothing is said but of its pictures and placeholders`(name: String) throws {
        let page = try NewslettersTests.source(name)
        let end = page.range(of: "</body>", options: .caseInsensitive)?.lowerBound ?? page.endIndex
        let foot =
            "<p><a href=\"{{ links.unsubscribe }}\">Leave</a> {{ organisation.postal_address }} {{ contact.first_name | default: 'x' }}</p>"
        let text = "---\nsubject: S\n---\n" + page[..<end] + foot + page[end...]
        let said = complaints { try library(["Templates/m.html": text]).load("m", for: TemplateUse(kind: .marketing)) }
        let kinds = ["this image has no alt text", "this placeholder is of another program", "the page has"]
        #expect(said.filter { line in !kinds.contains { line.contains($0) } } == [])
    }
}
