import Database
import Model
import Segments

/// Writes people within one transaction, with its statements prepared once: an import calls it for every line.
struct ContactWriter {
    private let now: Instant
    /// Since when what is said is true.
    private let since: Instant
    private let source: String
    private let session: any SQLSession
    private let insert: any SQLStatement
    private let find: any SQLStatement
    private let update: any SQLStatement
    private let change: any SQLStatement
    private let consent: any SQLStatement
    private let standing: any SQLStatement
    private var facts = FactNotes()
    private var nextID: Int64
    private let lastID: Int64

    /// `newContacts`: the most that may turn out to be new; that many IDs are set aside.
    init(session: any SQLSession, newContacts: Int, since: Instant, now: Instant, source: String) throws {
        self.session = session
        self.since = since
        self.now = now
        self.source = source
        // Most databases know nobody under a second address, and an import asks for every line.
        let hasAliases = try session.first("SELECT 1 FROM contact_alias LIMIT 1") { _ in true } ?? false
        let values =
            hasAliases
            ? "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (SELECT 1 FROM contact_alias WHERE email_key = ?3)"
            : "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        insert = try session.prepare(
            """
            INSERT INTO contact (id, email, email_key, attributes, created_at, updated_at) \(values) \
            ON CONFLICT (email_key) DO NOTHING
            """)
        find = try session.prepare("SELECT id, attributes FROM contact WHERE id = (\(ContactStore.idByKey))")
        update = try session.prepare("UPDATE contact SET attributes = ?, updated_at = ? WHERE id = ?")
        change = try session.prepare(
            """
            INSERT INTO attribute_change (contact_id, at, learned_at, changes, source) VALUES (?, ?, ?, ?, ?) \
            ON CONFLICT (contact_id, at, learned_at) DO NOTHING
            """)
        consent = try session.prepare(ConsentStore.grant)
        standing = try session.prepare(
            "SELECT state FROM consent WHERE contact_id = ? AND topic = ? AND state <> 0 ORDER BY at DESC, state DESC LIMIT 1")
        nextID = try IDBlocks.take(newContacts, of: .contact, in: session)
        lastID = nextID + Int64(newContacts)
    }

    mutating func record(_ entry: ContactStore.Entry) throws -> (id: ContactID, change: ContactStore.Change) {
        let result = try recordAttributes(entry)
        if let externalID = entry.externalID, !externalID.isEmpty {
            try session.execute(
                """
                INSERT INTO contact_external_id (system, external_id, contact_id) VALUES ('', \(externalID), \(result.id)) \
                ON CONFLICT (system, external_id) DO UPDATE SET contact_id = excluded.contact_id
                """)
        }
        return result
    }

    /// Keeps which attributes were seen. To be called once, after the last entry.
    func finish() throws {
        for (name, kind) in facts.all {
            try session.execute(
                "INSERT INTO attribute_fact (name, kind) VALUES (\(name), \(kind.rawValue)) ON CONFLICT (name, kind) DO NOTHING")
        }
    }

    /// False where the person has withdrawn: a list does not undo that.
    func grant(_ template: ConsentTemplate, to id: ContactID) throws -> Bool {
        let added = try consent.run([
            .integer(id.rawValue), .text(template.topic), .integer(template.at.milliseconds), .integer(template.state.rawValue),
            .integer(now.milliseconds), .text(template.source), template.wording.map { .text($0) } ?? .null,
        ])
        return try added == 1
            || standing.first([.integer(id.rawValue), .text(template.topic)]) { $0.integer(0) } != Consent.State.withdrawn.rawValue
    }

    private mutating func recordAttributes(_ entry: ContactStore.Entry) throws -> (id: ContactID, change: ContactStore.Change) {
        let key = entry.key
        let time = SQLValue.integer(now.milliseconds)
        if nextID < lastID {
            let json = SQLValue.text(entry.statedJSON)
            if try insert.run([.integer(nextID), .text(entry.email.description), .text(key), json, time, time]) == 1 {
                let id = ContactID(nextID)
                nextID += 1
                try change.run([.integer(id.rawValue), .integer(since.milliseconds), time, json, .text(source)])
                facts.note(entry.stated)
                return (id, .added)
            }
        }
        guard let found = try find.first([.text(key)], { (ContactID($0.integer(0)), try JSONObject(stored: $0.text(1))) }) else {
            throw DatabaseError(.other, "a contact was neither added nor found")
        }
        let (id, known) = found
        let (merged, delta) = since < now ? try merging(entry.attributes, into: known, of: id) : known.merging(entry.attributes)
        guard !delta.isEmpty else { return (id, .unchanged) }
        try update.run([.text(merged.json), time, .integer(id.rawValue)])
        let keys = [SQLValue.integer(id.rawValue), .integer(since.milliseconds), time]
        if try change.run(keys + [.text(delta.json), .text(source)]) == 0 { try add(delta, to: id) }
        facts.note(delta)
        return (id, .updated)
    }
}

extension JSONObject {
    var withoutNulls: JSONObject {
        guard members.contains(where: { if case .null = $0.value { true } else { false } }) else { return self }
        return JSONObject(members.filter { $0.value != .null }.map { ($0.name, $0.value) })
    }
}

extension ContactWriter {
    /// What an object becomes by changes that were true in the past, and those of them that were not told of that time: what
    /// changed since stays as it is.
    private func merging(_ changes: JSONObject, into known: JSONObject, of id: ContactID) throws -> (merged: JSONObject, delta: JSONObject)
    {
        var then = JSONObject()
        var later: Set<String> = []
        try session.forEach("SELECT at, changes FROM attribute_change WHERE contact_id = \(id) ORDER BY at, learned_at") { row in
            let change = try JSONObject(stored: row.text(1))
            if row.integer(0) <= since.milliseconds {
                then = then.merging(change).merged
            } else {
                later.formUnion(change.members.map(\.name))
            }
        }
        let delta = then.merging(changes).delta
        return (known.merging(JSONObject(delta.members.filter { !later.contains($0.name) })).merged, delta)
    }

    /// A second change within one millisecond joins the first: the history loses neither.
    private func add(_ delta: JSONObject, to id: ContactID) throws {
        let place: SQL = "contact_id = \(id) AND at = \(since.milliseconds) AND learned_at = \(now.milliseconds)"
        let first = try session.first("SELECT changes FROM attribute_change WHERE \(place)") { try JSONObject(stored: $0.text(0)) }
        var both = first ?? [:]
        for (name, value) in delta.members { both[name] = value }
        try session.execute("UPDATE attribute_change SET changes = \(both.json), source = \(source) WHERE \(place)")
    }
}

extension JSONObject {
    /// The object with `changes` applied (`null` removes a member), and those of them that made a difference.
    func merging(_ changes: JSONObject) -> (merged: JSONObject, delta: JSONObject) {
        var merged = self
        var delta = JSONObject()
        for (name, value) in changes.members {
            if value == .null {
                guard merged[name] != nil else { continue }
                merged[name] = nil
            } else {
                guard merged[name] != value else { continue }
                merged[name] = value
            }
            delta[name] = value
        }
        return (merged, delta)
    }
}
