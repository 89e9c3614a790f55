import Delivery
import Diagnostics
import Foundation
import Model
import Synchronization
import Testing
import Workspace

@testable import Campaigns
@testable import Store

@Suite struct SendWindowTests {
    private func at(_ text: String) throws -> Instant { try #require(Instant(iso: text)) }
    private let rome = Zone("Europe/Rome") ?? .utc

    @Test(
        arguments: [
            ("2026-06-01T05:59:59Z", "2026-06-01T06:00:00Z"), ("2026-06-01T06:00:00Z", nil), ("2026-06-01T17:59:59Z", nil),
            ("2026-06-01T18:00:00Z", "2026-06-02T06:00:00Z"), ("2026-05-31T22:30:00Z", "2026-06-01T06:00:00Z"),
            // The clocks go back on 25 October: 08:00 is an hour later in UTC.
            ("2026-10-24T19:00:00Z", "2026-10-25T07:00:00Z"), ("2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"),
        ] as [(String, String?)])
    func `it is open between its hours on the wall clock`(_ now: String, _ opening: String?) throws {
        let window = SendWindow(between: (8 * 60, 20 * 60), zone: rome)
        #expect(window.answer(at: try at(now)) == (try opening.map { .closedUntil(try at($0)) } ?? .open))
    }

    @Test(
        arguments: [
            ("2026-06-01T23:00:00Z", nil), ("2026-06-01T01:59:00Z", nil), ("2026-06-01T02:00:00Z", "2026-06-01T22:00:00Z"),
            ("2026-06-01T21:59:00Z", "2026-06-01T22:00:00Z"),
        ] as [(String, String?)])
    func `its hours may span midnight`(_ now: String, _ opening: String?) throws {
        let window = SendWindow(between: (22 * 60, 2 * 60), zone: .utc)
        #expect(window.answer(at: try at(now)) == (try opening.map { .closedUntil(try at($0)) } ?? .open))
    }

    @Test func `it may end at midnight`() throws {
        let window = SendWindow(between: (18 * 60, 24 * 60), zone: .utc)
        #expect(window.answer(at: try at("2026-06-01T23:59:59Z")) == .open)
        #expect(window.answer(at: try at("2026-06-02T00:00:00Z")) == .closedUntil(try at("2026-06-02T18:00:00Z")))
    }

    @Test func `past its end it has expired, whatever the hour`() throws {
        let end = try at("2026-06-01T10:00:00Z")
        let window = SendWindow(between: (8 * 60, 20 * 60), notAfter: end, zone: .utc)
        #expect(window.answer(at: end.advanced(byMilliseconds: -1)) == .open)
        #expect(window.answer(at: end) == .expired)
        #expect(window.answer(at: try at("2026-06-01T23:00:00Z")) == .expired)
    }
}

@Suite struct StopRuleTests {
    @Test(arguments: [
        (95, 5, 0, false), (94, 6, 0, true), (90, 9, 0, false), (0, 100, 0, true), (1000, 0, 3, false), (1000, 0, 4, true),
        (99, 0, 99, false),
    ])
    func `it speaks when more than a share went wrong, and not before there is enough to say`(
        _ accepted: Int, _ refused: Int, _ complaints: Int, _ stops: Bool
    ) {
        let rule = StopRule(refused: 0.05, complaints: 0.003)
        #expect((rule.verdict(accepted: accepted, refused: refused, complaints: complaints) != nil) == stops)
    }

    @Test func `it names the share and the limit`() {
        let verdict = StopRule(refused: 0.05).verdict(accepted: 900, refused: 125, complaints: 0)
        #expect(verdict == "12.2% of messages were refused, more than stop_if allows (5%)")
    }

    @Test func `without a rule nothing stops`() {
        #expect(StopRule().verdict(accepted: 0, refused: 1000, complaints: 1000) == nil)
    }
}

@Suite struct ProviderSettingsTests {
    @Test(arguments: [
        ("gogle: {limits: [1/day]}", "did you mean \"google\"?"), ("firm: {}", "say which: providers: {firm: {domains: [example.com]}}"),
        ("firm: []", "say which"), ("google: {limits: [1/day]}", nil), ("firm: [firm.example]", nil),
    ])
    func `a group in which nobody is is a mistake`(_ group: String, _ hint: String?) throws {
        let settings = try Settings(
            reading: SourceText(name: "pitwall.yaml", text: "\(WorkspaceDesk.settings)\nproviders: {\(group)}\n"))
        do {
            try Providers.refuseUnknown(settings)
            #expect(hint == nil)
        } catch {
            #expect(error.kind == .settings)
            #expect(try error.hint?.hasPrefix(#require(hint)) == true, "\(error)")
        }
    }
}

@Suite struct PaceTests {
    private let noon = Desk.noon

    @Test func `to a slow relay goes what its connections have room for, so that who leaves meanwhile is not claimed yet`() {
        var pace = Pace(started: noon, connections: 10)
        for step in 0..<20 { pace.record(3, at: noon.advanced(byMilliseconds: Int64(step) * 1000)) }
        #expect(pace.ahead(limit: nil, at: noon.advanced(byMilliseconds: 19_000)) == 20)
    }

    @Test func `before anything is known there is room for a start`() {
        #expect(Pace(started: noon, connections: 20).ahead(limit: nil, at: noon) == 40)
        #expect(Pace(started: noon, connections: 256).perSecond(at: noon) == 0)
    }

    @Test func `the faster it goes the more is under way`() {
        var pace = Pace(started: noon, connections: 256)
        for step in 0..<20 { pace.record(500, at: noon.advanced(byMilliseconds: Int64(step) * 50)) }
        let second = noon.advanced(byMilliseconds: 1000)
        #expect(pace.perSecond(at: second) == 10_000)
        #expect(pace.ahead(limit: nil, at: second) == 2_500)
    }

    @Test(arguments: [(0.01, 20), (0.000_01, 1), (10.0, 512)])
    func `a limit holds it to two seconds' worth, and to one at least`(_ limit: Double, _ ahead: Int) {
        #expect(Pace(started: noon, connections: 256).ahead(limit: limit, at: noon) == ahead)
    }

    @Test func `what lies more than three seconds back is forgotten`() {
        var pace = Pace(started: noon, connections: 256)
        pace.record(100_000, at: noon)
        for step in 1...60 { pace.record(1, at: noon.advanced(byMilliseconds: Int64(step) * 100)) }
        #expect(pace.perSecond(at: noon.advanced(byMilliseconds: 6000)) == 10)
    }

    @Test func `what goes at once and then waits for its limit is no rate`() {
        var pace = Pace(started: noon, connections: 10)
        pace.record(60, at: noon.advanced(byMilliseconds: 200))
        #expect(pace.perSecond(at: noon.advanced(byMilliseconds: 2000)) == 30)
        #expect(pace.perSecond(at: noon.advanced(byMilliseconds: 3200)) == 0)
    }

    @Test func `bursts of a limit are told by what lies between them`() {
        var pace = Pace(started: noon, connections: 2)
        for burst in 0..<8 {
            // Settled in three portions.
            for (late, count) in [(0, 3), (20, 5), (60, 2)] {
                pace.record(count, at: noon.advanced(byMilliseconds: Int64(burst * 1010 + late)))
            }
        }
        for late in stride(from: 60, to: 1000, by: 30) {
            #expect((9.5...10.5).contains(pace.perSecond(at: noon.advanced(byMilliseconds: Int64(7 * 1010 + late)))), "\(late)")
        }
    }

    @Test(
        arguments: [(0.0, nil, nil), (10, nil, 34), (10, 300, 300), (0, 300, 300), (0, 0, nil), (1, 10, 340)]
            as [(Double, Double?, Double?)])
    func `the time that is left goes by the rate, and by what limits let go`(_ rate: Double, _ limits: Double?, _ left: Double?) {
        let progress = SendProgress(
            done: 60, total: 400, report: SendReport(), rate: rate, secondsAtLimits: limits, providers: [], brakes: [])
        #expect(progress.secondsLeft == left)
    }
}

@Suite struct BlockingQueueTests {
    @Test func `what is put is taken in order, by one taker each, until it is closed`() {
        let queue = BlockingQueue<Int>()
        queue.put(0..<3000)
        queue.close()
        var taken: [Int] = []
        while let item = queue.take() { taken.append(item) }
        #expect(taken == Array(0..<3000))
        #expect(queue.take() == nil)
    }

    @Test func `a poll tells empty from closed`() {
        let queue = BlockingQueue<Int>()
        if case .empty = queue.poll() {} else { Issue.record("it was open and empty") }
        queue.put([1])
        queue.close()
        if case .item(1) = queue.poll() {} else { Issue.record("there was one") }
        if case .closed = queue.poll() {} else { Issue.record("it was closed and empty") }
    }

    @Test(.timeLimit(.minutes(1))) func `who makes them waits until some of too many are taken, and no longer than it is open`() {
        let queue = BlockingQueue<Int>()
        queue.put(0..<4)
        queue.waitForRoom(below: 5)
        queue.put([4, 5])
        let waited = Mutex(false)
        let maker = WorkerThread("maker") {
            queue.waitForRoom(below: 4)
            waited.withLock { $0 = true }
        }
        while queue.waitingForRoom == 0 { usleep(1000) }
        for _ in 0..<2 { _ = queue.take() }
        #expect(queue.waitingForRoom == 1)
        #expect(!waited.withLock { $0 })
        _ = queue.take()
        maker.join()
        queue.put(0..<10)
        let another = WorkerThread("another") { queue.waitForRoom(below: 4) }
        while queue.waitingForRoom == 0 { usleep(1000) }
        queue.close()
        another.join()
        #expect(queue.count == 13)
    }

    @Test(.timeLimit(.minutes(1))) func `of two who make them, who wants the less waits the longer`() {
        let queue = BlockingQueue<Int>()
        queue.put(0..<8)
        let done = Mutex<[Int]>([])
        func maker(_ limit: Int) -> WorkerThread {
            WorkerThread("below \(limit)") {
                queue.waitForRoom(below: limit)
                done.withLock { $0.append(limit) }
            }
        }
        let first = maker(6)
        while queue.waitingForRoom < 1 { usleep(1000) }
        let last = maker(2)
        while queue.waitingForRoom < 2 { usleep(1000) }
        for _ in 0..<3 { _ = queue.take() }
        first.join()
        #expect(done.withLock { $0 } == [6])
        for _ in 0..<4 { _ = queue.take() }
        last.join()
        #expect(done.withLock { $0 } == [6, 2])
    }

    @Test func `taking all waits no longer than it was told`() {
        let queue = BlockingQueue<Int>()
        queue.put([1, 2])
        #expect(queue.takeAll(waitingFor: 5, atMost: 0.01) == [1, 2])
        #expect(queue.takeAll(waitingFor: 0, atMost: 10).isEmpty)
    }
}

#if os(Linux)
    @Suite struct WorkerThreadTests {
        @Test func `only the thread itself steps back`() {
            let before = getpriority(Int32(PRIO_PROCESS.rawValue), 0)
            let seen = Mutex<Int32?>(nil)
            WorkerThread("nice", niceness: 3) { seen.withLock { $0 = getpriority(Int32(PRIO_PROCESS.rawValue), 0) } }.join()
            #expect(seen.withLock { $0 } == min(19, before + 3))
            #expect(getpriority(Int32(PRIO_PROCESS.rawValue), 0) == before)
        }
    }
#endif

@Suite struct FlightTableTests {
    @Test func `a slot is one message's until it lands, and is then another's`() {
        let table = FlightTable(capacity: 2)
        let claims = (1...3).map { number in
            Claim(
                key: DeliveryKey(campaign: CampaignID(1), step: 0, contact: ContactID(Int64(number))), attempt: 1,
                contact: Contact(id: ContactID(Int64(number))), address: Self.address, dataChanged: false)
        }
        let slots = table.board(Array(claims.prefix(2)))
        #expect(Set(slots).count == 2)
        #expect(table.underWay == 2)
        table.land([slots[0], slots[0]])
        #expect(table.underWay == 1)
        #expect(table.board([claims[2]]) == [slots[0]])
        #expect(table.attempt(slots[0])?.key.contact == ContactID(3))
        #expect(table.attempt(7) == nil)
        #expect(table.attempt(-1) == nil)
    }

    @Test func `what a slot holds is given out once, and the slot stays taken until it lands`() {
        let table = FlightTable(capacity: 1)
        let key = DeliveryKey(campaign: CampaignID(1), step: 0, contact: ContactID(1))
        let slot = table.board([
            Claim(key: key, attempt: 2, contact: Contact(id: ContactID(1)), address: Self.address, dataChanged: false, lane: 3)
        ])[0]
        #expect(table.recipient(slot)?.recipient.contact.id == ContactID(1))
        #expect(table.recipient(slot) == nil)
        let passage = Traffic.Passage(mark: SendingPolicy.Mark(lane: 3, campaign: 0), relay: 0)
        #expect(table.takeMessage(slot, passage) == nil)
        table.set(
            ComposedMessage(
                envelope: Envelope(sender: Self.address, recipient: Self.address), bytes: [1], messageID: "id", sha256: "a",
                contentSHA256: "b"), in: slot)
        #expect(table.arrive(slot) == nil)
        #expect(table.takeMessage(slot, passage)?.bytes == [1])
        #expect(table.takeMessage(slot, passage) == nil)
        #expect(table.depart(slot)?.marks?.messageID == "id")
        let flight = table.arrive(slot)
        #expect(flight?.key == key)
        #expect(flight?.marks?.sha256 == "a")
        #expect(table.arrive(slot) == nil)
        // The ledger knows nothing of it yet.
        #expect(table.lane(slot) == 3)
        #expect(table.board([]) == [])
        #expect(table.underWay == 1)
        table.land([slot])
        #expect(table.underWay == 0)
        #expect(table.lane(slot) == nil)
    }

    private static let address: EmailAddress = {
        do { return try EmailAddress("ada@example.com") } catch { preconditionFailure("\(error)") }
    }()
}
