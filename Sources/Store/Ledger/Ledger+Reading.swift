import Database
package import Model

/// One line of the log.
package struct LedgerEntry: Sendable {
    package var campaign: String
    package var key: DeliveryKey
    package var plan: PlanID
    package var address: String
    package var state: DeliveryState
    /// Why it was skipped, or `deferred`.
    package var reason: String?
    package var attempts: Int
    package var dueAt: Instant
    package var handedAt: Instant?
    package var settledAt: Instant?
    package var dataChanged: Bool
    package var messageID: String?
    package var sha256: String?
    package var contentSHA256: String?
    /// Of the last attempt.
    package var attemptAt: Instant?
    package var relay: String?
    package var code: Int?
    package var enhanced: String?
    package var reply: String?
    package var queueID: String?

    /// The state as people read it: a planned row that was tried is deferred.
    package var stateWord: String { state == .planned && attempts > 0 ? "deferred" : state.word }
}

/// Which lines of the log.
package struct LedgerFilter: Sendable {
    package var campaign: CampaignID?
    /// As in ``LedgerEntry/stateWord``.
    package var state: String?
    package var address: EmailAddress?
    /// Those to any of these.
    package var contacts: [ContactID]?
    /// Copies that went to any of these as seeds.
    package var seeds: [EmailAddress]?
    /// The newest lines only, oldest first.
    package var last: Int?

    package init(
        campaign: CampaignID? = nil, state: String? = nil, address: EmailAddress? = nil, contacts: [ContactID]? = nil,
        seeds: [EmailAddress]? = nil, last: Int? = nil
    ) {
        self.campaign = campaign
        self.state = state
        self.address = address
        self.contacts = contacts
        self.seeds = seeds
        self.last = last
    }

    package static let stateWords = ["planned", "deferred", "handed", "accepted", "refused", "unknown", "skipped"]

    fileprivate func conditions(in session: any SQLSession) throws -> SQL {
        var all: [SQL] = ["1 = 1"]
        if let campaign { all.append("d.campaign_id = \(campaign)") }
        switch state {
        case "planned": all.append("d.state = 0 AND d.attempts = 0")
        case "deferred": all.append("d.state = 0 AND d.attempts > 0")
        case let word?: all.append("d.state = \(DeliveryState.allCases.first { $0.word == word }?.rawValue ?? -1)")
        case nil: break
        }
        if let contacts {
            all.append("d.contact_id IN (\(contacts.map { "\($0)" as SQL }.joined(separator: ", ")))")
        }
        if let seeds {
            let written = try SeedAddresses(session: session).written(seeds)
            all.append("d.campaign_id IN (SELECT id FROM campaign) AND d.step = \(DeliveryKey.seedStep) AND d.email IN (\(list: written))")
        }
        if let address {
            all.append("(d.email = \(address.description) OR d.contact_id IN (SELECT id FROM contact WHERE email_key = \(address.key)))")
        }
        return all.joined(separator: " AND ")
    }
}

extension Ledger {
    /// Hands over the lines one by one, in the order of the ledger, or newest last where `last` limits them.
    package func forEach(_ filter: LedgerFilter, _ body: (LedgerEntry) throws -> Void) throws {
        let columns: SQL = """
            g.name, d.campaign_id, d.step, d.contact_id, d.entry, d.plan_id, COALESCE(d.email, c.email, ''), d.state, d.reason, \
            d.attempts, d.due_at, d.handed_at, d.settled_at, d.data_changed, d.message_id, d.sha256, d.content_sha256, \
            a.at, a.relay, a.code, a.enhanced, a.reply, a.queue_id
            """
        func source(in session: any SQLSession) throws -> SQL {
            """
            delivery d JOIN campaign g ON g.id = d.campaign_id LEFT JOIN contact c ON c.id = d.contact_id \
            LEFT JOIN attempt a ON a.campaign_id = d.campaign_id AND a.step = d.step AND a.contact_id = d.contact_id \
            AND a.entry = d.entry AND a.number = (SELECT max(m.number) FROM attempt m WHERE m.campaign_id = d.campaign_id \
            AND m.step = d.step AND m.contact_id = d.contact_id AND m.entry = d.entry) WHERE \(try filter.conditions(in: session))
            """
        }
        let order: SQL = "ORDER BY d.campaign_id, d.step, d.contact_id, d.entry"
        try database.read { session in
            let rows = try source(in: session)
            guard let last = filter.last else {
                return try session.forEach("SELECT \(columns) FROM \(rows) \(order)") { try body(LedgerEntry(row: $0)) }
            }
            let newest = try session.all(
                "SELECT \(columns) FROM \(rows) ORDER BY COALESCE(d.settled_at, d.handed_at, 0) DESC, d.contact_id DESC LIMIT \(last)"
            ) { LedgerEntry(row: $0) }
            try newest.reversed().forEach(body)
        }
    }

    /// Only what was skipped is grouped: to group all rows sorts them, which took twice as long as one look at each.
    package func counts(of campaign: CampaignID, step: Int64 = DeliveryKey.campaignStep) throws -> DeliveryCounts {
        try counts(of: campaign, step: step, answeredSince: .latest).counts
    }

    /// The same, and how many of those accepted and refused came to that at or after `since`: one look at each row for both.
    package func counts(
        of campaign: CampaignID, step: Int64 = DeliveryKey.campaignStep, answeredSince since: Instant
    ) throws -> (counts: DeliveryCounts, accepted: Int, refused: Int) {
        try database.read { session in
            let rows: SQL = "FROM delivery WHERE campaign_id = \(campaign) AND step = \(step)"
            let counted = DeliveryState.allCases.map { "count(*) FILTER (WHERE state = \($0.rawValue))" as SQL }
            let answered = [DeliveryState.accepted, .refused].map { state -> SQL in
                "count(*) FILTER (WHERE state = \(state.rawValue) AND settled_at >= \(since.milliseconds))"
            }
            let sql: SQL = """
                SELECT count(*) FILTER (WHERE state = 0 AND attempts > 0), \((counted + answered).joined(separator: ", ")) \(rows)
                """
            var counts = DeliveryCounts()
            var (accepted, refused) = (0, 0)
            try session.forEach(sql) { row in
                accepted = Int(row.integer(counted.count + 1))
                refused = Int(row.integer(counted.count + 2))
                counts.deferred = Int(row.integer(0))
                for (place, state) in DeliveryState.allCases.enumerated() {
                    let count = Int(row.integer(place + 1))
                    switch state {
                    case .planned: counts.planned = count - counts.deferred
                    case .handed: counts.handed = count
                    case .accepted: counts.accepted = count
                    case .refused: counts.refused = count
                    case .unknown: counts.unknown = count
                    case .skipped: counts.skipped = count
                    }
                }
            }
            guard counts.skipped > 0 else { return (counts, accepted, refused) }
            try session.forEach(
                """
                SELECT CASE WHEN reason LIKE 'not_rendered:%' THEN 'not_rendered' ELSE reason END, count(*) \(rows) AND state = 5 GROUP BY 1
                """
            ) { counts.skippedBy[$0.text(0), default: 0] += Int($0.integer(1)) }
            return (counts, accepted, refused)
        }
    }

    /// When the next deferred message may be tried; nil when none waits.
    package func nextDue(of campaign: CampaignID, step: Int64) throws -> Instant? {
        try database.read { session in
            try session.first(
                "SELECT due_at FROM delivery WHERE campaign_id = \(campaign) AND step = \(step) AND state = 0 ORDER BY due_at LIMIT 1"
            ) { Instant(milliseconds: $0.integer(0)) }
        }
    }

    /// When the next of the people's messages that were deferred may go; nil when none is.
    package func nextRetry(of campaign: CampaignID) throws -> Instant? {
        try database.read { session in
            try session.first(
                """
                SELECT due_at FROM delivery WHERE campaign_id = \(campaign) AND step = \(DeliveryKey.campaignStep) AND state = 0 \
                AND due_at > 0 AND attempts > 0 ORDER BY due_at LIMIT 1
                """
            ) { Instant(milliseconds: $0.integer(0)) }
        }
    }

    /// When the next message may go that waits for nothing but its provider's pace; nil when none does.
    package func nextPaced(of campaign: CampaignID, step: Int64) throws -> Instant? {
        try database.read { session in
            try session.first(
                """
                SELECT due_at FROM delivery WHERE campaign_id = \(campaign) AND step = \(step) AND state = 0 \
                AND due_at > 0 AND reason = \(PutOff.paced.rawValue) ORDER BY due_at LIMIT 1
                """
            ) { Instant(milliseconds: $0.integer(0)) }
        }
    }

    /// Forgets what an earlier sender thought of providers: its limits and holds need not be those of now.
    package func forgetPutOff(of campaign: CampaignID) throws {
        // Each step by itself: asked for both at once, SQLite goes through all rows of the campaign in place of those that are due.
        for step in [DeliveryKey.seedStep, DeliveryKey.campaignStep] {
            let isPutOff: SQL = """
                campaign_id = \(campaign) AND step = \(step) AND state = 0 AND due_at > 0 \
                AND reason IN (\(PutOff.paced.rawValue), \(PutOff.held.rawValue))
                """
            let any = try database.read { try $0.count("SELECT count(*) FROM (SELECT 1 FROM delivery WHERE \(isPutOff) LIMIT 1) x") }
            guard any > 0 else { continue }
            _ = try database.write { session in
                try session.execute(
                    "UPDATE delivery SET due_at = 0, reason = CASE WHEN attempts > 0 THEN 'deferred' END WHERE \(isPutOff)")
            }
        }
    }

    /// Ends what is still to go, for one reason; says how many it was.
    @discardableResult
    package func skipRemaining(of campaign: CampaignID, reason: Obstacle, at now: Instant) throws -> Int {
        try database.write { session in
            try session.execute(
                """
                UPDATE delivery SET state = 5, reason = \(reason.rawValue), settled_at = \(now.milliseconds) \
                WHERE campaign_id = \(campaign) AND state = 0
                """)
        }
    }

    /// Ends messages in hand that can't be made, each with its cause. Nothing of them was on the wire, so it was no attempt.
    package func skipUnrendered(_ failed: [(key: DeliveryKey, cause: String)], of sender: SenderID, at now: Instant) throws {
        try database.write(excluding: .loners) { session in
            for (key, cause) in failed {
                let reason = "\(Obstacle.notRendered.rawValue): \(cause.prefix(300))"
                try session.execute(
                    """
                    UPDATE delivery SET state = 5, reason = \(reason), settled_at = \(now.milliseconds), attempts = attempts - 1, \
                    handed_at = NULL, sender = NULL, lease_until = NULL \
                    WHERE campaign_id = \(key.campaign) AND step = \(key.step) AND contact_id = \(key.contact) AND entry = \(key.entry) AND state = 1 \
                    AND sender = \(sender)
                    """)
            }
        }
    }

    /// Why messages of the campaign could not be made, the most frequent causes first.
    package func causesNotRendered(of campaign: CampaignID, atMost limit: Int) throws -> [(cause: String, count: Int)] {
        let prefix = "\(Obstacle.notRendered.rawValue): "
        return try database.read { session in
            try session.all(
                """
                SELECT reason, count(*) FROM delivery WHERE campaign_id = \(campaign) AND state = 5 AND reason LIKE 'not_rendered:%' \
                GROUP BY reason ORDER BY 2 DESC, 1 LIMIT \(limit)
                """
            ) { (String($0.text(0).dropFirst(prefix.count)), Int($0.integer(1))) }
        }
    }

    /// How many people that the campaign reached at or after `start` called a message spam since.
    package func complaints(about campaign: CampaignID, since start: Instant = Instant(milliseconds: 0)) throws -> Int {
        try database.read { session in
            try session.count(
                """
                SELECT count(DISTINCT d.contact_id) FROM (\
                SELECT s.at, c.id AS contact_id FROM suppression s JOIN contact c ON c.email_key = s.email_key WHERE s.reason = 'complaint' \
                UNION ALL SELECT s.at, a.contact_id FROM suppression s JOIN contact_alias a ON a.email_key = s.email_key \
                WHERE s.reason = 'complaint') q \
                JOIN delivery d ON d.campaign_id = \(campaign) AND d.step = 0 AND d.contact_id = q.contact_id AND d.entry = 0 \
                WHERE d.handed_at >= \(start.milliseconds) AND q.at >= d.handed_at
                """)
        }
    }
}

extension LedgerEntry {
    fileprivate init(row: any SQLRow) {
        func instant(_ column: Int) -> Instant? { row.optionalInteger(column).map { Instant(milliseconds: $0) } }
        self.init(
            campaign: row.text(0),
            key: DeliveryKey(
                campaign: CampaignID(row.integer(1)), step: row.integer(2), contact: ContactID(row.integer(3)), entry: row.integer(4)),
            plan: PlanID(row.integer(5)), address: row.text(6), state: DeliveryState(rawValue: row.integer(7)) ?? .unknown,
            reason: row.optionalText(8), attempts: Int(row.integer(9)), dueAt: Instant(milliseconds: row.integer(10)),
            handedAt: instant(11), settledAt: instant(12), dataChanged: row.integer(13) != 0, messageID: row.optionalText(14),
            sha256: row.optionalText(15), contentSHA256: row.optionalText(16), attemptAt: instant(17), relay: row.optionalText(18),
            code: row.optionalInteger(19).map { Int($0) }, enhanced: row.optionalText(20), reply: row.optionalText(21),
            queueID: row.optionalText(22))
    }
}

extension Ledger {
    /// How many of the campaign, its seeds with it, somebody has taken and not settled.
    package func countInHand(of campaign: CampaignID) throws -> Int {
        try database.read { try $0.count("SELECT count(*) FROM delivery WHERE campaign_id = \(campaign) AND state = 1") }
    }

    /// Whether anything of the campaign, or of one `step` of it, is still to go or in hand.
    package func hasUnfinished(_ campaign: CampaignID, step: Int64? = nil) throws -> Bool {
        let ofStep: SQL = step.map { " AND step = \($0)" } ?? ""
        return try database.read { session in
            try session.count(
                "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE campaign_id = \(campaign)\(ofStep) AND state IN (0, 1) LIMIT 1) x") > 0
        }
    }
}
