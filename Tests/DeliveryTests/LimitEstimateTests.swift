import Delivery
import Model
import Testing

/// What the policy foretells against what it then does, with somebody who sends as soon as it lets them.
@Suite struct LimitEstimateTests {
    private static let start = Instant(seconds: 1_700_000_000)
    private static let day: Int64 = 86_400_000

    private static func limiter(_ texts: String...) -> RateLimiter { RateLimiter(texts.compactMap { Rate($0) }) }

    /// When the last of so many goes, in seconds.
    private static func send(_ count: Int, through route: [Int], _ policy: SendingPolicy) -> Double {
        var policy = policy
        var now = start
        let mark = policy.mark(domain: "example.com", campaign: 0)
        for _ in 0..<count {
            while true {
                let free = route.map { policy.free(through: $0, campaign: 0, at: now) }
                if let relay = route.first(where: { free[$0] <= now }) {
                    policy.take(mark, through: relay, at: now)
                    policy.went(mark, through: relay, at: now.advanced(byMilliseconds: -SendingPolicy.jitter))
                    break
                }
                now = free.min() ?? now
            }
        }
        return Double(now.milliseconds - start.milliseconds) / 1000
    }

    private static func policies() -> [(String, SendingPolicy)] {
        var remembering = limiter("1000/day")
        remembering.record(600, at: start.advanced(byMilliseconds: -day / 2))
        remembering.record(150, at: start.advanced(byMilliseconds: -day / 4))
        var overfull = limiter("100/hour")
        overfull.record(150, at: start.advanced(byMilliseconds: -1_800_000))
        overfull.record(50, at: start.advanced(byMilliseconds: -600_000))
        let warming = WarmUp(start: 50, growth: 0.5, until: 400)
        let history = [
            (at: start.advanced(byMilliseconds: -day * 3 / 2), count: 40), (at: start.advanced(byMilliseconds: -day / 6), count: 20),
        ]
        func policy(_ terms: RelayTerms..., workspace: [Rate] = []) -> SendingPolicy {
            SendingPolicy(.init(providers: Providers(), workspace: workspace, relays: terms))
        }
        return [
            ("a minute's", policy(RelayTerms(name: "a", limits: limiter("60/min")))),
            ("a day's that is used in part", policy(RelayTerms(name: "a", limits: remembering))),
            ("more than the limit before", policy(RelayTerms(name: "a", limits: overfull))),
            ("two relays", policy(RelayTerms(name: "a", limits: limiter("300/day")), RelayTerms(name: "b", limits: remembering))),
            ("a workspace's", policy(RelayTerms(name: "a"), workspace: Rate("100/hour").map { [$0] } ?? [])),
            ("a new warm-up", policy(RelayTerms(name: "a", warmUp: warming, now: start))),
            ("a warm-up on its way", policy(RelayTerms(name: "a", warmUp: warming, history: history, now: start))),
        ]
    }

    @Test(arguments: 0..<7) func `the last message goes when it was foretold`(_ number: Int) throws {
        let (name, policy) = Self.policies()[number]
        let route = policy.name(ofRelay: 1).isEmpty ? [0] : [0, 1]
        for count in [1, 49, 50, 51, 99, 100, 101, 250, 251, 1000, 1301, 2600] {
            let foretold = try #require(policy.secondsAtLimits(count, campaign: 0, through: route, at: Self.start))
            // Windows of a day are kept in seconds.
            #expect(abs(foretold - Self.send(count, through: route, policy)) <= 20, "\(count) at \(name)")
        }
    }

    private static let providers = Providers(
        [
            .init(name: "small", domains: ["a.example", "b.example"], limits: [Rate("30/hour")].compactMap { $0 }),
            .init(name: "free", domains: ["c.example"]),
        ],
        others: [Rate("5/min")].compactMap { $0 })

    @Test(arguments: [
        ["a.example": 31], ["a.example": 15, "b.example": 16], ["d.example": 12, "e.example": 26, "f.example": 3],
        ["a.example": 61, "e.example": 500, "c.example": 9000], ["a.example": 30, "c.example": 1],
    ]) func `the last message to a provider goes when it was foretold`(_ domains: [String: Int]) throws {
        var policy = SendingPolicy(.init(providers: Self.providers, relays: [RelayTerms(name: "a")]))
        // One of the domains is known already.
        policy.remember(4, to: "e.example", at: Self.start.advanced(byMilliseconds: -30_000))
        let foretold = try #require(policy.secondsAtProviders(domains, at: Self.start))
        var last = Self.start
        for (domain, count) in domains {
            let mark = policy.mark(domain: domain, campaign: 0)
            var now = Self.start
            for _ in 0..<count {
                now = policy.laneFree(mark.lane, at: now)
                policy.take(mark, through: 0, at: now)
                policy.went(mark, through: 0, at: now.advanced(byMilliseconds: -SendingPolicy.jitter))
            }
            last = max(last, now)
        }
        // Windows of an hour are kept in steps of 41 ms.
        #expect(abs(foretold - Double(last.milliseconds - Self.start.milliseconds) / 1000) <= 0.1)
    }

    @Test func `providers without limits foretell nothing`() {
        let policy = SendingPolicy(.init(providers: Self.providers, relays: [RelayTerms(name: "a")]))
        #expect(policy.secondsAtProviders(["c.example": 5], at: Self.start) == nil)
        #expect(policy.secondsAtProviders([:], at: Self.start) == nil)
        #expect(policy.secondsAtProviders(["a.example": 300_000], at: Self.start) == .infinity)
        let free = SendingPolicy(.init(providers: Providers(), relays: [RelayTerms(name: "a")]))
        #expect(free.secondsAtProviders(["a.example": 300_000], at: Self.start) == nil)
    }

    @Test func `where one relay has no limit, or all would take years, nothing is foretold`() {
        let terms = [RelayTerms(name: "a", limits: Self.limiter("1/day")), RelayTerms(name: "b")]
        let policy = SendingPolicy(.init(providers: Providers(), relays: terms))
        #expect(policy.secondsAtLimits(10, campaign: 0, through: [0, 1], at: Self.start) == nil)
        #expect(policy.secondsAtLimits(10, campaign: 0, through: [0], at: Self.start) == 777_600.0)
        #expect(policy.secondsAtLimits(400, campaign: 0, through: [0], at: Self.start) == nil)
        #expect(policy.secondsAtLimits(0, campaign: 0, through: [0], at: Self.start) == 0)
    }

    @Test func `a relay that does not work and one that stands by add nothing`() {
        let limits = Self.limiter("10/hour")
        let terms = [
            RelayTerms(name: "a", limits: limits), RelayTerms(name: "b", limits: limits),
            RelayTerms(name: "c", isStandby: true, limits: limits),
        ]
        var policy = SendingPolicy(.init(providers: Providers(), relays: terms))
        func hours() -> Double? { policy.secondsAtLimits(30, campaign: 0, through: [0, 1, 2], at: Self.start).map { $0 / 3600 } }
        #expect(hours() == 1)
        policy.relayIsDown(0, until: .latest, reason: "it is gone")
        #expect(hours() == 2)
        policy.relayIsTroubled(1, "it refuses connections")
        #expect(hours() == 2)
        policy.relayIsDown(2, until: .latest, reason: "it is gone")
        // Where none works, they are reckoned with as if all did.
        #expect(hours() == 1)
    }
}
