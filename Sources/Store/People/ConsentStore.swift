package import Database
package import Model

/// Who agreed to what, and who must not be written to.
package struct ConsentStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    static let columns: [SQLBatch.Column] = [
        .int64("contact_id"), .text("topic"), .int64("at"), .int64("state"), .int64("learned_at"), .text("source"), .text("wording"),
    ]

    static let once = "ON CONFLICT (contact_id, topic, at, state, learned_at) DO NOTHING"

    /// The same statement told again is one row, also where it is told from two sources in one go.
    private static let insertion = SQLBatch(
        columns, identity: ["contact_id", "topic", "at", "state", "source"],
        """
        INSERT INTO consent (contact_id, topic, at, state, learned_at, source, wording) \
        SELECT r.contact_id, r.topic, r.at, r.state, r.learned_at, r.source, r.wording FROM rows r WHERE NOT EXISTS \
        (SELECT 1 FROM consent k WHERE k.contact_id = r.contact_id AND k.topic = r.topic AND k.at = r.at AND k.state = r.state \
        AND k.source = r.source) \(once)
        """)

    /// What a list grants to everybody on it. The list says when it was imported, not when each person agreed, so it never
    /// undoes a withdrawal, and said again by the same source it is no new statement.
    static let grant = """
        INSERT INTO consent (contact_id, topic, at, state, learned_at, source, wording) \
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE COALESCE((SELECT k.state FROM consent k WHERE k.contact_id = ?1 AND k.topic = ?2 \
        AND k.state <> 0 ORDER BY k.at DESC, k.state DESC LIMIT 1), -1) <> 2 AND NOT EXISTS \
        (SELECT 1 FROM consent WHERE contact_id = ?1 AND topic = ?2 AND state = ?4 AND source = ?6) \(once)
        """

    /// Adds statements, all or none; says how many were new. What is told of somebody who was merged into another, as by a link in
    /// a message to their old address, is the other's.
    @discardableResult
    package func record(_ statements: [Consent]) throws -> Int {
        try database.repeatableWrite { session in
            let keepers = try ContactMerges.keepers(of: statements.map(\.contact), in: session)
            return try session.execute(
                Self.insertion,
                statements.map { consent in
                    [
                        .integer((keepers[consent.contact] ?? consent.contact).rawValue), .text(consent.topic),
                        .integer(consent.at.milliseconds), .integer(consent.state.rawValue), .integer(consent.learnedAt.milliseconds),
                        .text(consent.source), .init(consent.wording),
                    ]
                })
        }
    }

    /// How many of these withdrawals something later stands against that bears the time of its arrival: what a list grants says
    /// when it was imported, not when somebody agreed.
    package func outlived(_ statements: [Consent]) throws -> Int {
        let withdrawals = statements.filter { $0.state == .withdrawn }
        return try database.read { session in
            var latest: [Int: (at: Int64, state: Int64, learnedAt: Int64)] = [:]
            try session.forEach(Self.standing, withdrawals.map { [.integer($0.contact.rawValue), .text($0.topic)] }) { row in
                let (number, next) = (Int(row.integer(0)), (at: row.integer(1), state: row.integer(2), learnedAt: row.integer(3)))
                if let known = latest[number], (known.at, known.state) >= (next.at, next.state) { return }
                latest[number] = next
            }
            return withdrawals.enumerated().count { number, statement in
                guard let last = latest[number] else { return false }
                return last.state == Consent.State.confirmed.rawValue && last.at > statement.at.milliseconds && last.at >= last.learnedAt
            }
        }
    }

    /// All that somebody has said of a topic, but for what waits for an answer.
    private static let standing = SQLBatch(
        [.int64("contact_id"), .text("topic")],
        """
        SELECT r.n, k.at, k.state, k.learned_at FROM rows r JOIN consent k ON k.contact_id = r.contact_id AND k.topic = r.topic \
        AND k.state <> 0
        """)

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
        try session.execute(
            suppression,
            entries.map { entry in
                [
                    .text(entry.address.key), .text(entry.reason.rawValue), .integer(entry.at.milliseconds),
                    .integer(entry.learnedAt.milliseconds), .text(entry.source),
                ]
            })
    }

    private static let suppression = SQLBatch(
        insertInto: "suppression",
        [.text("email_key"), .text("reason"), .int64("at"), .int64("learned_at"), .text("source")], identity: ["email_key", "reason"],
        """
        ON CONFLICT (email_key, reason) DO UPDATE SET at = excluded.at, learned_at = excluded.learned_at, \
        source = excluded.source, lifted_at = NULL WHERE excluded.at > suppression.lifted_at OR (suppression.lifted_at IS NULL \
        AND suppression.source IN (SELECT 'merge ' || CAST(id AS TEXT) FROM contact_merge))
        """)

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
    /// Whether mail of this kind must not go to the address.
    package func isSuppressed(_ address: EmailAddress, by rules: SendingRules) throws -> Bool {
        try database.read { try Self.isSuppressed(address.key, by: rules, in: $0) }
    }

    static func isSuppressed(_ key: String, by rules: SendingRules, in session: any SQLSession) throws -> Bool {
        try session.count("SELECT count(*) FROM suppression s WHERE s.email_key = \(key) AND \(rules.suppression)") > 0
    }

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
