import Delivery
import Model
import Testing

@Suite struct SendingPolicyTests {
    static let start = Instant(seconds: 1_700_000_000)
    static let missing = Reply(code: 550, lines: ["5.1.1 no such user"])

    static func policy(_ relays: [RelayTerms] = [RelayTerms(name: "main")], others: [Rate] = []) -> SendingPolicy {
        SendingPolicy(.init(providers: Providers(others: others), relays: relays))
    }

    static func turn(_ policy: inout SendingPolicy, _ domain: String, at now: Instant) -> SendingPolicy.Turn {
        policy.turn(of: policy.mark(domain: domain, campaign: 0), through: 0, at: now)
    }

    @Test func `a provider that denies more than a twentieth of its users is held, and who was suppressed for it is pardoned`() {
        var policy = Self.policy()
        let gmail = policy.mark(domain: "gmail.com", campaign: 0)
        var lessons: [SendingPolicy.Lesson] = []
        for _ in 0..<20 { lessons.append(policy.learn(.refused(Self.missing), of: gmail, through: 0, domain: "gmail.com", at: Self.start)) }
        #expect(lessons.prefix(9).allSatisfy { $0.suppress && $0.pardonSince == nil })
        #expect(lessons[9].pardonSince == Self.start.advanced(byMilliseconds: -3_600_000))
        #expect(lessons.dropFirst(9).allSatisfy { !$0.suppress })
        #expect(Self.turn(&policy, "googlemail.com", at: Self.start) == .later(Self.start.advanced(byMilliseconds: 3_600_000)))
        #expect(Self.turn(&policy, "outlook.com", at: Self.start) == .now)
        #expect(Self.turn(&policy, "gmail.com", at: Self.start.advanced(byMilliseconds: 3_600_000)) == .now)
    }

    @Test func `however many domains there are, none is above its limit`() throws {
        var policy = Self.policy(others: [try #require(Rate("2/hour"))])
        for number in 0..<50_010 { _ = policy.mark(domain: "domain\(number).example", campaign: 0) }
        for domain in ["domain7.example", "domain50009.example", "new.example"] {
            var gone = 0
            for _ in 0..<5 where Self.turn(&policy, domain, at: Self.start) == .now {
                policy.take(policy.mark(domain: domain, campaign: 0), through: 0, at: Self.start)
                policy.went(policy.mark(domain: domain, campaign: 0), through: 0, at: Self.start)
                gone += 1
            }
            #expect(gone == 2, "\(domain)")
        }
    }

    @Test func `a relay that finds hardly anybody is asked no more, and nobody is suppressed for it`() {
        var policy = Self.policy([RelayTerms(name: "main"), RelayTerms(name: "other")])
        let denial = Reply(code: 550, lines: ["the domain in question does not exist"])
        var lessons: [SendingPolicy.Lesson] = []
        for number in 0..<60 {
            let domain = "firm\(number).example"
            let mark = policy.mark(domain: domain, campaign: 0)
            lessons.append(policy.learn(.refused(denial), of: mark, through: 0, domain: domain, at: Self.start))
        }
        let hour = Self.start.advanced(byMilliseconds: 3_600_000)
        #expect(lessons.prefix(49).allSatisfy { $0.suppress })
        #expect(lessons.dropFirst(49).allSatisfy { !$0.suppress && $0.isDoubtfulUntil == hour })
        #expect(lessons[49].pardonSince == Self.start.advanced(byMilliseconds: -3_600_000))
        #expect(lessons[49].isOfRelay)
        #expect(policy.denial(through: [0], at: Self.start)?.contains("finds hardly anybody") == true)
        #expect(policy.denial(through: [0, 1], at: Self.start) == nil)
        #expect(policy.opens(for: 0, through: [0], at: Self.start) == hour)
        #expect(policy.opens(for: 0, through: [0, 1], at: Self.start) == Self.start)
        // With the other gone for good there is nothing to wait for.
        policy.relayIsDown(1, until: .latest, reason: "it refused our login")
        #expect(policy.denial(through: [0, 1], at: Self.start) != nil)
        // The next sender tries it, and believes its first denial as little as the fiftieth; until it has found some.
        var next = Self.policy([RelayTerms(name: "main"), RelayTerms(name: "other")])
        for memory in policy.memories(at: Self.start) { next.recall(memory, at: Self.start) }
        #expect(next.denial(through: [0, 1], at: Self.start) == nil)
        let mark = next.mark(domain: "firm.example", campaign: 0)
        var mended = next
        for _ in 0..<20 { _ = mended.learn(.accepted, of: mark, through: 0, domain: "firm.example", at: Self.start) }
        #expect(mended.learn(.refused(denial), of: mark, through: 0, domain: "firm.example", at: Self.start).suppress)
        #expect(next.learn(.refused(denial), of: mark, through: 0, domain: "firm.example", at: Self.start).isDoubtfulUntil == hour)
    }

    @Test func `a firm that is gone is no relay that finds nobody`() {
        var policy = Self.policy()
        for _ in 0..<90 {
            let mark = policy.mark(domain: "firm.example", campaign: 0)
            #expect(policy.learn(.refused(Self.missing), of: mark, through: 0, domain: "firm.example", at: Self.start).suppress)
        }
        #expect(policy.denial(through: [0], at: Self.start) == nil)
    }

    @Test func `one that stands by opens nothing while the other works`() throws {
        let limits = RateLimiter([try #require(Rate("1/hour"))])
        var policy = Self.policy([RelayTerms(name: "main", limits: limits), RelayTerms(name: "spare", isStandby: true)])
        let mark = policy.mark(domain: "firm.example", campaign: 0)
        policy.take(mark, through: 0, at: Self.start)
        policy.went(mark, through: 0, at: Self.start)
        #expect(policy.opens(for: 0, through: [0, 1], at: Self.start) >= Self.start.advanced(byMilliseconds: 3_600_000))
        policy.relayIsTroubled(0, "it refuses connections")
        #expect(policy.opens(for: 0, through: [0, 1], at: Self.start) == Self.start)
    }

    @Test func `an old list with one in five still there is no such relay`() {
        var policy = Self.policy()
        for number in 0..<500 {
            let domain = "firm\(number).example"
            let mark = policy.mark(domain: domain, campaign: 0)
            let answer: SendingPolicy.Answer = number % 5 == 0 ? .accepted : .refused(Self.missing)
            _ = policy.learn(answer, of: mark, through: 0, domain: domain, at: Self.start)
        }
        #expect(policy.denial(through: [0], at: Self.start) == nil)
    }

    @Test func `one dead address in thirty suppresses each and holds nobody`() {
        var policy = Self.policy()
        let gmail = policy.mark(domain: "gmail.com", campaign: 0)
        for _ in 0..<100 {
            for _ in 0..<29 { _ = policy.learn(.accepted, of: gmail, through: 0, domain: "", at: Self.start) }
            let lesson = policy.learn(.refused(Self.missing), of: gmail, through: 0, domain: "gmail.com", at: Self.start)
            #expect(lesson.suppress)
        }
        #expect(Self.turn(&policy, "gmail.com", at: Self.start) == .now)
    }

    @Test func `a domain that a provider answers for shares its pace and its holds`() {
        var policy = Self.policy()
        let firm = policy.mark(domain: "firm.example", campaign: 0)
        let reply = Reply(code: 550, lines: ["5.7.26 unauthenticated. gsmtp"])
        _ = policy.learn(.refused(reply), of: firm, through: 0, domain: "firm.example", at: Self.start)
        #expect(Self.turn(&policy, "firm.example", at: Self.start) != .now)
        #expect(Self.turn(&policy, "gmail.com", at: Self.start) != .now)
        #expect(Self.turn(&policy, "other.example", at: Self.start) == .now)
    }

    @Test func `a limit for others is each domain's own`() throws {
        var policy = Self.policy(others: [try #require(Rate("1/min"))])
        let first = policy.mark(domain: "a.example", campaign: 0)
        policy.take(first, through: 0, at: Self.start)
        policy.went(first, through: 0, at: Self.start)
        #expect(
            Self.turn(&policy, "a.example", at: Self.start) == .later(Self.start.advanced(byMilliseconds: 60_000 + SendingPolicy.jitter)))
        #expect(Self.turn(&policy, "b.example", at: Self.start) == .now)
    }

    /// Sends as each relay asks in turn, and counts.
    static func share(_ policy: inout SendingPolicy, _ count: Int, at now: Instant) -> [Int] {
        let mark = policy.mark(domain: "a.example", campaign: 0)
        let route = [0, 1, 2]
        var sent = [0, 0, 0]
        var asked = 0
        while sent.reduce(0, +) < count, asked < count * 100 {
            let relay = asked % 3
            asked += 1
            guard policy.turn(of: mark, through: relay, route: route, at: now) == .now else { continue }
            policy.take(mark, through: relay, route: route, at: now)
            policy.went(mark, through: relay, at: now)
            sent[relay] += 1
        }
        return sent
    }

    @Test func `relays share by weight, others take over from one that is down, and it comes back to its share`() {
        var policy = Self.policy([
            RelayTerms(name: "a", weight: 3), RelayTerms(name: "b", weight: 1), RelayTerms(name: "c", weight: 1),
        ])
        let even = Self.share(&policy, 5000, at: Self.start)
        #expect(abs(even[0] - 3000) < 50 && abs(even[1] - 1000) < 50)
        policy.relayIsDown(0, until: Self.start.advanced(byMilliseconds: 60_000), reason: "nobody answers")
        let without = Self.share(&policy, 2000, at: Self.start)
        #expect(without[0] == 0 && abs(without[1] - 1000) < 50)
        let back = Self.share(&policy, 5000, at: Self.start.advanced(byMilliseconds: 60_000))
        #expect(abs(back[0] - 3000) < 50)
    }

    @Test func `a relay that stands by goes only where no other can, and none waits for one that stands by`() {
        var policy = Self.policy([RelayTerms(name: "main"), RelayTerms(name: "spare", isStandby: true)])
        let mark = policy.mark(domain: "a.example", campaign: 0)
        for _ in 0..<100 {
            #expect(policy.turn(of: mark, through: 1, route: [0, 1], at: Self.start) == .othersFirst)
            #expect(policy.turn(of: mark, through: 0, route: [0, 1], at: Self.start) == .now)
            policy.take(mark, through: 0, route: [0, 1], at: Self.start)
        }
        policy.relayIsDown(0, until: .latest, reason: "nobody answers")
        #expect(policy.turn(of: mark, through: 1, route: [0, 1], at: Self.start) == .now)
    }

    @Test func `a relay that takes nothing holds nobody up for longer than a moment`() {
        var policy = Self.policy([RelayTerms(name: "a"), RelayTerms(name: "slow")])
        let mark = policy.mark(domain: "a.example", campaign: 0)
        var sent = 0
        while policy.turn(of: mark, through: 0, route: [0, 1], at: Self.start) == .now, sent < 1000 {
            policy.take(mark, through: 0, route: [0, 1], at: Self.start)
            sent += 1
        }
        #expect((5...20).contains(sent))
        #expect(policy.turn(of: mark, through: 0, route: [0, 1], at: Self.start.advanced(byMilliseconds: 2001)) == .now)
    }

    @Test func `no second at the server has too many, though messages are a few milliseconds late on their way, or are not`() throws {
        var policy = Self.policy([RelayTerms(name: "main", limits: RateLimiter([try #require(Rate("40/s"))]))])
        let mark = policy.mark(domain: "x.example", campaign: 0)
        var arrivals: [Int64] = []
        var delays = RateLimiterTests.Dice(state: 7)
        for moment in 0..<Int64(30_000) {
            let now = Self.start.advanced(byMilliseconds: moment)
            while policy.turn(of: mark, through: 0, at: now) == .now {
                policy.take(mark, through: 0, at: now)
                policy.went(mark, through: 0, at: now)
                arrivals.append(moment + Int64(delays.next() % 8))
            }
        }
        arrivals.sort()
        let fullest = arrivals.indices.map { place in arrivals[place...].prefix { $0 < arrivals[place] + 1000 }.count }.max()
        #expect(fullest == 40)
        #expect(arrivals.count > 40 * 30 * 95 / 100)
    }

    @Test func `nobody waits for a relay none of whose connections works, and it goes on trying`() {
        var policy = Self.policy([RelayTerms(name: "main"), RelayTerms(name: "other"), RelayTerms(name: "spare", isStandby: true)])
        let (mark, route) = (SendingPolicy.Mark(lane: 0, campaign: 0), [0, 1, 2])
        for _ in 0..<50 where policy.turn(of: mark, through: 1, route: route, at: Self.start) == .now {
            policy.take(mark, through: 1, route: route, at: Self.start)
        }
        #expect(policy.turn(of: mark, through: 1, route: route, at: Self.start) == .othersFirst)
        policy.relayIsTroubled(0, "nobody answers")
        #expect(policy.turn(of: mark, through: 1, route: route, at: Self.start) == .now)
        #expect(policy.turn(of: mark, through: 0, route: route, at: Self.start) == .now)
        #expect(policy.turn(of: mark, through: 2, route: route, at: Self.start) == .othersFirst)
        #expect(policy.brakes(of: 0, through: [0], at: Self.start).map(\.kind) == [.troubled(reason: "nobody answers")])
        policy.relayIsTroubled(1, "nobody answers")
        #expect(policy.turn(of: mark, through: 2, route: route, at: Self.start) == .now)
        policy.relayIsTroubled(0, nil)
        #expect(policy.turn(of: mark, through: 2, route: route, at: Self.start) == .othersFirst)
        #expect(policy.brakes(of: 0, through: [0], at: Self.start).isEmpty)
    }

    @Test func `what slows a campaign down is told`() throws {
        let providers = Providers([.init(name: "google", domains: ["gmail.com"], limits: [try #require(Rate("1/min"))])])
        var policy = SendingPolicy(.init(providers: providers, relays: [RelayTerms(name: "main")]))
        #expect(policy.brakes(of: 0, through: [0], at: Self.start).isEmpty)
        let gmail = policy.mark(domain: "gmail.com", campaign: 0)
        policy.take(gmail, through: 0, at: Self.start)
        policy.went(gmail, through: 0, at: Self.start)
        let minute = Self.start.advanced(byMilliseconds: 60_000 + SendingPolicy.jitter)
        // Its limit is used up, and nobody waits for it.
        #expect(policy.brakes(of: 0, through: [0], at: Self.start).isEmpty)
        #expect(policy.admit(gmail, at: Self.start) != .go)
        #expect(policy.brakes(of: 0, through: [0], at: Self.start) == [.init(subject: .provider("google"), kind: .limited(until: minute))])
        _ = policy.learn(
            .refused(Reply(code: 421, lines: ["4.7.0 too many connections"])), of: gmail, through: 0, domain: "x.example", at: Self.start)
        policy.relayIsDown(0, until: minute, reason: "nobody answers")
        let told = policy.brakes(of: 0, through: [0], at: Self.start)
        #expect(told.first == .init(subject: .relay("main"), kind: .down(until: minute, reason: "nobody answers")))
    }

    @Test func `nobody is admitted who could not go within a moment, and those put off stand in line`() throws {
        let providers = Providers([.init(name: "google", domains: ["gmail.com"], limits: [try #require(Rate("60/min"))])])
        var policy = SendingPolicy(.init(providers: providers, relays: [RelayTerms(name: "main")]))
        let gmail = policy.mark(domain: "gmail.com", campaign: 0)
        let answers = (0..<100).map { _ in policy.admit(gmail, at: Self.start) }
        #expect(answers.prefix(60).allSatisfy { $0 == .go })
        #expect(policy.admit(policy.mark(domain: "firm.example", campaign: 0), at: Self.start) == .go)
        let times = answers.dropFirst(60).compactMap { if case .paced(let time) = $0 { time } else { nil } }
        #expect(times.count == 40)
        #expect(times == times.sorted() && Set(times).count == 40)
    }

    @Test func `lanes take turns and keep the order within`() {
        var lanes = Lanes<Int>()
        let policy = Self.policy()
        for item in 0..<6 { lanes.park(item, in: item < 4 ? 1 : 2) }
        let taken = (0..<7).map { _ in lanes.take(at: Self.start, under: policy) }
        #expect(taken == [0, 4, 1, 5, 2, 3, nil])
    }
}
