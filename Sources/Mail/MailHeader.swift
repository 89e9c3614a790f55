/// A header beyond those that ``MailMessage`` writes from its own values.
///
/// ```swift
/// MailHeader.listUnsubscribe(web: "https://news.example.com/u/AbC", mail: nil)
/// try MailHeader("X-Campaign", text: "Spring launch")
/// ```
package struct MailHeader: Hashable, Sendable {
    package enum Problem: String, Error, Sendable {
        case badName = "is no header name: letters, digits and hyphens only"
        case reserved = "is written by the message itself"
    }

    enum Value: Hashable, Sendable {
        /// For people: encoded where it is not ASCII.
        case text(String)
        /// For machines: ASCII, folded at spaces; other bytes are dropped.
        case tokens(String)
        /// `title <identifier>`
        case titled(title: String, identifier: String)
        /// `<one>, <another>`: addresses without a byte that would end them or the header.
        case angles([String])
        /// The whole field as it goes out.
        case written([UInt8])
    }

    package let name: String
    let value: Value

    /// A header for people, such as a comment; any text will do.
    package init(_ name: String, text: String) throws(Problem) {
        self.init(name, .text(text))
        try check()
    }

    /// A header with a grammar, in ASCII. Folded at its spaces, never encoded.
    package init(_ name: String, structured: String) throws(Problem) {
        self.init(name, .tokens(structured))
        try check()
    }

    private init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    private static let reserved: Set<String> = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "return-path",
        "received", "content-type", "content-transfer-encoding", "content-disposition", "content-id", "dkim-signature",
    ]

    private func check() throws(Problem) {
        guard (1...60).contains(name.utf8.count), name.utf8.allSatisfy({ Characters.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") })
        else { throw .badName }
        if Self.reserved.contains(name.lowercased()) || name.lowercased().hasPrefix("resent-") { throw .reserved }
    }
}

extension MailHeader {
    /// The same field, its bytes written once: for what all messages of a campaign share.
    package func written() -> MailHeader {
        var bytes: [UInt8] = []
        var writer = HeaderWriter(taking: &bytes)
        writer.write(self)
        writer.giveBack(to: &bytes)
        return MailHeader(name, .written(bytes))
    }

    /// `List-Unsubscribe` (RFC 2369) and, where there is a page that takes it, `List-Unsubscribe-Post` (RFC 8058): a mail
    /// reader shows its own button and unsubscribes with one POST.
    ///
    /// - Parameters:
    ///   - web: an https URL, also shown to people.
    ///   - mail: a mailto URL; only where somebody reads that mailbox.
    package static func listUnsubscribe(web: String?, mail: String?) -> [MailHeader] {
        var places: [String] = []
        if let web, !web.isEmpty { places.append(urlText(web)) }
        if let mail, !mail.isEmpty { places.append(urlText(mail)) }
        guard !places.isEmpty else { return [] }
        let header = MailHeader("List-Unsubscribe", .angles(places))
        guard let web, web.utf8.count > 8, web.utf8.starts(with: "https://".utf8, by: { Characters.lowercased($0) == $1 }) else {
            return [header]
        }
        return [header, oneClick]
    }

    static let mimeVersion = MailHeader("MIME-Version", .tokens("1.0")).written()
    private static let oneClick = MailHeader("List-Unsubscribe-Post", .tokens("List-Unsubscribe=One-Click")).written()

    /// `List-Id` (RFC 2919): `The newsletter <newsletter.news.example.com>`. It names a topic for filters, for ever: it
    /// should not change when the title does.
    package static func listID(title: String, topic: String, domain: String) -> MailHeader {
        let label = identifier(topic.lowercased())
        return MailHeader("List-Id", .titled(title: title, identifier: "\(label.isEmpty ? "list" : label).\(domain)"))
    }

    /// `Feedback-ID: campaign:topic:stream:sender`, by which mailbox providers group complaints. The last part names who
    /// sends and is the same in all their mail. Nothing personal belongs here.
    package static func feedbackID(campaign: String, topic: String, stream: String, sender: String) -> MailHeader {
        let parts = [campaign, topic, stream, sender].map { identifier($0) }
        return MailHeader("Feedback-ID", .tokens(parts.joined(separator: ":")))
    }

    /// Letters, digits, `-`, `_` and `.`; anything else becomes one `-`.
    private static func identifier(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8.prefix(200) {
            if Characters.isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") {
                out.append(byte)
            } else if out.last != UInt8(ascii: "-"), !out.isEmpty {
                out.append(UInt8(ascii: "-"))
            }
        }
        while let last = out.last, last == UInt8(ascii: "-") || last == UInt8(ascii: ".") { out.removeLast() }
        return String(decoding: out.prefix(60), as: UTF8.self)
    }

    /// A URL with everything that would end it, or the header, percent-encoded.
    private static func urlText(_ url: String) -> String {
        var text = url
        if text.withUTF8({ $0.allSatisfy(isPlainInURL) }) { return url }
        var out: [UInt8] = []
        for byte in url.utf8 {
            if isPlainInURL(byte) {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "%"), Characters.hexDigit(byte >> 4), Characters.hexDigit(byte & 15)]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func isPlainInURL(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
    }
}
