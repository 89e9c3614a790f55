/// What the plain-text writer knows of HTML.
enum TextElements {
    static let block: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "li", "main",
        "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    ]

    /// A table whose rows belong together as rows. Most tables of a mail only lay it out.
    static func isData(_ table: HTMLNode) -> Bool {
        let role = table.attribute("role")?.value.lowercased()
        if role == "presentation" || role == "none" { return false }
        if role == "table" || role == "grid" { return true }
        return hasHeading(table)
    }

    private static func hasHeading(_ node: HTMLNode) -> Bool {
        node.children.contains { child in
            switch child.name {
            case "th": true
            case "thead", "tbody", "tfoot", "tr": hasHeading(child)
            default: false
            }
        }
    }

    /// A box with running text in it ends with an empty line, as does a row with such a box. One with a label or a number
    /// in it, or with nothing but boxes, just ends its line.
    static func isParagraph(_ node: HTMLNode) -> Bool {
        if node.name == "tr" { return node.children.contains { inlineLength(of: $0, atMost: 0) > 0 } }
        return inlineLength(of: node, atMost: 40) > 40
    }

    /// How many characters stand in a box itself, not in the boxes within it; counted until there are more than `most`.
    private static func inlineLength(of node: HTMLNode, atMost most: Int) -> Int {
        var length = 0
        for child in node.children where length <= most {
            switch child.kind {
            case .text(let text): length += Self.length(of: text, atMost: most - length)
            case .comment: break
            case .element(let name, _):
                if !block.contains(name), !child.isHidden { length += inlineLength(of: child, atMost: most - length) }
            }
        }
        return length
    }

    /// Words with one blank between each two.
    private static func length(of text: String, atMost most: Int) -> Int {
        var length = 0
        var owesBlank = false
        for character in text {
            if character.isWhitespace {
                owesBlank = length > 0
                continue
            }
            length += owesBlank ? 2 : 1
            owesBlank = false
            if length > most { break }
        }
        return length
    }

    static func holdsBlocks(_ node: HTMLNode) -> Bool {
        node.children.contains { child in
            guard let name = child.name else { return false }
            return block.contains(name) || holdsBlocks(child)
        }
    }

    /// What is worth showing of an address; nil for an anchor and for nothing.
    static func address(_ href: String) -> String? {
        let hasBlanks = href.utf8.contains { CSSScanner.isBlank($0) || $0 >= 0x80 }
        let trimmed = hasBlanks ? href.split(whereSeparator: \.isWhitespace).joined(separator: "%20") : href
        let scheme = trimmed.prefix(11).lowercased()
        guard !trimmed.isEmpty, !trimmed.hasPrefix("#"), !scheme.hasPrefix("javascript:") else { return nil }
        if scheme.hasPrefix("mailto:") { return String(trimmed.dropFirst(7).prefix { $0 != "?" }) }
        return scheme.hasPrefix("tel:") ? String(trimmed.dropFirst(4)) : trimmed
    }

    /// Whether a label is its own address: `example.com` for `https://example.com/`.
    static func says(_ label: String, _ address: String) -> Bool {
        bare(label) == bare(address)
    }

    private static func bare(_ text: String) -> String {
        var text = text.lowercased()
        for prefix in ["https://", "http://", "www."] where text.hasPrefix(prefix) { text = String(text.dropFirst(prefix.count)) }
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    private static let hidden: Set<Unicode.Scalar> = [
        "\u{200B}", "\u{200C}", "\u{200D}", "\u{FEFF}", "\u{00AD}", "\u{034F}", "\u{2060}",
    ]

    /// Characters that only push previews along: zero-width ones, soft hyphens, combining grapheme joiners.
    static func withoutInvisible(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }), text.unicodeScalars.contains(where: { hidden.contains($0) }) else { return text }
        let scalars = Array(text.unicodeScalars)
        var kept = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            // Joiners between letters belong to the writing of some languages and to emoji.
            let joins = scalar == "\u{200C}" || scalar == "\u{200D}"
            let isInside =
                index > 0 && index + 1 < scalars.count && !scalars[index - 1].properties.isWhitespace && scalars[index + 1].value > 0x2FF
            if hidden.contains(scalar), !(joins && isInside && scalars[index - 1].value > 0x2FF) { continue }
            kept.append(scalar)
        }
        return String(kept)
    }

    /// Columns of the last line, with an output taken for a word.
    static func width(of bytes: ArraySlice<UInt8>) -> Int {
        let text = Array(bytes)
        let marks = Marks.marks(in: text)
        return text.count { $0 & 0xC0 != 0x80 && $0 != 0x0A } - marks.count * (Marks.length - 6)
    }
}
