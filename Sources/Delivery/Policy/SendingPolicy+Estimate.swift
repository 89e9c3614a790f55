package import Model

extension SendingPolicy {
    /// Beyond, nobody plans.
    private static let horizon: Int64 = 366 * 86_400_000

    /// How long it is until the last of so many messages of a campaign goes, where nothing but limits and warm-ups holds them back; nil
    /// without any, or beyond a year. Limits of providers are left out: nobody knows before messages are claimed whose they are.
    package func secondsAtLimits(_ count: Int, campaign: Int, through route: [Int], at now: Instant) -> Double? {
        func areGone(after milliseconds: Int64) -> Bool? {
            capacity(until: now.advanced(byMilliseconds: milliseconds), campaign: campaign, through: route, at: now).map {
                $0 >= Double(count)
            }
        }
        guard let areGoneAtOnce = areGone(after: 0), areGone(after: Self.horizon) == true else { return nil }
        guard !areGoneAtOnce else { return 0 }
        var (early, late) = (Int64(0), Self.horizon)
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
