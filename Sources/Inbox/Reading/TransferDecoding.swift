import Foundation

/// Undoing what mail does to bytes. Never fails: what is malformed is shown as it stands.
enum TransferDecoding {
    /// RFC 2045 section 6.7.
    static func quotedPrintable(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        let input = Array(bytes)
        var at = 0
        while at < input.count {
            guard input[at] == UInt8(ascii: "=") else {
                out.append(input[at])
                at += 1
                continue
            }
            if at + 2 < input.count, let high = hex(input[at + 1]), let low = hex(input[at + 2]) {
                out.append(high << 4 | low)
                at += 3
            } else if at + 1 < input.count, input[at + 1] == 0x0A {
                at += 2
            } else if at + 2 < input.count, input[at + 1] == 0x0D, input[at + 2] == 0x0A {
                at += 3
            } else {
                out.append(input[at])
                at += 1
            }
        }
        return out
    }

    static func base64(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        Data(base64Encoded: Data(bytes), options: .ignoreUnknownCharacters).map { Array($0) } ?? Array(bytes)
    }

    static func text(_ bytes: [UInt8], charset: String) -> String {
        switch charset.lowercased() {
        case "iso-8859-1", "latin1", "windows-1252": String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// `=?utf-8?Q?Citt=C3=A0?=` in header fields (RFC 2047).
enum EncodedWords {
    static func decoded(_ text: String) -> String {
        var out = ""
        var pending: (bytes: [UInt8], charset: String)?
        /// Blanks between two encoded words are no part of the text.
        var gap = ""
        func flush() {
            if let word = pending { out += TransferDecoding.text(word.bytes, charset: word.charset) }
            pending = nil
        }
        var rest = text[...]
        while let first = rest.first {
            if let (word, after) = word(at: rest) {
                // A character may be cut between two words of one charset, so their bytes are joined before they are read.
                if let before = pending, before.charset == word.charset {
                    pending = (before.bytes + word.bytes, word.charset)
                } else {
                    flush()
                    pending = word
                }
                gap = ""
                rest = after
            } else {
                if pending != nil, first.isWhitespace {
                    gap.append(first)
                } else {
                    flush()
                    out += gap
                    gap = ""
                    out.append(first)
                }
                rest.removeFirst()
            }
        }
        flush()
        return out + gap
    }

    private static func word(at text: Substring) -> (word: (bytes: [UInt8], charset: String), after: Substring)? {
        guard text.hasPrefix("=?") else { return nil }
        let parts = text.dropFirst(2).prefix(1000).split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3].first == "=" else { return nil }
        let charset = parts[0].prefix { $0 != "*" }.lowercased()
        let bytes: [UInt8]
        switch parts[1].lowercased() {
        case "q": bytes = TransferDecoding.quotedPrintable(parts[2].utf8.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 })
        case "b": bytes = TransferDecoding.base64(parts[2].utf8)
        default: return nil
        }
        return ((bytes, charset), text[parts[3].index(after: parts[3].startIndex)...])
    }
}
