import Database
import Delivery
import Foundation
import Model
import Store
import Synchronization
import Testing

@testable import Campaigns

/// Which of several relays a run's messages go through, and what it does where a relay lets none go.
@Suite(.timeLimit(.minutes(1))) struct RoutesTests {
    private static func relays(_ terms: RelayTerms...) -> Traffic { Traffic(SendingPolicy(.init(relays: terms))) }

    @Test func `two relays share by weight`() throws {
        let desk = try SendingDesk(400)
        let big = ScriptedTransport.accepting(), small = ScriptedTransport.accepting()
        let traffic = Self.relays(RelayTerms(name: "big", weight: 3), RelayTerms(name: "small"))
        let report = try desk.make(big, small, traffic: traffic).run()
        #expect(report.accepted == 400)
        #expect(Set(big.recipients + small.recipients).count == 400)
        #expect((270...330).contains(big.recipients.count), "\(big.recipients.count)")
    }

    @Test func `a relay that fails leaves its messages to the other`() throws {
        let desk = try SendingDesk(100)
        let failing = ScriptedTransport(width: 3) { message, number in number == 20 ? .relayGone : .outcome(.ok(message)) }
        let other = ScriptedTransport.accepting(width: 3)
        let report = try desk.make(failing, other, traffic: Self.relays(RelayTerms(name: "a"), RelayTerms(name: "b"))).run()
        #expect(report.accepted == 100)
        if case .complete = report.ending {} else { Issue.record("\(report.ending)") }
        #expect(try desk.counts.accepted == 100)
        #expect(!other.recipients.isEmpty)
    }

    @Test func `one that stands by is used only where no other can be, and the other when it is back`() throws {
        let desk = try SendingDesk(120)
        let second = Mutex(0)
        let main = FlakyTransport(failures: 1)
        let standby = ScriptedTransport(width: 2) { message, _ in
            // On a busy machine it would be done before the other is asked again.
            let isMany = second.withLock { count in
                count += 1
                return count > 20
            }
            let start = ContinuousClock.now
            while isMany, main.runs < 2, ContinuousClock.now - start < .seconds(20) { Thread.sleep(forTimeInterval: 0.001) }
            return .outcome(.ok(message))
        }
        let idle = try SendingDesk(50)
        let unused = ScriptedTransport.accepting()
        let terms = [RelayTerms(name: "main"), RelayTerms(name: "standby", isStandby: true)]
        #expect(try idle.make(ScriptedTransport.accepting(), unused, traffic: Self.relays(terms[0], terms[1])).run().accepted == 50)
        #expect(unused.recipients.isEmpty)
        // The clock runs a thousand times as fast, so that a rest of half a minute is over in time.
        let start = SendingDesk.wallClock()
        let clock: @Sendable () -> Instant = {
            start.advanced(byMilliseconds: (SendingDesk.wallClock().milliseconds - start.milliseconds) * 1000)
        }
        let report = try desk.make(main, standby, traffic: Self.relays(terms[0], terms[1]), clock: clock).run()
        #expect(report.accepted == 120)
        #expect(second.withLock { $0 } > 0)
        #expect(main.accepted > 0 && main.runs == 2)
    }

    private static let notASCII = Outcome.refused(Reply(code: 553, enhanced: "5.6.7", text: "not ASCII", origin: .here), scope: .message)

    @Test func `what one relay cannot take goes through the other, and is refused where neither can`() throws {
        let tooLarge = Outcome.deferred(Reply(code: 552, enhanced: "5.3.4", text: "too large", origin: .here), reason: "", scope: .session)
        for (cannot, letter) in [(tooLarge, "u"), (Self.notASCII, "ü")] {
            let desk = try SendingDesk(60, letter: letter)
            let unable = ScriptedTransport(width: 3) { _, _ in .outcome(cannot) }
            let able = ScriptedTransport.accepting(width: 3)
            let traffic = Self.relays(RelayTerms(name: "a"), RelayTerms(name: "b"))
            let report = try desk.make(unable, able, traffic: traffic).run()
            #expect(report.accepted == 60, "\(report.ending)")
            #expect(Set(able.recipients).count == 60)
            // From the first that it could not take it was asked for no more of them, but for those that were its own already.
            #expect(unable.recipients.count < 30, "\(unable.recipients.count)")
        }
        let desk = try SendingDesk(10, letter: "ü")
        let unable = ScriptedTransport { _, _ in .outcome(Self.notASCII) }
        #expect(try desk.make(unable, traffic: Self.relays(RelayTerms(name: "a"))).run().refused == 10)
    }

    @Test func `what one relay cannot take holds nobody up where the other is at its limit, and goes through one that stands by`() throws {
        let limits = RateLimiter([try #require(Rate("2/hour"))])
        for other in [RelayTerms(name: "utf8", limits: limits), RelayTerms(name: "utf8", isStandby: true)] {
            let desk = try SendingDesk(400, letter: "ü", domain: { _ in "example.com" })
            let isOdd: @Sendable (Outgoing) -> Bool = { message in (Int(message.envelope.recipient.local.dropFirst()) ?? 0) % 20 == 0 }
            let plain = ScriptedTransport(width: 4) { message, _ in .outcome(isOdd(message) ? Self.notASCII : .ok(message)) }
            let utf8 = ScriptedTransport.accepting(width: 4)
            let traffic = Self.relays(RelayTerms(name: "plain"), other)
            let run = try desk.make(plain, utf8, traffic: traffic, maker: OddMaker())
            let thread = WorkerThread("test-run", niceness: 0) { _ = try? run.run() }
            let expected = other.isStandby ? 400 : 380
            let start = ContinuousClock.now
            while try desk.counts.accepted < expected, ContinuousClock.now - start < .seconds(20) { Thread.sleep(forTimeInterval: 0.02) }
            #expect(try desk.counts.accepted >= expected)
            if other.isStandby { #expect(utf8.recipients.count == 20) }
            let asked = plain.recipients.count
            #expect(asked < 800, "\(asked)")
            run.stop("enough")
            thread.join()
            #expect(try desk.counts.refused == 0)
        }
    }

    @Test func `what one relay cannot take is put off while the one that may rests, and goes once that is back`() throws {
        let desk = try SendingDesk(40, letter: "ü")
        let plain = ScriptedTransport(width: 2) { message, _ in
            .outcome((Int(message.envelope.recipient.local.dropFirst()) ?? 0) % 20 == 0 ? Self.notASCII : .ok(message))
        }
        let flaky = FlakyTransport(failures: 1)
        let terms = [RelayTerms(name: "plain"), RelayTerms(name: "utf8")]
        do {
            let run = try desk.make(plain, flaky, traffic: Self.relays(terms[0], terms[1]), maker: OddMaker())
            let thread = WorkerThread("test-run", niceness: 0) { _ = try? run.run() }
            let start = ContinuousClock.now
            while try desk.counts.accepted < 38 || desk.counts.deferred < 2, ContinuousClock.now - start < .seconds(20) {
                Thread.sleep(forTimeInterval: 0.02)
            }
            run.stop("enough")
            thread.join()
        }
        var counts = try desk.counts
        #expect(counts.accepted == 38 && counts.deferred == 2 && counts.refused == 0)
        // Asked for once, and not again before the other's rest of half a minute is over.
        #expect(plain.recipients.count == 40)
        let due = try #require(try desk.ledger.nextDue(of: desk.campaign, step: DeliveryKey.campaignStep))
        #expect(due > SendingDesk.wallClock().advanced(byMilliseconds: 5000))
        let later: @Sendable () -> Instant = { SendingDesk.wallClock().advanced(byMilliseconds: 3_600_000) }
        _ = try desk.make(plain, flaky, traffic: Self.relays(terms[0], terms[1]), maker: OddMaker(), clock: later).run()
        counts = try desk.counts
        #expect(counts.accepted == 40)
        #expect(flaky.accepted == 2)
    }

    @Test func `one that stands by gets nothing that another one at work can take`() throws {
        let desk = try SendingDesk(200, letter: "ü")
        let plain = ScriptedTransport(width: 4) { message, _ in
            .outcome(message.envelope.recipient.local.hasPrefix("ü") ? Self.notASCII : .ok(message))
        }
        let utf8 = ScriptedTransport.accepting(width: 1)
        let spare = ScriptedTransport.accepting(width: 4)
        let traffic = Traffic(
            SendingPolicy(
                SendingPolicy.Rules(relays: [
                    RelayTerms(name: "plain"), RelayTerms(name: "utf8"), RelayTerms(name: "spare", isStandby: true),
                ])))
        #expect(try desk.make(plain, utf8, spare, traffic: traffic, maker: OddMaker()).run().accepted == 200)
        #expect(spare.recipients.isEmpty)
    }

    @Test func `nobody is kept in hand while a limit is used up for long`() throws {
        let desk = try SendingDesk(30)
        let limits = RateLimiter([try #require(Rate("5/min"))])
        let transport = ScriptedTransport.accepting(width: 4)
        let run = try desk.make(transport, traffic: Self.relays(RelayTerms(name: "a", limits: limits)))
        let report = Mutex<SendReport?>(nil)
        let thread = WorkerThread("test-run", niceness: 0) { report.withLock { $0 = try? run.run() } }
        let start = ContinuousClock.now
        var isPutBack = false
        while !isPutBack, ContinuousClock.now - start < .seconds(20) {
            Thread.sleep(forTimeInterval: 0.02)
            let counts = try desk.counts
            isPutBack = counts.accepted == 5 && counts.handed == 0
        }
        #expect(isPutBack)
        // It stays so, and is not claimed and put back again and again.
        let written = try desk.desk.database.read { try $0.count("SELECT max(epoch) FROM delivery") }
        Thread.sleep(forTimeInterval: 0.5)
        #expect(try desk.desk.database.read { try $0.count("SELECT max(epoch) FROM delivery") } == written)
        #expect(try desk.counts.handed == 0)
        run.stop("enough")
        thread.join()
        #expect(report.withLock { $0?.accepted } == 5)
        #expect(try desk.counts.planned == 25)
    }

    @Test func `a relay that finds nobody ends the run, and nobody is suppressed for it`() throws {
        let desk = try SendingDesk(200, domain: { "firm\($0).example" })
        let denial = Outcome.refused(Reply(code: 550, text: "the domain in question does not exist"), scope: .recipient)
        let report = try desk.make(ScriptedTransport(width: 4) { _, _ in .outcome(denial) }).run()
        if case .relay(let error) = report.ending {
            #expect("\(error)".contains("finds hardly anybody"))
        } else {
            Issue.record("\(report.ending)")
        }
        #expect(try desk.desk.database.read { try $0.count("SELECT count(*) FROM suppression WHERE lifted_at IS NULL") } == 0)
        // Whoever it refused before goes again too.
        #expect(try desk.counts.refused == 0 && desk.counts.remaining == 200)
    }

    @Test func `a relay that failed for good is tried again once its settings have changed`() throws {
        let desk = try SendingDesk(60)
        let locked = RotatingTransport()
        let slow = ScriptedTransport(width: 1) { message, _ in
            Thread.sleep(forTimeInterval: 0.1)
            return .outcome(.ok(message))
        }
        let report = try desk.make(locked, slow, traffic: Self.relays(RelayTerms(name: "a"), RelayTerms(name: "b"))).run()
        #expect(report.accepted == 60)
        #expect(locked.runs == 2)
    }

    @Test func `where no relay is left the run ends with the first's reason`() throws {
        let desk = try SendingDesk(20)
        let gone = ScriptedTransport { _, _ in .relayGone }
        let report = try desk.make(gone, gone, traffic: Self.relays(RelayTerms(name: "a"), RelayTerms(name: "b"))).run()
        if case .relay(let error) = report.ending { #expect("\(error)".contains("password")) } else { Issue.record("\(report.ending)") }
        #expect(try desk.counts.planned == 20)
        #expect(try desk.isSettled())
    }
}

/// One in twenty needs SMTPUTF8.
private struct OddMaker: MessageMaking {
    func compose(_ recipient: Recipient) throws -> ComposedMessage {
        let number = Int(recipient.address.local.dropFirst()) ?? 0
        let sender = try EmailAddress("news@example.com")
        let plain = try EmailAddress("p\(number)@example.com")
        return ComposedMessage(
            envelope: Envelope(sender: sender, recipient: number % 20 == 0 ? recipient.address : plain),
            bytes: Array("Subject: x\r\n\r\nHello\r\n".utf8),
            messageID: "\(recipient.contact.id)@example.com", sha256: "aa", contentSHA256: "bb")
    }
}

/// Refuses its first run for good, as with an old password; a new one lies there a moment later.
private final class RotatingTransport: Transport {
    private let state = Mutex((runs: 0, failedAt: ContinuousClock.now))
    private let works = ScriptedTransport.accepting(width: 2)

    var runs: Int { state.withLock { $0.runs } }

    var settingsMark: Int {
        state.withLock { $0.runs > 0 && ContinuousClock.now - $0.failedAt > .milliseconds(300) ? 1 : 0 }
    }

    func run(source: any MessageSource, observer: any DeliveryObserver, control: TransportControl) throws {
        let isFirst = state.withLock { state in
            state.runs += 1
            state.failedAt = .now
            return state.runs == 1
        }
        if isFirst { throw UseError(.relay, "the relay refused our login") }
        try works.run(source: source, observer: observer, control: control)
    }
}

/// Can't be used the first times, for a reason that passes.
private final class FlakyTransport: Transport {
    struct Trouble: TransportFailure { let isTemporary = true }

    private let state: Mutex<(left: Int, runs: Int)>
    private let inner = ScriptedTransport.accepting()

    init(failures: Int) { state = Mutex((failures, 0)) }

    var runs: Int { state.withLock { $0.runs } }
    var accepted: Int { inner.recipients.count }

    func run(source: any MessageSource, observer: any DeliveryObserver, control: TransportControl) throws {
        let fails = state.withLock { state in
            state.runs += 1
            state.left -= 1
            return state.left >= 0
        }
        if fails { throw Trouble() }
        try inner.run(source: source, observer: observer, control: control)
    }
}
