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
            let campaigns = try session.all("SELECT name FROM campaign") { $0.text(0) }
            return Vocabulary(attributes: attributes, events: events, topics: topics, segments: segments, campaigns: campaigns)
        }
    }

    /// How many people are in a segment.
    package func count(_ plan: SegmentPlan, at moment: Moment) throws -> Int {
        try database.read { try $0.count(plan.countSQL(dialect: $0.dialect, at: moment)) }
    }

    /// How many people a condition holds for.
    package func count(where condition: SQL) throws -> Int {
        try database.read { try $0.count("SELECT count(*) FROM contact c WHERE \(condition)") }
    }

    /// The IDs of all people a condition holds for, in order.
    package func identifiers(where condition: SQL) throws -> [Int64] {
        try database.read { session in
            try session.all("SELECT c.id FROM contact c WHERE \(condition) ORDER BY c.id") { $0.integer(0) }
        }
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
///
/// The objects of one import have nearly the same names in the same order: each is looked for where the one before was found.
struct FactNotes {
    private var notes: [(name: String, kinds: UInt16)] = []
    private let order = ValueKind.allCases

    mutating func note(_ object: JSONObject) {
        var place = 0
        for (name, value) in object.members {
            guard let kind = ValueKind(value), let index = order.firstIndex(of: kind) else { continue }
            if place < notes.count, notes[place].name == name {
                notes[place].kinds |= 1 << UInt16(index)
                place += 1
                continue
            }
            if let ahead = notes[place...].firstIndex(where: { $0.name == name }) ?? notes[..<place].firstIndex(where: { $0.name == name })
            {
                place = ahead
            } else {
                place = notes.count
                notes.append((name, 0))
            }
            notes[place].kinds |= 1 << UInt16(index)
            place += 1
        }
    }

    var all: [(name: String, kind: ValueKind)] {
        notes.sorted { $0.name < $1.name }.flatMap { note in
            order.enumerated().filter { note.kinds & 1 << UInt16($0.offset) != 0 }.map { (note.name, $0.element) }
        }
    }
}
