import CCurl
import Delivery
import Glibc

/// What libcurl and the relay said when no connection came about, made into an error that names a remedy.
struct OpeningFailure {
    var result: CURLcode
    /// libcurl's own words. They never hold the password.
    var words: String
    var handshake: Handshake
    var osError: Int32
    var isConnected: Bool

    func error(for relay: Relay) -> RelayError {
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            make(.unreachable, relay, "no such host", "check the host name in the relay's url, and this machine's DNS", temporary: true)
        case CURLE_COULDNT_CONNECT:
            make(.unreachable, relay, "nobody answers there\(osWords)", hintForPort, temporary: true)
        case CURLE_OPERATION_TIMEDOUT: timedOut(relay)
        case CURLE_USE_SSL_FAILED:
            if let reply = handshake.lastReply, reply.code >= 400 {
                make(.tlsNotOffered, relay, "the relay did not start TLS: \(reply)", hintForTLS, temporary: reply.isTemporary)
            } else {
                make(.tlsNotOffered, relay, "the relay does not offer STARTTLS", hintForTLS, temporary: false)
            }
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
            make(
                .tlsFailed, relay, "its certificate is not good: \(words)",
                words.contains("expired")
                    ? "whoever runs the relay must renew it"
                    : "use the host name that the certificate is made for; where your own authority signed it, name its file with ca_file",
                temporary: false)
        case CURLE_SSL_CACERT_BADFILE:
            make(.tlsFailed, relay, "the file of certificates cannot be read: \(words)", "ca_file names a PEM file", temporary: false)
        case CURLE_SSL_CONNECT_ERROR where wasCut:
            make(.tlsFailed, relay, "the connection was lost while TLS was started: \(words)", "see the relay's own log", temporary: true)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER:
            make(
                .tlsFailed, relay, "TLS could not be started: \(words)",
                "smtps:// is for ports that speak TLS from the first byte (465), smtp:// for the others (587, 25)", temporary: false)
        case CURLE_LOGIN_DENIED, CURLE_AUTH_ERROR: login(relay)
        default: greeting(relay)
        }
    }

    /// libcurl gives one code to all that happens in a handshake: the words tell a lost connection from a server that speaks no TLS.
    private var wasCut: Bool {
        ["reset by peer", "broken pipe", "unexpected eof", "ssl_error_syscall", "connection closed"].contains {
            words.lowercased().contains($0)
        }
    }

    private var hintForTLS: String { "use another port (587, or smtps:// at 465), or set tls: none where the way there is safe" }
    private var hintForPort: String { "is the relay running, and does a firewall let us through to its port?" }
    private var osWords: String { osError > 0 ? " (\(String(cString: strerror(osError))))" : "" }

    private func timedOut(_ relay: Relay) -> RelayError {
        if !isConnected {
            return make(.unreachable, relay, "nobody answers there in time", hintForPort, temporary: true)
        }
        let said = handshake.lastReply.map { "the relay last said \($0)" } ?? "the relay did not greet us"
        return make(
            .unreachable, relay, "\(said) and then nothing in time", "is this an SMTP port? One for smtps:// waits for TLS", temporary: true
        )
    }

    private func login(_ relay: Relay) -> RelayError {
        var said = handshake.lastReply.flatMap { $0.code >= 400 ? ": \($0)" : nil } ?? " (\(words))"
        // Some servers repeat what they were told.
        if let password = relay.password, !password.isEmpty { said = said.replacing(password, with: "…") }
        let temporary = handshake.lastReply?.isTemporary ?? false
        return make(
            .loginRefused, relay, "the relay refused our login\(said)",
            temporary
                ? "it may be able to later: the same command goes on"
                : "check the relay's username and its password (password_file, or PITWALL_RELAY_PASSWORD, which goes before it)",
            temporary: temporary)
    }

    private func greeting(_ relay: Relay) -> RelayError {
        if let reply = handshake.lastReply, reply.code >= 400 {
            return make(
                .greetingRefused, relay, "the relay does not want to talk to us: \(reply)",
                reply.isTemporary ? "it may be busy: fewer connections, or later" : "ask its owner to let this machine's address in",
                temporary: reply.isTemporary)
        }
        if let reply = handshake.lastReply {
            return make(.unreachable, relay, "the relay broke off after \(reply) (\(words))", "see the relay's own log", temporary: true)
        }
        return make(.greetingRefused, relay, "there is no SMTP greeting (\(words))", "is this an SMTP port?", temporary: true)
    }

    private func make(_ kind: RelayError.Kind, _ relay: Relay, _ text: String, _ hint: String, temporary: Bool) -> RelayError {
        RelayError(kind, endpoint: relay.endpoint, text: text, hint: hint, reply: handshake.lastReply, isTemporary: temporary)
    }
}
