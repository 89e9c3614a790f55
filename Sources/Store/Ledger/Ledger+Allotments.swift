import Database
package import Model

/// Limits that hold over all senders of a database: each has a part of every limit's places, and uses it as long as it likes without asking.
///
/// Invariant: of every limit and window, the places of those who send and what those who are gone have used within the window are together
/// no more than the limit; only where the limit was lowered meanwhile, they are until enough have become free.
extension Ledger {
    /// What a sender asks about one window of a limit.
    package struct AllotmentClaim: Sendable {
        package var limit: String
        package var rate: Rate
        /// At least as many as may be in use before the answer comes.
        package var keeps: Int
        package var wants: Int
        package var isWanting: Bool
        /// Messages that went under it since it was last told of.
        package var went: Int
        /// What the log knows of the time before the limit was shared: counts where nothing is known of it yet.
        package var past: [(at: Instant, count: Int)]

        package init(
            limit: String, rate: Rate, keeps: Int, wants: Int, isWanting: Bool, went: Int = 0, past: [(at: Instant, count: Int)] = []
        ) {
            (self.limit, self.rate, self.keeps, self.wants) = (limit, rate, keeps, wants)
            (self.isWanting, self.went, self.past) = (isWanting, went, past)
        }

        fileprivate var window: Int64 { rate.window.milliseconds }
    }

    /// Of each claim how many places may be used from now on. Fewer than are kept: others have too few, and what becomes free is for them.
    /// Nil where the sender has been put out: what it had is not its own any more.
    ///
    /// - Parameter now: by the database's clock where it is nil.
    package func allot(_ claims: [AllotmentClaim], to sender: SenderID, at now: Instant? = nil) throws -> [Int]? {
        guard !claims.isEmpty else { return [] }
        return try database.write { session in
            // Of whatever campaign: a sender that died must not keep its part until somebody sends that campaign again.
            let lapsed: SQL = """
                ended_at IS NULL AND id <> \(sender) AND lease_until < \(session.dialect.now) AND id IN (SELECT sender FROM allotment)
                """
            let known = try session.all("SELECT id FROM sender WHERE (id = \(sender) AND ended_at IS NULL) OR (\(lapsed))") {
                SenderID($0.integer(0))
            }
            guard known.contains(sender) else { return nil }
            if known.count > 1 { _ = try Self.putOut(lapsed, in: session) }
            let now = try now ?? Self.now(in: session)
            return try claims.map { try Self.allot($0, to: sender, at: now, in: session) }
        }
    }

    private struct Part {
        var places = 0
        var wanting = false
    }

    private static func allot(_ claim: AllotmentClaim, to sender: SenderID, at now: Instant, in session: any SQLSession) throws -> Int {
        let key: SQL = "limit_key = \(claim.limit) AND window_length = \(claim.window)"
        let parts = try session.all("SELECT sender, places, wanting FROM allotment WHERE \(key)") { row in
            (sender: SenderID(row.integer(0)), part: Part(places: Int(row.integer(1)), wanting: row.integer(2) == 1))
        }
        let others = parts.filter { $0.sender != sender }.map(\.part)
        if parts.isEmpty, try session.count("SELECT count(*) FROM allotment_used WHERE \(key)") == 0 {
            for (at, count) in claim.past { try use(count, under: claim, by: 0, at: at, in: session) }
        }
        let horizon = now.milliseconds - claim.window
        try session.execute("DELETE FROM allotment_used WHERE \(key) AND at <= \(horizon)")
        let gone = try session.count(
            """
            SELECT CAST(COALESCE(sum(count), 0) AS BIGINT) FROM allotment_used WHERE \(key) \
            AND sender NOT IN (SELECT sender FROM allotment WHERE \(key)) AND sender <> \(sender)
            """)
        let free = claim.rate.count - gone - others.reduce(0) { $0 + $1.places }
        // Those who want more share what the others leave. Rounded up: a place that is too many for one is better used than free.
        let hungry = others.count(where: \.wanting)
        let shared = claim.rate.count - gone - others.filter { !$0.wanting }.reduce(0) { $0 + $1.places }
        let fair = max(1, (max(shared, 0) + hungry) / (hungry + 1))
        let isShort = others.contains { $0.wanting && $0.places < fair }
        let allowed = isShort ? min(claim.wants, fair) : claim.wants
        let places = max(claim.keeps, min(allowed, free))
        let wanting = claim.isWanting && places < claim.wants
        try session.execute(
            """
            INSERT INTO allotment (limit_key, window_length, sender, places, wanting) \
            VALUES (\(claim.limit), \(claim.window), \(sender), \(places), \(wanting ? 1 : 0)) \
            ON CONFLICT (limit_key, window_length, sender) DO UPDATE SET places = excluded.places, wanting = excluded.wanting
            """)
        // Of a short window it is not worth telling: who is gone has used all it had, for a moment.
        if claim.went > 0, claim.window > shortWindow { try use(claim.went, under: claim, by: sender.rawValue, at: now, in: session) }
        return min(places, allowed)
    }

    private static let shortWindow: Int64 = 10_000

    /// By hundredths of the window, each counting from its end.
    private static func use(_ count: Int, under claim: AllotmentClaim, by sender: Int64, at: Instant, in session: any SQLSession) throws {
        let step = max(1, claim.window / 100)
        let end = (at.milliseconds + step - 1) / step * step
        try session.execute(
            """
            INSERT INTO allotment_used (limit_key, window_length, sender, at, count) \
            VALUES (\(claim.limit), \(claim.window), \(sender), \(end), \(count)) \
            ON CONFLICT (limit_key, window_length, sender, at) DO UPDATE SET count = allotment_used.count + excluded.count
            """)
    }

    /// The sender is gone. What it had and has not told of counts as used just now.
    static func releaseAllotments(of sender: SenderID, at now: Instant? = nil, in session: any SQLSession) throws {
        let now = try now ?? self.now(in: session)
        let parts = try session.all(
            """
            SELECT a.limit_key, a.window_length, a.places - CAST(COALESCE((SELECT sum(u.count) FROM allotment_used u \
            WHERE u.limit_key = a.limit_key AND u.window_length = a.window_length AND u.sender = a.sender \
            AND u.at > \(now.milliseconds) - a.window_length), 0) AS BIGINT) FROM allotment a WHERE a.sender = \(sender)
            """
        ) { (limit: $0.text(0), window: $0.integer(1), rest: $0.integer(2)) }
        for part in parts where part.rest > 0 {
            try session.execute(
                """
                INSERT INTO allotment_used (limit_key, window_length, sender, at, count) \
                VALUES (\(part.limit), \(part.window), \(sender), \(now.milliseconds), \(part.rest)) \
                ON CONFLICT (limit_key, window_length, sender, at) DO UPDATE SET count = allotment_used.count + excluded.count
                """)
        }
        try session.execute("DELETE FROM allotment WHERE sender = \(sender)")
    }
}
