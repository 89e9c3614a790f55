import Database
package import Delivery
package import Model

/// Whom reports call missing, and whether they are to be believed.
extension Ledger {
    /// How many messages to a domain that were handed over within one hour have come back because of "no such user".
    package struct MissingCount: Sendable {
        package var domain: String
        /// Whole hours since 1970.
        package var hour: Int64
        package var count: Int
    }

    package func missing(since: Instant) throws -> [MissingCount] {
        try database.read { session in
            try session.all(
                """
                SELECT domain, handed_at / 3600000, count(*) FROM report WHERE kind = 'failed' AND code >= 500 \
                AND refusal = \(RefusalClass.noSuchUser.rawValue) AND handed_at >= \(since.milliseconds) GROUP BY 1, 2
                """
            ) { MissingCount(domain: $0.text(0), hour: $0.integer(1), count: Int($0.integer(2))) }
        }
    }

    /// How many messages to these domains were handed over within the hour.
    package func handed(to domains: [String], within hour: Int64) throws -> Int {
        // An address stands there as people write it.
        let written = domains.prefix(300).flatMap { Set([$0, (try? EmailAddress("x@" + $0))?.domain ?? $0]).sorted() }
        let theirs = written.map { "email LIKE \(Self.pattern($0)) ESCAPE '\\'" as SQL }.joined(separator: " OR ")
        return try database.read { session in
            try session.count(
                """
                SELECT count(*) FROM delivery WHERE handed_at >= \(hour * 3_600_000) AND handed_at < \((hour + 1) * 3_600_000) AND (\(theirs))
                """)
        }
    }

    /// Puts addresses on the suppression list with the servers' words; says how many were not on it. Those of crowds that are not believed
    /// come off it: who was handed a message within an hour at these domains, and was suppressed for what came back of it.
    package func judge(suppressing believed: [RecordedReport], doubting crowds: [(domains: [String], hour: Int64)], at now: Instant) throws
        -> Int
    {
        try database.write { session in
            for crowd in crowds { try Self.pardon(crowd.domains, crowd.hour, at: now, in: session) }
            return try ConsentStore.suppress(
                believed.map {
                    Suppression(
                        address: $0.address, reason: .undeliverable, at: $0.at, learnedAt: now,
                        source: Self.refusalSource + "\($0.reply)".prefix(300))
                }, in: session)
        }
    }

    private static func pardon(_ domains: [String], _ hour: Int64, at now: Instant, in session: any SQLSession) throws {
        let names = domains.map { "\($0)" as SQL }.joined(separator: ", ")
        let keys = try session.all(
            """
            SELECT d.email, r.at FROM report r JOIN delivery d ON d.campaign_id = r.campaign_id AND d.step = r.step \
            AND d.contact_id = r.contact_id AND d.entry = r.entry WHERE r.kind = 'failed' AND r.domain IN (\(names)) \
            AND r.handed_at >= \(hour * 3_600_000) AND r.handed_at < \((hour + 1) * 3_600_000)
            """
        ) { row in (try? EmailAddress(row.text(0))).map { ($0.key, row.integer(1)) } }
        for (key, at) in keys.compactMap({ $0 }) {
            try session.execute(
                """
                UPDATE suppression SET lifted_at = \(now.milliseconds) WHERE email_key = \(key) AND lifted_at IS NULL AND at = \(at) \
                AND reason = \(SuppressionReason.undeliverable.rawValue) AND source LIKE \(refusalSource + "%")
                """)
        }
    }

    /// The bounces and delays that came in since, oldest first: what a policy may learn of them.
    package func reports(learnedSince since: Instant) throws -> [(domain: String, at: Instant, reply: Reply)] {
        try database.read { session in
            try session.all(
                """
                SELECT domain, at, code, enhanced, words FROM report WHERE learned_at >= \(since.milliseconds) \
                AND kind IN ('failed', 'delayed') ORDER BY learned_at, at LIMIT 10000
                """
            ) { row in
                (
                    row.text(0), Instant(milliseconds: row.integer(1)),
                    Reply(code: Int(row.integer(2)), enhanced: row.optionalText(3), text: row.text(4))
                )
            }
        }
    }
}
