/// Equality and order.
extension Value {
    /// Whole and decimal numbers compare as numbers, texts byte by byte, arrays and objects by what they hold.
    ///
    /// - Parameter isExact: tells 1 from 1.0, as the keys of a dictionary are told apart.
    func equals(_ other: Value, isExact: Bool = false, depth: Int = 0) -> Bool {
        switch self {
        case .null: return other.isNull
        case .bool(let a): if case .bool(let b) = other { return a == b }
        case .integer(let a):
            if case .integer(let b) = other { return a == b }
            if case .decimal(let b) = other { return !isExact && Double(a) == b }
        case .decimal(let a):
            if case .decimal(let b) = other { return a == b }
            if case .integer(let b) = other { return !isExact && a == Double(b) }
        case .string(let a), .markup(let a):
            switch other {
            case .string(let b), .markup(let b): return a.hasSameBytes(as: b)
            default: break
            }
        case .range(let a, let b): if case .range(let c, let d) = other { return a == c && b == d }
        case .instant(let a): if case .instant(let b) = other { return a == b }
        case .array(let a):
            guard case .array(let b) = other, a.count == b.count, depth < 100 else { return false }
            return zip(a, b).allSatisfy { $0.equals($1, isExact: isExact, depth: depth + 1) }
        case .object(let a):
            guard case .object(let b) = other, a.count == b.count, depth < 100 else { return false }
            return a.names.enumerated().allSatisfy { index, name in
                b[name].map { a.value(at: index).equals($0, isExact: isExact, depth: depth + 1) } ?? false
            }
        }
        return false
    }

    var isEmpty: Bool {
        switch self {
        case .string(let text), .markup(let text): text.isEmpty
        case .array(let items): items.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }

    /// Empty, or nil, false, or nothing but spaces.
    var isBlank: Bool {
        switch self {
        case .null, .bool(false): true
        case .string(let text), .markup(let text): text.withBytes { $0.allSatisfy(\.isSpace) }
        default: isEmpty
        }
    }

    /// -1, 0 or 1 for numbers, for texts and for points in time; nil where there is no order.
    func order(_ other: Value) -> Int? {
        switch (self, other) {
        case (.integer(let a), .integer(let b)): return Self.order(a, b)
        case (.integer(let a), .decimal(let b)): return Self.order(Double(a), b)
        case (.decimal(let a), .integer(let b)): return Self.order(a, Double(b))
        case (.decimal(let a), .decimal(let b)): return Self.order(a, b)
        case (.instant(let a), .instant(let b)): return Self.order(a, b)
        default:
            guard let a = string, let b = other.string else { return nil }
            if a.hasSameBytes(as: b) { return 0 }
            return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        }
    }

    private static func order<Number: Comparable>(_ a: Number, _ b: Number) -> Int {
        a < b ? -1 : a == b ? 0 : 1
    }

    /// Texts hold texts, arrays hold items, objects have names, ranges hold numbers.
    func contains(_ other: Value) -> Bool {
        guard isTruthy, other.isTruthy else { return false }
        switch self {
        case .string(let text), .markup(let text):
            if case .array = other { return text.hasBytes(of: other.inspected) }
            return text.hasBytes(of: other.text)
        case .array(let items): return items.contains { $0.equals(other) }
        case .object(let object): return other.string.map { object[$0] != nil } ?? false
        case .range(let first, let last):
            guard case .integer(let number) = other else { return false }
            return number >= first && number <= last
        default: return false
        }
    }

    /// How much there is to compare or to write, in bytes.
    func weight(depth: Int = 0) -> Int {
        switch self {
        case .string(let text), .markup(let text): text.utf8.count
        case .array(let items) where depth < 100: items.reduce(0) { $0 + 32 + $1.weight(depth: depth + 1) }
        case .object(let object) where depth < 100:
            (0..<object.count).reduce(0) { $0 + 64 + object.value(at: $1).weight(depth: depth + 1) }
        default: 0
        }
    }

    /// For messages: what kind of thing it is, never what it says.
    var kind: String {
        switch self {
        case .null: "nothing"
        case .bool: "true or false"
        case .integer, .decimal: "a number"
        case .string, .markup: "a text"
        case .array: "a list"
        case .object: "an object"
        case .range: "a range"
        case .instant: "a point in time"
        }
    }
}

extension String {
    /// Swift's `==` also takes differently composed accents as the same.
    func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return withBytes { bytes in other.withBytes { bytes.elementsEqual($0) } }
    }

    func hasBytes(of other: String) -> Bool {
        ByteSearch(other).first(in: self) != nil
    }
}
