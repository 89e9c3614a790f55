package import Database
package import Model

/// The people: one row each, with the history of how their attributes came to be.
package struct ContactStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Whose an address is, one from before a merge included.
    static let idByKey = """
        SELECT id FROM contact WHERE email_key = ?1 UNION ALL SELECT contact_id FROM contact_alias WHERE email_key = ?1 LIMIT 1
        """

    /// The same of many.
    static let idsByKey = SQLBatch(
        [.text("key")],
        """
        SELECT r.n, COALESCE(c.id, a.contact_id) FROM rows r LEFT JOIN contact c ON c.email_key = r.key \
        LEFT JOIN contact_alias a ON a.email_key = r.key WHERE COALESCE(c.id, a.contact_id) IS NOT NULL
        """)

    /// What an import says of one person, known by address, by the ID that another system has for them, or by both.
    package struct Entry: Sendable {
        package let email: EmailAddress?
        package let externalID: String?
        /// The attributes it names; others stay as they are. `null` removes one.
        package let attributes: JSONObject

        // What the database is told, made where the entry is made: the thread that writes is the one an import waits for.
        let key: String?
        let stated: JSONObject
        let statedJSON: String

        package init(email: EmailAddress?, externalID: String? = nil, attributes: JSONObject) {
            self.email = email
            self.externalID = externalID.flatMap { $0.isEmpty ? nil : $0 }
            self.attributes = attributes
            key = email?.key
            stated = attributes.withoutNulls
            statedJSON = stated.json
        }
    }

    package enum Change: Hashable, Sendable {
        case added, updated, unchanged
        /// Updated: somebody of whom only the external ID was known is one with them now.
        case joined
        /// Left out: the address is one person's and the external ID another's. No ID goes with it, nor with ``nobody``.
        case twoPeople
        /// Left out: it has neither.
        case nobody
    }

    /// Adds or updates people, all or none, and says what became of each, in order, with their IDs; see ``PersonMatcher`` for who
    /// is who.
    ///
    /// An address that is in `entries` twice is the later entry's to update.
    ///
    /// `staysWithdrawn`: the person had taken back what `consent` would grant, and it stays so.
    /// - Parameter since: Since when what is said of them is true; nil for now. What changed later stays as it is.
    /// - Parameter rehearsing: Says what would become of them, and takes everything back.
    package func record(
        _ entries: [Entry], consent: ConsentTemplate? = nil, since: Instant? = nil, at now: Instant, source: String,
        rehearsing: Bool = false
    ) throws -> [(id: ContactID, change: Change, staysWithdrawn: Bool)] {
        guard !entries.isEmpty else { return [] }
        func write(_ session: any SQLSession) throws -> [(id: ContactID, change: Change, staysWithdrawn: Bool)] {
            var writer = ContactWriter(session: session, since: since ?? now, now: now, source: source)
            let people = try writer.record(entries)
            let isGranted = try consent.map { try writer.grant($0, to: people) }
            return people.enumerated().map { ($1.id, $1.change, isGranted?[$0] == false) }
        }
        guard rehearsing else { return try database.write(write) }
        do {
            return try database.write { throw Rehearsal(results: try write($0)) }
        } catch let rehearsal as Rehearsal {
            return rehearsal.results
        }
    }

    /// Thrown to leave a transaction without keeping it.
    private struct Rehearsal: Error {
        var results: [(id: ContactID, change: Change, staysWithdrawn: Bool)]
    }

    /// Whom these address keys belong to; nobody is left out.
    package func identifiers(of keys: [String]) throws -> [String: ContactID] {
        try database.read { session in
            var found: [String: ContactID] = [:]
            try session.forEach(Self.idsByKey, keys.map { [.text($0)] }) { found[keys[Int($0.integer(0))]] = ContactID($0.integer(1)) }
            return found
        }
    }

    /// Who has this ID in another system.
    package func contact(externalID: String) throws -> Contact? {
        try database.read { session in
            let id = try session.first(
                "SELECT contact_id FROM contact_external_id WHERE system = '' AND external_id = \(externalID)"
            ) { ContactID($0.integer(0)) }
            return try id.flatMap { try Self.contact($0, in: session) }
        }
    }

    package func contact(_ email: EmailAddress) throws -> Contact? {
        try database.read { session in
            let id = try session.prepare(Self.idByKey).first([.text(email.key)]) { ContactID($0.integer(0)) }
            return try id.flatMap { try Self.contact($0, in: session) }
        }
    }

    /// The person of this ID, or the one they were merged into.
    package func contact(_ id: ContactID) throws -> Contact? {
        try database.read { session in
            if let contact = try Self.contact(id, in: session) { return contact }
            return try ContactMerges.keeper(of: id, in: session).flatMap { try Self.contact($0, in: session) }
        }
    }

    static func contact(_ id: ContactID, in session: any SQLSession) throws -> Contact? {
        try session.first("SELECT id, email, attributes FROM contact WHERE id = \(id)") { try Contact(row: $0) }
    }

    package func count() throws -> Int {
        try database.read { try $0.count("SELECT count(*) FROM contact") }
    }

    package func externalIDs(of id: ContactID) throws -> [(system: String, id: String)] {
        try database.read { session in
            try session.all("SELECT system, external_id FROM contact_external_id WHERE contact_id = \(id) ORDER BY system, external_id") {
                ($0.text(0), $0.text(1))
            }
        }
    }

    /// The history of a person's attributes, oldest first.
    package func changes(of id: ContactID) throws -> [AttributeChangeRecord] {
        try database.read { session in
            try session.all("SELECT at, learned_at, changes, source FROM attribute_change WHERE contact_id = \(id) ORDER BY at, learned_at")
            {
                AttributeChangeRecord(
                    at: Instant(milliseconds: $0.integer(0)), learnedAt: Instant(milliseconds: $0.integer(1)),
                    changes: try JSONObject(stored: $0.text(2)), source: $0.text(3))
            }
        }
    }
}

package struct AttributeChangeRecord: Sendable {
    package var at: Instant
    package var learnedAt: Instant
    package var changes: JSONObject
    package var source: String
}

/// A consent that an import grants to everybody in it.
package struct ConsentTemplate: Sendable {
    package var topic: String
    package var state: Consent.State
    package var at: Instant
    package var source: String
    /// The words they agreed to.
    package var wording: String?

    package init(topic: String, state: Consent.State, at: Instant, source: String, wording: String? = nil) {
        self.topic = topic
        self.state = state
        self.at = at
        self.source = source
        self.wording = wording
    }
}

extension JSONObject {
    /// Reads what the program itself has stored.
    package init(stored text: String) throws {
        guard case .object(let object) = try? JSONValue(parsing: text.utf8) else {
            throw DatabaseError(
                .damaged, "a stored JSON object can't be read", hint: "the database was changed by another program; restore a backup")
        }
        self = object
    }
}

extension Contact {
    /// From the columns id, email, attributes, in this order, starting at `column`.
    package init(row: any SQLRow, from column: Int = 0) throws {
        self.init(
            id: ContactID(row.integer(column)), email: row.optionalText(column + 1).flatMap { try? EmailAddress($0) },
            attributes: try JSONObject(stored: row.text(column + 2)))
    }
}
