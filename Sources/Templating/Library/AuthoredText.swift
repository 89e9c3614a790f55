package import Diagnostics
package import Workspace

/// Text of a template that stands elsewhere than in the template's file: a campaign's own subject.
package struct AuthoredText: Sendable {
    package var text: String
    package var source: SourceText
    package var span: Span

    package init(_ text: Located<String>, in source: SourceText) {
        self.text = text.value
        self.source = source
        span = text.span
    }

    /// Where it stands in its file just like this; nil for what YAML has changed.
    var place: Span? {
        for inset in [0, 1] {
            let place = Span(span.start + inset, span.end - inset)
            if source.text(in: place) == text { return place }
        }
        return nil
    }

    /// The text with each of its characters led back to where it was written, in a block scalar, a folded line or among escapes (YAML 1.2, chapters 7
    /// and 8).
    ///
    /// - Parameter number: of the source.
    func composed(source number: Int) -> ComposedText {
        var result = ComposedText()
        let bytes = source.bytes
        var place = start
        var pending = place
        func flush() {
            if pending < place { result.copy(Span(pending, place), of: source, source: number) }
        }
        let quote = span.start < bytes.count ? bytes[span.start] : 0
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if place < bytes.count, bytes[place] == byte, !(quote == UInt8(ascii: "\"") && byte == UInt8(ascii: "\\")) {
                place += 1
                rest = rest.dropFirst()
                // Of two single quotes one is meant.
                if byte == UInt8(ascii: "'"), quote == byte {
                    flush()
                    if place < bytes.count, bytes[place] == byte { place += 1 }
                    pending = place
                }
                continue
            }
            flush()
            if place < bytes.count, Self.isBlank(bytes[place]) {
                // Line ends and indents: they became one blank or none.
                while place < bytes.count, Self.isBlank(bytes[place]) { place += 1 }
                let blanks = rest.prefix { Self.isBlank($0) }
                result.append(blanks, from: Span(max(place - 1, 0), place), source: number)
                rest = rest.dropFirst(blanks.count)
            } else if place < bytes.count, bytes[place] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                let length = Self.escapeLength(bytes, at: place)
                let character = Self.isBlank(bytes[min(place + 1, bytes.count - 1)]) ? rest.prefix(0) : Self.firstCharacter(of: rest)
                result.append(character, from: Span(place, place + length), source: number)
                rest = rest.dropFirst(character.count)
                place += length
            } else {
                // It is not to be found: what is left stands where this would.
                let end = min(place, bytes.count)
                result.append(rest, from: Span(min(span.start, end), end), source: number)
                return result
            }
            pending = place
        }
        flush()
        return result
    }

    /// Behind the quote, or behind the line with `>` or `|`.
    private var start: Int {
        guard span.start < source.bytes.count else { return span.start }
        switch source.bytes[span.start] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return span.start + 1
        case UInt8(ascii: ">"), UInt8(ascii: "|"):
            var index = source.bytes[span.start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? source.bytes.count
            // The indent, which is no part of the text.
            while index < source.bytes.count, Self.isBlank(source.bytes[index]) { index += 1 }
            return index
        default: return span.start
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func escapeLength(_ bytes: [UInt8], at place: Int) -> Int {
        guard place + 1 < bytes.count else { return 1 }
        let length: Int =
            switch bytes[place + 1] {
            case UInt8(ascii: "x"): 4
            case UInt8(ascii: "u"): 6
            case UInt8(ascii: "U"): 10
            default: 2
            }
        return min(length, bytes.count - place)
    }

    private static func firstCharacter(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let rest = bytes.dropFirst().prefix { $0 & 0xC0 == 0x80 }
        return bytes.prefix(1 + rest.count)
    }
}
