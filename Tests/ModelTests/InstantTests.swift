import Model
import Testing

@Suite struct InstantTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-02T09:30:00Z", 1_793_611_800_000), ("2026-11-02 09:30:00Z", 1_793_611_800_000),
        ("2026-11-02t09:30z", 1_793_611_800_000), ("2026-11-02T10:30:00+01:00", 1_793_611_800_000),
        ("2026-11-02T10:30:00+0100", 1_793_611_800_000), ("2026-11-02T10:30:00+01", 1_793_611_800_000),
        ("2026-11-02T04:00:00-05:30", 1_793_611_800_000), ("2026-11-02T09:30:00.5Z", 1_793_611_800_500),
        ("2026-11-02T09:30:00,25Z", 1_793_611_800_250), ("2026-11-02T09:30:00.123999999Z", 1_793_611_800_123),
        ("1969-12-31T23:59:59.999Z", -1), ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("1900-01-01T00:00:00Z", -2_208_988_800_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ("2026-01-01T00:00:00-00:00", 1_767_225_600_000),
    ])
    func `is read from RFC 3339 and its relatives`(text: String, milliseconds: Int64) {
        #expect(Instant(iso: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-02", "2026-11-02T09:30:00", "2026-11-02T09:30", "2026-11-02T", "2026-11-02T9:30:00Z", "2026-11-02T24:00:00Z",
        "2026-11-02T09:60:00Z", "2026-11-02T09:30:61Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-02T09:30:00.Z", "2026-11-02T09:30:00+24:00",
        "2026-11-02T09:30:00+01:60", "2026-11-02T09:30:00+1", "2026-11-02T09:30:00+", "2026-11-02T09:30:00ZZ", "2026-11-02T09:30:00Z ",
        " 2026-11-02T09:30:00Z", "1899-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "+2026-11-02T09:30:00Z", "-026-11-02T09:30:00Z",
        "02/11/2026 09:30", "2026-11-02  09:30Z", "2026-11-02T09:30:00−01:00", "２０２６-11-02T09:30:00Z", "1793611800000", "2026-W45-1T09:30Z",
    ])
    func `nothing else is an instant`(text: String) {
        #expect(Instant(iso: text) == nil)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        (1_793_611_800_500, "2026-11-02T09:30:00.500Z", "2026-11-02T09:30:00.500Z"),
        (-1, "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        (-2_208_988_800_000, "1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000Z"),
    ])
    func `is written in UTC`(milliseconds: Int64, iso: String, canonical: String) {
        let instant = Instant(milliseconds: milliseconds)
        #expect(instant.iso == iso)
        #expect(instant.canonical == canonical)
        #expect(Instant(iso: canonical) == instant)
    }

    @Test func `text order of the canonical form is time order`() {
        let times = [-2_208_988_800_000, -1, 0, 1, 999, 1000, 951_782_400_000, 1_793_611_800_000, 253_402_300_799_000].map {
            Instant(milliseconds: $0)
        }
        #expect(times.map(\.canonical) == times.map(\.canonical).sorted())
    }

    @Test func `the end of time is no trap`() {
        for extreme in [Int64.min, Int64.max] {
            let instant = Instant(milliseconds: extreme)
            #expect(!instant.iso.isEmpty)
            #expect(instant.advanced(byMilliseconds: extreme).milliseconds == extreme)
            #expect(Zone.utc.minuteOfDay(at: Instant(milliseconds: extreme / 1000)) >= 0)
        }
        #expect(Instant(milliseconds: 5).advanced(byMilliseconds: -7).milliseconds == -2)
    }
}

@Suite struct CivilDateTests {
    @Test func `days and dates are one to one, leap years included`() {
        var date = CivilDate(year: 1899, month: 12, day: 31)
        var day = date.daysSinceEpoch
        while date.year < 2401 {
            let next = date.adding(days: 1)
            day += 1
            #expect(next.daysSinceEpoch == day)
            #expect(next > date)
            guard CivilDate(validYear: next.year, month: next.month, day: next.day) == next else {
                Issue.record("\(next) does not exist")
                return
            }
            date = next
        }
        // 400 years have 97 leap days.
        #expect(CivilDate(year: 2300, month: 3, day: 1).daysSinceEpoch - CivilDate(year: 1900, month: 3, day: 1).daysSinceEpoch == 146_097)
        #expect(CivilDate(daysSinceEpoch: 0) == CivilDate(year: 1970, month: 1, day: 1))
    }

    @Test(arguments: [(1900, false), (2000, true), (2024, true), (2026, false), (2100, false), (2400, true)])
    func `a leap year has a 29th of February`(year: Int, leap: Bool) {
        #expect((CivilDate(validYear: year, month: 2, day: 29) != nil) == leap)
        #expect((CivilDate(iso: "\(year)-02-29") != nil) == leap)
        #expect(CivilDate(year: year, month: 2, day: 28).adding(days: 1).month == (leap ? 2 : 3))
    }

    @Test(arguments: ["2026-11-02", "1900-01-01", "9999-12-31"])
    func `is printed as it is read`(text: String) {
        #expect(CivilDate(iso: text)?.description == text)
    }

    @Test(arguments: [
        "", "2026-1-02", "2026-11-2", "2026-11-02 ", "20261102", "2026-11-31", "2026-13-01", "1899-12-31", "02/11/2026", "2026-11-02T",
        "٢٠٢٦-11-02",
    ])
    func `nothing else is a day`(text: String) {
        #expect(CivilDate(iso: text) == nil)
    }
}
