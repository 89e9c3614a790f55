import Diagnostics

/// Looks at HTML before gumbo does, and makes it safe to give to it.
enum HTMLGuard {
    static let deepest = 256
    static let largest = 2 << 20
    /// What gumbo may have to copy because formatting elements were left open across other elements.
    private static let mostCopies = 500_000

    /// Of one element: each is compared with all before it.
    private static let mostAttributes = 500

    static let void: Set<String> = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    ]
    /// Elements whose end tag may be left out; they close each other.
    static let optionalEnd: Set<String> = [
        "p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "thead", "tbody", "tfoot", "colgroup", "html", "head", "body",
    ]
    private static let formatting: Set<String> = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
    ]

    /// What would make gumbo slow or large, and where.
    static func problem(in bytes: [UInt8]) -> (message: String, offset: Int)? {
        guard bytes.count <= largest else { return ("more than \(largest >> 20) MB of HTML", largest) }
        var scanner = HTMLScanner(bytes)
        var open: [String] = []
        var openFormatting = 0
        var copies = 0
        while let token = scanner.next() {
            switch token {
            case .start(let name, let range, let closesItself):
                guard attributes(in: bytes[range]) <= mostAttributes else {
                    return ("an element has more than \(mostAttributes) attributes", range.lowerBound)
                }
                copies += openFormatting
                guard copies <= mostCopies else { return ("too many formatting elements are left open", range.lowerBound) }
                if void.contains(name) || optionalEnd.contains(name) || closesItself && !formatting.contains(name) && name != "div" {
                    continue
                }
                open.append(name)
                if formatting.contains(name) { openFormatting += 1 }
                if open.count > deepest { return ("elements are nested deeper than \(deepest)", range.lowerBound) }
            case .end(let name, _):
                guard let index = open.lastIndex(of: name) else { continue }
                openFormatting -= open[index...].count { formatting.contains($0) }
                open.removeSubrange(index...)
            case .text, .opaque: continue
            }
        }
        return nil
    }

    /// At least half as many as there are: a value in quotes with a blank behind it counts once.
    private static func attributes(in tag: ArraySlice<UInt8>) -> Int {
        var count = 0
        var quote: UInt8?
        var previous: UInt8 = 0
        for byte in tag {
            if let open = quote {
                if byte == open {
                    quote = nil
                    count += 1
                }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), previous == UInt8(ascii: "=") {
                quote = byte
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) || byte == UInt8(ascii: "/") {
                if previous != 0x20 { count += 1 }
                previous = 0x20
                continue
            }
            previous = byte
        }
        return count / 2
    }

    /// Puts every Liquid tag that stands between elements into a comment. In a table, text would be moved out of it by the
    /// rules of HTML, and in the head it would end the head; a comment stays where it is.
    static func wrappingTags(in text: ComposedText, marks: Marks) -> ComposedText {
        var scanner = HTMLScanner(text.bytes)
        var edits: [TextEdit] = []
        while let token = scanner.next() {
            switch token {
            case .text(let range):
                for found in Marks.marks(in: text.bytes, range) where marks.isTag(found.index) {
                    edits.append(TextEdit(insert: "<!--", at: found.range.lowerBound))
                    edits.append(TextEdit(insert: "-->", at: found.range.upperBound))
                }
            case .start(let name, let range, _):
                // `<td{% if x %} class="a"{% endif %}>`: the tag is no part of the name.
                guard let found = Marks.marks(in: Array(name.utf8)).first, marks.isTag(found.index), found.range.lowerBound > 0 else {
                    continue
                }
                edits.append(TextEdit(insert: " ", at: range.lowerBound + 1 + found.range.lowerBound))
            case .end, .opaque: continue
            }
        }
        return text.applying(edits)
    }

    /// Where the content of a page starts: behind `<body>`, or else behind the head.
    static func bodyStart(in bytes: [UInt8]) -> Int {
        var scanner = HTMLScanner(bytes)
        var start = 0
        while let token = scanner.next() {
            switch token {
            case .start("body", let range, _): return range.upperBound
            case .start("html", let range, _), .end("head", let range): start = range.upperBound
            case .opaque(let range) where bytes[range].starts(with: Array("<!d".utf8)) || bytes[range].starts(with: Array("<!D".utf8)):
                start = max(start, range.upperBound)
            default: continue
            }
        }
        return start
    }
}
