/// What is wrong with a text that should be JSON, and at which byte.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var offset: Int
    /// It is JSON, and can't be kept as it is written.
    package var isWellFormed = false

    package var description: String { "\(isWellFormed ? "" : "not valid JSON: ")\(message) at byte \(offset + 1)" }
}

extension JSONValue {
    /// Reads one JSON text (RFC 8259), nothing before or after it but blanks.
    ///
    /// Nesting deeper than 64 is refused. Numbers that are whole and fit 64 bits become ``integer(_:)``.
    ///
    /// - Parameter strictly: Refuses what would not be kept as it is written: a member that is there twice, of which one would be lost,
    ///   and a number with more digits than ``real(_:)`` holds.
    package init(parsing bytes: some Collection<UInt8>, strictly: Bool = false) throws(JSONError) {
        let result: Result<JSONValue, JSONError>? = bytes.withContiguousStorageIfAvailable { buffer in
            Self.parse(buffer, strictly)
        }
        switch result ?? Array(bytes).withUnsafeBufferPointer({ Self.parse($0, strictly) }) {
        case .success(let value): self = value
        case .failure(let error): throw error
        }
    }

    private static func parse(_ buffer: UnsafeBufferPointer<UInt8>, _ strictly: Bool) -> Result<JSONValue, JSONError> {
        var parser = JSONParser(bytes: buffer, strictly: strictly)
        do throws(JSONError) {
            let value = try parser.value(depth: 0)
            try parser.end()
            return .success(value)
        } catch {
            return .failure(error)
        }
    }
}

/// A recursive-descent parser over bytes: event import spends its time here, so strings without escapes are copied once.
private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let isStrict: Bool
    var index = 0

    init(bytes: UnsafeBufferPointer<UInt8>, strictly: Bool) {
        self.bytes = bytes
        isStrict = strictly
    }

    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < 64 else { throw error("nested deeper than 64") }
        skipBlanks()
        guard index < bytes.count else { throw error("the text ends too early") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .list(try list(depth: depth))
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    mutating func end() throws(JSONError) {
        skipBlanks()
        if index < bytes.count { throw error("something follows the value") }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        index += 1
        var members: [(String, JSONValue)] = []
        skipBlanks()
        if take("}") { return JSONObject() }
        members.reserveCapacity(12)
        while true {
            skipBlanks()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw error("a member's name in quotes is missing") }
            let name = try string()
            skipBlanks()
            guard take(":") else { throw error("a colon is missing") }
            members.append((name, try value(depth: depth + 1)))
            skipBlanks()
            if take("}") { return try object(of: members) }
            guard take(",") else { throw error("a comma or } is missing") }
        }
    }

    private func object(of members: [(String, JSONValue)]) throws(JSONError) -> JSONObject {
        let object = JSONObject(members)
        if isStrict, object.members.count < members.count {
            var names: Set<String> = []
            let name = members.first { !names.insert($0.0).inserted }?.0 ?? ""
            throw JSONError(message: "a member is there twice: \"\(name.prefix(40))\"", offset: index, isWellFormed: true)
        }
        return object
    }

    private mutating func list(depth: Int) throws(JSONError) -> [JSONValue] {
        index += 1
        var items: [JSONValue] = []
        skipBlanks()
        if take("]") { return items }
        while true {
            items.append(try value(depth: depth + 1))
            skipBlanks()
            if take("]") { return items }
            guard take(",") else { throw error("a comma or ] is missing") }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        index += 1
        let start = index
        var seen: UInt8 = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                let range = UnsafeBufferPointer(rebasing: bytes[start..<index])
                // Nothing to validate, which would cost more than the rest.
                let text = seen < 0x80 ? String(decoding: range, as: UTF8.self) : try utf8(range)
                index += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw error("a control character in a text") }
            seen |= byte
            index += 1
        }
        throw error("a text is not closed")
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return try utf8(text)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw error("a control character in a text")
            default: text.append(byte)
            }
        }
        throw error("a text is not closed")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard index < bytes.count else { throw error("a text is not closed") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hex()
            if (0xD800..<0xDC00).contains(code) {
                guard take("\\"), take("u") else { throw error("half a surrogate pair") }
                let low = try hex()
                guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
            text.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        default: throw error("an unknown escape")
        }
    }

    private mutating func hex() throws(JSONError) -> UInt32 {
        guard index + 4 <= bytes.count, bytes[index..<index + 4].allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let code = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits are missing") }
        index += 4
        return code
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = index
        var whole = true
        _ = take("-")
        let firstDigit = index
        skipDigits()
        guard index > firstDigit else { throw error("a value is missing") }
        guard bytes[firstDigit] != UInt8(ascii: "0") || index == firstDigit + 1 else { throw error("a number with a leading zero") }
        if take(".") {
            whole = false
            let first = index
            skipDigits()
            guard index > first else { throw error("a digit is missing") }
        }
        if take("e") || take("E") {
            whole = false
            if !take("+") { _ = take("-") }
            let first = index
            skipDigits()
            guard index > first else { throw error("a digit is missing") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if whole, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("a number that is too large") }
        // What has 15 digits is the same when it is written again, but for the very smallest.
        let isSafe = index - firstDigit <= 16 && (value.magnitude > 1e-290 || value == 0 && whole)
        if isStrict, !isSafe, WrittenNumber(text) != WrittenNumber("\(value)") {
            throw JSONError(message: "a number has more digits than are kept: put it in quotes,", offset: start, isWellFormed: true)
        }
        return .real(value)
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard index + length <= bytes.count, (0..<length).allSatisfy({ bytes[index + $0] == word.utf8Start[$0] }) else {
            throw error("a value is missing")
        }
        index += length
        return value
    }

    private mutating func skipDigits() {
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
    }

    private mutating func skipBlanks() {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x0A || bytes[index] == 0x0D || bytes[index] == 0x09 {
            index += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private func utf8(_ text: some Collection<UInt8>) throws(JSONError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else { throw error("a text that is not UTF-8") }
        return string
    }

    private func error(_ message: String) -> JSONError {
        JSONError(message: message, offset: index)
    }
}

/// What a number written in JSON comes to: its digits, without zeros at both ends, and the power of ten of the last of them.
private struct WrittenNumber: Equatable {
    private var isNegative = false
    private var digits: [UInt8] = []
    private var exponent = 0

    init(_ text: String) {
        var isFraction = false
        var power: [UInt8] = []
        var isPower = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isPower = true
            case _ where isPower: power.append(byte)
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            default:
                if isFraction { exponent -= 1 }
                digits.append(byte)
            }
        }
        // No double has such a power but zero, which needs none.
        exponent += power.isEmpty ? 0 : Int(Int32(String(decoding: power, as: UTF8.self)) ?? .min)
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
        if digits.isEmpty { (exponent, isNegative) = (0, false) }
    }
}
