import Database
import Model

/// Amounts of all that a person ever did, put to the sums that are kept: rows `t`, a row a person who did the event.
///
/// As with ``SummarySQL``, a sum is exact at a moment where its last event is not after it. Others, and all where only what was known
/// then counts, are worked out of the person's events and of what of them has faded. Whether a sum is kept the database finds out
/// with each question, and asks the events where it is not (see ``isKept``).
struct KeptSumSQL {
    private let function: DecimalFunction
    private let compiler: SQLCompiler
    private let property: String
    private let event: String
    /// Events before this count.
    private let end: Int64

    /// Nil where no sum can tell: a window with a beginning, or a filter.
    init?(_ amount: Amount, _ compiler: SQLCompiler) {
        let interval = compiler.interval(amount.events.window)
        guard let function = amount.decimalFunction, let property = amount.property, amount.events.filter == nil, interval.from == nil,
            let to = interval.to
        else { return nil }
        self.function = function
        self.compiler = compiler
        self.property = property
        event = amount.events.event
        end = to.milliseconds
    }

    private var dialect: any Dialect { compiler.dialect }

    private var kept: SQL { "FROM event_summed k WHERE k.event = \(event) AND k.property = \(property) AND k.next_contact IS NULL" }

    /// Asked once.
    var isKept: SQL { "EXISTS (SELECT 1 \(kept))" }

    /// Joined rather than looked up one in the other, since SQLite's parser takes only so much of that; see ``Nesting``.
    private var rows: SQL {
        """
        FROM event_summed k JOIN event_name n ON n.name = k.event JOIN event_sum t ON t.sum_id = k.id \
        WHERE k.event = \(event) AND k.property = \(property) AND k.next_contact IS NULL
        """
    }

    /// Whose value is asked for what is true of it.
    func people(_ asked: (SQL) -> SQL) -> SQL {
        "SELECT t.contact_id \(rows) AND \(asked(value))"
    }

    /// The value `v` of everybody who did the event by then.
    var values: SQL {
        let isOver: SQL = compiler.moment.known == nil ? "t.last_at < \(end) OR " : ""
        let hasDone: SQL = "(\(isOver)EXISTS (SELECT 1 \(events)) OR EXISTS (SELECT 1 \(faded)))"
        return "SELECT t.contact_id, \(value) AS v \(rows) AND \(hasDone)"
    }

    private var value: SQL {
        guard compiler.moment.known == nil else { return older }
        let stored: SQL =
            switch function {
            case .sum: "t.total"
            case .avg: dialect.decimalQuotient("t.total", "t.count")
            case .min: "t.least"
            case .max: "t.most"
            }
        return "CASE WHEN t.last_at < \(end) THEN \(stored) ELSE \(older) END"
    }

    // MARK: - Of the events

    /// The sign makes databases go by the person.
    private var events: SQL {
        let times = compiler.times("e", Interval(from: nil, to: Instant(milliseconds: end)))
        return "FROM event e WHERE e.contact_id = t.contact_id AND +e.name_id = n.id\(times)"
    }

    /// Rows `q`, of those of whom all that has faded counts.
    private var faded: SQL {
        let known: SQL = compiler.moment.known.map { " AND f.learned_at <= \($0.milliseconds)" } ?? ""
        return """
            FROM event_sum_faded q JOIN event_faded f ON f.contact_id = q.contact_id AND f.name_id = n.id \
            WHERE q.sum_id = t.sum_id AND q.contact_id = t.contact_id AND f.last_at < \(end)\(known)
            """
    }

    private func aggregate(_ function: DecimalFunction) -> SQL { dialect.jsonAggregate(function, "e.properties", property) }

    private var older: SQL {
        switch function {
        case .sum: return total
        case .avg:
            let isNumber: SQL = "\(dialect.jsonKind("e.properties", property)) IN ('integer', 'real')"
            let count: SQL = "(SELECT COALESCE(sum(CASE WHEN \(isNumber) THEN 1 ELSE 0 END), 0) \(events))"
            return dialect.decimalQuotient(total, "(\(count) + COALESCE((SELECT q.count \(faded)), 0))")
        case .min, .max:
            let column = function == .min ? "least" : "most"
            let all: SQL = "SELECT \(aggregate(function)) AS v \(events) UNION ALL SELECT q.\(raw: column) \(faded)"
            return "(SELECT \(raw: function.rawValue)(x.v) FROM (\(all)) x)"
        }
    }

    private var total: SQL {
        let kept: SQL = "(SELECT \(aggregate(.sum)) \(events))"
        return dialect.decimalSum(kept, "COALESCE((SELECT q.total \(faded)), \(dialect.decimal(.zero)))")
    }

    // MARK: - Currencies

    /// The first and the last of the currencies in which what has faded of everybody was.
    var currencies: SQL {
        let known: SQL = compiler.moment.known.map { " AND f.learned_at <= \($0.milliseconds)" } ?? ""
        let rows: SQL = """
            FROM event_sum_faded q JOIN event_faded f ON f.contact_id = q.contact_id \
            AND f.name_id = (SELECT n.id FROM event_name n WHERE n.name = \(event)) \
            WHERE q.sum_id = (SELECT k.id \(kept)) AND f.last_at < \(end)\(known)
            """
        return "SELECT min(q.currency), max(q.other_currency) \(rows)"
    }

    /// Since when events are in the sum: a row with NULL where all are, and no row where no sum is kept.
    static func since(_ event: String, _ property: String) -> SQL {
        "SELECT k.since FROM event_summed k WHERE k.event = \(event) AND k.property = \(property) AND k.next_contact IS NULL"
    }
}
