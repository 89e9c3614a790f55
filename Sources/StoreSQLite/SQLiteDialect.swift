package import Database

/// How SQLite says what databases say differently.
package struct SQLiteDialect: Dialect {
    package init() {}

    package var name: String { "SQLite" }
    package var int64: String { "INTEGER" }
    package var text: String { "TEXT" }
    package var bytes: String { "BLOB" }
    package var clustered: String { "WITHOUT ROWID" }
    package var untilCommit: String { "" }
    package var isShared: Bool { false }
    package var now: SQL { "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)" }
    package func takingRows(of alias: String) -> String { "" }

    package var layout: SQL {
        """
        SELECT m.name, p.name, CASE p.type WHEN 'INTEGER' THEN 'int64' WHEN 'TEXT' THEN 'text' WHEN 'BLOB' THEN 'bytes' ELSE p.type END, p.pk \
        FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite|_%' ESCAPE '|' \
        ORDER BY m.rowid, p.cid
        """
    }

    package var damages: SQL? { "SELECT quick_check AS example FROM pragma_quick_check WHERE quick_check <> 'ok'" }

    package func jsonMember(_ column: String, _ name: String) -> SQL {
        guard let path = path(name) else { return "NULL" }
        return "json_extract(\(raw: column), \(path))"
    }

    package func jsonKind(_ column: String, _ name: String) -> SQL {
        guard let path = path(name) else { return "NULL" }
        return "json_type(\(raw: column), \(path))"
    }

    package func jsonContains(_ column: String, _ name: String, _ item: String) -> SQL {
        guard let path = path(name) else { return "0" }
        return """
            (CASE json_type(\(raw: column), \(path)) \
            WHEN 'array' THEN EXISTS (SELECT 1 FROM json_each(\(raw: column), \(path)) j WHERE j.type = 'text' AND j.value = \(item)) \
            WHEN 'text' THEN instr(json_extract(\(raw: column), \(path)), \(item)) > 0 \
            ELSE 0 END)
            """
    }

    package func jsonMentions(_ column: String, _ json: String) -> SQL? {
        "instr(\(raw: column), \(json)) > 0"
    }

    package func bytesMention(_ column: String, _ text: String) -> SQL {
        "instr(lower(CAST(\(raw: column) AS TEXT)), \(text)) > 0"
    }

    package func jsonIdentity(_ column: String, _ name: String) -> SQL {
        guard let path = path(name) else { return "NULL" }
        return """
            CASE json_type(\(raw: column), \(path)) WHEN 'true' THEN x'01' WHEN 'false' THEN x'00' WHEN 'text' THEN json_extract(\(raw: column), \(path)) \
            WHEN 'integer' THEN json_extract(\(raw: column), \(path)) WHEN 'real' THEN json_extract(\(raw: column), \(path)) END
            """
    }

    package func jsonAggregate(_ function: DecimalFunction, _ column: String, _ name: String) -> SQL {
        // `->` gives the member as it is written: a number in digits, anything else in its own signs.
        guard let path = path(name) else { return "\(raw: SQLiteAggregates.name(function))(NULL)" }
        return "\(raw: SQLiteAggregates.name(function))(\(raw: column) -> \(path))"
    }

    package func decimal(_ number: ExactDecimal) -> SQL {
        "\(decimalValue(number))"
    }

    package func decimalValue(_ number: ExactDecimal) -> SQLValue { .blob(number.orderKey) }

    package func decimal(from value: SQLValue) -> ExactDecimal? {
        switch value {
        case .blob(let key): ExactDecimal(orderKey: key)
        case .integer(let value): ExactDecimal(value)
        default: nil
        }
    }

    package var decimals: String { "BLOB" }

    package func decimalSum(_ a: SQL, _ b: SQL) -> SQL { "\(raw: SQLiteDecimals.plus)(\(a), \(b))" }

    package func decimalQuotient(_ sum: SQL, _ count: SQL) -> SQL { "\(raw: SQLiteDecimals.part)(\(sum), \(count))" }

    package func following(_ firsts: SQL, _ seconds: SQL, within: Int64, negated: Bool, where condition: SQL) -> SQL? {
        // Both come in their order, and are merged; for a second term, one would be sorted. SQLite leaves an order out only where nothing
        // but its own aggregates is asked.
        let rows: SQL = """
            SELECT a.contact_id AS contact_id, a.at AS at, 0 AS second \(firsts) \
            UNION ALL SELECT b.contact_id, b.at, 1 \(seconds) ORDER BY 2
            """
        let asked: SQL = "\(raw: SQLiteFollowing.name)(w.contact_id, w.at, w.second, \(within), \(negated ? 1 : 0))"
        return listed("w.contact_id", "SELECT \(asked) FROM (\(rows)) w WHERE \(condition)")
    }

    package func often(_ id: String, _ rows: SQL, least: Int, most: Int?) -> SQL {
        listed(id, "SELECT \(raw: SQLiteCounting.name)(\(raw: id), \(least), \(most)) \(rows)")
    }

    package func amounting(
        _ id: String, _ rows: SQL, _ aggregate: DecimalAggregate, _ comparison: DecimalComparison, _ bound: ExactDecimal
    ) -> SQL {
        let number: SQL = path(aggregate.name).map { "\(raw: aggregate.column) -> \($0)" } ?? "NULL"
        let asked: SQL = "'\(raw: aggregate.function.rawValue)', '\(raw: comparison.rawValue)', \(decimal(bound))"
        return listed(id, "SELECT \(raw: SQLiteAmounts.name)(\(raw: id), \(number), \(asked)) \(rows)")
    }

    /// The rows of a JSON list, under the column's own name.
    private func listed(_ id: String, _ list: SQL) -> SQL {
        "SELECT j.value AS \(raw: String(id.split(separator: ".").last ?? "id")) FROM json_each((\(list))) j"
    }

    package func folded(_ expression: SQL) -> SQL {
        "pitwall_fold(\(expression))"
    }

    package func refusingChanges(_ tables: [String]) -> String {
        tables.flatMap { table in
            ["INSERT", "UPDATE", "DELETE"].map { change in
                "CREATE TRIGGER moved_\(table)_\(change.lowercased()) BEFORE \(change) ON \(table) BEGIN SELECT RAISE(ABORT, 'moved'); END"
            }
        }.joined(separator: ";\n")
    }

    package func domain(of column: String) -> SQL {
        "substr(\(raw: column), instr(\(raw: column), '@') + 1)"
    }

    /// A member's name as a JSON path. SQLite knows no way to write a quote or a backslash in one; the stores accept no such
    /// names, so a member that is asked for by one does not exist.
    private func path(_ name: String) -> String? {
        name.utf8.contains(UInt8(ascii: "\"")) || name.utf8.contains(UInt8(ascii: "\\")) ? nil : "$.\"\(name)\""
    }
}
