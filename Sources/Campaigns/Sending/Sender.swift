import Delivery
import Foundation
package import Model
import Segments
package import Signing
package import Store
package import Workspace

/// Carries out a plan and only that plan: takes the campaign's lock, settles what a killed sender left, freezes the audience
/// into the ledger the first time, and sends.
package struct Sender {
    package let workspace: OpenWorkspace
    package let keys: Keys
    package let clock: @Sendable () -> Instant

    package init(_ workspace: OpenWorkspace, keys: Keys, clock: @escaping @Sendable () -> Instant) {
        self.workspace = workspace
        self.keys = keys
        self.clock = clock
    }

    /// A plan about to be carried out.
    package struct Prepared: Sendable {
        package var campaign: CampaignRecord
        package var plan: PlanRecord
        package var definition: CampaignDefinition
        /// Files that are not as they were when the plan was made; the plan's are used.
        package var changedFiles: [String]
        /// It was begun before.
        package var isResumed: Bool
    }

    /// The plan to carry out: the one named, else the one begun and not finished, else the newest not begun. Nil when there
    /// is none, so that one has to be made.
    package func prepare(_ name: String, plan id: PlanID?) throws -> Prepared? {
        guard let campaign = try workspace.campaigns.campaign(named: name) else {
            if let id { throw unknownPlan(id, name) }
            return nil
        }
        let plans = try workspace.campaigns.plans(of: campaign.id)
        if let id {
            guard let plan = plans.first(where: { $0.id == id }) else { throw unknownPlan(id, name) }
            return try prepared(campaign, plan)
        }
        if let begun = plans.lastBegun, try workspace.ledger.hasUnfinished(campaign.id) { return try prepared(campaign, begun) }
        guard let newest = plans.last else { return nil }
        // All was sent before: that is told of the plan that was begun last.
        return try prepared(campaign, newest.activatedAt == nil ? newest : plans.lastBegun ?? newest)
    }

    private func unknownPlan(_ id: PlanID, _ name: String) -> UseError {
        UseError(.input, "\(name) has no plan \(id)", hint: "make one with: pitwall plan \(name)")
    }

    private func prepared(_ campaign: CampaignRecord, _ plan: PlanRecord) throws -> Prepared {
        let frozen = FrozenFiles(try workspace.campaigns.sources(of: plan.id))
        let definition = try CampaignDefinition(campaign.name, files: frozen, vocabulary: nil)
        return Prepared(
            campaign: campaign, plan: plan, definition: definition, changedFiles: frozen.changes(in: workspace.files),
            isResumed: plan.activatedAt != nil)
    }

    /// Ends the campaign where nothing is left to go, whatever stopped the run.
    ///
    /// Asked for while the post is held: whoever sends the campaign again begins after it.
    package func finish(_ prepared: Prepared, _ report: SendReport) throws {
        guard try !isUnfinished(prepared.campaign.id, report.standing) else { return }
        let reason = report.expired ? SendReport.expiry : report.verdict
        try workspace.campaigns.move(
            prepared.campaign.id, to: .sent, from: [.sending, .planned, .paused], reason: reason, at: clock())
    }

    /// Who was alone has counted the campaign's people at the end, and another look at each would say the same. But a person may have put some
    /// back since then (`resolve`), which are in the index of what is due.
    private func isUnfinished(_ campaign: CampaignID, _ standing: DeliveryCounts?) throws -> Bool {
        let ledger = workspace.ledger
        guard let standing else { return try ledger.hasUnfinished(campaign) }
        if standing.remaining + standing.handed > 0 { return true }
        return try ledger.nextDue(of: campaign, step: DeliveryKey.campaignStep) != nil
            || ledger.hasUnfinished(campaign, step: DeliveryKey.seedStep)
    }

    // MARK: - Sending

    /// Turns the plan into rows of the ledger, the first time. With `audience: at_send` the people are asked for again; the
    /// number that results is checked against `expect` unless a person has agreed to it.
    package func activate(_ prepared: Prepared, agreed: Bool) throws {
        guard prepared.plan.activatedAt == nil else { return }
        let now = clock()
        let definition = prepared.definition
        var audience: Audience?
        if definition.file.audience == .atSend {
            // What was in order when the plan was made need not be so now.
            for segment in definition.everySegment {
                try workspace.refuseMistakes(in: segment, at: .now(now, zone: definition.settings.zone))
            }
            audience = definition.audience(for: prepared.campaign.id, in: workspace, at: now)
        }
        if let expect = definition.file.expect, !agreed {
            let count = try audience.map { try workspace.campaigns.count($0, at: now).recipients } ?? prepared.plan.recipients
            guard expect.contains(count) else {
                throw UseError(
                    .notNow,
                    "\(prepared.campaign.name) would go to \(count) people, and `expect` says \(expect.lowerBound)-\(expect.upperBound)",
                    hint:
                        "look at it with: pitwall plan \(prepared.campaign.name); then agree to this plan by its number: pitwall send \(prepared.campaign.name) --plan \(prepared.plan.id) --yes"
                )
            }
        }
        let forgotten = try ForgottenPeople(workspace.contacts) { keys }
        var listed: Set<String> = []
        // One that is listed twice gets one copy.
        let seeds = definition.file.seeds.filter { !forgotten.contains($0) && listed.insert($0.key).inserted }
        do {
            try workspace.campaigns.activate(prepared.plan, audience: audience, seeds: seeds, at: now)
        } catch is AnotherPlanIsSent {
            let name = prepared.campaign.name
            throw UseError(
                .notNow, "\(name) is being sent by another plan",
                hint: "let that end, or stop it: pitwall campaigns pause \(name); then: pitwall campaigns resume \(name)")
        }
    }

    /// What a plan left unsent goes by the plan that was begun after it, and by no other. To be asked while the post is held.
    package func refuseReplaced(_ prepared: Prepared) throws {
        guard let plan = try workspace.campaigns.plan(prepared.plan.id), let successor = try workspace.campaigns.successor(of: plan) else {
            return
        }
        let name = prepared.campaign.name
        throw UseError(
            .input, "plan \(plan.id) of \(name) has been replaced: plan \(successor) was begun after it",
            hint: "what is left goes by plan \(successor): pitwall send \(name); or make another one: pitwall plan \(name)")
    }

    /// What must be so before marketing goes to the world.
    package func refuseUnlawful(_ definition: CampaignDefinition, toLoopback: Bool) throws {
        guard definition.isMarketing, !toLoopback else { return }
        guard definition.settings.organisation.postalAddress != nil else {
            throw UseError(
                .settings, "marketing mail needs the organisation's postal address",
                hint: "add it to pitwall.yaml: organisation: {name: …, postal_address: \"…\"}; then plan again")
        }
        guard definition.settings.publicURL != nil else {
            throw UseError(
                .settings, "marketing mail needs a page where people can unsubscribe",
                hint: "set public_url in pitwall.yaml to where `pitwall serve --only web` answers; then plan again")
        }
    }

    /// A run over what is left to go. `traffic` is of the process; `routes` are to some of `relays`, by their
    /// places there.
    package func run(
        _ prepared: Prepared, post: Post, traffic: Traffic, relays: [RelaySettings], routes: [Route], limit: Int?
    ) throws -> SendRun {
        post.begin()
        let definition = prepared.definition
        let rate = definition.file.send.rate
        let carrying = routes.map { relays[$0.relay] }
        let paces = [carrying.pace, workspace.settings.limits.pace, rate.map { [$0] }?.pace].compactMap { $0 }
        let retry = RetrySchedule.standard
        let giveUp = workspace.settings.giveUp?.milliseconds ?? retry.giveUp
        var desk = Ledger.Desk(
            campaign: prepared.campaign.id, sender: post.sender, rules: definition.rules,
            plannedAt: prepared.plan.at)
        desk.watermark = try Watermark(
            workspace.database, folder: workspace.flightFolder, machine: try workspace.machine(), sender: desk.sender, at: clock())
        let composer = try MessageComposer(
            definition, plan: prepared.plan, in: workspace, keys: keys, signer: try workspace.dkimSigner(for: definition), clock: clock)
        let steady = SteadyClock(clock)
        let options = SendRun.Options(
            limit: limit, window: definition.window, stopRule: definition.stopRule,
            retry: RetrySchedule(first: retry.first, longest: retry.longest, giveUp: giveUp), pace: paces.min(),
            connections: carrying.reduce(0) { $0 + $1.connections }, lease: post.lease, machineGoneAfter: workspace.machineGoneAfter)
        return SendRun(
            ledger: workspace.ledger, campaigns: workspace.campaigns, desk: desk, recorder: post.recorder, maker: composer,
            traffic: traffic,
            campaign: try traffic.enrol(prepared.campaign.id, rate: rate, in: workspace, at: clock()), routes: routes,
            options: options, clock: { steady.now }, wall: clock)
    }
}

extension OpenWorkspace {
    /// The plan that is or was carried out, and a newer one that waits; the newest where none was begun.
    package func plans(toTellOf campaign: CampaignID) throws -> (shown: PlanRecord?, newer: PlanRecord?) {
        let plans = try campaigns.plans(of: campaign)
        guard let begun = plans.lastBegun else { return (plans.last, nil) }
        return (begun, plans.last.flatMap { $0.id == begun.id || $0.activatedAt != nil ? nil : $0 })
    }
}
