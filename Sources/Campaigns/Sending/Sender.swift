import Database
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
        let begun = plans.last { $0.activatedAt != nil }
        if let begun, try workspace.ledger.hasUnfinished(campaign.id) { return try prepared(campaign, begun) }
        guard let newest = plans.last else { return nil }
        return try prepared(campaign, newest)
    }

    private func unknownPlan(_ id: PlanID, _ name: String) -> UseError {
        UseError(.input, "\(name) has no plan \(id)", hint: "make one with: pitwall plan \(name)")
    }

    private func prepared(_ campaign: CampaignRecord, _ plan: PlanRecord) throws -> Prepared {
        let frozen = FrozenFiles(try workspace.campaigns.sources(of: plan.id))
        let definition = try CampaignDefinition(campaign.name, files: frozen, vocabulary: nil)
        return Prepared(
            campaign: campaign, plan: plan, definition: definition, changedFiles: try frozen.changes(in: workspace.files),
            isResumed: plan.activatedAt != nil)
    }

    /// Ends the campaign where nothing is left to go, whatever stopped the run.
    package func finish(_ prepared: Prepared, _ report: SendReport) throws {
        guard try !workspace.ledger.hasUnfinished(prepared.campaign.id) else { return }
        let reason = report.expired ? SendReport.expiry : report.verdict
        try workspace.campaigns.move(
            prepared.campaign.id, to: .sent, from: [.sending, .planned, .paused], reason: reason, at: clock())
    }

    // MARK: - Sending

    /// The campaign's flight recorder, locked; two sends of one campaign exclude each other by it, and on two machines by what the
    /// database lets one of them hold.
    package func recorder(for campaign: CampaignID) throws -> FlightRecorder {
        try? FileManager.default.createDirectory(
            atPath: workspace.flightFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Before anything is settled: what the recorders know would be thrown away with a database that has forgotten it.
        try workspace.refuseForgetfulDatabase()
        let path = workspace.flightPath(of: campaign)
        guard let hold = try workspace.database.hold("campaign \(campaign)") else { throw FlightRecorder.Problem.inUse(path: path) }
        return try FlightRecorder(path: path, slots: SendRun.slots, hold: hold)
    }

    /// Settles what a dead sender left in hand.
    package func recover(_ campaign: CampaignID, _ recorder: FlightRecorder) throws -> Recovery {
        let machine = try workspace.machine()
        let last = try workspace.campaigns.machine(of: campaign)
        let recovery = try workspace.ledger.recover(
            campaign, from: recorder, isElsewhere: last.map { $0 != machine } ?? false, at: clock())
        if last != machine { try workspace.campaigns.note(machine: machine, of: campaign, at: clock()) }
        recorder.begin()
        return recovery
    }

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
        _ = try workspace.campaigns.activate(prepared.plan, audience: audience, seeds: definition.file.seeds, at: now)
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
        _ prepared: Prepared, recorder: FlightRecorder, traffic: Traffic, relays: [RelaySettings], routes: [Route], limit: Int?
    ) throws -> SendRun {
        let definition = prepared.definition
        let rate = definition.file.send.rate
        let carrying = routes.map { relays[$0.relay] }
        let paces = [carrying.pace, workspace.settings.limits.pace, rate.map { [$0] }?.pace].compactMap { $0 }
        let retry = RetrySchedule.standard
        let giveUp = workspace.settings.giveUp?.milliseconds ?? retry.giveUp
        var desk = Ledger.Desk(
            campaign: prepared.campaign.id, sender: try workspace.campaigns.newSender(), rules: definition.rules,
            plannedAt: prepared.plan.at)
        desk.watermark = try Watermark(
            workspace.database, folder: workspace.flightFolder, machine: try workspace.machine(), sender: desk.sender, at: clock())
        let composer = try MessageComposer(
            definition, plan: prepared.plan, in: workspace, keys: keys, signer: try workspace.dkimSigner(for: definition), clock: clock)
        return SendRun(
            ledger: workspace.ledger, campaigns: workspace.campaigns, desk: desk, recorder: recorder, maker: composer, traffic: traffic,
            campaign: try traffic.enrol(prepared.campaign.id, rate: rate, in: workspace, at: clock()), routes: routes,
            options: SendRun.Options(
                limit: limit, window: definition.window, stopRule: definition.stopRule,
                retry: RetrySchedule(first: retry.first, longest: retry.longest, giveUp: giveUp), pace: paces.min(),
                connections: carrying.reduce(0) { $0 + $1.connections }), clock: clock)
    }
}

extension OpenWorkspace {
    fileprivate var flightFolder: String { databasePath + ".flight" }

    fileprivate func flightPath(of campaign: CampaignID) -> String { "\(flightFolder)/campaign-\(campaign)" }

    /// What this machine is known by, with its flight recorders: made once, and gone with them.
    fileprivate func machine() throws -> String {
        let path = "\(flightFolder)/machine"
        if let known = FileManager.default.contents(atPath: path), known.count == 32 { return String(decoding: known, as: UTF8.self) }
        let name = (0..<16).map { _ in
            let byte = UInt8.random(in: .min ... .max)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        do {
            try Data(name.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw FlightRecorder.Problem.cannotOpen(path: path, reason: "it can't be written")
        }
        return name
    }

    /// Ends with an error where the database is older than what was sent from this machine, or is not the one it sent from.
    package func refuseForgetfulDatabase() throws {
        guard FileManager.default.fileExists(atPath: "\(flightFolder)/machine") else { return }
        try Watermark.refuseForgetful(database, folder: flightFolder, machine: machine())
    }

    /// Where a sender that lives says how it is getting on.
    package func progressPath(of campaign: CampaignID) -> String { flightPath(of: campaign) + ".progress" }

    /// Whether a sender lives that carries the campaign out: its state says only that it was begun.
    package func isBeingSent(_ campaign: CampaignID) -> Bool { FlightRecorder.isInUse(path: flightPath(of: campaign)) }

    /// The plan that is or was carried out, and a newer one that waits; the newest where none was begun.
    package func plans(toTellOf campaign: CampaignID) throws -> (shown: PlanRecord?, newer: PlanRecord?) {
        let plans = try campaigns.plans(of: campaign)
        guard let begun = plans.last(where: { $0.activatedAt != nil }) else { return (plans.last, nil) }
        return (begun, plans.last.flatMap { $0.id == begun.id ? nil : $0 })
    }
}
