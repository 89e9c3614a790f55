import Database
import GRDBSQLite

/// Works out an exact amount for each number among many rows and compares it, as an aggregate function of a connection.
///
/// `pitwall_amounting(contact_id, properties -> '$.amount', 'sum', '>=', …)` gives a JSON list of the numbers of which that holds, in their
/// order. Grouping in SQL sorts the rows with all their properties first: a sum over all purchases took twice as long (289,000 of 89,000
/// people).
enum SQLiteAmounts {
    static let name = "pitwall_amounting"

    static func add(to connection: OpaquePointer) {
        sqlite3_create_function_v2(
            connection, name, 5, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil, nil, { take($0, $2) }, { finish($0) }, nil)
    }
}

/// SQLite hands out its memory, all zero.
private struct Group {
    var amounts: Amounts?
}

private final class Amounts {
    private let function: DecimalFunction
    private let comparison: DecimalComparison
    /// An ``ExactDecimal/orderKey``.
    private let bound: [UInt8]
    private var table = NumberTable<DecimalGroup>()

    init?(_ arguments: UnsafeMutablePointer<OpaquePointer?>) {
        guard let function = text(arguments[2]).flatMap({ DecimalFunction(rawValue: $0) }),
            let comparison = text(arguments[3]).flatMap({ DecimalComparison(rawValue: $0) }), let bytes = sqlite3_value_blob(arguments[4])
        else { return nil }
        self.function = function
        self.comparison = comparison
        bound = Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(arguments[4]))))
    }

    /// Who has no number has a sum all the same.
    func add(_ id: Int64, _ number: OpaquePointer?) {
        let index = table.index(of: id, DecimalGroup())
        if let number { DecimalGroup.withText(number) { table.values[index].take($0, for: function) } }
    }

    var found: [UInt8] {
        table.json { group in
            guard function == .sum else {
                return group.result(function).map { number in number.orderKey.withUnsafeBytes { comparison.holds($0, bound) } } ?? false
            }
            return group.tally.withSumKey { comparison.holds($0, bound) }
        }
    }
}

extension DecimalComparison {
    fileprivate func holds(_ key: UnsafeRawBufferPointer, _ bound: [UInt8]) -> Bool {
        switch self {
        case .equal: key.elementsEqual(bound)
        case .less: key.lexicographicallyPrecedes(bound)
        case .atMost: !bound.lexicographicallyPrecedes(key)
        case .greater: bound.lexicographicallyPrecedes(key)
        case .atLeast: !key.lexicographicallyPrecedes(bound)
        }
    }
}

private func text(_ value: OpaquePointer?) -> String? {
    sqlite3_value_text(value).map { String(cString: $0) }
}

private func take(_ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?) {
    guard let arguments, let id = arguments[0], sqlite3_value_type(id) == SQLITE_INTEGER,
        let memory = sqlite3_aggregate_context(context, Int32(MemoryLayout<Group>.size))
    else { return }
    let group = memory.assumingMemoryBound(to: Group.self)
    if group.pointee.amounts == nil { group.pointee.amounts = Amounts(arguments) }
    group.pointee.amounts?.add(sqlite3_value_int64(id), arguments[1])
}

private func finish(_ context: OpaquePointer?) {
    let group = sqlite3_aggregate_context(context, 0)?.assumingMemoryBound(to: Group.self)
    let amounts = group?.pointee.amounts
    group?.deinitialize(count: 1)
    give(amounts?.found, to: context)
}
