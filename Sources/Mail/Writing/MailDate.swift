import Model

/// A time as mail writes it, RFC 5322 section 3.3.
enum MailDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Mon, 02 Nov 2026 09:30:00 +0000`. Times before 1900 and after 9999 cannot be written and are moved to the border.
    static func bytes(_ instant: Instant) -> [UInt8] {
        let seconds = min(max(instant, .earliest), .latest).milliseconds.quotientRoundedDown(by: 1000)
        let day = seconds.quotientRoundedDown(by: 86_400)
        let time = Int(seconds - day * 86_400)
        let date = CivilDate(daysSinceEpoch: day)
        // 1970-01-01 was a Thursday.
        let weekday = Int((day + 4) - (day + 4).quotientRoundedDown(by: 7) * 7)
        var out: [UInt8] = []
        out.reserveCapacity(31)
        out.append(contentsOf: days[weekday].utf8)
        out.append(contentsOf: ", ".utf8)
        appendPair(date.day, to: &out)
        out.append(UInt8(ascii: " "))
        out.append(contentsOf: months[date.month - 1].utf8)
        out.append(UInt8(ascii: " "))
        appendPair(date.year / 100, to: &out)
        appendPair(date.year % 100, to: &out)
        for (index, part) in [time / 3600, time / 60 % 60, time % 60].enumerated() {
            out.append(UInt8(ascii: index == 0 ? " " : ":"))
            appendPair(part, to: &out)
        }
        out.append(contentsOf: " +0000".utf8)
        return out
    }

    private static func appendPair(_ number: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "0") &+ UInt8(number / 10))
        out.append(UInt8(ascii: "0") &+ UInt8(number % 10))
    }
}

extension Int64 {
    fileprivate func quotientRoundedDown(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
