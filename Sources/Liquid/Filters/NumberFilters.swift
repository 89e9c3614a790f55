/// Filters that calculate: exactly, with whole numbers of 64 bits and with decimals.
enum NumberFilters {
    static func apply(_ filter: StandardFilter, to input: Value, _ argument: Value, hasArgument: Bool) throws(FilterFailure) -> Value {
        let number = try Number(input)
        switch filter {
        case .abs: return try absolute(number).value
        case .ceil: return try whole(number, .up)
        case .floor: return try whole(number, .down)
        case .round: return try round(number, places: argument, hasPlaces: hasArgument)
        case .plus: return try plus(number, Number(argument)).value
        case .minus: return try plus(number, negative(Number(argument))).value
        case .times: return try times(number, Number(argument)).value
        case .dividedBy: return try divide(number, Number(argument)).value
        case .modulo: return try modulo(number, Number(argument)).value
        case .atLeast:
            let least = try Number(argument)
            return (number < least ? least : number).value
        default:
            let most = try Number(argument)
            return (most < number ? most : number).value
        }
    }

    static func plus(_ a: Number, _ b: Number) throws(FilterFailure) -> Number {
        if case .integer(let x) = a, case .integer(let y) = b { return try checked(x.addingReportingOverflow(y)) }
        return .decimal(a.decimal + b.decimal ?? Decimal(a.decimal.double + b.decimal.double))
    }

    private static func times(_ a: Number, _ b: Number) throws(FilterFailure) -> Number {
        if case .integer(let x) = a, case .integer(let y) = b { return try checked(x.multipliedReportingOverflow(by: y)) }
        return .decimal(a.decimal * b.decimal ?? Decimal(a.decimal.double * b.decimal.double))
    }

    /// Whole numbers by whole numbers give whole numbers, rounded down.
    private static func divide(_ a: Number, _ b: Number) throws(FilterFailure) -> Number {
        if b.isZero { throw .dividedByZero }
        if case .integer(let x) = a, case .integer(let y) = b {
            let (quotient, overflow) = x.dividedReportingOverflow(by: y)
            if overflow { throw .tooLarge }
            return .integer(x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient)
        }
        return .decimal(a.decimal / b.decimal ?? Decimal(a.decimal.double / b.decimal.double))
    }

    /// The remainder has the divisor's sign.
    private static func modulo(_ a: Number, _ b: Number) throws(FilterFailure) -> Number {
        if b.isZero { throw .dividedByZero }
        if case .integer(let x) = a, case .integer(let y) = b {
            let rest = x.remainderReportingOverflow(dividingBy: y).partialValue
            return .integer(rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest)
        }
        if let rest = a.decimal % b.decimal { return .decimal(rest) }
        let divisor = b.decimal.double
        let rest = a.decimal.double.truncatingRemainder(dividingBy: divisor)
        return .decimal(Decimal(rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest))
    }

    private static func negative(_ number: Number) throws(FilterFailure) -> Number {
        switch number {
        case .integer(let whole): try checked(Int64(0).subtractingReportingOverflow(whole))
        case .decimal(let decimal): .decimal(-decimal)
        }
    }

    private static func absolute(_ number: Number) throws(FilterFailure) -> Number {
        switch number {
        case .integer(let whole): whole < 0 ? try negative(number) : number
        case .decimal(let decimal): .decimal(decimal.coefficient < 0 ? -decimal : decimal)
        }
    }

    private static func whole(_ number: Number, _ rounding: Decimal.Rounding) throws(FilterFailure) -> Value {
        switch number {
        case .integer(let whole): return .integer(whole)
        case .decimal(let decimal):
            guard let whole = decimal.rounded(rounding).integer else { throw .tooLarge }
            return .integer(whole)
        }
    }

    /// Half goes away from zero. Without places after the point the result is a whole number.
    private static func round(_ number: Number, places: Value, hasPlaces: Bool) throws(FilterFailure) -> Value {
        let places = hasPlaces ? try Number(places).decimal.rounded(.down).integer ?? 0 : 0
        let clamped = Int(max(-400, min(400, places)))
        switch number {
        case .integer(let whole):
            if clamped >= 0 { return .integer(whole) }
            guard let rounded = Decimal(whole).rounded(.half, places: clamped).integer else { throw .tooLarge }
            return .integer(rounded)
        case .decimal(let decimal):
            if clamped <= 0 { return try Self.whole(.decimal(decimal.rounded(.half, places: clamped)), .down) }
            return .decimal(decimal.rounded(.half, places: clamped).double)
        }
    }

    private static func checked(_ result: (partialValue: Int64, overflow: Bool)) throws(FilterFailure) -> Number {
        if result.overflow { throw .tooLarge }
        return .integer(result.partialValue)
    }
}

extension FilterFailure {
    static let dividedByZero = FilterFailure("divided by zero")
}
