import Database
import Delivery
import Model
import Store
import TestDatabases
import Testing

/// What the sending policy asks of the ledger.
@Suite(.onEachDatabase) struct LedgerPolicyTests {
    let house: House

    init() throws { house = try House() }

    private static let later = House.noon.advanced(byMilliseconds: 60_000)

    /// A desk that lets those go whose number is even, and tells the others `admission`.
    private func desk(_ admission: SendingPolicy.Admission) throws -> Ledger.Desk {
        var (desk, _) = try house.begun()
        desk.admit = { address in
            let isEven = address.local.dropFirst().last.flatMap { Int(String($0)) }.map { $0 % 2 == 0 } ?? false
            return isEven ? (.go, 0) : (admission, 3)
        }
        return desk
    }

    @Test func `who can't go now is put off, and takes nobody's place`() throws {
        try house.people(8)
        let desk = try desk(.paced(Self.later))
        let claims = try house.claim(desk, 3)
        #expect(claims.count == 3)
        #expect(claims.allSatisfy { Int(String($0.address.local.last ?? "x")).map { $0 % 2 == 0 } ?? false })
        #expect(try house.ledger.nextPaced(of: desk.campaign, step: 0) == Self.later)
        #expect(try house.claim(desk).count == 1)
        #expect(try house.count("SELECT count(*) FROM delivery WHERE reason = 'paced' AND due_at = \(Self.later.milliseconds)") == 4)
        #expect(try house.claim(desk).isEmpty)
    }

    @Test func `their time has come before those that have none`() throws {
        try house.people(6)
        var desk = try desk(.paced(Self.later))
        #expect(try house.claim(desk, 1).count == 1)
        let waiting = try house.count("SELECT count(*) FROM delivery WHERE reason = 'paced'")
        try #require(waiting > 0)
        desk.admit = nil
        let next = try house.claim(desk, waiting, at: Self.later)
        #expect(try house.count("SELECT count(*) FROM delivery WHERE reason = 'paced'") == 0)
        #expect(next.count == waiting)
    }

    @Test func `who is held is not waited for, and is forgotten by the next sender`() throws {
        try house.people(4)
        let desk = try desk(.held(Self.later))
        #expect(try house.claim(desk).count == 2)
        #expect(try house.ledger.nextPaced(of: desk.campaign, step: 0) == nil)
        #expect(try house.ledger.nextDue(of: desk.campaign, step: 0) == Self.later)
        // Put off is not deferred: nothing has been tried.
        #expect(try house.ledger.nextRetry(of: desk.campaign) == nil)
        try house.ledger.forgetPutOff(of: desk.campaign)
        var another = desk
        another.admit = nil
        #expect(try house.claim(another).count == 2)
    }

    @Test func `a long backlog is put off piece by piece`() throws {
        try house.people(2500)
        var (desk, _) = try house.begun()
        desk.admit = { _ in (.paced(Self.later), 1) }
        #expect(try house.claim(desk).isEmpty)
        let once = try house.count("SELECT count(*) FROM delivery WHERE reason = 'paced'")
        #expect((2000..<2500).contains(once))
        #expect(try house.claim(desk).isEmpty)
        #expect(try house.count("SELECT count(*) FROM delivery WHERE reason = 'paced'") == 2500)
    }

    @Test func `a refusal that suppresses does so with its words, and a pardon lifts those of its domains and its time alone`() throws {
        try house.people(3)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        let settlements = claims.enumerated().map { index, claim in
            var settlement = Settlement(
                key: claim.key, attempt: 1, at: House.noon.advanced(byMilliseconds: Int64(index) * 1000), outcome: .refused, relay: "main",
                code: 550, enhanced: "5.1.1", reply: "no such user")
            settlement.suppresses = index > 0
            return settlement
        }
        try house.settle(desk, settlements)
        let rows = try claims.map { try house.consents.suppressions(of: $0.address) }
        #expect(rows.map(\.count) == [0, 1, 1])
        #expect(rows[1].first?.reason == .undeliverable)
        #expect(rows[1].first?.source == "mail refused: 550 5.1.1 no such user")
        try house.suppress("p1", .undeliverable)
        func pardon(_ domains: [String], _ since: Int64) throws -> Int {
            _ = try house.ledger.exchange(
                settling: [], pardoning: [.init(domains: domains, since: House.noon.advanced(byMilliseconds: since))], claiming: 0, step: 0,
                at: Self.later, for: desk)
            return try house.count("SELECT count(*) FROM suppression WHERE lifted_at IS NULL")
        }
        #expect(try pardon(["other.com", "exampleXcom", "e_ample.com"], 0) == 3)
        #expect(try pardon(["example.com"], 1500) == 2)
        #expect(try pardon(["example.com"], 0) == 1)
    }

    @Test func `the pardon of a relay is for those whom it refused in that time, and they go again`() throws {
        try house.people(4)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        let settlements = claims.enumerated().map { index, claim in
            var settlement = Settlement(
                key: claim.key, attempt: 1, at: House.noon.advanced(byMilliseconds: Int64(index) * 1000),
                outcome: index == 3 ? .accepted : .refused, relay: index == 1 ? "other" : "main", code: 550, enhanced: "5.1.1",
                reply: "no such user")
            settlement.suppresses = index < 3
            return settlement
        }
        try house.settle(desk, settlements)
        let until = House.noon.advanced(byMilliseconds: 3_600_000)
        func pardon(_ since: Int64) throws -> [Int] {
            let pardon = Ledger.Pardon(relay: "main", until: until, since: House.noon.advanced(byMilliseconds: since))
            _ = try house.ledger.exchange(settling: [], pardoning: [pardon], claiming: 0, step: 0, at: Self.later, for: desk)
            let counts = try house.ledger.counts(of: desk.campaign)
            return [try house.count("SELECT count(*) FROM suppression WHERE lifted_at IS NULL"), counts.refused, counts.deferred]
        }
        #expect(try pardon(2500) == [3, 3, 0])
        #expect(try pardon(1500) == [2, 2, 1])
        #expect(try pardon(0) == [1, 1, 2])
        #expect(try house.consents.suppressions(of: claims[1].address).count == 1)
        let again = try house.claim(desk, at: until)
        #expect(Set(again.map(\.key)) == [claims[0].key, claims[2].key])
        #expect(again.map(\.attempt) == [2, 2])
    }

    @Test func `what went is counted by the recipients' domains`() throws {
        try house.people(2)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        try house.settle(
            desk, claims.map { Settlement(key: $0.key, attempt: 1, at: House.noon, outcome: .accepted, relay: "main") })
        let found = try house.ledger.attemptsByDomain(since: House.noon.advanced(byMilliseconds: -1000))
        #expect(found.map(\.domain) == ["example.com"] && found.map(\.count) == [2])
        #expect(found[0].at.milliseconds > House.noon.milliseconds)
        #expect(try house.ledger.attemptsByDomain(since: Self.later).isEmpty)
    }

    @Test func `a message that is given up is skipped, and its attempt kept`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let first = try house.claim(desk)
        #expect(first[0].firstTried == nil)
        let due = House.noon.advanced(byMilliseconds: 10)
        try house.settle(
            desk, first.map { Settlement(key: $0.key, attempt: 1, at: House.noon, outcome: .deferred(until: due), relay: "main") })
        let second = try house.claim(desk, at: due)
        #expect(second.map(\.firstTried) == [House.noon])
        try house.settle(desk, second.map { Settlement(key: $0.key, attempt: 2, at: due, outcome: .givenUp, relay: "main", code: 451) })
        #expect(try house.ledger.counts(of: desk.campaign).skippedBy == ["given_up": 1])
        #expect(try house.entries().map(\.code) == [451])
        #expect(try house.claim(desk, at: Self.later).isEmpty)
    }
}
