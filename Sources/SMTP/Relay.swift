/// A server that takes our mail, and how to come to terms with it.
package struct Relay: Sendable {
    package enum TLS: String, Sendable, CaseIterable {
        /// STARTTLS with a verified certificate, or nothing is sent.
        case required
        /// STARTTLS where it is offered; then the certificate must be good. With a password it counts as required: a
        /// password never travels in the clear because somebody took an offer away.
        case opportunistic
        /// No STARTTLS, even with a password. For loopback.
        case none
        /// TLS from the first byte (`smtps://`).
        case implicit
    }

    /// What the ledger calls it.
    package var name: String
    package var host: String
    package var port: Int
    package var tls: TLS
    /// Certificates to trust instead of the system's.
    package var caFile: String?
    package var username: String?
    /// Never printed: see `customMirror` and `description`.
    package var password: String?
    /// The password as it is now, where it may change while the relay is in use. Asked before each connection, so it must be quick.
    package var currentPassword: (@Sendable () -> String?)?
    /// The name in EHLO; nil: this machine's.
    package var helo: String?
    package var connections: Int
    /// After so many messages a connection is closed politely and another opened; nil: no limit.
    package var messagesPerConnection: Int?
    /// After so many milliseconds a connection gets no further message; nil: no limit.
    package var longestConnection: Int64?

    package init(
        name: String, host: String, port: Int, tls: TLS, caFile: String? = nil, username: String? = nil, password: String? = nil,
        helo: String? = nil, connections: Int = 10, messagesPerConnection: Int? = nil
    ) {
        self.name = name
        self.host = host
        self.port = port
        self.tls = tls
        self.caFile = caFile
        self.username = username
        self.password = password
        self.helo = helo
        self.connections = min(max(connections, 1), 1000)
        self.messagesPerConnection = messagesPerConnection.map { max($0, 1) }
    }

    /// `host:port` for people.
    package var endpoint: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// True where the name alone says that nothing leaves this machine.
    package var isOnLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// The URL that libcurl connects to; its path is the EHLO name. Nil where host, port or name can't be part of one.
    var url: String? {
        let isV6 = host.contains(":")
        guard !host.isEmpty, host.utf8.count <= 253, (1...65535).contains(port),
            host.utf8.allSatisfy({ Self.mayStand($0) || (isV6 && $0 == UInt8(ascii: ":")) }),
            helo?.utf8.allSatisfy({ Self.mayStand($0) || "[]:".utf8.contains($0) }) ?? true
        else { return nil }
        let path = (helo ?? "").replacing("[", with: "%5B").replacing("]", with: "%5D").replacing(":", with: "%3A")
        return "\(tls == .implicit ? "smtps" : "smtp")://\(endpoint)/\(path)"
    }

    private static func mayStand(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

extension Relay: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(name) (\(endpoint))" }
    package var customMirror: Mirror { Mirror(self, children: ["name": name, "endpoint": endpoint, "tls": tls]) }
}
