import Database
import Delivery
import Diagnostics
import Model
import Store
import Testing

@testable import Campaigns

/// What ends a send before everybody has it, and how it stands then.
@Suite(.timeLimit(.minutes(1))) struct SendEndsTests {
    private let later = Desk.noon.advanced(byMilliseconds: 60_000)

    // MARK: The brake

    @Test func `after a person lets it go on, the brake counts anew`() throws {
        let desk = try SendingDesk(300)
        let rule = StopRule(refused: 0.05)
        let braked = try desk.make(ScriptedTransport { _, _ in .outcome(.noSuchUser) }, stopRule: rule, clock: { Desk.noon }).run()
        #expect(braked.verdict != nil)
        #expect(try desk.campaigns.state(of: desk.campaign) == .paused)
        #expect(try desk.counts.remaining > 100)

        try desk.campaigns.move(desk.campaign, to: .sending, from: [.paused], at: later)
        let rest = try desk.make(ScriptedTransport.accepting(), stopRule: rule, clock: { Desk.noon }).run()
        #expect(rest.verdict == nil)
        #expect(try desk.counts.remaining == 0)
        #expect(try desk.counts.accepted == rest.accepted)
    }

    @Test func `without that, what a run before was refused counts`() throws {
        let desk = try SendingDesk(300)
        let spam = Outcome.refused(Reply(code: 550, enhanced: "5.7.1", text: "considered spam"), scope: .message)
        _ = try desk.make(ScriptedTransport { _, _ in .outcome(spam) }, limit: 90, clock: { Desk.noon }).run()
        let transport = ScriptedTransport.accepting()
        // As a send that is taken up does.
        let report = try desk.make(transport, stopRule: StopRule(refused: 0.05), clock: { Desk.noon }).run()
        #expect(report.verdict == "100% of messages were refused, more than stop_if allows (5%)")
        #expect(transport.recipients.isEmpty)
        #expect(try desk.counts.remaining == 210)
    }

    @Test func `a small campaign that is refused altogether is stopped, or at least not called well`() throws {
        let desk = try SendingDesk(40)
        let report = try desk.make(
            ScriptedTransport { _, _ in .outcome(.noSuchUser) }, stopRule: StopRule(refused: 0.05), clock: { Desk.noon }
        ).run()
        #expect(report.verdict == "100% of messages were refused, more than stop_if allows (5%)")
    }

    @Test func `the last answers pause what is left, also where a limit ended the run`() throws {
        let desk = try SendingDesk(60)
        let report = try desk.make(
            ScriptedTransport(width: 30) { _, _ in .outcome(.noSuchUser) }, limit: 30, stopRule: StopRule(refused: 0.05),
            clock: { Desk.noon }
        ).run()
        #expect(report.verdict != nil)
        #expect(try desk.campaigns.state(of: desk.campaign) == .paused)
        #expect(try desk.counts.remaining >= 30)
    }

    @Test func `what was complained of before it was let go on is a person's to know`() throws {
        let desk = try SendingDesk(200)
        _ = try desk.make(ScriptedTransport.accepting(), limit: 150, clock: { Desk.noon }).run()
        let complaints = try (1...20).map { number in
            Suppression(
                address: try EmailAddress("p\(number)@example.com"), reason: .complaint, at: Desk.noon, learnedAt: Desk.noon,
                source: "feedback loop")
        }
        _ = try desk.desk.consents.suppress(complaints)
        #expect(try desk.ledger.complaints(about: desk.campaign, since: Desk.noon) == 20)
        #expect(try desk.ledger.complaints(about: desk.campaign, since: later) == 0)
    }

    // MARK: What can't be rendered

    @Test func `the log says where a message could not be rendered, and each cause is told once`() throws {
        let desk = try SendingDesk(30)
        let source = SourceText(name: "Templates/launch.md", bytes: Array("Hello\nDear {{ x }}\n".utf8))
        let mistake = Diagnostic(.error, "there is no x", in: source, at: Span(14, 15), hint: "mend it")
        let report = try desk.make(ScriptedTransport.accepting(), maker: Unmakeable(error: mistake)).run()
        #expect(report.notRendered == 10)
        #expect(try report.standing == desk.counts)
        #expect(report.standing?.accepted == 20)
        #expect(report.failures.count == 1)
        var reasons: Set<String> = []
        try desk.ledger.forEach(LedgerFilter(state: "skipped")) { reasons.insert($0.reason ?? "") }
        #expect(reasons == ["not_rendered: Templates/launch.md:2:9: error: there is no x"])
        #expect(try desk.counts.skippedBy == ["not_rendered": 10])
        let causes = try desk.ledger.causesNotRendered(of: desk.campaign, atMost: 5)
        #expect(causes.map(\.cause) == ["Templates/launch.md:2:9: error: there is no x"])
        #expect(causes.map(\.count) == [10])
    }

    @Test func `the next plan takes up who got no message, and forgets who is no longer meant`() throws {
        let desk = try SendingDesk(30)
        _ = try desk.make(ScriptedTransport.accepting(), maker: PlainMaker(refuse: { $0.contact.id.rawValue % 3 == 0 })).run()
        let two = Audience(campaign: desk.campaign, segment: "c.id IN (3, 6)", rules: desk.rules)
        let plan = try desk.campaigns.freeze(two, sources: [:], contentHash: "", at: later)
        #expect(plan.recipients == 2)
        try desk.campaigns.activate(plan, audience: nil, seeds: [], at: later)
        #expect(try desk.counts.planned == 2)
        #expect(try desk.counts.skippedBy["not_rendered"] == nil)
        #expect(try desk.make(ScriptedTransport.accepting()).run().accepted == 2)
    }

    // MARK: How it stands

    @Test func `a campaign whose time is over is at its end, with the reason`() throws {
        let house = try WorkspaceDesk(campaign: "send: {not_after: 2020-01-01 08:00}")
        let made = try house.plan()
        let check = try #require(made.checks.first { $0.message.contains("not_after") })
        #expect(check.severity == .warning)
        #expect(check.location?.line == 8)

        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let report = try send(prepared, sender, ScriptedTransport.accepting())
        #expect(report.expired)
        #expect(report.skipped == 3)
        let record = try #require(try house.workspace.campaigns.campaign(named: "launch"))
        #expect(record.state == .sent)
        #expect(record.reason == "send.not_after has passed")
    }

    @Test func `a plan whose time is still to come has no such check`() throws {
        let made = try WorkspaceDesk(campaign: "send: {not_after: 2099-01-01 08:00}").plan()
        #expect(made.checks.allSatisfy { !$0.message.contains("not_after") })
    }

    @Test func `a campaign is being sent as long as its sender lives`() throws {
        let house = try WorkspaceDesk()
        let campaign = try house.plan().campaign.id
        let workspace = try house.workspace
        #expect(try !workspace.isBeingSent(campaign))
        do {
            let post = try house.sender().takePost(for: campaign)
            #expect(try workspace.isBeingSent(campaign))
            #expect(try workspace.isBeingSent(campaign))
            withExtendedLifetime(post) {}
        }
        #expect(try !workspace.isBeingSent(campaign))
        _ = try house.sender().takePost(for: campaign)
    }

    @Test func `the plan that is carried out is told of, and a newer one beside it`() throws {
        let house = try WorkspaceDesk()
        let first = try house.plan()
        let workspace = try house.workspace
        #expect(try workspace.plans(toTellOf: first.campaign.id).shown?.id == first.plan.id)
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        _ = try send(prepared, sender, ScriptedTransport.accepting())
        #expect(try workspace.plans(toTellOf: first.campaign.id).newer == nil)
        let second = try house.plan()
        let told = try workspace.plans(toTellOf: first.campaign.id)
        #expect(told.shown?.id == first.plan.id)
        #expect(told.newer?.id == second.plan.id)
    }

    @Test func `one that a relay cut off is not at its end`() throws {
        let house = try WorkspaceDesk()
        _ = try house.plan()
        let sender = try house.sender()
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        _ = try send(prepared, sender, ScriptedTransport { message, number in number < 2 ? .outcome(.ok(message)) : .relayGone })
        #expect(try house.workspace.campaigns.campaign(named: "launch")?.state == .sending)
    }

    @Test func `one of which somebody has put messages back since its run ended is not at its end`() throws {
        let house = try WorkspaceDesk()
        _ = try house.plan()
        let sender = try house.sender()
        let workspace = sender.workspace
        let prepared = try #require(try sender.prepare("launch", plan: nil))
        let transport = ScriptedTransport { _, _ in .outcome(.unknown(reason: "lost after the dot")) }
        _ = try send(prepared, sender, transport) { report in
            #expect(report.standing?.unknown ?? 0 > 0)
            let back = try workspace.ledger.resolve(prepared.campaign.id, asSent: false, addresses: nil, at: Desk.noon)
            #expect(back > 0)
        }
        #expect(try workspace.campaigns.campaign(named: "launch")?.state == .sending)
    }

    private func send(
        _ prepared: Sender.Prepared, _ sender: Sender, _ transport: ScriptedTransport, _ between: (SendReport) throws -> Void = { _ in }
    ) throws -> SendReport {
        let post = try sender.takePost(for: prepared.campaign.id)
        try sender.activate(prepared, agreed: false)
        try sender.workspace.campaigns.move(prepared.campaign.id, to: .sending, from: [.planned], at: Desk.noon)
        let report = try sender.run(prepared, post: post, transport: transport).run()
        try between(report)
        try sender.finish(prepared, report)
        return report
    }
}

/// Makes a message for two of three.
private struct Unmakeable: MessageMaking {
    var error: Diagnostic

    func compose(_ recipient: Recipient) throws -> ComposedMessage {
        if recipient.contact.id.rawValue % 3 == 0 { throw error }
        return try PlainMaker().compose(recipient)
    }
}

@Suite struct `What stop_if takes for beyond doubt` {
    @Test(arguments: [
        (0, 19, 0.05, false), (0, 20, 0.05, true), (15, 5, 0.05, true), (16, 4, 0.05, false), (75, 24, 0.05, false), (74, 25, 0.05, true),
        (19, 1, 0.001, false), (9, 11, 0.3, true), (11, 9, 0.3, false), (8, 12, 0.7, false),
    ])
    func `a share of refusals far above the limit speaks before there are a hundred answers`(
        _ accepted: Int, _ refused: Int, _ limit: Double, _ stops: Bool
    ) {
        let verdict = StopRule(refused: limit).verdict(accepted: accepted, refused: refused, complaints: 0)
        #expect((verdict != nil) == stops)
    }
}
