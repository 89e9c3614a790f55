package import Database
package import Model
import Segments

/// What people did. Events are only added; told twice, an event is one.
package struct EventStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// An event as it is told: of whom, what, when.
    package struct Entry: Sendable {
        package var email: EmailAddress
        package var name: String
        package var at: Instant
        package var properties: JSONObject
        /// The ID that the teller gave it.
        package var givenID: String?

        package init(email: EmailAddress, name: String, at: Instant, properties: JSONObject, givenID: String? = nil) {
            self.email = email
            self.name = name
            self.at = at
            self.properties = properties
            self.givenID = givenID
        }
    }

    package enum Result: Hashable, Sendable {
        case added, known, noContact
    }

    /// Adds events, all that can be, in one transaction; says what became of each, in order.
    package func record(_ entries: [Entry], at now: Instant) throws -> [Result] {
        guard !entries.isEmpty else { return [] }
        return try database.write { session in
            var writer = try EventWriter(session: session, now: now)
            let results = try entries.map { try writer.record($0) }
            try writer.finish()
            return results
        }
    }

    /// All events of a person, newest first, at most `limit`.
    package func events(of contact: ContactID, limit: Int = .max) throws -> [Event] {
        try database.read { session in
            try session.all(
                """
                SELECT n.name, e.at, e.learned_at, e.properties FROM event e JOIN event_name n ON n.id = e.name_id \
                WHERE e.contact_id = \(contact) ORDER BY e.at DESC, e.id LIMIT \(Int64(limit))
                """
            ) { row in
                Event(
                    contact: contact, name: row.text(0), at: Instant(milliseconds: row.integer(1)),
                    learnedAt: Instant(milliseconds: row.integer(2)),
                    properties: row.isNull(3) ? [:] : try JSONObject(stored: row.text(3)))
            }
        }
    }

    package func count() throws -> Int {
        try database.read { try $0.count("SELECT count(*) FROM event") }
    }
}

/// Writes events within one transaction, with its statements prepared once and contacts remembered: the lines of one person
/// usually come together.
private struct EventWriter {
    private let session: any SQLSession
    private let now: Instant
    private let insert: any SQLStatement
    private let remember: any SQLStatement
    private let find: any SQLStatement
    private var names: [String: Int64] = [:]
    private var facts: [Int64: FactNotes] = [:]
    private var last: (key: String, id: Int64?)?

    init(session: any SQLSession, now: Instant) throws {
        self.session = session
        self.now = now
        insert = try session.prepare(
            """
            INSERT INTO event (contact_id, name_id, at, id, learned_at, properties) VALUES (?, ?, ?, ?, ?, ?) \
            ON CONFLICT (contact_id, name_id, at, id) DO NOTHING
            """)
        remember = try session.prepare(
            "INSERT INTO event_given_id (contact_id, given) VALUES (?, ?) ON CONFLICT (contact_id, given) DO NOTHING")
        find = try session.prepare("SELECT id FROM contact WHERE email_key = ?")
    }

    mutating func record(_ entry: EventStore.Entry) throws -> EventStore.Result {
        guard let contact = try contact(entry.email.key) else { return .noContact }
        if let given = entry.givenID, try remember.run([.integer(contact), .text(given)]) == 0 { return .known }
        let properties = entry.properties.isEmpty ? nil : entry.properties.json
        let added = try insert.run([
            .integer(contact), .integer(try nameID(entry.name)), .integer(entry.at.milliseconds), .integer(entry.identity),
            .integer(now.milliseconds), properties.map { .text($0) } ?? .null,
        ])
        guard added == 1 else { return .known }
        facts[try nameID(entry.name), default: FactNotes()].note(entry.properties)
        return .added
    }

    /// Keeps which properties were seen. To be called once, after the last entry.
    func finish() throws {
        for (name, notes) in facts {
            for (property, kind) in notes.all {
                try session.execute(
                    """
                    INSERT INTO event_property_fact (name_id, property, kind) VALUES (\(name), \(property), \(kind.rawValue)) \
                    ON CONFLICT (name_id, property, kind) DO NOTHING
                    """)
            }
        }
    }

    private mutating func contact(_ key: String) throws -> Int64? {
        if let last, last.key == key { return last.id }
        let id = try find.first([.text(key)]) { $0.integer(0) }
        last = (key, id)
        return id
    }

    private mutating func nameID(_ name: String) throws -> Int64 {
        if let id = names[name] { return id }
        let known = try session.first("SELECT id FROM event_name WHERE name = \(name)") { $0.integer(0) }
        let id = try known ?? add(name)
        names[name] = id
        return id
    }

    private func add(_ name: String) throws -> Int64 {
        let id = try IDBlocks.take(1, of: .eventName, in: session)
        try session.execute("INSERT INTO event_name (id, name) VALUES (\(id), \(name))")
        return id
    }
}

extension EventStore.Entry {
    /// What tells this event from another of the same person, name and time: its given ID, else its properties whatever
    /// their order. 64 bits of FNV-1a, which only ever compares events of one person at one millisecond.
    fileprivate var identity: Int64 {
        var hash = FNV1a()
        if let givenID {
            hash.add(givenID.utf8)
        } else {
            for (name, value) in properties.members.sorted(by: { $0.name < $1.name }) {
                hash.add(name.utf8)
                hash.add([0])
                hash.add(value.json.utf8)
                hash.add([0])
            }
        }
        return Int64(bitPattern: hash.value)
    }
}

/// Fowler, Noll, Vo: FNV-1a with 64 bits. Stable over runs and machines, as Swift's own hashing is not.
struct FNV1a {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
}
