import Liquid
import Testing

struct DateTests {
    private func date(_ value: Value, _ pattern: String, east hours: Int = 0) throws -> String {
        let scope = Scope(["t": value, "p": .string(pattern)], now: monday)
        scope.zone = { _ in hours * 3600 }
        scope.zoneName = { _ in "CET" }
        return try parse("{{ t | date: p }}").render(scope)
    }

    @Test(arguments: [
        ("%A %e %B %Y", "Monday  2 November 2026"), ("%a %-d %b '%y", "Mon 2 Nov '26"), ("%H:%M:%S.%L", "09:30:00.000"),
        ("%I:%M %p %P", "09:30 AM am"),
        ("%j %U %W %V %G %u %w", "306 44 44 45 2026 1 1"), ("%F %T %D %R", "2026-11-02 09:30:00 11/02/26 09:30"), ("%s", "1793611800"),
        ("%z %:z %Z", "+0000 +00:00 CET"), ("%^a %-m %03d %_m %10Y", "MON 11 002 11 0000002026"), ("%c", "Mon Nov  2 09:30:00 2026"),
        ("100%%", "100%"),
        ("%Q %", "%Q %"),
    ])
    func `patterns are those of strftime`(pattern: String, result: String) throws {
        #expect(try date(.instant(monday), pattern) == result)
    }

    @Test func `a point in time is shown in the zone of the scope`() throws {
        #expect(try date(.instant(monday), "%F %H:%M %z", east: 1) == "2026-11-02 10:30 +0100")
        #expect(try date(.instant(monday), "%F %H:%M %z", east: -10) == "2026-11-01 23:30 -1000")
        #expect(try date("2026-11-02T09:30:00.000Z", "%H:%M", east: 1) == "10:30")
        #expect(try date("2026-11-02 09:30", "%H:%M %z", east: 1) == "09:30 +0100")
    }

    @Test(arguments: [
        "2026-11-02", "2026-11-02T00:00:00Z", "2 November 2026", "November 2, 2026", "Nov 2 2026", "2nd nov 2026",
        "Mon, 02 Nov 2026 00:00:00 +0000",
        "02.11.2026", "02/11/2026", "2026/11/02", "20261102T000000", "2-Nov-2026", "2026-11-02 12:00 am", "1793577600",
    ])
    func `dates are read as people write them`(text: String) throws {
        #expect(try date(.string(text), "%F %T") == "2026-11-02 00:00:00")
    }

    @Test(arguments: ["soon", "-1793577600", "2026-13-40", "99999999999999999999", "call me at 5"])
    func `what is no date stays as it is`(text: String) throws {
        #expect(try date(.string(text), "%F") == text)
    }

    @Test func `now is the scope's`() throws {
        #expect(try render("{{ 'now' | date: '%F %R' }} {{ 'today' | date: '%F' }}") == "2026-11-02 09:30 2026-11-02")
    }

    @Test func `a point in time without a pattern is written in full`() throws {
        #expect(try render("{{ t }}", ["t": .instant(monday)]) == "2026-11-02 09:30:00 UTC")
    }

    @Test func `every day of eight hundred years has the date after that of the day before`() throws {
        let template = try parse("{{ t | date: '%Y %m %d %j %u' }}")
        var days = 0
        for year in 1600..<2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let first = Int64(days - 135_140) * 86_400_000
            let weekday = ((days + 5) % 7) + 1
            let shown = try template.render(Scope(["t": .instant(first)]))
            #expect(shown == "\(year) 01 01 001 \(weekday)")
            days += isLeap ? 366 : 365
            let last = Int64(days - 1 - 135_140) * 86_400_000
            #expect(try template.render(Scope(["t": .instant(last)])).hasPrefix("\(year) 12 31 \(isLeap ? 366 : 365)"))
        }
    }
}
