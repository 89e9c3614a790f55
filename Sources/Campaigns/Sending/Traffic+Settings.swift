package import Delivery
import Diagnostics
package import Model
import Store
package import Workspace

extension Traffic {
    /// The policy that the settings describe, with these relays, reminded of what the log says has gone already: no window is above its
    /// limit because the program was started anew.
    package convenience init(_ relays: [RelaySettings], in workspace: OpenWorkspace, at now: Instant) throws {
        let settings = workspace.settings
        let terms = try relays.map { try RelayTerms($0, in: workspace, at: now) }
        var policy = SendingPolicy(SendingPolicy.Rules(providers: Providers(settings), workspace: settings.limits, relays: terms))
        if let since = settings.limits.memory(before: now) {
            for (at, count) in try workspace.ledger.attempts(since: since) { policy.rememberWorkspace(count, at: at) }
        }
        if let since = (settings.providers.flatMap(\.limits) + settings.domainLimits).memory(before: now) {
            let limited = Providers(settings).groups.filter { !$0.limits.isEmpty }.flatMap(\.domains)
            let some = settings.domainLimits.isEmpty && limited.count < 1000 ? limited : nil
            for (at, domain, count) in try workspace.ledger.attemptsByDomain(since: since, among: some) {
                policy.remember(count, to: domain, at: at)
            }
        }
        for memory in try workspace.ledger.memories(since: now.advanced(byMilliseconds: -SendingPolicy.memory)) {
            policy.recall(memory, at: now)
        }
        self.init(policy)
        try learn(from: workspace.ledger, since: now.advanced(byMilliseconds: -SendingPolicy.hold), at: now)
    }

    /// The campaign's number in the policy.
    package func enrol(_ campaign: CampaignID, rate: Rate?, in workspace: OpenWorkspace, at now: Instant) throws -> Int {
        let rates = rate.map { [$0] } ?? []
        var limiter = RateLimiter(rates)
        if let since = rates.memory(before: now) {
            for (at, count) in try workspace.ledger.attempts(since: since, campaign: campaign) { limiter.record(count, at: at) }
        }
        return with { [limiter] in $0.enrol(campaign: campaign.rawValue, limits: limiter) }
    }
}

extension Providers {
    package init(_ settings: Settings) {
        self.init(settings.providers.map { Group(name: $0.name, domains: $0.domains, limits: $0.limits) }, others: settings.domainLimits)
    }

    /// A group without domains is one that Pitwall knows, or nobody is in it and its limits hold for nobody. Of the settings as they are:
    /// what a plan froze of them says nothing of limits.
    package static func refuseUnknown(_ settings: Settings) throws(UseError) {
        let known = KnownProvider.all.map(\.name)
        guard let stranger = settings.providers.first(where: { $0.domains.isEmpty && !known.contains($0.name) }) else { return }
        throw UseError(
            .settings, "\(WorkspaceFolder.settingsFile): the provider \"\(stranger.name)\" has no domains, and none of that name is known",
            hint: nearest(stranger.name, among: known).map { "did you mean \"\($0)\"?" }
                ?? "say which: providers: {\(stranger.name): {domains: [example.com]}}; known without: \(known.joined(separator: ", "))")
    }
}

extension RelayTerms {
    fileprivate init(_ settings: RelaySettings, in workspace: OpenWorkspace, at now: Instant) throws {
        var limiter = RateLimiter(settings.limits)
        let warmUp = settings.warmUp.map { WarmUp(start: $0.start, growth: $0.growth, until: $0.until) }
        var history: [(at: Instant, count: Int)] = []
        // A warm-up counts the days since the relay was first used.
        let since = warmUp == nil ? settings.limits.memory(before: now) : Instant(milliseconds: 0)
        if let since {
            history = try workspace.ledger.attempts(since: since, relay: settings.name)
            for (at, count) in history { limiter.record(count, at: at) }
        }
        self.init(
            name: settings.name, weight: settings.weight, isStandby: settings.isStandby, limits: limiter, warmUp: warmUp,
            zone: workspace.settings.zone, history: warmUp == nil ? [] : history, now: now)
    }
}

extension [Rate] {
    /// Since when they count; nil where there are none.
    fileprivate func memory(before now: Instant) -> Instant? {
        map(\.window.milliseconds).max().map { now.advanced(byMilliseconds: -$0) }
    }

    /// Messages a millisecond that the slowest lets go; nil without any.
    package var pace: Double? { map { Double($0.count) / Double($0.window.milliseconds) }.min() }
}

extension Sequence<RelaySettings> {
    /// What all of them together let go, in messages a millisecond; nil where one has no limit. Those that stand by add nothing.
    package var pace: Double? {
        var sum = 0.0
        for relay in self where !relay.isStandby {
            guard let pace = relay.limits.pace else { return nil }
            sum += pace
        }
        return sum > 0 ? sum : nil
    }
}
