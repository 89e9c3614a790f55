extension EncodedWord {
    /// The text of a header's value with its encoded words decoded; what is malformed stays as it is written.
    ///
    /// Blanks between two encoded words are part of neither (RFC 2047 section 6.2). Bytes of neighbours in the same
    /// charset are put together before they are read, since many senders split characters.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(UInt8(ascii: "=")) else { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        var held: [UInt8] = []
        var charset = ""
        var plain = bytes.startIndex
        var index = bytes.startIndex
        func finish() {
            if !held.isEmpty { text += MessageReader.text(of: held, charset: charset) }
            held = []
        }
        while index < bytes.endIndex {
            guard bytes[index] == UInt8(ascii: "="), let word = Word(in: bytes, at: index) else {
                index += 1
                continue
            }
            let between = bytes[plain..<index]
            if held.isEmpty || !between.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                finish()
                text += String(decoding: between, as: UTF8.self)
            } else if word.charset != charset {
                finish()
            }
            charset = word.charset
            held += word.bytes
            index = word.end
            plain = word.end
        }
        finish()
        return text + String(decoding: bytes[plain...], as: UTF8.self)
    }

    private struct Word {
        var charset: String
        var bytes: [UInt8]
        var end: Int

        /// `=?charset?encoding?text?=` at `start`, or nil.
        init?(in input: ArraySlice<UInt8>, at start: Int) {
            let question = UInt8(ascii: "?")
            // Longer ones than RFC 2047 allows are written all the same; the limit keeps a hostile header linear.
            let window = input[start..<min(start + 1000, input.endIndex)]
            guard start + 1 < window.endIndex, window[start + 1] == question,
                let first = window[(start + 2)...].firstIndex(of: question), first + 2 < window.endIndex, window[first + 2] == question,
                let last = window[(first + 3)...].firstIndex(of: question), last + 1 < window.endIndex,
                window[last + 1] == UInt8(ascii: "=")
            else { return nil }
            let text = window[(first + 3)..<last]
            guard !text.contains(UInt8(ascii: " ")) else { return nil }
            charset = String(decoding: window[(start + 2)..<first], as: UTF8.self).lowercased()
            switch window[first + 1] | 0x20 {
            case UInt8(ascii: "b"): bytes = TransferDecoding.base64(text)
            case UInt8(ascii: "q"):
                bytes = TransferDecoding.quotedPrintable(text.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: " ") : $0 }[...])
            default: return nil
            }
            end = last + 2
        }
    }
}
