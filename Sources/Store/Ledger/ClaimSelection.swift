import Database
import Delivery
import Model

/// Takes messages for a sender, within one transaction.
struct ClaimSelection {
    let session: any SQLSession
    let desk: Ledger.Desk
    let step: Int64
    let now: Instant
    /// The number of this claim among its sender's, where several share the campaign; else a row counts its own.
    var epoch: Int64?

    /// So many at most are put off in one transaction; the next one goes on.
    private static let mostPutOff = 2000

    private struct Candidate {
        var key: DeliveryKey
        var attempt: Int64
        var contact: Contact?
        /// As it stands in the database.
        var text: String
        var address: EmailAddress?
        var changed: Bool
        var obstacle: String?
        var firstTried: Instant?
    }

    /// What becomes of a candidate, with the arguments of the statement that says so.
    private enum Taken {
        case claim(Claim, [SQLValue])
        case skipped([SQLValue])
        case putOff([SQLValue])
    }

    func claim(_ limit: Int) throws -> [Claim] {
        var claims: [Claim] = []
        var putOff = 0
        while claims.count < limit, putOff < Self.mostPutOff {
            let found = try candidates(putOff > 0 ? max(limit - claims.count, 256) : limit - claims.count)
            if found.isEmpty { break }
            var (handed, skipped, waiting): ([[SQLValue]], [[SQLValue]], [[SQLValue]]) = ([], [], [])
            for candidate in found where claims.count < limit {
                switch take(candidate) {
                case .claim(let claim, let row):
                    claims.append(claim)
                    handed.append(row)
                case .skipped(let row): skipped.append(row)
                case .putOff(let row): waiting.append(row)
                }
            }
            putOff += waiting.count
            for (text, rows) in [(handing, handed), (Self.skipping, skipped), (Self.puttingOff, waiting)] where !rows.isEmpty {
                try session.prepare(text).runAll(rows)
            }
        }
        return claims
    }

    private var handing: String {
        """
        UPDATE delivery SET state = 1, reason = NULL, attempts = ?, sender = ?, lease_until = ?, \
        epoch = COALESCE(CAST(? AS \(session.dialect.int64)), epoch + 1), handed_at = ?, email = ?, data_changed = ? \
        WHERE campaign_id = ? AND step = ? AND contact_id = ? AND entry = ?
        """
    }

    private static let skipping = """
        UPDATE delivery SET state = 5, reason = ?, settled_at = ? \
        WHERE campaign_id = ? AND step = ? AND contact_id = ? AND entry = ?
        """

    private static let puttingOff =
        "UPDATE delivery SET due_at = ?, reason = ? WHERE campaign_id = ? AND step = ? AND contact_id = ? AND entry = ? AND state = 0"

    private func take(_ candidate: Candidate) -> Taken {
        if let obstacle = candidate.obstacle { return skip(candidate.key, obstacle) }
        guard let contact = candidate.contact, let address = candidate.address else {
            return skip(candidate.key, Obstacle.invalidAddress.rawValue)
        }
        var lane = 0
        if let admit = desk.admit {
            let answer = admit(address)
            lane = answer.lane
            switch answer.admission {
            case .go: break
            case .paced(let until): return putOff(candidate.key, until, .paced)
            case .held(let until): return putOff(candidate.key, until, .held)
            }
        }
        let key = candidate.key
        let claim = Claim(
            key: key, attempt: candidate.attempt, contact: contact, address: address, dataChanged: candidate.changed, lane: lane,
            firstTried: candidate.firstTried, epoch: epoch ?? 0)
        let row: [SQLValue] = [
            .integer(candidate.attempt), .integer(desk.sender.rawValue), .integer(now.milliseconds + Ledger.lease),
            epoch.map { .integer($0) } ?? .null,
            .integer(now.milliseconds), .text(candidate.text), .integer(candidate.changed ? 1 : 0),
            .integer(key.campaign.rawValue), .integer(key.step), .integer(key.contact.rawValue), .integer(key.entry),
        ]
        return .claim(claim, row)
    }

    private func putOff(_ key: DeliveryKey, _ until: Instant, _ reason: PutOff) -> Taken {
        .putOff([.integer(max(until.milliseconds, now.milliseconds + 1)), .text(reason.rawValue)] + place(key))
    }

    private func skip(_ key: DeliveryKey, _ reason: String) -> Taken {
        .skipped([.text(reason), .integer(now.milliseconds)] + place(key))
    }

    private func place(_ key: DeliveryKey) -> [SQLValue] {
        [.integer(key.campaign.rawValue), .integer(key.step), .integer(key.contact.rawValue), .integer(key.entry)]
    }

    /// Those whose time has come go before those that have none: a provider's place that nobody took is lost.
    private func candidates(_ limit: Int) throws -> [Candidate] {
        let due = try candidates(limit, "d.due_at > 0 AND d.due_at <= \(now.milliseconds)")
        if due.count == limit { return due }
        let rest = try candidates(limit - due.count, "d.due_at <= 0")
        // Nearly always, and not copied.
        return due.isEmpty ? rest : due + rest
    }

    private func candidates(_ limit: Int, _ isDue: SQL) throws -> [Candidate] {
        step == DeliveryKey.seedStep ? try seeds(limit, isDue) : try people(limit, isDue)
    }

    private var firstTried: SQL {
        """
        CASE WHEN d.attempts > 0 THEN (SELECT min(a.at) FROM attempt a WHERE a.campaign_id = d.campaign_id AND a.step = d.step \
        AND a.contact_id = d.contact_id AND a.entry = d.entry) END
        """
    }

    /// Due rows with their contact as it is now, and what stands in the way of writing to it.
    private func people(_ limit: Int, _ isDue: SQL) throws -> [Candidate] {
        let sql: SQL = """
            SELECT d.contact_id, d.entry, d.attempts, COALESCE(c.email, d.email), \
            CASE WHEN c.id IS NULL THEN 'no_address' ELSE \(desk.rules.obstacle(at: now)) END, \
            c.id, c.email, c.attributes, COALESCE(c.updated_at, 0), \(firstTried) \
            FROM delivery d LEFT JOIN contact c ON c.id = d.contact_id \
            WHERE d.campaign_id = \(desk.campaign) AND d.step = \(step) AND d.state = 0 AND \(isDue) \
            ORDER BY d.due_at, d.contact_id LIMIT \(limit)\(raw: session.dialect.takingRows(of: "d"))
            """
        return try session.all(sql) { row in
            let contact = row.isNull(5) ? nil : try Contact(row: row, from: 5)
            return Candidate(
                key: DeliveryKey(campaign: desk.campaign, step: step, contact: ContactID(row.integer(0)), entry: row.integer(1)),
                attempt: row.integer(2) + 1, contact: contact, text: row.text(3),
                address: contact?.email ?? (try? EmailAddress(row.text(3))),
                changed: row.integer(8) > desk.plannedAt.milliseconds, obstacle: row.optionalText(4),
                firstTried: row.optionalInteger(9).map { Instant(milliseconds: $0) })
        }
    }

    /// Seeds get their copy whatever they agreed to: the workspace's own people read it. But who is on the suppression list
    /// is sent nothing it covers. One that is also a contact is shown its own data; another is a contact without any.
    private func seeds(_ limit: Int, _ isDue: SQL) throws -> [Candidate] {
        let sql: SQL = """
            SELECT d.contact_id, d.entry, d.attempts, d.email, \(firstTried) FROM delivery d \
            WHERE d.campaign_id = \(desk.campaign) AND d.step = \(step) AND d.state = 0 AND \(isDue) \
            ORDER BY d.due_at, d.contact_id LIMIT \(limit)\(raw: session.dialect.takingRows(of: "d"))
            """
        return try session.all(sql) { row in
            let id = ContactID(row.integer(0))
            let address = try? EmailAddress(row.text(3))
            let key = address?.key ?? ""
            let known = try session.first("SELECT id, email, attributes FROM contact WHERE email_key = \(key)") { try Contact(row: $0) }
            let isSuppressed = try ConsentStore.isSuppressed(key, by: desk.rules, in: session)
            return Candidate(
                key: DeliveryKey(campaign: desk.campaign, step: step, contact: id, entry: row.integer(1)),
                attempt: row.integer(2) + 1, contact: known ?? Contact(id: id, email: address), text: row.text(3), address: address,
                changed: false, obstacle: isSuppressed ? Obstacle.suppressed.rawValue : nil,
                firstTried: row.optionalInteger(4).map { Instant(milliseconds: $0) })
        }
    }
}

/// Why a message that could go waits: a word in the ledger.
enum PutOff: String {
    /// Its provider's limit or pace is used up; a sender that runs will come to it.
    case paced
    /// Nothing goes to its provider for a while.
    case held
}
