import Model
import Testing

@Suite struct TimeSpanTests {
    @Test(arguments: [
        ("7 days", 604_800_000, "7 days"), ("1 day", 86_400_000, "1 day"), ("2 hours", 7_200_000, "2 hours"),
        ("90 seconds", 90_000, "90 seconds"),
        ("30 min", 1_800_000, "30 minutes"), ("3d", 259_200_000, "3 days"), ("1w", 604_800_000, "1 week"), ("0 days", 0, "0 days"),
        ("5   Hours", 18_000_000, "5 hours"), ("36525 days", 3_155_760_000_000, "36525 days"),
    ])
    func `is read and printed`(text: String, milliseconds: Int64, printed: String) throws {
        let span = try #require(TimeSpan(text))
        #expect(span.milliseconds == milliseconds)
        #expect(span.description == printed)
        #expect(TimeSpan(printed) == span)
    }

    @Test(arguments: [
        "", "7", "days", "-7 days", "7 months", "7 years", "7.5 days", "+7 days", "7 days ago", "36526 days", "99999999999999999999 days",
        "9223372036854775807 weeks", "٧ days", " 7 days", "7\tdays", "7 m",
    ])
    func `nothing else is a span`(text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test func `a span that no calendar holds is refused`() {
        #expect(TimeSpan(Int.max, .week) == nil)
        #expect(TimeSpan(-1, .second) == nil)
        #expect(TimeSpan(Int.min, .second) == nil)
    }
}

@Suite struct RateTests {
    @Test(arguments: [
        ("600/min", 600, 60_000, "600/min"), ("10/s", 10, 1000, "10/s"), ("50000 / day", 50_000, 86_400_000, "50000/day"),
        ("5/hour", 5, 3_600_000, "5/hour"),
    ])
    func `is read and printed`(text: String, count: Int, window: Int64, printed: String) throws {
        let rate = try #require(Rate(text))
        #expect(rate.count == count)
        #expect(rate.window.milliseconds == window)
        #expect(rate.description == printed)
        #expect(Rate(printed) == rate)
    }

    @Test(arguments: [
        "", "600", "/min", "600/", "0/min", "-5/min", "+5/min", "600/week", "600/month", "600/min/min", "1.5/s", "1e3/s",
        "99999999999999999999/s", "600 per min",
    ])
    func `nothing else is a rate`(text: String) {
        #expect(Rate(text) == nil)
    }

    @Test func `a window of many units is printed with its length`() throws {
        let window = try #require(TimeSpan(10, .minute))
        #expect(Rate(count: 600, per: window)?.description == "600/10 minutes")
        #expect(Rate(count: 0, per: window) == nil)
        #expect(TimeSpan(0, .day).flatMap { Rate(count: 1, per: $0) } == nil)
    }
}

@Suite struct FrequencyCapTests {
    @Test(arguments: [
        ("3 messages per 7 days", 3, 604_800_000, "3 messages per 7 days"), ("2 per 7 days", 2, 604_800_000, "2 messages per 7 days"),
        ("1 message per day", 1, 86_400_000, "1 message per 1 day"), ("5  per  week", 5, 604_800_000, "5 messages per 1 week"),
    ])
    func `is read and printed`(text: String, count: Int, window: Int64, printed: String) throws {
        let cap = try #require(FrequencyCap(text))
        #expect(cap.count == count)
        #expect(cap.window.milliseconds == window)
        #expect(cap.description == printed)
        #expect(FrequencyCap(printed) == cap)
    }

    @Test(arguments: [
        "", "3", "3 messages", "3 per", "per 7 days", "0 per day", "-1 per day", "+3 per day", "3 mails per day", "3 per 0 days",
        "3 per month", "x per day",
    ])
    func `nothing else is a cap`(text: String) {
        #expect(FrequencyCap(text) == nil)
    }
}
