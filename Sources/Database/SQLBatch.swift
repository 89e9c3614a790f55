/// A statement for many rows that the program has in memory, in as few round trips as a database allows.
///
/// SQLite runs it row by row; PostgreSQL gets all rows at once, a list for each column. So it must not matter to a row what becomes of
/// another, unless both are of one identity: those follow each other in their order.
///
/// ```swift
/// static let remember = SQLBatch(
///     insertInto: "contact_external_id", [.text("system"), .text("external_id"), .int64("contact_id")],
///     unlessThere: ["system", "external_id"])
/// let isNew = try session.changes(remember, rows)
/// ```
package struct SQLBatch: Sendable {
    package struct Column: Hashable, Sendable {
        package enum Kind: Sendable {
            case int64, text, bytes, decimal
        }

        package var name: String
        package var kind: Kind

        package static func int64(_ name: String) -> Column { Column(name: name, kind: .int64) }
        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }

        package static func text(_ name: String) -> Column { Column(name: name, kind: .text) }
        /// A value as ``Dialect/decimalValue(_:)`` gives it.
        package static func decimal(_ name: String) -> Column { Column(name: name, kind: .decimal) }
    }

    package enum Statement: Hashable, Sendable {
        /// Into this table, with what follows the values.
        case insertion(table: String, tail: String)
        /// Into this table, unless a row of the same identity is there, by which the table has an index.
        case addition(table: String)
        /// Of which `rows` is a table, with the columns and their number `n`, from 0.
        case text(String)
    }

    package let columns: [Column]
    package let statement: Statement
    /// The columns, never NULL, that tell rows apart of which each has its own place in the table.
    package let identity: [String]

    /// - Parameter tail: `ON CONFLICT …`, or nothing.
    package init(insertInto table: String, _ columns: [Column], identity: [String], _ tail: String = "") {
        self.columns = columns
        self.identity = identity
        statement = .insertion(table: table, tail: tail)
    }

    /// What is there already is left as it is.
    package init(insertInto table: String, _ columns: [Column], unlessThere identity: [String]) {
        self.columns = columns
        self.identity = identity
        statement = .addition(table: table)
    }

    /// - Parameter text: One that names the rows as a table, `FROM rows r`, once. One that reads gives `r.n` first, and ends with its `FROM` and what follows.
    package init(_ columns: [Column], identity: [String] = [], _ text: String) {
        self.columns = columns
        self.identity = identity
        statement = .text(text)
    }
}
