package import Database
package import Model
package import Segments

/// What a segment asks about one person, read from the tables: small next to everything known of them.
package struct HistoryStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Why a person is in a segment, or is not.
    package func explain(_ plan: SegmentPlan, of contact: Contact, at moment: Moment) throws -> Explanation {
        try database.read { session in
            let person = try Self.history(of: contact, events: plan.eventNames, in: session)
            return plan.explain(person, at: moment, standings: try plan.standings(in: session, at: moment))
        }
    }

    /// How many remain after each clause of the outermost `and`, all in one snapshot.
    package func funnel(_ plan: SegmentPlan, at moment: Moment) throws -> Funnel {
        try database.read { session in
            let people = try session.count("SELECT count(*) FROM contact")
            var steps: [Funnel.Step] = []
            var conditions: [SQL] = []
            for clause in plan.clauses {
                conditions.append("(\(clause.sql(dialect: session.dialect, at: moment)))")
                let remaining = try session.count("SELECT count(*) FROM contact c WHERE \(conditions.joined(separator: " AND "))")
                steps.append(Funnel.Step(text: clause.text, remaining: remaining, lost: (steps.last?.remaining ?? people) - remaining))
            }
            return Funnel(people: people, steps: steps)
        }
    }

    /// `events`: the names of those that matter.
    static func history(of contact: Contact, events names: Set<String>, in session: any SQLSession) throws -> PersonHistory {
        let id = contact.id
        var person = PersonHistory(contact: contact)
        person.changes = try session.all("SELECT at, learned_at, changes FROM attribute_change WHERE contact_id = \(id)") { row in
            AttributeChange(
                at: Instant(milliseconds: row.integer(0)), learnedAt: Instant(milliseconds: row.integer(1)),
                changes: try JSONObject(stored: row.text(2)))
        }
        for name in names.sorted() {
            // The sign makes databases go by the person: SQLite would read all events of the name, where they lie.
            let rows: SQL = """
                SELECT e.at, e.learned_at, e.properties FROM event e \
                WHERE e.contact_id = \(id) AND +e.name_id = (SELECT n.id FROM event_name n WHERE n.name = \(name))
                """
            try session.forEach(rows) { row in
                person.events.append(
                    Event(
                        contact: id, name: name, at: Instant(milliseconds: row.integer(0)),
                        learnedAt: Instant(milliseconds: row.integer(1)),
                        properties: row.isNull(2) ? [:] : try JSONObject(stored: row.text(2))))
            }
        }
        for name in names.sorted() {
            let rows: SQL = """
                SELECT f.count, f.first_at, f.last_at, f.learned_at FROM event_faded f \
                WHERE f.contact_id = \(id) AND f.name_id = (SELECT n.id FROM event_name n WHERE n.name = \(name))
                """
            person.faded += try session.all(rows) { row in
                FadedEvents(
                    name: name, count: Int(row.integer(0)), first: Instant(milliseconds: row.integer(1)),
                    last: Instant(milliseconds: row.integer(2)), learnedAt: Instant(milliseconds: row.integer(3)),
                    amounts: try amounts(of: id, name, in: session))
            }
        }
        person.consents = try session.all("SELECT topic, state, at, learned_at, source FROM consent WHERE contact_id = \(id)") { row in
            Consent(
                contact: id, topic: row.text(0), state: Consent.State(rawValue: row.integer(1)) ?? .pending,
                at: Instant(milliseconds: row.integer(2)), learnedAt: Instant(milliseconds: row.integer(3)), source: row.text(4))
        }
        person.messages = try messages(to: id, in: session)
        person.reactions = try reactions(of: id, in: session)
        return person
    }

    /// What faded events come to, by property.
    private static func amounts(of id: ContactID, _ event: String, in session: any SQLSession) throws -> [String: FadedAmount] {
        let dialect = session.dialect
        let rows: SQL = """
            SELECT k.property, q.count, q.total, q.least, q.most FROM event_summed k \
            JOIN event_sum_faded q ON q.sum_id = k.id AND q.contact_id = \(id) WHERE k.event = \(event) AND k.next_contact IS NULL
            """
        let found = try session.all(rows) { row in
            let amount = FadedAmount(
                count: Int(row.integer(1)), total: dialect.decimal(from: row.value(2)) ?? .zero, least: dialect.decimal(from: row.value(3)),
                most: dialect.decimal(from: row.value(4)))
            return (row.text(0), amount)
        }
        return Dictionary(found) { $1 }
    }

    private static func messages(to id: ContactID, in session: any SQLSession) throws -> [Message] {
        let rows: SQL = """
            SELECT k.name, d.step, d.entry, d.handed_at, d.tracks_opens, d.tracks_clicks FROM delivery d \
            JOIN campaign k ON k.id = d.campaign_id \
            WHERE d.contact_id = \(id) AND d.step >= 0 AND d.state IN (1, 2, 4) AND d.handed_at IS NOT NULL
            """
        return try session.all(rows) { row in
            let opens: Set<Reaction.Kind> = row.integer(4) == 1 ? [.open] : []
            let clicks: Set<Reaction.Kind> = row.integer(5) == 1 ? [.click] : []
            return Message(
                campaign: row.text(0), step: row.integer(1), entry: row.integer(2), at: Instant(milliseconds: row.integer(3)),
                tracked: opens.union(clicks))
        }
    }

    private static func reactions(of id: ContactID, in session: any SQLSession) throws -> [Reaction] {
        let rows: SQL = """
            SELECT g.kind, k.name, g.step, g.entry, g.at, g.learned_at, g.url, g.known FROM engagement g \
            JOIN campaign k ON k.id = g.campaign_id WHERE g.contact_id = \(id)
            """
        var reactions: [Reaction] = []
        try session.forEach(rows) { row in
            guard let kind = Reaction.Kind(rawValue: row.text(0)) else { return }
            let link = row.text(6)
            reactions.append(
                Reaction(
                    kind, campaign: row.text(1), step: row.integer(2), entry: row.integer(3), at: Instant(milliseconds: row.integer(4)),
                    learnedAt: Instant(milliseconds: row.integer(5)), link: link.isEmpty ? nil : link, isKnown: row.integer(7) == 1))
        }
        return reactions
    }
}

/// What each clause of a segment leaves.
package struct Funnel: Sendable {
    package struct Step: Sendable {
        package var text: String
        package var remaining: Int
        package var lost: Int
    }

    package var people: Int
    package var steps: [Step]

    /// The clause that loses most people, as they stand; nil where none loses any.
    package var costliest: Int? {
        steps.indices.filter { steps[$0].lost > 0 }.max { (steps[$0].lost, -$0) < (steps[$1].lost, -$1) }
    }

    package var json: JSONValue {
        .object([
            "people": .integer(Int64(people)),
            "steps": .list(
                steps.map {
                    .object(["text": .text($0.text), "remaining": .integer(Int64($0.remaining)), "lost": .integer(Int64($0.lost))])
                }),
            "costliest": costliest.map { .text(steps[$0].text) } ?? .null,
        ])
    }
}
