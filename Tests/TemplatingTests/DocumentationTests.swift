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
        let names = Self.page.additions.map(\.name)
        #expect(names == ["t", "money", "number", "date", "raw", "button", "render", "block", "contact.segments", "NAME.it.md"])
    }

    @Test(arguments: page.additions.filter { $0.example.contains("{") })
    func `an addition gives what the table says`(_ addition: DocumentationPage.Addition) throws {
        let isBlock = addition.name == "block"
        let template = (isBlock ? "---\nsubject: S\nlayout: plain\n---\n" : "") + addition.example
        let isCondition = addition.name == "contact.segments"
        let example = DocumentationPage.Example(
            line: 0, template: isCondition ? "\(template)whether the reader is in that segment{% endif %}" : template,
            data: ["campaign": .object(["data": .object(["ends": "2026-04-30", "html": "the value as <b>HTML</b>"])])], expected: .text(""))
        let outcome = try Self.page.outcome(of: example)
        #expect(outcome.complaints == [])
        switch addition.name {
        case "money", "number", "date", "contact.segments": #expect(outcome.plain == addition.gives)
        case "t": #expect(outcome.plain == "Unsubscribe")
        case "raw": #expect(outcome.body == "<p>the value as <b>HTML</b></p>")
        case "button": #expect(outcome.plain == "Shop: https://shop.example")
        case "render": #expect(outcome.plain == "Chain")
        default: #expect(outcome.plain.contains("…") && !outcome.plain.contains("{%"), "\(outcome.plain)")
        }
    }

    @Test func `each letter of a date's pattern gives what the page says`() throws {
        let said = Self.page.text.matches(of: /`(%[^`]+)` ([0-9A-Z][\w:]*)/).map { ($0.output.1, $0.output.2) }
        #expect(said.count >= 9)
        for (pattern, text) in said {
            let example = DocumentationPage.Example(
                line: 0, template: "{{ \"2026-11-02 09:30\" | date: \"\(pattern)\" }}", data: ["contact": .object(["timezone": "UTC"])],
                expected: .text(""))
            #expect(try Self.page.outcome(of: example).plain == text)
        }
    }

    @Test(arguments: [
        ("all files", MessageBounds.files, "MB"), ("outputs and tags of Liquid", MessageBounds.liquid, ""),
        ("named blocks of a file", MessageBounds.blocks, ""), ("HTML", MessageBounds.html, "kB"),
        ("lines of HTML", MessageBounds.lines, ""), ("tags and comments of HTML", MessageBounds.tags, ""),
        ("attributes", MessageBounds.attributes, ""),
        ("attributes of one element", MessageBounds.attributesOfElement, ""), ("elements in one another", MessageBounds.depth, ""),
        ("Markdown", MessageBounds.markdown, "kB"), ("lines, table cells and signs of Markdown", MessageBounds.signs, ""),
        ("quotes and lists in one another", MessageBounds.markdownDepth, ""), ("styles", MessageBounds.styles, "kB"),
        ("rules, selectors and declarations", MessageBounds.statements, ""),
        ("lines of `strings.yaml`", MessageBounds.textLines, ""),
    ])
    func `the page says how much a message may hold`(thing: String, most: Int, unit: String) throws {
        let row = Self.page.text.split(separator: "\n").first { $0.hasPrefix("| \(thing) | ") } ?? ""
        let figure = try #require(Int(row.dropFirst("| \(thing) | ".count).filter(\.isNumber)))
        let counts = unit == "MB" ? [1 << 20, 1_000_000] : unit == "kB" ? [1 << 10, 1000] : [1]
        #expect(counts.map { $0 * figure }.contains(most), "\(row)")
        #expect(row.hasSuffix(unit.isEmpty ? " |" : " \(unit) |"))
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

    /// A row of the table of what mail adds to Liquid.
    struct Addition: Sendable, CustomTestStringConvertible {
        var name: String
        var example: String
        var gives: String

        var testDescription: String { name }
    }

    private(set) var text = ""
    private(set) var examples: [Example] = []

    var additions: [Addition] {
        let section =
            text.components(separatedBy: "## What mail adds to Liquid").dropFirst().first?.components(separatedBy: "\n## ").first ?? ""
        return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            let cells = row.replacing("\\|", with: "\0").split(separator: "|").map {
                $0.replacing("\0", with: "|").trimmingCharacters(in: CharacterSet(charactersIn: " `"))
            }
            return Addition(name: cells.first ?? "", example: cells.dropFirst().first ?? "", gives: cells.last ?? "")
        }
    }

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
