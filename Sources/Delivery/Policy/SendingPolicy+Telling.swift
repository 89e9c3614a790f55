package import Model

extension SendingPolicy {
    /// Something that is not as fast as it could be, for people to read.
    package struct Brake: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// Nothing goes there until then.
            case held(until: Instant, reason: String)
            /// It gave way to what the server said, and goes so fast a second now.
            case slowed(perSecond: Double, reason: String)
            /// A limit is used up until then.
            case limited(until: Instant)
            /// None of a relay's connections works; it is tried again.
            case troubled(reason: String)
            /// A relay can't be used until then.
            case down(until: Instant, reason: String)
        }

        package enum Subject: Hashable, Sendable {
            case workspace
            case campaign
            case relay(String)
            /// A provider, or a domain by itself.
            case provider(String)
        }

        package let subject: Subject
        package let kind: Kind

        /// A relay that does not work, and not one that works and may not.
        package var isTrouble: Bool {
            switch kind {
            case .troubled, .down: true
            case .held, .slowed, .limited: false
            }
        }

        package init(subject: Subject, kind: Kind) {
            (self.subject, self.kind) = (subject, kind)
        }
    }

    /// So many providers at their limits are told of: thousands of domains may have one each.
    private static let mostTold = 20

    /// Everything that slows a campaign down at the moment, the widest first; of providers at their limits some for which messages wait.
    package mutating func brakes(of campaign: Int, through route: [Int], at now: Instant) -> [Brake] {
        var brakes: [Brake] = []
        if !workspace.isEmpty { limit(.workspace, workspace.free(at: now), now, &brakes) }
        if campaign < campaigns.count, !campaigns[campaign].limiter.isEmpty {
            limit(.campaign, campaigns[campaign].limiter.free(at: now), now, &brakes)
        }
        for relay in route {
            let subject = Brake.Subject.relay(relays[relay].name)
            if let down = relays[relay].down, down.until > now {
                brakes.append(Brake(subject: subject, kind: .down(until: down.until, reason: down.reason)))
                continue
            }
            if let reason = relays[relay].trouble { brakes.append(Brake(subject: subject, kind: .troubled(reason: reason))) }
            slowed(subject, relays[relay].throttle, &brakes)
            if let free = relays[relay].limitFree(at: now) { limit(subject, free, now, &brakes) }
        }
        var limited = 0
        for lane in lanes.indices.dropFirst() {
            let subject = Brake.Subject.provider(lanes[lane].name)
            if let hold = lanes[lane].hold, hold.until > now {
                brakes.append(Brake(subject: subject, kind: .held(until: hold.until, reason: hold.reason)))
                continue
            }
            slowed(subject, lanes[lane].throttle, &brakes)
            if limited < Self.mostTold, isWaitedFor(lane, at: now) {
                let before = brakes.count
                limit(subject, lanes[lane].limiter.free(at: now), now, &brakes)
                limited += brakes.count - before
            }
        }
        return brakes
    }

    /// Whether messages wait for a limit of the provider. Where it is shared, one's own part may be used up and more be had for the asking.
    private mutating func isWaitedFor(_ lane: Int, at now: Instant) -> Bool {
        guard !lanes[lane].limiter.isEmpty, lanes[lane].underWay > 0 || lanes[lane].reserved > now else { return false }
        return !isSharing || lanes[lane].stuckSince != nil || lanes[lane].limiter.left(at: now) == 0
    }

    private func limit(_ subject: Brake.Subject, _ free: Instant, _ now: Instant, _ brakes: inout [Brake]) {
        if free > now { brakes.append(Brake(subject: subject, kind: .limited(until: free))) }
    }

    private func slowed(_ subject: Brake.Subject, _ throttle: Throttle, _ brakes: inout [Brake]) {
        if let pace = throttle.pace { brakes.append(Brake(subject: subject, kind: .slowed(perSecond: pace, reason: throttle.reason))) }
    }
}
