package import Model

/// When which message may go through which relay: everything that makes sending careful, as one value without a clock, a socket or a
/// disk. One policy serves all campaigns of a process, so that their messages count together.
///
///     var policy = SendingPolicy(SendingPolicy.Rules(providers: providers, workspace: [rate], relays: [terms]))
///     let mark = policy.mark(domain: "gmail.com", campaign: 3)
///     if policy.turn(of: mark, through: 0, at: now) == .now { policy.take(mark, through: 0, at: now) }
///     policy.went(mark, through: 0, at: whenItsDotGoes)
///     let lesson = policy.learn(.refused(reply), of: mark, through: 0, domain: "gmail.com", at: later)
///
/// It refuses to let any window of a limit hold more than the limit: of the workspace, the campaign, the relay, the provider; a message goes
/// when all of them let it. On top of limits there is what the servers teach: a ``Throttle`` for each relay and each provider, holds
/// of providers, relays that are down, shares by weight.
///
/// A *lane* is what shares a provider's luck: a group of ``Providers``, or a domain by itself. Lane 0 is everybody whom nothing is known of.
package struct SendingPolicy: Sendable {
    package struct Rules: Sendable {
        package var providers: Providers
        package var workspace: [Rate]
        package var relays: [RelayTerms]

        package init(providers: Providers = Providers(), workspace: [Rate] = [], relays: [RelayTerms]) {
            (self.providers, self.workspace, self.relays) = (providers, workspace, relays)
        }
    }

    /// What counts where for one message.
    package struct Mark: Hashable, Sendable {
        package var lane: Int
        package var campaign: Int

        package init(lane: Int, campaign: Int) {
            (self.lane, self.campaign) = (lane, campaign)
        }
    }

    package enum Turn: Hashable, Sendable {
        case now
        case later(Instant)
        /// It is other relays' turn by their weights.
        case othersFirst
    }

    /// Nothing may go to a provider for a while.
    package struct Hold: Hashable, Sendable {
        package var until: Instant
        package var reason: String
        /// It is a relay's, for what it said of recipients.
        var isForDenials = false

        package init(until: Instant, reason: String) {
            (self.until, self.reason) = (until, reason)
        }
    }

    struct Lane: Sendable {
        let name: String
        var limiter: RateLimiter
        var throttle = Throttle()
        var hold: Hold?
        var answers = AnswerWindow()
        /// How many have been claimed and have not been answered.
        var underWay = 0
        /// Somebody has asked to go there since the shares were claimed last; see ``claims(at:isBusy:pace:)``.
        var isAsked = false
        /// The place in time behind those that were put off.
        var reserved = Instant(milliseconds: 0)
        /// Where limits are shared: since when its own places are used up for long, and asking has brought no more.
        var stuckSince: Instant?
    }

    struct CampaignLimits: Sendable {
        let id: Int64
        var limiter: RateLimiter
    }

    package static let hold: Int64 = 3_600_000
    /// Domains without a group that are kept in mind, each by itself. Beyond, a domain shares the limits of one of them, so that none is ever above
    /// its own; where there are no limits nothing is kept of it.
    static let mostDomains = 50_000

    let providers: Providers
    var workspace: RateLimiter
    var campaigns: [CampaignLimits] = []
    var relays: [RelayState]
    var lanes: [Lane]
    /// The lanes of domains without a group, and whose mailboxes turned out to be run by a group's provider.
    var learned: [String: Int] = [:]
    /// Others send under the same limits.
    var isSharing = false

    package init(_ rules: Rules) {
        providers = rules.providers
        workspace = RateLimiter(rules.workspace)
        relays = rules.relays.map(RelayState.init)
        lanes = [Lane(name: "", limiter: RateLimiter())] + providers.groups.map { Lane(name: $0.name, limiter: RateLimiter($0.limits)) }
    }

    // MARK: Who is who

    /// The number of a campaign in this policy. `limits` are its own, with what they remember; given again, they stay as they were.
    package mutating func enrol(campaign id: Int64, limits: RateLimiter) -> Int {
        if let known = campaigns.firstIndex(where: { $0.id == id && $0.limiter.rates == limits.rates }) { return known }
        var limits = limits
        if isSharing { _ = limits.share() }
        campaigns.append(CampaignLimits(id: id, limiter: limits))
        return campaigns.count - 1
    }

    /// `domain` in its ASCII form, in lower case.
    package mutating func mark(domain: String, campaign: Int) -> Mark {
        Mark(lane: lane(of: domain), campaign: campaign)
    }

    private mutating func lane(of domain: String) -> Int {
        if let group = providers.domains[domain] { return group + 1 }
        if !learned.isEmpty, let lane = learned[domain] { return lane }
        return providers.others.isEmpty ? 0 : newLane(for: domain)
    }

    /// A lane for a domain by itself, from when there is something to keep in mind of it.
    mutating func newLane(for domain: String) -> Int {
        if let lane = learned[domain] { return lane }
        guard lanes.count - firstDomain < Self.mostDomains else { return providers.others.isEmpty ? 0 : sharedLane(for: domain) }
        var limiter = RateLimiter(providers.others)
        if isSharing { _ = limiter.share() }
        lanes.append(Lane(name: domain, limiter: limiter))
        learned[domain] = lanes.count - 1
        return lanes.count - 1
    }

    /// Always the same one; the hash is FNV-1a.
    private func sharedLane(for domain: String) -> Int {
        let hash = domain.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return firstDomain + Int(hash % UInt64(lanes.count - firstDomain))
    }

    /// The first lane of a domain by itself.
    private var firstDomain: Int { providers.groups.count + 1 }

    // MARK: What went before

    /// Messages that went in an earlier run, in the order of their times. What a relay has sent is told with its terms.
    package mutating func remember(_ count: Int, to domain: String, at time: Instant) {
        lanes[lane(of: domain)].limiter.record(count, at: time)
    }

    package mutating func rememberWorkspace(_ count: Int, at time: Instant) {
        workspace.record(count, at: time)
    }

    package var hasProviderLimits: Bool { providers.hasLimits }

    /// A provider, or a domain by itself; empty for lane 0.
    package func name(of lane: Int) -> String { lane >= 0 && lane < lanes.count ? lanes[lane].name : "" }

    /// In ASCII; none for lane 0.
    package func domains(of lane: Int) -> [String] {
        guard lane > 0, lane < lanes.count else { return [] }
        let own = lane <= providers.groups.count ? providers.groups[lane - 1].domains : [lanes[lane].name]
        return own + learned.filter { $0.value == lane && !own.contains($0.key) }.keys.sorted()
    }

    /// Until when nothing goes to a provider; nil where it is not held.
    package func heldUntil(_ lane: Int, at now: Instant) -> Instant? {
        guard lane > 0, lane < lanes.count, let hold = lanes[lane].hold, hold.until > now else { return nil }
        return hold.until
    }

    // MARK: Going

    /// Whether a message may go through `relay` now. `route`: the relays that could carry it; empty for that one alone.
    package mutating func turn(of mark: Mark, through relay: Int, route: [Int] = [], at now: Instant) -> Turn {
        var free = relays[relay].free(at: now)
        if !workspace.isEmpty { free = max(free, workspace.free(at: now)) }
        if mark.campaign < campaigns.count { free = max(free, campaigns[mark.campaign].limiter.free(at: now)) }
        if mark.lane > 0 { free = max(free, laneFree(mark.lane, at: now)) }
        guard free <= now else { return .later(free) }
        return route.count < 2 || isTurn(of: relay, in: route, at: now) ? .now : .othersFirst
    }

    /// When the relay itself, workspace and campaign let something go, whoever it is to.
    package mutating func free(through relay: Int, campaign: Int, at now: Instant) -> Instant {
        if case .later(let free) = turn(of: Mark(lane: 0, campaign: campaign), through: relay, at: now) { free } else { now }
    }

    /// When any of these relays lets the next message go, whoever it is to.
    package mutating func opens(for campaign: Int, through route: [Int], at now: Instant) -> Instant {
        var first = Instant.latest
        for relay in serving(route, at: now) { first = min(first, free(through: relay, campaign: campaign, at: now)) }
        return first
    }

    /// When the provider lets the next message go, whatever relay and campaign say.
    package func laneFree(_ lane: Int, at now: Instant) -> Instant {
        guard lane > 0 else { return now }
        var free = max(lanes[lane].throttle.free(at: now), now)
        if let since = lanes[lane].stuckSince, now.milliseconds - since.milliseconds >= Self.askingPatience {
            free = max(free, now.advanced(byMilliseconds: 4 * Self.patience))
        }
        if !lanes[lane].limiter.isEmpty { free = max(free, lanes[lane].limiter.free(at: now)) }
        if let hold = lanes[lane].hold { free = max(free, hold.until) }
        return free
    }

    /// A message is being brought to the wire: it has its place in every limit.
    package mutating func take(_ mark: Mark, through relay: Int, route: [Int] = [], at now: Instant) {
        workspace.reserve()
        if mark.campaign < campaigns.count { campaigns[mark.campaign].limiter.reserve() }
        if mark.lane > 0 {
            lanes[mark.lane].limiter.reserve()
            lanes[mark.lane].throttle.took(at: now)
        }
        if route.count > 1 { credit(relay, in: route, at: now) }
        relays[relay].took(at: now)
    }

    /// By how many milliseconds messages on their way come nearer to each other: some 5 were seen between idle programs on one machine.
    package static let jitter: Int64 = 10

    /// A message that was taken goes now, or never will: from here on it counts. Twenty that waited for their connections and twenty of
    /// the next second would else arrive in one.
    ///
    /// It counts from a moment later. The first of a second may be a little late on its way and the first of the next one not at all, and
    /// whoever counts at the other end would see both in one second: up to a quarter too many in a second of which all go at once.
    package mutating func went(_ mark: Mark, through relay: Int, at now: Instant) {
        let now = now.advanced(byMilliseconds: Self.jitter)
        workspace.land(at: now)
        if mark.campaign < campaigns.count { campaigns[mark.campaign].limiter.land(at: now) }
        if mark.lane > 0 { lanes[mark.lane].limiter.land(at: now) }
        relays[relay].went(at: now)
    }
}
