package import Database
package import Model
package import Segments

/// What the data contains: the names that segments and templates may use.
package struct VocabularyStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    package func vocabulary(topics: [String], segments: [String]) throws -> Vocabulary {
        try database.read { session in
            var attributes: [String: ValueFacts] = [:]
            try session.forEach("SELECT name, kind FROM attribute_fact") { row in
                guard let kind = ValueKind(rawValue: row.text(1)) else { return }
                attributes[row.text(0), default: ValueFacts()].kinds.insert(kind)
            }
            var events: [String: EventFacts] = [:]
            try session.forEach(
                "SELECT n.name, f.property, f.kind FROM event_name n LEFT JOIN event_property_fact f ON f.name_id = n.id"
            ) { row in
                var facts = events[row.text(0)] ?? EventFacts(properties: [:])
                if let kind = ValueKind(rawValue: row.text(2)) { facts.properties?[row.text(1), default: ValueFacts()].kinds.insert(kind) }
                events[row.text(0)] = facts
            }
            return Vocabulary(attributes: attributes, events: events, topics: topics, segments: segments)
        }
    }

    /// How many people a condition holds for.
    package func count(where condition: SQL) throws -> Int {
        try database.read { try $0.count("SELECT count(*) FROM contact c WHERE \(condition)") }
    }

    /// The people a condition holds for, by ID, at most `limit`.
    package func people(where condition: SQL, limit: Int?, _ body: (Contact) throws -> Void) throws {
        try database.read { session in
            let bound: SQL = limit.map { " LIMIT \($0)" } ?? ""
            try session.forEach("SELECT c.id, c.email, c.attributes FROM contact c WHERE \(condition) ORDER BY c.id\(bound)") {
                try body(Contact(row: $0))
            }
        }
    }
}

/// Notes which names were seen with which kinds of value: a bit a kind, since an import notes millions.
struct FactNotes {
    private var kinds: [String: UInt16] = [:]
    private let order = ValueKind.allCases

    mutating func note(_ object: JSONObject) {
        for (name, value) in object.members {
            guard let kind = ValueKind(value), let index = order.firstIndex(of: kind) else { continue }
            kinds[name, default: 0] |= 1 << UInt16(index)
        }
    }

    var all: [(name: String, kind: ValueKind)] {
        kinds.sorted { $0.key < $1.key }.flatMap { name, bits in
            ValueKind.allCases.enumerated().filter { bits & 1 << UInt16($0.offset) != 0 }.map { (name, $0.element) }
        }
    }
}
