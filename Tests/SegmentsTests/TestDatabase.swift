import Database
import Foundation
import Model
import StoreSQLite

@testable import Segments

/// A SQLite file that holds some people, in the tables that segments are asked of.
final class TestDatabase {
    let database: SQLiteDatabase
    private let folder: URL

    init(_ people: [PersonHistory]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-segments-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = try SQLiteDatabase(path: folder.appendingPathComponent("test.sqlite").path)
        try database.write { session in
            try session.script(Self.tables)
            for person in people { try Self.insert(person, in: session) }
        }
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func ids(where condition: SQL) throws -> Set<ContactID> {
        try database.read { session in
            Set(try session.all("SELECT c.id FROM contact c WHERE \(condition)") { ContactID($0.integer(0)) })
        }
    }

    private static let tables = """
        CREATE TABLE contact (id INTEGER PRIMARY KEY, email TEXT, attributes TEXT NOT NULL);
        CREATE TABLE attribute_change (
            contact_id INTEGER NOT NULL, at INTEGER NOT NULL, learned_at INTEGER NOT NULL, changes TEXT NOT NULL,
            PRIMARY KEY (contact_id, at, learned_at)) WITHOUT ROWID;
        CREATE TABLE event_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE event (
            contact_id INTEGER NOT NULL, name_id INTEGER NOT NULL, at INTEGER NOT NULL, id INTEGER NOT NULL,
            learned_at INTEGER NOT NULL, properties TEXT, PRIMARY KEY (contact_id, name_id, at, id)) WITHOUT ROWID;
        CREATE INDEX event_by_name ON event (name_id, at);
        CREATE TABLE consent (
            contact_id INTEGER NOT NULL, topic TEXT NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL,
            learned_at INTEGER NOT NULL, PRIMARY KEY (contact_id, topic, at, state, learned_at)) WITHOUT ROWID;
        """

    private static func insert(_ person: PersonHistory, in session: any SQLSession) throws {
        let id = person.contact.id
        try session.execute(
            "INSERT INTO contact VALUES (\(id), \(person.contact.email?.description), \(person.contact.attributes.json))")
        for change in person.changes {
            try session.execute(
                "INSERT INTO attribute_change VALUES (\(id), \(change.at.milliseconds), \(change.learnedAt.milliseconds), \(change.changes.json))"
            )
        }
        for (number, event) in person.events.enumerated() {
            try session.execute("INSERT INTO event_name (name) VALUES (\(event.name)) ON CONFLICT DO NOTHING")
            let properties = event.properties.isEmpty ? nil : event.properties.json
            try session.execute(
                """
                INSERT INTO event SELECT \(id), n.id, \(event.at.milliseconds), \(number), \(event.learnedAt.milliseconds), \(properties) \
                FROM event_name n WHERE n.name = \(event.name)
                """)
        }
        for consent in person.consents {
            try session.execute(
                """
                INSERT INTO consent VALUES (\(id), \(consent.topic), \(consent.at.milliseconds), \(consent.state), \
                \(consent.learnedAt.milliseconds)) ON CONFLICT DO NOTHING
                """)
        }
    }
}
