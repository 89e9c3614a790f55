import CPostgres
import Database
import Foundation

/// What the server answered; freed with the object.
final class PostgresResult {
    let pointer: OpaquePointer

    init(pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var rows: Int32 { PQntuples(pointer) }

    /// The command as the server names it, as in `INSERT 0 5`.
    var command: String { String(cString: PQcmdStatus(pointer)) }

    /// How many rows were changed; 0 of those that were only read.
    var changed: Int { command.hasPrefix("SELECT") ? 0 : Int(String(cString: PQcmdTuples(pointer))) ?? 0 }
}

/// The rows of a statement as they come, one result each.
final class PostgresStream {
    private unowned let connection: PostgresConnection
    private let text: String
    private var waiting: [PostgresResult] = []
    private var place = 0
    private var hasEnded = false

    init(_ connection: PostgresConnection, _ text: String) {
        self.connection = connection
        self.text = text
    }

    func next() throws -> PostgresResult? {
        if place < waiting.count {
            defer { place += 1 }
            return waiting[place]
        }
        waiting.removeAll()
        place = 0
        return try fetch()
    }

    /// Takes in all that is still to come.
    func drain() throws {
        while let result = try fetch() { waiting.append(result) }
    }

    private func fetch() throws -> PostgresResult? {
        guard !hasEnded else { return nil }
        var failure: (any Error)?
        // What is no row ends them; after it comes nothing more, which has to be asked for.
        while let pointer = PQgetResult(connection.pointer) {
            do {
                let result = try connection.checked(pointer, text)
                if failure == nil, PQresultStatus(pointer) == PGRES_SINGLE_TUPLE { return result }
            } catch {
                failure = failure ?? error
                if connection.isBroken { break }
            }
        }
        hasEnded = true
        if let failure { throw failure }
        return nil
    }
}

struct PostgresRow: SQLRow {
    /// Held, so that it outlives the row.
    private let answer: PostgresResult
    private let row: Int32

    init(_ answer: PostgresResult, row: Int32 = 0) {
        self.answer = answer
        self.row = row
    }

    private var result: OpaquePointer { answer.pointer }

    func isNull(_ column: Int) -> Bool { PQgetisnull(result, row, Int32(column)) != 0 }

    private func bytes(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        guard !isNull(column), let start = PQgetvalue(result, row, Int32(column)) else { return UnsafeBufferPointer(start: nil, count: 0) }
        let count = Int(PQgetlength(result, row, Int32(column)))
        return UnsafeBufferPointer(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// Also of what is true, which is 1, and of a decimal, whose decimals are cut off.
    func integer(_ column: Int) -> Int64 {
        let bytes = bytes(column)
        if bytes.first == UInt8(ascii: "t"), bytes.count == 1 { return 1 }
        let isNegative = bytes.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in isNegative ? bytes.dropFirst() : bytes[...] {
            guard (0x30...0x39).contains(byte) else { break }
            let (tens, over) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - 0x30)
            let (next, more) = isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if over || more { return isNegative ? .min : .max }
            value = next
        }
        return value
    }

    func real(_ column: Int) -> Double {
        PQftype(result, Int32(column)) == PostgresType.bool ? Double(integer(column)) : Double(string(column)) ?? 0
    }

    func text(_ column: Int) -> String {
        PQftype(result, Int32(column)) == PostgresType.bool && !isNull(column) ? "\(integer(column))" : string(column)
    }

    private func string(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }

    func blob(_ column: Int) -> [UInt8] {
        guard PQftype(result, Int32(column)) == PostgresType.bytes else { return Array(bytes(column)) }
        guard !isNull(column), let start = PQgetvalue(result, row, Int32(column)) else { return [] }
        var count = 0
        let unescaped = start.withMemoryRebound(to: UInt8.self, capacity: 1) { PQunescapeBytea($0, &count) }
        defer { PQfreemem(unescaped) }
        return Array(UnsafeBufferPointer(start: unescaped, count: count))
    }

    /// A decimal comes as its text: a `Double` could not hold it.
    func value(_ column: Int) -> SQLValue {
        if isNull(column) { return .null }
        return switch PQftype(result, Int32(column)) {
        case PostgresType.int8, PostgresType.int4, PostgresType.int2, PostgresType.bool: .integer(integer(column))
        case PostgresType.float8, PostgresType.float4: .real(real(column))
        case PostgresType.bytes: .blob(blob(column))
        default: .text(text(column))
        }
    }
}
