import Campaigns
import Delivery
import Foundation
import Model
import SMTP
import Synchronization
import Workspace

extension RelayTransport {
    /// The transport to a relay of the settings.
    init(_ settings: RelaySettings, in workspace: OpenWorkspace) throws {
        self.init(try Relay(settings, in: workspace))
    }
}

extension Route {
    /// The ways for mail from this address: those relays that are to carry it.
    static func routes(_ relays: [RelaySettings], from sender: EmailAddress, in workspace: OpenWorkspace) throws -> [Route] {
        let carrying = relays.carrying(fromDomain: sender.asciiDomain)
        guard !carrying.isEmpty else {
            throw UseError(
                .settings, "no relay carries mail from \(sender.domain)",
                hint: RelaySettings.hintForStrangers)
        }
        return try carrying.map { Route(relay: $0, try RelayTransport(relays[$0], in: workspace)) }
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
        if let file = settings.caFile, !FileManager.default.isReadableFile(atPath: workspace.path(file)) {
            throw UseError(
                .settings, "the ca_file \(file) of relay \(settings.name) can't be read",
                hint: "it holds the certificates to trust, in PEM form; without ca_file the system's are trusted")
        }
        let others = workspace.settings.relays.filter { $0.username != nil && $0.name != settings.name }
        if settings.username != nil, !others.isEmpty, Environment["PITWALL_RELAY_PASSWORD"] != nil {
            throw UseError(
                .settings, "PITWALL_RELAY_PASSWORD is set, and \(others.count + 1) relays have logins: it would go to all of them",
                hint: "take it out of the environment, and give each relay its password_file")
        }
        let password = try Self.password(settings, in: workspace)
        if settings.username != nil, password == nil {
            throw UseError(
                .settings, "relay \(settings.name) has a username and no password",
                hint: "name a file with the password in pitwall.yaml: password_file: …; or set PITWALL_RELAY_PASSWORD")
        }
        self.init(
            name: settings.name, host: settings.host, port: settings.port, tls: tls, caFile: settings.caFile.map { workspace.path($0) },
            username: settings.username, password: password, helo: workspace.settings.helo,
            connections: settings.connections, messagesPerConnection: settings.messagesPerConnection)
        longestConnection = settings.connectionAge?.milliseconds
        if let file = settings.passwordFile, Environment["PITWALL_RELAY_PASSWORD"] == nil {
            let watched = WatchedFile(workspace.path(file))
            // One that can't be read now is no reason to forget the one that worked.
            currentPassword = { watched.ifChanged { try? Self.password(settings, in: workspace) } }
        }
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

/// A file that is read again only where it has changed since.
private final class WatchedFile: Sendable {
    private let path: String
    private let state: Mutex<(mark: String, value: String?)>

    init(_ path: String) {
        self.path = path
        state = Mutex((Self.mark(path), nil))
    }

    /// What was read last; nil where it has not changed yet.
    func ifChanged(_ read: () -> String?) -> String? {
        state.withLock { state in
            let mark = Self.mark(path)
            if state.mark != mark {
                state.mark = mark
                state.value = read() ?? state.value
            }
            return state.value
        }
    }

    private static func mark(_ path: String) -> String {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return "" }
        return "\(facts.st_ino) \(facts.st_size) \(facts.st_mtim.tv_sec) \(facts.st_mtim.tv_nsec)"
    }
}
