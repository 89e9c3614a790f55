import Diagnostics
package import Model

/// A mail server that takes our messages, as `relays:` describes it.
package struct RelaySettings: Hashable, Sendable {
    package enum Encryption: String, CaseIterable, Sendable {
        /// STARTTLS with a verified certificate, or nothing is sent.
        case required
        /// STARTTLS where offered; the certificate is not looked at.
        case opportunistic
        case none
    }

    package enum Scheme: String, Sendable {
        case smtp
        /// TLS from the first byte.
        case smtps
    }

    package var name: String
    package var scheme: Scheme
    /// Without brackets, also for an IPv6 address.
    package var host: String
    package var port: Int
    package var tls: Encryption
    package var username: String?
    /// Relative to the workspace unless absolute.
    package var passwordFile: String?
    package var connections: Int = 10
    package var messagesPerConnection: Int?
    /// How long a connection is used at most.
    package var connectionAge: TimeSpan?
    package var limits: [Rate] = []
    /// Its share beside other relays.
    package var weight = 1
    /// It is used only while none of the others can be.
    package var isStandby = false
    /// It carries only mail from these; none: whatever no other relay is named for.
    package var fromDomains: [String] = []
    package var warmUp: WarmUpSettings?
    /// Certificates to trust instead of the system's. Relative to the workspace unless absolute.
    package var caFile: String?

    package struct Problem: Error, Hashable, Sendable {
        package var message: String
    }

    /// The relay that a URL alone describes: `smtp://127.0.0.1:2525`. TLS is required unless the host is on loopback.
    package init(name: String? = nil, url: String) throws(Problem) {
        let lower = url.lowercased()
        guard let scheme = lower.hasPrefix("smtp://") ? Scheme.smtp : lower.hasPrefix("smtps://") ? .smtps : nil else {
            throw Problem(message: "expected smtp://HOST:PORT or smtps://HOST:PORT")
        }
        var rest = url.dropFirst(scheme.rawValue.count + 3)
        if rest.last == "/" { rest = rest.dropLast() }
        if rest.contains("@") {
            throw Problem(message: "a user name does not belong in the URL; use username and password_file")
        }
        (host, port) = try Self.authority(rest, defaultPort: scheme == .smtps ? 465 : 25)
        self.name = name ?? host
        self.scheme = scheme
        tls = Self.isLoopback(host) && scheme == .smtp ? .none : .required
    }

    private static func authority(_ text: Substring, defaultPort: Int) throws(Problem) -> (String, Int) {
        var host = text
        var digits: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { throw Problem(message: "a ] is missing in the URL") }
            host = text[text.index(after: text.startIndex)..<close]
            let after = text[text.index(after: close)...]
            guard after.isEmpty || after.first == ":" else { throw Problem(message: "expected a port after the ] in the URL") }
            digits = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            digits = text[text.index(after: colon)...]
        }
        let isAddress = text.first == "[" && !host.isEmpty && host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        guard text.first == "[" ? isAddress : HostName.isValid(String(host)) && !host.hasPrefix("[") else {
            throw Problem(message: "the URL has no valid host name")
        }
        guard let digits else { return (host.lowercased(), defaultPort) }
        guard let port = Int(digits), (1...65_535).contains(port) else {
            throw Problem(message: "the port in the URL must be a number from 1 to 65535")
        }
        return (host.lowercased(), port)
    }

    package var isOnLoopback: Bool { Self.isLoopback(host) }

    /// 127.0.0.0/8, ::1 and localhost (RFC 6761 section 6.3).
    package static func isLoopback(_ host: String) -> Bool {
        if host == "::1" || host == "localhost" || host.hasSuffix(".localhost") { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers[0] == 127
    }

    /// As it may be shown: no user name, no password.
    package var url: String {
        "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

extension YAMLReader {
    private static let relayKeys = [
        "name", "url", "tls", "username", "password_file", "connections", "messages_per_connection", "connection_age", "limits", "ca_file",
        "weight", "standby", "match", "warmup",
    ]

    mutating func relay(_ node: YAMLNode) -> RelaySettings? {
        let fields = fields(of: node, in: "relays", known: Self.relayKeys)
        let name = text(fields["name"])
        guard let urlNode = fields["url"] else {
            report("a relay needs a url", at: node.span, hint: "for example url: smtp://127.0.0.1:2525")
            return nil
        }
        guard let url = text(urlNode, "a URL") else { return nil }
        var relay: RelaySettings
        do throws(RelaySettings.Problem) {
            relay = try RelaySettings(name: name, url: url)
        } catch {
            report(error.message, at: urlNode.span)
            return nil
        }
        relay.tls = word(fields["tls"], ["required": .required, "opportunistic": .opportunistic, "none": .none]) ?? relay.tls
        if relay.scheme == .smtps, relay.tls != .required {
            report("smtps:// always uses TLS", at: fields["tls"]?.span, hint: "remove tls, or write smtp://")
        }
        relay.username = text(fields["username"])
        relay.passwordFile = text(fields["password_file"], "a file name")
        if let file = fields["password_file"], relay.username == nil {
            report("a password needs a username", at: file.span, hint: "add username, or take password_file out")
        }
        relay.connections = count(fields["connections"], 1...1000) ?? relay.connections
        relay.messagesPerConnection = count(fields["messages_per_connection"], 1...1_000_000)
        relay.connectionAge = span(fields["connection_age"], "10 minutes")
        relay.limits = rates(fields["limits"])
        relay.weight = count(fields["weight"], 1...1000) ?? 1
        relay.isStandby = word(fields["standby"], ["true": true, "false": false]) ?? false
        relay.fromDomains = fromDomains(fields["match"])
        relay.warmUp = warmUp(fields["warmup"])
        relay.caFile = text(fields["ca_file"], "a file name")
        return relay
    }
}
