package import Model

/// Limits that hold over several programs: each has a part of a limit's places, and uses it as if it were a limit of its own.
///
/// A place is taken by a message and free again when the window has passed, here as for a limit that is one's own, so parts that add up to
/// no more than the limit never exceed it together, in no window, and cost nothing while they stay as they are. What changes them is
/// ``claims(at:isBusy:)``, which says what is wanted and first gives up, here, what is not; and ``allot(_:to:)``, which takes what was granted.
extension SendingPolicy {
    /// What this program has to say about one window of a limit.
    package struct ShareClaim: Sendable {
        /// `workspace`, `campaign 3`, `relay main`, `warm-up main`, `provider google`, `domain firm.example`.
        package var limit: String
        package var rate: Rate
        /// It can't do with fewer: so many are in use, or stay its own.
        package var keeps: Int
        package var wants: Int
        /// All it has are in use, and messages wait.
        package var isWanting: Bool
        /// How it stands with this part.
        let share: RateLimiter.Share
        /// Where the answer goes.
        package var place: SharePlace

        /// All that ever went under it here.
        package var total: Int { share.total }
    }

    package struct SharePlace: Hashable, Sendable {
        enum Owner: Hashable, Sendable {
            case workspace
            case campaign(Int), relay(Int), warmUp(Int), lane(Int)
        }

        let owner: Owner
        let window: Int
    }

    /// So long, in milliseconds, a message to a provider is kept ready for a place of a limit that others may have used up. Then it waits in the ledger: who
    /// leaves meanwhile must not get it.
    static let askingPatience: Int64 = 3000

    /// Windows up to this length are used up and free again faster than parts change.
    private static let short: Int64 = 10_000

    /// From now on every limit is shared. Gives what was remembered of the past, by limit and window in milliseconds.
    package mutating func share() -> [String: [Int64: [(at: Instant, count: Int)]]] {
        isSharing = true
        var past: [String: [Int64: [(at: Instant, count: Int)]]] = [:]
        for owner in owners {
            let name = name(of: owner)
            withLimiter(of: owner) { limiter in
                let rates = limiter.rates
                for (rate, entries) in zip(rates, limiter.share()) where !entries.isEmpty {
                    past[name, default: [:]][rate.window.milliseconds] = entries
                }
            }
        }
        return past
    }

    /// What to ask for. What is not needed any more is given up at once, before anybody else may hear of it.
    ///
    /// - Parameter pace: Messages a second that went lately under a limit, of its place and all that ever went.
    package mutating func claims(at now: Instant, isBusy: Bool, pace: (SharePlace, _ total: Int) -> Double)
        -> [ShareClaim]
    {
        var claims: [ShareClaim] = []
        for owner in owners {
            var isBusy = isBusy
            if case .lane(let lane) = owner {
                // What was put off comes for its place when it is due, and must find it: else a small part would be given back each time.
                isBusy = lanes[lane].underWay > 0 || lanes[lane].isAsked || lanes[lane].reserved > now
                lanes[lane].isAsked = false
            }
            var isStuck = false
            let first = claims.count
            withLimiter(of: owner) { limiter in
                for (window, share) in limiter.shares(at: now).enumerated() {
                    let place = SharePlace(owner: owner, window: window)
                    // Of a domain that nothing goes to there is nothing to say, or nothing new and nothing to give back.
                    if !isBusy, share.places <= share.used, limiter.isTold(share, in: window) { continue }
                    let isWanting = isBusy && share.used >= share.places
                    let wants = Self.wants(share, isWanting, isBusy, pace(place, share.total))
                    let allowed = min(share.places, wants)
                    limiter.allot(allowed, in: window)
                    limiter.tell(in: window)
                    let keeps = max(share.used, allowed)
                    claims.append(
                        ShareClaim(
                            limit: "", rate: share.rate, keeps: keeps, wants: max(wants, keeps), isWanting: isWanting,
                            share: share, place: place))
                }
                isStuck = isBusy && limiter.ownFree(at: now).milliseconds - now.milliseconds > Self.patience
            }
            // A name is put together, and thousands of domains have nothing to say.
            if claims.count > first {
                let name = name(of: owner)
                for index in first..<claims.count { claims[index].limit = name }
            }
            if case .lane(let lane) = owner { lanes[lane].stuckSince = isStuck ? lanes[lane].stuckSince ?? now : nil }
        }
        return claims
    }

    /// Of a short window all there is while it is used up, else a little more than is in use; of a long one as much as will go within some
    /// seconds: a place that nobody uses is missing elsewhere, and after a death for the whole of a day.
    private static func wants(_ share: RateLimiter.Share, _ isWanting: Bool, _ isBusy: Bool, _ pace: Double) -> Int {
        let limit = share.rate.count
        guard isBusy else { return min(limit, share.used) }
        if share.rate.window.milliseconds <= short {
            if isWanting { return limit }
            // What changes all the time is not worth asking for.
            let isAbout = share.places > share.used && share.places <= 2 * share.used + 2
            return min(limit, isAbout ? share.places : share.used + share.used / 2 + 1)
        }
        let ahead = min(max(Int(min(pace * 10, 1e6)), limit / 100, 1), max(limit / 10, 1))
        let hasEnough = share.places - share.used > ahead / 2
        return min(limit, hasEnough ? min(share.places, share.used + 2 * ahead) : share.used + ahead)
    }

    /// It may use so many of the places that are its own. Fewer than are in use: another has too little, and what gets free here is for it.
    package mutating func allot(_ places: Int, to claim: ShareClaim) {
        let place = claim.place
        var told = claim.share
        told.places = places
        var isMore = false
        withLimiter(of: place.owner) { limiter in
            isMore = limiter.allot(places, in: place.window)
            limiter.told(told, isWanting: claim.isWanting, in: place.window)
        }
        if isMore, case .lane(let lane) = place.owner { lanes[lane].stuckSince = nil }
    }

    private var owners: [SharePlace.Owner] {
        var owners: [SharePlace.Owner] = workspace.isEmpty ? [] : [.workspace]
        owners += campaigns.indices.filter { !campaigns[$0].limiter.isEmpty }.map { .campaign($0) }
        for relay in relays.indices {
            if !relays[relay].limiter.isEmpty { owners.append(.relay(relay)) }
            if relays[relay].warming != nil { owners.append(.warmUp(relay)) }
        }
        return owners + lanes.indices.dropFirst().filter { !lanes[$0].limiter.isEmpty }.map { .lane($0) }
    }

    private func name(of owner: SharePlace.Owner) -> String {
        switch owner {
        case .workspace: "workspace"
        case .campaign(let campaign): "campaign \(campaigns[campaign].id)"
        case .relay(let relay): "relay \(relays[relay].name)"
        case .warmUp(let relay): "warm-up \(relays[relay].name)"
        case .lane(let lane): (lane <= providers.groups.count ? "provider " : "domain ") + lanes[lane].name
        }
    }

    /// Taken out meanwhile, so that nothing is copied.
    private mutating func withLimiter(of owner: SharePlace.Owner, _ body: (inout RateLimiter) -> Void) {
        var limiter: RateLimiter
        switch owner {
        case .workspace: (limiter, workspace) = (workspace, RateLimiter())
        case .campaign(let campaign):
            limiter = campaigns[campaign].limiter
            campaigns[campaign].limiter = RateLimiter()
        case .relay(let relay):
            limiter = relays[relay].limiter
            relays[relay].limiter = RateLimiter()
        case .warmUp(let relay):
            limiter = relays[relay].warming?.limiter ?? RateLimiter()
            relays[relay].warming?.limiter = RateLimiter()
        case .lane(let lane):
            limiter = lanes[lane].limiter
            lanes[lane].limiter = RateLimiter()
        }
        body(&limiter)
        switch owner {
        case .workspace: workspace = limiter
        case .campaign(let campaign): campaigns[campaign].limiter = limiter
        case .relay(let relay): relays[relay].limiter = limiter
        case .warmUp(let relay): relays[relay].warming?.limiter = limiter
        case .lane(let lane): lanes[lane].limiter = limiter
        }
    }
}
