package import Database
package import Model
package import Segments

/// The names that segments can use, with what stands behind each and for how many people.
package struct NameStore: Sendable {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Reads all people and all events once.
    package func names() throws -> KnownNames {
        let vocabulary = try VocabularyStore(database).vocabulary(topics: [], segments: [])
        return try database.read { session in
            let attributes = vocabulary.attributes.sorted { $0.key < $1.key }
            let counts = try Self.counts(of: attributes.map(\.key), in: session)
            var names = KnownNames(people: try session.count("SELECT count(*) FROM contact"))
            names.attributes = zip(attributes, counts).map { KnownNames.Value(name: $0.key, kinds: $0.value.kinds, people: $1) }
            for (name, facts) in vocabulary.events.sorted(by: { $0.key < $1.key }) {
                names.events.append(try Self.event(name, facts.properties ?? [:], in: session))
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
        _ name: String, _ properties: [String: ValueFacts], in session: any SQLSession
    ) throws -> KnownNames.Event {
        let shown = properties.sorted { $0.key < $1.key }.prefix(100)
        let columns: [SQL] =
            ["count(*)", "count(DISTINCT e.contact_id)"]
            + shown.map {
                "count(DISTINCT CASE WHEN \(session.dialect.jsonKind("e.properties", $0.key)) <> 'null' THEN e.contact_id END)"
            }
        let sql: SQL = """
            SELECT \(columns.joined(separator: ", ")) FROM event e WHERE e.name_id = (SELECT n.id FROM event_name n WHERE n.name = \(name))
            """
        let row = try session.first(sql) { row in columns.indices.map { Int(row.integer($0)) } } ?? []
        return KnownNames.Event(
            name: name, events: row.first ?? 0, people: row.dropFirst().first ?? 0,
            properties: zip(shown, row.dropFirst(2)).map { KnownNames.Value(name: $0.key, kinds: $0.value.kinds, people: $1) })
    }
}

/// What the data contains, for people to read.
package struct KnownNames: Sendable {
    package struct Value: Sendable {
        package var name: String
        package var kinds: Set<ValueKind>
        package var people: Int

        /// `texts and numbers`
        package var words: String { ValueKind.allCases.filter(kinds.contains).map(\.rawValue).joined(separator: " and ") }

        var json: JSONValue {
            .object([
                "name": .text(name), "kinds": .list(ValueKind.allCases.filter(kinds.contains).map { .text($0.rawValue) }),
                "people": .integer(Int64(people)),
            ])
        }
    }

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
