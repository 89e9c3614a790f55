import Delivery
import Model
import Testing

@Suite struct RetryScheduleTests {
    let schedule = RetrySchedule.standard

    @Test func `intervals grow up to a ceiling`() {
        for ticket in UInt64(0)..<200 {
            let delays = (1...12).map { schedule.delay(ticket: ticket, attempt: $0) }
            for (index, delay) in delays.enumerated() {
                let nominal = min(300_000 << Int64(index), schedule.longest)
                #expect((nominal * 8 / 10...nominal * 12 / 10 + 1).contains(delay))
            }
        }
    }

    @Test func `the same message always gets the same schedule, and a thousand do not come back at once`() {
        let delays = (UInt64(0)..<1000).map { schedule.delay(ticket: $0, attempt: 1) }
        #expect(delays == (UInt64(0)..<1000).map { schedule.delay(ticket: $0, attempt: 1) })
        let busiest = Dictionary(grouping: delays) { $0 / 1000 }.values.map(\.count).max() ?? 0
        #expect(busiest < 30)
    }

    @Test func `a message is given up two days after its first attempt`() throws {
        var now = Instant(seconds: 0)
        var attempts = 1
        while let next = schedule.next(ticket: 7, attempt: attempts, at: now, since: Instant(seconds: 0)) {
            #expect(next > now)
            now = next
            attempts += 1
            try #require(attempts < 100)
        }
        #expect(now.milliseconds > 40 * 3_600_000)
        #expect((12...24).contains(attempts))
    }

    @Test(arguments: [Int.min, -1, 0, 1, 64, 65, Int.max]) func `no attempt number traps`(attempt: Int) {
        #expect(schedule.delay(ticket: .max, attempt: attempt) > 0)
    }
}
