/// What the relay calls a message in its own log, dug out of the words after the final dot's 250.
package enum QueueID {
    /// Knows Postfix and sendmail-alikes (`Ok: queued as 4Xyz`), Exim (`OK id=1abc-…`), OpenSMTPD and sendmail (`2f3a… Message accepted
    /// for delivery`), Exchange and SES (`<id@host> … Queued mail`, `Ok 0102…`). Nil where nothing looks like one.
    ///
    /// Over bytes, since every message that goes out asks this once: with strings it took a thirtieth of a send.
    package static func find(in text: String) -> String? {
        var text = text
        return text.withUTF8 { find($0) }
    }

    private typealias Words = Slice<UnsafeBufferPointer<UInt8>>

    private static func find(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        let words = text.split { $0 == 0x20 || $0 == 0x09 }
        for (index, word) in words.enumerated() {
            if starts(word, with: "id=") { return clean(word.dropFirst(3)) }
            guard word.count == 2, starts(word, with: "as"), index > 0, starts(words[index - 1].suffix(6), with: "queued"),
                index + 1 < words.count
            else { continue }
            return clean(words[index + 1])
        }
        if let first = words.first, holds(words, ["accepted", "for", "delivery"]) || holds(words, ["queued", "mail"]),
            let found = clean(first), found.utf8.contains(where: { isDigit($0) || $0 == UInt8(ascii: "@") })
        {
            return found
        }
        guard words.count == 2, words[0].count <= 3, starts(words[0], with: words[0].count == 3 ? "ok:" : "ok"), words[1].count >= 8,
            words[1].contains(where: isDigit)
        else { return nil }
        return clean(words[1])
    }

    /// Whether these words follow one another somewhere; the last may have more behind it, a full stop perhaps.
    private static func holds(_ words: [Words], _ phrase: [StaticString]) -> Bool {
        guard words.count >= phrase.count else { return false }
        return (0...words.count - phrase.count).contains { start in
            phrase.indices.allSatisfy { starts(words[start + $0], with: phrase[$0]) }
        }
    }

    /// In any case; `prefix` is in lower case.
    private static func starts(_ word: Words, with prefix: StaticString) -> Bool {
        guard word.count >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { wanted in
            wanted.indices.allSatisfy { offset in
                let byte = word[word.startIndex + offset]
                return (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte) == wanted[offset]
            }
        }
    }

    private static func clean(_ word: Words) -> String? {
        var id = word.drop { isOpening($0) }
        while let last = id.last, isClosing(last) { id = id.dropLast() }
        guard !id.isEmpty, id.count <= 120 else { return nil }
        return String(decoding: id, as: UTF8.self)
    }

    private static func isOpening(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }

    private static func isClosing(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ">"), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ","),
            UInt8(ascii: "."), UInt8(ascii: ";"), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
