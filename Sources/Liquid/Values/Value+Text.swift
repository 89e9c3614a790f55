/// How values are written.
extension Value {
    /// As an output in text mode writes it; points in time in UTC.
    package var text: String {
        if let string { return string }
        var out = Output()
        write(into: &out, zone: { _ in 0 })
        return out.text()
    }

    /// What a filter for text takes it for: as an output would write it, but lists with brackets and commas.
    package func text(in context: FilterContext) -> String {
        switch self {
        case .string(let text), .markup(let text): return text
        case .instant, .array:
            var out = Output()
            inspect(into: &out, zone: context.zone, depth: 0)
            return out.text()
        default: return text
        }
    }

    /// Data deeper than this is cut off rather than followed.
    private static let deepest = 100

    func write(into out: inout Output, zone: (Int64) -> Int, depth: Int = 0) {
        switch self {
        case .null: break
        case .bool(let flag): out.append(flag ? "true" : "false")
        case .integer(let number): out.append(number: number)
        case .decimal(let number): out.append(decimal: number)
        case .string(let text), .markup(let text): out.append(text)
        case .array(let items):
            guard depth < Self.deepest else { return }
            for item in items { item.write(into: &out, zone: zone, depth: depth + 1) }
        case .object: inspect(into: &out, zone: zone, depth: depth)
        case .range(let first, let last):
            out.append(number: first)
            out.append("..")
            out.append(number: last)
        case .instant(let milliseconds):
            TimeFormatter(milliseconds: milliseconds, offset: zone(milliseconds)).write(.plain, into: &out)
        }
    }

    /// As it would be written in a program, for objects within an output.
    var inspected: String {
        var out = Output()
        inspect(into: &out, zone: { _ in 0 }, depth: 0)
        return out.text()
    }

    private func inspect(into out: inout Output, zone: (Int64) -> Int, depth: Int) {
        guard depth < Self.deepest else { return }
        switch self {
        case .null: out.append("nil")
        case .string(let text), .markup(let text): out.append(quoted: text)
        case .array(let items):
            out.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { out.append(", ") }
                item.inspect(into: &out, zone: zone, depth: depth + 1)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            out.append(.openBrace)
            for (index, name) in object.names.enumerated() {
                if index > 0 { out.append(", ") }
                out.append(quoted: name)
                out.append("=>")
                object.value(at: index).inspect(into: &out, zone: zone, depth: depth + 1)
            }
            out.append(.closeBrace)
        default: write(into: &out, zone: zone, depth: depth)
        }
    }
}

extension Output {
    mutating func append(number: Int64) {
        if number >= 0, number < 10 {
            append(UInt8(ascii: "0") + UInt8(number))
            return
        }
        if number < 0 { append(.minus) }
        let mark = count
        var rest = number.magnitude
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        reverse(from: mark)
    }

    /// At least `width` digits.
    mutating func append(number: Int, width: Int, padding: UInt8 = UInt8(ascii: "0")) {
        var digits = 1
        var rest = number.magnitude / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        let sign = number < 0 ? 1 : 0
        if number < 0, padding == UInt8(ascii: "0") { append(.minus) }
        for _ in 0..<Swift.max(0, width - digits - sign) { append(padding) }
        if number < 0, padding != UInt8(ascii: "0") { append(.minus) }
        let mark = count
        rest = number.magnitude
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        reverse(from: mark)
    }

    /// As ``Swift/Double/liquidText`` says, without making a text of it where it is a price or the like.
    mutating func append(decimal number: Double) {
        let hundredths = (number * 100).rounded()
        // Below 15 digits no other decimal is nearer to the same number.
        guard hundredths.magnitude < 1e14, hundredths / 100 == number, number != 0 else {
            append(number.liquidText)
            return
        }
        if number < 0 { append(.minus) }
        let digits = Int64(hundredths.magnitude)
        append(number: digits / 100)
        append(UInt8(ascii: "."))
        append(UInt8(ascii: "0") + UInt8(digits / 10 % 10))
        if digits % 10 > 0 { append(UInt8(ascii: "0") + UInt8(digits % 10)) }
    }

    fileprivate mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case .newline: append("\\n")
            case 0x09: append("\\t")
            case 0x0D: append("\\r")
            case 0x1B: append("\\e")
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}

extension Double {
    /// The fewest digits that say this number, always with a point: `5.0`, `0.1`, `1.0e+20`, `Infinity`.
    var liquidText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
        let plain = description
        guard let mark = plain.firstIndex(of: "e") else {
            let isShort = magnitude < 1e15 && (magnitude >= 1e-4 || self == 0)
            return isShort ? plain : Self.scientific(Decimal(self))
        }
        var exponent = Int(plain[plain.index(after: mark)...]) ?? 0
        if exponent >= -4, exponent < 0 { return Decimal(self).text }
        var mantissa = plain[..<mark]
        let isNegative = exponent < 0
        exponent = Int(exponent.magnitude)
        if !mantissa.contains(".") { mantissa += ".0" }
        return "\(mantissa)e\(isNegative ? "-" : "+")\(exponent < 10 ? "0" : "")\(exponent)"
    }

    private static func scientific(_ decimal: Decimal) -> String {
        var digits = String(decimal.coefficient.magnitude)
        let exponent = digits.count - 1 + decimal.exponent
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let rest = digits.dropFirst()
        let sign = exponent < 0 ? "-" : "+"
        let power = exponent.magnitude
        return
            "\(decimal.coefficient < 0 ? "-" : "")\(digits.prefix(1)).\(rest.isEmpty ? "0" : rest)e\(sign)\(power < 10 ? "0" : "")\(power)"
    }
}
