import Database
import Foundation
import Model
import Store
import TestDatabases
import Testing

@Suite(.onEachDatabase(orPooled: true)) struct RecoveryTests {
    let house: House

    init() throws { house = try House() }

    @Test func `each message in hand is settled by what the recorder knows of it`() throws {
        let ids = try house.people(4)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        let answered = House.noon.advanced(byMilliseconds: 3)
        try house.leave { recorder in
            recorder.markDot(
                0, (claims[0].key, claims[0].attempt),
                made: FlightRecorder.Marks(messageID: "lost@example.com", sha256: "ab", contentSHA256: "cd"), relay: "second")
            recorder.markDot(1, (claims[1].key, claims[1].attempt))
            recorder.markAnswer(1, claims[1].settlement(.accepted, code: 250, at: answered, reply: "ok"))
            recorder.markDot(2, (claims[2].key, claims[2].attempt))
            recorder.markAnswer(2, claims[2].settlement(.accepted))
            recorder.clear(2)
        }
        let recovery = try house.ledger.recover(desk.campaign, from: try house.found(), at: House.noon)
        #expect(recovery.unknown == 1)
        #expect(recovery.settled == 1)
        #expect(recovery.returned == 2)
        let states = Dictionary(uniqueKeysWithValues: try house.entries().map { ($0.key.contact, $0) })
        #expect(states[ids[0]]?.state == .unknown)
        // Who settles it asks the server for this.
        #expect(states[ids[0]]?.messageID == "lost@example.com")
        #expect(states[ids[0]]?.sha256 == "ab")
        // It may have gone, so it takes its place in the limits of the relay that had it.
        #expect(try house.ledger.attempts(since: House.noon, relay: "second").map(\.count) == [1])
        #expect(states[ids[1]]?.state == .accepted)
        #expect(states[ids[1]]?.settledAt == answered)
        #expect(states[ids[1]]?.queueID == "Q\(ids[1])")
        #expect(states[ids[1]]?.sha256 == "aa")
        #expect(states[ids[2]]?.stateWord == "planned")
        #expect(states[ids[3]]?.stateWord == "planned")
        #expect(try house.count("SELECT count(*) FROM delivery WHERE state = 1") == 0)
        #expect(try house.claim(desk).map(\.key.contact) == [ids[2], ids[3]])
    }

    @Test(arguments: [
        Settlement.Outcome.accepted, .refused, .unknown, .returned, .deferred(until: Instant(milliseconds: 1_800_000_300_000)),
    ])
    func `every outcome survives in the recorder`(_ outcome: Settlement.Outcome) throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let claim = try #require(try house.claim(desk).first)
        try house.leave { $0.markAnswer(0, claim.settlement(outcome, code: 250, reply: "fine \"so\" far\u{1}")) }
        let slot = try #require(try house.found().left.first)
        #expect(slot.key == claim.key)
        #expect(slot.attempt == 1)
        #expect(slot.settlement?.outcome == outcome)
        #expect(slot.settlement?.reply == "fine \"so\" far\u{1}")
        #expect(slot.settlement?.messageID == "m\(claim.key.contact)@example.com")
    }

    @Test func `after a restart of the machine what was in hand is unknown, unless an answer is in the file`() throws {
        let ids = try house.people(2)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        try house.leave { $0.markAnswer(3, claims[1].settlement(.refused, code: 550)) }
        let recorder = try house.found(boot: "boot-b")
        #expect(recorder.rebooted)
        let recovery = try house.ledger.recover(desk.campaign, from: recorder, at: House.noon)
        #expect(recovery.unknown == 1)
        #expect(recovery.settled == 1)
        #expect(try house.entries(LedgerFilter(state: "unknown")).map(\.key.contact) == [ids[0]])
    }

    @Test func `without its recorder what was in hand is unknown`() throws {
        try house.people(2)
        let (desk, _) = try house.begun()
        _ = try house.claim(desk, 1)
        let recovery = try house.ledger.recover(desk.campaign, from: try house.found("never-there"), at: House.noon)
        #expect(recovery.unknown == 1)
        #expect(recovery.returned == 0)
        #expect(try house.ledger.counts(of: desk.campaign).planned == 1)
    }

    @Test func `a mark of an earlier attempt says nothing of this one`() throws {
        try house.people(1)
        let (desk, _) = try house.begun()
        let first = try #require(try house.claim(desk).first)
        try house.settle(desk, [first.settlement(.deferred(until: House.noon))])
        _ = try house.claim(desk)
        try house.leave { $0.markAnswer(0, first.settlement(.accepted)) }
        let recovery = try house.ledger.recover(desk.campaign, from: try house.found(), at: House.noon)
        #expect(recovery.returned == 1)
        #expect(try house.entries().first?.stateWord == "deferred")
    }

    @Test func `a recovery that is run twice changes nothing more`() throws {
        try house.people(2)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        try house.leave { $0.markDot(0, (claims[0].key, 1)) }
        let recorder = try house.found()
        _ = try house.ledger.recover(desk.campaign, from: recorder, at: House.noon)
        #expect(try house.ledger.recover(desk.campaign, from: recorder, at: House.noon).isEmpty)
        #expect(try house.entries(LedgerFilter(state: "unknown")).count == 1)
    }

    @Test func `seeds in hand are recovered too`() throws {
        let (desk, _) = try house.begun(seeds: [try House.address("qa")])
        let claim = try #require(try house.claim(desk, step: DeliveryKey.seedStep).first)
        try house.leave { $0.markDot(0, (claim.key, claim.attempt)) }
        #expect(try house.ledger.recover(desk.campaign, from: try house.found(), at: House.noon).unknown == 1)
    }

    @Test func `another campaign's messages in hand are left alone`() throws {
        try house.people(1)
        let (mine, _) = try house.begun("mine")
        let (other, _) = try house.begun("other")
        _ = try house.claim(other)
        #expect(try house.ledger.recover(mine.campaign, from: try house.found(), at: House.noon).isEmpty)
        #expect(try house.ledger.counts(of: other.campaign).handed == 1)
    }

    /// However the sender died in between, an outcome is never lost nor made up.
    @Test(arguments: 0..<40)
    func `any mixture of marks leaves each message with one outcome`(_ seed: Int) throws {
        var random = Steps(state: UInt64(seed) &* 7919 &+ 1)
        try house.people(12)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk, 9)
        var dotted: Set<DeliveryKey> = []
        var answered: Set<DeliveryKey> = []
        try house.leave { recorder in
            for (slot, claim) in claims.enumerated() {
                let stage = random.next() % 4
                if stage >= 1 {
                    recorder.markDot(slot, (claim.key, claim.attempt))
                    dotted.insert(claim.key)
                }
                if stage >= 2 {
                    recorder.markAnswer(slot, claim.settlement(.accepted, code: 250))
                    answered.insert(claim.key)
                }
                if stage == 3 {
                    // Its commit came before the clearing.
                    _ = try? house.settle(desk, [claim.settlement(.accepted, code: 250)])
                }
            }
        }
        _ = try house.ledger.recover(desk.campaign, from: try house.found(), at: House.noon)
        for entry in try house.entries() {
            let expected: DeliveryState = answered.contains(entry.key) ? .accepted : dotted.contains(entry.key) ? .unknown : .planned
            #expect(entry.state == expected)
        }
        #expect(try house.count("SELECT count(*) FROM attempt") == dotted.count)
    }
}

/// Numbers that are the same on every run.
struct Steps {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
