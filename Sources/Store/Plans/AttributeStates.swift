import Database

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
}
