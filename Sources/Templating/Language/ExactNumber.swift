import Liquid

/// A number digit by digit, so that 0.1 stays 0.1 and "19.90" is what it says.
struct ExactNumber {
    var isNegative = false
    /// From 0 to 9, the first one not 0; none where the number is 0.
    var digits: [UInt8]
    /// How many of ``digits`` stand behind the point; below zero where zeros follow them.
    var places: Int

    /// More would be no amount that anybody means.
    private static let most = 48

    /// Nil for what is no number: a template shows it as it is.
    init?(_ value: Value) {
        switch value {
        case .integer(let number): self.init(text: String(number).utf8)
        case .decimal(let number): self.init(text: number.description.utf8)
        case .string(let text), .markup(let text): self.init(text: text.utf8)
        default: return nil
        }
    }

    /// `-1234.50`, `1e-7`, with spaces around it or without.
    private init?(text: String.UTF8View) {
        guard text.count <= 400 else { return nil }
        var rest = text[...]
        while let first = rest.first, Self.isSpace(first) { rest = rest.dropFirst() }
        while let last = rest.last, Self.isSpace(last) { rest = rest.dropLast() }
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        digits = []
        places = 0
        var count = 0
        var hasPoint = false
        var isAfterDigit = false
        loop: while let byte = rest.first {
            switch byte {
            case 0x30...0x39:
                if byte != 0x30 || !digits.isEmpty { digits.append(byte - 0x30) }
                if hasPoint { places += 1 }
                count += 1
                isAfterDigit = true
            case UInt8(ascii: ".") where !hasPoint && isAfterDigit:
                hasPoint = true
                isAfterDigit = false
            default: break loop
            }
            rest = rest.dropFirst()
        }
        guard count > 0, isAfterDigit else { return nil }
        if let letter = rest.first {
            guard letter | 0x20 == UInt8(ascii: "e"), let power = Int(Substring(rest.dropFirst())), power.magnitude < 400 else {
                return nil
            }
            places -= power
        }
        trim()
        guard digits.count <= Self.most, digits.count - places <= Self.most, places <= 400 else { return nil }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Zeros at the end of a fraction say nothing.
    private mutating func trim() {
        while places > 0, digits.last == 0 {
            digits.removeLast()
            places -= 1
        }
        if digits.isEmpty { places = 0 }
    }

    /// With at most `most` digits behind the point; half goes away from zero.
    func rounded(to most: Int) -> ExactNumber {
        guard places > most else { return self }
        var result = self
        let surplus = places - most
        let isUp = digits.count >= surplus && digits[digits.count - surplus] >= 5
        result.digits.removeLast(min(surplus, digits.count))
        result.places = most
        if isUp { result.increment() }
        result.trim()
        if result.digits.isEmpty { result.isNegative = false }
        return result
    }

    private mutating func increment() {
        for index in digits.indices.reversed() {
            if digits[index] < 9 {
                digits[index] += 1
                return
            }
            digits[index] = 0
        }
        digits.insert(1, at: 0)
    }

    /// How many digits stand before the point; at least one, which may be 0.
    var wholeCount: Int { max(1, digits.count - places) }

    /// The digit `place` places before the point, the last one being 0; behind it from -1 on.
    func digit(at place: Int) -> UInt8 {
        let index = digits.count - 1 - places - place
        return digits.indices.contains(index) ? digits[index] : 0
    }
}
