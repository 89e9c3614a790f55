/// What a value is as a number. Everything is one: a text that does not start with digits, like everything else, is 0.
enum Number {
    case integer(Int64)
    case decimal(Decimal)

    /// Throws where the number is larger than any the language calculates with.
    init(_ value: Value) throws(FilterFailure) {
        switch value {
        case .integer(let number): self = .integer(number)
        case .decimal(let number): self = .decimal(Decimal(number))
        case .string(let text), .markup(let text): self = try Number(text: text)
        default: self = .integer(0)
        }
    }

    private init(text: String) throws(FilterFailure) {
        let digits = text.utf8.drop { $0.isSpace }
        var whole: Int64 = 0
        var isNegative = false
        var index = digits.startIndex
        if index < digits.endIndex, digits[index] == .minus || digits[index] == UInt8(ascii: "+") {
            isNegative = digits[index] == .minus
            index = digits.index(after: index)
        }
        let start = index
        while index < digits.endIndex, digits[index].isDigit || (digits[index] == UInt8(ascii: "_") && index > start) {
            let byte = digits[index]
            index = digits.index(after: index)
            guard byte.isDigit else { continue }
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) = product.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || overflowToo { throw .tooLarge }
            whole = sum
        }
        if let decimal = Number.decimal(in: text) {
            self = .decimal(decimal)
            return
        }
        if !isNegative, whole == .min { throw .tooLarge }
        self = .integer(isNegative ? whole : -whole)
    }

    /// Digits, a point, digits, and nothing else but spaces around them.
    private static func decimal(in text: String) -> Decimal? {
        var digits = Substring(text)
        while let first = digits.utf8.first, first.isSpace { digits = Substring(digits.utf8.dropFirst()) }
        while let last = digits.utf8.last, last.isSpace { digits = Substring(digits.utf8.dropLast()) }
        let unsigned = digits.utf8.first == .minus ? digits.utf8.dropFirst() : digits.utf8[...]
        let parts = unsigned.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isDigit) }) else { return nil }
        return Decimal(text: digits) ?? Double(digits).map { Decimal($0) }
    }

    var decimal: Decimal {
        switch self {
        case .integer(let number): Decimal(number)
        case .decimal(let number): number
        }
    }

    var value: Value {
        switch self {
        case .integer(let number): .integer(number)
        case .decimal(let number): .decimal(number.double)
        }
    }

    var isZero: Bool { decimal.coefficient == 0 }

    static func < (a: Number, b: Number) -> Bool { a.decimal < b.decimal }
}

extension FilterFailure {
    static let tooLarge = FilterFailure("the number is too large")
}
