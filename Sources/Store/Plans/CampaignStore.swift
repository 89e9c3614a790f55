package import Database
package import Model

/// Where a campaign as a whole stands.
package enum CampaignState: String, CaseIterable, Sendable {
    case planned
    case sending
    case paused
    /// Nothing is left to go.
    case sent
    case cancelled
}

package struct CampaignRecord: Sendable {
    package var id: CampaignID
    package var name: String
    package var state: CampaignState
    /// Why it is paused or cancelled.
    package var reason: String?
    package var changedAt: Instant
}

/// A plan as it was frozen.
package struct PlanRecord: Sendable {
    package var id: PlanID
    package var campaign: CampaignID
    /// The plan's `now`.
    package var at: Instant
    package var marketing: Bool
    package var topic: String?
    /// Of the frozen sources and the audience, in hexadecimal.
    package var contentHash: String
    package var recipients: Int
    /// How many are left out, by ``Obstacle``.
    package var excluded: [String: Int]
    /// When its recipients became rows of the ledger; nil before the first send.
    package var activatedAt: Instant?
}

/// Campaigns, their plans and the files these froze.
package struct CampaignStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    package func campaign(named name: String) throws -> CampaignRecord? {
        try campaigns().first { $0.name == name }
    }

    package func campaigns() throws -> [CampaignRecord] {
        try database.read { session in
            try session.all("SELECT id, name, state, state_reason, changed_at FROM campaign ORDER BY created_at, id") {
                CampaignRecord(
                    id: CampaignID($0.integer(0)), name: $0.text(1), state: CampaignState(rawValue: $0.text(2)) ?? .planned,
                    reason: $0.optionalText(3), changedAt: Instant(milliseconds: $0.integer(4)))
            }
        }
    }

    /// The campaign of this name, made when there is none.
    package func ensureCampaign(named name: String, at now: Instant) throws -> CampaignRecord {
        if let known = try campaign(named: name) { return known }
        try database.write { session in
            let id = try IDBlocks.take(1, of: .campaign, in: session)
            try session.execute(
                """
                INSERT INTO campaign (id, name, state, created_at, changed_at) \
                VALUES (\(id), \(name), \(CampaignState.planned.rawValue), \(now.milliseconds), \(now.milliseconds)) ON CONFLICT (name) DO NOTHING
                """)
        }
        guard let made = try campaign(named: name) else { throw DatabaseError(.other, "the campaign could not be kept") }
        return made
    }

    /// Moves the campaign to `state`, but only from one of `from`; says whether it did.
    @discardableResult
    package func move(_ id: CampaignID, to state: CampaignState, from: Set<CampaignState>, reason: String? = nil, at now: Instant) throws
        -> Bool
    {
        let allowed = from.sorted { $0.rawValue < $1.rawValue }.map { state -> SQL in "\(state.rawValue)" }.joined(separator: ", ")
        return try database.write { session in
            try session.execute(
                """
                UPDATE campaign SET state = \(state.rawValue), state_reason = \(reason), changed_at = \(now.milliseconds) \
                WHERE id = \(id) AND state IN (\(allowed))
                """) == 1
        }
    }

    /// The state alone: the sending loop asks it again and again.
    package func state(of id: CampaignID) throws -> CampaignState? {
        try database.read { session in
            try session.first("SELECT state FROM campaign WHERE id = \(id)") { CampaignState(rawValue: $0.text(0)) } ?? nil
        }
    }

    /// When it came into the state it is in.
    package func changedAt(of id: CampaignID) throws -> Instant? {
        try database.read { session in
            try session.first("SELECT changed_at FROM campaign WHERE id = \(id)") { Instant(milliseconds: $0.integer(0)) }
        }
    }

    package func newSender() throws -> SenderID {
        try database.write { SenderID(try IDBlocks.take(1, of: .sender, in: $0)) }
    }
}

// MARK: - Plans

extension CampaignStore {
    package func plan(_ id: PlanID) throws -> PlanRecord? {
        try plans(where: "id = \(id)").first
    }

    /// The newest plan of a campaign.
    package func latestPlan(of campaign: CampaignID) throws -> PlanRecord? {
        try plans(where: "campaign_id = \(campaign)").last
    }

    package func plans(of campaign: CampaignID) throws -> [PlanRecord] {
        try plans(where: "campaign_id = \(campaign)")
    }

    /// Whether anything was ever sent, or is about to be.
    package func hasBegunAny() throws -> Bool {
        try database.read { try $0.count("SELECT count(*) FROM (SELECT 1 FROM plan WHERE activated_at IS NOT NULL LIMIT 1) x") > 0 }
    }

    /// The plan that was begun after this one: what this one left unsent is that one's. Nil where there is none.
    package func successor(of plan: PlanRecord) throws -> PlanID? {
        guard let last = try plans(of: plan.campaign).lastBegun, plan.activatedAt != nil, last.id != plan.id else { return nil }
        return last.id
    }

    private func plans(where condition: SQL) throws -> [PlanRecord] {
        try database.read { session in
            try session.all(
                """
                SELECT id, campaign_id, at, kind, topic, content_hash, recipients, excluded, activated_at \
                FROM plan WHERE \(condition) ORDER BY id
                """
            ) { row in
                let excluded = try JSONObject(stored: row.text(7)).members.compactMap { name, value -> (String, Int)? in
                    if case .integer(let count) = value { (name, Int(count)) } else { nil }
                }
                return PlanRecord(
                    id: PlanID(row.integer(0)), campaign: CampaignID(row.integer(1)), at: Instant(milliseconds: row.integer(2)),
                    marketing: row.text(3) == "marketing", topic: row.optionalText(4), contentHash: row.text(5),
                    recipients: Int(row.integer(6)), excluded: Dictionary(excluded, uniquingKeysWith: +),
                    activatedAt: row.optionalInteger(8).map { Instant(milliseconds: $0) })
            }
        }
    }

    /// The files a plan froze.
    package func sources(of plan: PlanID) throws -> [String: [UInt8]] {
        try database.read { session in
            var files: [String: [UInt8]] = [:]
            try session.forEach("SELECT path, content FROM plan_source WHERE plan_id = \(plan)") { files[$0.text(0)] = $0.blob(1) }
            return files
        }
    }
}

extension CampaignStore {
    /// Of how many of a plan's recipients each question holds, with the first address among them, by their language; those of whom none
    /// holds may be left out. One pass over the plan.
    package func recipients(of plan: PlanID, asking questions: [AttributeQuestion]) throws -> [Answers] {
        try database.read { session in
            let dialect = session.dialect
            let names = questions.reduce(into: Set<String>()) { $0.formUnion($1.names) }.sorted()
            let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
            let states = names.enumerated().map { place, name -> SQL in
                ", \(AttributeStates.state(of: name, in: "c.attributes", dialect)) AS s\(raw: String(place))"
            }.joined(separator: "")
            let columns = questions.map { question -> SQL in
                let holds = question.sql(places)
                return ", sum(CASE WHEN \(holds) THEN 1 ELSE 0 END), min(CASE WHEN \(holds) THEN email END)"
            }.joined(separator: "")
            let kind = dialect.jsonKind("c.attributes", Contact.Standard.language.rawValue)
            let language: SQL = "CASE WHEN \(kind) = 'text' THEN \(dialect.jsonMember("c.attributes", "language")) END"
            let some: SQL = AttributeQuestion.mayHold(questions, in: "c.attributes", dialect).map { " AND \($0)" } ?? ""
            return try session.all(
                """
                SELECT language\(columns) FROM (SELECT \(language) AS language, c.email AS email\(states) \
                FROM plan_recipient p JOIN contact c ON c.id = p.contact_id WHERE p.plan_id = \(plan) AND p.reason IS NULL\(some)) r GROUP BY 1
                """
            ) { row in
                let counts = questions.indices.map { place in
                    (Int(row.integer(1 + 2 * place)), row.optionalText(2 + 2 * place).flatMap { try? EmailAddress($0) })
                }
                return Answers(language: row.optionalText(0), counts: counts)
            }
        }
    }

    /// Of recipients of one language, in the order of the questions.
    package struct Answers: Sendable {
        package var language: String?
        package var counts: [(count: Int, example: EmailAddress?)]
    }

    /// A plan's recipients in the order of their IDs, at most `limit`.
    package func recipients(of plan: PlanID, limit: Int?, _ body: (Contact) throws -> Void) throws {
        try database.read { session in
            let bound: SQL = limit.map { " LIMIT \($0)" } ?? ""
            try session.forEach(
                """
                SELECT c.id, c.email, c.attributes FROM plan_recipient p JOIN contact c ON c.id = p.contact_id \
                WHERE p.plan_id = \(plan) AND p.reason IS NULL ORDER BY c.id\(bound)
                """
            ) { try body(Contact(row: $0)) }
        }
    }

    /// Whether a person is in a plan, and if not why; nil when the plan does not know them.
    package func standing(of contact: ContactID, in plan: PlanID) throws -> (isIn: Bool, reason: String?)? {
        try database.read { session in
            try session.first("SELECT reason FROM plan_recipient WHERE plan_id = \(plan) AND contact_id = \(contact)") {
                ($0.isNull(0), $0.optionalText(0))
            }
        }
    }
}

extension Collection<PlanRecord> {
    /// The one that is, or was last, carried out.
    package var lastBegun: PlanRecord? {
        filter { $0.activatedAt != nil }.max { ($0.activatedAt ?? $0.at, $0.id.rawValue) < ($1.activatedAt ?? $1.at, $1.id.rawValue) }
    }
}
