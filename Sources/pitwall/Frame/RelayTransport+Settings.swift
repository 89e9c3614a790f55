import Campaigns
import Delivery
import Foundation
import Model
import SMTP
import Store
import Workspace

extension RelayTransport {
    /// The transport to a relay of the settings, its password read now, its limits reminded of what has gone already.
    init(_ settings: RelaySettings, in workspace: OpenWorkspace, campaignRate: Rate?, campaign: CampaignID?) throws {
        self.init(try Relay(settings, in: workspace), limiter: try .remembering(settings, campaignRate, campaign, workspace))
    }
}

extension RateLimiter {
    /// The limits of relay and campaign, which count what the log says has gone already: no window is above its limit because
    /// the program was started anew.
    fileprivate static func remembering(
        _ settings: RelaySettings, _ campaignRate: Rate?, _ campaign: CampaignID?, _ workspace: OpenWorkspace
    ) throws -> RateLimiter {
        func limiter(_ rates: [Rate], campaign: CampaignID?, relay: String?) throws -> RateLimiter {
            var limiter = RateLimiter(rates)
            guard let longest = rates.map(\.window.milliseconds).max() else { return limiter }
            let since = Clock.now().advanced(byMilliseconds: -longest)
            for (at, count) in try workspace.ledger.attempts(since: since, campaign: campaign, relay: relay) {
                limiter.record(count, at: at)
            }
            return limiter
        }
        var limits = try limiter(settings.limits, campaign: nil, relay: settings.name)
        if let campaignRate { limits.compose(with: try limiter([campaignRate], campaign: campaign, relay: nil)) }
        return limits
    }
}

extension Relay {
    init(_ settings: RelaySettings, in workspace: OpenWorkspace) throws {
        let tls: TLS =
            switch (settings.scheme, settings.tls) {
            case (.smtps, _): .implicit
            case (.smtp, .required): .required
            case (.smtp, .opportunistic): .opportunistic
            case (.smtp, .none): .none
            }
        self.init(
            name: settings.name, host: settings.host, port: settings.port, tls: tls, caFile: settings.caFile.map { workspace.path($0) },
            username: settings.username, password: try Self.password(settings, in: workspace), helo: workspace.settings.helo,
            connections: settings.connections, messagesPerConnection: settings.messagesPerConnection, limits: settings.limits)
    }

    /// From the environment, else from its file; never from pitwall.yaml.
    private static func password(_ settings: RelaySettings, in workspace: OpenWorkspace) throws -> String? {
        if let password = Environment["PITWALL_RELAY_PASSWORD"] { return password }
        guard let file = settings.passwordFile else { return nil }
        let path = workspace.path(file)
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
            throw UseError(
                .settings, "the password file \(file) of relay \(settings.name) can't be read",
                hint: "make it, with the password on its first line, readable by you alone (chmod 600)")
        }
        let line = text.split(whereSeparator: \.isNewline).first.map { String($0) } ?? ""
        guard !line.isEmpty else { throw UseError(.settings, "the password file \(file) of relay \(settings.name) is empty") }
        return line
    }
}
