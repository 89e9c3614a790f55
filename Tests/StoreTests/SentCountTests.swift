import Database
import Delivery
import Model
import TestDatabases
import Testing

@testable import Store

/// How much went where: what limits remember.
@Suite(.onEachDatabase) struct SentCountTests {
    let house: House

    init() throws { house = try House() }

    private func send(_ count: Int, as name: String, at: Instant, relay: String = "main") throws -> CampaignID {
        let (desk, _) = try house.begun(name, rules: House.service, at: at)
        let claims = try house.claim(desk, count, at: at)
        try house.settle(
            desk,
            claims.map { claim in
                var settlement = claim.settlement(.accepted, code: 250, at: at)
                settlement.relay = relay
                return settlement
            })
        return desk.campaign
    }

    private func seconds(_ counts: [(at: Instant, count: Int)]) -> [Int64] { counts.map { $0.at.milliseconds - House.noon.milliseconds } }

    @Test func `they are those of the attempts, by second, campaign, relay and domain`() throws {
        try house.people(10)
        let first = try send(4, as: "first", at: House.noon)
        _ = try send(3, as: "second", at: House.noon.advanced(byMilliseconds: 2500), relay: "other")
        let all = try house.ledger.attempts(since: House.noon)
        #expect(all.map(\.count) == [4, 3])
        // A second counts from its end: never too early.
        #expect(seconds(all) == [1000, 3000])
        #expect(try house.ledger.attempts(since: House.noon, campaign: first).map(\.count) == [4])
        #expect(try house.ledger.attempts(since: House.noon, relay: "other").map(\.count) == [3])
        #expect(try house.ledger.attempts(since: House.noon.advanced(byMilliseconds: 3000)).isEmpty)
        let domains = try house.ledger.attemptsByDomain(since: House.noon)
        #expect(domains.map(\.domain) == ["example.com", "example.com"] && domains.map(\.count) == [4, 3])
        #expect(try house.ledger.attemptsByDomain(since: House.noon, among: ["example.com", "example.org"]).map(\.count) == [4, 3])
        #expect(try house.ledger.attemptsByDomain(since: House.noon, among: []).isEmpty)
        #expect(try house.ledger.peakPerSecond(to: ["example.com"], since: House.noon) == 7.0 / 60)
        #expect(try house.ledger.peakPerSecond(to: ["example.org"], since: House.noon) == nil)
    }

    @Test func `what is returned untried counts for nothing, and a second outcome of one attempt neither`() throws {
        try house.people(3)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        try house.settle(
            desk, [claims[0].settlement(.returned), claims[1].settlement(.accepted), claims[2].settlement(.deferred(until: .latest))])
        try house.settle(desk, [claims[1].settlement(.unknown)])
        #expect(try house.ledger.attempts(since: House.noon).map(\.count) == [2])
    }

    @Test func `old seconds are put together by the quarter of an hour, and those of domains go`() throws {
        try house.people(20)
        let day: Int64 = 86_400_000
        for index in 0..<3 {
            _ = try send(2, as: "old\(index)", at: House.noon.advanced(byMilliseconds: -2 * day + Int64(index) * 7000))
        }
        _ = try send(5, as: "new", at: House.noon.advanced(byMilliseconds: -day))
        let before = try house.ledger.attempts(since: Instant(milliseconds: 0), relay: "main")
        #expect(before.map(\.count) == [2, 2, 2, 5])
        for _ in 0..<2 {
            try house.ledger.foldCounts(at: House.noon)
            let after = try house.ledger.attempts(since: Instant(milliseconds: 0), relay: "main")
            #expect(after.map(\.count) == [6, 5])
            #expect(after.last?.at == before.last?.at)
            #expect(before[0].at.milliseconds - after[0].at.milliseconds < 900_000)
            #expect(try house.ledger.attemptsByDomain(since: Instant(milliseconds: 0)).map(\.count) == [5])
        }
    }

    @Test func `a database of before knows what it had sent`() throws {
        try house.people(4)
        _ = try send(4, as: "first", at: House.noon)
        let expected = try house.database.read { session in
            try session.all("SELECT second, domain, count FROM sent_to_domain") { "\($0.integer(0)) \($0.text(1)) \($0.integer(2))" }
        }
        try house.database.write { session in
            for table in ["sent_count", "sent_to_domain", "lesson", "report"] { try session.script("DROP TABLE \(table)") }
            try session.execute("UPDATE delivery SET email = replace(email, 'p1@example', '\"x@y\"@EXAMPLE')")
            try session.script(Schema.traffic.script(session.dialect))
        }
        #expect(try house.ledger.attempts(since: House.noon).map(\.count) == [4])
        let filled = try house.database.read { session in
            try session.all("SELECT second, domain, count FROM sent_to_domain") { "\($0.integer(0)) \($0.text(1)) \($0.integer(2))" }
        }
        #expect(filled == expected)
    }
}
