import Database
import Model

/// The table of events cut into months, where the database can do that and somebody has asked for it (docs/decisions/0022 says what it is
/// good for).
///
/// Nothing else in the program knows of it: who reads names the table of all of them. A month is made when the first event of it comes, and goes
/// when the last has faded.
struct EventPartitions {
    struct Part: Hashable {
        var table: String
        /// From its first instant to the first of the next, in milliseconds.
        var range: Range<Int64>
    }

    private let partitioning: any Partitioning
    private let session: any SQLSession
    private(set) var parts: [Part]
    /// A part that is somebody else's making takes what no other does.
    private let takesAll: Bool

    /// Nil where the table is whole.
    init?(in session: any SQLSession) throws {
        guard let partitioning = session.dialect.partitioning else { return nil }
        let rows = try session.all(partitioning.parts(of: "event")) { row in
            (table: row.optionalText(0), from: row.optionalInteger(1), to: row.optionalInteger(2))
        }
        guard !rows.isEmpty else { return nil }
        self.partitioning = partitioning
        self.session = session
        parts = rows.compactMap { row in
            guard let table = row.table, let from = row.from, let to = row.to, from < to else { return nil }
            return Part(table: table, range: from..<to)
        }
        takesAll = rows.contains { $0.table != nil && $0.from == nil }
    }

    /// Makes the months of these instants that are not there.
    mutating func make(for instants: some Sequence<Int64>) throws {
        guard !takesAll else { return }
        let known = parts.count
        var last: Range<Int64>?
        for instant in instants where last?.contains(instant) != true {
            if let known = parts.first(where: { $0.range.contains(instant) }) {
                last = known.range
            } else {
                last = try make(for: instant).range
            }
        }
        if parts.count > known { try session.script(partitioning.learn("event")) }
    }

    /// The month of an instant, or what is left of it between parts that are there.
    private mutating func make(for instant: Int64) throws -> Part {
        let (name, month) = Self.month(of: instant)
        let from = parts.map(\.range.upperBound).filter { $0 <= instant }.max().map { max($0, month.lowerBound) } ?? month.lowerBound
        let to = parts.map(\.range.lowerBound).filter { $0 > instant }.min().map { min($0, month.upperBound) } ?? month.upperBound
        let isWhole = from == month.lowerBound && to == month.upperBound
        let wanted = isWhole ? name : "\(name)_from_\(from / 1000)"
        // A part that somebody took out of the table may be there still.
        var (free, number) = (wanted, 2)
        while try session.count(partitioning.tables(named: free)) > 0 { (free, number) = ("\(wanted)_\(number)", number + 1) }
        let part = Part(table: free, range: from..<to)
        try session.script(partitioning.make(part.table, of: "event", from: from, to: to))
        parts.append(part)
        return part
    }

    func drop(_ part: Part) throws { try session.script(partitioning.drop(part.table, of: "event")) }

    /// By the calendar in Greenwich: `event_2026_11`.
    private static func month(of instant: Int64) -> (name: String, range: Range<Int64>) {
        let day = Zone.utc.date(at: Instant(milliseconds: instant))
        let first = CivilDate(year: day.year, month: day.month, day: 1)
        let next = first.adding(days: CivilDate.days(inMonth: day.month, of: day.year))
        let number = day.month < 10 ? "0\(day.month)" : "\(day.month)"
        return ("event_\(day.year)_\(number)", first.daysSinceEpoch * 86_400_000..<next.daysSinceEpoch * 86_400_000)
    }
}

extension EventStore {
    /// What came of ``partition()``.
    package enum Partitioned: Hashable, Sendable {
        case done(months: Int, events: Int)
        case already(months: Int)
        /// This kind of database cuts no tables.
        case impossible
    }

    /// Cuts the table of events into months, all of it in one transaction that nobody reads events beside: killed, nothing has happened. The
    /// events are there twice until it ends.
    package func partition() throws -> Partitioned {
        try database.write { session in
            guard let partitioning = session.dialect.partitioning else { return .impossible }
            if let known = try EventPartitions(in: session) { return .already(months: known.parts.count) }
            guard let layout = try TableLayout.all(in: session).first(where: { $0.name == "event" }) else { return .impossible }
            let particulars = try session.all(partitioning.particulars(of: "event")) { $0.text(0) }
            try session.script(partitioning.cut("event", by: "at", keepingAs: "event_whole"))
            // Midnight of each day there is something of: some thousands at most.
            let days = try session.all("SELECT DISTINCT at / 86400000 FROM event_whole ORDER BY 1") { $0.integer(0) * 86_400_000 }
            var partitions = try EventPartitions(in: session)
            try partitions?.make(for: days)
            let events = try session.execute("INSERT INTO event (\(raw: layout.names)) SELECT \(raw: layout.names) FROM event_whole")
            let key = layout.key.joined(separator: ", ")
            try session.script("DROP TABLE event_whole; ALTER TABLE event ADD PRIMARY KEY (\(key))")
            try session.script(partitioning.learn("event"))
            for statement in particulars { try session.script(statement) }
            return .done(months: partitions?.parts.count ?? 0, events: events)
        }
    }
}
