package import Database
package import Model

/// What else is kept of a person, for who asks what that is: asked of all IDs that became one (``ContactStore/everyID(of:)``).
extension ContactStore {
    /// When a person came to be known.
    package func createdAt(_ id: ContactID) throws -> Instant? {
        try database.read { session in
            try session.first("SELECT created_at FROM contact WHERE id = \(id)") { Instant(milliseconds: $0.integer(0)) }
        }
    }

    /// Who a person was before they were merged: what those were that are part of them, and what they were themselves when they
    /// were a part of another.
    package func formerSelves(of ids: [ContactID]) throws -> [FormerSelf] {
        try database.read { session in
            try session.all(
                """
                SELECT at, undone_at, other_email, other_attributes, other_created_at FROM contact_merge \
                WHERE (kept_id IN (\(list(ids))) AND undone_at IS NULL) OR (other_id IN (\(list(ids))) AND undone_at IS NOT NULL) ORDER BY id
                """
            ) {
                FormerSelf(
                    mergedAt: Instant(milliseconds: $0.integer(0)), partedAt: $0.optionalInteger(1).map { Instant(milliseconds: $0) },
                    email: $0.optionalText(2), attributes: try JSONObject(stored: $0.text(3)),
                    createdAt: Instant(milliseconds: $0.integer(4)))
            }
        }
    }

    /// What came back of messages to a person, oldest first.
    package func engagements(of ids: [ContactID]) throws -> [EngagementRecord] {
        try database.read { session in
            try session.all(
                """
                SELECT e.kind, e.at, e.learned_at, g.name, e.url, e.known FROM engagement e \
                LEFT JOIN campaign g ON g.id = e.campaign_id WHERE e.contact_id IN (\(list(ids))) ORDER BY e.at, e.kind
                """
            ) {
                EngagementRecord(
                    kind: $0.text(0), at: Instant(milliseconds: $0.integer(1)), learnedAt: Instant(milliseconds: $0.integer(2)),
                    campaign: $0.optionalText(3), url: $0.text(4), isCertain: $0.integer(5) != 0)
            }
        }
    }

    /// The reports about messages to a person, oldest first.
    package func reports(of ids: [ContactID]) throws -> [ReportRecord] {
        try database.read { session in
            try session.all(
                """
                SELECT r.kind, r.at, r.learned_at, g.name, r.refusal, r.code, r.enhanced, r.words FROM report r \
                LEFT JOIN campaign g ON g.id = r.campaign_id WHERE r.contact_id IN (\(list(ids))) \
                ORDER BY r.at, r.kind, r.campaign_id, r.step, r.entry, r.contact_id
                """
            ) {
                ReportRecord(
                    kind: $0.text(0), at: Instant(milliseconds: $0.integer(1)), learnedAt: Instant(milliseconds: $0.integer(2)),
                    campaign: $0.optionalText(3), refusal: $0.optionalText(4), code: Int($0.integer(5)), enhanced: $0.optionalText(6),
                    words: $0.text(7))
            }
        }
    }

    /// The plans that had a person in or left them out, oldest first.
    package func plans(of ids: [ContactID]) throws -> [PlanStanding] {
        try database.read { session in
            try session.all(
                """
                SELECT p.id, g.name, p.at, r.reason FROM plan p JOIN campaign g ON g.id = p.campaign_id \
                JOIN plan_recipient r ON r.plan_id = p.id AND r.contact_id IN (\(list(ids))) ORDER BY p.id, r.contact_id
                """
            ) {
                PlanStanding(
                    plan: PlanID($0.integer(0)), campaign: $0.text(1), at: Instant(milliseconds: $0.integer(2)), reason: $0.optionalText(3))
            }
        }
    }

    /// Every try of these messages, in the order of the messages and then of the tries.
    package func attempts(of messages: [DeliveryKey]) throws -> [AttemptRecord] {
        try database.read { session in
            try messages.flatMap { key in
                try session.all(
                    """
                    SELECT number, at, outcome, relay, code, enhanced, reply, queue_id FROM attempt WHERE campaign_id = \(key.campaign) \
                    AND step = \(key.step) AND contact_id = \(key.contact) AND entry = \(key.entry) ORDER BY number
                    """
                ) {
                    AttemptRecord(
                        message: key, number: Int($0.integer(0)), at: Instant(milliseconds: $0.integer(1)), outcome: $0.text(2),
                        relay: $0.text(3), code: $0.optionalInteger(4).map { Int($0) }, enhanced: $0.optionalText(5),
                        reply: $0.optionalText(6), queueID: $0.optionalText(7))
                }
            }
        }
    }

    /// The IDs that others gave to events of a person, with what and when it was; nil where that is not known any more.
    package func givenIDs(of ids: [ContactID]) throws -> [GivenEventID] {
        try database.read { session in
            try session.all(
                """
                SELECT g.given, n.name, g.at FROM event_given_id g LEFT JOIN event_name n ON n.id = g.name_id \
                WHERE g.contact_id IN (\(list(ids))) ORDER BY COALESCE(g.at, 0), g.given, n.name
                """
            ) { GivenEventID(id: $0.text(0), event: $0.optionalText(1), at: $0.optionalInteger(2).map { Instant(milliseconds: $0) }) }
        }
    }

    /// What the numbers among the properties of a person's events come to, where that is kept.
    package func sums(of id: ContactID) throws -> [KeptSumRecord] {
        try database.read { session in
            let dialect = session.dialect
            return try session.all(
                """
                SELECT k.event, k.property, s.count, s.total, s.least, s.most FROM event_summed k \
                JOIN event_sum s ON s.sum_id = k.id AND s.contact_id = \(id) ORDER BY k.event, k.property
                """
            ) {
                KeptSumRecord(
                    event: $0.text(0), property: $0.text(1), count: Int($0.integer(2)),
                    total: dialect.decimal(from: $0.value(3)) ?? .zero, least: dialect.decimal(from: $0.value(4)),
                    most: dialect.decimal(from: $0.value(5)))
            }
        }
    }

    private func list(_ ids: [ContactID]) -> SQL { ids.map { "\($0)" as SQL }.joined(separator: ", ") }
}

/// One that became part of another by a merge, as they were before it.
package struct FormerSelf: Hashable, Sendable {
    package var mergedAt: Instant
    package var partedAt: Instant?
    package var email: String?
    package var attributes: JSONObject
    package var createdAt: Instant
}

/// That a message was opened, clicked, sent back or called spam.
package struct EngagementRecord: Hashable, Sendable {
    package var kind: String
    package var at: Instant
    package var learnedAt: Instant
    package var campaign: String?
    /// The address that was clicked, else empty.
    package var url: String
    /// False where a machine may have done it.
    package var isCertain: Bool
}

/// What a mail system told of a message after it had been taken.
package struct ReportRecord: Hashable, Sendable {
    /// See ``MessageReport/Kind``.
    package var kind: String
    package var at: Instant
    package var learnedAt: Instant
    package var campaign: String?
    /// What it was refused for.
    package var refusal: String?
    package var code: Int
    package var enhanced: String?
    package var words: String

    /// As the server said it.
    package var reply: String { ["\(code)", enhanced, words].compactMap { $0 }.joined(separator: " ") }
}

/// How a plan has a person: in, or out for a reason.
package struct PlanStanding: Hashable, Sendable {
    package var plan: PlanID
    package var campaign: String
    package var at: Instant
    /// Why they are left out (``Obstacle``); nil for who is in.
    package var reason: String?
}

/// One try to hand a message to a relay, and what came of it.
package struct AttemptRecord: Hashable, Sendable {
    package var message: DeliveryKey
    package var number: Int
    package var at: Instant
    package var outcome: String
    package var relay: String
    package var code: Int?
    package var enhanced: String?
    package var reply: String?
    package var queueID: String?
}

/// What a property of a person's events comes to, those included that are no longer kept.
package struct KeptSumRecord: Hashable, Sendable {
    package var event: String
    package var property: String
    package var count: Int
    package var total: ExactDecimal
    package var least: ExactDecimal?
    package var most: ExactDecimal?
}

/// The ID that whoever told of an event gave it.
package struct GivenEventID: Hashable, Sendable {
    package var id: String
    package var event: String?
    package var at: Instant?
}
