package import Model

/// What a machine on the way says of a message that had been taken: that it came back, that it is late, that it arrived, or that its
/// reader called it spam.
///
/// ```swift
/// let report = DeliveryReport(bytes)      // nil: it is no such thing, but somebody's answer
/// report?.recipients.first?.kind          // .failed
/// report?.recipients.first?.words         // "550 5.1.1 <ada@example.org>... User unknown"
/// report?.traces                          // ["bounces+k3v…@example.com", "k3v…@example.com"]
/// ```
///
/// Read as RFC 3464 (status notifications) and RFC 5965 (feedback) have it; where a server writes prose instead, what it repeats of the
/// other server's answer. It takes what it can from anything and never fails. Whoever can send mail can write one: which message it is
/// about may be believed only where it names what nobody else knows (``traces``), never by the address it names.
package struct DeliveryReport: Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// It was given up.
        case failed
        /// It has not arrived yet and goes on being tried.
        case delayed
        /// It arrived, or was passed on to where nothing more is told.
        case delivered
        /// Its reader called it spam.
        case complaint
    }

    package struct Recipient: Hashable, Sendable {
        package var kind: Kind
        /// As the report names it, unchecked; nil where it does not.
        package var address: String?
        /// RFC 3463, such as `5.1.1`; nil where the report has none.
        package var status: String?
        /// What the server that refused it said, or what the report says of it; at most ``DeliveryReport/longestWords`` bytes.
        package var words: String
    }

    /// Never empty.
    package let recipients: [Recipient]
    /// Where the report came to and which message it returns: addresses and Message-IDs, `local@domain`, the most telling first.
    package let traces: [String]
    package let date: Instant?

    /// More of a message is not read: what counts stands at its beginning, and what it returns may be large.
    package static let longest = 1 << 20
    static let longestWords = 2000
    static let mostRecipients = 50
    private static let mostTraces = 20

    package init?(_ bytes: [UInt8]) {
        let message = MessageReader(bytes.count > Self.longest ? Array(bytes[..<Self.longest]) : bytes)
        guard let recipients = Self.recipients(in: message), !recipients.isEmpty else { return nil }
        self.recipients = recipients
        traces = Self.traces(in: message)
        date = message.header("date").flatMap { MailDate.read($0) }
    }

    private static func recipients(in message: MessageReader) -> [Recipient]? {
        if let feedback = message.parts.first(where: { $0.type == "message/feedback-report" }) { return complaints(feedback) }
        let status = message.parts.first { ["message/delivery-status", "message/global-delivery-status"].contains($0.type) }
        let prose = ReportProse(message)
        if let status {
            let told = StatusFields.recipients(in: status.text)
            if !told.isEmpty { return told.map { prose.completing($0) } }
        }
        return prose.recipients
    }

    /// RFC 5965 section 3.1. Of the kinds of feedback some are about something else: `not-spam`, `auth-failure`.
    private static func complaints(_ part: MessageReader.Part) -> [Recipient]? {
        let fields = StatusFields.groups(in: part.text).joined()
        let kind = fields.first { $0.name == "feedback-type" }?.value.lowercased() ?? "abuse"
        guard ["abuse", "fraud", "virus", "opt-out", "opt-out-list", "other"].contains(kind) else { return nil }
        let whose = fields.first { $0.name == "original-rcpt-to" || $0.name == "removal-recipient" }?.value
        return [Recipient(kind: .complaint, address: whose.map { StatusFields.address($0) }, status: nil, words: kind)]
    }

    // MARK: Which message

    /// First where the report was sent, which is the return path of the message; then what the returned message names.
    private static func traces(in message: MessageReader) -> [String] {
        var found: [String] = []
        func add(_ text: some StringProtocol) {
            for address in addresses(in: text) where found.count < mostTraces && !found.contains(address) { found.append(address) }
        }
        let own = ["to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-failed-recipients-of", "apparently-to"]
        for header in message.headers.prefix(200) where own.contains(header.name.lowercased()) { add(header.value) }
        let returned = ["message-id", "return-path", "original-mail-from", "x-original-message-id", "in-reply-to"]
        for part in message.parts {
            // A character of CR and LF is one in Swift.
            for line in part.text.split(maxSplits: 5000, whereSeparator: \.isNewline).prefix(5000) {
                guard let colon = line.prefix(40).firstIndex(of: ":") else { continue }
                let name = line[..<colon].drop { $0 == " " || $0 == ">" || $0 == "\t" }.lowercased()
                if returned.contains(name) { add(line[line.index(after: colon)...]) }
            }
        }
        for header in message.headers.prefix(200) where ["in-reply-to", "references"].contains(header.name.lowercased()) {
            add(header.value)
        }
        return found
    }

    private static func addresses(in text: some StringProtocol) -> [String] {
        text.prefix(2000).split { " \t\r\n<>,;\"()[]".contains($0) }.map { String($0) }.filter { word in
            word.utf8.count <= 400 && word.contains("@") && word.first != "@" && word.last != "@"
        }
    }
}
