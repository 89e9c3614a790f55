import Database
import Foundation
import Model
import Store
import TestDatabases

/// A database of the kind under test, with the stores on it, and a folder; both vanish with the object.
final class House {
    let folder: String
    private let lease: DatabaseUnderTest
    let database: any SQLDatabase
    let contacts: ContactStore
    let consents: ConsentStore
    let campaigns: CampaignStore
    let events: EventStore
    let ledger: Ledger

    /// What the tests call now.
    static let noon = Instant(milliseconds: 1_800_000_000_000)
    static let marketing = SendingRules(marketing: true, topic: "news")
    static let service = SendingRules(marketing: false, topic: nil)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        lease = try DatabaseUnderTest(in: folder) { _ = try Schema.migrator.migrate($0, now: Self.noon.milliseconds) }
        database = lease.database
        contacts = ContactStore(database)
        consents = ConsentStore(database)
        campaigns = CampaignStore(database)
        events = EventStore(database)
        ledger = Ledger(database)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func address(_ name: String) throws -> EmailAddress { try EmailAddress("\(name)@example.com") }

    /// People `p1@example.com`… who have agreed to "news" a day ago.
    @discardableResult
    func people(_ count: Int, consent: Consent.State? = .confirmed) throws -> [ContactID] {
        let entries = try (1...count).map { ContactStore.Entry(email: try Self.address("p\($0)"), attributes: ["n": .integer(Int64($0))]) }
        let day = Self.noon.advanced(byMilliseconds: -86_400_000)
        let template = consent.map { ConsentTemplate(topic: "news", state: $0, at: day, source: "form") }
        return try contacts.record(entries, consent: template, at: day, source: "test").map(\.id)
    }

    func withdraw(_ id: ContactID, at: Instant = noon, topic: String = "news") throws {
        try consents.record([Consent(contact: id, topic: topic, state: .withdrawn, at: at, learnedAt: at, source: "link")])
    }

    func suppress(_ name: String, _ reason: SuppressionReason, at: Instant = noon) throws {
        try consents.suppress([Suppression(address: try Self.address(name), reason: reason, at: at, learnedAt: at, source: "test")])
    }

    func audience(
        _ campaign: CampaignID, segment: SQL = "1 = 1", excluded: [SQL] = [], addresses: [EmailAddress]? = nil, holdout: Int = 0,
        rules: SendingRules = marketing
    ) -> Audience {
        Audience(campaign: campaign, segment: segment, excluded: excluded, addresses: addresses, holdout: holdout, rules: rules)
    }

    /// A campaign whose plan is in the ledger.
    func begun(
        _ name: String = "launch", rules: SendingRules = marketing, seeds: [EmailAddress] = [], at now: Instant = noon
    ) throws -> (desk: Ledger.Desk, plan: PlanRecord) {
        let campaign = try campaigns.ensureCampaign(named: name, at: now)
        let plan = try campaigns.freeze(audience(campaign.id, rules: rules), sources: [:], contentHash: "", at: now)
        try campaigns.activate(plan, audience: nil, seeds: seeds, at: now)
        return (Ledger.Desk(campaign: campaign.id, sender: try campaigns.newSender(), rules: rules, plannedAt: plan.at), plan)
    }

    func claim(_ desk: Ledger.Desk, _ limit: Int = 1000, step: Int64 = DeliveryKey.campaignStep, at now: Instant = noon) throws -> [Claim] {
        try ledger.exchange(settling: [], claiming: limit, step: step, at: now, for: desk)
    }

    func settle(_ desk: Ledger.Desk, _ settlements: [Settlement], at now: Instant = noon) throws {
        _ = try ledger.exchange(settling: settlements, claiming: 0, step: 0, at: now, for: desk)
    }

    func entries(_ filter: LedgerFilter = LedgerFilter()) throws -> [LedgerEntry] {
        var all: [LedgerEntry] = []
        try ledger.forEach(filter) { all.append($0) }
        return all
    }

    func count(_ sql: SQL) throws -> Int { try database.read { try $0.count(sql) } }

    /// A recorder file as a dead sender leaves it: marked, not cleared, and let go of.
    func leave(_ name: String = "flight", boot: String = "boot-a", _ marks: (FlightRecorder) -> Void) throws {
        let recorder = try FlightRecorder(path: "\(folder)/\(name)", slots: 16, boot: boot)
        recorder.begin()
        marks(recorder)
    }

    func found(_ name: String = "flight", boot: String = "boot-a") throws -> FlightRecorder {
        try FlightRecorder(path: "\(folder)/\(name)", slots: 16, boot: boot)
    }
}

extension Claim {
    func settlement(_ outcome: Settlement.Outcome, code: Int? = nil, at: Instant = House.noon, reply: String = "") -> Settlement {
        Settlement(
            key: key, attempt: attempt, at: at, outcome: outcome, relay: "main", code: code, enhanced: code.map { _ in "2.0.0" },
            reply: reply,
            queueID: outcome == .accepted ? "Q\(key.contact)" : nil, messageID: "m\(key.contact)@example.com", sha256: "aa",
            contentSHA256: "bb")
    }
}
