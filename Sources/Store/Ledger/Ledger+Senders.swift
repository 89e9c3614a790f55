import Database
package import Model

/// One of those that send a campaign, as the others know it.
package struct SenderRecord: Hashable, Sendable {
    package var id: SenderID
    package var campaign: CampaignID
    /// What its flight recorders lie under, and the name that people know the machine by.
    package var machine: String
    package var host: String
    package var process: Int64
    package var startedAt: Instant
    package var renewedAt: Instant
    package var endedAt: Instant?
    /// Its lease runs.
    package var isLive: Bool
    /// Messages that it has taken and not settled, and how many of those may have been on the wire.
    package var inHand: Int
    package var handed: Int
}

/// Where several programs send a campaign: who they are, and what becomes of those that are heard of no more.
///
/// A sender joins, renews its lease again and again, and leaves. One whose lease has run out is put out by another: from then on its
/// claims and marks change nothing, and what it had taken and cannot have sent is for others. What it may have sent stays
/// its own until its machine settles it (`recover`), a person does (`resolve`), or it is given up. Every time here is the database's.
extension Ledger {
    /// Who joins.
    package struct Newcomer: Sendable {
        package var campaign: CampaignID
        package var plan: PlanID?
        package var machine: String
        package var host: String
        package var process: Int64

        package init(campaign: CampaignID, plan: PlanID? = nil, machine: String, host: String, process: Int64) {
            (self.campaign, self.plan, self.machine, self.host, self.process) = (campaign, plan, machine, host, process)
        }
    }

    /// A number that nobody had before, with a lease of so many milliseconds.
    package func join(_ newcomer: Newcomer, lease: Int64) throws -> (id: SenderID, now: Instant) {
        try database.write { session in
            let id = SenderID(try IDBlocks.take(1, of: .sender, in: session))
            let now = try Self.now(in: session)
            try session.execute(
                """
                INSERT INTO sender (id, campaign_id, plan_id, machine, host, process, started_at, renewed_at, lease_until, handed_epoch) \
                VALUES (\(id), \(newcomer.campaign), \(newcomer.plan?.rawValue), \(newcomer.machine), \(newcomer.host), \(newcomer.process), \(now.milliseconds), \
                \(now.milliseconds), \(now.milliseconds + lease), 0)
                """)
            return (id, now)
        }
    }

    /// From now on so many milliseconds more, and says what time it is; nil where the sender has been put out.
    ///
    /// It keeps nobody out and waits for nobody but who looks at the same sender.
    package func renew(_ id: SenderID, lease: Int64) throws -> Instant? {
        try database.write(excluding: .nobody) { session in
            let now = session.dialect.now
            return try session.first(
                """
                UPDATE sender SET renewed_at = \(now), lease_until = \(now) + \(lease) WHERE id = \(id) AND ended_at IS NULL \
                RETURNING renewed_at
                """
            ) { Instant(milliseconds: $0.integer(0)) }
        }
    }

    /// The sender is done. What it claimed and cannot have sent is for others; where more is left in its hands, it stays known.
    package func leave(_ id: SenderID, at now: Instant? = nil) throws {
        try database.write { session in
            try session.execute("UPDATE sender SET ended_at = \(session.dialect.now) WHERE id = \(id) AND ended_at IS NULL")
            _ = try Self.takeBack(from: id, in: session)
            try Self.releaseAllotments(of: id, at: now, in: session)
            try Self.forget(id, in: session)
        }
    }

    /// Puts out those of the campaign whose lease has run out; says who they were and how many messages of theirs go again.
    @discardableResult
    package func putOutLapsed(of campaign: CampaignID) throws -> (senders: [SenderID], returned: Int) {
        let lapsed: SQL = "campaign_id = \(campaign) AND ended_at IS NULL AND lease_until < \(database.dialect.now)"
        guard try database.read({ try $0.count("SELECT count(*) FROM sender WHERE \(lapsed)") }) > 0 else { return ([], 0) }
        return try database.write { try Self.putOut(lapsed, in: $0) }
    }

    /// - Parameter which: a condition on senders.
    static func putOut(_ which: SQL, in session: any SQLSession) throws -> (senders: [SenderID], returned: Int) {
        let out = try session.all("UPDATE sender SET ended_at = \(session.dialect.now) WHERE \(which) RETURNING id") {
            SenderID($0.integer(0))
        }
        var returned = 0
        for id in out {
            returned += try takeBack(from: id, in: session)
            try releaseAllotments(of: id, in: session)
            try forget(id, in: session)
        }
        return (out.sorted { $0.rawValue < $1.rawValue }, returned)
    }

    /// What may have been sent by senders that were put out so many milliseconds ago is unknown. It keeps its sender, whose machine may
    /// yet say what became of it.
    @discardableResult
    package func giveUp(on campaign: CampaignID, goneFor patience: Int64) throws -> Int {
        let gone: SQL = "SELECT id FROM sender WHERE campaign_id = \(campaign) AND ended_at < \(database.dialect.now) - \(patience)"
        let theirs: SQL = "campaign_id = \(campaign) AND sender IN (\(gone)) AND state = 1"
        guard try database.read({ try $0.count("SELECT count(*) FROM (SELECT 1 FROM delivery WHERE \(theirs) LIMIT 1) x") }) > 0 else {
            return 0
        }
        return try database.write { session in
            try session.execute(
                """
                UPDATE delivery SET state = 4, reason = \(Self.machineGone), settled_at = \(session.dialect.now), lease_until = NULL \
                WHERE \(theirs)
                """)
        }
    }

    /// The reason of an unknown message whose machine has not come back.
    package static let machineGone = "machine_gone"

    /// In the order in which they joined.
    package func senders(of campaign: CampaignID) throws -> [SenderRecord] {
        try database.read { session in
            try session.all(
                """
                SELECT s.id, s.machine, s.host, s.process, s.started_at, s.renewed_at, s.ended_at, \
                CASE WHEN s.ended_at IS NULL AND s.lease_until >= \(session.dialect.now) THEN 1 ELSE 0 END, \
                (SELECT count(*) FROM delivery d WHERE d.sender = s.id AND d.state = 1), \
                (SELECT count(*) FROM delivery d WHERE d.sender = s.id AND d.state = 1 AND d.epoch <= s.handed_epoch) \
                FROM sender s WHERE s.campaign_id = \(campaign) ORDER BY s.id
                """
            ) { row in
                SenderRecord(
                    id: SenderID(row.integer(0)), campaign: campaign, machine: row.text(1), host: row.text(2), process: row.integer(3),
                    startedAt: Instant(milliseconds: row.integer(4)), renewedAt: Instant(milliseconds: row.integer(5)),
                    endedAt: row.optionalInteger(6).map { Instant(milliseconds: $0) }, isLive: row.integer(7) == 1,
                    inHand: Int(row.integer(8)), handed: Int(row.integer(9)))
            }
        }
    }

    /// By the database's clock.
    package func now() throws -> Instant { try database.read { try Self.now(in: $0) } }

    static func now(in session: any SQLSession) throws -> Instant {
        try session.first("SELECT \(session.dialect.now)") { Instant(milliseconds: $0.integer(0)) } ?? Instant(milliseconds: 0)
    }

    /// Notes up to which of its claims a sender's messages may go to a relay; false where it has been put out, and nothing more may go.
    static func mark(_ id: SenderID, handed epoch: Int64, in session: any SQLSession) throws -> Bool {
        try session.execute(
            """
            UPDATE sender SET handed_epoch = CASE WHEN handed_epoch < \(epoch) THEN \(epoch) ELSE handed_epoch END \
            WHERE id = \(id) AND ended_at IS NULL
            """) == 1
    }

    /// What the sender took by the claim `epoch` or a later one, where it does not know what it took; none of it was marked.
    static func takeBack(from id: SenderID, since epoch: Int64? = nil, in session: any SQLSession) throws -> Int {
        let since: SQL =
            epoch.map { "\($0)" } ?? "(SELECT s.handed_epoch + 1 FROM sender s WHERE s.id = \(id))"
        return try session.execute(
            """
            UPDATE delivery SET state = 0, reason = CASE WHEN attempts > 1 THEN 'deferred' END, due_at = 0, attempts = attempts - 1, \
            handed_at = NULL, sender = NULL, lease_until = NULL WHERE sender = \(id) AND state = 1 AND epoch >= \(since)
            """)
    }

    /// Once nothing bears its number any more.
    static func forget(_ id: SenderID, in session: any SQLSession) throws {
        try session.execute(
            "DELETE FROM sender WHERE id = \(id) AND ended_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.sender = \(id))")
    }
}
