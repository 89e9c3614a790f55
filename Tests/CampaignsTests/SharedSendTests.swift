import Database
import Delivery
import Foundation
import Model
import Store
import Synchronization
import TestDatabases
import Testing

@testable import Campaigns

/// Runs that share a campaign, as programs on several machines do.
@Suite(.onEachDatabase) struct SharedSendTests {
    let desk: SendingDesk
    static let people = 120

    init() throws { desk = try SendingDesk(Self.people) }

    private func lease(_ name: String = "a", length: Int64 = 60_000, uptime: @escaping @Sendable () -> Int64 = Uptime.now) throws -> Lease {
        let newcomer = Ledger.Newcomer(campaign: desk.campaign, machine: name, host: "host-\(name)", process: 1)
        let sent = uptime()
        return Lease(of: try desk.ledger.join(newcomer, lease: length).id, length: length, confirmed: sent, uptime: uptime)
    }

    /// As if nothing had been heard of the sender for a minute and more, and another one had noticed.
    private static func putOut(_ id: SenderID, of campaign: CampaignID, in database: any SQLDatabase) throws {
        try database.write { _ = try $0.execute("UPDATE sender SET lease_until = lease_until - 70000 WHERE id = \(id)") }
        try Ledger(database).putOutLapsed(of: campaign)
    }

    private func isPutOut(_ report: SendReport) -> Bool { if case .putOut = report.ending { true } else { false } }

    private func isComplete(_ report: SendReport) -> Bool { if case .complete = report.ending { true } else { false } }

    @Test func `two that send at once reach everybody, and nobody twice`() async throws {
        let transports = [ScriptedTransport.accepting(width: 3), ScriptedTransport.accepting(width: 5)]
        let runs = try ["a", "b"].enumerated().map { try desk.make(transports[$0], slots: 16, lease: try lease($1)) }
        let reports = try await withThrowingTaskGroup(of: SendReport.self) { group in
            for run in runs { group.addTask { try await Self.detached { try run.run() } } }
            return try await group.reduce(into: [SendReport]()) { $0.append($1) }
        }
        #expect(reports.map(\.accepted).reduce(0, +) == Self.people)
        #expect(reports.allSatisfy { isComplete($0) })
        let all = transports.flatMap(\.recipients)
        #expect(all.count == Self.people)
        #expect(Set(all).count == Self.people)
        #expect(try desk.counts.accepted == Self.people)
    }

    @Test func `no message goes to a relay before the ledger says that it may have gone`() throws {
        let lease = try lease()
        let database = desk.database
        let early = Mutex(0)
        let transport = ScriptedTransport(width: 2) { message, _ in
            let ahead = try? database.read { session in
                try session.count(
                    """
                    SELECT count(*) FROM delivery d JOIN sender s ON s.id = d.sender WHERE d.email = \(message.envelope.recipient.description) \
                    AND d.state = 1 AND d.epoch <= s.handed_epoch
                    """)
            }
            if ahead != 1 { early.withLock { $0 += 1 } }
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, slots: 16, lease: lease).run()
        #expect(report.accepted == Self.people)
        #expect(early.withLock { $0 } == 0)
    }

    @Test func `a database is left in peace while a relay takes its time`() throws {
        let database = desk.database
        let writes = Mutex<Int?>(nil)
        let transport = ScriptedTransport(width: 2) { message, number in
            if number == 10 {
                let before = database.writes
                Thread.sleep(forTimeInterval: 1)
                writes.withLock { $0 = database.writes - before }
            }
            return .outcome(.ok(message))
        }
        #expect(try desk.make(transport, slots: 16, lease: try lease()).run().accepted == Self.people)
        #expect(try #require(writes.withLock { $0 }) <= 10)
    }

    @Test func `who was put out hands nothing more over, and all it had is for others`() throws {
        let lease = try lease()
        let (database, campaign, id) = (desk.desk.database, desk.campaign, lease.sender)
        let transport = ScriptedTransport(width: 4) { message, number in
            if number == 10 {
                try? Self.putOut(id, of: campaign, in: database)
                lease.putOut()
            }
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, slots: 32, lease: lease).run()
        #expect(isPutOut(report))
        #expect(report.accepted == 9)
        let counts = try desk.counts
        #expect(counts.accepted == 9 && counts.planned == Self.people - 9 && counts.handed == 0)
    }

    @Test(.timeLimit(.minutes(1))) func `who is put out while all wait for a limit hears of it`() throws {
        let lease = try lease()
        let (database, campaign, id) = (desk.desk.database, desk.campaign, lease.sender)
        let limits = RateLimiter([try #require(Rate("10/min"))])
        let traffic = Traffic(SendingPolicy(.init(relays: [RelayTerms(name: "main", limits: limits)])))
        let transport = ScriptedTransport(width: 4) { message, number in
            if number == 10 {
                Thread.detachNewThread {
                    Thread.sleep(forTimeInterval: 0.5)
                    try? Self.putOut(id, of: campaign, in: database)
                    lease.putOut()
                }
            }
            return .outcome(.ok(message))
        }
        let began = ContinuousClock.now
        let report = try desk.make(transport, traffic: traffic, slots: 32, lease: lease).run()
        #expect(isPutOut(report) && report.accepted == 10)
        #expect(ContinuousClock.now - began < .seconds(10))
        #expect(try desk.counts.handed == 0)
    }

    @Test func `a lease that is over stops the hand-over until it is renewed`() throws {
        let time = Mutex<Int64>(0)
        let lease = try lease(length: 1_000_000_000) { time.withLock { $0 } }
        let transport = ScriptedTransport(width: 4) { message, number in
            if number == 10 {
                time.withLock { $0 += 950_000_000 }
                DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) {
                    lease.confirm(sent: time.withLock { $0 })
                }
            }
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, slots: 32, lease: lease).run()
        #expect(report.accepted == Self.people)
        // What it had taken came back at the dot, and was taken again later.
        #expect(transport.recipients.count > Self.people)
        #expect(try desk.counts.accepted == Self.people)
    }

    @Test func `a run takes over from one that dies while it would have been done`() throws {
        // Somebody claims the last ones, and is never heard of again.
        let dead = try lease("dead")
        let rules = desk.rules
        let claims = try desk.ledger.exchange(
            settling: [], claiming: 5, Ledger.Turn(epoch: 1, handed: 0), step: 0, at: Desk.noon,
            for: Ledger.Desk(campaign: desk.campaign, sender: dead.sender, rules: rules, plannedAt: Desk.noon))
        #expect(claims?.count == 5)
        let (database, campaign) = (desk.desk.database, desk.campaign)
        let transport = ScriptedTransport(width: 4) { message, number in
            if number == Self.people - 5 {
                DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) {
                    try? database.write {
                        _ = try $0.execute("UPDATE sender SET lease_until = lease_until - 70000 WHERE id = \(dead.sender)")
                    }
                }
            }
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, slots: 32, lease: try lease("b", length: 6000)).run()
        #expect(isComplete(report))
        #expect(report.accepted == Self.people)
        #expect(try Ledger(database).senders(of: campaign).map(\.host) == ["host-b"])
    }

    @Test func `a run whose commits lose their answers sends nobody twice and leaves nobody out`() throws {
        let database = desk.database
        let transport = ScriptedTransport(width: 3) { message, number in
            if number % 25 == 0 { database.loseAnswers(1) }
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, slots: 16, lease: try lease()).run()
        #expect(isComplete(report))
        #expect(Set(transport.recipients).count == Self.people)
        #expect(transport.recipients.count == Self.people)
        #expect(try desk.counts.accepted == Self.people)
        #expect(try desk.isSettled())
    }

    @Test func `a lease ends a tenth early, counts from when it was asked for, and ends for good where others ended it`() throws {
        let time = Mutex<Int64>(1000)
        let lease = Lease(of: SenderID(1), length: 10_000, confirmed: 1000) { time.withLock { $0 } }
        time.withLock { $0 = 9999 }
        #expect(lease.isValid)
        time.withLock { $0 = 10_000 }
        #expect(!lease.isValid)
        lease.confirm(sent: 2000)
        #expect(lease.isValid)
        // An older answer that comes late takes nothing back.
        lease.confirm(sent: 1500)
        time.withLock { $0 = 10_999 }
        #expect(lease.isValid)
        lease.putOut()
        #expect(!lease.isValid && lease.isOut)
    }

    /// Runs block, and so have threads of their own.
    private static func detached<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try body() }) }
            thread.start()
        }
    }
}
