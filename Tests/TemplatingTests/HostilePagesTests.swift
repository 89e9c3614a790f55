import Diagnostics
import Model
import Templating
import Testing
import Workspace

@Suite struct HostilePagesTests {
    /// All that must be refused, and some of what takes seconds without the optimiser; `Benchmarks/templates.sh pages` runs all.
    private static let pages =
        HostilePages.all.filter { $0.ending == .refused }
        + HostilePages.all.filter { $0.ending == .compiled }.enumerated().filter { $0.offset % 4 == 0 }.map(\.element)

    @Test(arguments: pages)
    func `a page that asks for too much compiles to something of its size, or is refused at a place of its file`(page: HostilePage) throws {
        do throws(DiagnosticList) {
            let message = try page.library().load("m", for: TemplateUse(kind: .service))
            #expect(page.ending == .compiled)
            // Some ask for more while they are rendered than a rendering may take.
            if let rendered = try? message.render(data()) { #expect(rendered.html.count <= 2 << 20) }
        } catch {
            #expect(page.ending == .refused, "\(error.items.first?.headline ?? "")")
            #expect(error.items.first { $0.severity == .error }?.location != nil)
        }
    }

    @Test(arguments: [
        (String(repeating: "<p>", count: 6_001), "4:18001: error: more than 6,000 tags and comments"),
        (String(repeating: "word\n", count: 81_000), "80004:1: error: more than 400 kB of HTML"),
        (String(repeating: "\n", count: 20_001), "20004:1: error: more than 20,000 lines of HTML"),
        (String(repeating: "{{ campaign.name }}\n", count: 1001), "1004:1: error: more than 1,000 outputs and tags"),
        ("<p \((0..<251).map { "a\($0)" }.joined(separator: " "))>", "4:1: error: an element has more than 250 attributes"),
        (
            String(repeating: "<p \((0..<200).map { "a\($0)" }.joined(separator: " "))>\n", count: 151),
            "154:1: error: more than 30,000 attributes"
        ),
    ])
    func `what a page may not have more of is said where there is too much`(html: String, problem: String) {
        let said = complaints {
            try library(["Templates/m.html": HostilePage.front + html]).load("m", for: TemplateUse(kind: .service))
        }
        #expect(said.contains { $0.hasPrefix("Templates/m.html:\(problem)") }, "\(said)")
    }

    @Test(arguments: [
        (String(repeating: "x\n\n", count: 3_001), "6004:1: error: more than 6,000 lines, cells and signs of Markdown"),
        (
            "|a" + String(repeating: "|a", count: 300) + "\n" + String(repeating: "|-", count: 301) + "\n"
                + String(repeating: "|x\n", count: 99), "22:1: error: more than 6,000 lines"
        ),
        (String(repeating: ">", count: 200) + "x", "4:1: error: quotes or lists are nested deeper than any message needs"),
        (String(repeating: "words and words\n", count: 17_000), "16388:1: error: more than 256 kB of Markdown"),
    ])
    func `what Markdown may not have more of is said where there is too much`(md: String, problem: String) {
        let said = complaints { try load(md: md) }
        #expect(said.contains { $0.hasPrefix("Templates/m.md:\(problem)") }, "\(said)")
    }

    @Test func `a message is bounded with its layout and its partials together`() {
        let paragraphs = String(repeating: "<p>x</p>\n", count: 1800)
        let said = complaints {
            try library([
                "Templates/m.html": "---\nsubject: S\nlayout: l\n---\n\(paragraphs){% render 'p' %}",
                "Templates/layouts/l.html": "<style>p { color: red }</style>{{ content }}",
                "Templates/partials/p.html": paragraphs + paragraphs,
            ]).load("m", for: TemplateUse(kind: .service))
        }
        #expect(said.first?.hasPrefix("Templates/partials/p.html:") == true && said.first?.contains("6,000 tags") == true, "\(said)")
    }

    @Test func `a link in a link is written once into the text part`() throws {
        let html = String(repeating: "<a href=\"https://e.com/\">x<object>", count: 60) + "y"
        let text = try plain(html: html)
        #expect(text.filter { $0 == "y" }.count == 1)
    }
}
