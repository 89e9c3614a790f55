import Database
import Foundation
import Model
import Store
import TestDatabases

@testable import Segments

/// A database of the kind under test that holds some people, in the tables that segments are asked of.
final class TestDatabase {
    let database: any SQLDatabase
    private let lease: DatabaseUnderTest
    private let folder: URL

    init(_ people: [PersonHistory], sums: KeptSums = .none) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-segments-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        lease = try DatabaseUnderTest(in: folder.path) { _ = try Schema.migrator.migrate($0, now: 0) }
        database = lease.database
        try database.write { session in
            for person in people { try Self.insert(person, in: session) }
        }
        let store = EventStore(database)
        try store.rebuildSummaries()
        guard sums != .none else { return }
        try store.keep(sums, inSlicesOf: 7)
        try database.write { session in
            for person in people { try Self.insertSums(of: person, in: session) }
        }
        try store.rebuildSummaries()
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func ids(where condition: SQL) throws -> Set<ContactID> {
        try database.read { session in
            Set(try session.all("SELECT c.id FROM contact c WHERE \(condition)") { ContactID($0.integer(0)) })
        }
    }

    func count(_ sql: SQL) throws -> Int {
        try database.read { try $0.count(sql) }
    }

    private static func insertSums(of person: PersonHistory, in session: any SQLSession) throws {
        for faded in person.faded {
            for (property, amount) in faded.amounts {
                func number(_ number: ExactDecimal?) -> SQL { number.map { session.dialect.decimal($0) } ?? "NULL" }
                try session.execute(
                    """
                    INSERT INTO event_sum_faded (sum_id, contact_id, count, total, least, most) SELECT k.id, \(person.contact.id), \
                    \(amount.count), \(number(amount.total)), \(number(amount.least)), \(number(amount.most)) \
                    FROM event_summed k WHERE k.event = \(faded.name) AND k.property = \(property)
                    """)
            }
        }
    }

    private static func campaign(_ name: String, in session: any SQLSession) throws -> Int64 {
        if let id = try session.first("SELECT id FROM campaign WHERE name = \(name)", { $0.integer(0) }) { return id }
        let id = try session.count("SELECT count(*) FROM campaign") + 1
        try session.execute(
            "INSERT INTO campaign (id, name, state, created_at, changed_at) VALUES (\(id), \(name), 'sent', 0, 0)")
        return Int64(id)
    }

    private static func named(_ event: String) -> SQL {
        "INSERT INTO event_name (id, name) SELECT COALESCE(max(id), 0) + 1, \(event) FROM event_name WHERE 1 = 1 ON CONFLICT (name) DO NOTHING"
    }

    private static func insert(_ person: PersonHistory, in session: any SQLSession) throws {
        let id = person.contact.id
        try session.execute(
            """
            INSERT INTO contact (id, email, attributes, created_at, updated_at) \
            VALUES (\(id), \(person.contact.email?.description), \(person.contact.attributes.json), 0, 0)
            """)
        for change in person.changes {
            try session.execute(
                """
                INSERT INTO attribute_change (contact_id, at, learned_at, changes, source) \
                VALUES (\(id), \(change.at.milliseconds), \(change.learnedAt.milliseconds), \(change.changes.json), 'test')
                """)
        }
        for (number, event) in person.events.enumerated() {
            try session.execute(named(event.name))
            let properties = event.properties.isEmpty ? nil : event.properties.json
            try session.execute(
                """
                INSERT INTO event (contact_id, name_id, at, id, learned_at, properties) SELECT \(id), n.id, \(event.at.milliseconds), \(number), \(event.learnedAt.milliseconds), \(properties) \
                FROM event_name n WHERE n.name = \(event.name)
                """)
        }
        for message in person.messages {
            let campaign = try campaign(message.campaign, in: session)
            try session.execute(
                """
                INSERT INTO delivery (campaign_id, step, contact_id, entry, plan_id, state, due_at, attempts, epoch, handed_at, \
                data_changed, tracks_opens, tracks_clicks) VALUES (\(campaign), \(message.step), \(id), \(message.entry), 0, 2, 0, 1, 1, \
                \(message.at.milliseconds), 0, \(message.tracked.contains(.open) ? 1 : 0), \(message.tracked.contains(.click) ? 1 : 0))
                """)
        }
        for reaction in person.reactions {
            let campaign = try campaign(reaction.campaign, in: session)
            try session.execute(
                """
                INSERT INTO engagement (contact_id, kind, at, campaign_id, step, entry, url, learned_at, known) VALUES (\(id), \
                \(reaction.kind.rawValue), \(reaction.at.milliseconds), \(campaign), \(reaction.step), \(reaction.entry), \
                \(reaction.link ?? ""), \(reaction.learnedAt.milliseconds), \(reaction.isKnown ? 1 : 0))
                """)
        }
        for faded in person.faded {
            try session.execute(named(faded.name))
            try session.execute(
                """
                INSERT INTO event_faded (name_id, contact_id, count, first_at, last_at, learned_at) SELECT n.id, \(id), \(faded.count), \
                \(faded.first.milliseconds), \(faded.last.milliseconds), \(faded.learnedAt.milliseconds) FROM event_name n WHERE n.name = \(faded.name)
                """)
        }
        for consent in person.consents {
            try session.execute(
                """
                INSERT INTO consent (contact_id, topic, at, state, learned_at, source) \
                VALUES (\(id), \(consent.topic), \(consent.at.milliseconds), \(consent.state), \(consent.learnedAt.milliseconds), 'test') \
                ON CONFLICT DO NOTHING
                """)
        }
    }
}
