import Diagnostics
import Foundation
import Liquid
import Model
import Templating
import Workspace

let organisation = Settings.Organisation(name: "Pitwall Demo", postalAddress: "1 Pit Lane, Monza")

/// What every marketing mail must have, so that a test can be about something else.
let obligations = "\n\n[Leave]({{ links.unsubscribe }}), {{ organisation.postal_address }}\n"

func library(_ files: [String: String], attributes: [String]? = nil) -> TemplateLibrary {
    TemplateLibrary(files: FrozenFiles(texts: files), knowledge: TemplateKnowledge(contactAttributes: attributes))
}

/// A service message, which needs nothing but a subject, from a Markdown body.
func load(
    md body: String, subject: String = "S", also files: [String: String] = [:], front: String = "",
    use: TemplateUse = TemplateUse(kind: .service)
) throws -> MessageTemplate {
    let text = "---\nsubject: \"\(subject)\"\n\(front)---\n\(body)"
    return try library(files.merging(["Templates/m.md": text]) { $1 }).load("m", for: use)
}

func data(_ attributes: JSONObject = [:], campaign: JSONObject = [:], email: String = "ada@example.com") throws -> MessageData {
    MessageData(
        contact: Contact(id: ContactID(1), email: try EmailAddress(email), attributes: attributes),
        background: MessageBackground(name: "spring", title: "Spring", topic: "news", data: campaign, organisation: organisation),
        unsubscribeURL: "https://news.example.com/u/abc?x=1&y=2", preferencesURL: "https://news.example.com/p/abc",
        now: Instant(seconds: 1_790_000_000), zone: .utc)
}

extension RenderedMessage {
    var page: String { String(decoding: html, as: UTF8.self) }
    var plain: String { String(decoding: text, as: UTF8.self) }
    /// What stands between `<body>` and `</body>`.
    var body: String {
        guard let start = page.firstRange(of: "<body>"), let end = page.firstRange(of: "</body>") else { return page }
        return String(page[start.upperBound..<end.lowerBound]).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The body of a Markdown message for somebody.
func body(_ md: String, _ attributes: JSONObject = [:], also files: [String: String] = [:]) throws -> String {
    try load(md: md, also: files).render(data(attributes)).body
}

func plain(_ md: String, _ attributes: JSONObject = [:], also files: [String: String] = [:]) throws -> String {
    try load(md: md, also: files).render(data(attributes)).plain
}

/// What an HTML message looks like as text.
func plain(html: String, _ attributes: JSONObject = [:]) throws -> String {
    let files = ["Templates/m.html": "---\nsubject: S\n---\n\(html)"]
    return try library(files).load("m", for: TemplateUse(kind: .service)).render(data(attributes)).plain
}

func complaints(_ read: () throws -> MessageTemplate) -> [String] {
    do {
        return try read().warnings.map(line)
    } catch let list as DiagnosticList {
        return list.items.map(line)
    } catch {
        return ["\(error)"]
    }
}

private func line(_ diagnostic: Diagnostic) -> String {
    diagnostic.headline + (diagnostic.hint.map { " [\($0)]" } ?? "")
}

/// The folder of real material beside the repository, where it is there.
let shared = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/data").path
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
