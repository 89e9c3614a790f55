import Database
import Model

/// Says a condition in SQL that SQLite and PostgreSQL both take. Everything a person wrote goes into the arguments.
///
/// 1. An expression is true or not true; a test of an unknown value may be null, which `and`, `or` and `WHERE` take for
///    false. Only `not` has to tell: it is `IS NOT TRUE`.
/// 2. Behaviour asks the events first and the contacts by the answer (`c.id IN (…)`): the subselect does not depend on the
///    contact, so it runs once, over one event's rows in their order of time. Only where an index answers alone (all time, no
///    property asked) is each contact asked: a set of all who ever did it took 2.4 times as long to build (200,000 contacts,
///    400,000 such events, SQLite).
/// 3. What is asked of all time and of no property is in the summaries, a row a person and event. One counts as it stands where
///    its last event is not after the moment; else, and where only what was known counts, the events are asked, and beside
///    them what is left of those that are no longer kept (``FadedSQL``).
/// 4. A number is compared only where the value is one: `CASE` keeps a database from casting what is none.
struct SQLCompiler {
    let dialect: any Dialect
    let moment: Moment
    /// The name of the event's row at hand, inside `where (…)`.
    private(set) var row = "e"

    /// Whether it is asked of single contacts, of whom indexes answer.
    private let asksFew: Bool

    init(dialect: any Dialect, moment: Moment, asksFew: Bool = false) {
        self.dialect = dialect
        self.moment = moment
        self.asksFew = asksFew
    }

    /// The same, of events called `row`.
    func of(_ row: String) -> SQLCompiler {
        var other = self
        other.row = row
        return other
    }

    func expression(_ condition: Condition) -> SQL {
        switch condition {
        case .all(let items): conjunction(items)
        case .any(let items): items.isEmpty ? "1 = 0" : "(\(items.map { expression($0) }.joined(separator: " OR ")))"
        case .not(let item): "(\(expression(item))) IS NOT TRUE"
        case .value(let operand, let test): value(operand, test)
        case .behaviour(let behaviour): of(self.behaviour(behaviour))
        case .sequence(let sequence): of(self.sequence(sequence))
        case .amount(let test): of(amount(test))
        case .edge(let edge): self.edge(edge).map { of($0) } ?? outermost(edge)
        case .engagement(let engagement): self.engagement(engagement)
        case .consent(let consent): standing(consent).map { of($0) } ?? self.consent(consent)
        case .segment(_, let condition): expression(condition)
        case .sample(let sample): sample.sql("c.id")
        }
    }

    private func of(_ crowd: Crowd) -> SQL {
        (asksFew ? crowd.lookup : nil) ?? crowd.sql
    }

    // MARK: - Behaviour

    func interval(_ window: Window?) -> Interval {
        (window?.interval(at: moment.at, zone: moment.zone) ?? .ever).upTo(moment.at)
    }

    /// What is true of the rows that are in the set, called ``row``.
    func isIn(_ set: EventSet) -> SQL {
        let filter: SQL = set.filter.map { " AND \(expression($0))" } ?? ""
        return "\(named(set))\(times(row, interval(set.window)))\(filter)"
    }

    func named(_ set: EventSet) -> SQL {
        "\(raw: row).name_id = (SELECT n.id FROM event_name n WHERE n.name = \(set.event))"
    }

    func behaviour(_ behaviour: Behaviour) -> Crowd {
        if let sums = SummarySQL(behaviour.events, self) { return sums.behaviour(behaviour.bounds) }
        switch behaviour.bounds {
        case .none: return whoever(behaviour.events).complement
        case .some: return whoever(behaviour.events)
        case let bounds:
            guard bounds.least == 0, let most = bounds.most else { return Crowd(people: often(behaviour.events, bounds)) }
            return Crowd(people: often(behaviour.events, Bounds(least: most + 1, most: nil)), others: true)
        }
    }

    private func often(_ set: EventSet, _ bounds: Bounds) -> SQL {
        guard moment.known == nil else {
            let (rows, number) = numbers(of: set)
            return "SELECT e.contact_id \(rows) GROUP BY e.contact_id HAVING \(number) \(within(bounds))"
        }
        return dialect.often("e.contact_id", "FROM event e WHERE \(isIn(set))", least: bounds.least, most: bounds.most)
    }

    /// Properties are not in the index of what a person did.
    private func whoever(_ set: EventSet) -> Crowd {
        let faded = FadedSQL(set, self)
        let more: SQL = faded.map { " UNION ALL \($0.people)" } ?? ""
        let people: SQL = "SELECT e.contact_id FROM event e WHERE \(isIn(set))\(more)"
        guard set.filter == nil, moment.known == nil else { return Crowd(people: people, isDistinct: false) }
        let own: SQL = "EXISTS (SELECT 1 FROM event e WHERE e.contact_id = c.id AND \(isIn(set)))"
        // Asked once whether anything has faded at all: to look for each person in an empty table is a fifth of the whole.
        let lookup: SQL =
            faded.map { "(\(own) OR (EXISTS (SELECT 1 FROM event_faded) AND EXISTS (\($0.people) AND f.contact_id = c.id)))" } ?? own
        return Crowd(people: people, isDistinct: false, lookup: lookup)
    }

    /// Rows `e`, and how many events those of one person are.
    ///
    /// Where all that is known counts, the summaries are asked instead, and need no adding up.
    func numbers(of set: EventSet) -> (rows: SQL, number: SQL) {
        if moment.known != nil, let numbers = FadedSQL(set, self)?.numbers { return ("FROM (\(numbers)) e", "sum(e.n)") }
        return ("FROM event e WHERE \(isIn(set))", "count(*)")
    }

    /// Whether each contact is asked, not all events: where an index answers alone.
    func looksAtEach(_ set: EventSet) -> Bool {
        set.filter == nil && interval(set.window).from == nil && moment.known == nil
    }

    /// What is asked of a number.
    func within(_ bounds: Bounds) -> SQL {
        guard let most = bounds.most else { return ">= \(bounds.least)" }
        return bounds.least == most ? "= \(most)" : "BETWEEN \(bounds.least) AND \(most)"
    }

    /// The rows of `table` that are about the interval and count at the moment.
    func times(_ table: String, _ interval: Interval) -> SQL {
        var sql: SQL = ""
        if let from = interval.from { sql += " AND \(raw: table).at >= \(from.milliseconds)" }
        if let to = interval.to { sql += " AND \(raw: table).at < \(to.milliseconds)" }
        if let known = moment.known { sql += " AND \(raw: table).learned_at <= \(known.milliseconds)" }
        return sql
    }

    // MARK: - Permission

    /// Who consents: what holds of each person is found in one pass. The number says when, and which state wins of one instant.
    func standing(_ test: ConsentTest) -> Crowd? {
        guard test.act == .consents else { return nil }
        let told: SQL = "s.topic = \(test.topic) AND s.state <> \(Consent.State.pending)\(times("s", interval(test.window)))"
        let people: SQL = """
            SELECT s.contact_id FROM consent s WHERE \(told) GROUP BY s.contact_id HAVING (max(s.at * 4 + s.state) & 3) = \(Consent.State.confirmed)
            """
        return Crowd(people: people, lookup: "COALESCE(\(consent(test)), 1 = 0)")
    }

    private func consent(_ test: ConsentTest) -> SQL {
        let rows: SQL = "FROM consent s WHERE s.contact_id = c.id AND s.topic = \(test.topic)\(times("s", interval(test.window)))"
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
            return ValueSQL(column: .member("\(row).properties", name), dialect: dialect, moment: moment).expression(test)
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
