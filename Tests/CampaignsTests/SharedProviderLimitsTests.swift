import Database
import Delivery
import Foundation
import Model
import Store
import TestDatabases
import Testing

@testable import Campaigns

/// Limits of providers and domains that several senders share: nobody has a part of one before somebody is to be written to there.
@Suite(.onEachDatabase) struct SharedProviderLimitsTests {
    let desk: Desk
    let ledger: Ledger

    init() throws {
        desk = try Desk()
        ledger = Ledger(desk.database)
    }

    /// The database's time decides over what those that are gone have used.
    private let origin = Instant(Date())
    private let ada = "ada@firm.example"

    private func join() throws -> SenderID {
        try ledger.join(Ledger.Newcomer(campaign: CampaignID(1), machine: "m", host: "h", process: 1), lease: 3_600_000).id
    }

    /// With limits for one provider, `firm.example`.
    private func policy(_ limits: [String], relay: RateLimiter = RateLimiter()) -> SendingPolicy {
        let group = Providers.Group(name: "firm", domains: ["firm.example"], limits: limits.compactMap { Rate($0) })
        return SendingPolicy(.init(providers: Providers([group]), relays: [RelayTerms(name: "main", limits: relay)]))
    }

    private func sender(_ policy: SendingPolicy) throws -> (traffic: Traffic, limits: SharedLimits) {
        let traffic = Traffic(policy)
        return (traffic, SharedLimits(traffic, ledger, try join()))
    }

    /// A message that was admitted goes, if it may, and is done with either way.
    private func go(_ mark: SendingPolicy.Mark, _ traffic: Traffic, at now: Instant) -> Bool {
        traffic.with { policy in
            defer { policy.landed(mark) }
            guard policy.turn(of: mark, through: 0, at: now) == .now else { return false }
            policy.take(mark, through: 0, at: now)
            policy.went(mark, through: 0, at: now)
            return true
        }
    }

    @Test func `a provider with a slow limit gets its part once somebody asks to go there`() throws {
        var (traffic, limits) = try sender(policy(["100/day"]))
        let address = try EmailAddress(ada)
        _ = try limits.ask(isBusy: true, at: origin, uptime: 0, databaseTime: origin)
        // Some are taken in hand and wait for their places.
        for _ in 0..<20 { #expect(traffic.admit(address, for: 0, at: origin).admission == .go) }
        #expect(traffic.admit(address, for: 0, at: origin).admission != .go)
        let mark = traffic.with { $0.mark(domain: address.asciiDomain, campaign: 0) }
        #expect(traffic.with { $0.turn(of: mark, through: 0, at: origin) } != .now)
        _ = try limits.ask(isBusy: true, at: origin, uptime: 1000, databaseTime: origin)
        #expect(traffic.with { $0.turn(of: mark, through: 0, at: origin) } == .now)
    }

    @Test func `nobody is kept in hand for a provider's limit that others have used up`() throws {
        let address = try EmailAddress(ada)
        var (first, second) = (try sender(policy(["4/day"])), try sender(policy(["4/day"])))
        let mark = first.traffic.with { $0.mark(domain: address.asciiDomain, campaign: 0) }
        var gone = 0
        for time in stride(from: Int64(0), to: 30_000, by: 250) {
            let now = origin.advanced(byMilliseconds: time)
            guard case .go = first.traffic.admit(address, for: 0, at: now).admission else { continue }
            _ = try first.limits.ask(isBusy: false, at: now, uptime: time, databaseTime: now)
            if go(mark, first.traffic, at: now) { gone += 1 }
        }
        #expect(gone == 4)
        let start = origin.advanced(byMilliseconds: 30_000)
        #expect(second.traffic.admit(address, for: 0, at: start).admission == .go)
        for time in stride(from: Int64(30_000), to: 40_000, by: 250) {
            let now = origin.advanced(byMilliseconds: time)
            if second.limits.isDue(time) { _ = try second.limits.ask(isBusy: true, at: now, uptime: time, databaseTime: now) }
        }
        let later = origin.advanced(byMilliseconds: 40_000)
        // What is taken back after twice that long in hand.
        #expect(second.traffic.with { $0.laneFree(mark.lane, at: later) } > later.advanced(byMilliseconds: 2 * SendingPolicy.patience))
        #expect(second.traffic.admit(address, for: 0, at: later).admission != .go)
    }

    /// A part of a slow limit is a place or two, and nobody is under way while there is none.
    @Test(arguments: [["4/min"], ["20/day"], ["29/min"], ["5/s", "20000/day"]])
    func `messages to a domain with a slow limit get their places, and no more`(_ limits: [String]) throws {
        let rates = limits.compactMap { Rate($0) }
        var (traffic, limits) = try sender(policy(limits))
        let address = try EmailAddress(ada)
        let mark = traffic.with { $0.mark(domain: address.asciiDomain, campaign: 0) }
        // Each claimed when it is due.
        var due = [Int64](repeating: 0, count: rates.count == 1 ? 40 : 1000)
        var gone: [Int64] = []
        for time in stride(from: Int64(0), to: 180_000, by: 50) {
            let now = origin.advanced(byMilliseconds: time)
            if limits.isDue(time) { _ = try limits.ask(isBusy: false, at: now, uptime: time, databaseTime: now) }
            for index in due.indices where due[index] <= time {
                switch traffic.admit(address, for: 0, at: now).admission {
                case .go:
                    guard go(mark, traffic, at: now) else { break }
                    gone.append(time)
                    due[index] = .max
                case .paced(let until), .held(let until): due[index] = until.milliseconds - origin.milliseconds
                }
            }
        }
        for rate in rates { #expect(most(gone, in: rate.window.milliseconds) <= rate.count) }
        let least = rates.map { Int(max(1, 180_000 / $0.window.milliseconds)) * $0.count }.min() ?? 0
        #expect(gone.count >= min(due.count, least) * 3 / 5, "\(gone.count)")
    }

    @Test func `what went before to a provider counts from when somebody first asks to go there`() throws {
        var policy = policy(["100/day"], relay: RateLimiter([try #require(Rate("5000/day"))]))
        policy.remember(95, to: "firm.example", at: origin.advanced(byMilliseconds: -3_600_000))
        var (traffic, limits) = try sender(policy)
        // Of the relay alone.
        _ = try limits.ask(isBusy: true, at: origin, uptime: 0, databaseTime: origin)
        let address = try EmailAddress(ada)
        let mark = traffic.with { $0.mark(domain: address.asciiDomain, campaign: 0) }
        var gone = 0
        for time in stride(from: Int64(250), to: 20_000, by: 250) {
            let now = origin.advanced(byMilliseconds: time)
            guard case .go = traffic.admit(address, for: 0, at: now).admission else { continue }
            _ = try limits.ask(isBusy: true, at: now, uptime: time, databaseTime: now)
            if go(mark, traffic, at: now) { gone += 1 }
        }
        #expect(gone == 5)
    }

    @Test func `who wants no more says so, though nothing else has changed`() throws {
        let rate = try #require(Rate("10/day"))
        let claim = Ledger.AllotmentClaim(limit: "provider firm", rate: rate, keeps: 9, wants: 9, isWanting: false)
        #expect(try ledger.allot([claim], to: try join(), at: origin) == [9])
        var (traffic, limits) = try sender(policy(["10/day"]))
        func ask(_ time: Int64) throws {
            let now = origin.advanced(byMilliseconds: time)
            _ = try limits.ask(isBusy: true, at: now, uptime: time, databaseTime: now)
        }
        func wanting() throws -> Int { try desk.database.read { try $0.count("SELECT count(*) FROM allotment WHERE wanting = 1") } }
        let address = try EmailAddress(ada)
        let mark = traffic.with { $0.mark(domain: address.asciiDomain, campaign: 0) }
        #expect(traffic.admit(address, for: 0, at: origin).admission == .go)
        try ask(0)
        traffic.with { policy in
            policy.take(mark, through: 0, at: origin)
            policy.went(mark, through: 0, at: origin)
        }
        // One more waits for a place that there is not.
        #expect(traffic.admit(address, for: 0, at: origin).admission == .go)
        try ask(250)
        #expect(try wanting() == 1)
        // Somebody else takes it over.
        traffic.with { policy in
            policy.landed(mark)
            policy.landed(mark)
        }
        try ask(500)
        try ask(750)
        #expect(try wanting() == 0)
    }

    @Test func `of domains that nothing goes to any more nobody is asked again`() throws {
        let rules = SendingPolicy.Rules(
            providers: Providers(others: [try #require(Rate("100/hour"))]), relays: [RelayTerms(name: "main")])
        var (traffic, limits) = try sender(SendingPolicy(rules))
        func ask(_ time: Int64) throws {
            let now = origin.advanced(byMilliseconds: time)
            _ = try limits.ask(isBusy: true, at: now, uptime: time, databaseTime: now)
        }
        func claims(_ time: Int64) -> Int {
            traffic.with { $0.claims(at: origin.advanced(byMilliseconds: time), isBusy: true) { _, _ in 0 }.count }
        }
        let domains = (0..<300).map { "domain\($0).example" }
        var marks: [SendingPolicy.Mark] = []
        for domain in domains {
            #expect(traffic.admit(try EmailAddress("ada@\(domain)"), for: 0, at: origin).admission == .go)
            marks.append(traffic.with { $0.mark(domain: domain, campaign: 0) })
        }
        try ask(0)
        let gone = origin.advanced(byMilliseconds: 300)
        for mark in marks {
            #expect(go(mark, traffic, at: gone))
        }
        #expect(claims(400) == 300)
        try ask(500)
        try ask(800)
        #expect(claims(1000) == 0)
        // Until one of them is written to again, or its places are free. What is ready for more is given back.
        _ = traffic.admit(try EmailAddress("ada@domain9.example"), for: 0, at: gone)
        try ask(1200)
        traffic.with { $0.landed(marks[9]) }
        #expect(claims(1300) == 1)
        try ask(1400)
        #expect(claims(1500) == 0)
        traffic.with { $0.take(marks[7], through: 0, at: origin.advanced(byMilliseconds: 2000)) }
        #expect(claims(2000) == 1)
        #expect(claims(3_700_000) == 300)
    }
}
