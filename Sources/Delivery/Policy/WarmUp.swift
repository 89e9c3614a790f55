import Model

/// How a new relay or a new address of one wins trust: a daily limit that grows.
///
///     WarmUp(start: 500, growth: 0.3, until: 200_000).limit(afterSteps: 1)   // 650
///
/// A day is a step where at least half of what it allowed was sent: a day of rest or of one test message teaches nobody anything.
package struct WarmUp: Hashable, Sendable {
    package var start: Int
    /// 0.3 for 30 % a day.
    package var growth: Double
    package var until: Int

    package init(start: Int, growth: Double, until: Int) {
        self.start = max(start, 1)
        self.growth = max(growth, 0)
        self.until = max(until, self.start)
    }

    package func limit(afterSteps steps: Int) -> Int {
        var limit = Double(start)
        for _ in 0..<max(0, min(steps, 10_000)) {
            limit *= 1 + growth
            if limit >= Double(until) { return until }
        }
        // As a Double, the greatest Int is one more than it.
        return limit < Double(until) ? Int(limit) : until
    }

    /// How many steps the days before today were, oldest first, each with what it sent.
    package func steps(after days: some Sequence<Int>) -> Int {
        days.reduce(0) { steps, sent in steps + (sent * 2 >= limit(afterSteps: steps) ? 1 : 0) }
    }
}

/// A warm-up on its way: today's limit, kept over any 24 hours.
struct WarmingRelay: Sendable {
    let warmUp: WarmUp
    private let zone: Zone
    private(set) var steps: Int
    var limiter: RateLimiter
    private var sentToday = 0
    private var dayEnds: Instant

    /// `history`: when messages went, in order, over all days since the relay was first used.
    init(_ warmUp: WarmUp, zone: Zone, history: [(at: Instant, count: Int)], at now: Instant) {
        self.warmUp = warmUp
        self.zone = zone
        let today = zone.date(at: now)
        var days: [CivilDate: Int] = [:]
        for (at, count) in history { days[zone.date(at: at), default: 0] += count }
        sentToday = days[today] ?? 0
        steps = warmUp.steps(after: days.filter { $0.key < today }.sorted { $0.key < $1.key }.map(\.value))
        dayEnds = zone.start(of: today.adding(days: 1))
        let day = TimeSpan(1, .day)
        limiter = RateLimiter([day.flatMap { Rate(count: warmUp.limit(afterSteps: 0), per: $0) }].compactMap { $0 })
        limiter.allow(warmUp.limit(afterSteps: steps))
        for (at, count) in history where at > now.advanced(byMilliseconds: -86_400_000) { limiter.record(count, at: at) }
    }

    private mutating func turn(at now: Instant) {
        guard now >= dayEnds else { return }
        if sentToday * 2 >= warmUp.limit(afterSteps: steps) { steps += 1 }
        sentToday = 0
        limiter.allow(warmUp.limit(afterSteps: steps))
        dayEnds = zone.start(of: zone.date(at: now).adding(days: 1))
    }

    /// How many more have gone by `then` if each goes as soon as it may: the limit grows each midnight.
    func capacity(until then: Instant, at now: Instant) -> Double {
        let day: Int64 = 86_400_000
        let today = warmUp.limit(afterSteps: steps)
        // Whatever has gone in a day up to a moment is that moment's limit.
        let growth = stride(from: then.milliseconds, through: now.milliseconds, by: -Int(day)).reduce(0.0) { sum, time in
            let midnights = time < dayEnds.milliseconds ? 0 : Int((time - dayEnds.milliseconds) / day) + 1
            return sum + Double(warmUp.limit(afterSteps: steps + midnights) - today)
        }
        return (limiter.capacity(until: then, at: now) ?? 0) + growth
    }

    /// When the next one may go: where today's limit is used up, perhaps at midnight, when it grows.
    mutating func free(at now: Instant) -> Instant {
        turn(at: now)
        let free = limiter.free(at: now)
        let today = warmUp.limit(afterSteps: steps)
        guard free > dayEnds, sentToday * 2 >= today, warmUp.limit(afterSteps: steps + 1) > today else { return free }
        return dayEnds
    }

    mutating func took() {
        sentToday += 1
        limiter.reserve()
    }

    mutating func went(at now: Instant) { limiter.land(at: now) }
}
