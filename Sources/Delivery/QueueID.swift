/// What the relay calls a message in its own log, dug out of the words after the final dot's 250.
package enum QueueID {
    /// Knows Postfix and sendmail-alikes (`Ok: queued as 4Xyz`), Exim (`OK id=1abc-…`), OpenSMTPD and sendmail (`2f3a… Message accepted
    /// for delivery`), Exchange and SES (`<id@host> … Queued mail`, `Ok 0102…`). Nil where nothing looks like one.
    package static func find(in text: String) -> String? {
        let words = text.split { $0 == " " || $0 == "\t" }
        for (index, word) in words.enumerated() {
            if word.lowercased().hasPrefix("id=") { return clean(word.dropFirst(3)) }
            guard word.lowercased() == "as", index > 0, words[index - 1].lowercased().hasSuffix("queued"), index + 1 < words.count else {
                continue
            }
            return clean(words[index + 1])
        }
        // The shortest of these phrases with an ID before it has more than 12 bytes; "2.0.0 Ok" has not.
        let lower = text.utf8.count > 12 ? text.lowercased() : ""
        if let first = words.first, lower.contains("accepted for delivery") || lower.contains("queued mail"),
            let found = clean(first), found.utf8.contains(where: { isDigit($0) || $0 == UInt8(ascii: "@") })
        {
            return found
        }
        guard words.count == 2, ["ok", "ok:"].contains(words[0].lowercased()), words[1].utf8.count >= 8,
            words[1].utf8.contains(where: isDigit)
        else { return nil }
        return clean(words[1])
    }

    private static func clean(_ word: Substring) -> String? {
        let trimmed = word.drop { "<([\"'".contains($0) }
        let id = trimmed.reversed().drop { ">)]\"',.;:".contains($0) }.reversed()
        return id.isEmpty || id.count > 120 ? nil : String(id)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
