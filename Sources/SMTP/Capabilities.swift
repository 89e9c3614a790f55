package import Delivery

/// What a server offered in its last EHLO.
package struct Capabilities: Hashable, Sendable {
    package var pipelining = false
    package var smtpUTF8 = false
    package var eightBitMIME = false
    package var startTLS = false
    /// The SIZE extension (RFC 1870) is offered.
    package var size = false
    /// The largest message it takes; nil: it does not say.
    package var largestMessage: Int?
    /// SASL mechanisms, in upper case.
    package var authentication: [String] = []

    package init() {}

    /// `lines` are those of the EHLO reply after its first, without code and separator.
    package init(lines: some Sequence<Substring>) {
        for line in lines {
            let words = line.uppercased().split { $0 == " " || $0 == "\t" }
            switch words.first {
            case "PIPELINING": pipelining = true
            case "SMTPUTF8": smtpUTF8 = true
            case "8BITMIME": eightBitMIME = true
            case "STARTTLS": startTLS = true
            case "SIZE":
                size = true
                if words.count > 1, let limit = Int(words[1]), limit > 0 { largestMessage = limit }
            case "AUTH": authentication += words.dropFirst().map { String($0) }
            default: break
            }
        }
    }
}

/// What was said until a connection was ready, read from the lines that libcurl passes on.
///
/// After STARTTLS there are two EHLO replies and only the last counts: what a server offers in the clear, anybody on the
/// way can have written.
package struct Handshake: Hashable, Sendable {
    package var capabilities = Capabilities()
    /// The server confirmed our login with 235.
    package var isLoggedIn = false
    package var lastReply: Reply?

    package init(transcript: some Sequence<UInt8>) {
        var lines: [Substring] = []
        for line in String(decoding: Array(transcript), as: UTF8.self).split(whereSeparator: \.isNewline) {
            let code = line.prefix(3)
            guard code.utf8.count == 3, code.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(code) else { continue }
            lines.append(line.dropFirst(4))
            if line.dropFirst(3).first == "-" { continue }
            lastReply = Reply(code: number, lines: lines.map { String($0) })
            if number == 250 { capabilities = Capabilities(lines: lines.dropFirst()) }
            if number == 235 { isLoggedIn = true }
            lines.removeAll()
        }
    }
}
