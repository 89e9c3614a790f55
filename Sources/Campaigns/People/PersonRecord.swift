import Database
package import Model
import Segments
package import Store
import Workspace

/// Everything known of one person: for a look, and for who asks what is kept of them.
package struct PersonRecord: Sendable {
    package struct Attribute: Sendable {
        package var name: String
        package var value: JSONValue
        /// Since when it has been so, and who said it; nil for what came without a history.
        package var since: Instant?
        package var source: String?
    }

    package let contact: Contact
    package let createdAt: Instant?
    /// The main one first.
    package let addresses: [EmailAddress]
    package let externalIDs: [(system: String, id: String)]
    package let attributes: [Attribute]
    package let changes: [AttributeChangeRecord]
    /// Newest first.
    package let consents: [Consent]
    package let suppressions: [Suppression]
    package let liftedSuppressions: [Suppression]
    package let segments: [String]
    package let summaries: [EventSummary]
    package let sums: [KeptSumRecord]
    /// Newest first, perhaps not all.
    package let events: [Event]
    package let messages: [LedgerEntry]
    /// Every try of every message.
    package let attempts: [DeliveryKey: [AttemptRecord]]
    /// The IDs that others gave to events.
    package let givenIDs: [GivenEventID]
    /// What came back of them, oldest first.
    package let engagements: [EngagementRecord]
    /// What was told of them after they had been taken, oldest first.
    package let reports: [ReportRecord]
    /// Oldest first.
    package let plans: [PlanStanding]
    package let formerSelves: [FormerSelf]

    /// Nobody has this ID.
    private static let nobody = ContactID(0)

    /// False where only an address is known.
    package var isOfAPerson: Bool { contact.id != Self.nobody }

    /// - Parameter limit: how many events, nil for all.
    package init(of contact: Contact, in workspace: OpenWorkspace, events limit: Int?, at now: Instant) throws {
        try self.init(contact, try workspace.contacts.addresses(of: contact.id), in: workspace, events: limit, at: now)
    }

    /// What is kept under an address that is nobody's: that it is suppressed, or the copies it was sent as a seed. Nil where
    /// there is nothing.
    package init?(ofAddress address: EmailAddress, in workspace: OpenWorkspace, at now: Instant) throws {
        guard try workspace.contacts.isNamed(address) else { return nil }
        try self.init(Contact(id: Self.nobody, email: address), [address], in: workspace, events: nil, at: now)
    }

    private init(
        _ contact: Contact, _ addresses: [EmailAddress], in workspace: OpenWorkspace, events limit: Int?, at now: Instant
    ) throws {
        let store = workspace.contacts
        let id = contact.id
        let everyID = try store.everyID(of: id)
        self.contact = contact
        self.addresses = addresses
        createdAt = try store.createdAt(id)
        externalIDs = try store.externalIDs(of: id)
        changes = try store.changes(of: id)
        attributes = Self.attributes(of: contact, changes)
        consents = Self.merged(try everyID.map { try workspace.consents.statements(of: $0) })
        let everySuppression = try addresses.flatMap { try workspace.consents.everySuppression(of: $0) }
        suppressions = everySuppression.filter { $0.liftedAt == nil }
        liftedSuppressions = everySuppression.filter { $0.liftedAt != nil }
        segments = try workspace.segments(holding: id, at: now)
        summaries = try workspace.events.summaries(of: id)
        sums = try store.sums(of: id)
        events = try workspace.events.events(of: id, limit: limit ?? .max)
        engagements = try store.engagements(of: everyID)
        reports = try store.reports(of: everyID)
        plans = try store.plans(of: everyID)
        formerSelves = try store.formerSelves(of: everyID)
        var found: [LedgerEntry] = []
        try workspace.ledger.forEach(LedgerFilter(contacts: everyID)) { found.append($0) }
        try workspace.ledger.forEach(LedgerFilter(seeds: addresses)) { found.append($0) }
        attempts = Dictionary(grouping: try store.attempts(of: found.map(\.key)), by: \.message)
        givenIDs = try store.givenIDs(of: everyID)
        messages = found.sorted { ($0.lastAt ?? $0.dueAt) > ($1.lastAt ?? $1.dueAt) }
    }

    /// The statements of all that became one, newest first. What the kept one had too stayed, in a merge, under the ID of the other:
    /// it is told where its proof is another.
    private static func merged(_ statements: [[Consent]]) -> [Consent] {
        var all = statements.first ?? []
        for further in statements.dropFirst().joined() {
            let isTold = all.contains {
                ($0.topic, $0.state, $0.at, $0.source) == (further.topic, further.state, further.at, further.source)
                    && $0.wording == further.wording
            }
            if !isTold { all.append(further) }
        }
        return all.sorted { ($0.at, $0.state.rawValue, $0.learnedAt) > ($1.at, $1.state.rawValue, $1.learnedAt) }
    }

    private static func attributes(of contact: Contact, _ changes: [AttributeChangeRecord]) -> [Attribute] {
        contact.attributes.members.map { name, value in
            let change = changes.last { $0.changes[name] != nil }
            return Attribute(name: name, value: value, since: change?.at, source: change?.source)
        }
    }
}

extension OpenWorkspace {
    /// The segments that a person is in, by name; those with mistakes are left out, also with such as only the data shows.
    func segments(holding id: ContactID, at now: Instant) throws -> [String] {
        let files = SegmentFiles(files)
        let vocabulary = try vocabulary()
        return try files.names().filter { name in
            guard let plan = try? files.plan(name, against: vocabulary) else { return false }
            let moment = Moment.now(now, zone: settings.zone)
            guard try database.read({ try plan.mistakes(in: $0, at: moment) }).isEmpty else { return false }
            let condition = plan.sqlForFew(dialect: database.dialect, at: moment)
            return try people.count(where: "c.id = \(id) AND (\(condition))") == 1
        }
    }
}

extension LedgerEntry {
    /// When something happened to it last.
    package var lastAt: Instant? { settledAt ?? attemptAt ?? handedAt }
}
