import Diagnostics

/// Looks at HTML before gumbo does, and makes it safe to give to it.
enum HTMLGuard {
    /// What is left of ``MessageBounds`` for the page and the partials of one message.
    struct Room {
        var bytes = MessageBounds.html
        var lines = MessageBounds.lines
        var tags = MessageBounds.tags
        var attributes = MessageBounds.attributes
        var markdown = MessageBounds.markdown
        var signs = MessageBounds.signs

        static let advice = "Gmail cuts a page off at 102 kB: write less, and link to the rest"
    }

    struct Problem {
        var message: String
        var offset: Int
        var hint: String?

        init(_ message: String, _ offset: Int, _ hint: String? = nil) {
            self.message = message
            self.offset = offset
            self.hint = hint
        }
    }

    /// What gumbo may have to copy because formatting elements were left open across other elements.
    private static let mostCopies = 500_000

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
    static func problem(in bytes: [UInt8], _ room: inout Room) -> Problem? {
        guard bytes.count <= room.bytes else {
            return Problem("more than \(MessageBounds.size(MessageBounds.html)) of HTML", room.bytes, Room.advice)
        }
        room.bytes -= bytes.count
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            room.lines -= 1
            guard room.lines >= 0 else {
                return Problem("more than \(MessageBounds.text(MessageBounds.lines)) lines of HTML", offset, Room.advice)
            }
        }
        var scanner = HTMLScanner(bytes)
        var open: [String] = []
        var openFormatting = 0
        var copies = 0
        while let token = scanner.next() {
            if let place = token.tag {
                room.tags -= 1
                guard room.tags >= 0 else {
                    return Problem("more than \(MessageBounds.text(MessageBounds.tags)) tags and comments", place, Room.advice)
                }
            }
            switch token {
            case .start(let name, let range, let closesItself):
                let count = attributes(in: bytes[range])
                guard count <= MessageBounds.attributesOfElement else {
                    return Problem("an element has more than \(MessageBounds.attributesOfElement) attributes", range.lowerBound)
                }
                room.attributes -= count
                guard room.attributes >= 0 else {
                    return Problem("more than \(MessageBounds.text(MessageBounds.attributes)) attributes", range.lowerBound, Room.advice)
                }
                copies += openFormatting
                guard copies <= mostCopies else { return Problem("too many formatting elements are left open", range.lowerBound) }
                if void.contains(name) || optionalEnd.contains(name) || closesItself && !formatting.contains(name) && name != "div" {
                    continue
                }
                open.append(name)
                if formatting.contains(name) { openFormatting += 1 }
                if open.count > MessageBounds.depth {
                    return Problem("elements are nested deeper than \(MessageBounds.depth)", range.lowerBound)
                }
            case .end(let name, _):
                guard let index = open.lastIndex(of: name) else { continue }
                openFormatting -= open[index...].count { formatting.contains($0) }
                open.removeSubrange(index...)
            case .text, .opaque: continue
            }
        }
        return nil
    }

    /// Of a start tag: what begins behind a blank, a slash or a closing quote. `a = b` counts up to three times.
    private static func attributes(in tag: ArraySlice<UInt8>) -> Int {
        var count = 0
        var quote: UInt8?
        var isParted = false
        var previous: UInt8 = 0
        for byte in tag.dropFirst() {
            if let open = quote {
                if byte == open {
                    quote = nil
                    isParted = true
                }
                continue
            }
            switch byte {
            case 0x20, 0x09...0x0D, UInt8(ascii: "/"): isParted = true
            case UInt8(ascii: "\"") where previous == UInt8(ascii: "="), UInt8(ascii: "'") where previous == UInt8(ascii: "="):
                quote = byte
                isParted = false
                previous = byte
            case UInt8(ascii: ">"): break
            default:
                if isParted { count += 1 }
                isParted = false
                previous = byte
            }
        }
        return count
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
