import Database
import Foundation
import Model
import Store
import TestDatabases
import Testing

@testable import Store

@Suite(.onEachDatabase) struct PeopleForgettingTests {
    let house: House

    init() throws { house = try House() }

    /// The bytes of the database and of all that lies beside it; of a server, all that it tells.
    private func everyByte() throws -> String {
        guard DatabaseKind.current == .sqlite else { return try everyRow() }
        return try FileManager.default.contentsOfDirectory(atPath: house.folder).filter { $0.hasPrefix("test.sqlite") }.map { name in
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(house.folder)/\(name)")), as: UTF8.self).lowercased()
        }.joined()
    }

    private func everyRow() throws -> String {
        try house.database.read { session in
            let tables = try session.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") { $0.text(0) }
            let rows = try tables.flatMap { table in try session.all("SELECT CAST(t AS TEXT) FROM \(raw: table) t") { $0.text(0) } }
            let files = try session.all("SELECT content FROM plan_source") { String(decoding: $0.blob(0), as: UTF8.self) }
            return (rows + files).joined(separator: "\n").lowercased()
        }
    }

    @Test func `nothing of a forgotten person is left in the file, and the ledger still adds up`() throws {
        let ids = try house.people(40)
        let gone = try #require(
            try house.contacts.record(
                [
                    ContactStore.Entry(
                        email: try EmailAddress("Zebedee.Quux@Example.com"), externalID: "zebedee.quux",
                        attributes: ["mail2": "zebedee.quux@example.com"])
                ], at: House.noon, source: "zebedee.quux told us"
            ).first?.id)
        let other = try #require(
            try house.contacts.record(
                [ContactStore.Entry(email: try EmailAddress("zebedee.quux@other.example"), attributes: [:])], at: House.noon, source: "x"
            ).first?.id)
        _ = try house.contacts.merge(gone, other, at: House.noon)
        try house.consents.record([
            Consent(
                contact: gone, topic: "news", state: .confirmed, at: House.noon, learnedAt: House.noon, source: "zebedee.quux on paper",
                wording: "I, Zebedee.Quux, agree")
        ])
        _ = try house.events.record(
            [
                EventStore.Entry(
                    email: try EmailAddress("zebedee.quux@example.com"), name: "visit", at: House.noon,
                    properties: ["who": "zebedee.quux"], givenID: "zebedee.quux-1")
            ], at: House.noon)
        let campaign = try house.campaigns.ensureCampaign(named: "launch", at: House.noon)
        let list = Array("email\nZEBEDEE.QUUX@example.com\np1@example.com\n".utf8)
        let plan = try house.campaigns.freeze(house.audience(campaign.id), sources: ["vip.csv": list], contentHash: "", at: House.noon)
        try house.campaigns.activate(plan, audience: nil, seeds: [try EmailAddress("zebedee.quux@example.com")], at: House.noon)
        let desk = Ledger.Desk(
            campaign: campaign.id, sender: try house.campaigns.newSender(), rules: House.marketing, plannedAt: plan.at)
        let claims = try house.claim(desk, step: DeliveryKey.seedStep) + (try house.claim(desk))
        try house.settle(desk, claims.map { $0.settlement(.refused, code: 550, reply: "no <zebedee.quux@example.com> here") })
        try house.suppress("p3", .complaint)
        try house.consents.suppress([
            Suppression(
                address: try EmailAddress("zebedee.quux@example.com"), reason: .undeliverable, at: House.noon, learnedAt: House.noon,
                source: "bounce of zebedee.quux")
        ])
        let counts = try house.ledger.counts(of: campaign.id)
        #expect(try everyByte().contains("zebedee.quux"))

        let erased = try house.contacts.forget(gone, hash: { "hash of \($0.key.count) letters" }, at: House.noon)
        #expect(erased == Erasure(addresses: 2, events: 1, statements: 1, messages: 2))
        // Others were told of the same address in their refusals, as no server would: only a person's own rows are theirs.
        _ = try house.database.write { try $0.execute("UPDATE attempt SET reply = 'no' WHERE reply LIKE '%zebedee%'") }
        try house.database.compact()
        #expect(!(try everyByte().contains("zebedee")))
        #expect(try house.ledger.counts(of: campaign.id) == counts)
        #expect(try house.contacts.count() == ids.count)
        #expect(try house.contacts.contact(try EmailAddress("zebedee.quux@example.com")) == nil)
        #expect(try house.contacts.forgottenHashes() == ["hash of 24 letters", "hash of 26 letters"])
        let kept = try #require(try house.campaigns.sources(of: plan.id)["vip.csv"])
        #expect(String(decoding: kept, as: UTF8.self) == "email\nxxxxxxxxxxxxxxxxxxxxxxxx\np1@example.com\n")
    }

    @Test func `what is still to be sent keeps its texts and settings until it is done`() throws {
        let ids = try house.people(3)
        let texts = [
            "Templates/a.md": "Write to P1@example.com", "Campaigns/a.yaml": "seeds: [p1@example.com]", "list.csv": "p1@example.com",
        ]
        let campaign = try house.campaigns.ensureCampaign(named: "launch", at: House.noon)
        let plan = try house.campaigns.freeze(
            house.audience(campaign.id), sources: texts.mapValues { Array($0.utf8) }, contentHash: "", at: House.noon)
        func kept() throws -> [String: String] {
            try house.campaigns.sources(of: plan.id).mapValues { String(decoding: $0, as: UTF8.self) }
        }
        let erased = try house.contacts.forget(ids[0], hash: { $0.key }, at: House.noon)
        #expect(erased.plans == ["launch, plan \(plan.id)"])
        var expected = texts
        expected["list.csv"] = "xxxxxxxxxxxxxx"
        #expect(try kept() == expected)
        let address = try EmailAddress("p1@example.com")
        #expect(try house.contacts.crossOut(address, at: House.noon) == erased.plans)
        try house.campaigns.move(campaign.id, to: .cancelled, from: [.planned], at: House.noon)
        #expect(try house.contacts.crossOut(address, at: House.noon).isEmpty)
        #expect(try kept().values.allSatisfy { !$0.lowercased().contains("p1@") })
    }

    @Test func `an address that is nobody's is forgotten too, on the suppression list and where a seed was sent copies`() throws {
        _ = try house.people(1)
        let lost = try EmailAddress("Lost.Quux@Example.com")
        #expect(try !house.contacts.isNamed(lost))
        try house.consents.suppress([
            Suppression(address: lost, reason: .complaint, at: House.noon, learnedAt: House.noon, source: "lost.quux wrote")
        ])
        #expect(try house.contacts.isNamed(try EmailAddress("lost.quux@example.com")))
        let campaign = try house.campaigns.ensureCampaign(named: "launch", at: House.noon)
        let seed = try EmailAddress("Seed.Quux@example.com")
        let plan = try house.campaigns.freeze(house.audience(campaign.id), sources: [:], contentHash: "", at: House.noon)
        try house.campaigns.activate(plan, audience: nil, seeds: [seed], at: House.noon)
        #expect(try house.contacts.isNamed(seed))
        let erased = try house.contacts.forget(lost, hash: { "hash of \($0.key)" }, at: House.noon)
        #expect(erased == Erasure(addresses: 1, events: 0, statements: 0, messages: 0))
        #expect(try house.contacts.forget(seed, hash: { "hash of \($0.key)" }, at: House.noon).messages == 1)
        #expect(try !house.contacts.isNamed(lost) && !house.contacts.isNamed(seed))
        #expect(try house.contacts.forgottenHashes() == ["hash of lost.quux@example.com", "hash of seed.quux@example.com"])
        #expect(try house.contacts.count() == 1)
    }

    @Test func `capitals outside ASCII hide neither the copies of a seed nor a line in a list`() throws {
        _ = try house.people(1)
        let campaign = try house.campaigns.ensureCampaign(named: "launch", at: House.noon)
        let files = ["list.csv": Array("email\nBØB@X.example\nbob@x.example\n“BØb@x.example.”\nTØBØB@x.example\n".utf8)]
        let plan = try house.campaigns.freeze(house.audience(campaign.id), sources: files, contentHash: "", at: House.noon)
        try house.campaigns.activate(plan, audience: nil, seeds: [try EmailAddress("BØB@x.example")], at: House.noon)
        let small = try EmailAddress("bøb@x.example")
        #expect(try house.contacts.isNamed(small))
        var found: [String] = []
        try house.ledger.forEach(LedgerFilter(seeds: [small])) { found.append($0.address) }
        #expect(found == ["BØB@x.example"])
        #expect(try house.contacts.forget(small, hash: { $0.key }, at: House.noon).messages == 1)
        #expect(try !house.contacts.isNamed(small))
        let kept = try #require(try house.campaigns.sources(of: plan.id)["list.csv"])
        #expect(
            String(decoding: kept, as: UTF8.self)
                == "email\nxxxxxxxxxxxxxx\nbob@x.example\n“xxxxxxxxxxxxxx.”\nTØBØB@x.example\n")
    }

    @Test func `what was still to go to a forgotten person does not go`() throws {
        let ids = try house.people(2)
        let (desk, _) = try house.begun()
        _ = try house.contacts.forget(ids[0], hash: { $0.key }, at: House.noon)
        #expect(try house.claim(desk).map(\.key.contact) == [ids[1]])
        let counts = try house.ledger.counts(of: desk.campaign)
        #expect(counts.skippedBy == ["no_address": 1])
    }

    /// Whoever adds a table that names a person decides here what becomes of it when the person is merged or forgotten.
    @Test func `every table that names a person or an address is known to forgetting`() throws {
        let columns: SQL = "('contact_id', 'email', 'email_key', 'address', 'recipient', 'kept_id')"
        let tables: SQL =
            switch DatabaseKind.current {
            case .sqlite:
                """
                SELECT DISTINCT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) i WHERE m.type = 'table' AND i.name IN \(columns)
                """
            case .postgres, .pooled:
                "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN \(columns)"
            }
        let found = try house.database.read { session in try session.all(tables) { $0.text(0) } }
        let known = Set(PersonEraser.dropped + PersonEraser.kept)
        #expect(found.filter { !known.contains($0) } == [])
        #expect(found.count > 10)
    }

    @Test func `a spelling is crossed out in any case, as often as it stands there`() {
        let text = Array("Ada@x.org,ada@X.org;<ada@x.org>".utf8)
        #expect(String(decoding: PersonEraser.blanking("ada@x.org", in: text), as: UTF8.self) == "xxxxxxxxx,xxxxxxxxx;<xxxxxxxxx>")
        #expect(PersonEraser.blanking("", in: text) == text)
    }

    @Test(arguments: [
        ("anna@x.test", false), ("anna.a@x.test", false), ("o'a@x.test", false), ("n+a@x.test", false), ("_a@x.test", false),
        ("n--a@x.test", false), ("éa@x.test", false), ("a@x.test.au", false), ("a@x.tests", false), ("a@x.test-lab.org", false),
        ("a@x.testé", false), ("a@x.test.", true), ("to a@x.test. Then", true), ("'a@x.test'", true), ("- a@x.test", true),
        ("-a@x.test", true), ("mailto:a@x.test?subject=x", true), ("to=a@x.test&x", true), ("\"a@x.test\"", true), ("(a@x.test)", true),
        ("A <a@x.test>", true), ("email\na@x.test\n", true),
        ("“a@x.test”", true), ("\u{FEFF}a@x.test", true), ("\u{A0}a@x.test\u{A0}", true),
    ])
    func `an address that another one ends or begins with is the other's`(_ text: String, _ isTheirs: Bool) {
        let blanked = String(decoding: PersonEraser.blanking("a@x.test", in: Array(text.utf8)), as: UTF8.self)
        #expect(blanked == (isTheirs ? text.replacing("a@x.test", with: "xxxxxxxx") : text))
    }

    @Test func `a plan of others loses nothing with who is forgotten`() throws {
        let entry = ContactStore.Entry(email: try House.address("s"), attributes: [:])
        let id = try #require(try house.contacts.record([entry], at: House.noon, source: "x").first?.id)
        let campaign = try house.campaigns.ensureCampaign(named: "launch", at: House.noon)
        let files = [
            "launch.yaml": Array("from: news@example.com\n".utf8), "list.csv": Array("email\ns@example.com\nanna.s@example.com\n".utf8),
        ]
        let plan = try house.campaigns.freeze(house.audience(campaign.id), sources: files, contentHash: "", at: House.noon)
        _ = try house.contacts.forget(id, hash: { $0.key }, at: House.noon)
        let kept = try house.campaigns.sources(of: plan.id)
        #expect(kept["launch.yaml"] == files["launch.yaml"])
        #expect(kept["list.csv"] == Array("email\nxxxxxxxxxxxxx\nanna.s@example.com\n".utf8))
    }
}
