package import Model

extension SendingPolicy {
    /// Whether a message may be claimed, or when it should be looked at again.
    package enum Admission: Hashable, Sendable {
        case go
        /// Its provider's limit or pace is used up until then.
        case paced(Instant)
        /// Its provider is held.
        case held(Instant)
    }

    /// So far ahead at most are messages put off: a pace may rise meanwhile, and looking at a long backlog again costs.
    private static let horizon: Int64 = 15 * 60_000
    /// What can't go for so long is not taken from the ledger, and what has been taken and can't go for twice as long goes back: much may
    /// change meanwhile, also who wants it.
    package static let patience: Int64 = 15_000
    /// As much as goes within so many seconds is under way to a provider with limits.
    private static let ahead = 2.0
    /// So many wait in hand for places of a limit that is shared.
    private static let mostWaiting = 20

    /// A provider with a limit or a pace of its own has no more messages under way than it will take within a moment, so that the others
    /// are never queued behind it. Those put off get times one behind the other, as its pace lets them go.
    package mutating func admit(_ mark: Mark, at now: Instant) -> Admission {
        let lane = mark.lane
        guard lane > 0 else { return .go }
        lanes[lane].isAsked = true
        if let hold = lanes[lane].hold {
            if hold.until > now { return .held(reserve(lane, from: hold.until, at: now)) }
            lanes[lane].hold = nil
        }
        let free = laneFree(lane, at: now)
        if free.milliseconds - now.milliseconds > Self.patience { return .paced(reserve(lane, from: free, at: now)) }
        guard let allowance = allowance(lane, at: now) else {
            lanes[lane].underWay += 1
            return .go
        }
        guard lanes[lane].underWay >= allowance else {
            lanes[lane].underWay += 1
            return .go
        }
        return .paced(reserve(lane, from: free, at: now))
    }

    /// A message that was admitted has its outcome.
    package mutating func landed(_ mark: Mark) {
        if mark.lane > 0 { lanes[mark.lane].underWay = max(0, lanes[mark.lane].underWay - 1) }
    }

    /// More is known of the recipient's provider than when a message was admitted.
    package mutating func moveUnderWay(from lane: Int, to other: Int) {
        if lane > 0 { lanes[lane].underWay = max(0, lanes[lane].underWay - 1) }
        if other > 0 { lanes[other].underWay += 1 }
    }

    /// How many may be under way; nil: as many as there are.
    private mutating func allowance(_ lane: Int, at now: Instant) -> Int? {
        var allowance: Int?
        if let room = lanes[lane].limiter.room(at: now) {
            // A short window is used up again and again while messages wait behind others.
            allowance = max(room, Int(min((lanes[lane].limiter.pace ?? 0) * 1000 * Self.ahead, 1e6)))
            // Of a shared limit there are places only for what waits for one.
            if isSharing { allowance = max(allowance ?? 0, min(lanes[lane].limiter.left(at: now) ?? 0, Self.mostWaiting)) }
        }
        if let pace = lanes[lane].throttle.pace { allowance = min(allowance ?? .max, max(1, Int(min(pace * Self.ahead, 1e6)))) }
        return allowance
    }

    private mutating func reserve(_ lane: Int, from earliest: Instant, at now: Instant) -> Instant {
        // What is put off for places that are asked for finds all of them soon.
        let pace = isSharing ? lanes[lane].limiter.paceForNow(at: now) : lanes[lane].limiter.pace
        let perMillisecond = min(pace ?? .infinity, lanes[lane].throttle.pace.map { $0 / 1000 } ?? .infinity)
        let limit = max(earliest, now.advanced(byMilliseconds: Self.horizon))
        let place = min(max(earliest, lanes[lane].reserved, now.advanced(byMilliseconds: 1)), limit)
        let step = perMillisecond.isFinite ? max(1, Int64(min(1 / perMillisecond, 1e9))) : 1
        lanes[lane].reserved = place.advanced(byMilliseconds: step)
        return place
    }
}
