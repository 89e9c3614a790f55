import Database
import Diagnostics
import Model
import Signing
import Store
import Workspace

@testable import Campaigns

/// A workspace whose files are in memory and whose database is a real one.
struct WorkspaceDesk {
    let desk: Desk
    var files: [String: String]
    let keys: Keys

    static let settings = """
        title: Test
        organisation: {name: Test Ltd, postal_address: "1 Pit Lane, Monza"}
        public_url: https://news.example.com
        return_path: bounces@example.com
        zone: UTC
        relays:
          - {name: main, url: "smtp://127.0.0.1:2525", limits: [100/min]}
        topics:
          news: {title: The news}
        """

    static let campaign = """
        version: 1
        title: Launch
        kind: marketing
        topic: news
        segment: everybody
        template: launch
        from: Test <news@example.com>
        """

    static let template = """
        ---
        subject: "Hello {{ contact.first_name }}"
        ---
        Dear {{ contact.first_name }}, it is {{ now | date: "%Y" }} in {{ contact.city | default: "town" }}.

        [Leave]({{ links.unsubscribe }}), {{ organisation.postal_address }}
        """

    init(campaign extra: String = "") throws {
        desk = try Desk()
        keys = try Keys.random()
        files = [
            "pitwall.yaml": Self.settings, "Campaigns/launch.yaml": Self.campaign + "\n" + extra, "Templates/launch.md": Self.template,
            "Segments/everybody.segment": "first_name is known or not first_name is known\n",
        ]
        try desk.importContacts(
            "email,first_name,city\nada@example.com,Ada,Rome\nbob@example.com,Bob,\neve@example.com,,Oslo\n", now: Instant(milliseconds: 0)
        ) { $0.consent = ConsentTemplate(topic: "news", state: .confirmed, at: $0.now, source: "form") }
    }

    var workspace: OpenWorkspace {
        get throws {
            let source = SourceText(name: "pitwall.yaml", bytes: Array((files["pitwall.yaml"] ?? "").utf8))
            return OpenWorkspace(
                root: desk.folder, files: FrozenFiles(texts: files), settings: try Settings(reading: source), database: desk.database,
                databasePath: desk.folder + "/test.sqlite")
        }
    }

    func plan(at now: Instant = Desk.noon) throws -> PlannedCampaign { try Planner(try workspace).plan("launch", at: now) }

    func sender(at now: Instant = Desk.noon) throws -> Sender { Sender(try workspace, keys: keys) { now } }
}
