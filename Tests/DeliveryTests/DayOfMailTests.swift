import Delivery
import Model
import Testing

/// The policy as a whole, over virtual days, looked at as curves.
@Suite struct DayOfMailTests {
    private static let hour = 3_600_000

    private static func rates(_ texts: String...) throws -> [Rate] { try texts.map { try #require(Rate($0)) } }

    private static func rules(_ providers: [DayOfMail.Provider], workspace: [Rate], relay: [Rate]) -> SendingPolicy.Rules {
        .init(
            providers: Providers(providers.map { .init(name: $0.name, domains: $0.domains, limits: $0.limits) }), workspace: workspace,
            relays: [RelayTerms(name: "main", limits: RateLimiter(relay))])
    }

    private static func providers(google: @escaping (Int) -> Int) throws -> [DayOfMail.Provider] {
        [
            .init(
                name: "google", domains: ["gmail.com"], share: 40, capacity: google,
                refusal: "421 4.7.28 an unusual rate of mail from your IP address - gsmtp"),
            .init(name: "microsoft", domains: ["outlook.com"], share: 25, limits: try rates("20/s", "600/min")),
            .init(name: "yahoo", domains: ["yahoo.com"], share: 15, limits: try rates("10/s")),
            .init(name: "gmx", domains: ["gmx.net"], share: 10),
            .init(name: "firm", domains: ["firm.example"], share: 10),
        ]
    }

    @Test func `a day of a million messages to five providers keeps every limit, gives way where it must, and recovers`() throws {
        // From six to nine Google takes a fifth of what comes.
        let providers = try Self.providers { (6..<9).contains($0) ? 60 : .max }
        let workspace = try Self.rates("1200000/day")
        let relay = try Self.rates("40/s", "60000/hour")
        let campaigns = [try Self.rates("600/min"), try Self.rates("30/s")]
        var day = DayOfMail(
            providers, rules: Self.rules(providers, workspace: workspace, relay: relay), campaigns: campaigns, total: 1_000_000)
        day.run(until: 24 * Int64(Self.hour))

        #expect(day.done == 1_000_000)
        let all = day.sent.flatMap { $0 }.sorted()
        for rate in workspace + relay { #expect(RateLimiterTests.fullest(all, window: rate.window.milliseconds) <= rate.count) }
        for (index, limits) in campaigns.enumerated() {
            for rate in limits {
                #expect(RateLimiterTests.fullest(day.byCampaign[index], window: rate.window.milliseconds) <= rate.count)
            }
        }
        for (index, provider) in providers.enumerated() {
            for rate in provider.limits {
                #expect(RateLimiterTests.fullest(day.sent[index], window: rate.window.milliseconds) <= rate.count, "\(provider.name)")
            }
        }
        /// Messages an hour.
        func hour(_ provider: Int, _ hour: Int) -> Int { day.accepted[provider][(hour * 60)..<(hour * 60 + 60)].reduce(0, +) }
        let before = hour(0, 4)
        #expect(before > 15_000)
        for slow in 6..<9 { #expect((1500...3600).contains(hour(0, slow)), "hour \(slow)") }
        #expect(hour(0, 10) > before * 9 / 10)
        // Three hours of trouble, few refusals: the pace is learned, not beaten against a wall.
        #expect(day.refused[0] < 700)
        #expect(day.refused.dropFirst().allSatisfy { $0 == 0 })
        // Nobody else is slower for it.
        for other in 1..<5 { #expect(hour(other, 7) >= hour(other, 4) * 95 / 100) }
    }

    @Test func `a relay at its limit is shared by providers as their messages are, also with a slow one among them`() throws {
        var providers = try Self.providers { _ in 30 }
        providers[1].limits = try Self.rates("100/min")
        var day = DayOfMail(
            providers, rules: Self.rules(providers, workspace: [], relay: try Self.rates("20/s")), campaigns: [[], []], total: 200_000,
            most: 40,
            minutes: 180)
        day.run(until: 40 * 60_000)
        let half = day.accepted.map { $0[10..<40].reduce(0, +) }
        try #require(half.allSatisfy { $0 > 0 })
        #expect((2900...3000).contains(half[1]))
        #expect((450...900).contains(half[0]))
        // The others fill what the slow ones leave of the relay, each by its part.
        #expect(half.reduce(0, +) > 35_500)
        #expect((140...160).contains(half[2] * 100 / half[3]))
        #expect((95...105).contains(half[4] * 100 / half[3]))
        #expect((95...105).contains(day.byCampaign[0].count * 100 / day.byCampaign[1].count))
    }

    @Test func `a relay that says too much without a name is slowed as a whole`() throws {
        var providers = try Self.providers { _ in 600 }
        providers[0].refusal = "450 4.7.1 too many messages, slow down"
        var day = DayOfMail(
            providers, rules: Self.rules(providers, workspace: [], relay: try Self.rates("100/s")), campaigns: [[]], total: 100_000,
            most: 200,
            minutes: 60)
        day.run(until: Int64(Self.hour))
        let minutes = (0..<60).map { minute in day.accepted.reduce(0) { $0 + $1[minute] } }
        // A relay that takes 600 a minute for the two fifths that Google is takes 1500 of all.
        #expect((700...1500).contains(minutes[20..<50].reduce(0, +) / 30))
        #expect(day.refused[0] < day.done / 30)
    }
}
