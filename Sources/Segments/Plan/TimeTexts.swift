import Model

/// A half-open interval as the texts that attributes hold: instants in their canonical form, days as dates.
///
/// Both forms have one width, so text order is time order within each, in any collation. A day counts as its first instant
/// in the zone. Every bound lies within the years 1900 to 9999, which also keeps out texts of the same width that are none.
struct TimeTexts: Hashable, Sendable {
    var instants: TextRange
    var days: TextRange

    /// Holds every text that one of them holds.
    var both: TextRange {
        TextRange(from: min(instants.from, days.from), to: max(instants.to, days.to), includesLast: instants.includesLast)
    }

    /// As `LIKE` takes them.
    static let instantShape = "____-__-__T__:__:__.___Z"
    static let dayShape = "____-__-__"

    private static let last = Instant(milliseconds: Instant.latest.milliseconds + 86_399_999)

    init(_ interval: Interval, zone: Zone) {
        let from = interval.from.map { min(max($0, .earliest), Self.last) } ?? .earliest
        // A zone east of Greenwich begins its 1900 before ours: without a lower end that day is in.
        let firstDay = interval.from == nil ? "1900-01-01" : "\(Self.firstDay(notBefore: from, zone))"
        if let to = interval.to, to <= Self.last {
            let to = max(to, .earliest)
            instants = TextRange(from: from.canonical, to: to.canonical)
            days = TextRange(from: firstDay, to: "\(Self.firstDay(notBefore: to, zone))")
        } else {
            instants = TextRange(from: from.canonical, to: Self.last.canonical, includesLast: true)
            days = TextRange(from: firstDay, to: "9999-12-31", includesLast: true)
        }
    }

    private static func firstDay(notBefore instant: Instant, _ zone: Zone) -> CivilDate {
        let day = zone.date(at: instant)
        return zone.start(of: day) < instant ? day.adding(days: 1) : day
    }
}

/// Texts of one width from the first to before the second.
struct TextRange: Hashable, Sendable {
    var from: String
    var to: String
    /// Where the range has no end, `to` is the last text there is and belongs to it.
    var includesLast = false

    func contains(_ text: String) -> Bool {
        text >= from && (includesLast ? text <= to : text < to)
    }
}
