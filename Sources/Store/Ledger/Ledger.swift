package import Database
package import Delivery
package import Model

/// The book of what was sent: one row per (campaign, step, contact, entry), moving one way.
///
/// | from    | to       | when                                                          | by                        |
/// |---------|----------|---------------------------------------------------------------|---------------------------|
/// | planned | handed   | a sender takes it                                             | `exchange(…claiming:)`    |
/// | planned | planned  | its provider takes no more now: a later `due_at`              | `exchange(…claiming:)`    |
/// | planned | skipped  | consent withdrawn, suppressed, capped, expired, cancelled     | `exchange`, `skip`        |
/// | handed  | accepted | 250 after the final dot                                       | `exchange(settling:…)`    |
/// | handed  | planned  | 4xx or never reached: deferred, with a later `due_at`         | `exchange(settling:…)`    |
/// | handed  | planned  | the failure was about us, or we stopped: returned, untouched  | `exchange(settling:…)`    |
/// | handed  | refused  | 5xx about this recipient or this message                      | `exchange(settling:…)`    |
/// | handed  | skipped  | put off until it is given up                                  | `exchange(settling:…)`    |
/// | handed  | unknown  | the dot may have reached the server and no answer came        | `exchange(settling:…)`    |
/// | handed  | any      | the sender died: from its flight recorder                     | `recover`                 |
/// | handed  | planned  | claimed by a sender that was put out, and never marked        | `putOutLapsed`, `leave`   |
/// | handed  | unknown  | the machine of a sender that was put out does not come back   | `giveUp`                  |
/// | unknown | accepted, planned | a person knows better                                | `resolve`                 |
/// | unknown | accepted | an open, a click or a report of it shows that it was sent      | `record`, `resolveByEvidence` |
///
/// Invariants:
/// 1. `handed` is durable before the first command of that message leaves the machine: a claim returns after its commit.
/// 2. Every `handed` row ends in exactly one outcome, also after `kill -9` and power loss: `recover` leaves none.
/// 3. `unknown` is never tried again by the machine: no claim selects it. It counts as sent for caps.
/// 4. Consent and suppression are asked again in the claim, in the same statement that selects the rows.
/// 5. What the flight recorder has marked is settled from it; what it has not marked returns to `planned`.
/// 6. A sender changes rows that bear its number and no others. Where several share a campaign, no command of a message leaves before its
///    sender's `handed_epoch` has come up to the row's epoch; see `Ledger+Senders`.
/// 7. Every attempt keeps time, relay, reply code, enhanced code, text and the relay's queue ID; attempts are only added.
package struct Ledger: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Who claims, what, and under which rules.
    package struct Desk: Sendable {
        package var campaign: CampaignID
        package var sender: SenderID
        package var rules: SendingRules
        /// When the plan was made: data changed after it is said so in the log.
        package var plannedAt: Instant
        /// Whether a message to the address may be taken now; see ``SendingPolicy/admit(_:at:)``. Each that is told to go is taken.
        package var admit: (@Sendable (EmailAddress) -> (admission: SendingPolicy.Admission, lane: Int))?

        package init(campaign: CampaignID, sender: SenderID, rules: SendingRules, plannedAt: Instant) {
            self.campaign = campaign
            self.sender = sender
            self.rules = rules
            self.plannedAt = plannedAt
        }
    }

    /// Suppressions that were a provider's mistake: of those at `domains` that its answers brought about at or after `since`.
    package struct Pardon: Hashable, Sendable {
        package var domains: [String]
        package var since: Instant

        package init(domains: [String], since: Instant) {
            (self.domains, self.since) = (domains, since)
        }
    }

    /// How long a claim is a sender's before others may ask after it.
    static let lease: Int64 = 10 * 60_000

    /// Writes what came of messages and claims up to `limit` more, in one durable transaction: the only way of the sending
    /// loop to the ledger, so that a message costs a small share of one fsync.
    ///
    /// Those found to have become unreachable since the plan are skipped, and do not count against `limit`; nor do those whose provider
    /// takes no more now, which are put off.
    package func exchange(
        settling settlements: [Settlement], pardoning pardons: [Pardon] = [], claiming limit: Int, step: Int64, at now: Instant,
        for desk: Desk
    ) throws -> [Claim] {
        guard !settlements.isEmpty || limit > 0 || !pardons.isEmpty else { return [] }
        return try database.write { session in
            try Self.settle(settlements, of: desk.sender, in: session)
            for pardon in pardons { try Self.grant(pardon, at: now, in: session) }
            return try limit > 0 ? ClaimSelection(session: session, desk: desk, step: step, now: now).claim(limit) : []
        }
    }

    /// The same for one of several senders of the campaign.
    ///
    /// - Returns: What was claimed; nil where the sender has been put out: what it settled is kept as far as it was still its own, and nothing
    ///   that was not marked before may go.
    package func exchange(
        settling settlements: [Settlement], pardoning pardons: [Pardon] = [], claiming limit: Int, _ turn: Turn, step: Int64,
        at now: Instant, for desk: Desk
    ) throws -> [Claim]? {
        try sharing(desk, isClaiming: limit > 0) { session in
            let isIn = try Self.mark(desk.sender, handed: turn.handed, in: session)
            if isIn, turn.isRepeated { _ = try Self.takeBack(from: desk.sender, since: turn.epoch, in: session) }
            try Self.settle(settlements, of: desk.sender, in: session)
            for pardon in pardons { try Self.grant(pardon, at: now, in: session) }
            guard isIn else { return nil }
            let selection = ClaimSelection(session: session, desk: desk, step: step, now: now, epoch: turn.epoch)
            return try limit > 0 ? selection.claim(limit) : []
        }
    }

    /// What a sender that shares its campaign says with each exchange.
    package struct Turn: Hashable, Sendable {
        /// The number of this claim among its own, above those before.
        package var epoch: Int64
        /// What it claimed up to here may go to a relay from now on.
        package var handed: Int64
        /// The answer to the last one was lost: what that took may be in its hands without its knowing.
        package var isRepeated: Bool

        package init(epoch: Int64, handed: Int64, isRepeated: Bool = false) {
            (self.epoch, self.handed, self.isRepeated) = (epoch, handed, isRepeated)
        }
    }

    private struct MustBeAlone: Error {}

    /// Exchanges run beside each other. A cap looks at what other campaigns' senders claim, so with caps it takes one that keeps them out
    /// while there are any; one that joins meanwhile waits for this to commit.
    private func sharing<T>(_ desk: Desk, isClaiming: Bool, _ body: (any SQLSession) throws -> T) throws -> T {
        do {
            return try database.write(excluding: .loners) { session in
                if isClaiming, !desk.rules.caps.isEmpty, session.dialect.isShared {
                    let others: SQL = "SELECT count(*) FROM sender WHERE campaign_id <> \(desk.campaign) AND ended_at IS NULL"
                    if try session.count(others) > 0 { throw MustBeAlone() }
                }
                return try body(session)
            }
        } catch is MustBeAlone {
            return try database.write(body)
        }
    }

    /// Rows that bear another sender's number stay as they are.
    static func settle(_ settlements: [Settlement], of sender: SenderID, in session: any SQLSession) throws {
        guard !settlements.isEmpty else { return }
        let again = try session.prepare(
            """
            UPDATE delivery SET state = 0, reason = ?, due_at = ?, attempts = ?, settled_at = NULL, handed_at = NULL, sender = NULL, \
            lease_until = NULL, message_id = COALESCE(?, message_id), sha256 = COALESCE(?, sha256), \
            content_sha256 = COALESCE(?, content_sha256) \
            WHERE campaign_id = ? AND step = ? AND contact_id = ? AND entry = ? AND state IN (1, 4) AND attempts = ? AND sender = ?
            """)
        // Most rows end here. It names no column of the index by contact, whose entry would be taken out and put back.
        let end = try session.prepare(
            """
            UPDATE delivery SET state = ?, reason = ?, settled_at = ?, sender = NULL, lease_until = NULL, \
            message_id = COALESCE(?, message_id), sha256 = COALESCE(?, sha256), content_sha256 = COALESCE(?, content_sha256) \
            WHERE campaign_id = ? AND step = ? AND contact_id = ? AND entry = ? AND state IN (1, 4) AND attempts = ? AND sender = ?
            """)
        let insert = try session.prepare(
            """
            INSERT INTO attempt (campaign_id, step, contact_id, entry, number, at, outcome, relay, code, enhanced, reply, queue_id) \
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        var counts = SentCounts()
        for settlement in settlements {
            let key = settlement.key
            let (id, sha, contentSHA): (SQLValue, SQLValue, SQLValue) = (
                .init(settlement.messageID), .init(settlement.sha256), .init(settlement.contentSHA256)
            )
            let changed =
                switch settlement.row {
                case .planned(let reason, let due, let attempts):
                    try again.run([
                        .init(reason), .integer(due), .integer(attempts), id, sha, contentSHA, .integer(key.campaign.rawValue),
                        .integer(key.step), .integer(key.contact.rawValue), .integer(key.entry), .integer(settlement.attempt),
                        .integer(sender.rawValue),
                    ])
                case .ended(let state, let reason):
                    try end.run([
                        .integer(state.rawValue), .init(reason), .integer(settlement.at.milliseconds), id, sha, contentSHA,
                        .integer(key.campaign.rawValue), .integer(key.step), .integer(key.contact.rawValue), .integer(key.entry),
                        .integer(settlement.attempt), .integer(sender.rawValue),
                    ])
                }
            // It was taken away, or settled before: the first outcome stands, and an answer to an earlier attempt says nothing of a later
            // one. One that is unknown bears a sender's number only where its machine was given up.
            guard changed == 1, settlement.outcome != .returned else { continue }
            try insert.run([
                .integer(key.campaign.rawValue), .integer(key.step), .integer(key.contact.rawValue), .integer(key.entry),
                .integer(settlement.attempt), .integer(settlement.at.milliseconds), .text(settlement.outcome.word),
                .text(settlement.relay), settlement.code.map { .integer(Int64($0)) } ?? .null,
                settlement.enhanced.map { .text($0) } ?? .null, .text(String(settlement.reply.prefix(1000))),
                settlement.queueID.map { .text($0) } ?? .null,
            ])
            counts.add(settlement, to: try settlement.domain ?? address(of: key, in: session)?.asciiDomain)
            if settlement.suppresses { try suppress(settlement, in: session) }
        }
        try counts.write(in: session)
    }

    /// Where the message went, or is to go; nil where nobody knows any more.
    static func address(of key: DeliveryKey, in session: any SQLSession) throws -> EmailAddress? {
        try session.first(
            """
            SELECT email FROM delivery WHERE campaign_id = \(key.campaign) AND step = \(key.step) AND contact_id = \(key.contact) \
            AND entry = \(key.entry)
            """
        ) { $0.optionalText(0).flatMap { try? EmailAddress($0) } } ?? nil
    }

    /// How the source of a suppression starts that a server's answer brought about.
    static let refusalSource = "mail refused: "

    private static func suppress(_ settlement: Settlement, in session: any SQLSession) throws {
        guard let address = try address(of: settlement.key, in: session) else { return }
        let words = [settlement.code.map { "\($0)" }, settlement.enhanced, settlement.reply].compactMap { $0 }.joined(separator: " ")
        try ConsentStore.suppress(
            [
                Suppression(
                    address: address, reason: .undeliverable, at: settlement.at, learnedAt: settlement.at,
                    source: refusalSource + words.prefix(300))
            ], in: session)
    }

    /// Addresses at a domain, for LIKE with a backslash to escape.
    static func pattern(_ domain: String) -> String {
        "%@" + domain.replacing("\\", with: "\\\\").replacing("_", with: "\\_").replacing("%", with: "\\%")
    }

    private static func grant(_ pardon: Pardon, at now: Instant, in session: any SQLSession) throws {
        for domain in pardon.domains {
            let pattern = pattern(domain)
            try session.execute(
                """
                UPDATE suppression SET lifted_at = \(now.milliseconds) WHERE reason = \(SuppressionReason.undeliverable.rawValue) \
                AND lifted_at IS NULL AND at >= \(pardon.since.milliseconds) AND source LIKE \(refusalSource + "%") \
                AND email_key LIKE \(pattern) ESCAPE '\\'
                """)
        }
    }
}

extension Settlement {
    fileprivate enum Row {
        case planned(reason: String?, due: Int64, attempts: Int64)
        case ended(DeliveryState, reason: String? = nil)
    }

    /// The row of the ledger after this outcome.
    fileprivate var row: Row {
        switch outcome {
        case .accepted: .ended(.accepted)
        case .refused: .ended(.refused)
        case .givenUp: .ended(.skipped, reason: Obstacle.givenUp.rawValue)
        case .unknown: .ended(.unknown)
        case .deferred(let until): .planned(reason: "deferred", due: until.milliseconds, attempts: attempt)
        case .returned: .planned(reason: attempt > 1 ? "deferred" : nil, due: 0, attempts: attempt - 1)
        }
    }
}
