package import Model

/// What is agreed about one relay, and what it has sent already.
package struct RelayTerms: Sendable {
    package var name: String
    package var weight: Int
    /// It carries only what none of the others of its route can.
    package var isStandby: Bool
    package var limits: RateLimiter
    package var warmUp: WarmUp?
    package var zone: Zone
    /// When messages went through it, in order: for a warm-up over all days, else unneeded.
    package var history: [(at: Instant, count: Int)]
    package var now: Instant

    /// `limits` with what they remember of earlier runs.
    package init(
        name: String, weight: Int = 1, isStandby: Bool = false, limits: RateLimiter = RateLimiter(), warmUp: WarmUp? = nil,
        zone: Zone = .utc,
        history: [(at: Instant, count: Int)] = [], now: Instant = Instant(milliseconds: 0)
    ) {
        self.name = name
        self.weight = max(weight, 1)
        self.isStandby = isStandby
        self.limits = limits
        self.warmUp = warmUp
        self.zone = zone
        self.history = history
        self.now = now
    }
}

struct RelayState: Sendable {
    let name: String
    let weight: Double
    let isStandby: Bool
    var limiter: RateLimiter
    var warming: WarmingRelay?
    var throttle = Throttle()
    /// Not before then, and why.
    var down: SendingPolicy.Hold?
    /// Why none of its connections works; it is tried again all the while.
    var trouble: String?
    /// To all that went through it.
    var answers = AnswerWindow()
    /// Whose users it did not find.
    var lanesMissed: Set<Int> = []
    /// Messages by weight: the fewest is next.
    var share = 0.0
    /// Somebody has asked for this relay while it was others' turn.
    var waits = false
    /// Since when others have let it go first, and it has taken nothing.
    var awaitedSince: Instant?

    init(_ terms: RelayTerms) {
        name = terms.name
        weight = Double(terms.weight)
        isStandby = terms.isStandby
        limiter = terms.limits
        warming = terms.warmUp.map { WarmingRelay($0, zone: terms.zone, history: terms.history, at: terms.now) }
    }

    /// As if it had denied so many as are believed of no relay, at so many providers.
    mutating func suspect(at now: Instant) {
        answers.clear()
        for _ in 0..<AnswerWindow.fewestOfRelay { answers.count(missing: true, at: now) }
        lanesMissed = Set((1...AnswerWindow.fewestProviders).map { -$0 })
    }

    mutating func free(at now: Instant) -> Instant {
        var free = max(throttle.free(at: now), limitFree(at: now) ?? now)
        if let down { free = max(free, down.until) }
        return free
    }

    /// When its limits let the next one go; nil without any.
    mutating func limitFree(at now: Instant) -> Instant? {
        let free = limiter.isEmpty ? nil : limiter.free(at: now)
        guard let warm = warming?.free(at: now) else { return free }
        return max(free ?? warm, warm)
    }

    /// How many more have gone by `then` if each goes as soon as its limits let it; nil without any.
    func capacity(until then: Instant, at now: Instant) -> Double? {
        [limiter.capacity(until: then, at: now), warming?.capacity(until: then, at: now)].compactMap { $0 }.min()
    }

    mutating func took(at now: Instant) {
        awaitedSince = nil
        throttle.took(at: now)
        limiter.reserve()
        warming?.took()
    }

    mutating func went(at now: Instant) {
        limiter.land(at: now)
        warming?.went(at: now)
    }
}

extension SendingPolicy {
    /// How far a relay may be ahead of its share: enough that no relay waits for another between two messages.
    private static let lead = 8.0
    /// A relay that took nothing for so long, in milliseconds, is not waited for: it may be slow, and shares are no reason to be as slow.
    private static let turnPatience: Int64 = 2000
    /// After which one is tried again that gave no end of its trouble, in milliseconds.
    private static let rest: Int64 = 30_000

    /// The relay is of no use until then; others take its share. `until` may be `.latest`: until somebody changes something.
    package mutating func relayIsDown(_ relay: Int, until: Instant, reason: String) {
        relays[relay].down = Hold(until: until, reason: reason)
    }

    package mutating func relayIsUp(_ relay: Int) {
        relays[relay].down = nil
    }

    /// None of the relay's connections works (nil: one does): it goes on trying with what is its turn, and nobody waits for it meanwhile.
    package mutating func relayIsTroubled(_ relay: Int, _ reason: String?) {
        relays[relay].trouble = reason
    }

    package func name(ofRelay relay: Int) -> String { relays.indices.contains(relay) ? relays[relay].name : "" }

    package func isDown(_ relay: Int, at now: Instant) -> Bool { relays[relay].down.map { $0.until > now } ?? false }

    /// Those of a route that carry mail now; where none works, all that would.
    package func serving(_ route: [Int], at now: Instant) -> [Int] {
        let working = route.filter { isWorking($0, at: now) }
        let able = working.isEmpty ? route : working
        let first = able.filter { !relays[$0].isStandby }
        return first.isEmpty ? able : first
    }

    /// Why none of these relays is asked any more, where one of them found hardly anybody and no other works.
    package func denial(through route: [Int], at now: Instant) -> String? {
        guard route.allSatisfy({ isDown($0, at: now) }) else { return nil }
        let relay = route.lazy.map { relays[$0] }.first { $0.down?.isForDenials ?? false }
        return relay.map { "relay \($0.name): \($0.down?.reason ?? "")" }
    }

    /// Whether it carries mail, or would if it did not stand by.
    package func isWorking(_ relay: Int, at now: Instant) -> Bool { relays[relay].trouble == nil && !isDown(relay, at: now) }

    /// When it is worth looking for one of these again; nil where one works, or none is known to come back by itself.
    package func comesBack(_ some: [Int], at now: Instant) -> Instant? {
        if some.contains(where: { isWorking($0, at: now) }) { return nil }
        return some.compactMap { relay in
            guard let down = relays[relay].down, down.until > now else { return now.advanced(byMilliseconds: Self.rest) }
            return down.until < .latest ? down.until : nil
        }.min()
    }

    /// By weights, among those that could send now: one at its limit or down is passed over. Those that stand by wait until no other is up.
    mutating func isTurn(of relay: Int, in route: [Int], at now: Instant) -> Bool {
        if relays[relay].isStandby, route.contains(where: { !relays[$0].isStandby && isWorking($0, at: now) }) {
            return false
        }
        let least = leastShare(in: route, but: relay, at: now)
        let isTurn = relays[relay].share <= least + Self.lead / relays[relay].weight
        relays[relay].waits = !isTurn
        if !isTurn {
            for other in route where relays[other].share <= least && relays[other].awaitedSince == nil { relays[other].awaitedSince = now }
        }
        return isTurn
    }

    private mutating func leastShare(in route: [Int], but relay: Int, at now: Instant) -> Double {
        var least = Double.infinity
        for other in route where other != relay && relays[other].isStandby == relays[relay].isStandby {
            guard relays[other].trouble == nil, relays[other].free(at: now) <= now else { continue }
            if let since = relays[other].awaitedSince, now.milliseconds - since.milliseconds > Self.turnPatience { continue }
            least = min(least, relays[other].share)
        }
        return least
    }

    /// One that was away has no claim on what others sent meanwhile. Twice the lead: the others may be ahead by one and a message.
    mutating func credit(_ relay: Int, in route: [Int], at now: Instant) {
        let least = leastShare(in: route, but: relay, at: now)
        if least < .infinity { relays[relay].share = max(relays[relay].share, least - 2 * Self.lead) }
        relays[relay].share += 1 / relays[relay].weight
    }

    /// Whether a relay that was told to let others go first may want to ask again; asking clears it.
    package mutating func hasRelayToWake(in route: [Int], at now: Instant) -> Bool {
        guard route.count > 1, let waiting = route.first(where: { relays[$0].waits }) else { return false }
        return isTurn(of: waiting, in: route, at: now)
    }
}
