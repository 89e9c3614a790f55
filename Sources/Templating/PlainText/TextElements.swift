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

    /// Blocks of text end with an empty line, boxes around boxes with nothing of their own.
    static func endsLoosely(_ node: HTMLNode) -> Bool {
        node.children.contains { child in
            if case .text(let text) = child.kind { return text.contains { !$0.isWhitespace } }
            return child.name.map { !block.contains($0) && $0 != "br" } ?? false
        }
    }

    static func holdsBlocks(_ node: HTMLNode) -> Bool {
        node.children.contains { child in
            guard let name = child.name else { return false }
            return block.contains(name) || holdsBlocks(child)
        }
    }

    /// What is worth showing of an address; nil for an anchor and for nothing.
    static func address(_ href: String) -> String? {
        let trimmed = href.split(whereSeparator: \.isWhitespace).joined(separator: "%20")
        guard !trimmed.isEmpty, !trimmed.hasPrefix("#"), !trimmed.lowercased().hasPrefix("javascript:") else { return nil }
        if trimmed.lowercased().hasPrefix("mailto:") { return String(trimmed.dropFirst(7).prefix { $0 != "?" }) }
        return trimmed.lowercased().hasPrefix("tel:") ? String(trimmed.dropFirst(4)) : trimmed
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

    /// Characters that only push previews along: zero-width ones, soft hyphens, combining grapheme joiners.
    static func withoutInvisible(_ text: String) -> String {
        let hidden: Set<Unicode.Scalar> = ["\u{200B}", "\u{200C}", "\u{200D}", "\u{FEFF}", "\u{00AD}", "\u{034F}", "\u{2060}"]
        guard text.unicodeScalars.contains(where: { hidden.contains($0) }) else { return text }
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
