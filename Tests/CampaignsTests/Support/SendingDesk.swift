import Database
import Delivery
import Foundation
import Model
import Store
import Synchronization
import Workspace

@testable import Campaigns

/// A campaign that is ready to go, and what a run of it needs.
final class SendingDesk {
    let desk: Desk
    let database: FailingDatabase
    let ledger: Ledger
    let campaigns: CampaignStore
    let campaign: CampaignID
    let rules = SendingRules(marketing: true, topic: "news")
    let plan: PlanRecord

    init(_ people: Int, seeds: [EmailAddress] = [], letter: String = "p", domain: (Int) -> String = { _ in "example.com" }) throws {
        desk = try Desk()
        database = FailingDatabase(desk.database)
        ledger = Ledger(database)
        campaigns = CampaignStore(database)
        let grant = ConsentTemplate(topic: "news", state: .confirmed, at: Instant(milliseconds: 0), source: "form")
        if people > 0 {
            let entries = try (1...people).map {
                ContactStore.Entry(email: try EmailAddress("\(letter)\($0)@\(domain($0))"), attributes: [:])
            }
            _ = try desk.contacts.record(entries, consent: grant, at: Instant(milliseconds: 0), source: "test")
        }
        campaign = try campaigns.ensureCampaign(named: "launch", at: Desk.noon).id
        let audience = Audience(campaign: campaign, segment: "1 = 1", rules: rules)
        plan = try campaigns.freeze(audience, sources: [:], contentHash: "", at: Desk.noon)
        try campaigns.activate(plan, audience: nil, seeds: seeds, at: Desk.noon)
        try campaigns.move(campaign, to: .sending, from: [.planned], at: Desk.noon)
    }

    func recorder(slots: Int = 64) throws -> FlightRecorder { try FlightRecorder(path: desk.folder + "/flight", slots: slots) }

    func make(
        _ transports: any Transport..., traffic: Traffic = Traffic(), retry: RetrySchedule = .standard, limit: Int? = nil,
        window: SendWindow = SendWindow(zone: .utc), stopRule: StopRule = StopRule(),
        pace: Double? = nil, slots: Int = 64, lease: Lease? = nil, maker: any MessageMaking = PlainMaker(),
        clock: @escaping @Sendable () -> Instant = wallClock
    ) throws -> SendRun {
        let recorder = try FlightRecorder(path: desk.folder + "/flight\(lease.map { "-\($0.sender)" } ?? "")", slots: slots)
        recorder.begin()
        return SendRun(
            ledger: ledger, campaigns: campaigns,
            desk: Ledger.Desk(
                campaign: campaign, sender: try lease?.sender ?? campaigns.newSender(), rules: rules, plannedAt: plan.at),
            recorder: recorder,
            maker: maker, traffic: traffic, campaign: 0, routes: transports.enumerated().map { Route(relay: $0.offset, $0.element) },
            options: SendRun.Options(limit: limit, window: window, stopRule: stopRule, retry: retry, pace: pace, lease: lease),
            clock: clock)
    }

    static let wallClock: @Sendable () -> Instant = { Instant(Date()) }

    var counts: DeliveryCounts { get throws { try Ledger(desk.database).counts(of: campaign) } }

    /// Nothing is in hand any more, and what went out is what the log says went out.
    func isSettled() throws -> Bool { try desk.database.read { try $0.count("SELECT count(*) FROM delivery WHERE state = 1") } == 0 }
}

extension Traffic {
    /// One relay without limits.
    convenience init() {
        self.init(SendingPolicy(SendingPolicy.Rules(relays: [RelayTerms(name: "main")])))
    }
}

extension Sender {
    /// A run through one relay without limits.
    func run(_ prepared: Prepared, post: Post, transport: any Transport) throws -> SendRun {
        try run(
            prepared, post: post, traffic: Traffic(), relays: [try RelaySettings(url: "smtp://127.0.0.1:25")],
            routes: [Route(relay: 0, transport)], limit: nil)
    }
}

/// A message of one line.
struct PlainMaker: MessageMaking {
    struct Unwilling: Error, CustomStringConvertible {
        var description: String { "the template has no city for this person" }
    }

    var refuse: @Sendable (Recipient) -> Bool = { _ in false }

    func compose(_ recipient: Recipient) throws -> ComposedMessage {
        if refuse(recipient) { throw Unwilling() }
        return ComposedMessage(
            envelope: Envelope(sender: recipient.address, recipient: recipient.address), bytes: Array("Subject: x\r\n\r\nHello\r\n".utf8),
            messageID: "\(recipient.contact.id)@example.com", sha256: "aa", contentSHA256: "bb")
    }
}

/// A database whose writes fail from a certain one on, as those of a full disk do.
final class FailingDatabase: SQLDatabase {
    private let inner: any SQLDatabase
    private let writesLeft = Mutex<Int?>(nil)
    private let answersToLose = Mutex(0)
    private let written = Mutex(0)

    init(_ inner: any SQLDatabase) { self.inner = inner }

    var dialect: any Dialect { inner.dialect }

    func fail(afterWrites count: Int) { writesLeft.withLock { $0 = count } }
    func recover() { writesLeft.withLock { $0 = nil } }
    /// The next so many transactions that run beside others are kept, and their callers are told that the connection broke.
    func loseAnswers(_ count: Int) { answersToLose.withLock { $0 = count } }

    func read<T>(_ body: (any SQLSession) throws -> T) throws -> T { try inner.read(body) }

    func write<T>(_ body: (any SQLSession) throws -> T) throws -> T { try write(excluding: .everybody, body) }

    /// How many transactions have been asked for.
    var writes: Int { written.withLock { $0 } }

    func write<T>(excluding others: Exclusion, _ body: (any SQLSession) throws -> T) throws -> T {
        written.withLock { $0 += 1 }
        let fails = writesLeft.withLock { left in
            guard let count = left else { return false }
            left = max(0, count - 1)
            return count == 0
        }
        if fails { throw DatabaseError(.full, "the disk is full") }
        let result = try inner.write(excluding: others, body)
        let isLost =
            others != .everybody
            && answersToLose.withLock { left in
                defer { left = max(0, left - 1) }
                return left > 0
            }
        if isLost { throw DatabaseError(.lost, "the connection broke") }
        return result
    }

    func close() throws { try inner.close() }
    func compact() throws { try inner.compact() }
}

/// A clock that goes on when a test says so.
final class TestClock: Sendable {
    private let time = Mutex(Desk.noon)

    func advance(byMilliseconds delta: Int64) { time.withLock { $0 = $0.advanced(byMilliseconds: delta) } }
    var read: @Sendable () -> Instant { { self.time.withLock { $0 } } }
}
