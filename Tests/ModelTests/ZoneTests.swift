import Model
import Testing

@Suite struct ZoneTests {
    /// Local time, and the instant that it means: the earlier where clocks show it twice, the jump where they skip it.
    @Test(arguments: [
        ("Europe/Rome", "2026-12-01 09:00", "2026-12-01T08:00:00Z"), ("Europe/Rome", "2026-07-01 09:00", "2026-07-01T07:00:00Z"),
        // Gap: 02:00 becomes 03:00.
        ("Europe/Rome", "2026-03-29 01:59:59", "2026-03-29T00:59:59Z"), ("Europe/Rome", "2026-03-29 02:00", "2026-03-29T01:00:00Z"),
        ("Europe/Rome", "2026-03-29 02:30", "2026-03-29T01:00:00Z"), ("Europe/Rome", "2026-03-29 03:00", "2026-03-29T01:00:00Z"),
        // Overlap: 03:00 becomes 02:00.
        ("Europe/Rome", "2026-10-25 02:30", "2026-10-25T00:30:00Z"), ("Europe/Rome", "2026-10-25 03:00", "2026-10-25T02:00:00Z"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08T07:00:00Z"), ("America/New_York", "2026-03-08 03:00", "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00Z"), ("America/New_York", "2026-11-01 02:00", "2026-11-01T07:00:00Z"),
        // Midnight itself skipped, and shown twice.
        ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04T03:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04T03:00:00Z"),
        ("America/Sao_Paulo", "2018-02-17 23:30", "2018-02-18T01:30:00Z"),
        ("America/Sao_Paulo", "2018-02-18 00:00", "2018-02-18T03:00:00Z"),
        // A whole day skipped, half an hour's shift, quarters of an hour.
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"), ("Pacific/Apia", "2011-12-31 00:00", "2011-12-30T10:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30:00Z"), ("Asia/Kathmandu", "2026-01-01 00:00", "2025-12-31T18:15:00Z"),
        ("UTC", "2026-01-01 00:00", "2026-01-01T00:00:00Z"), ("Europe/Rome", "2026-12-01", "2026-11-30T23:00:00Z"),
        ("Europe/Rome", "2026-12-01T09:00:00-05:00", "2026-12-01T14:00:00Z"),
    ])
    func `a local time means an instant`(zone: String, local: String, instant: String) throws {
        let zone = try #require(Zone(zone))
        #expect(zone.instant(reading: local)?.iso == instant)
    }

    @Test(arguments: ["", "noon", "2026-12-01 25:00", "2026-12-01 9:00", "2026-02-30", "2026-12-01 09:00 CET"])
    func `what is no time is none in any zone`(text: String) throws {
        #expect(try #require(Zone("Europe/Rome")).instant(reading: text) == nil)
    }

    @Test(arguments: ["Europe/Rome", "America/New_York", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "UTC"])
    func `a day starts where the day before it ends`(name: String) throws {
        let zone = try #require(Zone(name))
        for first in [
            CivilDate(year: 2011, month: 1, day: 1), CivilDate(year: 2018, month: 1, day: 1), CivilDate(year: 2026, month: 1, day: 1),
        ] {
            var date = first
            for _ in 0..<366 {
                let start = zone.start(of: date)
                let skipped = name == "Pacific/Apia" && date == CivilDate(year: 2011, month: 12, day: 30)
                #expect(zone.date(at: start) == (skipped ? date.adding(days: 1) : date))
                #expect(zone.date(at: start.advanced(byMilliseconds: -1)) < date)
                date = date.adding(days: 1)
            }
        }
    }

    @Test func `minutes of the day follow the wall clock`() throws {
        let rome = try #require(Zone("Europe/Rome"))
        let jump = try #require(Instant(iso: "2026-03-29T01:00:00Z"))
        #expect(rome.minuteOfDay(at: jump.advanced(byMilliseconds: -1)) == 119)
        #expect(rome.minuteOfDay(at: jump) == 180)
        #expect(rome.offset(at: jump) == 7200)
        #expect(rome.minuteOfDay(at: Instant(milliseconds: -1)) == 59)
        #expect(Zone.utc.minuteOfDay(at: Instant(milliseconds: -1)) == 1439)
    }

    @Test(arguments: [
        "", "CET", "CEST", "EST5EDT", "Rome", "Europe/Atlantis", "/", "../../etc/passwd", "Europe/Rome\0", "GMT+1", "+01:00", "Europe/",
    ])
    func `what does not say where a person is is no zone`(name: String) {
        #expect(Zone(name) == nil)
    }

    @Test func `a zone prints as its name`() {
        #expect(Zone("Europe/Rome")?.description == "Europe/Rome")
        #expect(Zone("UTC")?.description == "UTC")
        #expect(Zone("UTC") == Zone.utc)
    }
}
