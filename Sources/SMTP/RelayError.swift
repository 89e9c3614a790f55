package import Delivery

/// Why nothing can be sent through a relay.
package struct RelayError: TransportFailure, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// No such host, nobody listening, no answer in time, or no session that lives long enough for one message.
        case unreachable
        /// It answers, but refuses us before we have said anything, or does not speak SMTP.
        case greetingRefused
        /// It offers no STARTTLS and settings want it.
        case tlsNotOffered
        /// The handshake failed or the certificate does not prove that this is the relay.
        case tlsFailed
        /// Wrong user name or password, or no way to log in.
        case loginRefused
        /// It knows us and does not take mail from this sender, name or address.
        case senderRefused
        /// It says 4yz to whatever we send.
        case busy
        /// The relay's own settings are impossible, before anything is tried.
        case settings
    }

    package let kind: Kind
    /// `host:port`.
    package let endpoint: String
    /// What happened, as one sentence without the endpoint.
    package let text: String
    /// What to do now.
    package let hint: String
    /// The server's last words, where it said any.
    package let reply: Reply?
    /// True where trying again in a moment may help.
    package let isTemporary: Bool

    package init(_ kind: Kind, endpoint: String, text: String, hint: String, reply: Reply? = nil, isTemporary: Bool) {
        self.kind = kind
        self.endpoint = endpoint
        self.text = text
        self.hint = hint
        self.reply = reply
        self.isTemporary = isTemporary
    }
}

extension RelayError: CustomStringConvertible {
    package var description: String { "\(endpoint): \(text)" }
}
