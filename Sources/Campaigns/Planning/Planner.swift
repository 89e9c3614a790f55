import Delivery
package import Diagnostics
package import Model
import Segments
import Signing
package import Store
import Templating
import Workspace

/// A plan that was made, and what is to be said of it.
package struct PlannedCampaign: Sendable {
    package var campaign: CampaignRecord
    package var plan: PlanRecord
    package var definition: CampaignDefinition
    package var checks: [Diagnostic]
    /// How long it takes at the limits in force, in seconds; nil without any limit.
    package var secondsAtLimits: Double?
    /// The number of recipients is outside `expect`.
    package var unexpected: Bool
}

/// Makes plans: reads a campaign's files, freezes them, and says who is in, who is out and why.
package struct Planner: Sendable {
    package let workspace: OpenWorkspace
    private let forgotten: ForgottenPeople

    package init(_ workspace: OpenWorkspace, forgotten: ForgottenPeople = .none) {
        self.workspace = workspace
        self.forgotten = forgotten
    }

    package func plan(_ name: String, at now: Instant) throws -> PlannedCampaign {
        let recording = RecordingFiles(workspace.files)
        let definition = try CampaignDefinition(name, files: recording, vocabulary: try workspace.vocabulary())
        for segment in definition.everySegment {
            try workspace.refuseMistakes(in: segment, at: .now(now, zone: workspace.settings.zone))
        }
        let campaign = try workspace.campaigns.ensureCampaign(named: name, at: now)
        let sources = recording.frozen.files
        let record = try workspace.campaigns.freeze(
            definition.audience(for: campaign.id, in: workspace, at: now), sources: sources, contentHash: Self.hash(sources), at: now)
        return try describe(campaign, record, definition)
    }

    /// What is to be said of a plan that was made before.
    package func describe(_ campaign: CampaignRecord, _ plan: PlanRecord, _ definition: CampaignDefinition) throws -> PlannedCampaign {
        let moment = Moment.now(plan.at, zone: workspace.settings.zone)
        let shortfalls = try definition.everySegment.flatMap { try workspace.shortfalls(of: $0, at: moment) }
        return PlannedCampaign(
            campaign: campaign, plan: plan, definition: definition,
            checks: definition.warnings + expired(plan, definition) + shortfalls + leavingChecks(definition) + (try seedChecks(definition))
                + workspace.dkimChecks(definition) + (try missingValues(plan, definition)),
            secondsAtLimits: try secondsAtLimits(plan, definition),
            unexpected: definition.file.expect.map { !$0.contains(plan.recipients) } ?? false)
    }

    private func expired(_ plan: PlanRecord, _ definition: CampaignDefinition) -> [Diagnostic] {
        guard let end = definition.file.send.notAfter, end <= plan.at else { return [] }
        return [
            Diagnostic(
                .warning, "send.not_after has passed: this plan would be sent to nobody", in: definition.file.source,
                at: definition.file.send.notAfterSpan, hint: "set a later time")
        ]
    }

    private func seedChecks(_ definition: CampaignDefinition) throws -> [Diagnostic] {
        try definition.file.seeds.compactMap { seed in
            try workspace.objection(of: seed, to: definition, forgotten).map { reason in
                Diagnostic(
                    .warning, "the seed \(seed) \(reason): it gets no copy", in: definition.file.source, at: nil,
                    hint: "take it out of seeds")
            }
        }
    }

    /// Marketing that nobody can leave, or that does not say whose it is. `send` refuses it through any relay but one of this machine.
    private func leavingChecks(_ definition: CampaignDefinition) -> [Diagnostic] {
        guard definition.isMarketing else { return [] }
        let settings = definition.settings
        func warning(_ message: String, _ hint: String) -> Diagnostic {
            Diagnostic(.warning, message, in: definition.file.source, at: definition.file.topic?.span, hint: hint)
        }
        var checks: [Diagnostic] = []
        if settings.publicURL == nil, settings.unsubscribeTo == nil {
            checks.append(
                warning(
                    "nobody can leave: the unsubscribe links of this message are empty",
                    "set public_url in pitwall.yaml to where `pitwall serve --only web` answers"))
        }
        if settings.organisation.postalAddress == nil {
            checks.append(
                warning(
                    "the message does not say where its sender is, which many laws ask for",
                    "add to pitwall.yaml: organisation: {name: …, postal_address: \"…\"}"))
        }
        return checks
    }

    /// Of the files by path, whatever their order.
    static func hash(_ sources: [String: [UInt8]]) -> String {
        var hash = SHA256()
        for (path, content) in sources.sorted(by: { $0.key < $1.key }) {
            hash.update(Array("\(path)\0\(content.count)\0".utf8))
            hash.update(content)
        }
        return hash.finish().hex
    }

    private func secondsAtLimits(_ plan: PlanRecord, _ definition: CampaignDefinition) throws -> Double? {
        let settings = workspace.settings
        let relays = settings.relays
        let traffic = try Traffic(relays, in: workspace, at: plan.at)
        let campaign = try traffic.enrol(plan.campaign, rate: definition.file.send.rate, in: workspace, at: plan.at)
        let route = relays.carrying(fromDomain: definition.file.from.value.address.asciiDomain)
        let domains = Providers(settings).hasLimits ? try workspace.campaigns.domains(of: plan.id) : [:]
        return traffic.with { policy in
            let all = policy.secondsAtLimits(plan.recipients, campaign: campaign, through: route, at: plan.at)
            let longest = [all, policy.secondsAtProviders(domains, at: plan.at)].compactMap { $0 }.max()
            return longest == .infinity ? nil : longest
        }
    }
}
