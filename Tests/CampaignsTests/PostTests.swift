import Database
import Foundation
import Model
import Store
import TestDatabases
import Testing

@testable import Campaigns

/// Places of senders, taken and left.
@Suite(.onEachDatabase) struct PostTests {
    let house: WorkspaceDesk
    let sender: Sender
    let campaign: CampaignID

    init() throws {
        house = try WorkspaceDesk()
        sender = try house.sender()
        campaign = try house.plan().campaign.id
        try sender.activate(try #require(try sender.prepare("launch", plan: nil)), agreed: true)
    }

    private var isShared: Bool { house.desk.database.dialect.isShared }

    private func claim(_ post: Post, _ count: Int, marked: Int64, epoch: Int64 = 1) throws -> [Claim] {
        let desk = Ledger.Desk(
            campaign: campaign, sender: post.sender, rules: SendingRules(marketing: true, topic: "news"), plannedAt: Desk.noon)
        return try #require(
            try sender.workspace.ledger.exchange(
                settling: [], claiming: count, Ledger.Turn(epoch: epoch, handed: marked), step: 0, at: Desk.noon, for: desk))
    }

    @Test func `on a server several may send, and of a file one`() throws {
        let first = try sender.takePost(for: campaign)
        if isShared {
            let second = try sender.takePost(for: campaign)
            #expect(second.sender != first.sender)
            #expect(try sender.workspace.ledger.senders(of: campaign).map(\.isLive) == [true, true])
            second.close()
            #expect(try sender.workspace.ledger.senders(of: campaign).map(\.id) == [first.sender])
        } else {
            #expect(throws: FlightRecorder.Problem.self) { _ = try sender.takePost(for: campaign) }
        }
        #expect(try sender.workspace.isBeingSent(campaign))
        #expect(sender.workspace.progressPaths(of: campaign) == [first.progressPath])
        first.close()
    }

    @Test func `what a dead sender of this machine left is settled by the next, at once`() throws {
        guard isShared else { return }
        do {
            let dead = try sender.takePost(for: campaign)
            dead.begin()
            let claims = try claim(dead, 2, marked: 1)
            dead.recorder.markDot(0, (claims[0].key, 1))
            _ = try claim(dead, 1, marked: 1, epoch: 2)
        }
        let next = try sender.takePost(for: campaign)
        #expect(next.recovery.unknown == 1 && next.recovery.returned == 2)
        #expect(try sender.workspace.ledger.senders(of: campaign).map(\.id) == [next.sender])
        next.close()
    }

    @Test func `a recorder whose sender lives is left alone`() throws {
        guard isShared else { return }
        let living = try sender.takePost(for: campaign)
        _ = try claim(living, 2, marked: 0)
        let next = try sender.takePost(for: campaign)
        #expect(next.recovery.isEmpty)
        #expect(try sender.workspace.ledger.senders(of: campaign).first { $0.id == living.sender }?.inHand == 2)
        withExtendedLifetime(living) {}
    }

    @Test func `who took a place and never began leaves it`() throws {
        _ = try sender.takePost(for: campaign)
        #expect(try !sender.workspace.isBeingSent(campaign))
        #expect(try sender.workspace.ledger.senders(of: campaign).isEmpty)
    }

    @Test func `a heartbeat keeps the lease, and says when it is lost`() throws {
        guard isShared else { return }
        let post = try sender.takePost(for: campaign, lease: 900)
        let lease = try #require(post.lease)
        let deadline = Date(timeIntervalSinceNow: 10)
        func renewed() throws -> Instant? { try sender.workspace.ledger.senders(of: campaign).first?.renewedAt }
        let start = try renewed()
        while try renewed() == start, Date() < deadline { usleep(20_000) }
        #expect(try renewed() != start)
        #expect(lease.isValid)
        try house.desk.database.write { _ = try $0.execute("UPDATE sender SET ended_at = renewed_at WHERE id = \(post.sender)") }
        while !lease.isOut, Date() < deadline { usleep(20_000) }
        #expect(lease.isOut && !lease.isValid)
    }
}
