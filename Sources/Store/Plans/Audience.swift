package import Database
package import Model

/// Who a campaign goes to, as expressions over the contact row `c`.
package struct Audience: Sendable {
    package var campaign: CampaignID
    package var segment: SQL
    /// The segment finds only people who consent to the topic of the rules at this instant.
    package var consentedAt: Instant?
    package var excluded: [SQL]
    /// Narrows to these addresses.
    package var addresses: [EmailAddress]?
    /// Basis points of people held out: 500 is 5 %.
    package var holdout: Int
    package var rules: SendingRules

    package init(
        campaign: CampaignID, segment: SQL, consentedAt: Instant? = nil, excluded: [SQL] = [], addresses: [EmailAddress]? = nil,
        holdout: Int = 0, rules: SendingRules
    ) {
        self.campaign = campaign
        self.segment = segment
        self.consentedAt = consentedAt
        self.excluded = excluded
        self.addresses = addresses
        self.holdout = holdout
        self.rules = rules
    }

    /// Rows (id, r) of everybody in the segment: the contact and the reason to leave it out, NULL for who gets the message.
    ///
    /// The order of the reasons is the order of the questions: may we, then do we want to.
    func rows(at now: Instant) -> SQL {
        // Before the first send there is none, and nobody need be looked for.
        let sent: SQL = "FROM delivery d WHERE d.campaign_id = \(campaign) AND d.step = 0 AND d.entry = 0 AND d.state IN (1, 2, 3, 4)"
        var reasons: [SQL] = [
            "WHEN EXISTS (SELECT 1 \(sent)) AND c.id IN (SELECT d.contact_id \(sent)) THEN 'already_sent'"
        ]
        for condition in excluded { reasons.append("WHEN \(condition) THEN 'excluded'") }
        if holdout > 0 { reasons.append("WHEN \(lot) < \(holdout) THEN 'holdout'") }
        let narrowed: SQL =
            addresses == nil
            ? ""
            : """
             AND (c.email_key IN (SELECT email_key FROM plan_address) OR c.id IN (SELECT a.contact_id FROM contact_alias a \
            JOIN plan_address l ON l.email_key = a.email_key))
            """
        return """
            SELECT c.id AS id, COALESCE(\(rules.obstacleOfAll(at: now, haveConsented: consentedAt == now)), \
            CASE \(reasons.joined(separator: " ")) END) AS r \
            FROM contact c WHERE (\(segment))\(narrowed)
            """
    }

    /// A number from 0 to 9,999 that a person has for this campaign, always the same: plain integer arithmetic that every
    /// database does alike. The square modulo the prime 2³¹−1 breaks up the even spacing of consecutive IDs.
    private var lot: SQL {
        let prime: Int64 = 2_147_483_647
        let seed = (campaign.rawValue % 1_000_003) * 1_103_515_245 % prime
        let mixed: SQL = "((c.id % \(prime)) * 1664525 + \(seed)) % \(prime)"
        let squared: SQL = "((\(mixed)) * (\(mixed))) % \(prime)"
        return "(((\(squared)) * 48271 + 12345) % \(prime) % 10000)"
    }
}

/// Somebody is sending the campaign by another plan.
package struct AnotherPlanIsSent: Error {}

extension CampaignStore {
    /// Freezes a plan: the sources, who is in, who is out and why.
    package func freeze(_ audience: Audience, sources: [String: [UInt8]], contentHash: String, at now: Instant) throws -> PlanRecord {
        let rules = audience.rules
        let id = try database.write { session in
            let id = PlanID(try IDBlocks.take(1, of: .plan, in: session))
            try Self.fillAddresses(audience, in: session)
            let people = try session.execute(
                "INSERT INTO plan_recipient (plan_id, contact_id, reason) SELECT \(id), q.id, q.r FROM (\(audience.rows(at: now))) q")
            let tally = try Self.tally(of: id, people, in: session)
            let excluded = JSONObject(tally.excluded.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) })
            try session.execute(
                """
                INSERT INTO plan (id, campaign_id, at, kind, topic, content_hash, recipients, excluded) VALUES (\(id), \
                \(audience.campaign), \(now.milliseconds), \(rules.marketing ? "marketing" : "service"), \(rules.topic), \
                \(contentHash), \(tally.recipients), \(excluded.json))
                """)
            let insert = try session.prepare("INSERT INTO plan_source (plan_id, path, content) VALUES (?, ?, ?)")
            for (path, content) in sources { try insert.run([.integer(id.rawValue), .text(path), .blob(content)]) }
            return id
        }
        guard let plan = try plan(id) else { throw DatabaseError(.other, "the plan could not be kept") }
        return plan
    }

    /// Who would be in and out now, without keeping anything.
    package func count(_ audience: Audience, at now: Instant) throws -> (recipients: Int, excluded: [String: Int]) {
        try database.write { session in
            try Self.fillAddresses(audience, in: session)
            var tally = Tally()
            try session.forEach("SELECT q.r, count(*) FROM (\(audience.rows(at: now))) q GROUP BY q.r") { row in
                tally.add(row.optionalText(0), Int(row.integer(1)))
            }
            return (tally.recipients, tally.excluded)
        }
    }

    private struct Tally {
        var recipients = 0
        var excluded: [String: Int] = [:]

        mutating func add(_ reason: String?, _ count: Int) {
            if let reason { excluded[reason] = count } else { recipients = count }
        }
    }

    /// Of so many people. Those who are out are counted alone: who is in are most.
    private static func tally(of plan: PlanID, _ people: Int, in session: any SQLSession) throws -> Tally {
        var tally = Tally()
        try session.forEach("SELECT reason, count(*) FROM plan_recipient WHERE plan_id = \(plan) AND reason IS NOT NULL GROUP BY reason") {
            tally.add($0.text(0), Int($0.integer(1)))
        }
        tally.recipients = people - tally.excluded.values.reduce(0, +)
        return tally
    }

    private static func fillAddresses(_ audience: Audience, in session: any SQLSession) throws {
        guard let addresses = audience.addresses else { return }
        let d = session.dialect
        try session.script(
            "CREATE TEMPORARY TABLE IF NOT EXISTS plan_address (email_key \(d.text) PRIMARY KEY) \(d.untilCommit); DELETE FROM plan_address"
        )
        let insert = SQLBatch(insertInto: "plan_address", [.text("email_key")], unlessThere: ["email_key"])
        try session.execute(insert, addresses.map { [.text($0.key)] })
    }

    /// Turns a plan's recipients into rows of the ledger, once. With a fresh `audience` those are
    /// the people it gives now, and who the plan had in and is out now gets a row that says why.
    package func activate(_ plan: PlanRecord, audience: Audience?, seeds: [EmailAddress], at now: Instant) throws {
        try database.write { session in
            let done = try session.count("SELECT count(*) FROM plan WHERE id = \(plan.id) AND activated_at IS NOT NULL")
            guard done == 0 else { return }
            // They would go on claiming, and send their own texts to who is this plan's from now on.
            let others: SQL = """
                ended_at IS NULL AND campaign_id = \(plan.campaign) AND plan_id <> \(plan.id) \
                AND plan_id IN (SELECT id FROM plan WHERE activated_at IS NOT NULL)
                """
            guard try session.count("SELECT count(*) FROM sender WHERE \(others) AND lease_until >= \(session.dialect.now)") == 0 else {
                throw AnotherPlanIsSent()
            }
            _ = try Ledger.putOut(others, in: session)
            if let audience {
                try Self.fillAddresses(audience, in: session)
                let d = session.dialect
                try session.script(
                    "DROP TABLE IF EXISTS fresh; CREATE TEMPORARY TABLE fresh (id \(d.int64) PRIMARY KEY, r \(d.text)) \(d.untilCommit)")
                try session.execute("INSERT INTO fresh (id, r) SELECT q.id, q.r FROM (\(audience.rows(at: now))) q")
                try insertRows(plan, people: "SELECT id FROM fresh WHERE r IS NULL", in: session)
                try insertSkipped(plan, at: now, in: session)
                try session.script("DROP TABLE fresh")
            } else {
                try insertRows(
                    plan, people: "SELECT contact_id AS id FROM plan_recipient WHERE plan_id = \(plan.id) AND reason IS NULL", in: session)
            }
            try dropStale(plan, at: now, in: session)
            try insertSeeds(seeds, plan, in: session)
            // Which of a campaign's plans was begun last goes by this, whatever the clock does.
            let last = try session.count("SELECT COALESCE(max(activated_at), 0) FROM plan WHERE campaign_id = \(plan.campaign)")
            try session.execute("UPDATE plan SET activated_at = \(max(now.milliseconds, Int64(last) + 1)) WHERE id = \(plan.id)")
        }
    }

    /// A row that an earlier plan of the campaign left unsent becomes this plan's.
    private func insertRows(_ plan: PlanRecord, people: SQL, in session: any SQLSession) throws {
        try session.execute(
            """
            INSERT INTO delivery (campaign_id, step, contact_id, entry, plan_id, state, due_at, attempts, epoch, data_changed) \
            SELECT \(plan.campaign), 0, q.id, 0, \(plan.id), 0, 0, 0, 0, 0 FROM (\(people)) q WHERE 1 = 1 \
            ON CONFLICT (campaign_id, step, contact_id, entry) DO UPDATE SET plan_id = excluded.plan_id, state = 0, reason = NULL, \
            due_at = 0, settled_at = NULL WHERE delivery.state IN (0, 5)
            """)
    }

    /// What an earlier plan left unsent, or could not render, and this one no longer wants.
    private func dropStale(_ plan: PlanRecord, at now: Instant, in session: any SQLSession) throws {
        let others: SQL = "FROM plan WHERE campaign_id = \(plan.campaign) AND id <> \(plan.id) AND activated_at IS NOT NULL"
        guard try session.count("SELECT count(*) \(others)") > 0 else { return }
        try session.execute(
            """
            UPDATE delivery SET state = 5, reason = 'left_segment', settled_at = \(now.milliseconds) \
            WHERE campaign_id = \(plan.campaign) AND plan_id <> \(plan.id) AND (state = 0 OR state = 5 AND reason LIKE 'not_rendered%')
            """)
    }

    /// Who the plan had in and is out now, with the reason of now, also where an earlier plan left a row unsent.
    private func insertSkipped(_ plan: PlanRecord, at now: Instant, in session: any SQLSession) throws {
        try session.execute(
            """
            INSERT INTO delivery (campaign_id, step, contact_id, entry, plan_id, state, reason, due_at, attempts, epoch, data_changed, settled_at) \
            SELECT \(plan.campaign), 0, p.contact_id, 0, \(plan.id), 5, COALESCE(f.r, 'left_segment'), 0, 0, 0, 0, \(now.milliseconds) \
            FROM plan_recipient p LEFT JOIN fresh f ON f.id = p.contact_id \
            WHERE p.plan_id = \(plan.id) AND p.reason IS NULL AND (f.id IS NULL OR f.r IS NOT NULL) \
            ON CONFLICT (campaign_id, step, contact_id, entry) DO UPDATE SET plan_id = excluded.plan_id, state = 5, \
            reason = excluded.reason, settled_at = excluded.settled_at WHERE delivery.state = 0
            """)
    }

    private func insertSeeds(_ seeds: [EmailAddress], _ plan: PlanRecord, in session: any SQLSession) throws {
        for (index, seed) in seeds.enumerated() {
            try session.execute(
                """
                INSERT INTO delivery (campaign_id, step, contact_id, entry, plan_id, state, email, due_at, attempts, epoch, data_changed) \
                VALUES (\(plan.campaign), \(DeliveryKey.seedStep), \(-1 - index), \(plan.id), \(plan.id), 0, \(seed.description), 0, 0, 0, 0) \
                ON CONFLICT (campaign_id, step, contact_id, entry) DO NOTHING
                """)
        }
    }
}
