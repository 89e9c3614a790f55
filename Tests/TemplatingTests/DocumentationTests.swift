import Diagnostics
import Foundation
import Model
import Templating
import Testing
import Workspace

/// The page that marketers learn from: each of its examples does what it says.
@Suite struct DocumentationTests {
    static let page = DocumentationPage()

    @Test(arguments: page.examples) func `an example of the page gives what the page says`(_ example: DocumentationPage.Example) throws {
        let outcome = try Self.page.outcome(of: example)
        switch example.expected {
        case .text(let text): #expect(outcome.plain == text)
        case .html(let html): #expect(outcome.body == html)
        case .error(let line): #expect(outcome.complaints.contains { $0.hasPrefix(line) }, "\(outcome.complaints)")
        }
    }

    @Test func `every addition is in the table, and the page has examples enough`() {
        #expect(Self.page.examples.count >= 18)
        for name in ["t", "money", "number", "date", "raw", "button", "render", "block", "contact.segments", "NAME.it.md"] {
            #expect(Self.page.text.contains("\n| `\(name)` |"), "\(name)")
        }
    }
}

/// `docs/templates.md`, taken apart.
struct DocumentationPage: Sendable {
    enum Expected: Sendable {
        case text(String), html(String), error(String)
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var line: Int
        var template: String
        var data: JSONObject
        var expected: Expected

        var testDescription: String { "line \(line)" }
    }

    private(set) var text = ""
    private(set) var examples: [Example] = []
    private var files: [String: String] = [:]
    private var reader: JSONObject = [:]

    init() {
        text = (try? String(contentsOfFile: "\(repository)/docs/templates.md", encoding: .utf8)) ?? ""
        var open: (line: Int, template: String, data: JSONObject)?
        for block in Self.blocks(of: text) {
            let first = block.body.prefix { $0 != "\n" }
            if let path = first.split(separator: " ").first(where: { $0.hasPrefix("Templates/") }), block.language != "error",
                block.language != "text"
            {
                files[String(path)] = block.body
                continue
            }
            let value = try? JSONValue(parsing: Array(block.body.utf8))
            switch block.language {
            case "liquid": open = (block.line, block.body, [:])
            case "json":
                guard case .object(let object)? = value else { continue }
                if open == nil { reader = object } else { open?.data = object }
            case "text", "html", "error":
                guard let example = open else { continue }
                let expected: Expected =
                    block.language == "text" ? .text(block.body) : block.language == "html" ? .html(block.body) : .error(block.body)
                examples.append(Example(line: example.line, template: example.template, data: example.data, expected: expected))
                open = nil
            default: continue
            }
        }
    }

    private static func blocks(of text: String) -> [(language: String, body: String, line: Int)] {
        var blocks: [(String, String, Int)] = []
        var open: (language: String, lines: [Substring], line: Int)?
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if let block = open { blocks.append((block.language, block.lines.joined(separator: "\n"), block.line)) }
                open = open == nil ? (String(line.dropFirst(3)), [], number + 1) : nil
            } else {
                open?.lines.append(line)
            }
        }
        return blocks
    }

    struct Outcome {
        var plain = ""
        var body = ""
        var complaints: [String] = []
    }

    func outcome(of example: Example) throws -> Outcome {
        var files = files
        files["Templates/example.md"] = (example.template.hasPrefix("---\n") ? "" : "---\nsubject: S\n---\n") + example.template + "\n"
        let known = Array(Set(contact(example).names + ["city", "offer_url", "nick", "page", "width"]))
        let library = TemplateLibrary(
            files: FrozenFiles(texts: files), knowledge: TemplateKnowledge(contactAttributes: known, segments: ["vip"]))
        do {
            let template = try library.load("example", for: TemplateUse(kind: .service))
            if case .error = example.expected {} else { #expect(template.warnings.map(\.headline) == []) }
            let message = try template.render(try data(example))
            return Outcome(
                plain: message.plain.trimmingCharacters(in: .newlines).replacing("\u{A0}", with: " "), body: message.body,
                complaints: template.warnings.map(\.headline))
        } catch let list as DiagnosticList {
            return Outcome(complaints: list.items.map(\.headline))
        }
    }

    private func contact(_ example: Example) -> JSONObject { Self.merged(reader, example.data, "contact") }

    private func data(_ example: Example) throws -> MessageData {
        let contact = contact(example)
        var campaign: JSONObject = [:]
        if case .object(let data)? = Self.merged(reader, example.data, "campaign")["data"] { campaign = data }
        var segments: [String] = []
        if case .list(let names)? = contact["segments"] { segments = names.compactMap(\.text) }
        return MessageData(
            contact: Contact(id: ContactID(1), email: try EmailAddress("anna@example.com"), attributes: contact),
            background: MessageBackground(name: "spring", title: "Spring", topic: "news", data: campaign, organisation: organisation),
            unsubscribeURL: "https://news.example.com/u/abc", preferencesURL: "https://news.example.com/p/abc",
            now: Instant(seconds: 1_790_000_000), zone: Zone(contact["timezone"]?.text ?? "UTC") ?? .utc, segments: segments)
    }

    private static func merged(_ base: JSONObject, _ more: JSONObject, _ name: String) -> JSONObject {
        var result: JSONObject = [:]
        for object in [base, more] {
            guard case .object(let part)? = object[name] else { continue }
            for member in part.members { result[member.name] = member.value }
        }
        return result
    }
}
