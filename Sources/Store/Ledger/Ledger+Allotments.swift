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
        fileprivate var key: [SQLValue] { [.text(limit), .integer(window)] }
    }

    /// Of each claim how many places may be used from now on. Fewer than are kept: others have too few, and what becomes free is for them.
    /// Nil where the sender has been put out: what it had is not its own any more.
    ///
    /// However many claims there are, they take some six statements: a thousand domains have a limit each.
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
            return try Self.allot(claims, to: sender, at: now, in: session)
        }
    }

    /// What was used so long ago that it counts in no window.
    package func forgetUsedAllotments(at now: Instant? = nil) throws {
        try database.write { session in
            let now = try now ?? Self.now(in: session)
            try session.execute("DELETE FROM allotment_used WHERE at <= \(now.milliseconds) - window_length")
        }
    }

    /// How a limit stands with all senders but the one that asks.
    fileprivate struct Standing {
        var others: [(places: Int, wanting: Bool)] = []
        /// Used within the window by those that are gone.
        var gone = 0
    }

    private static func allot(_ claims: [AllotmentClaim], to sender: SenderID, at now: Instant, in session: any SQLSession) throws -> [Int]
    {
        var standings = claims.map { _ in Standing() }
        var isKnown = claims.map { _ in false }
        try session.forEach(parts, claims.map(\.key)) { row in
            let index = Int(row.integer(0))
            isKnown[index] = true
            if SenderID(row.integer(1)) != sender { standings[index].others.append((Int(row.integer(2)), row.integer(3) == 1)) }
        }
        let keys = claims.map { $0.key + [.integer(now.milliseconds - $0.window), .integer(sender.rawValue)] }
        try session.forEach(usedByGone, keys) { standings[Int($0.integer(0))].gone = Int($0.integer(1)) }
        var used: [[SQLValue]] = []
        for (index, claim) in claims.enumerated() where !isKnown[index] {
            // What the log knows beyond what was told went while nobody shared the limit, or it was not there.
            let missing = claim.missing(beside: standings[index].gone, at: now)
            standings[index].gone += missing.reduce(0) { $0 + $1.count }
            used += missing.map { claim.used($0.count, by: 0, until: $0.end) }
        }
        let answers = zip(claims, standings).map { $0.answer(beside: $1) }
        try session.execute(
            part,
            zip(claims, answers).map { claim, answer in
                claim.key + [
                    .integer(sender.rawValue), .integer(Int64(answer.places)),
                    .integer(claim.isWanting && answer.places < claim.wants ? 1 : 0),
                ]
            })
        // Of a short window it is not worth telling: who is gone has used all it had, for a moment.
        for claim in claims where claim.went > 0 && claim.window > shortWindow {
            used.append(claim.used(claim.went, by: sender.rawValue, until: claim.stepEnd(now)))
        }
        try session.execute(using, used)
        return answers.map(\.usable)
    }

    private static let keyColumns: [SQLBatch.Column] = [.text("limit_key"), .int64("window_length")]

    private static let parts = SQLBatch(
        keyColumns,
        """
        SELECT r.n, a.sender, a.places, a.wanting FROM rows r JOIN allotment a ON a.limit_key = r.limit_key \
        AND a.window_length = r.window_length
        """)

    private static let usedByGone = SQLBatch(
        keyColumns + [.int64("horizon"), .int64("sender")],
        """
        SELECT r.n, CAST(sum(u.count) AS BIGINT) FROM rows r JOIN allotment_used u ON u.limit_key = r.limit_key \
        AND u.window_length = r.window_length AND u.at > r.horizon AND u.sender <> r.sender \
        WHERE NOT EXISTS (SELECT 1 FROM allotment a WHERE a.limit_key = u.limit_key AND a.window_length = u.window_length \
        AND a.sender = u.sender) GROUP BY r.n
        """)

    private static let part = SQLBatch(
        insertInto: "allotment", keyColumns + [.int64("sender"), .int64("places"), .int64("wanting")],
        identity: ["limit_key", "window_length", "sender"],
        "ON CONFLICT (limit_key, window_length, sender) DO UPDATE SET places = excluded.places, wanting = excluded.wanting")

    private static let using = SQLBatch(
        insertInto: "allotment_used", keyColumns + [.int64("sender"), .int64("at"), .int64("count")],
        identity: ["limit_key", "window_length", "sender", "at"],
        "ON CONFLICT (limit_key, window_length, sender, at) DO UPDATE SET count = allotment_used.count + excluded.count")

    private static let shortWindow: Int64 = 10_000

    /// Of what a sender has told so much later at most than it went, in milliseconds, while it can ask.
    private static let tellingLag: Int64 = 5000

    /// The sender is gone. What it may have used and has not told of counts as used just now.
    static func releaseAllotments(of sender: SenderID, at now: Instant? = nil, in session: any SQLSession) throws {
        let now = try now ?? self.now(in: session)
        // What was told of is counted from a little later than it went: its place may have been free again, and used anew, for as long.
        let parts = try session.all(
            """
            SELECT a.limit_key, a.window_length, a.places - CAST(COALESCE((SELECT sum(u.count) FROM allotment_used u \
            WHERE u.limit_key = a.limit_key AND u.window_length = a.window_length AND u.sender = a.sender \
            AND u.at > \(now.milliseconds) - a.window_length + a.window_length / 100 + \(tellingLag)), 0) AS BIGINT) \
            FROM allotment a WHERE a.sender = \(sender)
            """
        ) { (limit: $0.text(0), window: $0.integer(1), rest: $0.integer(2)) }
        try session.execute(
            using,
            parts.filter { $0.rest > 0 }.map {
                [.text($0.limit), .integer($0.window), .integer(sender.rawValue), .integer(now.milliseconds), .integer($0.rest)]
            })
        try session.execute("DELETE FROM allotment WHERE sender = \(sender)")
    }
}

extension Ledger.AllotmentClaim {
    /// - Returns: what is its own from now on, and how much of that may be used.
    fileprivate func answer(beside standing: Ledger.Standing) -> (places: Int, usable: Int) {
        let others = standing.others
        let free = rate.count - standing.gone - others.reduce(0) { $0 + $1.places }
        // Those who want more share what the others leave. Rounded up: a place that is too many for one is better used than free.
        let hungry = others.count(where: \.wanting)
        let shared = rate.count - standing.gone - others.filter { !$0.wanting }.reduce(0) { $0 + $1.places }
        let fair = max(1, (max(shared, 0) + hungry) / (hungry + 1))
        let isShort = others.contains { $0.wanting && $0.places < fair }
        let allowed = isShort ? min(wants, fair) : wants
        let places = max(keeps, min(allowed, free))
        return (places, min(places, allowed))
    }

    /// Of what went before, the latest, as much as is more than what is known: by hundredths of the window.
    fileprivate func missing(beside known: Int, at now: Instant) -> [(end: Int64, count: Int)] {
        let recent = past.filter { $0.at.milliseconds > now.milliseconds - window }
        var rest = recent.reduce(0) { $0 + $1.count } - known
        var steps: [Int64: Int] = [:]
        for (at, count) in recent.reversed() where rest > 0 {
            steps[stepEnd(at), default: 0] += min(count, rest)
            rest -= count
        }
        return steps.map { (end: $0.key, count: $0.value) }
    }

    /// Of hundredths of the window, each counting from its end.
    fileprivate func stepEnd(_ at: Instant) -> Int64 {
        let step = max(1, window / 100)
        return (at.milliseconds + step - 1) / step * step
    }

    fileprivate func used(_ count: Int, by sender: Int64, until end: Int64) -> [SQLValue] {
        key + [.integer(sender), .integer(end), .integer(Int64(count))]
    }
}
