import Database
import Delivery
import Foundation
import Model
import Store
import StoreSQLite
import Synchronization
import Testing

@testable import Campaigns

@Suite(.timeLimit(.minutes(1))) struct SendRunTests {
    private func ending(_ report: SendReport, is words: String) -> Bool {
        switch report.ending {
        case .complete: words == "complete"
        case .waiting: words == "waiting"
        case .stopped(let reason): "stopped: \(reason)".contains(words)
        case .held(let reason): "held: \(reason)".contains(words)
        case .relay(let reason): "relay: \(reason)".contains(words)
        case .ledger(let error): "ledger: \(error)".contains(words)
        case .putOut: words == "put out"
        }
    }

    @Test(arguments: [0, 1, 7, 300]) func `everybody gets it once, and the log says so`(_ people: Int) throws {
        let desk = try SendingDesk(people)
        let transport = ScriptedTransport.accepting(width: 5)
        let report = try desk.make(transport).run()
        #expect(ending(report, is: "complete"))
        #expect(report.accepted == people)
        #expect(transport.recipients.count == people)
        #expect(Set(transport.recipients).count == people)
        let counts = try desk.counts
        #expect(counts.accepted == people)
        #expect(counts.total == people)
    }

    @Test func `each outcome is kept as what it is`() throws {
        let desk = try SendingDesk(40)
        let transport = ScriptedTransport { message, number in
            switch number % 4 {
            case 0: .outcome(.ok(message))
            case 1: .outcome(.noSuchUser)
            case 2: .outcome(.busy)
            default: .outcome(.unknown(reason: "lost after the dot"))
            }
        }
        let clock = TestClock()
        let report = try desk.make(transport, clock: clock.read).run()
        #expect(ending(report, is: "waiting"))
        #expect([report.accepted, report.refused, report.deferred, report.unknown] == Array(repeating: 10, count: 4))
        let counts = try desk.counts
        #expect([counts.accepted, counts.refused, counts.deferred, counts.unknown] == Array(repeating: 10, count: 4))
        if case .waiting(let until) = report.ending {
            // Five minutes, give or take a fifth.
            #expect((240_000...360_000).contains(until.milliseconds - Desk.noon.milliseconds))
        }
    }

    @Test func `a message whose connection was lost before the dot goes again in the same run`() throws {
        let desk = try SendingDesk(20)
        let seen = Mutex<Set<String>>([])
        let transport = ScriptedTransport { message, _ in
            seen.withLock { $0.insert(message.envelope.recipient.key).inserted } ? .outcome(.lost) : .outcome(.ok(message))
        }
        let report = try desk.make(
            transport, clock: { Desk.noon.advanced(byMilliseconds: SendingDesk.wallClock().milliseconds % 86_400_000) }
        )
        .run()
        #expect(ending(report, is: "complete"))
        #expect(try desk.counts.accepted == 20)
        #expect(try desk.desk.count("attempt") == 40)
    }

    @Test func `a message that was not attempted goes again and counts as no attempt`() throws {
        let desk = try SendingDesk(10)
        let seen = Mutex<Set<String>>([])
        let transport = ScriptedTransport { message, _ in
            seen.withLock { $0.insert(message.envelope.recipient.key).inserted }
                ? .outcome(.notAttempted(reason: "session", scope: .session)) : .outcome(.ok(message))
        }
        let report = try desk.make(transport).run()
        #expect(report.accepted == 10)
        #expect(try desk.desk.count("attempt") == 10)
        #expect(try desk.desk.database.read { try $0.count("SELECT max(attempts) FROM delivery") } == 1)
    }

    @Test func `seeds get their copy before anybody else`() throws {
        let seeds = [try EmailAddress("qa@example.org"), try EmailAddress("boss@example.org")]
        let desk = try SendingDesk(5, seeds: seeds)
        let transport = ScriptedTransport.accepting(width: 3)
        let report = try desk.make(transport).run()
        #expect(report.accepted == 7)
        #expect(Set(transport.recipients.prefix(2)) == Set(seeds.map(\.description)))
    }

    @Test func `a seed that is put off does not hold the campaign up, and is not forgotten`() throws {
        let desk = try SendingDesk(3, seeds: [try EmailAddress("qa@example.org")])
        let transport = ScriptedTransport { message, _ in
            message.envelope.recipient.domain == "example.org" ? .outcome(.busy) : .outcome(.ok(message))
        }
        let report = try desk.make(transport).run()
        #expect(report.accepted == 3)
        #expect(ending(report, is: "waiting"))
    }

    @Test func `a message that can't be made is skipped with its reason, and the rest goes`() throws {
        let desk = try SendingDesk(12)
        let report = try desk.make(ScriptedTransport.accepting(), maker: PlainMaker(refuse: { $0.contact.id.rawValue % 3 == 0 })).run()
        #expect(report.accepted == 8)
        #expect(report.skipped == 4)
        #expect(report.failures.first?.contains("no city") == true)
        #expect(try desk.counts.skippedBy == ["not_rendered": 4])
    }

    @Test func `when no message at all can be made the run still ends`() throws {
        let desk = try SendingDesk(200)
        let report = try desk.make(ScriptedTransport.accepting(), maker: PlainMaker(refuse: { _ in true })).run()
        #expect(ending(report, is: "complete"))
        #expect(report.skipped == 200)
    }

    // MARK: Ends before the end

    @Test func `stop finishes what is in flight and gives back the rest`() throws {
        let desk = try SendingDesk(300)
        let run = Mutex<SendRun?>(nil)
        let transport = ScriptedTransport(width: 4) { message, number in
            if number == 20 { run.withLock { $0?.stop("interrupted") } }
            return .outcome(.ok(message))
        }
        let made = try desk.make(transport)
        run.withLock { $0 = made }
        let report = try made.run()
        #expect(ending(report, is: "stopped: interrupted"))
        #expect(report.accepted == transport.recipients.count)
        #expect(report.accepted < 300)
        let counts = try desk.counts
        #expect(counts.accepted == report.accepted)
        #expect(counts.planned == 300 - report.accepted)
        #expect(try desk.isSettled())
    }

    @Test func `a stop before the first message sends nothing`() throws {
        let desk = try SendingDesk(50)
        let transport = ScriptedTransport.accepting()
        let run = try desk.make(transport)
        run.stop("interrupted")
        let report = try run.run()
        #expect(report.accepted == 0)
        #expect(try desk.counts.planned == 50)
    }

    @Test func `a relay that can't be used ends the run with everything given back`() throws {
        let desk = try SendingDesk(300)
        let transport = ScriptedTransport(width: 4) { message, number in number < 10 ? .outcome(.ok(message)) : .relayGone }
        let report = try desk.make(transport).run()
        #expect(ending(report, is: "relay: the relay refused the password"))
        #expect(report.accepted == 9)
        #expect(try desk.counts.planned == 291)
        #expect(try desk.desk.database.read { try $0.count("SELECT count(*) FROM delivery WHERE state = 0 AND attempts > 0") } == 0)
    }

    @Test func `a relay that fails at once ends the run`() throws {
        struct Dead: Transport {
            func run(source: any MessageSource, observer: any DeliveryObserver, control: TransportControl) throws {
                throw ScriptedTransport.Gone()
            }
        }
        let desk = try SendingDesk(100)
        let report = try desk.make(Dead()).run()
        #expect(ending(report, is: "relay"))
        #expect(try desk.counts.planned == 100)
    }

    @Test func `a transport that ends too soon does not leave the run waiting`() throws {
        let desk = try SendingDesk(100)
        let transport = ScriptedTransport(width: 3) { message, number in number < 5 ? .outcome(.ok(message)) : .leave }
        let report = try desk.make(transport).run()
        #expect(ending(report, is: "relay"))
        #expect(report.accepted == 4)
        #expect(try desk.counts.planned == 96)
    }

    @Test func `a transport that forgets a message does not leave the run waiting, and the message is unknown`() throws {
        struct Forgetful: Transport {
            func run(source: any MessageSource, observer: any DeliveryObserver, control: TransportControl) throws {
                var taken: [Outgoing] = []
                while taken.count < 3 { if case .message(let message) = source.next() { taken.append(message) } }
                observer.dotImminent(taken[0].ticket)
                observer.finished(taken[1].ticket, .ok(taken[1]), at: Desk.noon, relay: "main")
                observer.finished(taken[1].ticket, .noSuchUser, at: Desk.noon, relay: "main")
                throw ScriptedTransport.Gone()
            }
        }
        let desk = try SendingDesk(20)
        let report = try desk.make(Forgetful()).run()
        #expect(ending(report, is: "relay"))
        let counts = try desk.counts
        #expect(counts.accepted == 1)
        #expect(counts.refused == 0)
        #expect(counts.unknown == 2)
        #expect(counts.planned == 17)
    }

    @Test func `a campaign that is paused from elsewhere stops within a second`() throws {
        let desk = try SendingDesk(2000)
        let other = try desk.desk.secondConnection()
        let campaign = desk.campaign
        let clock = TestClock()
        let transport = ScriptedTransport { message, number in
            if number == 10 {
                _ = try? CampaignStore(other).move(campaign, to: .paused, from: [.sending], reason: "by hand", at: Desk.noon)
            }
            clock.advance(byMilliseconds: 10)
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, clock: clock.read).run()
        #expect(ending(report, is: "held: the campaign was paused"))
        #expect(report.accepted < 1500)
        let counts = try desk.counts
        #expect(counts.accepted == report.accepted)
        #expect(counts.planned == 2000 - report.accepted)
    }

    @Test func `a campaign that is cancelled from elsewhere leaves nothing to go`() throws {
        let desk = try SendingDesk(1000)
        let other = try desk.desk.secondConnection()
        let campaign = desk.campaign
        let clock = TestClock()
        let transport = ScriptedTransport { message, number in
            if number == 10 {
                _ = try? CampaignStore(other).move(campaign, to: .cancelled, from: [.sending], at: Desk.noon)
                _ = try? Ledger(other).skipRemaining(of: campaign, reason: .cancelled, at: Desk.noon)
            }
            clock.advance(byMilliseconds: 10)
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, clock: clock.read).run()
        // Whether the run hears of it or finds nothing left depends on which it asks first.
        #expect(ending(report, is: "held: the campaign was cancelled") || ending(report, is: "complete"))
        let counts = try desk.counts
        #expect(counts.remaining == 0)
        #expect(counts.skippedBy["cancelled"] == 1000 - counts.accepted)
    }

    @Test func `too many refusals pause the campaign`() throws {
        let desk = try SendingDesk(2000)
        let clock = TestClock()
        let transport = ScriptedTransport { message, number in
            clock.advance(byMilliseconds: 10)
            return .outcome(number % 5 == 0 ? .noSuchUser : .ok(message))
        }
        let report = try desk.make(transport, stopRule: StopRule(refused: 0.1), clock: clock.read).run()
        #expect(ending(report, is: "more than stop_if allows (10%)"))
        #expect(report.accepted + report.refused < 2000)
        #expect(try desk.campaigns.campaign(named: "launch")?.state == .paused)
        #expect(try desk.campaigns.campaign(named: "launch")?.reason?.contains("stop_if") == true)
        #expect(try desk.isSettled())
    }

    @Test func `outside its hours nothing goes, and the report says when it may`() throws {
        let desk = try SendingDesk(10)
        let transport = ScriptedTransport.accepting()
        // Noon's clock shows 08:00.
        let report = try desk.make(transport, window: SendWindow(between: (20 * 60, 22 * 60), zone: .utc), clock: { Desk.noon }).run()
        #expect(ending(report, is: "held: outside send.between"))
        #expect(transport.recipients.isEmpty)
        #expect(try desk.counts.planned == 10)
    }

    @Test func `after not_after the rest expires`() throws {
        let desk = try SendingDesk(10)
        let report = try desk.make(ScriptedTransport.accepting(), window: SendWindow(notAfter: Desk.noon, zone: .utc), clock: { Desk.noon })
            .run()
        #expect(ending(report, is: "held: send.not_after"))
        #expect(report.skipped == 10)
        #expect(try desk.counts.skippedBy == ["expired": 10])
    }

    @Test func `when not_after passes in the middle nothing is left to go`() throws {
        let desk = try SendingDesk(400)
        let sent = Atomic<Int>(0)
        let transport = ScriptedTransport { message, number in
            sent.store(number, ordering: .relaxed)
            return .outcome(.ok(message))
        }
        let limit = Desk.noon.advanced(byMilliseconds: 60_000)
        let report = try desk.make(
            transport, window: SendWindow(notAfter: limit, zone: .utc),
            clock: { sent.load(ordering: .relaxed) >= 20 ? limit : Desk.noon }
        ).run()
        #expect(ending(report, is: "held"))
        let counts = try desk.counts
        #expect(counts.remaining == 0)
        #expect(counts.skippedBy["expired"] == 400 - counts.accepted)
    }

    @Test(arguments: [1, 5, 100]) func `a limit is kept to the message`(_ limit: Int) throws {
        let desk = try SendingDesk(100)
        let transport = ScriptedTransport.accepting(width: 3)
        let report = try desk.make(transport, limit: limit).run()
        #expect(transport.recipients.count == limit)
        #expect(report.accepted == limit)
        #expect(try desk.counts.planned == 100 - limit)
        #expect(limit == 100 || ending(report, is: "stopped"))
    }

    @Test func `who leaves while the campaign goes out does not get it`() throws {
        let desk = try SendingDesk(400)
        let other = try desk.desk.secondConnection()
        let last = try #require(try desk.desk.contact("p400@example.com")).id
        let transport = ScriptedTransport { message, number in
            if number == 1 {
                let gone = Consent(contact: last, topic: "news", state: .withdrawn, at: Desk.noon, learnedAt: Desk.noon, source: "link")
                _ = try? ConsentStore(other).record([gone])
            }
            return .outcome(.ok(message))
        }
        // A pace keeps what is claimed ahead small.
        let report = try desk.make(transport, pace: 0.01).run()
        #expect(report.accepted == 399)
        #expect(!transport.recipients.contains("p400@example.com"))
        #expect(try desk.counts.skippedBy == ["no_consent": 1])
        #expect(report.skipped == 1)
    }

    // MARK: The ledger fails

    @Test(arguments: [0, 1, 2, 3, 5]) func `when the ledger fails the recorder keeps the answers for the next send`(_ writes: Int) throws {
        let desk = try SendingDesk(200)
        let transport = ScriptedTransport.accepting(width: 4)
        do {
            let run = try desk.make(transport)
            desk.database.fail(afterWrites: writes)
            let report = try run.run()
            #expect(ending(report, is: "ledger: the disk is full"))
        }
        desk.database.recover()
        let went = Set(transport.recipients)
        #expect(went.count == transport.recipients.count)
        let recorder = try desk.recorder()
        let recovery = try desk.ledger.recover(desk.campaign, from: recorder, at: Desk.noon)
        #expect(recovery.unknown == 0)
        let counts = try desk.counts
        #expect(counts.accepted == went.count)
        #expect(counts.planned == 200 - went.count)
    }

    @Test func `after a failure of the ledger the next send reaches everybody else once`() throws {
        let desk = try SendingDesk(150)
        let first = ScriptedTransport.accepting(width: 4)
        do {
            let run = try desk.make(first)
            desk.database.fail(afterWrites: 2)
            _ = try run.run()
        }
        desk.database.recover()
        do {
            let recorder = try desk.recorder()
            _ = try desk.ledger.recover(desk.campaign, from: recorder, at: Desk.noon)
            recorder.begin()
        }
        let second = ScriptedTransport.accepting(width: 4)
        let report = try desk.make(second).run()
        #expect(ending(report, is: "complete"))
        let all = first.recipients + second.recipients
        #expect(all.count == 150)
        #expect(Set(all).count == 150)
    }
}
