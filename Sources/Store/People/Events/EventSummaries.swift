import Database
import Model

/// What each person did in sum, as the events of one batch add to it.
struct SummaryNotes {
    private struct Key: Hashable {
        var name: Int64
        var contact: Int64
    }

    private struct Note {
        var count: Int64
        var first: Int64
        var last: Int64
    }

    private var notes: [Key: Note] = [:]

    mutating func note(name: Int64, contact: Int64, at: Int64) {
        let key = Key(name: name, contact: contact)
        guard var note = notes[key] else {
            notes[key] = Note(count: 1, first: at, last: at)
            return
        }
        note.count += 1
        note.first = min(note.first, at)
        note.last = max(note.last, at)
        notes[key] = note
    }

    /// One row a person and event, in the order of the table.
    func write(in session: any SQLSession) throws {
        let sorted = notes.sorted { ($0.key.name, $0.key.contact) < ($1.key.name, $1.key.contact) }
        try session.execute(
            EventSummaries.addition,
            sorted.map { key, note in
                [.integer(key.name), .integer(key.contact), .integer(note.count), .integer(note.first), .integer(note.last)]
            })
    }
}

enum EventSummaries {
    /// Adds such rows to the summaries.
    static let addition = SQLBatch(
        insertInto: "event_summary", ["name_id", "contact_id", "count", "first_at", "last_at"].map { .int64($0) },
        identity: ["name_id", "contact_id"], merging)

    /// A statement that adds `rows` (name_id, contact_id, count, first_at, last_at) to the summaries.
    static func adding(_ rows: String) -> String {
        "INSERT INTO event_summary (name_id, contact_id, count, first_at, last_at) \(rows) \(merging)"
    }

    private static let merging = """
        ON CONFLICT (name_id, contact_id) DO UPDATE SET count = event_summary.count + excluded.count, \
        first_at = CASE WHEN excluded.first_at < event_summary.first_at THEN excluded.first_at ELSE event_summary.first_at END, \
        last_at = CASE WHEN excluded.last_at > event_summary.last_at THEN excluded.last_at ELSE event_summary.last_at END
        """

    /// The same for `event_faded`, whose rows also have learned_at.
    static func fading(_ rows: String) -> String {
        """
        INSERT INTO event_faded (name_id, contact_id, count, first_at, last_at, learned_at) \(rows) \
        ON CONFLICT (name_id, contact_id) DO UPDATE SET count = event_faded.count + excluded.count, \
        first_at = CASE WHEN excluded.first_at < event_faded.first_at THEN excluded.first_at ELSE event_faded.first_at END, \
        last_at = CASE WHEN excluded.last_at > event_faded.last_at THEN excluded.last_at ELSE event_faded.last_at END, \
        learned_at = CASE WHEN excluded.learned_at > event_faded.learned_at THEN excluded.learned_at ELSE event_faded.learned_at END
        """
    }

    /// Makes the summaries of these people anew, from what is kept and what has faded.
    static func refresh(_ contacts: [ContactID], in session: any SQLSession) throws {
        let drop = try session.prepare("DELETE FROM event_summary WHERE name_id IN (SELECT id FROM event_name) AND contact_id = ?1")
        let add = try session.prepare(
            adding(
                """
                SELECT q.name_id, ?1, sum(q.n), min(q.a), max(q.z) FROM (\
                SELECT name_id, count(*) AS n, min(at) AS a, max(at) AS z FROM event WHERE contact_id = ?1 GROUP BY name_id UNION ALL \
                SELECT name_id, count, first_at, last_at FROM event_faded \
                WHERE name_id IN (SELECT id FROM event_name) AND contact_id = ?1) q WHERE 1 = 1 GROUP BY q.name_id
                """))
        for contact in contacts {
            try drop.run([.integer(contact.rawValue)])
            try add.run([.integer(contact.rawValue)])
        }
        for (name, sums) in try EventSum.byName(in: session) {
            for sum in sums {
                for contact in contacts {
                    try EventSums.refresh(sum, name: name, in: session) { "\(raw: $0).contact_id = \(contact)" }
                }
            }
        }
    }
}

extension EventStore {
    /// Makes all summaries anew from what is kept and what has faded, and notes currencies: for a database that another program has
    /// written to.
    package func rebuildSummaries() throws {
        try database.write { session in
            try session.execute("DELETE FROM event_summary")
            try session.execute(
                """
                INSERT INTO event_summary (name_id, contact_id, count, first_at, last_at) \
                SELECT name_id, contact_id, count, first_at, last_at FROM event_faded
                """)
            try session.execute(
                SQL(
                    raw: EventSummaries.adding(
                        "SELECT name_id, contact_id, count(*), min(at), max(at) FROM event WHERE 1 = 1 GROUP BY name_id, contact_id")))
            try session.script(EventCurrencies.learning(session.dialect))
            try session.execute("UPDATE event_name SET events = (SELECT count(*) FROM event e WHERE e.name_id = event_name.id)")
            for (name, sums) in try EventSum.byName(in: session) {
                for sum in sums { try EventSums.refresh(sum, name: name, in: session) { _ in "1 = 1" } }
            }
        }
    }
}
