import Delivery
import Model
import Store

/// Until when the limits of providers hold back the last of a campaign's messages.
///
/// Who is left at which provider is asked of the ledger now and then: what is foretold is a time, and stays true until something else happens.
struct ProviderForecast {
    private var next: Instant?
    private(set) var end: Instant?

    private static let interval: Int64 = 15_000

    mutating func look(_ run: SendRun, at now: Instant) throws {
        guard run.traffic.with({ $0.hasProviderLimits }), next.map({ $0 <= now }) ?? true else { return }
        let start = ContinuousClock.now
        let domains = try run.campaigns.domainsLeft(of: run.desk.campaign)
        let seconds = run.traffic.with { $0.secondsAtProviders(domains, at: now) }
        // Of a million that is a second or two, in which nothing is claimed.
        let took = ContinuousClock.now - start
        next = now.advanced(byMilliseconds: max(Self.interval, Int64(took / .milliseconds(1)) * 50))
        end = seconds.map { now.advanced(byMilliseconds: Int64(min($0, 366 * 86_400) * 1000)) }
    }
}
