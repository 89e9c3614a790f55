package import Database
package import Model

/// Who agreed to what, and who must not be written to.
package struct ConsentStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// The same statement told again is one row, also where it is told from two sources in one go.
    static let insertion = """
        INSERT INTO consent (contact_id, topic, at, state, learned_at, source, wording) \
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS \
        (SELECT 1 FROM consent WHERE contact_id = ?1 AND topic = ?2 AND at = ?3 AND state = ?4 AND source = ?6) \
        ON CONFLICT (contact_id, topic, at, state, learned_at) DO NOTHING
        """

    /// What a list grants to everybody on it. The list says when it was imported, not when each person agreed, so it never
    /// undoes a withdrawal, and said again by the same source it is no new statement.
    static let grant = """
        INSERT INTO consent (contact_id, topic, at, state, learned_at, source, wording) \
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE COALESCE((SELECT k.state FROM consent k WHERE k.contact_id = ?1 AND k.topic = ?2 \
        AND k.state <> 0 ORDER BY k.at DESC, k.state DESC LIMIT 1), -1) <> 2 AND NOT EXISTS \
        (SELECT 1 FROM consent WHERE contact_id = ?1 AND topic = ?2 AND state = ?4 AND source = ?6) \
        ON CONFLICT (contact_id, topic, at, state, learned_at) DO NOTHING
        """

    /// Adds statements, all or none; says how many were new. What is told of somebody who was merged into another, as by a link in
    /// a message to their old address, is the other's.
    @discardableResult
    package func record(_ statements: [Consent]) throws -> Int {
        try database.repeatableWrite { session in
            let insert = try session.prepare(Self.insertion)
            return try statements.reduce(0) { sum, consent in
                let person = try ContactMerges.keeper(of: consent.contact, in: session) ?? consent.contact
                return sum
                    + (try insert.run([
                        .integer(person.rawValue), .text(consent.topic), .integer(consent.at.milliseconds),
                        .integer(consent.state.rawValue), .integer(consent.learnedAt.milliseconds), .text(consent.source),
                        consent.wording.map { .text($0) } ?? .null,
                    ]))
            }
        }
    }

    /// How many of these withdrawals something later stands against that bears the time of its arrival: what a list grants says
    /// when it was imported, not when somebody agreed.
    package func outlived(_ statements: [Consent]) throws -> Int {
        try database.read { session in
            let latest = try session.prepare(
                """
                SELECT state, at, learned_at FROM consent WHERE contact_id = ? AND topic = ? AND state <> 0 ORDER BY at DESC, state DESC LIMIT 1
                """)
            return try statements.count { statement in
                guard statement.state == .withdrawn else { return false }
                return try latest.first([.integer(statement.contact.rawValue), .text(statement.topic)]) { row in
                    row.integer(0) == Consent.State.confirmed.rawValue && row.integer(1) > statement.at.milliseconds
                        && row.integer(1) >= row.integer(2)
                } ?? false
            }
        }
    }

    /// All statements of a person, newest first.
    package func statements(of contact: ContactID) throws -> [Consent] {
        try database.read { session in
            try session.all(
                "SELECT topic, state, at, learned_at, source, wording FROM consent WHERE contact_id = \(contact) ORDER BY at DESC, state DESC, learned_at DESC"
            ) {
                Consent(
                    contact: contact, topic: $0.text(0), state: Consent.State(rawValue: $0.integer(1)) ?? .pending,
                    at: Instant(milliseconds: $0.integer(2)), learnedAt: Instant(milliseconds: $0.integer(3)), source: $0.text(4),
                    wording: $0.optionalText(5))
            }
        }
    }

    /// Suppresses addresses, all or none; says how many were not suppressed for that reason before. What a merge said of an
    /// address gives way to what is said of itself, so that it outlives the merge.
    @discardableResult
    package func suppress(_ entries: [Suppression]) throws -> Int {
        try database.repeatableWrite { try Self.suppress(entries, in: $0) }
    }

    @discardableResult
    static func suppress(_ entries: [Suppression], in session: any SQLSession) throws -> Int {
        let insert = try session.prepare(
            """
            INSERT INTO suppression (email_key, reason, at, learned_at, source, lifted_at) VALUES (?, ?, ?, ?, ?, NULL) \
            ON CONFLICT (email_key, reason) DO UPDATE SET at = excluded.at, learned_at = excluded.learned_at, \
            source = excluded.source, lifted_at = NULL WHERE excluded.at > suppression.lifted_at OR (suppression.lifted_at IS NULL \
            AND suppression.source IN (SELECT 'merge ' || CAST(id AS TEXT) FROM contact_merge))
            """)
        return try entries.reduce(0) { sum, entry in
            sum
                + (try insert.run([
                    .text(entry.address.key), .text(entry.reason.rawValue), .integer(entry.at.milliseconds),
                    .integer(entry.learnedAt.milliseconds), .text(entry.source),
                ]))
        }
    }

    /// Ends a suppression of all addresses that a person is known by; the rows stay, with when it was lifted.
    package func lift(_ reason: SuppressionReason, of contact: ContactID, at now: Instant) throws {
        _ = try database.repeatableWrite { session in
            try session.execute(
                """
                UPDATE suppression SET lifted_at = \(now.milliseconds) WHERE reason = \(reason.rawValue) AND lifted_at IS NULL \
                AND email_key IN (SELECT email_key FROM contact WHERE id = \(contact) \
                UNION ALL SELECT email_key FROM contact_alias WHERE contact_id = \(contact))
                """)
        }
    }

    /// Ends a suppression of one address; false where there is none.
    package func lift(_ reason: SuppressionReason, of address: EmailAddress, at now: Instant) throws -> Bool {
        try database.write { session in
            try session.execute(
                """
                UPDATE suppression SET lifted_at = \(now.milliseconds) WHERE reason = \(reason.rawValue) AND lifted_at IS NULL \
                AND email_key = \(address.key)
                """) > 0
        }
    }

    /// What keeps mail from an address, oldest first.
    package func suppressions(of address: EmailAddress) throws -> [Suppression] {
        try everySuppression(of: address).filter { $0.liftedAt == nil }
    }

    /// Those that were lifted included.
    package func everySuppression(of address: EmailAddress) throws -> [Suppression] {
        try database.read { session in
            try session.all(
                "SELECT reason, at, learned_at, source, lifted_at FROM suppression WHERE email_key = \(address.key) ORDER BY at, reason"
            ) {
                Suppression(
                    address: address, reason: SuppressionReason(rawValue: $0.text(0)) ?? .undeliverable,
                    at: Instant(milliseconds: $0.integer(1)), learnedAt: Instant(milliseconds: $0.integer(2)), source: $0.text(3),
                    liftedAt: $0.optionalInteger(4).map { Instant(milliseconds: $0) })
            }
        }
    }
}

/// One address on the suppression list, with why and since when.
package struct Suppression: Sendable {
    package var address: EmailAddress
    package var reason: SuppressionReason
    package var at: Instant
    package var learnedAt: Instant
    package var source: String
    /// When it ended, where it has.
    package var liftedAt: Instant?

    package init(
        address: EmailAddress, reason: SuppressionReason, at: Instant, learnedAt: Instant, source: String, liftedAt: Instant? = nil
    ) {
        self.address = address
        self.reason = reason
        self.at = at
        self.learnedAt = learnedAt
        self.source = source
        self.liftedAt = liftedAt
    }
}

extension Sequence<Consent> {
    /// Whether these statements of one person about one topic amount to consent at `instant`: the latest that is not
    /// pending decides, a withdrawal at the same instant wins.
    package func grantConsent(at instant: Instant) -> Bool {
        var latest: Consent?
        for statement in self where statement.state != .pending && statement.at <= instant {
            guard let known = latest else {
                latest = statement
                continue
            }
            if (statement.at, statement.state.rawValue) > (known.at, known.state.rawValue) { latest = statement }
        }
        return latest?.state == .confirmed
    }
}
