import Diagnostics
import Foundation
import Model
import Templating
import Testing
import Workspace

/// Real layouts, as agencies and shops use them.
@Suite struct NewslettersTests {
    static let folder = shared + "/newsletters"
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".html") }.sorted()

    static func source(_ name: String) throws -> String {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        // Their placeholders are of another tool, and two of them look like Liquid.
        return String(decoding: bytes, as: UTF8.self).replacing("{{", with: "{ {").replacing("{%", with: "{ %")
    }

    static func template(_ name: String) throws -> MessageTemplate {
        try library(["Templates/m.html": "---\nsubject: S\n---\n\(try source(name))"]).load("m", for: TemplateUse(kind: .service))
    }

    static func message(_ name: String) throws -> RenderedMessage {
        try template(name).render(data())
    }

    @Test(.enabled(if: !names.isEmpty, "the newsletters are not beside the repository"), arguments: names)
    func `a real newsletter keeps its page and gets a text part`(name: String) throws {
        let message = try Self.message(name)
        #expect(message.page.contains("</html>"))
        let text = message.plain
        #expect(text.count > 200)
        #expect(!text.contains("<") && !text.contains("&nbsp;") && !text.contains("zqlmark") && !text.contains("{"))
        #expect(!text.contains("\n\n\n"))
        #expect(!text.contains("font-family") && !text.contains("@media"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 72 || !$0.contains(" ") || $0.contains("http") })
        #expect(try Self.message(name) == message)
    }

    /// What makes them readable: which headings are underlined, in which order, and how many blocks stand between empty lines.
    private static let outlines: [(name: String, headings: [String], blocks: Int)] = [
        ("responsive-templates-base_boxed_basic_query.html", ["1 Designing Your Template", "2 Styling Your Content"], 12),
        ("templates-2col-1-2.html", ["1 Heading 1", "2 Heading 2"], 16),
        ("templates-2col-2-1.html", ["1 Heading 1", "2 Heading 2"], 16),
        ("templates-3col-basic3column-asym.html", ["1 Heading 1", "2 Heading 2"], 16),
        ("templates-3col-basic3column.html", [], 12),
        ("templates-fancy-1-2-3.html", ["1 Heading 1", "2 Heading 2"], 22),
        ("templates-fancy-50-25-25-1.html", ["1 Heading 1", "2 Heading 2"], 18),
        ("templates-gallery-1-4-1.html", ["1 Heading 1", "2 Heading 2"], 21),
        ("templates-simple-basic.html", ["1 Heading 1", "2 Heading 2"], 12),
        ("templates-simple-postcard.html", ["1 Heading 1", "1 Heading 1", "2 Heading 2"], 14),
        ("templates-transactional_basic.html", ["1 Heading 1", "2 Heading 2"], 9),
    ]

    @Test(.enabled(if: !names.isEmpty, "the newsletters are not beside the repository"), arguments: outlines)
    func `the text part of a real newsletter has its headings and its blocks in their order`(
        name: String, headings: [String], blocks: Int
    ) throws {
        let text = try Self.message(name).plain
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let found = zip(lines, lines.dropFirst()).compactMap { line, under -> String? in
            guard !under.isEmpty, under.count == min(line.count, 72) else { return nil }
            return under.allSatisfy { $0 == "=" } ? "1 \(line)" : under.allSatisfy { $0 == "-" } ? "2 \(line)" : nil
        }
        #expect(found == headings)
        #expect(text.split(separator: "\n\n").count == blocks)
        // An address that stands behind its label, and no label or address twice in a row.
        #expect(!text.contains(" ()") && !text.contains("( "))
    }
}

/// The repository's own sample workspace.
@Suite struct SampleTemplatesTests {
    static let hasSamples = FileManager.default.fileExists(atPath: repository + "/Templates/spring-launch.md")

    @Test(
        .enabled(if: hasSamples, "the sample templates are not there"), arguments: ["spring-launch", "spring-reminder", "lapsed"],
        ["en", "it"])
    func `every sample can be sent`(name: String, language: String) throws {
        let files = try DiskFiles(root: repository)
        let settings = try Settings(reading: SourceText(name: "pitwall.yaml", bytes: files.read("pitwall.yaml") ?? []))
        let source = SourceText(name: "Campaigns/\(name).yaml", bytes: try #require(try files.read("Campaigns/\(name).yaml")))
        let campaign = try CampaignFile(reading: source, settings: settings)
        let template = try TemplateLibrary(files: files).load(campaign.template.value, for: TemplateUse(campaign))
        #expect(template.warnings.map(\.headline) == [])
        var data = try data(["first_name": "Ada", "language": .text(language), "plan": "pro"])
        data.background = MessageBackground(campaign, organisation: settings.organisation)
        let message = try template.render(data)
        #expect(message.page.contains("Ada"))
        #expect(message.plain.contains(settings.organisation.postalAddress ?? "?"))
        #expect(!message.plain.contains("<") && !message.page.contains("zqlmark") && !message.plain.contains("zqlmark"))
        #expect(!message.plain.contains("\n\n\n"))
        #expect(message.html.count < 40_000)
    }
}
