import Database
import GRDBSQLite

/// Sums, averages, least and greatest of numbers as JSON writes them, exact, as aggregate functions of a connection.
///
/// SQLite's own `sum` adds in binary floating point: the order of rows shows in the result, and 0.1 + 0.2 is not 0.3. These
/// take the member's JSON text (`properties -> '$.amount'`) and give the bytes of ``ExactDecimal/orderKey``. They cost what
/// `sum(json_extract(…))` costs, since the text is read once, straight into integers.
enum SQLiteAggregates {
    static func name(_ function: DecimalFunction) -> String { "pitwall_\(function.rawValue)" }

    static func add(to connection: OpaquePointer) {
        add(.sum, to: connection, { takeTerm($0, $2) }, { finish($0) { ($0?.tally ?? DecimalTally()).sum } })
        add(.avg, to: connection, { takeTerm($0, $2) }, { finish($0) { $0?.tally.average } })
        add(.min, to: connection, { takeCandidate($0, $2) { $0 < $1 } }, { finish($0) { $0?.extreme?.number } })
        add(.max, to: connection, { takeCandidate($0, $2) { $0 > $1 } }, { finish($0) { $0?.extreme?.number } })
    }

    private typealias Step = @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    private typealias End = @convention(c) (OpaquePointer?) -> Void

    private static func add(_ function: DecimalFunction, to connection: OpaquePointer, _ step: Step, _ end: End) {
        sqlite3_create_function_v2(connection, name(function), 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil, nil, step, end, nil)
    }
}

/// What is kept of a group. SQLite hands out its memory, all zero, which is a group of nothing.
private struct Group {
    var tally = DecimalTally()
    var extreme: Extreme?
}

private final class Extreme {
    let number: ExactDecimal

    init(_ number: ExactDecimal) {
        self.number = number
    }
}

private func takeTerm(_ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?) {
    take(context, arguments) { $0.tally.add($1) }
}

private func takeCandidate(
    _ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ isBetter: (ExactDecimal, ExactDecimal) -> Bool
) {
    take(context, arguments) { group, text in
        guard let number = ExactDecimal(json: text) else { return }
        if let extreme = group.extreme, !isBetter(number, extreme.number) { return }
        group.extreme = Extreme(number)
    }
}

private func take(
    _ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?,
    _ body: (inout Group, UnsafeBufferPointer<UInt8>) -> Void
) {
    guard let argument = arguments?[0], sqlite3_value_type(argument) != SQLITE_NULL, let text = sqlite3_value_text(argument),
        let memory = sqlite3_aggregate_context(context, Int32(MemoryLayout<Group>.size))
    else { return }
    let group = memory.assumingMemoryBound(to: Group.self)
    body(&group.pointee, UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(argument))))
}

/// Called once for each group, also for one that an error ended.
private func finish(_ context: OpaquePointer?, _ result: (Group?) -> ExactDecimal?) {
    let group = sqlite3_aggregate_context(context, 0)?.assumingMemoryBound(to: Group.self)
    let number = result(group?.pointee)
    group?.deinitialize(count: 1)
    guard let key = number?.orderKey else { return sqlite3_result_null(context) }
    key.withUnsafeBytes { bytes in
        sqlite3_result_blob(context, bytes.baseAddress, Int32(bytes.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }
}
