import Database
import GRDBSQLite

/// Arithmetic with exact decimals that stand in columns as the bytes of ``ExactDecimal/orderKey``, as functions of a connection.
///
/// `pitwall_plus(total, other)`, and `pitwall_part(total, count)`, which is rounded down as an average is. NULL where one of them is.
enum SQLiteDecimals {
    static let plus = "pitwall_plus"
    static let part = "pitwall_part"

    static func add(to connection: OpaquePointer) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
        sqlite3_create_function_v2(connection, plus, 2, flags, nil, { give($0, sum($2)) }, nil, nil, nil)
        sqlite3_create_function_v2(connection, part, 2, flags, nil, { give($0, quotient($2)) }, nil, nil, nil)
    }
}

private func give(_ context: OpaquePointer?, _ number: ExactDecimal?) {
    guard let key = number?.orderKey else { return sqlite3_result_null(context) }
    key.withUnsafeBytes { bytes in
        sqlite3_result_blob(context, bytes.baseAddress, Int32(bytes.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }
}

private func sum(_ arguments: UnsafeMutablePointer<OpaquePointer?>?) -> ExactDecimal? {
    guard let one = number(arguments?[0]), let other = number(arguments?[1]) else { return nil }
    return one + other
}

private func quotient(_ arguments: UnsafeMutablePointer<OpaquePointer?>?) -> ExactDecimal? {
    guard let arguments, let number = number(arguments[0]) else { return nil }
    let count = sqlite3_value_int64(arguments[1])
    return count > 0 ? number.divided(by: Int(count)) : nil
}

private func number(_ value: OpaquePointer?) -> ExactDecimal? {
    guard let value, sqlite3_value_type(value) == SQLITE_BLOB, let bytes = sqlite3_value_blob(value) else { return nil }
    return ExactDecimal(orderKey: Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(value)))))
}
