import Model

/// A run of calendar days within one year on which anniversaries are looked for.
///
/// Who was born on 29 February has the anniversary on 28 February in a year without one. The day itself is no anniversary:
/// it must lie in an earlier year.
struct AnniversaryDays: Hashable, Sendable {
    /// The year of the anniversaries.
    var year: Int
    var first: CivilDate
    /// The day after the last one, which may be the first of the next year.
    var end: CivilDate

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

    /// The days of an earlier year whose anniversaries these are.
    func days(in earlier: Int) -> (first: CivilDate, end: CivilDate) {
        (Self.moved(first, to: earlier), Self.moved(end, to: earlier + (end.year - year)))
    }

    func contains(_ date: CivilDate) -> Bool {
        let run = days(in: date.year)
        return date.year < year && run.first <= date && date < run.end
    }

    private static func moved(_ date: CivilDate, to year: Int) -> CivilDate {
        CivilDate(validYear: year, month: date.month, day: date.day) ?? CivilDate(year: year, month: 3, day: 1)
    }
}
