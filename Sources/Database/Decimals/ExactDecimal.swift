/// A decimal number of any length, without rounding: what sums of money are made of.
///
/// ```swift
/// let sum = ExactDecimal(json: "0.1".utf8)! + ExactDecimal(json: "0.2".utf8)!   // exactly 0.3
/// ```
/// Its value is ±0.d₁d₂d₃… × 10^exponent; the first and the last digit are not zero, and zero has none.
package struct ExactDecimal: Hashable, Sendable {
    private(set) var isNegative = false
    /// Each 0 to 9, the most significant first.
    private(set) var digits: [UInt8] = []
    private(set) var exponent = 0

    package static let zero = ExactDecimal()

    /// Larger than any that a JSON number which is a finite `Double` can have; others are taken for no number.
    private static let largestExponent = 400

    private init() {}

    private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
        guard let first = digits.firstIndex(where: { $0 != 0 }), let last = digits.lastIndex(where: { $0 != 0 }) else { return }
        self.isNegative = isNegative
        self.digits = Array(digits[first...last])
        self.exponent = exponent - first
    }

    package init(_ value: Int64) {
        self.init(isNegative: value < 0, digits: "\(value.magnitude)".utf8.map { $0 - 0x30 }, exponent: "\(value.magnitude)".utf8.count)
    }

    /// Reads a number as JSON writes it; nil for anything else.
    package init?(json text: some Sequence<UInt8>) {
        var digits: [UInt8] = []
        var point: Int?
        var isNegative = false
        var power = 0
        var bytes = text.makeIterator()
        var next = bytes.next()
        if next == UInt8(ascii: "-") {
            isNegative = true
            next = bytes.next()
        }
        while let byte = next {
            switch byte {
            case 0x30...0x39: digits.append(byte - 0x30)
            case UInt8(ascii: ".") where point == nil && !digits.isEmpty: point = digits.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard let read = Self.power(&bytes) else { return nil }
                power = read
                next = nil
                continue
            default: return nil
            }
            next = bytes.next()
        }
        guard !digits.isEmpty, point != digits.count else { return nil }
        self.init(isNegative: isNegative, digits: digits, exponent: (point ?? digits.count) + power)
        guard abs(exponent) <= Self.largestExponent else { return nil }
    }

    /// What follows the `e`.
    private static func power(_ bytes: inout some IteratorProtocol<UInt8>) -> Int? {
        var sign = 1
        var value: Int?
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "-") where value == nil && sign == 1: sign = -1
            case UInt8(ascii: "+") where value == nil && sign == 1: break
            case 0x30...0x39:
                value = (value ?? 0) * 10 + Int(byte - 0x30)
                guard value ?? 0 < 10_000 else { return nil }
            default: return nil
            }
        }
        return value.map { $0 * sign }
    }

    // MARK: - Arithmetic

    package static func + (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal {
        if a.digits.isEmpty { return b }
        if b.digits.isEmpty { return a }
        let top = max(a.exponent, b.exponent) + 1
        let bottom = min(a.exponent - a.digits.count, b.exponent - b.digits.count)
        var sum = [Int](repeating: 0, count: top - bottom)
        for (number, sign) in [(a, a.isNegative ? -1 : 1), (b, b.isNegative ? -1 : 1)] {
            for (index, digit) in number.digits.enumerated() { sum[top - number.exponent + index] += sign * Int(digit) }
        }
        // The sign of the sum is that of its first column that is not zero, once carries are settled towards it.
        let isNegative = a.isNegative == b.isNegative ? a.isNegative : (a.magnitude < b.magnitude) == b.isNegative
        if isNegative { sum = sum.map { -$0 } }
        var carry = 0
        for index in sum.indices.reversed() {
            let column = sum[index] + carry
            carry = column < 0 ? -1 : column / 10
            sum[index] = column - carry * 10
        }
        return ExactDecimal(isNegative: isNegative, digits: sum.map { UInt8($0) }, exponent: top)
    }

    package static prefix func - (number: ExactDecimal) -> ExactDecimal {
        var other = number
        if !number.digits.isEmpty { other.isNegative.toggle() }
        return other
    }

    private var magnitude: ExactDecimal {
        var other = self
        other.isNegative = false
        return other
    }

    /// Times a power of ten.
    func movedPoint(by places: Int) -> ExactDecimal {
        var other = self
        if !digits.isEmpty { other.exponent += places }
        return other
    }

    /// How many decimals a quotient has.
    package static let decimalsOfQuotients = 20

    /// Divided by `count`, which is positive; rounded down to 20 decimals.
    package func divided(by count: Int) -> ExactDecimal {
        let divisor = UInt64(max(count, 1))
        let places = max(0, exponent + Self.decimalsOfQuotients)
        var quotient: [UInt8] = []
        quotient.reserveCapacity(places)
        var remainder: UInt64 = 0
        for index in 0..<places {
            let value = remainder &* 10 &+ UInt64(index < digits.count ? digits[index] : 0)
            quotient.append(UInt8(value / divisor))
            remainder = value % divisor
        }
        let result = ExactDecimal(isNegative: isNegative, digits: quotient, exponent: exponent)
        guard isNegative, remainder != 0 || digits.count > places else { return result }
        return result + ExactDecimal(isNegative: true, digits: [1], exponent: 1 - Self.decimalsOfQuotients)
    }
}

extension ExactDecimal: Comparable {
    package static func < (a: ExactDecimal, b: ExactDecimal) -> Bool {
        a.orderKey.lexicographicallyPrecedes(b.orderKey)
    }

    /// Added to the exponent, so that it is never negative.
    static let orderKeyBias = 0x4000

    /// Bytes whose order is the order of the numbers, so that a database can compare them.
    package var orderKey: [UInt8] {
        guard !digits.isEmpty else { return [1] }
        let power = exponent + Self.orderKeyBias
        var key = [UInt8(power >> 8 & 0xFF), UInt8(power & 0xFF)] + digits.map { $0 + 1 }
        if isNegative { key = key.map { ~$0 } + [0xFF] }
        return [isNegative ? 0 : 2] + key
    }

    /// Reads ``orderKey`` back.
    package init?(orderKey key: [UInt8]) {
        if key == [1] {
            self.init()
            return
        }
        guard key.count >= 4, let sign = key.first, sign == 0 || sign == 2 else { return nil }
        let body = sign == 0 ? key.dropFirst().dropLast().map { ~$0 } : Array(key.dropFirst())
        guard body.count >= 3, body.dropFirst(2).allSatisfy({ (1...10).contains($0) }) else { return nil }
        let exponent = (Int(body[0]) << 8 | Int(body[1])) - Self.orderKeyBias
        self.init(isNegative: sign == 0, digits: body.dropFirst(2).map { $0 - 1 }, exponent: exponent)
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// Without an exponent: `-120.5`.
    package var description: String {
        guard !digits.isEmpty else { return "0" }
        let text = digits.map { "\($0)" }.joined()
        let sign = isNegative ? "-" : ""
        if exponent <= 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent))\(text)" }
        if exponent >= digits.count { return sign + text + String(repeating: "0", count: exponent - digits.count) }
        return "\(sign)\(text.prefix(exponent)).\(text.dropFirst(exponent))"
    }
}
