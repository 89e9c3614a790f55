import Database
import Model

/// A text of words and columns for an example: `plan 7`.
private func example(_ parts: (word: String, column: String)...) -> SQL {
    let texts = parts.map { "'\($0.word) ' || CAST(\($0.column) AS TEXT)" }
    return SQL(raw: texts.joined(separator: " || ', ' || ") + " AS example")
}

private func message(_ table: String) -> SQL {
    example(
        ("campaign", "\(table).campaign_id"), ("step", "\(table).step"), ("contact", "\(table).contact_id"), ("entry", "\(table).entry"))
}

private func sameMessage(_ a: String, _ b: String) -> SQL {
    SQL(raw: ["campaign_id", "step", "contact_id", "entry"].map { "\(a).\($0) = \(b).\($0)" }.joined(separator: " AND "))
}

/// What can't move in a merge stays under the number of who is no more.
private func isNobody(_ contact: String) -> SQL {
    """
    NOT EXISTS (SELECT 1 FROM contact p WHERE p.id = \(raw: contact)) AND NOT EXISTS \
    (SELECT 1 FROM contact_merge w WHERE w.other_id = \(raw: contact) AND w.undone_at IS NULL)
    """
}

extension DatabaseCheck.Rule {
    // MARK: - What speaks of something else

    /// By the names of columns, so that a new table is looked at too.
    static func references(_ tables: [TableLayout]) -> [Self] {
        let targets = [
            ("campaign_id", "campaign"), ("plan_id", "plan"), ("name_id", "event_name"), ("sum_id", "event_summed"),
            ("merge_id", "contact_merge"),
        ]
        return tables.flatMap { table -> [Self] in
            let columns = Set(table.columns.map(\.name))
            let key = table.key.filter { name in table.columns.contains { $0.name == name && $0.kind != .bytes } }
            let place = SQL(raw: key.map { "'\($0) ' || CAST(t.\($0) AS TEXT)" }.joined(separator: " || ', ' || ") + " AS example")
            var rules = targets.filter { columns.contains($0.0) }.map { column, target in
                Self(
                    name: "\(table.name)-without-\(target)", what: "rows of \(table.name) of a \(target) that is not there",
                    sql: """
                        SELECT \(place) FROM \(raw: table.name) t WHERE t.\(raw: column) IS NOT NULL \
                        AND NOT EXISTS (SELECT 1 FROM \(raw: target) o WHERE o.id = t.\(raw: column))
                        """)
            }
            let isMessage = columns.isSuperset(of: ["campaign_id", "step", "contact_id", "entry"])
            if isMessage, table.name != "delivery" {
                rules.append(
                    Self(
                        name: "\(table.name)-without-delivery", what: "rows of \(table.name) of a message that is not in the ledger",
                        sql: """
                            SELECT \(place) FROM \(raw: table.name) t WHERE NOT EXISTS \
                            (SELECT 1 FROM delivery d WHERE \(sameMessage("d", "t")))
                            """))
            } else if columns.contains("contact_id"), table.name != "delivery" {
                rules.append(
                    Self(
                        name: "\(table.name)-without-person", what: "rows of \(table.name) of a person who is not there",
                        sql: "SELECT \(place) FROM \(raw: table.name) t WHERE \(isNobody("t.contact_id"))"))
            }
            return rules
        }
    }

    // MARK: - The ledger

    private static let outcomes: [Settlement.Outcome] = [
        .accepted, .deferred(until: Instant(milliseconds: 0)), .refused, .givenUp, .unknown,
    ]

    private static func list(_ words: [String]) -> SQL { words.map { "\($0)" as SQL }.joined(separator: ", ") }

    static let ledger: [Self] = [
        // Of those who were forgotten, rows without an address stay.
        Self(
            name: "delivery-without-person", what: "messages to a person who is not there",
            sql: """
                SELECT \(message("d")) FROM delivery d WHERE d.contact_id > 0 AND (d.email IS NOT NULL OR d.state IN (0, 1)) \
                AND \(isNobody("d.contact_id"))
                """),
        Self(
            name: "delivery-state", what: "messages in a state that there is not",
            sql: "SELECT \(message("d")) FROM delivery d WHERE d.state NOT IN (0, 1, 2, 3, 4, 5)"),
        Self(
            name: "delivery-times", what: "messages whose times belie their state: handed over or settled, or not",
            sql: """
                SELECT \(message("d")) FROM delivery d WHERE (d.state = 1 AND d.handed_at IS NULL) OR (d.state = 0 AND d.handed_at IS NOT NULL) \
                OR (d.state IN (2, 3, 4) AND d.settled_at IS NULL)
                """),
        // What became of those whose machine is gone somebody said afterwards.
        Self(
            name: "delivery-without-attempt", what: "messages that have an outcome, and no attempt that brought it about",
            sql: """
                SELECT \(message("d")) FROM delivery d WHERE d.state IN (2, 3, 4) \
                AND COALESCE(d.reason, '') NOT IN (\(Ledger.machineGone), 'resolved', 'evidence') AND NOT EXISTS (SELECT 1 FROM attempt a WHERE \(sameMessage("a", "d")))
                """),
        Self(
            name: "attempt-number", what: "attempts beyond the number that their message has had",
            sql:
                "SELECT \(message("a")) FROM attempt a JOIN delivery d ON \(sameMessage("d", "a")) WHERE a.number > d.attempts OR a.number < 1"
        ),
        Self(
            name: "attempt-outcome", what: "attempts with an outcome that there is not",
            sql: "SELECT \(message("a")) FROM attempt a WHERE a.outcome NOT IN (\(list(outcomes.map(\.word))))"),
        Self(
            name: "campaign-state", what: "campaigns in a state that there is not",
            sql: """
                SELECT \(example(("campaign", "c.id"))) FROM campaign c WHERE c.state NOT IN (\(list(CampaignState.allCases.map(\.rawValue))))
                """),
    ]

    // MARK: - People

    static let people: [Self] = [
        Self(
            name: "consent-state", what: "statements of consent in a state that there is not",
            sql: "SELECT \(example(("contact", "k.contact_id"))) FROM consent k WHERE k.state NOT IN (0, 1, 2)"),
        Self(
            name: "suppression-reason", what: "suppressed addresses with a reason that there is not",
            sql: """
                SELECT 'reason ' || s.reason AS example FROM suppression s \
                WHERE s.reason NOT IN (\(list(SuppressionReason.allCases.map(\.rawValue))))
                """),
        Self(
            name: "address-twice", what: "addresses that are one person's main and another's further one",
            sql:
                "SELECT \(example(("contact", "c.id"), ("and contact", "a.contact_id"))) FROM contact c JOIN contact_alias a ON a.email_key = c.email_key"
        ),
    ]

    // MARK: - Events

    static let events: [Self] = [
        Self(
            name: "summary-differs", what: "summaries that are not what the events of the person come to",
            sql: """
                SELECT \(example(("event", "k.name_id"), ("contact", "k.contact_id"))) FROM (\
                SELECT q.name_id, q.contact_id, sum(q.n) AS n, min(q.a) AS a, max(q.z) AS z FROM (\
                SELECT name_id, contact_id, count(*) AS n, min(at) AS a, max(at) AS z FROM event GROUP BY name_id, contact_id UNION ALL \
                SELECT name_id, contact_id, count, first_at, last_at FROM event_faded) q GROUP BY q.name_id, q.contact_id) k \
                LEFT JOIN event_summary s ON s.name_id = k.name_id AND s.contact_id = k.contact_id \
                WHERE s.count IS NULL OR s.count <> k.n OR s.first_at <> k.a OR s.last_at <> k.z
                """),
        Self(
            name: "summary-of-nothing", what: "summaries of events that are not there",
            sql: """
                SELECT \(example(("event", "s.name_id"), ("contact", "s.contact_id"))) FROM event_summary s \
                WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.contact_id = s.contact_id AND e.name_id = s.name_id) \
                AND NOT EXISTS (SELECT 1 FROM event_faded f WHERE f.name_id = s.name_id AND f.contact_id = s.contact_id)
                """),
        Self(
            name: "event-faded", what: "events that are older than what is kept of their name, and still there",
            sql: """
                SELECT \(example(("event", "e.name_id"), ("contact", "e.contact_id"))) FROM event_horizon h \
                JOIN event e ON e.name_id = h.name_id AND e.at < h.kept_since
                """),
        // More than there are may be noted, of people who were forgotten.
        Self(
            name: "event-count", what: "names of which there are more events than were counted",
            sql: """
                SELECT \(example(("event", "n.id"))) FROM event_name n \
                JOIN (SELECT name_id, count(*) AS n FROM event GROUP BY name_id) e ON e.name_id = n.id WHERE n.events < e.n
                """),
    ]

    // MARK: - Sums that are kept

    /// Of each that can be asked.
    static func sums(in session: any SQLSession) throws -> [Self] {
        let ready = Set(try session.all("SELECT id FROM event_summed WHERE next_contact IS NULL") { $0.integer(0) })
        return try EventSum.byName(in: session).sorted { $0.key < $1.key }.flatMap { name, sums in
            sums.filter { ready.contains($0.id) }.map { sum in
                Self(
                    name: "sum-differs", what: "sums of \(sum.event).\(sum.property) that are not what its numbers come to",
                    sql: """
                        SELECT \(example(("contact", "s.contact_id"))) FROM event_summary s \
                        LEFT JOIN event_sum q ON q.sum_id = \(sum.id) AND q.contact_id = s.contact_id \
                        LEFT JOIN (\(EventSums.kept(sum, name: name, session.dialect))) k ON k.contact_id = s.contact_id \
                        LEFT JOIN event_sum_faded f ON f.sum_id = \(sum.id) AND f.contact_id = s.contact_id \
                        WHERE s.name_id = \(name) AND (q.count IS NULL OR \(EventSums.differs("q", from: "k", and: "f", session.dialect)) \
                        OR q.last_at <> s.last_at)
                        """)
            }
        }
    }

    // MARK: - Counts

    static let counts: [Self] = [
        Self(
            name: "sent-count-differs", what: "campaigns of which more or fewer attempts were counted than there are",
            sql: """
                SELECT \(example(("campaign", "c.id"))) FROM campaign c \
                LEFT JOIN (SELECT campaign_id, count(*) AS n FROM attempt GROUP BY campaign_id) a ON a.campaign_id = c.id \
                LEFT JOIN (SELECT campaign_id, sum(count) AS n FROM sent_count GROUP BY campaign_id) s ON s.campaign_id = c.id \
                WHERE COALESCE(a.n, 0) <> COALESCE(s.n, 0)
                """),
        // Fewer may be left, of people who were forgotten.
        Self(
            name: "plan-count", what: "plans with more recipients than they say",
            sql: """
                SELECT \(example(("plan", "p.id"))) FROM plan p JOIN (SELECT plan_id, count(*) AS n FROM plan_recipient WHERE reason IS NULL \
                GROUP BY plan_id) r ON r.plan_id = p.id WHERE r.n > p.recipients
                """),
        Self(
            name: "next-number", what: "kinds whose next number is taken already",
            sql: [
                ("contact", "contact"), ("campaign", "campaign"), ("plan", "plan"), ("merge", "contact_merge"),
                ("event_name", "event_name"),
                ("event_sum", "event_summed"),
            ].map { kind, table -> SQL in
                """
                SELECT \(kind) AS example FROM (SELECT max(id) AS id FROM \(raw: table)) m \
                WHERE m.id >= COALESCE((SELECT next FROM id_block WHERE kind = \(kind)), 1)
                """
            }.joined(separator: " UNION ALL ")),
    ]
}
