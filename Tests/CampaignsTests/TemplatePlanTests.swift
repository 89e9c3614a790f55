import Diagnostics
import Model
import Store
import Templating
import Testing

@testable import Campaigns

/// What a plan asks the data on behalf of its template.
@Suite struct TemplatePlanTests {
    private func house(_ template: String, also files: [String: String] = [:], campaign: String = "") throws -> WorkspaceDesk {
        var house = try WorkspaceDesk(campaign: campaign)
        house.files["Templates/launch.md"] = template
        house.files.merge(files) { $1 }
        return house
    }

    private static let leave = "\n\n[Leave]({{ links.unsubscribe }}), {{ organisation.postal_address }}\n"
    private static let vip = ["Segments/romans.segment": "city = \"Rome\"\n"]
    private static let asking =
        "---\nsubject: S\n---\n{% if contact.segments contains \"romans\" %}Salve{% else %}Hello{% endif %}\(leave)"

    private func text(_ address: String, _ house: WorkspaceDesk, _ prepared: Sender.Prepared) throws -> String {
        let contact = try #require(try house.desk.contact(address))
        let composer = try MessageComposer(prepared.definition, plan: prepared.plan, in: try house.workspace, keys: house.keys) {
            Desk.noon
        }
        let (rendered, _) = try composer.make(Recipient(contact: contact, address: try EmailAddress(address)))
        return String(decoding: rendered.text.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    @Test func `a template sees who is in a segment, as of the plan`() throws {
        let house = try house(Self.asking, also: Self.vip)
        let made = try house.plan()
        #expect(try house.workspace.campaigns.sources(of: made.plan.id)["Segments/romans.segment"] != nil)
        let prepared = try #require(try house.sender().prepare("launch", plan: nil))
        #expect(try text("ada@example.com", house, prepared) == "Salve")
        #expect(try text("bob@example.com", house, prepared) == "Hello")
        // Bob moves to Rome after the plan, and learns late that he had moved before it.
        try house.desk.importContacts("email,city\nbob@example.com,Rome\n", now: Desk.noon.advanced(byMilliseconds: 1000))
        #expect(try text("bob@example.com", house, prepared) == "Hello")
        let later = try house.plan(at: Desk.noon.advanced(byMilliseconds: 2000))
        let again = try #require(try house.sender().prepare("launch", plan: later.plan.id))
        #expect(try text("bob@example.com", house, again) == "Salve")
    }

    @Test func `a preview and a send say the same of segments though data has changed in between`() throws {
        let house = try house(Self.asking, also: Self.vip)
        _ = try house.plan()
        let sender = try house.sender(at: Desk.noon.advanced(byMilliseconds: 5000))
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let ada = try #require(try house.desk.contact("ada@example.com"))
        let composer = try MessageComposer(prepared.definition, plan: prepared.plan, in: try house.workspace, keys: house.keys) {
            Desk.noon
        }
        let preview = try composer.compose(Recipient(contact: ada, address: try EmailAddress("ada@example.com")))
        try house.desk.importContacts("email,city\nada@example.com,Oslo\n", now: Desk.noon.advanced(byMilliseconds: 1000))
        let post = try sender.takePost(for: prepared.campaign.id)
        try sender.activate(prepared, agreed: false)
        let report = try sender.run(
            prepared, post: post, transport: ScriptedTransport.accepting()
        ).run()
        #expect(report.accepted == 3)
        var hashes: [String: String] = [:]
        try house.workspace.ledger.forEach(LedgerFilter()) { hashes[$0.address] = $0.contentSHA256 }
        #expect(hashes["ada@example.com"] == preview.contentSHA256)
    }

    @Test(
        arguments: [
            ([:], "there is no segment \"romans\"", "Templates/launch.md:4:7"),
            (["Segments/romans.segment": "city = \n"], "", "Segments/romans.segment:"),
        ] as [([String: String], String, String)])
    func `a segment that is not there, or is wrong, is an error with its place`(files: [String: String], message: String, place: String)
        throws
    {
        let house = try house(Self.asking, also: files)
        let mistakes = #expect(throws: DiagnosticList.self) { try house.plan() }
        #expect(
            mistakes?.items.contains { $0.headline.hasPrefix(place) && $0.message.contains(message) } == true,
            "\(mistakes?.description ?? "")")
    }

    @Test func `what is lacking counts for those who get the variant that needs it`() throws {
        let house = try house(
            "---\nsubject: Hello\n---\nHello {{ contact.first_name }} {{ contact.city | default: \"x\" }}\(Self.leave)",
            also: [
                "Templates/launch.it.md": "---\nsubject: Ciao\n---\nCiao\n\ndi {{ contact.city }}, {{ contact.first_name }}\(Self.leave)"
            ])
        try house.desk.importContacts(
            "email,language,first_name,city\nit1@example.com,it,Anna,\nit2@example.com,IT-CH,,Roma\nit3@example.com,it,,\n",
            now: Instant(milliseconds: 0)
        ) { $0.consent = ConsentTemplate(topic: "news", state: .confirmed, at: $0.now, source: "form") }
        let checks = try house.plan().checks.map(\.headline)
        #expect(
            checks == [
                "Templates/launch.md:4:10: warning: 1 of 6 recipients have no first_name, such as e…@example.com",
                "Templates/launch.it.md:6:7: warning: 2 of 6 recipients have no city, such as i…@example.com",
                "Templates/launch.it.md:6:27: warning: 2 of 6 recipients have no first_name, such as i…@example.com",
            ])
    }

    @Test func `a place that variants share is one warning, and an empty text is lacking`() throws {
        let layouts = ["Templates/layouts/l.html": "<p>{{ contact.first_name }}</p>{{ content }}"]
        let variants = [
            "Templates/launch.it.md": "---\nsubject: Ciao\n---\nCiao\(Self.leave)"
        ]
        let house = try house("---\nsubject: Hello\nlayout: l\n---\nHello\(Self.leave)", also: layouts.merging(variants) { $1 })
        _ = try house.desk.contacts.record(
            [ContactStore.Entry(email: try EmailAddress("it@example.com"), attributes: ["language": "it", "first_name": ""])],
            consent: ConsentTemplate(topic: "news", state: .confirmed, at: Instant(milliseconds: 0), source: "form"),
            at: Instant(milliseconds: 0),
            source: "test")
        let checks = try house.plan().checks.map(\.headline)
        #expect(checks == ["Templates/layouts/l.html:1:7: warning: 2 of 4 recipients have no first_name, such as e…@example.com"])
    }

    /// Ada is of Rome, Bob of nowhere, Eve of Oslo and without a first name.
    @Test(arguments: [
        ("{{ contact.city }}", ["4:4: warning: 1 of 3 recipients have no city, such as b…@example.com"]),
        ("{{ contact.city | upcase | default: \"town\" }}", []),
        ("{% if contact.city %}{{ contact.city }}{% else %}{{ contact.first_name }}{% endif %}", []),
        (
            "{% if contact.first_name %}{{ contact.city }}{% else %}{{ contact.first_name }}{% endif %}",
            [
                "4:31: warning: 1 of 3 recipients have no city, such as b…@example.com",
                "4:59: warning: 1 of 3 recipients have no first_name, such as e…@example.com",
            ]
        ),
        (
            "{% if contact.city or contact.first_name %}{{ contact.city }}{% endif %}",
            ["4:47: warning: 1 of 3 recipients have no city, such as b…@example.com"]
        ),
        (
            "{% if contact.city != \"Rome\" %}{{ contact.city }}{% endif %}",
            ["4:35: warning: 1 of 3 recipients have no city, such as b…@example.com"]
        ),
        ("{% assign town = contact.city %}\n{{ town }}", ["4:18: warning: 1 of 3 recipients have no city, such as b…@example.com"]),
        (
            "{% capture town %}in {{ contact.city }}{% endcapture %}{{ town }}",
            ["4:25: warning: 1 of 3 recipients have no city, such as b…@example.com"]
        ),
        ("{{ contact.city | default: contact.first_name }}", []),
        (
            "{{ contact.plan | default: contact.first_name }}",
            ["4:28: warning: 1 of 3 recipients have no first_name, such as e…@example.com"]
        ),
        ("{% render \"town\", name: contact.city %}", ["4:25: warning: 1 of 3 recipients have no city, such as b…@example.com"]),
        ("{% if campaign.data.local %}{{ contact.city }}{% endif %}", []),
        (
            "{% if campaign.data.code %}{{ contact.city }}{% endif %}",
            ["4:31: warning: 1 of 3 recipients have no city, such as b…@example.com"]
        ),
        (
            "{{ contact.first_name }}{% if contact.city %}{{ contact.first_name }}{% endif %}",
            ["4:4: warning: 1 of 3 recipients have no first_name, such as e…@example.com"]
        ),
    ])
    func `who lacks a value is counted as the flow of the template says`(text: String, expected: [String]) throws {
        let house = try house(
            "---\nsubject: S\n---\n\(text)\(Self.leave)", also: ["Templates/partials/town.html": "<b>{{ name }}</b>"],
            campaign: "data: {code: X}\n")
        let checks = try house.plan().checks.filter { $0.message.contains("recipients") }.map(\.headline)
        #expect(checks == expected.map { "Templates/launch.md:\($0)" })
    }

    @Test func `an empty text that an if lets through is told as such`() throws {
        let house = try house("---\nsubject: S\n---\n{% if contact.city %}{{ contact.city }}{% endif %}\(Self.leave)")
        #expect(try house.plan().checks.map(\.headline) == [])
        _ = try house.desk.contacts.record(
            [ContactStore.Entry(email: try EmailAddress("zoe@example.com"), attributes: ["city": ""])],
            consent: ConsentTemplate(topic: "news", state: .confirmed, at: Instant(milliseconds: 0), source: "form"),
            at: Instant(milliseconds: 0), source: "test")
        let checks = try house.plan().checks
        #expect(
            checks.map(\.headline) == ["Templates/launch.md:4:25: warning: 1 of 4 recipients have an empty city, such as z…@example.com"])
        #expect(checks.first?.hint == "ask {% if contact.city != blank %}")
    }

    @Test func `texts of a template are frozen with the plan`() throws {
        var house = try house(
            "---\nsubject: S\n---\n{{ \"hi\" | t }}\(Self.leave)", also: ["Templates/strings.yaml": "hi: {en: Hello, it: Ciao}\n"])
        _ = try house.plan()
        house.files["Templates/strings.yaml"] = "hi: {en: Bye}\n"
        let prepared = try #require(try house.sender().prepare("launch", plan: nil))
        #expect(prepared.changedFiles == ["Templates/strings.yaml"])
        #expect(try text("ada@example.com", house, prepared) == "Hello")
    }
}
