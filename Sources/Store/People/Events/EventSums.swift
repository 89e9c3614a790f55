import Database
import Model
import Segments

/// A property whose numbers are added up, a person each.
struct EventSum: Hashable {
    var id: Int64
    var event: String
    var property: String

    static func all(of event: String, in session: any SQLSession) throws -> [EventSum] {
        try session.all("SELECT id, property FROM event_summed WHERE event = \(event) ORDER BY id") {
            EventSum(id: $0.integer(0), event: event, property: $0.text(1))
        }
    }

    /// By the number of the event's name; those of events that nobody did yet have none.
    static func byName(in session: any SQLSession) throws -> [Int64: [EventSum]] {
        let all = try session.all("SELECT n.id, k.id, k.event, k.property FROM event_summed k JOIN event_name n ON n.name = k.event") {
            ($0.integer(0), EventSum(id: $0.integer(1), event: $0.text(2), property: $0.text(3)))
        }
        return Dictionary(grouping: all, by: \.0).mapValues { $0.map(\.1) }
    }

    /// Nil where nobody did the event yet.
    func name(in session: any SQLSession) throws -> Int64? {
        try session.first("SELECT id FROM event_name WHERE name = \(event)") { $0.integer(0) }
    }
}

/// What some numbers come to.
struct SumNote {
    private(set) var count: Int64 = 0
    private(set) var total = ExactDecimal.zero
    private(set) var least: ExactDecimal?
    private(set) var most: ExactDecimal?

    /// What is no number is left out.
    mutating func note(_ value: JSONValue?) {
        guard let number = value?.decimal else { return }
        count += 1
        total = count == 1 ? number : total + number
        least = least.map { min($0, number) } ?? number
        most = most.map { max($0, number) } ?? number
    }

    /// Count, total, least and most.
    func values(_ dialect: any Dialect) -> [SQLValue] {
        let bounds = [least, most].map { number -> SQLValue in number.map { dialect.decimalValue($0) } ?? .null }
        return [.integer(count), dialect.decimalValue(total)] + bounds
    }
}

/// What the events of one batch add to the sums.
struct SumNotes {
    private struct Key: Hashable {
        var sum: Int64
        var contact: Int64
    }

    private var notes: [Key: (last: Int64, numbers: SumNote)] = [:]

    mutating func note(_ sum: EventSum, contact: Int64, at: Int64, _ properties: JSONObject) {
        let key = Key(sum: sum.id, contact: contact)
        var note = notes[key] ?? (at, SumNote())
        note.last = max(note.last, at)
        note.numbers.note(properties.exactly(sum.property))
        notes[key] = note
    }

    /// One row a person and property, in the order of the table.
    func write(in session: any SQLSession) throws {
        let dialect = session.dialect
        let sorted = notes.sorted { ($0.key.sum, $0.key.contact) < ($1.key.sum, $1.key.contact) }
        try session.execute(
            EventSums.addition(dialect),
            sorted.map { key, note in [.integer(key.sum), .integer(key.contact), .integer(note.last)] + note.numbers.values(dialect) })
    }
}

enum EventSums {
    /// Adds such rows to the sums.
    static func addition(_ dialect: any Dialect) -> SQLBatch {
        SQLBatch(
            insertInto: "event_sum",
            ["sum_id", "contact_id", "last_at", "count"].map { .int64($0) } + ["total", "least", "most"].map { .decimal($0) },
            identity: ["sum_id", "contact_id"], merging(dialect).text)
    }

    /// A statement that adds `rows` (sum_id, contact_id, last_at, count, total, least, most) to the sums.
    static func adding(_ rows: SQL, _ dialect: any Dialect) -> SQL {
        "INSERT INTO event_sum (sum_id, contact_id, last_at, count, total, least, most) \(rows) \(merging(dialect))"
    }

    /// It takes no arguments.
    private static func merging(_ dialect: any Dialect) -> SQL {
        """
        ON CONFLICT (sum_id, contact_id) DO UPDATE SET last_at = \(greater("event_sum.last_at", "excluded.last_at")), \
        \(merged("event_sum", dialect))
        """
    }

    /// The same for `event_sum_faded` (sum_id, contact_id, count, total, least, most, currency, other_currency).
    static func fading(_ rows: SQL, _ dialect: any Dialect) -> SQL {
        """
        INSERT INTO event_sum_faded (sum_id, contact_id, count, total, least, most, currency, other_currency) \(rows) \
        ON CONFLICT (sum_id, contact_id) DO UPDATE SET \(merged("event_sum_faded", dialect)), \
        currency = \(lesser("event_sum_faded.currency", "excluded.currency")), \
        other_currency = \(greater("event_sum_faded.other_currency", "excluded.other_currency"))
        """
    }

    private static func merged(_ table: String, _ dialect: any Dialect) -> SQL {
        """
        count = \(raw: table).count + excluded.count, total = \(dialect.decimalSum("\(raw: table).total", "excluded.total")), \
        least = \(lesser("\(table).least", "excluded.least")), most = \(greater("\(table).most", "excluded.most"))
        """
    }

    /// Of two that may be NULL.
    private static func lesser(_ a: String, _ b: String) -> SQL {
        "CASE WHEN \(raw: a) IS NULL OR \(raw: b) < \(raw: a) THEN \(raw: b) ELSE \(raw: a) END"
    }

    private static func greater(_ a: String, _ b: String) -> SQL {
        "CASE WHEN \(raw: a) IS NULL OR \(raw: b) > \(raw: a) THEN \(raw: b) ELSE \(raw: a) END"
    }

    /// Works the sums of some people out anew, from what is kept and what has faded. Their summaries are there already.
    ///
    /// - Parameter whose: a condition on `contact_id` of the table that is named, such as `e.contact_id = 7`.
    static func refresh(_ sum: EventSum, name: Int64, in session: any SQLSession, whose: (String) -> SQL) throws {
        let dialect = session.dialect
        try session.execute("DELETE FROM event_sum WHERE sum_id = \(sum.id) AND \(whose("event_sum"))")
        // By the person, and from the index to the row: with fewer words SQLite reads all that these people did, or all events of the
        // name, which took five times as long.
        let kept: SQL = """
            SELECT \(sum.id), s.contact_id, max(e.at), \(numbers(sum, dialect)) \
            FROM event_summary s CROSS JOIN event k CROSS JOIN event e WHERE s.name_id = \(name) AND \(whose("s")) \
            AND k.contact_id = s.contact_id AND k.name_id = s.name_id AND e.name_id = k.name_id AND e.at = k.at \
            AND e.contact_id = k.contact_id AND e.id = k.id GROUP BY s.contact_id
            """
        try session.execute(adding(kept, dialect))
        let faded: SQL = """
            SELECT q.sum_id, q.contact_id, f.last_at, q.count, q.total, q.least, q.most FROM event_sum_faded q \
            JOIN event_faded f ON f.name_id = \(name) AND f.contact_id = q.contact_id WHERE q.sum_id = \(sum.id) AND \(whose("q"))
            """
        try session.execute(adding(faded, dialect))
    }

    /// Adds events that are about to be dropped to what has faded; `old`: a condition on events `e`.
    static func fade(_ sum: EventSum, _ old: SQL, in session: any SQLSession) throws {
        let dialect = session.dialect
        let isText: SQL = "\(dialect.jsonKind("e.properties", Currency.property)) = 'text'"
        let member = dialect.jsonMember("e.properties", Currency.property)
        let currency: SQL = "CASE WHEN \(isText) AND \(isNumber(sum, dialect)) THEN \(member) END"
        let rows: SQL = """
            SELECT \(sum.id), e.contact_id, \(numbers(sum, dialect)), min(\(currency)), max(\(currency)) FROM event e WHERE \(old) \
            GROUP BY e.contact_id
            """
        try session.execute(fading(rows, dialect))
    }

    /// What the events that are kept come to: contact_id, count, total, least and most.
    static func kept(_ sum: EventSum, name: Int64, _ dialect: any Dialect) -> SQL {
        let names = ["count", "total", "least", "most"]
        let columns = zip(parts(sum, dialect), names).map { "\($0) AS \(raw: $1)" as SQL }.joined(separator: ", ")
        return "SELECT e.contact_id, \(columns) FROM event e WHERE e.name_id = \(name) GROUP BY e.contact_id"
    }

    /// Whether a row of `event_sum` is not what those and a row of `event_sum_faded` come to together; either may be missing.
    static func differs(_ row: String, from kept: String, and faded: String, _ dialect: any Dialect) -> SQL {
        let zero = dialect.decimal(.zero)
        func total(_ table: String) -> SQL { "COALESCE(\(raw: table).total, \(zero))" }
        func isOther(_ column: String, _ bound: SQL) -> SQL {
            "(\(raw: row).\(raw: column) IS NULL) <> (\(bound) IS NULL) OR \(raw: row).\(raw: column) <> \(bound)"
        }
        let least = lesser("\(kept).least", "\(faded).least")
        let most = greater("\(kept).most", "\(faded).most")
        return """
            \(raw: row).count <> COALESCE(\(raw: kept).count, 0) + COALESCE(\(raw: faded).count, 0) \
            OR \(raw: row).total <> \(dialect.decimalSum(total(kept), total(faded))) OR \(isOther("least", "(\(least))")) OR \(isOther("most", "(\(most))"))
            """
    }

    private static func isNumber(_ sum: EventSum, _ dialect: any Dialect) -> SQL {
        "\(dialect.jsonKind("e.properties", sum.property)) IN ('integer', 'real')"
    }

    /// Count, total, least and most of events `e`.
    private static func numbers(_ sum: EventSum, _ dialect: any Dialect) -> SQL { parts(sum, dialect).joined(separator: ", ") }

    private static func parts(_ sum: EventSum, _ dialect: any Dialect) -> [SQL] {
        let exact = [DecimalFunction.sum, .min, .max].map { dialect.jsonAggregate($0, "e.properties", sum.property) }
        return ["COALESCE(sum(CASE WHEN \(isNumber(sum, dialect)) THEN 1 ELSE 0 END), 0)"] + exact
    }
}
