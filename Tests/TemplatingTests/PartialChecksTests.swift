import Diagnostics
import Model
import Templating
import Testing
import Workspace

/// What partials are given, and what the campaign's data holds.
@Suite struct PartialChecksTests {
    private static let card = "<p>{{ title }}{% if price %}, {{ price }}{% endif %}{{ note | default: '' }}</p>"

    private func said(_ md: String, _ partials: [String: String] = [:], data: JSONObject? = nil) -> [String] {
        let files = Dictionary(uniqueKeysWithValues: partials.map { ("Templates/partials/\($0.key)", $0.value) })
        return complaints { try load(md: md, also: files, use: TemplateUse(kind: .service, data: data)) }
    }

    @Test(arguments: [
        (
            "Hello\n\n{% render 'card', titel: 'x' %}",
            ["Templates/m.md:6:19: warning: the partial \"card\" does not read \"titel\" [did you mean \"title\"?]"]
        ),
        (
            "{% render 'card', title: 'x', colour: 'red' %}",
            [
                "Templates/m.md:4:31: warning: the partial \"card\" does not read \"colour\" [leave it out, or write {{ colour }} into the partial]"
            ]
        ),
        (
            "{% render 'card' %}",
            [
                "Templates/m.md:4:11: warning: the partial \"card\" reads \"title\", which it is not given [add title: …, or write {{ title | default: … }} in the partial]"
            ]
        ),
        (
            "{% render 'card', price: 1 %}",
            [
                "Templates/m.md:4:11: warning: the partial \"card\" reads \"title\", which it is not given [add title: …, or write {{ title | default: … }} in the partial]"
            ]
        ),
        (
            "{% render 'card', title: 'x', prise: 1 %}",
            ["Templates/m.md:4:31: warning: the partial \"card\" does not read \"prise\" [did you mean \"price\"?]"]
        ),
        ("{% render 'card', title: 'x', price: 2, note: 'y' %}\n\n{% render 'card', title: contact.x %}", []),
        ("{% assign title = 'x' %}{% include 'card' %}", []),
        ("{% for p in campaign.data.products %}\n{% render 'card', title: p.name %}\n{% endfor %}", []),
    ])
    func `what a partial is given must be what it reads`(md: String, expected: [String]) {
        #expect(said(md, ["card.html": Self.card]) == expected)
    }

    @Test func `a partial that hands on what it is given is asked for all of it`() {
        let partials = [
            "outer.html": "<div>{% render 'card', title: heading %}</div>", "card.html": Self.card,
            "loop.html": "{% for item in items %}{{ item.x }}{% endfor %}",
            "with.html": "<b>{{ with.name }}{{ other }}</b>", "any.liquid": "{% include which %}",
        ]
        #expect(said("{% render 'outer', heading: 'x' %}{% render 'loop', items: contact.x %}", partials) == [])
        #expect(
            said("{% render 'outer', heding: 'x' %}", partials) == [
                "Templates/m.md:4:20: warning: the partial \"outer\" does not read \"heding\" [did you mean \"heading\"?]"
            ])
        #expect(said("{% render 'with' with contact as with, other: 1 %}", partials) == [])
        // It may read whatever those that it includes read.
        #expect(said("{% include 'any', anything: 1, which: 'loop' %}", partials).filter { $0.contains("does not read") } == [])
    }

    @Test(arguments: [
        (["a.html": "<p>x</p>\n{% render 'a' %}"], "Templates/partials/a.html:2:1: error: the partial \"a\" renders itself without end"),
        (
            ["a.html": "{% render 'b' %}", "b.html": "<p>\n {% render 'c' %}</p>", "c.liquid": "x {% render 'a' %}"],
            "Templates/partials/c.liquid:1:3: error: the partial \"a\" renders itself without end (a → b → c → a)"
        ),
        (
            ["a.html": "{% render 'b' %}", "b.md": "{% if contact.x %}y{% endif %}\n\n{% render 'b' %}"],
            "Templates/partials/b.md:3:1: error: the partial \"b\" renders itself without end"
        ),
    ])
    func `a partial that renders itself is told with the way round`(partials: [String: String], expected: String) {
        let said = said("{% if contact.y %}{% render 'a' %}{% endif %}", partials).filter { $0.contains("without end") }
        #expect(said == ["\(expected) [put this between {% if %} and {% endif %}, or take it out]"])
    }

    @Test func `a layout whose partials go round is told as well, and one that ends is not`() {
        let files = [
            "Templates/layouts/l.html": "<p>{{ content }}</p>{% render 'foot' %}",
            "Templates/partials/foot.html": "<i>x</i>{% render 'foot' %}",
        ]
        let said = complaints { try load(md: "x", also: files, front: "layout: l\n") }
        #expect(said.map { $0.prefix(52) } == ["Templates/partials/foot.html:1:9: error: the partial"])
        #expect(
            self.said(
                "{% render 'tree', items: campaign.data.items %}",
                [
                    "tree.html":
                        "{% for item in items %}<p>{{ item.name }}</p>{% if item.items %}{% render 'tree', items: item.items %}{% endif %}{% endfor %}"
                ]) == [])
    }

    private static let campaign: JSONObject = [
        "hero": .object(["title": "Spring", "image": .object(["url": "https://x.example/a.png"])]), "sale": false, "none": "",
        "products": .list([.object(["name": "Chain", "price": 39]), .object(["name": "Tape", "badge": "new"])]), "tags": .list(["a", "b"]),
    ]

    @Test(arguments: [
        ("{{ campaign.data.heor.title }}", "Templates/m.md:4:4: error: the campaign has no data \"heor\" [did you mean \"hero\"?]"),
        ("{{ campaign.data.hero.titel }}", "Templates/m.md:4:4: warning: campaign.data.hero has no \"titel\" [did you mean \"title\"?]"),
        (
            "{{ campaign.data.hero.image.uri }}",
            "Templates/m.md:4:4: warning: campaign.data.hero.image has no \"uri\" [did you mean \"url\"?]"
        ),
        (
            "{% for p in campaign.data.products %}\n{{ p.nmae }}\n{% endfor %}",
            "Templates/m.md:5:4: warning: campaign.data.products has no \"nmae\" [did you mean \"name\"?]"
        ),
        (
            "{{ campaign.data.products[0].prcie }}",
            "Templates/m.md:4:4: warning: campaign.data.products has no \"prcie\" [did you mean \"price\"?]"
        ),
        (
            "{{ campaign.data.products.name }}",
            "Templates/m.md:4:4: warning: campaign.data.products has no \"name\" [it is a list: go through it with {% for item in campaign.data.products %}]"
        ),
        (
            "{% assign h = campaign.data.hero %}{{ h.titel }}",
            "Templates/m.md:4:39: warning: campaign.data.hero has no \"titel\" [did you mean \"title\"?]"
        ),
        (
            "{{ campaign.data.hero.colour }}",
            "Templates/m.md:4:4: warning: campaign.data.hero has no \"colour\" [give it in the campaign's file, or ask {% if … %} before it is used]"
        ),
        (
            "[a]({{ campaign.data.url }})",
            "Templates/m.md:4:8: error: the campaign has no data \"url\" [give it under data: in the campaign's file]"
        ),
    ])
    func `a slip deeper in the campaign's data is told`(md: String, expected: String) {
        #expect(said(md, data: Self.campaign) == [expected])
    }

    @Test(arguments: [
        "{{ campaign.data.hero.title }}{{ campaign.data.hero.image.url }}{{ campaign.data.hero['title'] }}",
        "{{ campaign.data.sale }}{{ campaign.data.none }}",
        "{% for p in campaign.data.products %}{{ p.name }}{{ p.price }}{{ p.badge }}{{ forloop.index }}{% endfor %}",
        "{{ campaign.data.products.size }}{{ campaign.data.products.first.name }}{{ campaign.data.hero.title.size }}",
        "{{ campaign.data.colour | default: 'red' }}{{ campaign.data.hero.colour | upcase | default: 'red' }}",
        "{% if campaign.data.footer %}{{ campaign.data.footer }}{% endif %}",
        "{% if campaign.data.sale %}{{ campaign.data.missing }}{% endif %}",
        "{% for t in campaign.data.tags %}{{ t }}{% endfor %}{{ campaign.data.tags | join: ', ' }}",
        "{% assign p = campaign.data.products | first %}{{ p.nmae }}",
        "{% for p in campaign.data.extra %}{{ p.x }}{% else %}none{% endfor %}",
        "{% if campaign.data.hero.badge != blank %}{{ campaign.data.hero.badge }}{% endif %}",
    ])
    func `what is there, or has a default, or is asked for first, is not`(md: String) {
        #expect(said(md, data: Self.campaign) == [])
    }
}
