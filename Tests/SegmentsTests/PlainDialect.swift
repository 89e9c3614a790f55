import Database

/// A dialect that calls functions by their names, to look at the SQL around them.
struct PlainDialect: Dialect {
    func takingRows(of alias: String) -> String { "" }
    var now: SQL { "0" }
    var isShared: Bool { false }
    var name: String { "plain" }
    var int64: String { "BIGINT" }
    var text: String { "TEXT" }
    var bytes: String { "BYTEA" }
    var clustered: String { "" }
    var untilCommit: String { "" }
    var layout: SQL { "layout" }

    func jsonMember(_ column: String, _ name: String) -> SQL { "member(\(raw: column), \(name))" }
    func jsonKind(_ column: String, _ name: String) -> SQL { "kind(\(raw: column), \(name))" }
    func jsonContains(_ column: String, _ name: String, _ item: String) -> SQL { "contains(\(raw: column), \(name), \(item))" }
    func bytesMention(_ column: String, _ text: String) -> SQL { "mention(\(raw: column), \(text))" }
    func jsonIdentity(_ column: String, _ name: String) -> SQL { "identity(\(raw: column), \(name))" }
    func jsonAggregate(_ function: DecimalFunction, _ column: String, _ name: String) -> SQL {
        "\(raw: function.rawValue)(member(\(raw: column), \(name)))"
    }
    func decimal(_ number: ExactDecimal) -> SQL { "decimal(\(number.description))" }
    func decimal(from value: SQLValue) -> ExactDecimal? { nil }
    func folded(_ expression: SQL) -> SQL { "fold(\(expression))" }
    func domain(of column: String) -> SQL { "domain(\(raw: column))" }
    func refusingChanges(_ tables: [String]) -> String { "" }
}
