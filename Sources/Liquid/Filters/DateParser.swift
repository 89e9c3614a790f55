/// Reads dates as people and programs write them: `2026-11-02T09:30:00Z`, `March 14, 2016`, `2 Nov 2026 9:30 pm +0100`,
/// `14.03.2016`, `20260314`. A time without a zone is local; what the text leaves out is taken from now.
struct DateParser {
    private let bytes: [UInt8]
    private var index = 0
    private var year: Int?
    private var month: Int?
    private var day: Int?
    private var hour: Int?
    private var minute = 0
    private var second = 0
    private var millisecond = 0
    /// Seconds east of UTC.
    private var offset: Int?
    /// Numbers that say what they are only beside a month's name.
    private var loose: [(value: Int, digits: Int)] = []

    /// Nil where the text is no date.
    static func parse(_ text: String, _ context: FilterContext) -> DateFilter.Moment? {
        guard text.utf8.count <= 128 else { return nil }
        var parser = DateParser(text)
        return parser.parse(context)
    }

    /// Only `2026-11-02T09:30:00Z` and `2026-11-02T09:30:00.000Z`: the forms in which values are kept, read quickly.
    static func instant(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard bytes.count == 20 || bytes.count == 24, bytes[bytes.count - 1] == UInt8(ascii: "Z") else { return nil }
        let pattern: StaticString = "0000-00-00T00:00:00.000"
        var fields = (year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, millisecond: 0)
        for index in 0..<(bytes.count - 1) {
            let expected = pattern.utf8Start[index]
            if expected != UInt8(ascii: "0") {
                guard bytes[index] == expected else { return nil }
                continue
            }
            guard bytes[index].isDigit else { return nil }
            let digit = Int(bytes[index] - UInt8(ascii: "0"))
            switch index {
            case 0..<4: fields.year = fields.year * 10 + digit
            case 5..<7: fields.month = fields.month * 10 + digit
            case 8..<10: fields.day = fields.day * 10 + digit
            case 11..<13: fields.hour = fields.hour * 10 + digit
            case 14..<16: fields.minute = fields.minute * 10 + digit
            case 17..<19: fields.second = fields.second * 10 + digit
            default: fields.millisecond = fields.millisecond * 10 + digit
            }
        }
        guard (1...12).contains(fields.month), fields.day >= 1, fields.day <= CivilTime.days(in: fields.month, of: fields.year),
            fields.hour < 24, fields.minute < 60, fields.second < 60
        else { return nil }
        var time = CivilTime(year: fields.year, month: fields.month, day: fields.day)
        (time.hour, time.minute, time.second, time.millisecond) = (fields.hour, fields.minute, fields.second, fields.millisecond)
        return time.milliseconds
    }

    private init(_ text: String) {
        bytes = text.utf8.map { $0.isLetter ? $0 | 0x20 : $0 }
    }

    private mutating func parse(_ context: FilterContext) -> DateFilter.Moment? {
        while index < bytes.count {
            if bytes[index].isDigit {
                guard number() else { return nil }
            } else if bytes[index].isLetter {
                word()
            } else if hour != nil, offset == nil, bytes[index] == UInt8(ascii: "+") || bytes[index] == .minus {
                zone()
            } else {
                index += 1
            }
        }
        settleLoose()
        return milliseconds(context).map { DateFilter.Moment(milliseconds: $0, offset: offset == 0 ? nil : offset) }
    }

    // MARK: Reading

    private mutating func digits() -> (value: Int, digits: Int) {
        let start = index
        var value = 0
        while index < bytes.count, bytes[index].isDigit {
            value = min(1 << 50, value * 10 + Int(bytes[index] - UInt8(ascii: "0")))
            index += 1
        }
        return (value, index - start)
    }

    private func peek(_ distance: Int = 0) -> UInt8 {
        index + distance < bytes.count ? bytes[index + distance] : 0
    }

    /// False where it can be no part of a date.
    private mutating func number() -> Bool {
        let number = digits()
        switch peek() {
        case UInt8(ascii: ":") where hour == nil && number.digits <= 2 && peek(1).isDigit: return time(hour: number.value)
        case .minus, UInt8(ascii: "/"), UInt8(ascii: "."):
            if year == nil, month == nil, peek(1).isDigit { return date(number, separator: peek()) }
        case let next where next.isLetter || next == .space:
            if number.digits <= 2, hour == nil, let isAfternoon = halfOfDay() { return twelveHours(number.value, isAfternoon) }
            // 1st, 2nd, 3rd, 4th
            if next.isLetter, number.digits <= 2,
                ["st", "nd", "rd", "th"].contains(where: { bytes.has($0, at: index, before: bytes.count) })
            {
                index += 2
            }
        default: break
        }
        return compact(number)
    }

    /// `20260314`, `20260314093000`; else a number that stands alone.
    private mutating func compact(_ number: (value: Int, digits: Int)) -> Bool {
        if year == nil, number.digits == 8 || number.digits == 14 {
            let date = number.digits == 8 ? number.value : number.value / 1_000_000
            (year, month, day) = (date / 10_000, date / 100 % 100, date % 100)
            if number.digits == 14 {
                let time = number.value % 1_000_000
                (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100)
            }
        } else if year != nil, hour == nil, number.digits == 4 || number.digits == 6 {
            let time = number.digits == 4 ? number.value * 100 : number.value
            (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100)
        } else {
            guard number.digits <= 4 else { return false }
            loose.append(number)
        }
        return true
    }

    /// Three numbers, the year first or last, the month in the middle; or a year and a month.
    private mutating func date(_ first: (value: Int, digits: Int), separator: UInt8) -> Bool {
        index += 1
        let second = digits()
        guard peek() == separator, peek(1).isDigit else {
            guard first.digits == 4, second.digits <= 2 else { return false }
            (year, month) = (first.value, second.value)
            return true
        }
        index += 1
        let third = digits()
        month = second.value
        if third.digits > 2 || (separator == UInt8(ascii: ".") && first.digits <= 2) {
            (day, year) = (first.value, Self.fullYear(third))
        } else {
            (year, day) = (Self.fullYear(first), third.value)
        }
        return true
    }

    private static func fullYear(_ number: (value: Int, digits: Int)) -> Int {
        number.digits > 2 ? number.value : number.value + (number.value >= 69 ? 1900 : 2000)
    }

    private mutating func time(hour first: Int) -> Bool {
        hour = first
        index += 1
        minute = digits().value
        if peek() == UInt8(ascii: ":"), peek(1).isDigit {
            index += 1
            second = digits().value
            if peek() == UInt8(ascii: ".") || peek() == UInt8(ascii: ","), peek(1).isDigit {
                index += 1
                let start = index
                _ = digits()
                let kept = bytes[start..<min(index, start + 3)]
                millisecond = kept.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
                for _ in kept.count..<3 { millisecond *= 10 }
            }
        }
        if let isAfternoon = halfOfDay() { return twelveHours(first, isAfternoon) }
        return true
    }

    /// `am`, `p.m.`; taken if it is there.
    private mutating func halfOfDay() -> Bool? {
        var cursor = index
        while cursor < bytes.count, bytes[cursor] == .space { cursor += 1 }
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: "a") || bytes[cursor] == UInt8(ascii: "p") else { return nil }
        let isAfternoon = bytes[cursor] == UInt8(ascii: "p")
        cursor += 1
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: ".") { cursor += 1 }
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: "m") else { return nil }
        cursor += 1
        if cursor < bytes.count, bytes[cursor].isLetter { return nil }
        index = cursor
        return isAfternoon
    }

    private mutating func twelveHours(_ number: Int, _ isAfternoon: Bool) -> Bool {
        guard number <= 12 else { return false }
        hour = number % 12 + (isAfternoon ? 12 : 0)
        return true
    }

    private mutating func word() {
        let start = index
        while index < bytes.count, bytes[index].isLetter { index += 1 }
        // The T and Z of `2026-11-02T09:30:00Z`, the form in which values are kept.
        if index - start == 1 {
            if bytes[start] == UInt8(ascii: "z"), hour != nil, offset == nil { offset = 0 }
            return
        }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        if let number = Self.months.firstIndex(where: { $0 == word || $0.prefix(3) == word || (word == "sept" && $0 == "september") }) {
            month = month ?? number + 1
        } else if hour != nil, offset == nil, let hours = Self.zones[word] {
            offset = hours * 3600
        }
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]
    private static let zones = [
        "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3, "est": -5, "edt": -4, "cst": -6,
        "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9,
    ]

    /// `+01:00`, `-0500`, `+1`
    private mutating func zone() {
        let sign = bytes[index] == .minus ? -1 : 1
        index += 1
        guard peek().isDigit else { return }
        let number = digits()
        var seconds = number.digits <= 2 ? number.value * 3600 : number.value / 100 * 3600 + number.value % 100 * 60
        if number.digits <= 2, peek() == UInt8(ascii: ":"), peek(1).isDigit {
            index += 1
            seconds += digits().value * 60
        }
        offset = sign * min(seconds, 86_400)
    }

    // MARK: Putting together

    /// Beside a month's name: the first that can be a day is one, the other is the year.
    private mutating func settleLoose() {
        guard month != nil else { return }
        for number in loose {
            if day == nil, number.digits <= 2 {
                day = number.value
            } else if year == nil {
                year = Self.fullYear(number)
            }
        }
    }

    private func milliseconds(_ context: FilterContext) -> Int64? {
        guard year != nil || month != nil || hour != nil else { return nil }
        let now = CivilTime(milliseconds: context.now.addingReportingOverflow(Int64(context.zone(context.now)) * 1000).partialValue)
        let isTimeOnly = year == nil && month == nil
        var time = CivilTime(year: year ?? now.year, month: month ?? (isTimeOnly ? now.month : 1), day: day ?? (isTimeOnly ? now.day : 1))
        (time.hour, time.minute, time.second, time.millisecond) = (hour ?? 0, minute, second, millisecond)
        guard (1...12).contains(time.month), (1...31).contains(time.day), (0...9999).contains(time.year), time.hour <= 24, time.minute < 60,
            time.second <= 60
        else { return nil }
        if let offset { return time.milliseconds - Int64(offset) * 1000 }
        let guess = time.milliseconds - Int64(context.zone(time.milliseconds)) * 1000
        return time.milliseconds - Int64(context.zone(guess)) * 1000
    }
}
