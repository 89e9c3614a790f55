import CPostgres
import Database

/// The types of arguments, by PostgreSQL's numbers for them.
enum PostgresType {
    /// For NULL: the server finds out what it stands for.
    static let unknown: Oid = 0
    static let bool: Oid = 16
    static let bytes: Oid = 17
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let float4: Oid = 700
    static let float8: Oid = 701
    static let numeric: Oid = 1700

    /// Of the list of such values.
    static func list(of type: Oid) -> Oid { type == int8 ? 1016 : type == bytes ? 1001 : 1009 }
}

/// Arguments as they go to the server: integers, texts and bytes as they are, so that nothing is quoted or ended by a zero.
///
/// A real number goes as a decimal: compared with the numbers of JSON, which are decimals too, 0.1 is 0.1.
struct PostgresArguments {
    private(set) var types: [Oid] = []
    private var bytes: [UInt8] = []
    /// Where each begins; nil for NULL.
    private var starts: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    init(_ values: [SQLValue]) {
        types.reserveCapacity(values.count)
        bytes.reserveCapacity(values.count * 16)
        for value in values { append(value) }
    }

    var count: Int { types.count }

    private mutating func append(_ value: SQLValue) {
        let start = bytes.count
        switch value {
        case .null: add(PostgresType.unknown, nil, 0)
        case .integer(let value):
            Self.append(value, to: &bytes)
            add(PostgresType.int8, start, 1)
        case .real(let value):
            bytes.append(contentsOf: value.description.utf8)
            bytes.append(0)
            add(PostgresType.numeric, start, 0)
        case .text(let value):
            Self.keepable(value, into: &bytes)
            add(PostgresType.text, start, 1)
        case .blob(let value):
            bytes.append(contentsOf: value)
            add(PostgresType.bytes, start, 1)
        }
    }

    /// All of `values` as one argument, a list of the type.
    mutating func appendList(of type: Oid, _ values: some Collection<SQLValue>) {
        let start = bytes.count
        // One dimension, which may hold NULL, of this type, of this length, counted from 1.
        for number in [1, 1, Int(type), values.count, 1] { Self.append(Int32(truncatingIfNeeded: number), to: &bytes) }
        for value in values { Self.append(value, as: type, to: &bytes) }
        add(PostgresType.list(of: type), start, 1)
    }

    /// A value with its length before it, as it stands in a list and in a row of COPY.
    static func append(_ value: SQLValue, as type: Oid, to bytes: inout [UInt8]) {
        switch value {
        case .null: append(Int32(-1), to: &bytes)
        case .blob(let value):
            append(Int32(truncatingIfNeeded: value.count), to: &bytes)
            bytes.append(contentsOf: value)
        case .integer(let value) where type == PostgresType.int8:
            append(Int32(8), to: &bytes)
            append(value, to: &bytes)
        case .integer(let value): append("\(value)", to: &bytes)
        case .real(let value): append(value.description, to: &bytes)
        case .text(let value): append(value, to: &bytes)
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        append(Int32(0), to: &bytes)
        keepable(text, into: &bytes)
        withUnsafeBytes(of: Int32(truncatingIfNeeded: bytes.count - start - 4).bigEndian) { length in
            for (place, byte) in length.enumerated() { bytes[start + place] = byte }
        }
    }

    static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func add(_ type: Oid, _ start: Int?, _ format: Int32) {
        types.append(type)
        starts.append(start)
        lengths.append(Int32(truncatingIfNeeded: bytes.count - (start ?? bytes.count)))
        formats.append(format)
    }

    /// PostgreSQL keeps no character zero, and none that JSON writes as `\u0000`: one object with it would keep every other
    /// from being read. The sign for what can't be shown takes its place.
    static func keepable(_ text: String) -> String {
        guard text.utf8.contains(0) || text.contains(#"\u0000"#) else { return text }
        var bytes: [UInt8] = []
        keepable(text, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func keepable(_ text: String, into bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        if bytes[start...].contains(0) {
            let kept = bytes[start...].flatMap { $0 == 0 ? [0xEF, 0xBF, 0xBD] : [$0] }
            bytes.replaceSubrange(start..., with: kept)
        }
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[") else { return }
        replaceEscapes(in: &bytes, from: start)
    }

    private static let escape = Array("\\u0000".utf8)

    private static func replaceEscapes(in bytes: inout [UInt8], from start: Int) {
        var index = start
        while index + escape.count <= bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            if bytes[index...].starts(with: escape) {
                bytes.replaceSubrange(index + 2..<index + 6, with: "fffd".utf8)
            }
            // The sign after a backslash belongs to it, also where it is another.
            index += 2
        }
    }

    /// Calls `body` with what libpq takes.
    func withPointers<T>(
        _ body: (
            _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) throws -> T
    ) rethrows -> T {
        // One more, so that there is an address where all arguments are empty.
        var room = bytes
        room.append(0)
        return try room.withUnsafeBytes { memory in
            let base = memory.bindMemory(to: CChar.self).baseAddress
            let pointers = starts.map { start in start.flatMap { base?.advanced(by: $0) } }
            return try pointers.withUnsafeBufferPointer { values in
                try lengths.withUnsafeBufferPointer { lengths in
                    try formats.withUnsafeBufferPointer { try body(values.baseAddress, lengths.baseAddress, $0.baseAddress) }
                }
            }
        }
    }
}
