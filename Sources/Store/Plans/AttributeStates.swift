import Database
import Model

/// How an attribute of a contact may stand.
package struct AttributeStates: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Not there, or null.
    package static let nothing = AttributeStates(rawValue: 1)
    package static let emptyText = AttributeStates(rawValue: 2)
    package static let no = AttributeStates(rawValue: 4)
    package static let something = AttributeStates(rawValue: 8)

    /// The state of one attribute, as its number.
    static func state(of name: String, in column: String, _ dialect: any Dialect) -> SQL {
        let kind = dialect.jsonKind(column, name)
        return """
            CASE WHEN \(kind) IS NULL OR \(kind) = 'null' THEN 1 WHEN \(kind) = 'false' THEN 4 \
            WHEN \(kind) = 'text' AND \(dialect.jsonMember(column, name)) = '' THEN 2 ELSE 8 END
            """
    }

    /// True of everybody with whom the attribute stands so, and of few others, for less than to find out.
    func mayBe(of name: String, in column: String, _ dialect: any Dialect) -> SQL? {
        guard !contains(.something), let isNamed = dialect.jsonMentions(column, JSONValue.text(name).json) else { return nil }
        var signs: [SQL] = []
        // The value comes first: most people have the attribute, and few have it so.
        for (state, value) in [(AttributeStates.emptyText, JSONValue.text("")), (.no, .bool(false))] where contains(state) {
            guard let mention = dialect.jsonMentions(column, value.json) else { return nil }
            signs.append("\(mention) AND \(isNamed)")
        }
        // A name that is not mentioned is not there; one that is mentioned may be.
        if contains(.nothing) { signs.append("NOT (\(isNamed)) OR COALESCE(\(dialect.jsonKind(column, name)), 'null') = 'null'") }
        return signs.isEmpty ? "(1 = 0)" : "(\(signs.joined(separator: " OR ")))"
    }
}

/// What is asked of people's attributes: that they stand as one of some cases says. An attribute that a case does not name may stand anyhow.
package struct AttributeQuestion: Hashable, Sendable {
    package typealias Case = [String: AttributeStates]

    package var cases: [Case]

    package init(_ cases: [Case]) { self.cases = cases }

    var names: Set<String> { cases.reduce(into: []) { $0.formUnion($1.keys) } }

    /// - Parameter columns: of the states, by attribute.
    func sql(_ columns: [String: Int]) -> SQL {
        let either = cases.map { one in
            let all = one.sorted { $0.key < $1.key }.compactMap { name, states in
                columns[name].map { SQL(raw: "(s\($0) & \(states.rawValue)) <> 0") }
            }
            return all.isEmpty ? "(1 = 1)" : "(\(all.joined(separator: " AND ")))" as SQL
        }
        return either.isEmpty ? "(1 = 0)" : "(\(either.joined(separator: " OR ")))"
    }

    /// True of everybody of whom one of the questions holds, and of few others; nil where that is no less work.
    static func mayHold(_ questions: [AttributeQuestion], in column: String, _ dialect: any Dialect) -> SQL? {
        let cases = Set(questions.flatMap(\.cases))
        guard cases.count <= 8 else { return nil }
        let signs = cases.map { one in
            one.sorted { $0.key < $1.key }.compactMap { $1.mayBe(of: $0, in: column, dialect) }.joined(separator: " AND ")
        }
        return signs.contains { $0.text.isEmpty } ? nil : signs.isEmpty ? "1 = 0" : "(\(signs.joined(separator: " OR ")))"
    }
}
