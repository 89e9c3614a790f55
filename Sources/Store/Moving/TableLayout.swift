import Database

/// A table as the database itself describes it: what is to be carried over is asked of the schema, so that a new table can't be forgotten.
struct TableLayout: Hashable {
    enum Kind: String {
        case int64, text, bytes, decimal
    }

    struct Column: Hashable {
        var name: String
        var kind: Kind
    }

    var name: String
    var columns: [Column] = []
    /// The columns of the primary key, in its order.
    var key: [String] = []

    /// All tables of the program, in the order in which they were made.
    static func all(in session: any SQLSession) throws -> [TableLayout] {
        var tables: [TableLayout] = []
        var places: [String: [(place: Int64, column: String)]] = [:]
        try session.forEach(session.dialect.layout) { row in
            let (table, column) = (row.text(0), row.text(1))
            guard let kind = Kind(rawValue: row.text(2)) else {
                throw DatabaseError(.other, "\(table).\(column) holds what Pitwall does not know: \(row.text(2))")
            }
            if tables.last?.name != table { tables.append(TableLayout(name: table)) }
            tables[tables.count - 1].columns.append(Column(name: column, kind: kind))
            if row.integer(3) > 0 { places[table, default: []].append((row.integer(3), column)) }
        }
        for index in tables.indices {
            tables[index].key = places[tables[index].name, default: []].sorted { $0.place < $1.place }.map(\.column)
        }
        return tables
    }

    /// The columns as a list, for a statement.
    var names: String { columns.map(\.name).joined(separator: ", ") }

    /// Reads a row whose columns are these.
    ///
    /// - Throws: where something else stands there than the column is for: SQLite would keep it.
    func values(of row: any SQLRow, _ dialect: any Dialect) throws -> [Value] {
        try columns.enumerated().map { place, column in
            let value = row.value(place)
            switch (column.kind, value) {
            case (_, .null): return .plain(.null)
            case (.int64, .integer), (.text, .text), (.bytes, .blob): return .plain(value)
            case (.bytes, .text(let text)): return .plain(.blob(Array(text.utf8)))
            case (.decimal, _):
                guard let number = dialect.decimal(from: value) else { break }
                return .decimal(number)
            default: break
            }
            throw DatabaseError(
                .damaged, "\(name).\(column.name) holds something that is no \(column.kind.word)",
                hint: "another program wrote there; look at it and put it right, then run the command again")
        }
    }

    enum Value: Hashable {
        case plain(SQLValue)
        case decimal(ExactDecimal)

        /// As the database keeps it that is spoken of.
        func stored(_ dialect: any Dialect) -> SQLValue {
            switch self {
            case .plain(.text(let text)): .text(dialect.storable(text))
            case .plain(let value): value
            case .decimal(let number): dialect.decimalValue(number)
            }
        }
    }
}

extension TableLayout.Kind {
    fileprivate var word: String {
        switch self {
        case .int64: "whole number"
        case .text: "text"
        case .bytes: "row of bytes"
        case .decimal: "number"
        }
    }
}
