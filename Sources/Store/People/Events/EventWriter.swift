import Database
import Model
import Segments

/// Writes events within one transaction: one batch, once.
///
/// Rows go in in the order in which they lie in the table, or in that of its index, whichever spares more pages: an event
/// costs what its pages cost to find, read and write, and a file is ordered by person or by time, hardly ever by both.
struct EventWriter {
    private let session: any SQLSession
    private let unknown: UnknownContact
    private let now: Instant
    private var people: PersonMatcher
    private var names: [String: Name] = [:]

    /// People that were made for events of somebody nobody knew.
    var newContacts: Int { people.newContacts }

    private struct Name {
        var id: Int64
        var keptSince: Int64
        var facts = FactNotes()
        var currencies = EventCurrencies()
        var sums: [EventSum] = []
        /// How many were added by this batch.
        var added: Int64 = 0

        mutating func note(_ properties: JSONObject) {
            facts.note(properties)
            currencies.note(properties)
            added += 1
        }
    }

    /// An event on its way: where it goes, and its place in the batch.
    private struct Arrival {
        var index: Int
        var contact: Int64
        var name: Int64
        var at: Int64

        var place: EventNeighbours.Place { EventNeighbours.Place(name: name, at: at, contact: contact) }
    }

    private static let insert = SQLBatch(
        insertInto: "event", ["name_id", "at", "contact_id", "id", "learned_at"].map { .int64($0) } + [.text("properties")],
        unlessThere: ["name_id", "at", "contact_id", "id"])

    /// Which of some events are there in the very same words. Asked by a subquery of one row, which is looked up in the index: of a join
    /// PostgreSQL read the whole table for each batch.
    private static let same = SQLBatch(
        [.int64("name_id"), .int64("at"), .int64("contact_id"), .text("properties")],
        """
        SELECT r.n FROM rows r WHERE (SELECT 1 FROM event e WHERE e.name_id = r.name_id AND e.at = r.at AND e.contact_id = r.contact_id \
        AND COALESCE(e.properties, '') = r.properties LIMIT 1) IS NOT NULL
        """)

    private static let givenColumns: [SQLBatch.Column] = [.int64("contact_id"), .text("given"), .int64("name_id"), .int64("at")]

    private static let remember = SQLBatch(
        insertInto: "event_given_id", givenColumns, unlessThere: ["contact_id", "given", "name_id"])

    /// The same where there are IDs of which nobody knows for events of which name they were given.
    private static let rememberUnlessOfAnyName = SQLBatch(
        givenColumns, identity: ["contact_id", "given", "name_id"],
        """
        INSERT INTO event_given_id (contact_id, given, name_id, at) SELECT r.contact_id, r.given, r.name_id, r.at FROM rows r \
        WHERE NOT EXISTS (SELECT 1 FROM event_given_id o WHERE o.contact_id = r.contact_id AND o.given = r.given AND o.name_id = 0) \
        ON CONFLICT (contact_id, given, name_id) DO NOTHING
        """)

    /// Which of some events are not there in these words at the time of the event that has their ID, and when that is.
    private static let otherwise = SQLBatch(
        givenColumns + [.text("properties")],
        """
        SELECT x.n, x.given_at FROM (SELECT r.n, r.at, r.name_id, r.contact_id, r.properties, (SELECT g.at FROM event_given_id g \
        WHERE g.contact_id = r.contact_id AND g.given = r.given AND g.name_id = r.name_id) AS given_at FROM rows r) x \
        WHERE x.given_at IS NOT NULL AND (x.given_at <> x.at OR (SELECT 1 FROM event e WHERE e.name_id = x.name_id AND e.at = x.at \
        AND e.contact_id = x.contact_id AND COALESCE(e.properties, '') = x.properties LIMIT 1) IS NULL)
        """)

    init(session: any SQLSession, unknown: UnknownContact, now: Instant) throws {
        self.session = session
        self.unknown = unknown
        self.now = now
        people = PersonMatcher(session: session, now: now)
    }

    mutating func record(_ entries: [EventStore.Entry]) throws -> [EventStore.Result] {
        var results = [EventStore.Result](repeating: .known, count: entries.count)
        let matches = try people.matches(
            entries.map { PersonMatcher.Name(email: $0.email, key: $0.email?.key, externalID: $0.externalID) },
            making: unknown == .create)
        var arrivals: [Arrival] = []
        arrivals.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            guard let contact = matches[index].id else {
                results[index] = matches[index] == .twoPeople ? .twoPeople : .noContact
                continue
            }
            let name = try name(entry.name)
            guard entry.at.milliseconds >= name.keptSince else {
                results[index] = .faded
                continue
            }
            arrivals.append(Arrival(index: index, contact: contact, name: name.id, at: entry.at.milliseconds))
        }
        let told = try dropTold(&arrivals, entries)
        var partitions = try EventPartitions(in: session)
        try partitions?.make(for: arrivals.lazy.map(\.at))
        sort(&arrivals)
        var summaries = SummaryNotes()
        var sums = SumNotes()
        for start in stride(from: 0, to: arrivals.count, by: Self.slice) {
            for arrival in try write(arrivals[start..<min(start + Self.slice, arrivals.count)], entries) {
                let entry = entries[arrival.index]
                results[arrival.index] = .added
                names[entry.name]?.note(entry.properties)
                summaries.note(name: arrival.name, contact: arrival.contact, at: arrival.at)
                for sum in names[entry.name]?.sums ?? [] { sums.note(sum, contact: arrival.contact, at: arrival.at, entry.properties) }
            }
        }
        try summaries.write(in: session)
        try sums.write(in: session)
        for arrival in try contradicting(told, entries) { results[arrival.index] = .contradicting }
        try writeFacts()
        return results
    }

    /// Takes out those whose given IDs are known, returns them, and keeps the others' IDs.
    private func dropTold(_ arrivals: inout [Arrival], _ entries: [EventStore.Entry]) throws -> [Arrival] {
        let given = arrivals.indices.filter { entries[arrivals[$0].index].givenID != nil }
        guard !given.isEmpty else { return [] }
        let hasNameless = try session.first("SELECT 1 FROM event_given_id WHERE name_id = 0 LIMIT 1") { _ in true } ?? false
        let isNew = try session.insertions(
            hasNameless ? Self.rememberUnlessOfAnyName : Self.remember,
            given.map { givenRow(arrivals[$0], entries[arrivals[$0].index]) })
        let told = Set(zip(given, isNew).filter { !$1 }.map(\.0))
        guard !told.isEmpty else { return [] }
        let dropped = told.sorted().map { arrivals[$0] }
        arrivals = arrivals.indices.filter { !told.contains($0) }.map { arrivals[$0] }
        return dropped
    }

    private func givenRow(_ arrival: Arrival, _ entry: EventStore.Entry) -> [SQLValue] {
        [.integer(arrival.contact), .init(entry.givenID), .integer(arrival.name), .integer(arrival.at)]
    }

    /// Those of some whose IDs are known that say something else than the event that has it. Asked when all of the batch is written.
    private func contradicting(_ told: [Arrival], _ entries: [EventStore.Entry]) throws -> [Arrival] {
        var others: [Arrival] = []
        for start in stride(from: 0, to: told.count, by: Self.slice) {
            let some = told[start..<min(start + Self.slice, told.count)]
            let rows = some.map { arrival in
                let json = row(arrival, entries[arrival.index])[5]
                return givenRow(arrival, entries[arrival.index]) + [json == .null ? .text("") : json]
            }
            var found: [(arrival: Arrival, at: Int64)] = []
            try session.forEach(Self.otherwise, rows) { found.append((some[start + Int($0.integer(0))], $0.integer(1))) }
            let neighbours = try EventNeighbours(of: Set(found.lazy.filter { $1 == $0.at }.map(\.arrival.place)), in: session)
            for (arrival, at) in found where at != arrival.at || !neighbours.says(entries[arrival.index].properties, at: arrival.place) {
                others.append(arrival)
            }
        }
        return others
    }

    /// By person where few people did much: their rows of the index lie together, and the table is gone through once. By
    /// what and when it would be the other way round.
    private func sort(_ arrivals: inout [Arrival]) {
        var changes = 0
        for (one, next) in zip(arrivals, arrivals.dropFirst()) where one.contact != next.contact { changes += 1 }
        if changes * 3 < arrivals.count {
            arrivals.sort { ($0.name, $0.at, $0.contact, $0.index) < ($1.name, $1.at, $1.contact, $1.index) }
        } else {
            arrivals.sort { ($0.contact, $0.name, $0.at, $0.index) < ($1.contact, $1.name, $1.at, $1.index) }
        }
    }

    /// So many rows are made at once: each holds its JSON.
    private static let slice = 10_000

    /// Those that were not known.
    private func write(_ arrivals: ArraySlice<Arrival>, _ entries: [EventStore.Entry]) throws -> [Arrival] {
        let rows = arrivals.map { row($0, entries[$0.index]) }
        let isIn = try session.insertions(Self.insert, rows)
        let added = zip(arrivals, isIn).filter { $1 }.map(\.0)
        guard added.count < arrivals.count else { return added }
        var others = zip(arrivals, zip(rows, isIn)).filter { !$1.1 }.map { (arrival: $0, row: $1.0) }
        // Most of them are the same told again.
        let nameless = others.indices.filter { entries[others[$0].arrival.index].givenID == nil }
        let asked = nameless.map { place -> [SQLValue] in
            let row = others[place].row
            return Array(row[..<3]) + [row[5] == .null ? .text("") : row[5]]
        }
        var known: Set<Int> = []
        try session.forEach(Self.same, asked) { known.insert(nameless[Int($0.integer(0))]) }
        others = others.indices.filter { !known.contains($0) }.map { others[$0] }
        return try added + writeBeside(others, entries)
    }

    private func row(_ arrival: Arrival, _ entry: EventStore.Entry) -> [SQLValue] {
        let json = entry.properties.isEmpty ? nil : entry.properties.sortedByName.json
        return [
            .integer(arrival.name), .integer(arrival.at), .integer(arrival.contact), .integer(0), .integer(now.milliseconds),
            json.map { .text($0) } ?? .null,
        ]
    }

    /// Those of some that were not known, beside others of the same person, name and instant.
    private func writeBeside(_ others: [(arrival: Arrival, row: [SQLValue])], _ entries: [EventStore.Entry]) throws -> [Arrival] {
        var neighbours = try EventNeighbours(of: Set(others.map(\.arrival.place)), in: session)
        var fresh: [(arrival: Arrival, row: [SQLValue])] = []
        for (arrival, row) in others {
            let entry = entries[arrival.index]
            if entry.givenID == nil, neighbours.says(entry.properties, at: arrival.place) { continue }
            var row = row
            row[3] = .integer(neighbours.add(entry.properties, at: arrival.place))
            fresh.append((arrival, row))
        }
        return zip(fresh, try session.insertions(Self.insert, fresh.map(\.row))).filter { $1 }.map(\.0.arrival)
    }

    /// Keeps which properties and currencies were seen.
    private mutating func writeFacts() throws {
        for (text, var name) in names {
            try name.currencies.write(of: name.id, in: session)
            try session.execute("UPDATE event_name SET events = events + \(name.added) WHERE id = \(name.id)")
            name.added = 0
            names[text] = name
            for (property, kind) in name.facts.all {
                try session.execute(
                    """
                    INSERT INTO event_property_fact (name_id, property, kind) VALUES (\(name.id), \(property), \(kind.rawValue)) \
                    ON CONFLICT (name_id, property, kind) DO NOTHING
                    """)
            }
        }
    }

    private mutating func name(_ name: String) throws -> (id: Int64, keptSince: Int64) {
        if let known = names[name] { return (known.id, known.keptSince) }
        let found = try session.first(
            "SELECT n.id, h.kept_since FROM event_name n LEFT JOIN event_horizon h ON h.name_id = n.id WHERE n.name = \(name)"
        ) { Name(id: $0.integer(0), keptSince: $0.optionalInteger(1) ?? .min) }
        var made = try found ?? Name(id: try add(name), keptSince: .min)
        made.sums = try EventSum.all(of: name, in: session)
        names[name] = made
        return (made.id, made.keptSince)
    }

    private func add(_ name: String) throws -> Int64 {
        let id = try IDBlocks.take(1, of: .eventName, in: session)
        try session.execute("INSERT INTO event_name (id, name) VALUES (\(id), \(name))")
        return id
    }
}

extension JSONObject {
    /// The same members in one order, so that what is the same reads the same.
    fileprivate var sortedByName: JSONObject {
        guard members.count > 1, !zip(members, members.dropFirst()).allSatisfy({ $0.name < $1.name }) else { return self }
        return JSONObject(distinct: members.sorted { $0.name < $1.name })
    }
}
