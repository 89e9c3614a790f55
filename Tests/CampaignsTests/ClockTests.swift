import Delivery
import Foundation
import Model
import Synchronization
import Testing

@testable import Campaigns

@Suite struct ClockTests {
    @Test func `a shared clock goes on by uptime, and jumps only where it must be wrong`() {
        let time = Mutex<Int64>(5000)
        let clock = SharedClock { time.withLock { $0 } }
        #expect(clock.now == nil)
        clock.learn(Instant(milliseconds: 1_000_000), between: 4900, and: 5000)
        #expect(clock.now == Instant(milliseconds: 1_000_050))
        time.withLock { $0 += 1000 }
        #expect(clock.now == Instant(milliseconds: 1_001_050))
        clock.learn(Instant(milliseconds: 1_001_000), between: 5900, and: 6000)
        #expect(clock.now == Instant(milliseconds: 1_001_050))
        clock.learn(Instant(milliseconds: 1_000_000), between: 5990, and: 6000)
        #expect(clock.now == Instant(milliseconds: 1_000_005))
    }

    @Test func `a steady clock follows one that is set forward, and goes on at half its speed while one that was set back comes up`() {
        let times = Mutex<(wall: Int64, uptime: Int64)>((1_000_000, 5000))
        let clock = SteadyClock({ Instant(milliseconds: times.withLock { $0.wall }) }, uptime: { times.withLock { $0.uptime } })
        func pass(_ milliseconds: Int64) -> Int64 {
            times.withLock { $0 = ($0.wall + milliseconds, $0.uptime + milliseconds) }
            return clock.now.milliseconds
        }
        #expect(clock.now.milliseconds == 1_000_000)
        #expect(pass(1000) == 1_001_000)
        times.withLock { $0.wall += 60_000 }
        #expect(pass(0) == 1_061_000)
        times.withLock { $0.wall -= 600_000 }
        #expect(pass(0) == 1_061_000)
        // Asked often, it does not stand still either.
        var last: Int64 = 0
        for _ in 0..<200_000 { last = pass(1) }
        #expect(last == 1_161_000)
        // 600 s are made up in 1,200.
        #expect(pass(999_000) == 1_660_500)
        #expect(pass(2000) == 1_662_000)
        #expect(pass(1000) == 1_663_000)
    }

    /// What went before lies in the future then; a limit would wait for that.
    @Test func `a send whose machine's clock is set back goes on, under a limit too`() throws {
        let desk = try SendingDesk(60)
        let setBack = Mutex<Int64>(0)
        let clock = SteadyClock({ SendingDesk.wallClock().advanced(byMilliseconds: -setBack.withLock { $0 }) })
        let transport = ScriptedTransport(width: 2) { message, number in
            if number == 10 { setBack.withLock { $0 = 600_000 } }
            return .outcome(number == 12 ? .lost : .ok(message))
        }
        let start = ContinuousClock.now
        let terms = RelayTerms(name: "main", limits: RateLimiter([try #require(Rate("50/s"))]))
        let traffic = Traffic(SendingPolicy(SendingPolicy.Rules(relays: [terms])))
        let report = try desk.make(transport, traffic: traffic, clock: { clock.now }).run()
        #expect(report.accepted == 60)
        #expect(report.deferred == 1)
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func `a wait ends when its time is up, and at once where it is told`() {
        let queue = BlockingQueue<Int>()
        let start = ContinuousClock.now
        #expect(queue.takeAll(waitingFor: 1, atMost: 0.05).isEmpty)
        #expect(ContinuousClock.now - start >= .milliseconds(50))
        let thread = WorkerThread("test-put") { queue.put(7) }
        #expect(queue.takeAll(waitingFor: 1, atMost: 60) == [7])
        thread.join()
        #expect(ContinuousClock.now - start < .seconds(50))
    }
}
