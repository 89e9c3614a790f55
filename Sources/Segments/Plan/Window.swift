package import Model

/// A stretch of time as a segment says it. Which instants it holds depends on when and in which zone one asks.
package enum Window: Hashable, Sendable {
    /// `in last 7 days`: that many milliseconds before the instant.
    case last(TimeSpan)
    /// `within next 3 days`: that many milliseconds from the instant on.
    case next(TimeSpan)
    /// `between 90 and 30 days ago`
    case ago(from: TimeSpan, to: TimeSpan)
    /// `more than 60 days ago`
    case longerAgo(TimeSpan)
    case today
    case thisMonth
    case lastMonth
    /// `is 30 days from now`: that calendar day.
    case daysFromNow(Int)
    case before(TimePoint)
    case after(TimePoint)
    /// Between two days, both included; between two instants, the second left out.
    case between(TimePoint, TimePoint)
    /// What `=` says of a time: on that day, or at that instant.
    case on(TimePoint)
    /// What `<=` and `>=` say of a time.
    case upTo(TimePoint)
    case from(TimePoint)

    /// The instants it holds, half-open.
    package func interval(at instant: Instant, zone: Zone) -> Interval {
        switch self {
        case .last(let span): Interval(from: instant.advanced(byMilliseconds: -span.milliseconds), to: instant)
        case .next(let span): Interval(from: instant, to: instant.advanced(byMilliseconds: span.milliseconds))
        case .ago(let from, let to):
            Interval(
                from: instant.advanced(byMilliseconds: -from.milliseconds), to: instant.advanced(byMilliseconds: -to.milliseconds))
        case .longerAgo(let span): Interval(from: nil, to: instant.advanced(byMilliseconds: -span.milliseconds))
        case .today: Self.days(zone.date(at: instant), count: 1, zone)
        case .thisMonth: Self.month(of: zone.date(at: instant), zone)
        case .lastMonth: Self.month(of: zone.date(at: instant).firstOfMonth.adding(days: -1), zone)
        case .daysFromNow(let days): Self.days(zone.date(at: instant).adding(days: days), count: 1, zone)
        case .before(let point): Interval(from: nil, to: point.start(in: zone))
        case .after(let point): Interval(from: point.end(in: zone), to: nil)
        case .between(let first, let last):
            Interval(from: first.start(in: zone), to: last.day == nil ? last.start(in: zone) : last.end(in: zone))
        case .on(let point): Interval(from: point.start(in: zone), to: point.end(in: zone))
        case .upTo(let point): Interval(from: nil, to: point.end(in: zone))
        case .from(let point): Interval(from: point.start(in: zone), to: nil)
        }
    }

    private static func days(_ first: CivilDate, count: Int, _ zone: Zone) -> Interval {
        Interval(from: zone.start(of: first), to: zone.start(of: first.adding(days: count)))
    }

    private static func month(of day: CivilDate, _ zone: Zone) -> Interval {
        let first = day.firstOfMonth
        return days(first, count: CivilDate.days(inMonth: first.month, of: first.year), zone)
    }
}

/// The instants from `from` on and before `to`; nil means without end.
package struct Interval: Hashable, Sendable {
    package var from: Instant?
    package var to: Instant?

    package init(from: Instant?, to: Instant?) {
        self.from = from
        self.to = to
    }

    package static let ever = Interval(from: nil, to: nil)

    package func contains(_ instant: Instant) -> Bool {
        (from.map { $0 <= instant } ?? true) && (to.map { instant < $0 } ?? true)
    }

    /// Without what is after `instant`: the past as it was then, the instant itself included.
    func upTo(_ instant: Instant) -> Interval {
        let end = instant.advanced(byMilliseconds: 1)
        return Interval(from: from, to: to.map { min($0, end) } ?? end)
    }
}

extension CivilDate {
    var firstOfMonth: CivilDate { CivilDate(year: year, month: month, day: 1) }
}
