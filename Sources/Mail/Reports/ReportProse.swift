import Model

/// What a report says to people, and what can be made of it where it says nothing to machines.
struct ReportProse {
    /// Before the message that it returns, in one piece.
    private let text: String
    private let isFromMachine: Bool
    private let failed: String?
    private let isLate: Bool
    /// The subject says what it is.
    private let isNamedSo: Bool

    init(_ message: MessageReader) {
        var text = ""
        for part in message.parts {
            if ["message/rfc822", "message/global", "text/rfc822-headers", "message/delivery-status"].contains(part.type) { break }
            guard text.utf8.count < 50_000, part.type == "text/plain" || part.type == "text/html" else { continue }
            // Pages come behind the same in plain text, mostly.
            if part.type == "text/html" { text += text.isEmpty ? Self.withoutTags(part.text) : "" } else { text += part.text + "\n" }
        }
        self.text = Self.beforeReturned(text)
        failed = message.header("x-failed-recipients")
        isFromMachine = Self.senders.contains { (message.header("from") ?? message.header("sender") ?? "").lowercased().contains($0) }
        let subject = message.header("subject")?.lowercased() ?? ""
        isNamedSo = Self.subjects.contains { subject.contains($0) }
        isLate = ["delay", "warning:", "not yet been delivered"].contains { subject.contains($0) } && !subject.contains("fail")
    }

    /// Nil where this is no report. Somebody's holiday notice comes with an empty return path too: the sender must be a mail system by
    /// its name, or the subject that of such reports, and there must be something that it reports.
    var recipients: [DeliveryReport.Recipient]? {
        guard isFromMachine || isNamedSo || failed != nil else { return nil }
        let lower = text.lowercased()
        let reply = ReplyInText(text)
        guard failed != nil || reply != nil || isFromMachine && isNamedSo || Self.laments.contains(where: { lower.contains($0) }) else {
            return nil
        }
        let isWaiting = isLate || Self.patience.contains { lower.contains($0) }
        let address = failed.map { String($0.prefix { $0 != "," }).trimmingSpaces } ?? Self.address(in: text)
        return [
            DeliveryReport.Recipient(
                kind: isWaiting ? .delayed : .failed, address: address, status: reply?.enhanced, words: Self.cut(cause(reply)))
        ]
    }

    /// A recipient of whom the machine-readable part says less than the prose.
    func completing(_ recipient: DeliveryReport.Recipient) -> DeliveryReport.Recipient {
        guard recipient.words.isEmpty else { return recipient }
        var recipient = recipient
        recipient.words = Self.cut(cause(ReplyInText(text)))
        return recipient
    }

    /// The paragraph with the other server's answer; else what follows the address.
    private func cause(_ reply: ReplyInText?) -> String {
        let paragraphs = text.split(separator: "\n\n").map { String($0).trimmingSpaces }.filter { !$0.isEmpty }
        if reply != nil,
            let answer = paragraphs.first(where: { ReplyInText($0)?.code != nil }) ?? paragraphs.first(where: { ReplyInText($0) != nil })
        {
            return answer
        }
        guard let place = paragraphs.firstIndex(where: { Self.address(in: $0) != nil }) else { return paragraphs.joined(separator: " ") }
        return paragraphs[place...].prefix(4).joined(separator: " ")
    }

    // MARK: What it is

    private static let senders = [
        "mailer-daemon", "mailer daemon", "postmaster", "mail delivery", "mail-daemon", "maildaemon", "mail administrator", "mdaemon",
        "delivery subsystem", "system administrator", "bounce",
    ]
    private static let subjects = [
        "undeliver", "undelivered mail", "delivery status notification", "delivery failure", "failure notice", "returned mail",
        "delivery failed", "could not be delivered", "mail delivery fail", "mail failure", "delivery notification", "mail error",
        "mail failed", "message not delivered", "non-delivery", "unzustellbar", "non remis", "mancato recapito", "mail system error",
    ]
    private static let laments = [
        "not be delivered", "undeliverable", "unable to deliver", "delivery failed", "failed to deliver", "could not deliver",
        "couldn't be delivered", "can't be delivered", "cannot be delivered", "not reach the following", "delivery errors",
        "wasn't able to deliver", "error delivering", "failure reasons", "delivery to the following", "returned to sender",
        "user unknown", "unknown user", "mailbox is full", "mailbox full", "could not send", "was not delivered",
        "attempting to deliver",
    ]
    private static let patience = [
        "will be retried", "not yet been delivered", "will continue to be attempted", "will keep trying", "still trying",
        "will retry", "delivery attempts will continue", "you do not need to resend", "is a warning message only",
    ]

    // MARK: Words

    /// Where the message that came back begins, if the report repeats it in its own text.
    private static let dividers = [
        "below this line is a copy", "this is a copy of", "a copy of the original message", "original message follows",
        "original message -",
        "message headers follow", "unsent message follows", "the body of the message is", "returned message -", "original mail info",
        "header of the original", "original message headers", "the first 50 lines of the original", "original message header",
        "message header -",
        "returned message header", "copy of your message", "original mail as follows", "orignal message -", "included is a copy",
    ]
    private static let headers = ["return-path:", "received: from", "received: by", "dkim-signature:", "mime-version: 1"]

    private static func beforeReturned(_ text: String) -> String {
        var kept = ""
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let lower = line.lowercased()
            if !kept.isEmpty, dividers.contains(where: { lower.contains($0) }) || headers.contains(where: { lower.hasPrefix($0) }) { break }
            kept += line + "\n"
            if kept.utf8.count > 20_000 { break }
        }
        return kept
    }

    private static func address(in text: String) -> String? {
        let word = text.prefix(4000).split { " \t\r\n<>,;:\"()[]".contains($0) || $0.isNewline }.first { word in
            word.contains("@") && word.first != "@" && word.last != "@" && word.utf8.count <= 320
        }
        return word.map { String($0) }
    }

    private static func withoutTags(_ page: String) -> String {
        var text = ""
        var inTag = false
        for character in page.prefix(50_000) {
            switch character {
            case "<": inTag = true
            case ">" where inTag:
                inTag = false
                text += " "
            default: if !inTag { text.append(character) }
            }
        }
        return text
    }

    /// On one line, and no longer than anybody reads.
    static func cut(_ text: String) -> String {
        var words = ""
        for word in text.split(whereSeparator: { $0.isWhitespace || $0.isNewline }) {
            guard words.utf8.count + word.utf8.count < DeliveryReport.longestWords else { break }
            words += words.isEmpty ? String(word) : " " + word
        }
        return words
    }
}
