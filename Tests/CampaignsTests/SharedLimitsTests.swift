import Database
import Delivery
import Foundation
import Model
import Store
import TestDatabases
import Testing

@testable import Campaigns

/// Several senders under the same limits, with a clock of their own that goes as fast as the test likes.
@Suite(.onEachDatabase) struct SharedLimitsTests {
    let desk: Desk
    let ledger: Ledger

    init() throws {
        desk = try Desk()
        ledger = Ledger(desk.database)
    }

    /// One that always has messages to send, or none.
    private final class Machine {
        let id: SenderID
        let traffic: Traffic
        var limits: SharedLimits
        var isBusy = true
        private let ledger: Ledger

        init(_ ledger: Ledger, _ limits: [Rate], past: [(at: Instant, count: Int)] = [], campaign: CampaignID = CampaignID(1)) throws {
            self.ledger = ledger
            id = try ledger.join(Ledger.Newcomer(campaign: campaign, machine: "m", host: "h", process: 1), lease: 3_600_000).id
            var limiter = RateLimiter(limits)
            for (at, count) in past { limiter.record(count, at: at) }
            traffic = Traffic(SendingPolicy(SendingPolicy.Rules(relays: [RelayTerms(name: "main", limits: limiter)])))
            self.limits = SharedLimits(traffic, ledger, id)
        }

        /// What goes at this moment.
        func step(at now: Instant, atMost most: Int = 50) throws -> Int {
            if limits.isDue(now.milliseconds) { _ = try limits.ask(isBusy: isBusy, at: now, uptime: now.milliseconds, databaseTime: now) }
            guard isBusy else { return 0 }
            return traffic.with { policy in
                let mark = SendingPolicy.Mark(lane: 0, campaign: 0)
                var gone = 0
                while gone < most, policy.turn(of: mark, through: 0, at: now) == .now {
                    policy.take(mark, through: 0, at: now)
                    policy.went(mark, through: 0, at: now)
                    gone += 1
                }
                return gone
            }
        }

        func leave(at now: Instant) throws {
            _ = try limits.ask(isBusy: false, at: now, uptime: now.milliseconds, databaseTime: now)
            try ledger.leave(id)
        }
    }

    /// Runs the machines from second to second; says when something went.
    private func run(_ machines: [Machine], _ seconds: Range<Int64>) throws -> [Int64] {
        var times: [Int64] = []
        for time in stride(from: seconds.lowerBound * 1000, to: seconds.upperBound * 1000, by: 20) {
            let now = origin.advanced(byMilliseconds: time)
            for machine in machines { times += Array(repeating: now.milliseconds, count: try machine.step(at: now)) }
        }
        return times
    }

    /// The database's time decides over what those that are gone have used.
    private let origin = Instant(Date())

    @Test(arguments: [["40/s"], ["600/min"], ["30/s", "600/min"]])
    func `a limit holds over all together, and is used`(_ limits: [String]) throws {
        let rates = limits.compactMap { Rate($0) }
        let (a, b, c) = (try Machine(ledger, rates), try Machine(ledger, rates), try Machine(ledger, rates))
        var times = try run([a, b], 0..<65)
        let early = times.count
        times += try run([a, b, c], 65..<100)
        c.isBusy = false
        times += try run([a, b, c], 100..<130)
        for rate in rates { #expect(most(times, in: rate.window.milliseconds) <= rate.count) }
        let perSecond = try #require(rates.map { Double($0.count) / Double($0.window.milliseconds) * 1000 }.min())
        // A limit of a minute lets all of it go at first.
        let first = rates.contains { $0.window.milliseconds == 60_000 } ? 600.0 : 0
        #expect(Double(times.count) >= 0.95 * (perSecond * (first > 0 ? 120 : 130)))
        #expect(early > 0)
    }

    @Test func `each of two that always want more has its part of a short limit`() throws {
        let rates = [try #require(Rate("40/s"))]
        let a = try Machine(ledger, rates)
        _ = try run([a], 0..<5)
        let b = try Machine(ledger, rates)
        _ = try run([a, b], 5..<15)
        let theirs = try run([b], 15..<16).count
        #expect((15...25).contains(theirs))
    }

    @Test func `a day's quota survives who used it`() throws {
        let rates = [try #require(Rate("1000/day"))]
        let a = try Machine(ledger, rates)
        let first = try run([a], 0..<5)
        #expect(first.count == 1000)
        try a.leave(at: origin)
        #expect(try run([try Machine(ledger, rates)], 5..<8).isEmpty)
    }

    @Test func `who dies has used what it had, and the rest is for others`() throws {
        let rates = [try #require(Rate("1000/day"))]
        let a = try Machine(ledger, rates)
        var gone = 0
        var time: Int64 = 0
        while gone < 300 {
            gone += try a.step(at: origin.advanced(byMilliseconds: time))
            time += 20
        }
        try desk.database.write { _ = try $0.execute("UPDATE sender SET lease_until = 0 WHERE id = \(a.id)") }
        try ledger.putOutLapsed(of: CampaignID(1))
        let answer = try a.limits.ask(isBusy: true, at: origin, uptime: time)
        #expect(answer == .putOut)
        let others = try run([try Machine(ledger, rates)], 10..<40).count
        #expect(gone + others <= 1000)
        #expect(gone + others >= 850)
    }

    @Test func `who died while sending another campaign does not keep its part`() throws {
        let rates = [try #require(Rate("40/s"))]
        let dead = try Machine(ledger, rates, campaign: CampaignID(2))
        #expect(try run([dead], 0..<2).count > 40)
        try desk.database.write { _ = try $0.execute("UPDATE sender SET lease_until = 0 WHERE id = \(dead.id)") }
        #expect(try run([try Machine(ledger, rates)], 2..<6).count >= 120)
        #expect(try dead.limits.ask(isBusy: true, at: origin, uptime: 60_000) == .putOut)
    }

    @Test func `what the log knows is not counted again with each start`() throws {
        let rates = [try #require(Rate("100/day"))]
        var past: [(at: Instant, count: Int)] = []
        // As many as `send --limit` asks for.
        for (start, wanted) in [30, 1, 1, 1, 1, 1, 100].enumerated() {
            let machine = try Machine(ledger, rates, past: past)
            var gone: [Int64] = []
            for time in stride(from: Int64(start) * 20_000, to: Int64(start + 1) * 20_000, by: 20) where gone.count < wanted {
                let now = origin.advanced(byMilliseconds: time)
                gone += Array(repeating: now.milliseconds, count: try machine.step(at: now, atMost: wanted - gone.count))
            }
            past += gone.map { (Instant(milliseconds: $0), 1) }
            try machine.leave(at: origin.advanced(byMilliseconds: Int64(start + 1) * 20_000))
        }
        #expect(past.count == 100)
    }

    @Test func `who dies as a window turns over has used what it had of the new one`() throws {
        let rates = [try #require(Rate("100/min"))]
        let dead = try Machine(ledger, rates)
        var times = try run([dead], 0..<60)
        #expect(times.count == 100)
        // Some have gone again, and nobody has been told of the last.
        times += try run([dead], 60..<62)
        #expect((110..<200).contains(times.count))
        try ledger.leave(dead.id, at: origin.advanced(byMilliseconds: 62_000))
        times += try run([try Machine(ledger, rates)], 62..<150)
        #expect(most(times, in: 60_000) <= 100)
        #expect(times.count > 200)
    }

    @Test func `a limit that is put back knows what went without it`() throws {
        let rates = [try #require(Rate("20/min"))]
        let first = try Machine(ledger, rates)
        for time in stride(from: Int64(0), to: 500, by: 20) {
            _ = try first.step(at: origin.advanced(byMilliseconds: time), atMost: time == 480 ? 5 : 0)
        }
        try first.leave(at: origin.advanced(byMilliseconds: 1000))
        let past = [(at: origin.advanced(byMilliseconds: 480), count: 5), (at: origin.advanced(byMilliseconds: 5000), count: 60)]
        let second = try Machine(ledger, rates, past: past)
        #expect(try run([second], 10..<60).isEmpty)
        #expect(try run([second], 66..<70).count == 20)
    }

    @Test func `what went before limits were shared counts`() throws {
        let rates = [try #require(Rate("1000/day"))]
        let past = [(at: origin.advanced(byMilliseconds: -3_600_000), count: 600)]
        let (a, b) = (try Machine(ledger, rates, past: past), try Machine(ledger, rates, past: past))
        #expect(try run([a, b], 0..<20).count == 400)
    }
}

/// The most that any window holds.
func most(_ times: [Int64], in window: Int64) -> Int {
    var first = 0
    var most = 0
    for (index, time) in times.enumerated() {
        while times[first] <= time - window { first += 1 }
        most = max(most, index - first + 1)
    }
    return most
}
