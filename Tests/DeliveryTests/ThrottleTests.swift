import Delivery
import Model
import Testing

@Suite struct ThrottleTests {
    static func slowed(from perSecond: Int) -> (Throttle, Instant) {
        var throttle = Throttle()
        var now = Instant(seconds: 1000)
        for _ in 0..<(perSecond * 10) {
            throttle.took(at: now)
            now = now.advanced(byMilliseconds: Int64(1000 / perSecond))
        }
        throttle.slow("421 slow down", at: now)
        return (throttle, now)
    }

    static func free(_ throttle: Throttle, _ now: Instant) -> Instant { throttle.free(at: now) }

    @Test func `a pace is halved from what was measured, and kept`() throws {
        var (throttle, now) = Self.slowed(from: 20)
        let pace = try #require(throttle.pace)
        #expect((9.0...11).contains(pace))
        var sent = 0
        let end = now.advanced(byMilliseconds: 60_000)
        while now < end {
            now = throttle.free(at: now)
            throttle.took(at: now)
            sent += 1
        }
        #expect((590...625).contains(sent))
    }

    @Test func `a burst of refusals halves once, a later one again`() throws {
        var (throttle, now) = Self.slowed(from: 20)
        let first = try #require(throttle.pace)
        for _ in 0..<50 { throttle.slow("421", at: now.advanced(byMilliseconds: 2000)) }
        #expect(throttle.pace == first)
        now = now.advanced(byMilliseconds: 21_000)
        throttle.slow("421", at: now)
        #expect(throttle.pace == first / 2)
    }

    @Test func `success brings the pace back within minutes and at last gives the limit up`() throws {
        var (throttle, start) = Self.slowed(from: 20)
        var minutes: [Double] = []
        for second in 1...7200 {
            let now = start.advanced(byMilliseconds: Int64(second) * 1000)
            throttle.took(at: now)
            throttle.succeeded(at: now)
            if second % 60 == 0 { minutes.append(throttle.pace ?? .infinity) }
        }
        #expect((13.0...15).contains(minutes[0]))
        #expect(minutes[1] > 18)
        #expect(minutes[9] < 40)
        #expect(throttle.pace == nil)
        #expect(minutes == minutes.sorted())
    }

    @Test func `a run of temporary refusals is a sign, and a success between them ends the run`() throws {
        var throttle = Throttle()
        let now = Instant(seconds: 1000)
        for _ in 0..<100 {
            for _ in 1..<Throttle.run { _ = throttle.refused("450", at: now) }
            throttle.succeeded(at: now)
        }
        #expect(!throttle.isSlowed)
        for _ in 0..<Throttle.run { _ = throttle.refused("450 no", at: now) }
        #expect(throttle.isSlowed)
        #expect(throttle.reason == "450 no")
    }

    @Test func `whoever refuses everything is asked once in two minutes, not never`() throws {
        var throttle = Throttle()
        var now = Instant(seconds: 1000)
        for _ in 0..<40 {
            throttle.slow("421", at: now)
            now = now.advanced(byMilliseconds: 21_000)
        }
        #expect(throttle.pace == Throttle.slowest)
        #expect(Self.free(throttle, now) <= now.advanced(byMilliseconds: 120_000))
    }

    @Test func `extreme times do not trap`() {
        var throttle = Throttle()
        for time in [Int64.min, Int64.min + 1, -1, 0, Int64.max / 2, Int64.max / 4, Int64.max] {
            let now = Instant(milliseconds: time)
            throttle.took(at: now)
            _ = throttle.slow("421", at: now)
            throttle.succeeded(at: now)
            _ = throttle.free(at: now)
        }
    }
}

@Suite struct WarmUpTests {
    static let plan = WarmUp(start: 500, growth: 0.3, until: 200_000)

    @Test func `each day allows as much more as the setting says, up to its end`() {
        #expect((0...4).map { Self.plan.limit(afterSteps: $0) } == [500, 650, 845, 1098, 1428])
        #expect(Self.plan.limit(afterSteps: 22) < 200_000)
        #expect(Self.plan.limit(afterSteps: 23) == 200_000)
        #expect(Self.plan.limit(afterSteps: .max) == 200_000)
        #expect(WarmUp(start: .max, growth: 0.3, until: .max).limit(afterSteps: 0) == .max)
        #expect(WarmUp(start: 9_000_000_000_000_000_000, growth: 0.3, until: .max).limit(afterSteps: 1) == .max)
    }

    @Test func `a day of rest or of a few tests is no step`() {
        #expect(Self.plan.steps(after: [500, 0, 3, 650, 325]) == 2)
        #expect(Self.plan.steps(after: [500, 0, 3, 650, 423]) == 3)
        #expect(Self.plan.steps(after: []) == 0)
    }

    @Test func `a warming relay sends what each day allows and no window of a day more`() {
        var policy = SendingPolicy(.init(relays: [RelayTerms(name: "new", warmUp: Self.plan)]))
        let mark = policy.mark(domain: "example.com", campaign: 0)
        var sent: [Int64] = []
        var now = Instant(milliseconds: 0)
        while now.milliseconds < 5 * 86_400_000 {
            switch policy.turn(of: mark, through: 0, at: now) {
            case .now:
                policy.take(mark, through: 0, at: now)
                policy.went(mark, through: 0, at: now)
                sent.append(now.milliseconds)
            case .later(let free): now = min(free, now.advanced(byMilliseconds: 600_000))
            case .othersFirst: Issue.record("there is no other")
            }
        }
        let days = (0..<5).map { day in sent.count { $0 / 86_400_000 == Int64(day) } }
        #expect(days == [500, 650, 845, 1098, 1428])
        // A window over two days holds no more than the later of them allows.
        for (last, time) in sent.enumerated() {
            let first = sent.firstIndex { $0 > time - 86_400_000 } ?? 0
            #expect(last - first + 1 <= Self.plan.limit(afterSteps: Int(time / 86_400_000)))
        }
    }

    @Test func `what a relay sent before the program was started counts`() {
        let day: Int64 = 86_400_000
        let now = Instant(milliseconds: 10 * day + 1000)
        let history = [(at: Instant(milliseconds: 8 * day), count: 500), (at: Instant(milliseconds: 9 * day + day / 2), count: 600)]
        var policy = SendingPolicy(.init(relays: [RelayTerms(name: "new", warmUp: Self.plan, history: history, now: now)]))
        let mark = policy.mark(domain: "example.com", campaign: 0)
        var sent = 0
        while policy.turn(of: mark, through: 0, at: now) == .now {
            policy.take(mark, through: 0, at: now)
            policy.went(mark, through: 0, at: now)
            sent += 1
        }
        #expect(sent == 845 - 600)
    }
}

@Suite struct AnswerWindowTests {
    static func suspicious(_ window: inout AnswerWindow, _ now: Instant) -> Bool { window.isSuspicious(at: now) }

    @Test func `more than a twentieth of no such user within an hour is suspicious, from ten on`() {
        var window = AnswerWindow()
        let now = Instant(seconds: 1_700_000_000)
        for _ in 0..<9 { window.count(missing: true, at: now) }
        #expect(Self.suspicious(&window, now) == false)
        window.count(missing: true, at: now)
        #expect(Self.suspicious(&window, now) == true)
        for _ in 0..<190 { window.count(missing: false, at: now) }
        #expect(Self.suspicious(&window, now) == false)
        window.count(missing: true, at: now)
        #expect(Self.suspicious(&window, now) == true)
    }

    @Test func `what was more than an hour ago is forgotten minute by minute`() {
        var window = AnswerWindow()
        let start = Instant(seconds: 1_700_000_000)
        for minute in 0..<20 { window.count(missing: true, at: start.advanced(byMilliseconds: Int64(minute) * 60_000)) }
        #expect(Self.suspicious(&window, start.advanced(byMilliseconds: 69 * 60_000)) == true)
        #expect(Self.suspicious(&window, start.advanced(byMilliseconds: 71 * 60_000)) == false)
        #expect(Self.suspicious(&window, start.advanced(byMilliseconds: 1000 * 60_000)) == false)
    }
}
