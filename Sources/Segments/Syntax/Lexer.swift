import Diagnostics
import Model

/// Cuts the text of a segment into tokens, each with its place in the file.
///
/// It reads bytes, takes any bytes, and stops at the first that can't belong to a segment.
struct Lexer {
    private let source: SourceText
    private let bytes: [UInt8]
    private let end: Int
    private var index: Int
    private(set) var tokens: [Token] = []
    private(set) var comments: [Comment] = []

    init(_ source: SourceText, in span: Span) {
        self.source = source
        bytes = source.bytes
        end = min(span.end, source.bytes.count)
        index = min(max(span.start, 0), end)
    }

    mutating func run() throws(Diagnostic) {
        if let place = invalidUTF8() {
            throw Diagnostic(.error, "the file is not UTF-8", in: source, at: Span(place, place + 1), hint: "save it as UTF-8")
        }
        while skipBlanks() {
            try next()
        }
        tokens.append(Token(kind: .end, span: Span(end, end)))
    }

    private mutating func next() throws(Diagnostic) {
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "\""): try text()
        case UInt8(ascii: "`"): try quotedName()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "-") where isDigit(at: index + 1): try number()
        case UInt8(ascii: "#"):
            while index < end, bytes[index] != UInt8(ascii: "\n") { index += 1 }
            let said = source.text(in: Span(start, index)).trimmingSpaces
            comments.append(Comment(text: said, span: Span(start, index)))
        default:
            if let symbol = symbol() {
                index += symbol.rawValue.utf8.count
                tokens.append(Token(kind: .symbol(symbol), span: Span(start, index)))
            } else {
                try word()
            }
        }
    }

    private func symbol() -> Token.Symbol? {
        if index + 1 < end, let two = Token.Symbol(rawValue: source.text(in: Span(index, index + 2))) { return two }
        return Token.Symbol(rawValue: String(UnicodeScalar(bytes[index])))
    }

    private mutating func word() throws(Diagnostic) {
        let start = index
        var isFirst = true
        while index < end, let scalar = scalar(at: index), isFirst ? Self.startsWord(scalar) : Self.continuesWord(scalar) {
            index += UTF8.width(scalar)
            isFirst = false
        }
        while index > start, bytes[index - 1] == UInt8(ascii: "-") { index -= 1 }
        guard index > start else { throw unexpected() }
        let span = Span(start, index)
        tokens.append(Token(kind: .word(source.text(in: span)), span: span))
    }

    private func unexpected() -> Diagnostic {
        guard let scalar = scalar(at: index) else { return error("an odd byte", Span(index, index + 1)) }
        let span = Span(index, index + UTF8.width(scalar))
        switch scalar {
        case "'", "‘", "’", "“", "”", "„", "«", "»":
            return error("this is no quotation mark of the language", span, hint: "texts go between \" and \"")
        case "≥", "≤", "≠":
            let plain = scalar == "≥" ? ">=" : scalar == "≤" ? "<=" : "!="
            return error("\"\(scalar)\" is not a sign of the language", span, hint: "write \(plain)")
        case "!": return error("\"!\" stands alone", span, hint: "write != or `not`")
        case "~": return error("\"~\" stands alone", span, hint: "write ~= to ignore case")
        case "&", "|": return error("\"\(scalar)\" is not a sign of the language", span, hint: "write `and` or `or`")
        default:
            let shown = scalar.value < 0x20 || scalar.value == 0x7F ? "a control character" : "\"\(scalar)\""
            return error("\(shown) can't stand here", span)
        }
    }

    private mutating func quotedName() throws(Diagnostic) {
        let start = index
        index += 1
        while index < end, bytes[index] != UInt8(ascii: "`"), bytes[index] != UInt8(ascii: "\n") { index += 1 }
        guard index < end, bytes[index] == UInt8(ascii: "`") else {
            throw error("a name in backquotes is not closed", Span(start, start + 1), hint: "write `name with spaces`")
        }
        let name = source.text(in: Span(start + 1, index))
        index += 1
        let span = Span(start, index)
        guard !name.isEmpty, name.utf8.count <= 200, name.trimmingSpaces == name,
            !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") })
        else { throw error("this can't be a name", span) }
        tokens.append(Token(kind: .quoted(name), span: span))
    }

    private mutating func text() throws(Diagnostic) {
        let start = index
        index += 1
        var content: [UInt8] = []
        while index < end {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                tokens.append(Token(kind: .text(String(decoding: content, as: UTF8.self)), span: Span(start, index)))
                return
            case UInt8(ascii: "\\"):
                guard index + 1 < end, let plain = Self.escapes[bytes[index + 1]] else {
                    throw error("this escape is not known", Span(index, index + 2), hint: "known are \\\" \\\\ \\n \\r \\t")
                }
                content.append(plain)
                index += 2
            case UInt8(ascii: "\n"):
                throw error("a text is not closed", Span(start, start + 1), hint: "texts go between \" and \" on one line")
            case 0..<0x20 where byte != 0x09, 0x7F:
                if byte == 0x0D, index + 1 < end, bytes[index + 1] == UInt8(ascii: "\n") {
                    throw error("a text is not closed", Span(start, start + 1), hint: "texts go between \" and \" on one line")
                }
                throw error("a control character in a text", Span(index, index + 1))
            default:
                content.append(byte)
                index += 1
            }
        }
        throw error("a text is not closed", Span(start, start + 1), hint: "texts go between \" and \" on one line")
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    /// `text` between its quotes, as ``text()`` reads it back.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private mutating func number() throws(Diagnostic) {
        let start = index
        index += 1
        while index < end, isPartOfNumber(bytes[index]) { index += 1 }
        while index > start + 1, bytes[index - 1] == UInt8(ascii: ".") { index -= 1 }
        let span = Span(start, index)
        let text = source.text(in: span)
        if let number = Number(text) {
            tokens.append(Token(kind: .number(number), span: span))
        } else if let time = TimePoint(text) {
            tokens.append(Token(kind: .time(time), span: span))
        } else {
            throw wrongNumber(text, span)
        }
    }

    private func wrongNumber(_ text: String, _ span: Span) -> Diagnostic {
        let letters = text.utf8.contains { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        if text.contains("-"), !text.hasPrefix("-") {
            return error("\"\(text)\" is no date", span, hint: "dates are written 2026-01-31, times 2026-01-31T09:00")
        }
        if letters {
            return error("\"\(text)\" is neither a number nor a date", span, hint: "leave a blank between a number and a word")
        }
        if text.utf8.count(where: { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) > 15 {
            return error("\"\(text)\" has too many digits for a number", span, hint: "use up to 15, or write it as a text: \"\(text)\"")
        }
        let bare = text.drop { $0 == "0" }
        let advice = Number(bare.first == "." ? "0\(bare)" : String(bare)).map { "write \($0.text)" } ?? "write it without needless zeros"
        return error("\"\(text)\" is no number", span, hint: "\(advice), or as a text: \"\(text)\"")
    }

    private func isPartOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func isDigit(at index: Int) -> Bool {
        index < end && bytes[index] >= UInt8(ascii: "0") && bytes[index] <= UInt8(ascii: "9")
    }

    /// False at the end of the text.
    private mutating func skipBlanks() -> Bool {
        while index < end {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case 0xC2 where index + 1 < end && bytes[index + 1] == 0xA0: index += 2
            default: return true
            }
        }
        return false
    }

    static func startsWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic
    }

    static func continuesWord(_ scalar: Unicode.Scalar) -> Bool {
        startsWord(scalar) || scalar == "-" || scalar.properties.numericType == .decimal
            || scalar.properties.generalCategory == .nonspacingMark
    }

    private func scalar(at index: Int) -> Unicode.Scalar? {
        var decoder = UTF8()
        var rest = bytes[index..<end].makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&rest) { return scalar }
        return nil
    }

    /// The first byte that is not UTF-8.
    private func invalidUTF8() -> Int? {
        if String(validating: bytes[index..<end], as: UTF8.self) != nil { return nil }
        var decoder = UTF8()
        var rest = bytes[index..<end].makeIterator()
        var place = index
        while true {
            switch decoder.decode(&rest) {
            case .scalarValue(let scalar): place += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return place
            }
        }
    }

    private func error(_ message: String, _ span: Span, hint: String? = nil) -> Diagnostic {
        Diagnostic(.error, message, in: source, at: span, hint: hint)
    }
}
