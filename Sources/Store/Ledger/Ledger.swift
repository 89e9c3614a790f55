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
/// | refused | planned  | its relay turned out to deny everybody: a pardon              | `exchange(pardoning:)`    |
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
        /// Those that were told to go in a transaction that was not kept are not under way; by their lanes.
        package var forgo: (@Sendable ([Int]) -> Void)?
        /// Where it is kept how far the database has got; nil where a transaction that fails is simply an error.
        package var watermark: Watermark?

        package init(campaign: CampaignID, sender: SenderID, rules: SendingRules, plannedAt: Instant) {
            self.campaign = campaign
            self.sender = sender
            self.rules = rules
            self.plannedAt = plannedAt
        }
    }

    /// Suppressions that were a provider's or a relay's mistake, and that answers brought about at or after `since`.
    package struct Pardon: Hashable, Sendable {
        package enum Subject: Hashable, Sendable {
            case domains([String])
            /// Whom it refused goes again at `until`.
            case relay(String, until: Instant)
        }

        package var subject: Subject
        package var since: Instant

        package init(domains: [String], since: Instant) {
            (subject, self.since) = (.domains(domains), since)
        }

        package init(relay: String, until: Instant, since: Instant) {
            (subject, self.since) = (.relay(relay, until: until), since)
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
        return try keep(for: desk) { session, desk in
            try Self.settle(settlements, of: desk.sender, in: session)
            for pardon in pardons { try Self.grant(pardon, in: desk.campaign, at: now, in: session) }
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
        try sharing(desk, isClaiming: limit > 0) { session, desk in
            let isIn = try Self.mark(desk.sender, handed: turn.handed, in: session)
            if isIn, turn.isRepeated { _ = try Self.takeBack(from: desk.sender, since: turn.epoch, in: session) }
            try Self.settle(settlements, of: desk.sender, in: session)
            for pardon in pardons { try Self.grant(pardon, in: desk.campaign, at: now, in: session) }
            guard isIn else { return nil }
            let selection = ClaimSelection(session: session, desk: desk, step: step, now: now, epoch: turn.epoch)
            return try limit > 0 ? selection.claim(limit) : []
        }
    }

    /// What a sender that shares its campaign says with each exchange.
    package struct Turn: Hashable, Sendable {
        /// The number of this claim among its own, above those that took something.
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
    private func sharing<T>(_ desk: Desk, isClaiming: Bool, _ body: (any SQLSession, Desk) throws -> T) throws -> T {
        do {
            return try keep(for: desk, excluding: .loners) { session, desk in
                if isClaiming, !desk.rules.caps.isEmpty, session.dialect.isShared {
                    let others: SQL = "SELECT count(*) FROM sender WHERE campaign_id <> \(desk.campaign) AND ended_at IS NULL"
                    if try session.count(others) > 0 { throw MustBeAlone() }
                }
                return try body(session, desk)
            }
        } catch is MustBeAlone {
            return try keep(for: desk, body)
        }
    }

    /// Rows that bear another sender's number stay as they are.
    static func settle(_ settlements: [Settlement], of sender: SenderID, in session: any SQLSession) throws {
        var counts = SentCounts()
        // Each message once in a go: what is said first of an attempt stands. Nearly always they are different ones, and not copied.
        var rest = settlements
        while !rest.isEmpty {
            var seen: Set<DeliveryKey> = Set(minimumCapacity: rest.count)
            let repeated = rest.indices.filter { !seen.insert(rest[$0].key).inserted }
            let later = repeated.map { rest[$0] }
            for index in repeated.reversed() { rest.remove(at: index) }
            try settle(distinct: rest, of: sender, &counts, in: session)
            rest = later
        }
        try counts.write(in: session)
    }

    private static func settle(
        distinct settlements: [Settlement], of sender: SenderID, _ counts: inout SentCounts, in session: any SQLSession
    ) throws {
        // What was taken away, or settled before: the first outcome stands, and an answer to an earlier attempt says nothing of a later
        // one. One that is unknown bears a sender's number only where its machine was given up.
        let changed = try change(settlements, of: sender, in: session)
        let new = settlements.indices.filter { changed[$0] && settlements[$0].outcome != .returned }.map { settlements[$0] }
        try session.execute(attempt, new.map(\.attemptRow))
        for settlement in new {
            counts.add(settlement, to: try settlement.domain ?? address(of: settlement.key, in: session)?.asciiDomain)
        }
        try suppress(new.filter(\.suppresses), in: session)
    }

    /// Moves the rows of the ledger; false of those that were not in hand for that attempt.
    private static func change(_ settlements: [Settlement], of sender: SenderID, in session: any SQLSession) throws -> [Bool] {
        var again: [(index: Int, row: [SQLValue])] = []
        var ended: [(index: Int, row: [SQLValue])] = []
        for (index, settlement) in settlements.enumerated() {
            let key = settlement.key
            // In one array each: there are as many as there are messages.
            func row(_ first: SQLValue, _ second: SQLValue, _ third: SQLValue) -> [SQLValue] {
                [
                    first, second, third, .init(settlement.messageID), .init(settlement.sha256), .init(settlement.contentSHA256),
                    .integer(key.campaign.rawValue), .integer(key.step), .integer(key.contact.rawValue), .integer(key.entry),
                    .integer(settlement.attempt), .integer(sender.rawValue),
                ]
            }
            switch settlement.row {
            case .planned(let reason, let due, let attempts): again.append((index, row(.init(reason), .integer(due), .integer(attempts))))
            case .ended(let state, let reason):
                ended.append((index, row(.integer(state.rawValue), .init(reason), .integer(settlement.at.milliseconds))))
            }
        }
        var changed = [Bool](repeating: false, count: settlements.count)
        for (text, rows) in [(goingAgain, again), (ending, ended)] where !rows.isEmpty {
            let counts = try session.prepare(text).runAll(rows.map(\.row))
            for (place, count) in zip(rows, counts) { changed[place.index] = count == 1 }
        }
        return changed
    }

    private static let goingAgain = """
        UPDATE delivery SET state = 0, reason = ?, due_at = ?, attempts = ?, settled_at = NULL, handed_at = NULL, sender = NULL, \
        lease_until = NULL, message_id = COALESCE(?, message_id), sha256 = COALESCE(?, sha256), \
        content_sha256 = COALESCE(?, content_sha256) \
        WHERE campaign_id = ? AND step = ? AND contact_id = ? AND entry = ? AND state IN (1, 4) AND attempts = ? \
        AND sender = ?
        """

    /// Most rows end here. It names no column of the index by contact, whose entry would be taken out and put back.
    private static let ending = """
        UPDATE delivery SET state = ?, reason = ?, settled_at = ?, sender = NULL, lease_until = NULL, \
        message_id = COALESCE(?, message_id), sha256 = COALESCE(?, sha256), content_sha256 = COALESCE(?, content_sha256) \
        WHERE campaign_id = ? AND step = ? AND contact_id = ? AND entry = ? AND state IN (1, 4) AND attempts = ? \
        AND sender = ?
        """

    private static let attempt = SQLBatch(
        insertInto: "attempt",
        ["campaign_id", "step", "contact_id", "entry", "number", "at"].map { .int64($0) } + [
            .text("outcome"), .text("relay"), .int64("code"),
        ]
            + [.text("enhanced"), .text("reply"), .text("queue_id")],
        identity: ["campaign_id", "step", "contact_id", "entry", "number"])

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

    private static func suppress(_ settlements: [Settlement], in session: any SQLSession) throws {
        let entries = try settlements.compactMap { settlement -> Suppression? in
            guard let address = try address(of: settlement.key, in: session) else { return nil }
            let words = [settlement.code.map { "\($0)" }, settlement.enhanced, settlement.reply].compactMap { $0 }.joined(separator: " ")
            return Suppression(
                address: address, reason: .undeliverable, at: settlement.at, learnedAt: settlement.at,
                source: refusalSource + words.prefix(300))
        }
        try ConsentStore.suppress(entries, in: session)
    }

    /// Addresses at a domain, for LIKE with a backslash to escape.
    static func pattern(_ domain: String) -> String {
        "%@" + domain.replacing("\\", with: "\\\\").replacing("_", with: "\\_").replacing("%", with: "\\%")
    }

    private static func grant(_ pardon: Pardon, in campaign: CampaignID, at now: Instant, in session: any SQLSession) throws {
        let lift: SQL = """
            UPDATE suppression SET lifted_at = \(now.milliseconds) WHERE reason = \(SuppressionReason.undeliverable.rawValue) \
            AND lifted_at IS NULL AND at >= \(pardon.since.milliseconds) AND source LIKE \(refusalSource + "%")
            """
        switch pardon.subject {
        case .domains(let domains):
            for domain in domains {
                let pattern = pattern(domain)
                try session.execute(lift + " AND email_key LIKE \(pattern) ESCAPE '\\'")
            }
        case .relay(let relay, let until):
            let refused: SQL = """
                a.campaign_id = \(campaign) AND a.relay = \(relay) AND a.outcome = 'refused' AND a.at >= \(pardon.since.milliseconds)
                """
            try session.execute(
                lift + " AND email_key IN (SELECT c.email_key FROM attempt a JOIN contact c ON c.id = a.contact_id WHERE \(refused))")
            try session.execute(
                """
                UPDATE delivery SET state = 0, reason = 'deferred', due_at = \(until.milliseconds), settled_at = NULL, handed_at = NULL \
                WHERE campaign_id = \(campaign) AND state = \(DeliveryState.refused.rawValue) AND settled_at >= \(pardon.since.milliseconds) \
                AND EXISTS (SELECT 1 FROM attempt a WHERE \(refused) AND a.step = delivery.step AND a.contact_id = delivery.contact_id \
                AND a.entry = delivery.entry AND a.number = delivery.attempts)
                """)
        }
    }
}

extension Settlement {
    fileprivate enum Row {
        case planned(reason: String?, due: Int64, attempts: Int64)
        case ended(DeliveryState, reason: String? = nil)
    }

    fileprivate var attemptRow: [SQLValue] {
        [
            .integer(key.campaign.rawValue), .integer(key.step), .integer(key.contact.rawValue), .integer(key.entry), .integer(attempt),
            .integer(at.milliseconds), .text(outcome.word), .text(relay), code.map { .integer(Int64($0)) } ?? .null, .init(enhanced),
            .text(String(reply.prefix(1000))), .init(queueID),
        ]
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
