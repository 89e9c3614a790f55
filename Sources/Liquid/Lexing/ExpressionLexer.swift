import Diagnostics

/// Cuts the inside of an output or a tag into words, one at a time.
struct ExpressionLexer {
    struct Token {
        var kind: Kind
        var span: Span
    }

    enum Kind: Equatable {
        case name
        case integer, decimal
        /// Its span includes the quotes.
        case string
        case comparison(Comparison)
        case dot, range, comma, colon, pipe, assign
        case openBracket, closeBracket, openParenthesis, closeParenthesis
        case end
    }

    let source: SourceText
    private(set) var position: Int
    let end: Int
    private let allowance: Allowance

    init(_ source: SourceText, in span: Span, allowance: Allowance) {
        self.source = source
        self.allowance = allowance
        position = span.start
        end = min(span.end, source.bytes.count)
    }

    mutating func next() throws(Diagnostic) -> Token {
        while position < end, source.bytes[position].isSpace { position += 1 }
        guard position < end else { return Token(kind: .end, span: Span(end, end)) }
        allowance.spend(1)
        guard !allowance.isSpent else { throw Allowance.exceeded(in: source, at: Span(position, position + 1)) }
        let byte = source.bytes[position]
        if byte.startsName { return name() }
        if byte.isDigit || (byte == .minus && peek(1).isDigit) { return number() }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return try string(byte)
        case UInt8(ascii: "."): return peek(1) == byte ? token(.range, 2) : token(.dot)
        case UInt8(ascii: ","): return token(.comma)
        case UInt8(ascii: ":"): return token(.colon)
        case UInt8(ascii: "|"): return token(.pipe)
        case UInt8(ascii: "["): return token(.openBracket)
        case UInt8(ascii: "]"): return token(.closeBracket)
        case UInt8(ascii: "("): return token(.openParenthesis)
        case UInt8(ascii: ")"): return token(.closeParenthesis)
        case UInt8(ascii: "="): return peek(1) == byte ? token(.comparison(.equal), 2) : token(.assign)
        case UInt8(ascii: "!") where peek(1) == UInt8(ascii: "="): return token(.comparison(.notEqual), 2)
        case UInt8(ascii: "<"):
            if peek(1) == UInt8(ascii: ">") { return token(.comparison(.notEqual), 2) }
            return peek(1) == UInt8(ascii: "=") ? token(.comparison(.lessOrEqual), 2) : token(.comparison(.less))
        case UInt8(ascii: ">"):
            return peek(1) == UInt8(ascii: "=") ? token(.comparison(.greaterOrEqual), 2) : token(.comparison(.greater))
        default: throw unexpected()
        }
    }

    private func peek(_ distance: Int) -> UInt8 {
        position + distance < end ? source.bytes[position + distance] : 0
    }

    private mutating func token(_ kind: Kind, _ count: Int = 1) -> Token {
        position += count
        return Token(kind: kind, span: Span(position - count, position))
    }

    private mutating func name() -> Token {
        let start = position
        while position < end, source.bytes[position].continuesName { position += 1 }
        if peek(0) == UInt8(ascii: "?") { position += 1 }
        let span = Span(start, position)
        let isContains = source.bytes.has("contains", at: start, before: position) && position - start == 8
        return Token(kind: isContains ? .comparison(.contains) : .name, span: span)
    }

    private mutating func number() -> Token {
        let start = position
        position += 1
        while position < end, source.bytes[position].isDigit { position += 1 }
        guard peek(0) == UInt8(ascii: "."), peek(1).isDigit else { return Token(kind: .integer, span: Span(start, position)) }
        position += 1
        while position < end, source.bytes[position].isDigit { position += 1 }
        return Token(kind: .decimal, span: Span(start, position))
    }

    private mutating func string(_ quote: UInt8) throws(Diagnostic) -> Token {
        let start = position
        position += 1
        while position < end, source.bytes[position] != quote { position += 1 }
        guard position < end else {
            throw Diagnostic(
                .error, "a text that starts with \(Character(UnicodeScalar(quote))) is never closed", in: source, at: Span(start, end))
        }
        position += 1
        return Token(kind: .string, span: Span(start, position))
    }

    /// What word processors make of the straight ones.
    private static let curlyQuotes: Set<String> = ["“", "”", "„", "‘", "’", "‚", "«", "»", "‹", "›"]

    private func unexpected() -> Diagnostic {
        var stop = position + 1
        while stop < end, source.bytes[stop].continuesCharacter { stop += 1 }
        let span = Span(position, stop)
        let hint: String? =
            switch source.bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "}"): "an output is written {{ value }}, a tag {% name %}"
            case UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "/"), .minus:
                "arithmetic is done by filters: plus, minus, times, divided_by"
            case UInt8(ascii: "&"): "write and"
            case 0x80... where Self.curlyQuotes.contains(source.text(in: span)): "write straight quotes: \" or '"
            case 0x80...: "letters beyond a to z are written contact[\"città\"]"
            default: nil
            }
        return Diagnostic(.error, "unexpected \"\(source.quote(span))\"", in: source, at: span, hint: hint)
    }
}
