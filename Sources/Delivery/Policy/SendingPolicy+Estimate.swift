package import Model

extension SendingPolicy {
    /// Beyond, nobody plans.
    private static let horizon: Int64 = 366 * 86_400_000

    /// How long it is until the last of so many messages of a campaign goes, where nothing but limits and warm-ups holds them back; nil
    /// without any, or beyond a year. Limits of providers are for ``secondsAtProviders(_:at:)``.
    package func secondsAtLimits(_ count: Int, campaign: Int, through route: [Int], at now: Instant) -> Double? {
        let seconds = Self.seconds(for: count, at: now) { capacity(until: $0, campaign: campaign, through: route, at: now) }
        return seconds == .infinity ? nil : seconds
    }

    /// How long it is until the last of these messages goes, where nothing but the limits of their providers and domains holds them back; nil where
    /// none of them has any.
    ///
    /// - Parameter domains: how many go to each, by its ASCII form.
    /// - Returns: infinity beyond a year.
    package func secondsAtProviders(_ domains: [String: Int], at now: Instant) -> Double? {
        guard providers.hasLimits else { return nil }
        var counts: [Int: Int] = [:]
        // Of domains that nothing is known of each has the same limits to itself: the one with the most is the last.
        var most = 0
        for (domain, count) in domains {
            if let lane = providers.domains[domain].map({ $0 + 1 }) ?? learned[domain] {
                counts[lane, default: 0] += count
            } else {
                most = max(most, count)
            }
        }
        var longest = most > 0 ? Self.seconds(for: most, at: now, of: RateLimiter(providers.others)) : nil
        for (lane, count) in counts {
            let limiter = lanes[lane].limiter
            // Nearly always it is done by the time that others take, which is found out at once.
            if let longest, longest == .infinity || Self.isGone(count, after: longest, at: now, of: limiter) { continue }
            guard let seconds = Self.seconds(for: count, at: now, of: limiter) else { continue }
            longest = max(longest ?? 0, seconds)
        }
        return longest
    }

    private static func isGone(_ count: Int, after seconds: Double, at now: Instant, of limiter: RateLimiter) -> Bool {
        limiter.capacity(until: now.advanced(byMilliseconds: Int64(seconds * 1000)), at: now).map { $0 >= Double(count) } ?? true
    }

    private static func seconds(for count: Int, at now: Instant, of limiter: RateLimiter) -> Double? {
        seconds(for: count, at: now) { limiter.capacity(until: $0, at: now) }
    }

    /// When `capacity` comes up to so many: in seconds from now, infinity beyond the horizon, nil where it has no limit.
    private static func seconds(for count: Int, at now: Instant, capacity: (Instant) -> Double?) -> Double? {
        func areGone(after milliseconds: Int64) -> Bool? {
            capacity(now.advanced(byMilliseconds: milliseconds)).map { $0 >= Double(count) }
        }
        guard let areGoneAtOnce = areGone(after: 0) else { return nil }
        guard !areGoneAtOnce else { return 0 }
        guard areGone(after: horizon) == true else { return .infinity }
        var (early, late) = (Int64(0), horizon)
        while late - early > 1 {
            let middle = (early + late) / 2
            if areGone(after: middle) == true { late = middle } else { early = middle }
        }
        return Double(late) / 1000
    }

    private func capacity(until then: Instant, campaign: Int, through route: [Int], at now: Instant) -> Double? {
        let each = serving(route, at: now).map { relays[$0].capacity(until: then, at: now) }
        let together = each.contains(nil) ? nil : each.reduce(0) { $0 + ($1 ?? 0) }
        let own = campaigns.indices.contains(campaign) ? campaigns[campaign].limiter.capacity(until: then, at: now) : nil
        return [together, own, workspace.capacity(until: then, at: now)].compactMap { $0 }.min()
    }
}
