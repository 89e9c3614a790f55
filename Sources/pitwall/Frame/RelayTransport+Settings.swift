import Campaigns
import Foundation
import Model
import SMTP
import Store
import Workspace

extension RelayTransport {
    /// The transport to a relay of the settings, its password read now, its limits reminded of what has gone already.
    init(_ settings: RelaySettings, in workspace: OpenWorkspace, campaignRate: Rate?, campaign: CampaignID?) throws {
        self.init(relay: try Relay(settings, in: workspace, extraLimits: campaignRate.map { [$0] } ?? []))
    }
}

extension Relay {
    init(_ settings: RelaySettings, in workspace: OpenWorkspace, extraLimits: [Rate] = []) throws {
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
            connections: settings.connections, messagesPerConnection: settings.messagesPerConnection, limits: settings.limits + extraLimits)
    }

    /// From the environment, else from its file; never from pitwall.yaml.
    private static func password(_ settings: RelaySettings, in workspace: OpenWorkspace) throws -> String? {
        if let password = Environment["PITWALL_RELAY_PASSWORD"] { return password }
        guard let file = settings.passwordFile else { return nil }
        let path = workspace.path(file)
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
            throw UseError(.settings, "the password file \(file) of relay \(settings.name) can't be read", hint: "make it, with the password on its first line, readable by you alone (chmod 600)")
        }
        let line = text.split(whereSeparator: \.isNewline).first.map { String($0) } ?? ""
        guard !line.isEmpty else { throw UseError(.settings, "the password file \(file) of relay \(settings.name) is empty") }
        return line
    }
}
