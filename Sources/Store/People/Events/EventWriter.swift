import Database
import Model
import Segments

/// Writes events within one transaction: one batch, once.
///
/// Rows go in in the order in which they lie in the table, or in that of its index, whichever spares more pages: an event
/// costs what its pages cost to find, read and write, and a file is ordered by person or by time, hardly ever by both.
struct EventWriter {
    private let session: any SQLSession
    private let unknown: UnknownContact
    private let now: Instant
    private let insert: any SQLStatement
    private let same: any SQLStatement
    private let remember: any SQLStatement
    private var people: EventContacts
    private var names: [String: Name] = [:]

    /// People that were made for events of somebody nobody knew.
    var newContacts: Int { people.made }

    private struct Name {
        var id: Int64
        var keptSince: Int64
        var facts = FactNotes()
        var currencies = EventCurrencies()
        var sums: [EventSum] = []
        /// How many were added by this batch.
        var added: Int64 = 0

        mutating func note(_ properties: JSONObject) {
            facts.note(properties)
            currencies.note(properties)
            added += 1
        }
    }

    /// An event on its way: where it goes, and its place in the batch.
    private struct Arrival {
        var index: Int
        var contact: Int64
        var name: Int64
        var at: Int64
    }

    init(session: any SQLSession, unknown: UnknownContact, now: Instant) throws {
        self.session = session
        self.unknown = unknown
        self.now = now
        insert = try session.prepare(
            """
            INSERT INTO event (name_id, at, contact_id, id, learned_at, properties) VALUES (?, ?, ?, ?, ?, ?) \
            ON CONFLICT (name_id, at, contact_id, id) DO NOTHING
            """)
        same = try session.prepare(
            """
            SELECT max(id), max(CASE WHEN COALESCE(properties, '') = ?4 THEN 1 ELSE 0 END) FROM event \
            WHERE name_id = ?1 AND at = ?2 AND contact_id = ?3
            """)
        remember = try session.prepare(
            "INSERT INTO event_given_id (contact_id, given, name_id, at) VALUES (?, ?, ?, ?) ON CONFLICT (contact_id, given) DO NOTHING")
        people = try EventContacts(session: session, now: now)
    }

    mutating func record(_ entries: [EventStore.Entry]) throws -> [EventStore.Result] {
        var results = [EventStore.Result](repeating: .known, count: entries.count)
        var arrivals: [Arrival] = []
        arrivals.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            guard let contact = try people.id(of: entry, making: unknown == .create) else {
                results[index] = .noContact
                continue
            }
            let name = try name(entry.name)
            guard entry.at.milliseconds >= name.keptSince else {
                results[index] = .faded
                continue
            }
            let at = entry.at.milliseconds
            if let given = entry.givenID, try remember.run([.integer(contact), .text(given), .integer(name.id), .integer(at)]) == 0 {
                continue
            }
            arrivals.append(Arrival(index: index, contact: contact, name: name.id, at: at))
        }
        sort(&arrivals)
        var summaries = SummaryNotes()
        var sums = SumNotes()
        for arrival in arrivals where try write(entries[arrival.index], arrival) {
            results[arrival.index] = .added
            names[entries[arrival.index].name]?.note(entries[arrival.index].properties)
            summaries.note(name: arrival.name, contact: arrival.contact, at: arrival.at)
            for sum in names[entries[arrival.index].name]?.sums ?? [] {
                sums.note(sum, contact: arrival.contact, at: arrival.at, entries[arrival.index].properties)
            }
        }
        try summaries.write(in: session)
        try sums.write(in: session)
        try writeFacts()
        return results
    }

    /// By person where few people did much: their rows of the index lie together, and the table is gone through once. By
    /// what and when it would be the other way round.
    private func sort(_ arrivals: inout [Arrival]) {
        var changes = 0
        for (one, next) in zip(arrivals, arrivals.dropFirst()) where one.contact != next.contact { changes += 1 }
        if changes * 3 < arrivals.count {
            arrivals.sort { ($0.name, $0.at, $0.contact, $0.index) < ($1.name, $1.at, $1.contact, $1.index) }
        } else {
            arrivals.sort { ($0.contact, $0.name, $0.at, $0.index) < ($1.contact, $1.name, $1.at, $1.index) }
        }
    }

    /// False where the event is known already.
    private func write(_ entry: EventStore.Entry, _ arrival: Arrival) throws -> Bool {
        let json = entry.properties.isEmpty ? nil : entry.properties.sortedByName.json
        var values: [SQLValue] = [
            .integer(arrival.name), .integer(arrival.at), .integer(arrival.contact), .integer(0), .integer(now.milliseconds),
            json.map { .text($0) } ?? .null,
        ]
        if try insert.run(values) == 1 { return true }
        let found = try same.first([values[0], values[1], values[2], .text(json ?? "")]) { ($0.integer(0), $0.integer(1) == 1) }
        guard let (last, isSame) = found, entry.givenID != nil || !isSame else { return false }
        if entry.givenID == nil, try isTold(entry.properties, arrival) { return false }
        values[3] = .integer(last + 1)
        return try insert.run(values) == 1
    }

    /// Whether one of the events there says the same in other words: members in another order, `5.0` for `5`.
    private func isTold(_ properties: JSONObject, _ arrival: Arrival) throws -> Bool {
        let rows: SQL = "FROM event WHERE name_id = \(arrival.name) AND at = \(arrival.at) AND contact_id = \(arrival.contact)"
        return try session.all("SELECT properties \(rows)") { row in
            try row.isNull(0) ? properties.isEmpty : JSONObject(stored: row.text(0)).says(properties)
        }.contains(true)
    }

    /// Keeps which properties and currencies were seen.
    private mutating func writeFacts() throws {
        for (text, var name) in names {
            try name.currencies.write(of: name.id, in: session)
            try session.execute("UPDATE event_name SET events = events + \(name.added) WHERE id = \(name.id)")
            name.added = 0
            names[text] = name
            for (property, kind) in name.facts.all {
                try session.execute(
                    """
                    INSERT INTO event_property_fact (name_id, property, kind) VALUES (\(name.id), \(property), \(kind.rawValue)) \
                    ON CONFLICT (name_id, property, kind) DO NOTHING
                    """)
            }
        }
    }

    private mutating func name(_ name: String) throws -> (id: Int64, keptSince: Int64) {
        if let known = names[name] { return (known.id, known.keptSince) }
        let found = try session.first(
            "SELECT n.id, h.kept_since FROM event_name n LEFT JOIN event_horizon h ON h.name_id = n.id WHERE n.name = \(name)"
        ) { Name(id: $0.integer(0), keptSince: $0.optionalInteger(1) ?? .min) }
        var made = try found ?? Name(id: try add(name), keptSince: .min)
        made.sums = try EventSum.all(of: name, in: session)
        names[name] = made
        return (made.id, made.keptSince)
    }

    private func add(_ name: String) throws -> Int64 {
        let id = try IDBlocks.take(1, of: .eventName, in: session)
        try session.execute("INSERT INTO event_name (id, name) VALUES (\(id), \(name))")
        return id
    }
}

/// Finds the people that events are about, or makes them. The lines of one person usually come together.
struct EventContacts {
    private let session: any SQLSession
    private let now: Instant
    private let find: any SQLStatement
    private var last: (key: String, externalID: String?, id: Int64)?
    private(set) var made = 0

    init(session: any SQLSession, now: Instant) throws {
        self.session = session
        self.now = now
        find = try session.prepare(ContactStore.idByKey)
    }

    mutating func id(of entry: EventStore.Entry, making: Bool) throws -> Int64? {
        let key = entry.email?.key
        if let key, let last, last.key == key, last.externalID == entry.externalID { return last.id }
        if let known = try known(key, entry.externalID) {
            if let key {
                last = (key, entry.externalID, known)
                if let externalID = entry.externalID { try tie(externalID, to: known) }
            }
            return known
        }
        return making ? try make(entry) : nil
    }

    private func known(_ key: String?, _ externalID: String?) throws -> Int64? {
        if let key, let id = try find.first([.text(key)], { $0.integer(0) }) { return id }
        guard let externalID else { return nil }
        return try session.first("SELECT contact_id FROM contact_external_id WHERE system = '' AND external_id = \(externalID)") {
            $0.integer(0)
        }
    }

    /// Who tells of an event by address and by the ID of another system says that both are one person's. What is known already stays.
    private func tie(_ externalID: String, to contact: Int64) throws {
        try session.execute(
            """
            INSERT INTO contact_external_id (system, external_id, contact_id) VALUES ('', \(externalID), \(contact)) \
            ON CONFLICT (system, external_id) DO NOTHING
            """)
    }

    /// Somebody of whom nothing is known yet but that they did something.
    private mutating func make(_ entry: EventStore.Entry) throws -> Int64? {
        guard entry.email != nil || entry.externalID != nil else { return nil }
        let id = try IDBlocks.take(1, of: .contact, in: session)
        try session.execute(
            """
            INSERT INTO contact (id, email, email_key, attributes, created_at, updated_at) VALUES (\(id), \(entry.email?.description), \
            \(entry.email?.key), '{}', \(now.milliseconds), \(now.milliseconds))
            """)
        if let externalID = entry.externalID {
            try tie(externalID, to: id)
        }
        made += 1
        return id
    }
}

extension JSONObject {
    /// Whether both have the same members, numbers by their value.
    fileprivate func says(_ other: JSONObject) -> Bool {
        members.count == other.members.count && members.allSatisfy { name, value in other[name].map { $0.says(value) } ?? false }
    }

    /// The same members in one order, so that what is the same reads the same.
    fileprivate var sortedByName: JSONObject {
        guard members.count > 1, !zip(members, members.dropFirst()).allSatisfy({ $0.name < $1.name }) else { return self }
        return JSONObject(distinct: members.sorted { $0.name < $1.name })
    }
}

extension JSONValue {
    fileprivate func says(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.integer(let whole), .real(let real)), (.real(let real), .integer(let whole)): Int64(exactly: real) == whole
        case (.list(let items), .list(let others)): items.count == others.count && zip(items, others).allSatisfy { $0.says($1) }
        case (.object(let object), .object(let other)): object.says(other)
        default: self == other
        }
    }
}
