import Model

/// A half-open interval as the texts that attributes hold: instants in their canonical form, days as dates.
///
/// Both forms have one width, so text order is time order within each, in any collation. A day counts as its first instant
/// in the zone. Every bound lies within the years 1900 to 9999, which also keeps out texts of the same length that are none.
struct TimeTexts: Hashable, Sendable {
    /// From the first, before the second; where `includesLast`, the second included.
    var instants: (from: String, to: String)
    var days: (from: String, to: String)
    /// The interval has no end, and the bounds are the last texts there are.
    var includesLast: Bool

    static let instantShape = "____-__-__T__:__:__.___Z"
    static let dayShape = "____-__-__"

    init(_ interval: Interval, zone: Zone) {
        let from = max(interval.from ?? .earliest, .earliest)
        let last = Instant(milliseconds: Instant.latest.milliseconds + 86_399_999)
        let firstDay = interval.from == nil ? "1900-01-01" : "\(Self.firstDay(notBefore: from, zone))"
        if let to = interval.to, to <= last {
            let to = max(to, .earliest)
            instants = (from.canonical, to.canonical)
            days = (firstDay, "\(Self.firstDay(notBefore: to, zone))")
            includesLast = false
        } else {
            instants = (min(from, last).canonical, last.canonical)
            days = (firstDay, "9999-12-31")
            includesLast = true
        }
    }

    static func firstDay(notBefore instant: Instant, _ zone: Zone) -> CivilDate {
        let day = zone.date(at: instant)
        return zone.start(of: day) < instant ? day.adding(days: 1) : day
    }

    static func == (a: TimeTexts, b: TimeTexts) -> Bool {
        a.instants == b.instants && a.days == b.days && a.includesLast == b.includesLast
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(instants.from)
        hasher.combine(instants.to)
    }
}
