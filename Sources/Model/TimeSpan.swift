/// A length of time as people write it: `7 days`, `2 hours`, `90 seconds`.
///
/// A span is always the same number of milliseconds: `7 days` is 168 hours, also when the clocks change. Calendar months
/// have no fixed length and are no spans.
package struct TimeSpan: Hashable, Sendable {
    package enum Unit: String, CaseIterable, Sendable {
        case second, minute, hour, day, week

        package var milliseconds: Int64 {
            switch self {
            case .second: 1000
            case .minute: 60_000
            case .hour: 3_600_000
            case .day: 86_400_000
            case .week: 604_800_000
            }
        }

        /// Takes singular and plural, and the one-letter forms `s`, `h`, `d`, `w` and `min`.
        package init?(word: some StringProtocol) {
            switch word.lowercased() {
            case "s", "sec", "second", "seconds": self = .second
            case "min", "minute", "minutes": self = .minute
            case "h", "hour", "hours": self = .hour
            case "d", "day", "days": self = .day
            case "w", "week", "weeks": self = .week
            default: return nil
            }
        }
    }

    package var count: Int
    package var unit: Unit

    /// The longest span that is accepted: a hundred years.
    package static let longest: Int64 = 36_525 * 86_400_000

    /// Nil when negative or longer than a hundred years.
    package init?(_ count: Int, _ unit: Unit) {
        guard count >= 0, Int64(count) <= Self.longest / unit.milliseconds else { return nil }
        self.count = count
        self.unit = unit
    }

    /// Reads `7 days`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let word = text[digits.endIndex...].drop { $0 == " " }
        guard let count = Int(digits), let unit = Unit(word: word) else { return nil }
        self.init(count, unit)
    }

    package var milliseconds: Int64 { Int64(count) * unit.milliseconds }
}

extension TimeSpan: CustomStringConvertible {
    package var description: String { "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")" }
}
