import Model

/// The fields of a `message/delivery-status` part (RFC 3464 section 2), and of others that are written like it.
enum StatusFields {
    struct Field: Hashable {
        /// In lower case.
        var name: String
        /// On one line.
        var value: String
    }

    private static let most = 2000

    /// What is between empty lines: first what is said of the message, then of each recipient.
    static func groups(in text: String) -> [[Field]] {
        var groups: [[Field]] = [[]]
        var count = 0
        // A character of CR and LF is one in Swift.
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
                if groups.last?.isEmpty == false { groups.append([]) }
                continue
            }
            count += 1
            if count > most { break }
            let last = groups.count - 1
            if line.first == " " || line.first == "\t" {
                let end = groups[last].count - 1
                if end >= 0, groups[last][end].value.utf8.count < 4000 { groups[last][end].value += " " + trimmed(line) }
            } else if let colon = line.firstIndex(of: ":") {
                groups[last].append(Field(name: trimmed(line[..<colon]).lowercased(), value: trimmed(line[line.index(after: colon)...])))
            }
        }
        return groups.filter { !$0.isEmpty }
    }

    static func recipients(in text: String) -> [DeliveryReport.Recipient] {
        var found: [DeliveryReport.Recipient] = []
        for group in groups(in: text) {
            // Some servers forget the empty line between two.
            var current: [Field] = []
            for field in group {
                if ["final-recipient", "original-recipient"].contains(field.name), current.contains(where: { $0.name == field.name }) {
                    if let recipient = recipient(current) { found.append(recipient) }
                    current = []
                }
                current.append(field)
            }
            if let recipient = recipient(current) { found.append(recipient) }
            if found.count >= DeliveryReport.mostRecipients { break }
        }
        return found
    }

    private static func recipient(_ fields: [Field]) -> DeliveryReport.Recipient? {
        func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        guard let whose = value("final-recipient") ?? value("original-recipient") else { return nil }
        let status = value("status").flatMap { statusCode($0) }
        let kind: DeliveryReport.Kind =
            switch value("action")?.lowercased().prefix(while: \.isLetter) {
            case "delayed": .delayed
            case "delivered", "relayed", "expanded": .delivered
            case "failed": .failed
            // What is said without the word that must be there.
            default: status?.first == "4" ? .delayed : status?.first == "2" ? .delivered : .failed
            }
        // Of several, the last server's: some put their own before it.
        let told = fields.filter { $0.name == "diagnostic-code" }.map { withoutType($0.value) }
        let words = told.last { ReplyInText($0) != nil } ?? told.last ?? ""
        return DeliveryReport.Recipient(
            kind: kind, address: address(value("original-recipient") ?? whose), status: status, words: ReportProse.cut(words))
    }

    /// What follows `rfc822;`, without brackets.
    static func address(_ text: String) -> String { withoutType(text).stripped(of: "<> ") }

    /// `smtp; 550 …` is about what follows.
    private static func withoutType(_ text: String) -> String {
        guard let end = text.prefix(30).firstIndex(of: ";"), text[..<end].allSatisfy({ $0.isLetter || $0.isNumber || "-. ".contains($0) })
        else { return text }
        return trimmed(text[text.index(after: end)...])
    }

    /// `5.1.1 (bad destination)` is `5.1.1`.
    private static func statusCode(_ text: String) -> String? {
        let code = String(text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") })
        return ReplyInText.isEnhanced(code[...]) ? code : nil
    }

    private static func trimmed(_ text: some StringProtocol) -> String { text.trimmingSpaces }
}

extension String {
    fileprivate func stripped(of unwanted: String) -> String {
        var rest = self[...]
        while let first = rest.first, unwanted.contains(first) { rest.removeFirst() }
        while let last = rest.last, unwanted.contains(last) { rest.removeLast() }
        return String(rest)
    }
}
