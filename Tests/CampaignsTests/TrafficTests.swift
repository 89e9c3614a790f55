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
        // A third of them, five a second; less what went before anybody was asked.
        #expect((1...2).contains(seen.compactMap(\.secondsAtLimits).max() ?? 0))
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
