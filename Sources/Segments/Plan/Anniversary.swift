import Model

/// A run of calendar days within one year on which anniversaries are looked for.
///
/// Who was born on 29 February has the anniversary on 28 February in a year without one. The day itself is no anniversary:
/// it must lie in an earlier year.
struct AnniversaryDays: Hashable, Sendable {
    /// The year of the anniversaries.
    private let year: Int
    private let first: CivilDate
    /// The day after the last one, which may be the first of the next year.
    private let end: CivilDate

    /// The days of `count` calendar days from today on, a run for each year that they touch.
    static func runs(from today: CivilDate, count: Int) -> [AnniversaryDays] {
        var runs: [AnniversaryDays] = []
        var first = today
        let end = today.adding(days: count)
        while first < end {
            let next = min(end, CivilDate(year: first.year + 1, month: 1, day: 1))
            runs.append(AnniversaryDays(year: first.year, first: first, end: next))
            first = next
        }
        return runs
    }

    func contains(_ date: CivilDate) -> Bool {
        let run = days(in: date.year)
        return date.year < year && run.first <= date && date < run.end
    }

    // MARK: - As texts

    /// Days are in it whose text without the year, `02-28`, is not before this one.
    var firstMonthDay: String { first.monthDay }
    /// And before this one, where it is set.
    var endMonthDay: String? { end.year > year ? nil : end.monthDay }
    /// Days are in it whose text is not before `from` and before `to`.
    var earlierYears: TextRange { TextRange(from: "1900-01-01", to: "\(year)-01-01") }

    func contains(dayText text: String) -> Bool {
        let monthDay = String(text.suffix(5))
        return earlierYears.contains(text) && firstMonthDay <= monthDay && (endMonthDay.map { monthDay < $0 } ?? true)
    }

    /// The canonical texts of the instants that lie on these days in an earlier year, a range for each year: on which day an
    /// instant lies depends on the zone and its history, which a database can't be asked for.
    func instants(in zone: Zone) -> [TextRange] {
        (1900..<max(1900, year)).map { earlier in
            let run = days(in: earlier)
            return TextRange(from: zone.start(of: run.first).canonical, to: zone.start(of: run.end).canonical)
        }
    }

    /// The days of an earlier year whose anniversaries these are.
    private func days(in earlier: Int) -> (first: CivilDate, end: CivilDate) {
        (Self.moved(first, to: earlier), Self.moved(end, to: earlier + (end.year - year)))
    }

    private static func moved(_ date: CivilDate, to year: Int) -> CivilDate {
        CivilDate(validYear: year, month: date.month, day: date.day) ?? CivilDate(year: year, month: 3, day: 1)
    }
}

extension CivilDate {
    /// `02-29`
    fileprivate var monthDay: String { String(description.suffix(5)) }
}
