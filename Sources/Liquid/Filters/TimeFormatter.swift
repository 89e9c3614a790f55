/// Writes a point in time as `strftime` does, with Ruby's flags: `%-d`, `%^b`, `%010Y`, `%:z`.
struct TimeFormatter {
    enum Style {
        /// `2026-11-02 09:30:00 +0100`
        case plain
    }

    private let local: CivilTime
    private let milliseconds: Int64
    private let offset: Int
    private let zoneName: String
    private let names: CalendarNames

    init(milliseconds: Int64, offset: Int, zoneName: String = "", names: CalendarNames = .english) {
        local = CivilTime(milliseconds: milliseconds.addingReportingOverflow(Int64(offset) * 1000).partialValue)
        self.milliseconds = milliseconds
        self.offset = offset
        self.zoneName = zoneName
        self.names = names
    }

    func write(_ style: Style, into out: inout Output) {
        _ = write(pattern: offset == 0 ? "%Y-%m-%d %H:%M:%S UTC" : "%Y-%m-%d %H:%M:%S %z", into: &out, limit: .max)
    }

    /// False where it would take more than `limit` bytes.
    func write(pattern: String, into out: inout Output, limit: Int) -> Bool {
        pattern.withBytes { bytes in
            let start = out.count
            let names = names.names(for: bytes)
            var index = 0
            while index < bytes.count {
                guard bytes[index] == .percent else {
                    out.append(bytes[index])
                    index += 1
                    continue
                }
                let directive = Directive(bytes, at: index)
                if directive.letter == 0 || !write(directive, names, into: &out) {
                    out.append(UnsafeBufferPointer(rebasing: bytes[index..<directive.end]))
                }
                index = directive.end
                if out.count - start > limit { return false }
            }
            return out.count - start <= limit
        }
    }

    /// `%`, flags, a width, colons, a letter.
    private struct Directive {
        var letter: UInt8 = 0
        var padding: UInt8?
        var isUnpadded = false
        var isUpper = false
        var swapsCase = false
        var colons = 0
        var width: Int?
        var end: Int

        init(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) {
            end = start + 1
            flags: while end < bytes.count {
                switch bytes[end] {
                case .minus: isUnpadded = true
                case UInt8(ascii: "0"): padding = UInt8(ascii: "0")
                case UInt8(ascii: "_"): padding = .space
                case UInt8(ascii: "^"): isUpper = true
                case UInt8(ascii: "#"): swapsCase = true
                case UInt8(ascii: ":"): colons += 1
                default: break flags
                }
                end += 1
            }
            while end < bytes.count, bytes[end].isDigit {
                // Wider than anybody means; and no pattern makes gigabytes.
                width = min(1000, (width ?? 0) * 10 + Int(bytes[end] - UInt8(ascii: "0")))
                end += 1
            }
            while end < bytes.count, bytes[end] == UInt8(ascii: ":") {
                colons += 1
                end += 1
            }
            if end < bytes.count {
                letter = bytes[end]
                end += 1
            }
        }
    }

    private func write(_ directive: Directive, _ names: CalendarNames.Form, into out: inout Output) -> Bool {
        switch UnicodeScalar(directive.letter) {
        case "Y": number(local.year, width: local.year < 0 ? 5 : 4, directive, into: &out)
        case "C": number(Self.floor(local.year, by: 100), width: 2, directive, into: &out)
        case "y": number(local.year - Self.floor(local.year, by: 100) * 100, width: 2, directive, into: &out)
        case "m": number(local.month, width: 2, directive, into: &out)
        case "d": number(local.day, width: 2, directive, into: &out)
        case "e": number(local.day, width: 2, padding: .space, directive, into: &out)
        case "j": number(local.dayOfYear, width: 3, directive, into: &out)
        case "H": number(local.hour, width: 2, directive, into: &out)
        case "k": number(local.hour, width: 2, padding: .space, directive, into: &out)
        case "I": number((local.hour + 11) % 12 + 1, width: 2, directive, into: &out)
        case "l": number((local.hour + 11) % 12 + 1, width: 2, padding: .space, directive, into: &out)
        case "M": number(local.minute, width: 2, directive, into: &out)
        case "S": number(local.second, width: 2, directive, into: &out)
        case "L": fraction(digits: directive.width ?? 3, into: &out)
        case "N": fraction(digits: directive.width ?? 9, into: &out)
        case "u": number((local.weekday + 6) % 7 + 1, width: 1, directive, into: &out)
        case "w": number(local.weekday, width: 1, directive, into: &out)
        case "G": number(local.isoWeek.year, width: 4, directive, into: &out)
        case "g": number(local.isoWeek.year % 100, width: 2, directive, into: &out)
        case "V": number(local.isoWeek.week, width: 2, directive, into: &out)
        case "U": number((local.dayOfYear + 6 - local.weekday) / 7, width: 2, directive, into: &out)
        case "W": number((local.dayOfYear + 6 - (local.weekday + 6) % 7) / 7, width: 2, directive, into: &out)
        case "s": number(Self.floor(Int(milliseconds), by: 1000), width: 1, directive, into: &out)
        case "B": text(names.months[local.month - 1], directive, into: &out)
        case "b", "h": text(names.shortMonths[local.month - 1], directive, into: &out)
        case "A": text(names.weekdays[local.weekday], directive, into: &out)
        case "a": text(names.shortWeekdays[local.weekday], directive, into: &out)
        case "p": text(names.halves[local.hour < 12 ? 0 : 1], directive, into: &out)
        case "P": text(names.halves[local.hour < 12 ? 0 : 1].lowercased(), directive, into: &out)
        case "Z": text(zoneName, directive, into: &out)
        case "z": zone(directive, into: &out)
        case "n": text("\n", directive, into: &out)
        case "t": text("\t", directive, into: &out)
        case "%": text("%", directive, into: &out)
        default:
            guard let pattern = Self.compounds[directive.letter] else { return false }
            if directive.width == nil, !directive.isUpper, !directive.swapsCase { return write(pattern: pattern, into: &out, limit: .max) }
            var inner = Output()
            _ = write(pattern: pattern, into: &inner, limit: .max)
            text(inner.text(), directive, into: &out)
        }
        return true
    }

    private static let compounds: [UInt8: String] = [
        UInt8(ascii: "D"): "%m/%d/%y", UInt8(ascii: "x"): "%m/%d/%y", UInt8(ascii: "F"): "%Y-%m-%d", UInt8(ascii: "T"): "%H:%M:%S",
        UInt8(ascii: "X"): "%H:%M:%S", UInt8(ascii: "R"): "%H:%M", UInt8(ascii: "r"): "%I:%M:%S %p",
        UInt8(ascii: "c"): "%a %b %e %H:%M:%S %Y",
        UInt8(ascii: "v"): "%e-%^b-%Y",
    ]

    private static func floor(_ number: Int, by divisor: Int) -> Int {
        number >= 0 ? number / divisor : (number + 1) / divisor - 1
    }

    private func number(
        _ number: Int, width: Int, padding: UInt8 = UInt8(ascii: "0"), _ directive: Directive, into out: inout Output
    ) {
        let width = directive.isUnpadded ? 1 : directive.width ?? width
        out.append(number: number, width: width, padding: directive.padding ?? padding)
    }

    private func text(_ text: String, _ directive: Directive, into out: inout Output) {
        // Beyond ASCII a letter's other case is not one bit away.
        let isForeign = directive.isUpper && text.utf8.contains { $0 >= 0x80 }
        (isForeign ? text.uppercased() : text).withBytes { shown in
            if !directive.isUnpadded, let width = directive.width {
                for _ in 0..<max(0, width - shown.count) { out.append(directive.padding ?? .space) }
            }
            let mark = out.count
            out.append(shown)
            guard directive.isUpper || directive.swapsCase else { return }
            let isLower = !directive.isUpper && directive.letter == UInt8(ascii: "p")
            out.change(from: mark) { byte, _ in
                if byte.isLetter { byte = isLower ? byte | 0x20 : byte & ~0x20 }
            }
        }
    }

    private func fraction(digits: Int, into out: inout Output) {
        let known = [local.millisecond / 100, local.millisecond / 10 % 10, local.millisecond % 10]
        for place in 0..<digits { out.append(UInt8(ascii: "0") + UInt8(place < 3 ? known[place] : 0)) }
    }

    /// `%z` +0100, `%:z` +01:00, `%::z` +01:00:00.
    private func zone(_ directive: Directive, into out: inout Output) {
        let seconds = Int(offset.magnitude)
        let digits = directive.colons > 1 ? 8 : directive.colons > 0 ? 5 : 4
        out.append(offset < 0 ? .minus : UInt8(ascii: "+"))
        for _ in 0..<max(0, (directive.width ?? 0) - digits - 1) { out.append(UInt8(ascii: "0")) }
        out.append(number: seconds / 3600, width: 2)
        if directive.colons > 0 { out.append(UInt8(ascii: ":")) }
        out.append(number: seconds / 60 % 60, width: 2)
        guard directive.colons > 1 else { return }
        out.append(UInt8(ascii: ":"))
        out.append(number: seconds % 60, width: 2)
    }
}
