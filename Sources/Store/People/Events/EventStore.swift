package import Database
package import Model

/// What people did. Events are only added; told twice, an event is one. What each person did in sum is kept beside them, in
/// the same transaction, so that questions without a window need not read events.
package struct EventStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// An event as it is told: of whom, what, when. Who did it is known by address, or by the ID another system has for them.
    package struct Entry: Sendable {
        package var email: EmailAddress?
        package var externalID: String?
        package var name: String
        package var at: Instant
        package var properties: JSONObject
        /// The ID that the teller gave it: of a person's events of one name no two have the same.
        package var givenID: String?

        package init(
            email: EmailAddress?, externalID: String? = nil, name: String, at: Instant, properties: JSONObject, givenID: String? = nil
        ) {
            self.email = email
            self.externalID = externalID
            self.name = name
            self.at = at
            self.properties = properties
            self.givenID = givenID
        }
    }

    package enum Result: Hashable, Sendable {
        case added, known, noContact
        /// Known by the ID it was given, and left out, though it says something else than the first time.
        case contradicting
        /// The address is one person's and the external ID another's.
        case twoPeople
        /// Older than what is kept of events of this name.
        case faded
    }

    /// Adds events, all that can be, in one transaction; says what became of each, in order.
    package func record(_ entries: [Entry], at now: Instant) throws -> [Result] {
        try record(entries, unknown: .reject, at: now).results
    }

    /// Adds events, all that can be, in one transaction; says what became of each, in order, and how many people are new.
    ///
    /// `rehearsing`: says so and takes everything back.
    package func record(
        _ entries: [Entry], unknown: UnknownContact, at now: Instant, rehearsing: Bool = false
    ) throws -> (results: [Result], newContacts: Int) {
        guard !entries.isEmpty else { return ([], 0) }
        do {
            return try database.write { session in
                var writer = try EventWriter(session: session, unknown: unknown, now: now)
                let written = (results: try writer.record(entries), newContacts: writer.newContacts)
                if rehearsing { throw Rehearsal(results: written.results, newContacts: written.newContacts) }
                return written
            }
        } catch let rehearsal as Rehearsal {
            return (rehearsal.results, rehearsal.newContacts)
        }
    }

    /// Thrown to roll back.
    private struct Rehearsal: Error {
        var results: [Result]
        var newContacts: Int
    }

    /// All events of a person, newest first, at most `limit`.
    package func events(of contact: ContactID, limit: Int = .max) throws -> [Event] {
        try database.read { session in
            try session.all(
                """
                SELECT n.name, e.at, e.learned_at, e.properties FROM event e JOIN event_name n ON n.id = e.name_id \
                WHERE e.contact_id = \(contact) ORDER BY e.at DESC, e.id, n.name LIMIT \(Int64(limit))
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

/// What a person did in sum, by name of event.
package struct EventSummary: Hashable, Sendable {
    package var name: String
    package var count: Int
    package var first: Instant
    package var last: Instant

    package init(name: String, count: Int, first: Instant, last: Instant) {
        self.name = name
        self.count = count
        self.first = first
        self.last = last
    }
}

extension EventStore {
    /// What a person did in sum, those events included that are no longer kept; by name.
    package func summaries(of contact: ContactID) throws -> [EventSummary] {
        try database.read { session in
            try session.all(
                """
                SELECT n.name, s.count, s.first_at, s.last_at FROM event_name n \
                JOIN event_summary s ON s.name_id = n.id AND s.contact_id = \(contact) ORDER BY n.name
                """
            ) {
                EventSummary(
                    name: $0.text(0), count: Int($0.integer(1)), first: Instant(milliseconds: $0.integer(2)),
                    last: Instant(milliseconds: $0.integer(3)))
            }
        }
    }
}
