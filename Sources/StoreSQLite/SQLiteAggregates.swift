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
        add(.sum, to: connection, { take($0, $2, for: .sum) }, { finishSum($0) })
        add(.avg, to: connection, { take($0, $2, for: .avg) }, { finish($0, .avg) })
        add(.min, to: connection, { take($0, $2, for: .min) }, { finish($0, .min) })
        add(.max, to: connection, { take($0, $2, for: .max) }, { finish($0, .max) })
    }

    private typealias Step = @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    private typealias End = @convention(c) (OpaquePointer?) -> Void

    private static func add(_ function: DecimalFunction, to connection: OpaquePointer, _ step: Step, _ end: End) {
        sqlite3_create_function_v2(connection, name(function), 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil, nil, step, end, nil)
    }
}

/// What is kept of a group. All zero, as SQLite hands out its memory, is a group of nothing.
struct DecimalGroup {
    private(set) var tally = DecimalTally()
    private var extreme: Extreme?

    private final class Extreme {
        let number: ExactDecimal

        init(_ number: ExactDecimal) {
            self.number = number
        }
    }

    mutating func take(_ text: UnsafeBufferPointer<UInt8>, for function: DecimalFunction) {
        switch function {
        case .sum, .avg: tally.add(text)
        case .min: propose(text) { $0 < $1 }
        case .max: propose(text) { $0 > $1 }
        }
    }

    private mutating func propose(_ text: UnsafeBufferPointer<UInt8>, _ isBetter: (ExactDecimal, ExactDecimal) -> Bool) {
        guard let number = ExactDecimal(json: text) else { return }
        if let extreme, !isBetter(number, extreme.number) { return }
        extreme = Extreme(number)
    }

    func result(_ function: DecimalFunction) -> ExactDecimal? {
        switch function {
        case .sum: tally.sum
        case .avg: tally.average
        case .min, .max: extreme?.number
        }
    }

    /// Calls `body` with the text of a value, unless it is NULL.
    static func withText(_ value: OpaquePointer, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        guard sqlite3_value_type(value) != SQLITE_NULL, let text = sqlite3_value_text(value) else { return }
        body(UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(value))))
    }
}

private func take(_ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, for function: DecimalFunction) {
    guard let argument = arguments?[0] else { return }
    DecimalGroup.withText(argument) { text in
        guard let memory = sqlite3_aggregate_context(context, Int32(MemoryLayout<DecimalGroup>.size)) else { return }
        memory.assumingMemoryBound(to: DecimalGroup.self).pointee.take(text, for: function)
    }
}

/// Called once for each group, also for one that an error ended.
private func finish(_ context: OpaquePointer?, _ function: DecimalFunction) {
    let group = sqlite3_aggregate_context(context, 0)?.assumingMemoryBound(to: DecimalGroup.self)
    let number = group?.pointee.result(function)
    group?.deinitialize(count: 1)
    guard let key = number?.orderKey else { return sqlite3_result_null(context) }
    key.withUnsafeBytes { give($0, to: context) }
}

private func finishSum(_ context: OpaquePointer?) {
    let group = sqlite3_aggregate_context(context, 0)?.assumingMemoryBound(to: DecimalGroup.self)
    (group?.pointee.tally ?? DecimalTally()).withSumKey { give($0, to: context) }
    group?.deinitialize(count: 1)
}

private func give(_ key: UnsafeRawBufferPointer, to context: OpaquePointer?) {
    sqlite3_result_blob(context, key.baseAddress, Int32(key.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
}
