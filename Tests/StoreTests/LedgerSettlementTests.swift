import Database
import Model
import Store
import TestDatabases
import Testing

@Suite(.onEachDatabase(orPooled: true)) struct LedgerSettlementTests {
    let house: House

    init() throws { house = try House() }

    @Test func `an accepted message keeps what the relay said of it`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let claim = try #require(try house.claim(desk).first)
        let at = House.noon.advanced(byMilliseconds: 77)
        try house.settle(desk, [claim.settlement(.accepted, code: 250, at: at, reply: "queued as Q1")])
        let entry = try #require(try house.entries().first)
        #expect(entry.state == .accepted)
        #expect(entry.attempts == 1)
        #expect(entry.attemptAt == at)
        #expect(entry.settledAt == at)
        #expect(entry.handedAt == House.noon)
        #expect(entry.relay == "main")
        #expect(entry.code == 250)
        #expect(entry.enhanced == "2.0.0")
        #expect(entry.reply == "queued as Q1")
        #expect(entry.queueID == "Q\(claim.key.contact)")
        #expect(entry.messageID == "m\(claim.key.contact)@example.com")
        #expect(entry.sha256 == "aa")
        #expect(entry.contentSHA256 == "bb")
    }

    @Test func `when the next deferred one may go is not said of those that were never tried`() throws {
        try house.people(2)
        let (desk, _) = try house.begun()
        let due = House.noon.advanced(byMilliseconds: 60_000)
        #expect(try house.ledger.nextRetry(of: desk.campaign) == nil)
        try house.settle(desk, try house.claim(desk, 1).map { $0.settlement(.deferred(until: due), code: 451) })
        #expect(try house.ledger.nextRetry(of: desk.campaign) == due)
    }

    @Test func `a deferred message goes again when it is due, and both attempts are kept`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let due = House.noon.advanced(byMilliseconds: 60_000)
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.deferred(until: due), code: 451) })
        #expect(try house.claim(desk, at: due.advanced(byMilliseconds: -1)).isEmpty)
        #expect(try house.ledger.nextRetry(of: desk.campaign) == due)
        #expect(try house.ledger.nextDue(of: desk.campaign, step: 0) == due)
        #expect(try house.entries().first?.stateWord == "deferred")
        let again = try #require(try house.claim(desk, at: due).first)
        #expect(again.attempt == 2)
        try house.settle(desk, [again.settlement(.accepted, code: 250)])
        #expect(try house.count("SELECT count(*) FROM attempt WHERE number = 1 AND outcome = 'deferred' AND code = 451") == 1)
        #expect(try house.count("SELECT count(*) FROM attempt WHERE number = 2 AND outcome = 'accepted'") == 1)
    }

    @Test func `a returned message is as if it had not been tried`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let claim = try #require(try house.claim(desk).first)
        try house.settle(desk, [claim.settlement(.returned)])
        let entry = try #require(try house.entries().first)
        #expect(entry.stateWord == "planned")
        #expect(entry.attempts == 0)
        #expect(entry.handedAt == nil)
        #expect(try house.count("SELECT count(*) FROM attempt") == 0)
        #expect(try house.claim(desk).first?.attempt == 1)
    }

    @Test(arguments: [Settlement.Outcome.accepted, .refused, .unknown])
    func `what is settled for good is never claimed again`(_ outcome: Settlement.Outcome) throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        try house.settle(desk, try house.claim(desk).map { $0.settlement(outcome) })
        #expect(try house.claim(desk, at: .latest).isEmpty)
    }

    @Test func `the first outcome stands`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let claim = try #require(try house.claim(desk).first)
        try house.settle(desk, [claim.settlement(.unknown)])
        try house.settle(desk, [claim.settlement(.accepted, code: 250), claim.settlement(.refused, code: 550)])
        #expect(try house.entries().first?.state == .unknown)
        #expect(try house.count("SELECT count(*) FROM attempt") == 1)
    }

    @Test func `a late answer to an earlier attempt does not settle a later one`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let first = try #require(try house.claim(desk).first)
        try house.settle(desk, [first.settlement(.deferred(until: House.noon))])
        let second = try #require(try house.claim(desk).first)
        #expect(second.attempt == 2)
        try house.settle(desk, [first.settlement(.accepted, code: 250)])
        #expect(try house.entries().first?.state == .handed)
    }

    @Test func `a settlement and a claim are one transaction`() throws {
        try house.people(2)
        let (desk, _) = try house.begun()
        let first = try house.claim(desk, 1)
        let second = try house.ledger.exchange(
            settling: first.map { $0.settlement(.accepted) }, claiming: 1, step: 0, at: House.noon, for: desk)
        #expect(second.count == 1)
        let counts = try house.ledger.counts(of: desk.campaign)
        #expect(counts.accepted == 1)
        #expect(counts.handed == 1)
        #expect(counts.total == 2)
    }

    @Test func `a message that can't be made is skipped and was no attempt`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        try house.ledger.skipUnrendered(claims.map { ($0.key, "launch.md:5:3: error: no city") }, of: desk.sender, at: House.noon)
        let entry = try #require(try house.entries().first)
        #expect(entry.state == .skipped)
        #expect(entry.reason == "not_rendered: launch.md:5:3: error: no city")
        #expect(try house.ledger.counts(of: desk.campaign).skippedBy == ["not_rendered": 1])
        #expect(try house.ledger.causesNotRendered(of: desk.campaign, atMost: 5).map(\.cause) == ["launch.md:5:3: error: no city"])
        #expect(entry.handedAt == nil)
        #expect(entry.attempts == 0)
    }

    @Test func `a skip leaves what is already settled alone`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        try house.settle(desk, claims.map { $0.settlement(.accepted) })
        try house.ledger.skipUnrendered(claims.map { ($0.key, "no city") }, of: desk.sender, at: House.noon)
        #expect(try house.entries().first?.state == .accepted)
    }

    @Test func `what remains can be ended, what is in hand cannot`() throws {
        try house.people(3)
        let (desk, _) = try house.begun()
        _ = try house.claim(desk, 1)
        #expect(try house.ledger.skipRemaining(of: desk.campaign, reason: .cancelled, at: House.noon) == 2)
        let counts = try house.ledger.counts(of: desk.campaign)
        #expect(counts.handed == 1)
        #expect(counts.skippedBy == ["cancelled": 2])
    }

    @Test func `a person's word makes unknown messages sent, or lets them go again`() throws {
        try house.people(3)
        let (desk, _) = try house.begun()
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.unknown) })
        #expect(try house.ledger.resolve(desk.campaign, asSent: true, addresses: [try House.address("p1")], at: House.noon) == 1)
        #expect(try house.ledger.resolve(desk.campaign, asSent: false, addresses: nil, at: House.noon) == 2)
        #expect(try house.ledger.resolve(desk.campaign, asSent: false, addresses: nil, at: House.noon) == 0)
        let claims = try house.claim(desk)
        #expect(claims.map(\.address.local) == ["p2", "p3"])
        #expect(claims.map(\.attempt) == [2, 2])
        #expect(try house.ledger.counts(of: desk.campaign).accepted == 1)
    }

    @Test func `an address is resolved however its case is written`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.unknown) })
        #expect(try house.ledger.resolve(desk.campaign, asSent: true, addresses: [try EmailAddress("P1@Example.COM")], at: House.noon) == 1)
    }

    @Test func `the log is filtered by state, address and number`() throws {
        try house.people(4)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk, 3)
        try house.settle(
            desk,
            [
                claims[0].settlement(.accepted, at: House.noon.advanced(byMilliseconds: 1)),
                claims[1].settlement(.deferred(until: .latest), at: House.noon.advanced(byMilliseconds: 2)),
            ])
        func locals(_ filter: LedgerFilter) throws -> [String] { try house.entries(filter).map { String($0.address.prefix { $0 != "@" }) } }
        #expect(try locals(LedgerFilter(state: "accepted")) == ["p1"])
        #expect(try locals(LedgerFilter(state: "deferred")) == ["p2"])
        #expect(try locals(LedgerFilter(state: "handed")) == ["p3"])
        #expect(try locals(LedgerFilter(state: "planned")) == ["p4"])
        #expect(try locals(LedgerFilter(state: "nonsense")).isEmpty)
        #expect(try locals(LedgerFilter(address: try EmailAddress("P4@example.com"))) == ["p4"])
        #expect(try locals(LedgerFilter(campaign: CampaignID(99))).isEmpty)
        #expect(try locals(LedgerFilter(last: 1)) == ["p1"])
    }

    @Test func `complaints count from the handing over on`() throws {
        let ids = try house.people(2)
        let (desk, _) = try house.begun()
        try house.suppress("p1", .complaint, at: House.noon.advanced(byMilliseconds: -1))
        try house.consents.lift(.complaint, of: ids[0], at: House.noon)
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.accepted) })
        #expect(try house.ledger.complaints(about: desk.campaign) == 0)
        try house.suppress("p2", .complaint, at: House.noon.advanced(byMilliseconds: 1))
        #expect(try house.ledger.complaints(about: desk.campaign) == 1)
    }

    @Test func `a complaint under a further address counts, and a person complains once`() throws {
        let ids = try house.people(2)
        _ = try house.contacts.merge(ids[0], ids[1], at: House.noon)
        let (desk, _) = try house.begun()
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.accepted) })
        try house.suppress("p2", .complaint, at: House.noon.advanced(byMilliseconds: 1))
        #expect(try house.ledger.complaints(about: desk.campaign) == 1)
        try house.suppress("p1", .complaint, at: House.noon.advanced(byMilliseconds: 1))
        #expect(try house.ledger.complaints(about: desk.campaign) == 1)
    }
}
