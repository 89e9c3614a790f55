import CPostgres

/// Which statements a connection keeps prepared: those that were asked before, up to a bound.
///
/// A pure value: it says what is to be done, the connection does it. What is asked once, as segments are, is never prepared.
struct PreparedStatements {
    /// How a statement is run.
    enum Way: Equatable {
        case once(String)
        case kept(String)
    }

    /// What has to be done before it can be.
    struct Work {
        var dropped: [String] = []
        var made: (name: String, sql: String, types: [Oid])?
    }

    private struct Entry {
        var sql: String
        var name: String?
        var types: [Oid] = []
    }

    private var entries: [String: Entry] = [:]
    private var made = 0
    private let capacity: Int

    init(capacity: Int = 128) { self.capacity = capacity }

    /// The text with its places numbered.
    mutating func numbered(_ text: String) -> String {
        if let entry = entries[text] { return entry.sql }
        if entries.count >= capacity { entries.removeAll() }
        let entry = Entry(sql: Placeholders.numbered(text))
        entries[text] = entry
        return entry.sql
    }

    /// What could not be prepared is as if it had never been asked.
    mutating func forget(_ text: String) { entries[text] = nil }

    /// A NULL fits any type; another type where one is set, or where it was a NULL that set none, makes the statement anew.
    mutating func way(of text: String, _ types: [Oid]) -> (Way, Work) {
        var work = Work()
        guard var entry = entries[text] else {
            if entries.count >= capacity {
                work.dropped = entries.values.compactMap(\.name).sorted()
                entries.removeAll()
            }
            return (.once(numbered(text)), work)
        }
        let fits = entry.types.count == types.count && zip(entry.types, types).allSatisfy { $1 == PostgresType.unknown || $0 == $1 }
        if let name = entry.name, fits { return (.kept(name), work) }
        if let name = entry.name { work.dropped.append(name) }
        let merged = types.enumerated().map { index, type in
            type == PostgresType.unknown && index < entry.types.count ? entry.types[index] : type
        }
        made += 1
        let name = "pitwall_\(made)"
        entry.name = name
        entry.types = merged
        entries[text] = entry
        work.made = (name, entry.sql, merged)
        return (.kept(name), work)
    }
}
