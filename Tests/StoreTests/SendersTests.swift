import Database
import Foundation
import Model
import Store
import TestDatabases
import Testing

/// Several ledgers on one database, as programs on several machines have.
@Suite(.onEachDatabase) struct SendersTests {
    let house: House

    init() throws { house = try House() }

    private static let lease: Int64 = 60_000

    /// A sender of the campaign, with the number of its last claim.
    private final class Machine {
        let name: String
        let house: House
        let desk: Ledger.Desk
        var epoch: Int64 = 0
        var marked: Int64 = 0

        init(_ name: String, _ house: House, _ campaign: Ledger.Desk, lease: Int64 = SendersTests.lease) throws {
            (self.name, self.house) = (name, house)
            let newcomer = Ledger.Newcomer(campaign: campaign.campaign, machine: name, host: "host-\(name)", process: 7)
            let id = try house.ledger.join(newcomer, lease: lease).id
            desk = Ledger.Desk(campaign: campaign.campaign, sender: id, rules: campaign.rules, plannedAt: campaign.plannedAt)
        }

        /// Nil where it has been put out.
        func exchange(_ settlements: [Settlement] = [], claiming limit: Int = 0, isRepeated: Bool = false) throws -> [Claim]? {
            if !isRepeated { epoch += 1 }
            return try house.ledger.exchange(
                settling: settlements, claiming: limit, Ledger.Turn(epoch: epoch, handed: marked, isRepeated: isRepeated),
                step: DeliveryKey.campaignStep, at: House.noon, for: desk)
        }

        func claim(_ limit: Int) throws -> [Claim] { try #require(try exchange(claiming: limit)) }

        /// What it has claimed so far may go from now on.
        func mark() throws {
            marked = epoch
            _ = try #require(try exchange())
        }
    }

    /// As if so much time had passed since it was last heard of.
    private func age(_ machine: Machine, by milliseconds: Int64) throws {
        _ = try house.database.write { session in
            try session.execute(
                "UPDATE sender SET lease_until = lease_until - \(milliseconds), ended_at = ended_at - \(milliseconds) WHERE id = \(machine.desk.sender)"
            )
        }
    }

    private var counts: DeliveryCounts {
        get throws { try house.ledger.counts(of: try #require(try house.campaigns.campaign(named: "launch")).id) }
    }

    private var senders: [SenderRecord] {
        get throws { try house.ledger.senders(of: try #require(try house.campaigns.campaign(named: "launch")).id) }
    }

    @Test func `nobody is claimed twice, whoever asks`() throws {
        let people = try house.people(30)
        let campaign = try house.begun().desk
        let machines = try ["a", "b", "c"].map { try Machine($0, house, campaign) }
        let claims = try (0..<4).flatMap { _ in try machines.flatMap { try $0.claim(3) } }
        #expect(claims.count == 30)
        #expect(Set(claims.map(\.key.contact)) == Set(people))
        #expect(try senders.map(\.inHand) == [12, 9, 9])
    }

    @Test func `claims that run at the same time take different people`() async throws {
        try house.people(400)
        let campaign = try house.begun().desk
        let ids = try (0..<4).map { _ in try Machine("m", house, campaign).desk.sender }
        let (ledger, rules) = (house.ledger, House.marketing)
        let taken = try await withThrowingTaskGroup(of: [ContactID].self) { group in
            for id in ids {
                group.addTask {
                    let desk = Ledger.Desk(campaign: campaign.campaign, sender: id, rules: rules, plannedAt: House.noon)
                    return try (1...10).flatMap { epoch in
                        try ledger.exchange(
                            settling: [], claiming: 10, Ledger.Turn(epoch: Int64(epoch), handed: 0), step: 0, at: House.noon, for: desk)
                            ?? []
                    }.map(\.key.contact)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken.count == 400)
        #expect(Set(taken).count == 400)
    }

    @Test func `of one that is put out, what was not marked goes to others and the rest stays its own`() throws {
        try house.people(6)
        let campaign = try house.begun().desk
        let (a, b) = (try Machine("a", house, campaign), try Machine("b", house, campaign))
        let marked = try a.claim(2)
        try a.mark()
        let unmarked = try a.claim(3)
        #expect(try senders.map(\.handed) == [2, 0])
        try age(a, by: Self.lease + 1)
        let out = try house.ledger.putOutLapsed(of: campaign.campaign)
        #expect(out.senders == [a.desk.sender])
        #expect(out.returned == 3)
        let taken = try b.claim(10)
        #expect(Set(taken.map(\.key.contact)).isSuperset(of: unmarked.map(\.key.contact)))
        #expect(taken.count == 4)
        #expect(try counts.handed == 6)
        // It settles what was its own, late as it is.
        #expect(try a.exchange([marked[0].settlement(.accepted)]) == nil)
        #expect(try counts.accepted == 1)
    }

    @Test func `nobody is put out whose lease runs, or was renewed in time`() throws {
        try house.people(2)
        let campaign = try house.begun().desk
        let a = try Machine("a", house, campaign)
        _ = try a.claim(1)
        #expect(try house.ledger.putOutLapsed(of: campaign.campaign).senders.isEmpty)
        try age(a, by: Self.lease + 1)
        #expect(try senders.map(\.isLive) == [false])
        #expect(try house.ledger.renew(a.desk.sender, lease: Self.lease) != nil)
        #expect(try senders.map(\.isLive) == [true])
        #expect(try house.ledger.putOutLapsed(of: campaign.campaign).senders.isEmpty)
        #expect(try a.claim(1).count == 1)
    }

    @Test func `who was put out claims nothing, marks nothing and is not let in again`() throws {
        try house.people(4)
        let campaign = try house.begun().desk
        let a = try Machine("a", house, campaign)
        let claims = try a.claim(2)
        _ = try a.claim(1)
        try age(a, by: Self.lease + 1)
        // One row must stay its own, or nothing would be left to remember it by.
        a.marked = 1
        try house.database.write { _ = try $0.execute("UPDATE sender SET handed_epoch = 1 WHERE id = \(a.desk.sender)") }
        try house.ledger.putOutLapsed(of: campaign.campaign)
        a.marked = a.epoch
        #expect(try a.exchange(claiming: 5) == nil)
        #expect(try house.ledger.renew(a.desk.sender, lease: Self.lease) == nil)
        #expect(try senders.map(\.inHand) == [claims.count])
        #expect(try counts.planned == 2)
    }

    @Test func `an answer to a message that was taken away changes nothing`() throws {
        try house.people(1)
        let campaign = try house.begun().desk
        let (a, b) = (try Machine("a", house, campaign), try Machine("b", house, campaign))
        let lost = try #require(try a.claim(1).first)
        try age(a, by: Self.lease + 1)
        try house.ledger.putOutLapsed(of: campaign.campaign)
        let taken = try #require(try b.claim(1).first)
        #expect(taken.key == lost.key && taken.attempt == lost.attempt)
        #expect(try a.exchange([lost.settlement(.refused, code: 550)]) == nil)
        try house.ledger.skipUnrendered([(lost.key, "no city")], of: a.desk.sender, at: House.noon)
        #expect(try counts.handed == 1)
        #expect(try house.count("SELECT count(*) FROM attempt") == 0)
        _ = try b.exchange([taken.settlement(.accepted)])
        #expect(try counts.accepted == 1)
    }

    @Test func `a claim whose answer was lost is taken back by the next`() throws {
        try house.people(3)
        let campaign = try house.begun().desk
        let a = try Machine("a", house, campaign)
        let known = try a.claim(1)
        // It committed, and nobody was told.
        _ = try a.claim(2)
        let again = try #require(try a.exchange(claiming: 1, isRepeated: true))
        #expect(again.count == 1)
        #expect(again[0].attempt == 1)
        #expect(try counts.planned == 1)
        #expect(try senders.map(\.inHand) == [2])
        _ = try a.exchange((known + again).map { $0.settlement(.accepted) })
        #expect(try counts.accepted == 2)
    }

    @Test func `its machine settles what a dead sender left, by its recorder`() throws {
        try house.people(5)
        let campaign = try house.begun().desk
        let a = try Machine("a", house, campaign)
        let marked = try a.claim(3)
        try a.mark()
        _ = try a.claim(1)
        try house.leave { recorder in
            recorder.markDot(0, (marked[0].key, 1))
            recorder.markDot(1, (marked[1].key, 1))
            recorder.markAnswer(1, marked[1].settlement(.accepted))
        }
        let recovery = try house.ledger.recover(a.desk.sender, of: campaign.campaign, from: try house.found(), at: House.noon)
        #expect(recovery.unknown == 1 && recovery.settled == 1 && recovery.returned == 2)
        let counts = try counts
        #expect(counts.unknown == 1 && counts.accepted == 1 && counts.planned == 3 && counts.handed == 0)
        #expect(try senders.isEmpty)
    }

    @Test func `without a recorder that knows, what was marked is unknown and the rest goes again`() throws {
        try house.people(2)
        let campaign = try house.begun().desk
        let a = try Machine("a", house, campaign)
        _ = try a.claim(1)
        try a.mark()
        _ = try a.claim(1)
        let recovery = try house.ledger.recover(a.desk.sender, of: campaign.campaign, from: try house.found("never-there"), at: House.noon)
        #expect(recovery.unknown == 1 && recovery.returned == 1)
    }

    @Test func `a recorder settles nobody else's messages`() throws {
        try house.people(2)
        let campaign = try house.begun().desk
        let (a, b) = (try Machine("a", house, campaign), try Machine("b", house, campaign))
        _ = try a.claim(1)
        let theirs = try #require(try b.claim(1).first)
        try house.leave { $0.markAnswer(0, theirs.settlement(.accepted)) }
        _ = try house.ledger.recover(a.desk.sender, of: campaign.campaign, from: try house.found(), at: House.noon)
        #expect(try counts.handed == 1)
        #expect(try senders.map(\.id) == [b.desk.sender])
    }

    @Test func `what a machine had in hand that does not come back is unknown after a while, and settled if it does`() throws {
        try house.people(3)
        let campaign = try house.begun().desk
        let a = try Machine("a", house, campaign)
        let claims = try a.claim(3)
        try a.mark()
        try age(a, by: Self.lease + 1)
        try house.ledger.putOutLapsed(of: campaign.campaign)
        #expect(try house.ledger.giveUp(on: campaign.campaign, goneFor: 1000) == 0)
        try age(a, by: 2000)
        #expect(try house.ledger.giveUp(on: campaign.campaign, goneFor: 1000) == 3)
        #expect(try counts.unknown == 3)
        #expect(try house.claim(campaign).isEmpty)
        try house.leave { recorder in
            recorder.markDot(0, (claims[0].key, 1))
            recorder.markAnswer(1, claims[1].settlement(.accepted))
        }
        _ = try house.ledger.recover(a.desk.sender, of: campaign.campaign, from: try house.found(), at: House.noon)
        let counts = try counts
        #expect(counts.unknown == 1 && counts.accepted == 1 && counts.planned == 1)
        #expect(try senders.isEmpty)
    }

    @Test(arguments: [false, true]) func `a person settles what a machine has in hand that is gone`(givenUp: Bool) throws {
        try house.people(2)
        let campaign = try house.begun().desk
        let (a, b) = (try Machine("a", house, campaign), try Machine("b", house, campaign))
        let claim = try #require(try a.claim(1).first)
        try a.mark()
        _ = try b.claim(1)
        try b.mark()
        #expect(try house.ledger.resolve(campaign.campaign, asSent: false, addresses: nil, at: House.noon) == 0)
        try age(a, by: Self.lease + 1)
        if givenUp {
            try house.ledger.putOutLapsed(of: campaign.campaign)
            try age(a, by: 2000)
            try house.ledger.giveUp(on: campaign.campaign, goneFor: 1000)
        }
        #expect(try house.ledger.resolve(campaign.campaign, asSent: false, addresses: nil, at: House.noon) == 1)
        #expect(try counts.remaining == 1)
        // What its machine says after that comes too late.
        #expect(try a.exchange([claim.settlement(.accepted)]) == nil)
        #expect(try counts.accepted == 0)
    }

    @Test func `who leaves is forgotten once nothing is in its hands`() throws {
        try house.people(4)
        let campaign = try house.begun().desk
        let (a, b) = (try Machine("a", house, campaign), try Machine("b", house, campaign))
        let claims = try a.claim(1)
        try a.mark()
        _ = try a.exchange(claims.map { $0.settlement(.accepted) }, claiming: 1)
        try house.ledger.leave(a.desk.sender)
        #expect(try counts.planned == 3)
        _ = try b.claim(1)
        try b.mark()
        try house.ledger.leave(b.desk.sender)
        #expect(try senders.map(\.id) == [b.desk.sender])
        #expect(try senders.map(\.isLive) == [false])
    }

    @Test func `a cap holds between campaigns of two senders`() throws {
        try house.people(3)
        let capped = SendingRules(marketing: true, topic: "news", caps: [SendingRules.Cap(try #require(FrequencyCap("1 per 7 days")))])
        let (one, two) = (try house.begun("one", rules: capped).desk, try house.begun("two", rules: capped).desk)
        let (a, b) = (try Machine("a", house, one), try Machine("b", house, two))
        #expect(try a.claim(2).count == 2)
        #expect(try b.claim(3).count == 1)
    }

    @Test func `the database says what time it is`() throws {
        let before = Instant(Date())
        let now = try house.ledger.now()
        #expect(abs(now.milliseconds - before.milliseconds) < 5000)
    }
}
