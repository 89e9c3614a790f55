package import Database
package import Model
package import Segments

/// The names that segments can use, with what stands behind each and for how many people.
package struct NameStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// How often each event happened, and of how many people, is in the summaries.
    ///
    /// - Parameters:
    ///   - counting: Also of how many people each attribute and each property is known, which reads all people, and all events that have
    ///     properties, once: about a second for each million of them.
    ///   - progress: What is being read.
    package func names(counting: Bool = true, progress: (String) -> Void = { _ in }) throws -> KnownNames {
        let vocabulary = try VocabularyStore(database).vocabulary(topics: [], segments: [])
        return try database.read { session in
            let attributes = vocabulary.attributes.sorted { $0.key < $1.key }
            progress("contacts")
            let counts: [Int?] = counting ? try Self.counts(of: attributes.map(\.key), in: session) : attributes.map { _ in nil }
            var names = KnownNames(people: try session.count("SELECT count(*) FROM contact"))
            names.attributes = zip(attributes, counts).map { KnownNames.Value(name: $0.key, kinds: $0.value.kinds, people: $1) }
            for (name, facts) in vocabulary.events.sorted(by: { $0.key < $1.key }) {
                if counting { progress(name) }
                names.events.append(try Self.event(name, facts.properties ?? [:], counting: counting, in: session))
            }
            return names
        }
    }

    /// How many people have each attribute. In groups, since a row of a result has an end.
    private static func counts(of attributes: [String], in session: any SQLSession) throws -> [Int] {
        var counts: [Int] = []
        for start in stride(from: 0, to: attributes.count, by: 100) {
            let group = attributes[start..<min(start + 100, attributes.count)]
            let columns = group.map { "count(NULLIF(\(session.dialect.jsonKind("c.attributes", $0)), 'null'))" as SQL }
            try session.forEach("SELECT \(columns.joined(separator: ", ")) FROM contact c") { row in
                counts += group.indices.map { Int(row.integer($0 - start)) }
            }
        }
        return counts
    }

    private static func event(
        _ name: String, _ properties: [String: ValueFacts], counting: Bool, in session: any SQLSession
    ) throws -> KnownNames.Event {
        let id: SQL = "(SELECT n.id FROM event_name n WHERE n.name = \(name))"
        let sums = try session.first("SELECT sum(s.count), count(*) FROM event_summary s WHERE s.name_id = \(id)") {
            (events: Int($0.integer(0)), people: Int($0.integer(1)))
        }
        let shown = properties.sorted { $0.key < $1.key }.prefix(100)
        var counts: [Int?] = shown.map { _ in nil }
        if counting, !shown.isEmpty {
            let columns = shown.map {
                "count(DISTINCT CASE WHEN \(session.dialect.jsonKind("e.properties", $0.key)) <> 'null' THEN e.contact_id END)" as SQL
            }
            let sql: SQL = "SELECT \(columns.joined(separator: ", ")) FROM event e WHERE e.name_id = \(id)"
            counts = try session.first(sql) { row in columns.indices.map { Int(row.integer($0)) } } ?? counts
        }
        return KnownNames.Event(
            name: name, events: sums?.events ?? 0, people: sums?.people ?? 0,
            properties: zip(shown, counts).map { KnownNames.Value(name: $0.key, kinds: $0.value.kinds, people: $1) })
    }
}

/// What the data contains, for people to read.
package struct KnownNames: Sendable {
    package struct Value: Sendable {
        package var name: String
        package var kinds: Set<ValueKind>
        /// Nil where they were not counted.
        package var people: Int?

        /// `texts and numbers`
        package var words: String { ValueKind.allCases.filter(kinds.contains).map(\.rawValue).joined(separator: " and ") }

        var json: JSONValue {
            .object([
                "name": .text(name), "kinds": .list(ValueKind.allCases.filter(kinds.contains).map { .text($0.rawValue) }),
                "people": people.map { .integer(Int64($0)) } ?? .null,
            ])
        }
    }

    /// Those that are no longer kept included.
    package struct Event: Sendable {
        package var name: String
        package var events: Int
        package var people: Int
        package var properties: [Value]
    }

    package var people: Int
    package var attributes: [Value] = []
    package var events: [Event] = []

    package var json: JSONValue {
        .object([
            "people": .integer(Int64(people)), "attributes": .list(attributes.map(\.json)),
            "events": .list(
                events.map {
                    .object([
                        "name": .text($0.name), "events": .integer(Int64($0.events)), "people": .integer(Int64($0.people)),
                        "properties": .list($0.properties.map(\.json)),
                    ])
                }),
        ])
    }
}
