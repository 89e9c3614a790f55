import Database
import Model
import Store
import TestDatabases
import Testing

@testable import Campaigns

@Suite(.onEachDatabase) struct PersonRecordTests {
    private let desk: WorkspaceDesk
    private let later = Desk.noon.advanced(byMilliseconds: 60_000)

    init() throws { desk = try WorkspaceDesk() }

    /// All that is kept of a person, as `contacts export` prints it.
    private func export(_ address: String) throws -> JSONObject {
        let contact = try #require(try desk.desk.contact(address))
        return try PersonRecord(of: contact, in: try desk.workspace, events: nil, at: later).json
    }

    private func objects(_ list: JSONValue?) throws -> [JSONObject] {
        guard case .list(let values) = list else { return [] }
        return values.compactMap { if case .object(let object) = $0 { object } else { nil } }
    }

    @Test func `an export has who a person was before a merge, and after they were parted`() throws {
        let ada = try #require(try desk.desk.contact("ada@example.com"))
        let bob = try #require(try desk.desk.contact("bob@example.com"))
        let merge = try desk.workspace.contacts.merge(ada.id, bob.id, at: later)
        let merged = try #require(try objects(try export("ada@example.com")["merges"]).first)
        #expect(merged["email"] == "bob@example.com")
        #expect(merged["attributes"] == .object(bob.attributes))
        #expect(merged["created_at"] == .text(Instant(milliseconds: 0).iso))
        #expect(merged["undone_at"] == .null)
        let address = try #require(merge.otherEmail)
        _ = try desk.workspace.contacts.unmerge(address, at: later)
        #expect(try objects(try export("ada@example.com")["merges"]).isEmpty)
        #expect(try objects(try export("bob@example.com")["merges"]).first?["undone_at"] == .text(later.iso))
    }

    @Test func `an export has since when a person is known, and the suppressions that were lifted`() throws {
        let ada = try #require(try desk.desk.contact("ada@example.com"))
        let address = try EmailAddress("ada@example.com")
        try desk.workspace.consents.suppress([
            Suppression(address: address, reason: .unsubscribed, at: Desk.noon, learnedAt: Desk.noon, source: "form"),
            Suppression(address: address, reason: .complaint, at: Desk.noon, learnedAt: Desk.noon, source: "report"),
        ])
        try desk.workspace.consents.lift(.unsubscribed, of: ada.id, at: later)
        let json = try export("ada@example.com")
        #expect(json["created_at"] == .text(Instant(milliseconds: 0).iso))
        #expect(try objects(json["suppressions"]).map { $0["reason"] } == ["complaint"])
        #expect(try objects(json["lifted_suppressions"]).map { $0["reason"] } == ["unsubscribed"])
        #expect(try objects(json["lifted_suppressions"]).first?["lifted_at"] == .text(later.iso))
    }

    @Test func `an export has the plans that had a person in or left them out, and why`() throws {
        _ = try desk.desk.importConsent("email,topic,state,at\nbob@example.com,news,withdrawn,2020-01-01\n")
        _ = try desk.plan(at: later)
        let plan = try #require(try objects(try export("bob@example.com")["plans"]).first)
        #expect(plan["campaign"] == "launch")
        #expect(plan["in"] == .bool(false))
        #expect(plan["reason"] == "no_consent")
        #expect(try objects(try export("ada@example.com")["plans"]).map { $0["in"] } == [.bool(true)])
    }

    @Test func `an export has what came back of messages`() throws {
        let ada = try #require(try desk.desk.contact("ada@example.com"))
        let campaign = try desk.workspace.campaigns.ensureCampaign(named: "launch", at: Desk.noon)
        _ = try desk.desk.database.write { session in
            try session.execute(
                """
                INSERT INTO engagement (contact_id, kind, at, campaign_id, step, entry, url, learned_at, known) VALUES \
                (\(ada.id), 'click', \(later.milliseconds), \(campaign.id), 0, 0, 'https://example.com/a', \(later.milliseconds), 0)
                """)
        }
        let click = try #require(try objects(try export("ada@example.com")["engagements"]).first)
        #expect(click["kind"] == "click")
        #expect(click["campaign"] == "launch")
        #expect(click["url"] == "https://example.com/a")
        #expect(click["certain"] == .bool(false))
        #expect(try objects(try export("bob@example.com")["engagements"]).isEmpty)
    }

    @Test func `an export of an address that is nobody's has its suppression and the copies it was sent as a seed`() throws {
        let desk = try WorkspaceDesk(campaign: "seeds: [Seed@example.com]")
        let lost = try EmailAddress("lost@example.com")
        #expect(try PersonRecord(ofAddress: lost, in: desk.workspace, at: later) == nil)
        try desk.workspace.consents.suppress([
            Suppression(address: lost, reason: .complaint, at: Desk.noon, learnedAt: Desk.noon, source: "report")
        ])
        let record = try #require(try PersonRecord(ofAddress: lost, in: desk.workspace, at: later))
        #expect(!record.isOfAPerson)
        #expect(record.json["email"] == "lost@example.com")
        #expect(try objects(record.json["suppressions"]).map { $0["source"] } == ["report"])
        let planned = try desk.plan()
        try desk.workspace.campaigns.activate(planned.plan, audience: nil, seeds: [try EmailAddress("Seed@example.com")], at: later)
        let seed = try #require(try PersonRecord(ofAddress: try EmailAddress("seed@example.com"), in: desk.workspace, at: later))
        #expect(try objects(seed.json["messages"]).map { $0["step"] } == ["seed"])
    }

    @Test func `an export has every try of a message, with the server's words`() throws {
        let ada = try #require(try desk.desk.contact("ada@example.com"))
        let campaign = try desk.workspace.campaigns.ensureCampaign(named: "launch", at: Desk.noon)
        _ = try desk.desk.database.write { session in
            try session.execute(
                """
                INSERT INTO delivery (campaign_id, step, contact_id, entry, plan_id, state, email, due_at, attempts, epoch, data_changed) \
                VALUES (\(campaign.id), 0, \(ada.id), 0, 1, 2, 'ada@example.com', 0, 2, 0, 0)
                """)
            for (number, reply) in [(1, "come back later"), (2, "taken")] {
                try session.execute(
                    """
                    INSERT INTO attempt (campaign_id, step, contact_id, entry, number, at, outcome, relay, code, reply) VALUES \
                    (\(campaign.id), 0, \(ada.id), 0, \(Int64(number)), \(later.milliseconds), 'x', 'main', 250, \(reply))
                    """)
            }
        }
        let message = try #require(try objects(try export("ada@example.com")["messages"]).first)
        #expect(try objects(message["tries"]).map { $0["reply"] } == ["come back later", "taken"])
    }

    @Test func `an export has the proofs of both where two who were merged had said the same at the same time`() throws {
        let ada = try #require(try desk.desk.contact("ada@example.com"))
        let bob = try #require(try desk.desk.contact("bob@example.com"))
        try desk.workspace.consents.record(
            [(ada, "a form"), (bob, "a fair"), (ada, "a shop"), (bob, "a shop")].map { person, source in
                Consent(
                    contact: person.id, topic: "offers", state: .confirmed, at: source == "a shop" ? later : Desk.noon, learnedAt: later,
                    source: source)
            })
        _ = try desk.workspace.contacts.merge(ada.id, bob.id, at: later)
        let sources = try objects(try export("ada@example.com")["consents"]).filter { $0["topic"] == "offers" }.map { $0["source"] }
        #expect(Set(sources) == ["a form", "a fair", "a shop"])
        #expect(sources.count == 3)
    }

    @Test func `an export has the IDs that others gave to events`() throws {
        _ = try desk.workspace.events.record(
            [
                EventStore.Entry(
                    email: try EmailAddress("ada@example.com"), name: "visit", at: Desk.noon, properties: [:], givenID: "order-7")
            ], at: later)
        let given = try #require(try objects(try export("ada@example.com")["event_ids"]).first)
        #expect(given["id"] == "order-7")
        #expect(given["event"] == "visit")
    }

    @Test func `an export has the sums that are kept of events, also of those that are no longer`() throws {
        try desk.workspace.events.keep(KeptSums(["buy": ["amount"]]))
        let lines = [("2024-01-02", "0.1"), ("2026-01-02", "0.2")].map { at, amount in
            #"{"email":"ada@example.com","event":"buy","at":"\#(at)","properties":{"amount":\#(amount)}}"#
        }
        _ = try desk.desk.importEvents(lines.joined(separator: "\n"))
        try desk.workspace.events.prune(Retention(fallback: TimeSpan(700, .day)), at: Desk.noon)
        let json = try export("ada@example.com")
        #expect(try objects(json["events"]).count == 1)
        let sum = try #require(try objects(json["event_sums"]).first)
        #expect(sum["property"] == "amount")
        #expect([sum["count"], sum["sum"], sum["least"]] == [.integer(2), .real(0.3), .real(0.1)])
    }
}
