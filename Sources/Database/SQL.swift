/// A value that goes into or comes out of a database.
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// NULL for nil.
    package init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}

/// A piece of SQL with its arguments, put together by interpolation. A value never becomes part of the text.
///
/// ```swift
/// let recent: SQL = "e.at >= \(from) AND e.at < \(to)"
/// let whole: SQL = "SELECT DISTINCT e.contact_id FROM event e WHERE e.name_id = \(name) AND \(recent)"
/// ```
package struct SQL: Hashable, Sendable {
    package private(set) var text: String
    package private(set) var arguments: [SQLValue]

    /// Text that the program itself made, such as the name of a column. Never pass anything a person wrote.
    package init(raw text: String, arguments: [SQLValue] = []) {
        self.text = text
        self.arguments = arguments
    }

    package static func += (a: inout SQL, b: SQL) {
        a.text += b.text
        a.arguments += b.arguments
    }

    package static func + (a: SQL, b: SQL) -> SQL {
        var sum = a
        sum += b
        return sum
    }
}

extension Sequence<SQL> {
    package func joined(separator: String) -> SQL {
        var result = SQL(raw: "")
        for (index, item) in enumerated() {
            if index > 0 { result += SQL(raw: separator) }
            result += item
        }
        return result
    }
}

extension SQL: ExpressibleByStringInterpolation {
    package struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var arguments: [SQLValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ value: SQLValue) {
            text += "?"
            arguments.append(value)
        }

        package mutating func appendInterpolation(_ value: (some BinaryInteger)?) {
            appendInterpolation(value.map { SQLValue.integer(Int64($0)) } ?? .null)
        }

        package mutating func appendInterpolation(_ value: Double) { appendInterpolation(SQLValue.real(value)) }

        package mutating func appendInterpolation(_ value: String?) {
            appendInterpolation(value.map { SQLValue.text($0) } ?? .null)
        }

        /// What goes between the parentheses of IN; nothing is in an empty list.
        package mutating func appendInterpolation(list values: [String]) {
            text += values.isEmpty ? "NULL" : values.map { _ in "?" }.joined(separator: ", ")
            arguments += values.map { .text($0) }
        }

        package mutating func appendInterpolation<Raw: RawRepresentable<Int64>>(_ value: Raw) {
            appendInterpolation(SQLValue.integer(value.rawValue))
        }

        package mutating func appendInterpolation(_ sql: SQL) {
            text += sql.text
            arguments += sql.arguments
        }

        package mutating func appendInterpolation(raw: String) { text += raw }
    }

    package init(stringLiteral value: String) { self.init(raw: value) }

    package init(stringInterpolation: StringInterpolation) {
        self.init(raw: stringInterpolation.text, arguments: stringInterpolation.arguments)
    }
}
