import Database
import Delivery
import Foundation
import Model
import Store
import Synchronization
import Testing

@testable import Campaigns

/// The sending policy as a run obeys it.
@Suite(.timeLimit(.minutes(1))) struct TrafficTests {
    private static let gone = Reply(code: 550, enhanced: "5.1.1", text: "The email account that you tried to reach does not exist. gsmtp")
    private static let unproven = Reply(code: 550, enhanced: "5.7.26", text: "This mail is unauthenticated. gsmtp")

    /// Every third is Google's.
    private static let mixed: @Sendable (Int) -> String = { $0 % 3 == 0 ? "gmail.com" : "firm.example" }

    private func isGoogle(_ message: Outgoing) -> Bool { message.envelope.recipient.domain == "gmail.com" }

    private func waitsUntil(_ report: SendReport) -> Instant? {
        if case .waiting(let until) = report.ending { until } else { nil }
    }

    @Test func `a provider at its limit waits, and nobody else does`() throws {
        let desk = try SendingDesk(60, domain: Self.mixed)
        let google = Providers.Group(name: "google", domains: ["gmail.com"], limits: [try #require(Rate("8/s"))])
        let traffic = Traffic(SendingPolicy(.init(providers: Providers([google]), relays: [RelayTerms(name: "main")])))
        let times = Mutex<[(google: Bool, at: Int64)]>([])
        let transport = ScriptedTransport(width: 4) { message, _ in
            times.withLock { $0.append((isGoogle(message), SendingDesk.wallClock().milliseconds)) }
            return .outcome(.ok(message))
        }
        let report = try desk.make(transport, traffic: traffic).run()
        #expect(report.accepted == 60)
        if case .complete = report.ending {} else { Issue.record("\(report.ending)") }
        let all = times.withLock { $0 }
        let slow = all.filter(\.google).map(\.at), others = all.filter { !$0.google }.map(\.at)
        #expect(slow.count == 20)
        // The hundredth of a second is the test's own: between the policy's look at the clock and its own.
        for index in slow.indices.dropLast(8) { #expect(slow[index + 8] - slow[index] >= 990) }
        let last = try #require(others.max()), first = try #require(all.map(\.at).min())
        #expect(last - first < 1000)
    }

    @Test func `whoever is not there is suppressed with the server's words, and not asked again`() throws {
        let desk = try SendingDesk(30)
        let transport = ScriptedTransport { message, number in
            number == 7 ? .outcome(.refused(Self.gone, scope: .recipient)) : .outcome(.ok(message))
        }
        _ = try desk.make(transport).run()
        let address = try EmailAddress(transport.recipients[6])
        let found = try desk.desk.consents.suppressions(of: address)
        #expect(found.map(\.reason) == [.undeliverable])
        #expect(found.first?.source.contains("550 5.1.1 The email account") == true)
        #expect(try desk.desk.count("suppression") == 1)
    }

    @Test func `a provider that denies too many of its users is held, nobody stays suppressed, and the rest is tried again`() throws {
        let desk = try SendingDesk(90, domain: Self.mixed)
        let transport = ScriptedTransport { message, _ in
            isGoogle(message) ? .outcome(.refused(Self.gone, scope: .recipient)) : .outcome(.ok(message))
        }
        let report = try desk.make(transport).run()
        #expect(report.accepted == 60)
        // Nine were believed before there were ten.
        #expect(report.refused == 9)
        let counts = try desk.counts
        #expect(counts.remaining == 21 && counts.deferred >= 1)
        #expect(try desk.desk.database.read { try $0.count("SELECT count(*) FROM suppression WHERE lifted_at IS NULL") } == 0)
        let until = try #require(waitsUntil(report))
        #expect((3_500_000...3_600_000).contains(until.milliseconds - SendingDesk.wallClock().milliseconds))
    }

    @Test func `a provider that does not believe us is held and burns nobody, and everybody else gets theirs`() throws {
        let desk = try SendingDesk(60, domain: Self.mixed)
        let transport = ScriptedTransport(width: 3) { message, _ in
            isGoogle(message)
                ? .outcome(.notAttempted(reason: "\(Self.unproven)", scope: .provider, reply: Self.unproven)) : .outcome(.ok(message))
        }
        let report = try desk.make(transport).run()
        let counts = try desk.counts
        #expect(counts.accepted == 40 && counts.refused == 0 && counts.remaining == 20)
        #expect(transport.recipients.count { $0.hasSuffix("gmail.com") } <= 6)
        #expect(waitsUntil(report) != nil)
        #expect(try desk.desk.count("suppression") == 0)
        #expect(try desk.isSettled())
    }

    @Test func `who waits for a provider's pace takes no room from the others`() throws {
        let desk = try SendingDesk(800, domain: { $0.isMultiple(of: 4) ? "gmail.com" : "firm.example" })
        let slow = Providers.Group(name: "google", domains: ["gmail.com"], limits: [try #require(Rate("32/s"))])
        let limit = try #require(Rate("240/s"))
        let traffic = Traffic(
            SendingPolicy(.init(providers: Providers([slow]), workspace: [limit], relays: [RelayTerms(name: "main")])))
        let run = Mutex<SendRun?>(nil), others = Mutex(0)
        let transport = ScriptedTransport(width: 4, clock: SendingDesk.wallClock) { message, _ in
            let isLast =
                message.envelope.recipient.asciiDomain != "gmail.com"
                && others.withLock {
                    $0 += 1; return $0 == 600
                }
            if isLast { run.withLock { $0.take() }?.stop("enough") }
            return .outcome(.ok(message))
        }
        let made = try desk.make(transport, traffic: traffic, pace: 0.24, slots: 2048)
        run.withLock { $0 = made }
        let started = Date()
        _ = try made.run()
        #expect(others.withLock { $0 } == 600)
        // 600 at 240 a second with google's 32 among them; behind google's they took six seconds.
        let took = Date().timeIntervalSince(started)
        #expect(took < 4, "\(took) s")
    }

    @Test func `what an earlier sender put off goes at once where nothing stands in its way any more`() throws {
        let desk = try SendingDesk(30, domain: { _ in "gmail.com" })
        let slow = Providers.Group(name: "google", domains: ["gmail.com"], limits: [try #require(Rate("5/day"))])
        let traffic = Traffic(SendingPolicy(.init(providers: Providers([slow]), relays: [RelayTerms(name: "main")])))
        func firstSend() throws -> Int {
            let run = Mutex<SendRun?>(nil)
            let transport = ScriptedTransport { message, number in
                if number == 5 { run.withLock { $0.take() }?.stop("enough") }
                return .outcome(.ok(message))
            }
            let made = try desk.make(transport, traffic: traffic)
            run.withLock { $0 = made }
            return try made.run().accepted
        }
        #expect(try firstSend() == 5)
        #expect(try desk.desk.database.read { try $0.count("SELECT count(*) FROM delivery WHERE reason = 'paced'") } > 0)
        #expect(try desk.make(ScriptedTransport.accepting()).run().accepted == 25)
    }

    // MARK: Relays

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

    @Test func `what one relay cannot take goes through the other, and is refused where neither can`() throws {
        let tooLarge = Outcome.deferred(Reply(code: 552, enhanced: "5.3.4", text: "too large", origin: .here), reason: "", scope: .session)
        let notASCII = Outcome.refused(Reply(code: 553, enhanced: "5.6.7", text: "not ASCII", origin: .here), scope: .message)
        for (cannot, letter) in [(tooLarge, "u"), (notASCII, "ü")] {
            let desk = try SendingDesk(60, letter: letter)
            let unable = ScriptedTransport(width: 3) { _, _ in .outcome(cannot) }
            let able = ScriptedTransport.accepting(width: 3)
            // The transports' time is noon.
            let start = SendingDesk.wallClock()
            let clock: @Sendable () -> Instant = {
                Desk.noon.advanced(byMilliseconds: SendingDesk.wallClock().milliseconds - start.milliseconds)
            }
            let traffic = Self.relays(RelayTerms(name: "a"), RelayTerms(name: "b"))
            let report = try desk.make(unable, able, traffic: traffic, clock: clock).run()
            #expect(report.accepted == 60, "\(report.ending)")
            #expect(Set(able.recipients).count == 60)
            // From the first that it could not take it was asked for no more of them, but for those that were its own already.
            #expect(unable.recipients.count < 30, "\(unable.recipients.count)")
        }
        let desk = try SendingDesk(10, letter: "ü")
        let unable = ScriptedTransport { _, _ in .outcome(notASCII) }
        #expect(try desk.make(unable, traffic: Self.relays(RelayTerms(name: "a"))).run().refused == 10)
    }

    @Test func `what one relay cannot take holds nobody up where the other is at its limit, or stands by`() throws {
        let notASCII = Outcome.refused(Reply(code: 553, enhanced: "5.6.7", text: "not ASCII", origin: .here), scope: .message)
        let limits = RateLimiter([try #require(Rate("2/hour"))])
        for other in [RelayTerms(name: "utf8", limits: limits), RelayTerms(name: "utf8", isStandby: true)] {
            let desk = try SendingDesk(400, letter: "ü", domain: { _ in "example.com" })
            let isOdd: @Sendable (Outgoing) -> Bool = { message in (Int(message.envelope.recipient.local.dropFirst()) ?? 0) % 20 == 0 }
            let plain = ScriptedTransport(width: 4) { message, _ in .outcome(isOdd(message) ? notASCII : .ok(message)) }
            let utf8 = ScriptedTransport.accepting(width: 4)
            let run = try desk.make(plain, utf8, traffic: Self.relays(RelayTerms(name: "plain"), other), maker: OddMaker())
            let thread = WorkerThread("test-run", niceness: 0) { _ = try? run.run() }
            let start = ContinuousClock.now
            while try desk.counts.accepted < 380, ContinuousClock.now - start < .seconds(20) { Thread.sleep(forTimeInterval: 0.02) }
            #expect(try desk.counts.accepted >= 380)
            let asked = plain.recipients.count
            #expect(asked < 800, "\(asked)")
            run.stop("enough")
            thread.join()
            #expect(try desk.counts.refused == (other.isStandby ? 20 : 0))
        }
    }

    @Test func `nobody is kept in hand while a limit is used up for long, and who leaves meanwhile gets nothing`() throws {
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

    // MARK: Watching

    @Test func `a run tells what holds it back, and what came of messages by provider`() throws {
        let desk = try SendingDesk(45, domain: Self.mixed)
        let google = Providers.Group(name: "google", domains: ["gmail.com"], limits: [try #require(Rate("5/s"))])
        let traffic = Traffic(SendingPolicy(.init(providers: Providers([google]), relays: [RelayTerms(name: "main")])))
        let transport = ScriptedTransport { message, number in
            number % 15 == 0 ? .outcome(.busy) : .outcome(.ok(message))
        }
        var seen: [SendProgress] = []
        _ = try desk.make(transport, traffic: traffic).run { seen.append($0) }
        #expect(seen.contains { $0.brakes.contains { $0.subject == .provider("google") } && $0.bottleneck == .limit })
        let last = try #require(seen.last)
        #expect(last.total == 45 && last.done == 45)
        #expect(Set(last.providers.map(\.name)) == ["google", ""])
        #expect(last.providers.reduce(0) { $0 + $1.accepted } == last.report.accepted)
        #expect(last.providers.reduce(0) { $0 + $1.deferred } == last.report.deferred && last.report.deferred > 0)
        #expect(seen.dropLast().contains { ($0.secondsLeft ?? 0) > 0 })
    }

    @Test func `a slow relay is told to be what sets the pace`() throws {
        let desk = try SendingDesk(40)
        let transport = ScriptedTransport { message, _ in
            Thread.sleep(forTimeInterval: 0.01)
            return .outcome(.ok(message))
        }
        var seen: [SendProgress] = []
        _ = try desk.make(transport).run { seen.append($0) }
        #expect(seen.dropFirst().dropLast().contains { $0.bottleneck == .relay })
    }

    // MARK: Giving up

    @Test func `a message is given up when it was put off for too long, and that is no refusal`() throws {
        let desk = try SendingDesk(3)
        let brief = RetrySchedule(first: 1000, longest: 1000, giveUp: 2500)
        let start = SendingDesk.wallClock()
        let clock: @Sendable () -> Instant = {
            start.advanced(byMilliseconds: (SendingDesk.wallClock().milliseconds - start.milliseconds) * 20)
        }
        let transport = ScriptedTransport(clock: clock) { _, _ in .outcome(.busy) }
        let report = try desk.make(transport, retry: brief, clock: clock).run()
        if case .complete = report.ending {} else { Issue.record("\(report.ending)") }
        let counts = try desk.counts
        #expect(counts.skippedBy == ["given_up": 3])
        #expect(counts.refused == 0 && report.skipped == 3)
        #expect(try desk.desk.database.read { try $0.count("SELECT count(*) FROM attempt WHERE outcome = 'given_up'") } == 3)
        #expect(try desk.desk.count("attempt") > 3)
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
