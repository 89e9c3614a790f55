import Diagnostics

/// One piece of Liquid in a file, as it stands there.
struct LiquidToken {
    enum Kind: Equatable {
        /// `{{ … }}`
        case output
        /// `{% name … %}`
        case tag(String)
        /// `{% raw %}…{% endraw %}` or a comment as a whole: nothing in it means anything to Markdown or HTML.
        case verbatim
    }

    var kind: Kind
    var span: Span
}

/// Finds the Liquid in a text. An output or tag ends at the first `}}` or `%}`, quotes or not, as Liquid has it.
struct LiquidScanner {
    private let bytes: [UInt8]
    private let end: Int
    private var position: Int
    /// Where a `{{` or `{%` has no end.
    private(set) var unclosed: Span?

    private static let verbatim: Set<String> = ["raw", "comment", "doc"]

    init(_ bytes: [UInt8], in span: Span) {
        self.bytes = bytes
        end = min(span.end, bytes.count)
        position = span.start
    }

    static func tokens(in bytes: [UInt8], _ span: Span? = nil) -> [LiquidToken] {
        var scanner = LiquidScanner(bytes, in: span ?? Span(0, bytes.count))
        var tokens: [LiquidToken] = []
        while let token = scanner.next() { tokens.append(token) }
        return tokens
    }

    mutating func next() -> LiquidToken? {
        while position + 1 < end {
            guard bytes[position] == UInt8(ascii: "{") else {
                position += 1
                continue
            }
            switch bytes[position + 1] {
            case UInt8(ascii: "{"): return construct(.output, closing: UInt8(ascii: "}"))
            case UInt8(ascii: "%"): return construct(.tag(""), closing: UInt8(ascii: "%"))
            default: position += 1
            }
        }
        return nil
    }

    private mutating func construct(_ kind: LiquidToken.Kind, closing: UInt8) -> LiquidToken? {
        let start = position
        guard let close = pair(closing, UInt8(ascii: "}"), from: start + 2) else {
            unclosed = Span(start, start + 2)
            position = end
            return nil
        }
        position = close + 2
        if kind == .output { return LiquidToken(kind: .output, span: Span(start, position)) }
        let name = Self.tagName(bytes[(start + 2)..<close])
        if Self.verbatim.contains(name), let after = endOfVerbatim(name, from: position) {
            position = after
            return LiquidToken(kind: .verbatim, span: Span(start, after))
        }
        return LiquidToken(kind: .tag(name), span: Span(start, position))
    }

    /// Behind the `{% endNAME %}` that closes it. Comments nest.
    private func endOfVerbatim(_ name: String, from start: Int) -> Int? {
        var depth = 1
        var index = start
        while let opening = pair(UInt8(ascii: "{"), UInt8(ascii: "%"), from: index) {
            guard let close = pair(UInt8(ascii: "%"), UInt8(ascii: "}"), from: opening + 2) else { return nil }
            let found = Self.tagName(bytes[(opening + 2)..<close])
            if found == "end\(name)" { depth -= 1 }
            if found == name, name == "comment" { depth += 1 }
            if depth == 0 { return close + 2 }
            index = name == "comment" || found == "end\(name)" ? close + 2 : opening + 2
        }
        return nil
    }

    private func pair(_ first: UInt8, _ second: UInt8, from start: Int) -> Int? {
        var index = start
        while index + 1 < end {
            if bytes[index] == first, bytes[index + 1] == second { return index }
            index += 1
        }
        return nil
    }

    static func tagName(_ inside: ArraySlice<UInt8>) -> String {
        var rest = inside
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let name = rest.prefix { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "#")
        }
        return String(decoding: name, as: UTF8.self)
    }
}
