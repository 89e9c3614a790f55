import Diagnostics
import Foundation
import Model
import Templating
import Testing
import Workspace

/// The templates of the sample workspace, which is the repository itself.
@Suite struct SampleTests {
    static let names = ["lapsed", "spring-launch", "spring-reminder"]

    static func template(_ name: String) throws -> (template: MessageTemplate, campaign: CampaignFile, settings: Settings) {
        let files = try DiskFiles(root: repository)
        let settings = try Settings(reading: SourceText(name: "pitwall.yaml", bytes: try #require(try files.read("pitwall.yaml"))))
        let path = CampaignFile.path(of: name)
        let campaign = try CampaignFile(reading: SourceText(name: path, bytes: try #require(try files.read(path))), settings: settings)
        let library = TemplateLibrary(files: files, knowledge: TemplateKnowledge(segments: ["new-subscribers", "newsletter"]))
        return (try library.load(name, for: TemplateUse(campaign)), campaign, settings)
    }

    static func message(_ name: String, _ attributes: JSONObject, segments: [String] = []) throws -> RenderedMessage {
        let sample = try template(name)
        return try sample.template.render(
            MessageData(
                contact: Contact(id: ContactID(1), email: try EmailAddress("anna@example.com"), attributes: attributes),
                background: MessageBackground(sample.campaign, organisation: sample.settings.organisation),
                unsubscribeURL: "https://news.example.com/u/abc", preferencesURL: "https://news.example.com/p/abc",
                now: Instant(seconds: 1_790_000_000), zone: sample.settings.zone, segments: segments))
    }

    @Test(arguments: names) func `a sample has nothing wrong with it`(name: String) throws {
        #expect(try Self.template(name).template.warnings.map(\.headline) == [])
    }

    @Test(arguments: [
        (
            "en",
            ["€39.00", "30 April", "412,000 km", "on 2 March 2026", "See the spring list: https://", "Unsubscribe (https://", "first list"]
        ),
        (
            "it",
            [
                "39,00\u{A0}€", "30 aprile", "412.000 km", "il 2 marzo 2026", "Apri la lista di primavera: https://",
                "Annulla l’iscrizione (", "prima lista",
            ]
        ),
    ])
    func `each addition of mail is used in both languages`(language: String, parts: [String]) throws {
        let attributes: JSONObject = ["language": .text(language), "first_name": "Anna", "signed_up": "2026-03-02", "country": "IT"]
        let message = try Self.message("spring-launch", attributes, segments: ["new-subscribers"])
        for part in parts { #expect(message.plain.replacing("\n", with: " ").contains(part), "\(part)\n\(message.plain)") }
        #expect(message.page.contains(language == "it" ? "<b>Un codice a testa</b>" : "<b>One code for each person</b>"))
        #expect(message.page.contains("<html lang=\"\(language)\""))
        #expect(!(try Self.message("spring-launch", attributes).plain.contains(parts[6])))
        let reminder = try Self.message("spring-reminder", attributes)
        #expect(reminder.page.contains(language == "it" ? ">Il solo promemoria" : ">The one reminder"))
        #expect(reminder.subject.contains(parts[1]))
        // Pages to look at: PITWALL_SAMPLES=DIR.
        if let folder = ProcessInfo.processInfo.environment["PITWALL_SAMPLES"] {
            for name in Self.names {
                let page = try Self.message(name, attributes, segments: ["new-subscribers"]).html
                try Data(page).write(to: URL(fileURLWithPath: "\(folder)/\(name).\(language).html"))
            }
        }
    }
}
