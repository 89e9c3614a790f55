import Database
import Model

/// Says a condition in SQL that SQLite and PostgreSQL both take. Everything a person wrote goes into the arguments.
///
/// 1. An expression is true or not true; a test of an unknown value may be null, which `and`, `or` and `WHERE` take for
///    false. Only `not` has to tell: it is `IS NOT TRUE`.
/// 2. Behaviour in a window that has a beginning asks the events first and the contacts by the answer (`c.id IN (…)`): the
///    subselect does not depend on the contact, so it runs once, over an index range of one event's name and time.
///    Behaviour of all time looks into each contact's own events, which lie together in their table: a set of all who ever
///    did it took 2.4 times as long to build (200,000 contacts, 400,000 such events, SQLite).
/// 3. A number is compared only where the value is one: `CASE` keeps a database from casting what is none.
struct SQLCompiler {
    let dialect: any Dialect
    let moment: Moment

    func expression(_ condition: Condition) -> SQL {
        switch condition {
        case .all(let items): joined(items, " AND ", empty: "1 = 1")
        case .any(let items): joined(items, " OR ", empty: "1 = 0")
        case .not(let item): "(\(expression(item))) IS NOT TRUE"
        case .value(let operand, let test): value(operand, test)
        case .behaviour(let behaviour): self.behaviour(behaviour)
        case .consent(let consent): self.consent(consent)
        case .segment(_, let condition): expression(condition)
        case .sample(let sample): sample.sql("c.id")
        }
    }

    private func joined(_ items: [Condition], _ joiner: String, empty: SQL) -> SQL {
        guard !items.isEmpty else { return empty }
        return "(\(items.map { expression($0) }.joined(separator: joiner)))"
    }

    // MARK: - Behaviour

    private func behaviour(_ behaviour: Behaviour) -> SQL {
        let interval = (behaviour.window?.interval(at: moment.at, zone: moment.zone) ?? .ever).upTo(moment.at)
        var matching: SQL = "e.name_id = (SELECT n.id FROM event_name n WHERE n.name = \(behaviour.event))\(times("e", interval))"
        if let filter = behaviour.filter { matching += " AND \(expression(filter))" }
        return interval.from == nil ? ofEach(matching, behaviour) : ofAll(matching, behaviour)
    }

    /// Asked of the events of each contact.
    private func ofEach(_ matching: SQL, _ behaviour: Behaviour) -> SQL {
        let own: SQL = "FROM event e WHERE e.contact_id = c.id AND \(matching)"
        switch (behaviour.least, behaviour.most) {
        case (0, 0): return "NOT EXISTS (SELECT 1 \(own))"
        case (1, nil): return "EXISTS (SELECT 1 \(own))"
        default: return "(SELECT count(*) \(own)) \(count(behaviour))"
        }
    }

    /// Asked of all events at once.
    private func ofAll(_ matching: SQL, _ behaviour: Behaviour) -> SQL {
        let who: SQL = "SELECT e.contact_id FROM event e WHERE \(matching)"
        switch (behaviour.least, behaviour.most) {
        case (0, 0): return "c.id NOT IN (\(who))"
        case (1, nil): return "c.id IN (\(who))"
        case (0, let most?): return "c.id NOT IN (\(who) GROUP BY e.contact_id HAVING count(*) > \(most))"
        default: return "c.id IN (\(who) GROUP BY e.contact_id HAVING count(*) \(count(behaviour)))"
        }
    }

    /// What is asked of the number of events.
    private func count(_ behaviour: Behaviour) -> SQL {
        guard let most = behaviour.most else { return ">= \(behaviour.least)" }
        return behaviour.least == most ? "= \(most)" : "BETWEEN \(behaviour.least) AND \(most)"
    }

    /// The rows of `table` that are about the interval and count at the moment.
    private func times(_ table: String, _ interval: Interval) -> SQL {
        var sql: SQL = ""
        if let from = interval.from { sql += " AND \(raw: table).at >= \(from.milliseconds)" }
        if let to = interval.to { sql += " AND \(raw: table).at < \(to.milliseconds)" }
        if let known = moment.known { sql += " AND \(raw: table).learned_at <= \(known.milliseconds)" }
        return sql
    }

    // MARK: - Permission

    private func consent(_ test: ConsentTest) -> SQL {
        let interval = (test.window?.interval(at: moment.at, zone: moment.zone) ?? .ever).upTo(moment.at)
        let rows: SQL = "FROM consent s WHERE s.contact_id = c.id AND s.topic = \(test.topic)\(times("s", interval))"
        switch test.act {
        case .consents:
            return """
                (SELECT s.state \(rows) AND s.state <> \(Consent.State.pending) ORDER BY s.at DESC, s.state DESC LIMIT 1) \
                = \(Consent.State.confirmed)
                """
        case .consented: return "EXISTS (SELECT 1 \(rows) AND s.state = \(Consent.State.confirmed))"
        case .withdrew: return "EXISTS (SELECT 1 \(rows) AND s.state = \(Consent.State.withdrawn))"
        }
    }

    // MARK: - Values

    private func value(_ operand: Operand, _ test: ValueTest) -> SQL {
        switch operand {
        case .email: return ValueSQL(column: .text("c.email"), dialect: dialect, moment: moment).expression(test)
        case .property(let name):
            return ValueSQL(column: .member("e.properties", name), dialect: dialect, moment: moment).expression(test)
        case .attribute(let name) where moment.isPresent:
            return ValueSQL(column: .member("c.attributes", name), dialect: dialect, moment: moment).expression(test)
        case .attribute(let name):
            let held = ValueSQL(column: .member("v.attributes", name), dialect: dialect, moment: moment).expression(test)
            let interval = Interval.ever.upTo(moment.at)
            return """
                EXISTS (SELECT 1 FROM (SELECT h.changes AS attributes FROM attribute_change h \
                WHERE h.contact_id = c.id\(times("h", interval)) AND \(dialect.jsonKind("h.changes", name)) IS NOT NULL \
                ORDER BY h.at DESC, h.learned_at DESC LIMIT 1) v WHERE \(held))
                """
        }
    }
}
