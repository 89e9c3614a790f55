import Liquid

/// Reads JSON into template values, objects in the order of the text. For tests: it expects JSON without mistakes.
struct JSONReader {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var index = 0

    static func read(_ bytes: [UInt8]) throws -> Value {
        var reader = JSONReader(bytes: bytes)
        return try reader.value()
    }

    static func read(_ text: String) throws -> Value { try read(Array(text.utf8)) }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func next() throws -> UInt8 {
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        guard index < bytes.count else { throw Malformed() }
        return bytes[index]
    }

    private mutating func take(_ byte: Character) throws -> Bool {
        guard try next() == byte.asciiValue else { return false }
        index += 1
        return true
    }

    private mutating func value() throws -> Value {
        switch Character(UnicodeScalar(try next())) {
        case "{":
            index += 1
            var pairs: [(String, Value)] = []
            if try take("}") { return .object([:]) }
            repeat {
                _ = try next()
                let name = try string()
                guard try take(":") else { throw Malformed() }
                pairs.append((name, try value()))
            } while try take(",")
            guard try take("}") else { throw Malformed() }
            return .object(Object(pairs))
        case "[":
            index += 1
            var items: [Value] = []
            if try take("]") { return .array([]) }
            repeat { items.append(try value()) } while try take(",")
            guard try take("]") else { throw Malformed() }
            return .array(items)
        case "\"": return .string(try string())
        case "t": return word("true", true)
        case "f": return word("false", false)
        case "n": return word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ text: String, _ value: Value) -> Value {
        index += text.utf8.count
        return value
    }

    private mutating func number() throws -> Value {
        let start = index
        while index < bytes.count, "+-.eE0123456789".utf8.contains(bytes[index]) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if let number = Int64(text) { return .integer(number) }
        guard let number = Double(text) else { throw Malformed() }
        return .decimal(number)
    }

    private mutating func string() throws -> String {
        guard bytes[index] == UInt8(ascii: "\"") else { throw Malformed() }
        index += 1
        var units: [UInt8] = []
        while bytes[index] != UInt8(ascii: "\"") {
            guard bytes[index] == UInt8(ascii: "\\") else {
                units.append(bytes[index])
                index += 1
                continue
            }
            index += 2
            switch Character(UnicodeScalar(bytes[index - 1])) {
            case "n": units.append(0x0A)
            case "t": units.append(0x09)
            case "r": units.append(0x0D)
            case "b": units.append(0x08)
            case "f": units.append(0x0C)
            case "u": units.append(contentsOf: String(decoding: try unicodeEscape(), as: UTF16.self).utf8)
            default: units.append(bytes[index - 1])
            }
        }
        index += 1
        return String(decoding: units, as: UTF8.self)
    }

    /// One unit, or two that belong together.
    private mutating func unicodeEscape() throws -> [UInt16] {
        let first = try unit()
        guard UTF16.isLeadSurrogate(first), bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return [first]
        }
        index += 2
        return [first, try unit()]
    }

    private mutating func unit() throws -> UInt16 {
        guard index + 4 <= bytes.count, let unit = UInt16(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16) else {
            throw Malformed()
        }
        index += 4
        return unit
    }
}
