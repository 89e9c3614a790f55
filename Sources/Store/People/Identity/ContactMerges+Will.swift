import Database
import Model

/// What a person wants when two become one, and two of one: nobody becomes reachable by it.
extension ContactMerges {
    // MARK: - Consent

    func hasAddress(_ contact: ContactID) throws -> Bool {
        try session.count("SELECT count(*) FROM contact WHERE id = \(contact) AND email IS NOT NULL") == 1
    }

    /// That a person has agreed to a topic: now, or when the latest of what they said comes to pass.
    struct Agreement: Hashable {
        var topic: String
        var isInForce: Bool
    }

    /// What holds is the latest statement, and no withdrawal waits for its time: as when messages are sent.
    func agreements(of contact: ContactID) throws -> Set<Agreement> {
        let rows = try session.all(
            """
            SELECT DISTINCT k.topic, k.at <= \(now.milliseconds) FROM consent k WHERE k.contact_id = \(contact) AND k.state = 1 \
            AND NOT EXISTS (SELECT 1 FROM consent w WHERE w.contact_id = k.contact_id AND w.topic = k.topic AND w.state = 2 AND w.at >= k.at)
            """
        ) { Agreement(topic: $0.text(0), isInForce: $0.integer(1) != 0) }
        return Set(rows + rows.map { Agreement(topic: $0.topic, isInForce: false) })
    }

    /// The other agreed under an address that is no longer written to. To the one that is, the kept one's, mail would begin of which
    /// nobody there has said yes, or of which somebody has said no: that takes a word of their own.
    func object(_ kept: ContactID, to agreements: Set<Agreement>, _ merge: Int64) throws {
        for agreement in agreements {
            let topic = agreement.topic
            let latest: SQL = "SELECT max(at) FROM consent WHERE contact_id = \(kept) AND topic = \(topic) AND state = 1"
            let last = try session.first(latest) { $0.optionalInteger(0) } ?? nil
            let at = agreement.isInForce ? now.milliseconds : max(now.milliseconds, last ?? 0)
            let isNew = try session.execute(
                """
                INSERT INTO consent (contact_id, topic, at, state, learned_at, source) \
                VALUES (\(kept), \(topic), \(at), 2, \(now.milliseconds), \("merge \(merge)")) \
                ON CONFLICT (contact_id, topic, at, state, learned_at) DO NOTHING
                """)
            if isNew == 1 { try note(.objection, merge, [.text(topic), .integer(at)]) }
        }
    }

    func withdrawObjections(_ merge: ContactMerge) throws {
        for row in try rows(.objection, merge.id) where row.count == 2 {
            try session.execute(
                """
                DELETE FROM consent WHERE contact_id = \(merge.kept) AND topic = \(row[0]) AND at = \(row[1]) AND state = 2 \
                AND learned_at = \(merge.at.milliseconds)
                """)
        }
    }

    // MARK: - Suppression

    private static let will = "reason IN ('unsubscribed', 'complaint') AND lifted_at IS NULL"

    /// What a person did not want under one address they do not want under the other. Asked before the addresses move.
    func copyWill(of source: ContactID, to target: ContactID, _ merge: Int64) throws {
        let main = try session.first("SELECT email_key FROM contact WHERE id = \(target)") { $0.optionalText(0) } ?? nil
        guard let main else { return }
        let entries = try session.all(
            """
            SELECT reason, min(at) FROM suppression WHERE \(raw: Self.will) AND email_key IN (SELECT email_key FROM contact \
            WHERE id = \(source) UNION ALL SELECT email_key FROM contact_alias WHERE contact_id = \(source)) GROUP BY reason
            """
        ) { (reason: $0.text(0), at: $0.integer(1)) }
        for entry in entries where try suppress(main, entry.reason, at: entry.at, "merge \(merge)") {
            try note(.suppression, merge, [.text(main), .text(entry.reason)])
        }
    }

    /// Parted again, each has their own; but what was not wanted in the meantime was not wanted by either.
    func shareWill(_ merge: ContactMerge) throws {
        for row in try rows(.suppression, merge.id) where row.count == 2 {
            try session.execute(
                """
                UPDATE suppression SET lifted_at = \(now.milliseconds) WHERE email_key = \(row[0]) AND reason = \(row[1]) \
                AND source = \("merge \(merge.id)")
                """)
        }
        try session.execute(
            """
            INSERT INTO consent (contact_id, topic, at, state, learned_at, source, wording) \
            SELECT \(merge.other), topic, at, state, learned_at, source, wording FROM consent \
            WHERE contact_id = \(merge.kept) AND state = 2 AND learned_at > \(merge.at.milliseconds) \
            ON CONFLICT (contact_id, topic, at, state, learned_at) DO NOTHING
            """)
        guard let other = merge.otherEmail else { return }
        let since = try session.all(
            """
            SELECT reason, at FROM suppression WHERE \(raw: Self.will) AND learned_at > \(merge.at.milliseconds) \
            AND email_key IN (SELECT email_key FROM contact WHERE id = \(merge.kept))
            """
        ) { (reason: $0.text(0), at: $0.integer(1)) }
        for entry in since { _ = try suppress(other.key, entry.reason, at: entry.at, "merge \(merge.id)") }
    }

    /// False where the address is suppressed for that reason already.
    private func suppress(_ key: String, _ reason: String, at: Int64, _ source: String) throws -> Bool {
        try session.execute(
            """
            INSERT INTO suppression (email_key, reason, at, learned_at, source, lifted_at) \
            VALUES (\(key), \(reason), \(at), \(now.milliseconds), \(source), NULL) ON CONFLICT (email_key, reason) DO UPDATE SET \
            at = excluded.at, learned_at = excluded.learned_at, source = excluded.source, lifted_at = NULL \
            WHERE suppression.lifted_at IS NOT NULL
            """) == 1
    }
}
