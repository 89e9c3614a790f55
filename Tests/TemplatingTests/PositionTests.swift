import Diagnostics
import Model
import Templating
import Testing
import Workspace

/// Every mistake has a file, a line and a column, wherever YAML has put the text.
@Suite struct PositionTests {
    private func said(_ front: String) -> [String] {
        complaints { try library(["Templates/m.md": "---\n\(front)\n---\nHello"]).load("m", for: TemplateUse(kind: .service)) }
    }

    @Test(arguments: [
        ("subject: a {{ contcat.x }}", "2:15"), ("subject: \"a {{ contcat.x }}\"", "2:16"), ("subject: 'it''s {{ contcat.x }}'", "2:20"),
        ("subject: \"\\u00e8 \\\"b\\\" {{ contcat.x }}\"", "2:27"), ("subject: \"a\\\n  b {{ contcat.x }}\"", "3:8"),
        ("subject: >\n  one two\n  è {{ contcat.x }}", "4:8"), ("subject: >-\n    one {{ contcat.x }}", "3:12"),
        ("subject: |\n  one\n\n  {{ contcat.x }}", "5:6"),
        ("subject: one\n  two {{ contcat.x }}", "3:10"), ("subject: \"one\n\n  two {{ contcat.x }}\"", "4:10"),
        ("subject: >\n  {{ contcat.x }}", "3:6"),
        ("subject: S\npreheader: |\n  one\n  {{ contcat.x }}", "5:6"), ("subject: >\r\n  one\r\n  {{ contcat.x }}", "4:6"),
        ("subject: S\npreheader: >\n  one\n    more {{ contcat.x }}\n\n  two", "5:13"),
    ])
    func `a mistake in a line of the front matter is told where it is`(front: String, place: String) {
        #expect(said(front) == ["Templates/m.md:\(place): error: unknown variable \"contcat\" [did you mean \"contact\"?]"])
    }

    @Test(arguments: [
        ("subject: >\n  one\n  {{ contact.x | upcsae }}", "4:18: error: there is no filter \"upcsae\" [did you mean \"upcase\"?]"),
        ("subject: >\n  one {% if contact.x %}\n  two", "3:7: error: if is never closed [{% endif %} is missing]"),
    ])
    func `so is a mistake of Liquid`(front: String, expected: String) {
        #expect(said(front) == ["Templates/m.md:\(expected)"])
    }

    @Test func `a campaign's own subject is told in the campaign's file`() throws {
        let text = """
            version: 1
            title: Launch
            kind: service
            segment: everybody
            template: m
            from: Test <news@example.com>
            subject: >
              Hello {{ contact.first_name | default: "you" }},
              {{ campaign.data.cdoe }}
            preheader: "{{ contact.x | upcsae }}"
            data: {code: SPRING}
            """
        let settings = try Settings(reading: SourceText(name: "pitwall.yaml", text: "title: T\norganisation: {name: T}\n"))
        let campaign = try CampaignFile(reading: SourceText(name: "Campaigns/launch.yaml", text: text), settings: settings)
        let files = ["Templates/m.md": "---\nsubject: S\n---\nHello"]
        #expect(
            complaints { try library(files).load("m", for: TemplateUse(campaign)) } == [
                "Campaigns/launch.yaml:9:6: error: the campaign has no data \"cdoe\" [did you mean \"code\"?]",
                "Campaigns/launch.yaml:10:28: error: there is no filter \"upcsae\" [did you mean \"upcase\"?]",
            ])
    }

    /// One template with each mistake there is: none may lack its place.
    @Test(
        arguments: [
            "{{ contcat.x }}", "{{ contact.x | upcsae }}", "{% render 'none' %}", "{% render 'p', y: 1 %}", "{% if x", "{{ links.x }}",
            "![](https://a.example/a.png)",
            "[a](htps://x)", "<div>", "<script></script>", "{% endif %}", "{% block x %}{% endblock %}", "{% button %}x{% endbutton %}",
            "{{ 1 | money: 'XYZ' }}",
            "{{ 'a' | t }}", "{% if contact.segments %}{% endif %}", "<td width={{ contact.x }}>", "{% include 'p' %}{% render 'loop' %}",
            "{% if contact.x %}1{% else y %}2{% endif %}", "zqlmark", "{% link %}{% endlink %}",
            "<img src=\"cid:{{ contact.x }}\" alt=\"\">",
            String(repeating: "word ", count: 21_000),
        ], ["md", "html"])
    func `no mistake is without its line and column`(body: String, ending: String) {
        let files = [
            "Templates/m.\(ending)": "---\nsubject: \(String(repeating: "long ", count: 12))\nlayout: l\n---\n\(body)",
            "Templates/partials/p.html": "<p>x</p>",
            "Templates/partials/loop.html": "{% render 'loop' %}", "Templates/layouts/l.html": "{{ content }}",
        ]
        let said = complaints { try library(files).load("m", for: TemplateUse(kind: .marketing)) }
        #expect(!said.isEmpty)
        for line in said { #expect(line.contains(#/^[^: ]+:\d+:\d+: (error|warning): /#), "\(line)") }
    }

    @Test(arguments: [
        ["Templates/m.md": "x"], ["Templates/m.md": ""],
        ["Templates/m.md": "---\nsubject: S\nlayout: l\n---\nx", "Templates/layouts/l.html": "x"],
        ["Templates/m.md": "---\nsubject: [a]\n---\nx"], ["Templates/m.md": "---\nsubject: S\n"],
        ["Templates/m.md": "---\nsubject: S\n---\n"],
        ["Templates/m.md": "---\n---\nx"], ["Templates/m.md": String(repeating: "x", count: (1 << 20) + 1)],
    ])
    func `nor what is missing in a file`(files: [String: String]) {
        let said = complaints { try library(files).load("m", for: TemplateUse(kind: .marketing)) }
        #expect(!said.isEmpty)
        for line in said { #expect(line.contains(#/^[^: ]+:\d+:\d+: (error|warning): /#), "\(line)") }
    }
}
