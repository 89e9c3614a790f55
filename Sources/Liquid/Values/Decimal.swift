/// An exact decimal number: what people mean by 0.1. Filters calculate with it, so that 10.1 minus 2.2 is 7.9.
struct Decimal {
    /// The number is `coefficient` · 10^`exponent`.
    var coefficient: Int128
    var exponent: Int

    init(coefficient: Int128, exponent: Int) {
        self.coefficient = coefficient
        self.exponent = exponent
    }

    init(_ integer: Int64) {
        self.init(coefficient: Int128(integer), exponent: 0)
    }

    /// The fewest digits that say `number`. What is not finite is 0.
    init(_ number: Double) {
        let exact = number.isFinite ? Decimal(text: number.description) : nil
        self = exact ?? Decimal(coefficient: 0, exponent: 0)
    }

    /// `-12.50`, `1e-7`; nil for anything else, and for more digits than fit.
    init?(text: some StringProtocol) {
        var coefficient: Int128 = 0
        var exponent = 0
        var digits = 0
        var isNegative = false
        var isFraction = false
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case .minus where digits == 0: isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"):
                var rest = ""
                while let more = bytes.next() { rest.unicodeScalars.append(UnicodeScalar(more)) }
                guard let power = Int(rest), power.magnitude < 10_000 else { return nil }
                exponent += power
            default:
                guard byte.isDigit, digits < 36 else { return nil }
                coefficient = coefficient * 10 + Int128(byte - UInt8(ascii: "0"))
                digits += 1
                if isFraction { exponent -= 1 }
            }
        }
        guard digits > 0 else { return nil }
        self.init(coefficient: isNegative ? -coefficient : coefficient, exponent: exponent)
    }

    var double: Double {
        // Both sides are exact, so the result is the nearest there is.
        if coefficient.magnitude < 1 << 53, Self.powers.indices.contains(Int(exponent.magnitude)) {
            let power = Self.powers[Int(exponent.magnitude)]
            return exponent < 0 ? Double(coefficient) / power : Double(coefficient) * power
        }
        return Double("\(coefficient)e\(exponent)") ?? 0
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// Without an exponent.
    var text: String {
        var digits = String(coefficient.magnitude)
        if exponent >= 0 {
            digits += String(repeating: "0", count: exponent) + ".0"
        } else {
            if digits.count <= -exponent { digits = String(repeating: "0", count: 1 - exponent - digits.count) + digits }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: exponent))
        }
        return coefficient < 0 ? "-" + digits : digits
    }

    // MARK: Arithmetic; nil where the exact result does not fit

    static func + (a: Decimal, b: Decimal) -> Decimal? {
        aligned(a, b).flatMap { x, y, exponent in x.adding(y).map { Decimal(coefficient: $0, exponent: exponent) } }
    }

    static func * (a: Decimal, b: Decimal) -> Decimal? {
        a.coefficient.multiplying(b.coefficient).map { Decimal(coefficient: $0, exponent: a.exponent + b.exponent) }
    }

    /// To more digits than a double has. The divisor is not 0.
    static func / (a: Decimal, b: Decimal) -> Decimal? {
        guard b.coefficient != 0 else { return nil }
        var numerator = a.coefficient
        var exponent = a.exponent - b.exponent
        while let more = numerator.multiplying(10), more != 0, !numerator.isMultiple(of: b.coefficient) {
            numerator = more
            exponent -= 1
        }
        return Decimal(coefficient: numerator / b.coefficient, exponent: exponent)
    }

    /// The remainder has the divisor's sign.
    static func % (a: Decimal, b: Decimal) -> Decimal? {
        guard b.coefficient != 0, let (x, y, exponent) = aligned(a, b) else { return nil }
        let rest = x % y
        return Decimal(coefficient: rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest, exponent: exponent)
    }

    static prefix func - (a: Decimal) -> Decimal { Decimal(coefficient: -a.coefficient, exponent: a.exponent) }

    static func < (a: Decimal, b: Decimal) -> Bool {
        guard let (x, y, _) = aligned(a, b) else { return a.double < b.double }
        return x < y
    }

    private static func aligned(_ a: Decimal, _ b: Decimal) -> (Int128, Int128, Int)? {
        let exponent = min(a.exponent, b.exponent)
        guard let x = a.coefficient.scaled(by: a.exponent - exponent), let y = b.coefficient.scaled(by: b.exponent - exponent) else {
            return nil
        }
        return (x, y, exponent)
    }

    // MARK: Rounding

    enum Rounding {
        /// Half goes away from zero.
        case half
        case up, down
    }

    /// With `places` digits after the point, or zeros before it where negative.
    func rounded(_ rounding: Rounding, places: Int = 0) -> Decimal {
        let surplus = -exponent - places
        guard surplus > 0 else { return self }
        guard surplus < 38, let unit = Int128(1).scaled(by: surplus) else {
            let isUp = rounding == .up && coefficient > 0
            let isDown = rounding == .down && coefficient < 0
            return Decimal(coefficient: isUp ? 1 : isDown ? -1 : 0, exponent: -places)
        }
        var (quotient, rest) = coefficient.quotientAndRemainder(dividingBy: unit)
        switch rounding {
        case .half: if rest.magnitude >= unit.magnitude - rest.magnitude { quotient += rest < 0 ? -1 : 1 }
        case .up: if rest > 0 { quotient += 1 }
        case .down: if rest < 0 { quotient -= 1 }
        }
        rest = 0
        return Decimal(coefficient: quotient, exponent: -places)
    }

    /// Nil where it has a fraction or is too large.
    var integer: Int64? {
        if exponent >= 0 { return coefficient.scaled(by: exponent).flatMap { Int64(exactly: $0) } }
        let whole = rounded(.down)
        return whole.exponent == 0 ? Int64(exactly: whole.coefficient) : nil
    }
}

extension Int128 {
    fileprivate func adding(_ other: Int128) -> Int128? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    fileprivate func multiplying(_ other: Int128) -> Int128? {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }

    /// Times 10^`power`.
    fileprivate func scaled(by power: Int) -> Int128? {
        if self == 0 { return 0 }
        guard power <= 38 else { return nil }
        var result = self
        for _ in 0..<Swift.max(0, power) {
            guard let more = result.multiplying(10) else { return nil }
            result = more
        }
        return result
    }
}
