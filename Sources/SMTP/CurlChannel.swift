import CCurl
import Delivery
import Glibc

/// One connection to a relay, opened, secured and logged in by libcurl (`CURLOPT_CONNECT_ONLY`), and then a pipe of bytes.
///
/// Belongs to one thread. Its handle stays in the multi that opened it for as long as it lives: that is what lets many open in
/// parallel. Cleaning up sends no QUIT; that is the dialogue's.
final class CurlChannel {
    enum Transfer {
        case moved(Int)
        /// Not now: `poll` first.
        case wouldBlock
        /// For `receive`: the relay closed its side. For both: the connection broke.
        case closed(String)
    }

    let easy: UnsafeMutableRawPointer
    let relay: Relay
    private(set) var socket: Int32 = -1
    /// The lines of all replies until the connection was ready.
    private var transcript: [UInt8] = []
    private var isTranscriptTooLong = false
    /// What libcurl tells of the handshake, where somebody wants to know.
    private var remarks: [String] = []
    /// libcurl's own words for a failure.
    private let errorText: UnsafeMutablePointer<CChar>

    private static let longestTranscript = 262_144
    /// libcurl's global state, made once; false where it can't be.
    private static let isReady = pitwall_curl_global() == CURLE_OK

    /// Throws where the relay's settings can't be expressed.
    init(_ relay: Relay, deadlines: Deadlines) throws(RelayError) {
        guard Self.isReady, let easy = curl_easy_init() else {
            throw RelayError(
                .settings, endpoint: relay.endpoint, text: "libcurl cannot be started", hint: "is memory short?", isTemporary: false)
        }
        self.relay = relay
        self.easy = easy
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        guard let url = relay.url else {
            throw RelayError(
                .settings, endpoint: relay.endpoint, text: "the relay's host, port or helo name is not one",
                hint: "write the relay's url as smtp://host:port, and helo as a host name", isTemporary: false)
        }
        try configure(url, deadlines)
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }

    private func configure(_ url: String, _ deadlines: Deadlines) throws(RelayError) {
        var results: [CURLcode] = []
        func set(_ option: CURLoption, _ value: Int) { results.append(pitwall_curl_set_long(easy, option, value)) }
        func set(_ option: CURLoption, _ value: String) { results.append(pitwall_curl_set_text(easy, option, value)) }

        set(CURLOPT_URL, url)
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        set(CURLOPT_CONNECT_ONLY, 1)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FRESH_CONNECT, 1)
        set(CURLOPT_TCP_NODELAY, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: deadlines.opening))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_USE_SSL, useSSL)
        // A proxy of the environment is for the world outside, and what it says is no reply of the relay.
        set(CURLOPT_HTTPPROXYTUNNEL, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if relay.isOnLoopback { set(CURLOPT_NOPROXY, "*") }
        if let file = relay.caFile { set(CURLOPT_CAINFO, file) }
        if let name = relay.username {
            set(CURLOPT_USERNAME, name)
            set(CURLOPT_PASSWORD, relay.password ?? "")
        }
        results.append(pitwall_curl_set_buffer(easy, CURLOPT_ERRORBUFFER, errorText))
        results.append(pitwall_curl_set_context(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque()))
        results.append(
            pitwall_curl_set_writer(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let channel = Unmanaged<CurlChannel>.fromOpaque(context).takeUnretainedValue()
                return channel.heard(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
            })
        guard let failure = results.first(where: { $0 != CURLE_OK }) else { return }
        throw RelayError(
            .settings, endpoint: relay.endpoint, text: "libcurl does not take the relay's settings (\(Self.words(failure)))",
            hint: "is this libcurl built with OpenSSL and SMTP? See curl --version", isTemporary: false)
    }

    /// With a password, an opportunity is not enough: see ``Relay/TLS/opportunistic``.
    private var useSSL: Int {
        switch relay.tls {
        case .none: Int(CURLUSESSL_NONE.rawValue)
        case .opportunistic: Int((relay.username == nil ? CURLUSESSL_TRY : CURLUSESSL_ALL).rawValue)
        case .required, .implicit: Int(CURLUSESSL_ALL.rawValue)
        }
    }

    private func heard(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard transcript.count + bytes.count <= Self.longestTranscript else {
            isTranscriptTooLong = true
            return false
        }
        transcript.append(contentsOf: bytes)
        return true
    }

    /// From now on libcurl's remarks are kept, for ``tlsFacts``. Nothing of what is said is.
    func listen() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = pitwall_curl_set_listener(
            easy,
            { _, kind, bytes, count, context in
                guard kind == CURLINFO_TEXT, let bytes, let context, count < 1000 else { return 0 }
                let channel = Unmanaged<CurlChannel>.fromOpaque(context).takeUnretainedValue()
                let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
                if channel.remarks.count < 200 { channel.remarks.append(line) }
                return 0
            }, context)
    }

    var tlsFacts: TLSFacts? { TLSFacts(lines: remarks) }

    /// True once TCP stands.
    var isConnected: Bool { pitwall_curl_connect_time(easy) > 0 }

    /// To be called when libcurl says that it is done; gives what the relay offers, or why it can't be used.
    func opened(_ result: CURLcode) throws(RelayError) -> Capabilities {
        let handshake = Handshake(transcript: transcript)
        guard result == CURLE_OK else { throw failure(result, handshake) }
        transcript = []
        socket = pitwall_curl_socket(easy)
        guard socket >= 0 else { throw failure(CURLE_COULDNT_CONNECT, handshake) }
        if relay.username != nil, !handshake.isLoggedIn {
            // libcurl goes on without login where the server offers none.
            throw RelayError(
                .loginRefused, endpoint: relay.endpoint, text: "the relay offers no way to log in, and settings hold a user name",
                hint: "some relays offer a login only over TLS: set tls to required, or take out username and password_file",
                isTemporary: false)
        }
        return handshake.capabilities
    }

    /// For an opening that was given up while libcurl was still at it.
    func timedOut() -> RelayError { failure(CURLE_OPERATION_TIMEDOUT, Handshake(transcript: transcript)) }

    private func failure(_ result: CURLcode, _ handshake: Handshake) -> RelayError {
        let words = isTranscriptTooLong ? "it talks without end" : String(cString: errorText)
        return OpeningFailure(
            result: result, words: words.isEmpty ? Self.words(result) : words, handshake: handshake,
            osError: Int32(truncatingIfNeeded: pitwall_curl_os_error(easy)), isConnected: isConnected
        ).error(for: relay)
    }

    private static func words(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }

    // MARK: The pipe

    /// After `wouldBlock`, the same bytes must be offered again at the same address.
    func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        var count = 0
        return switch curl_easy_send(easy, bytes.baseAddress, bytes.count, &count) {
        case CURLE_OK: .moved(count)
        case CURLE_AGAIN: count > 0 ? .moved(count) : .wouldBlock
        case let code: .closed("the connection to the relay broke while sending (\(Self.words(code)))")
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        var count = 0
        return switch curl_easy_recv(easy, buffer.baseAddress, buffer.count, &count) {
        case CURLE_OK: count > 0 ? .moved(count) : .closed("the relay closed the connection")
        case CURLE_AGAIN: .wouldBlock
        case let code: .closed("the connection to the relay broke (\(Self.words(code)))")
        }
    }
}
