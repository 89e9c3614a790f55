import CGumbo

/// An element, a text or a comment, as a browser would see it, with the places it was written at.
final class HTMLNode {
    struct Attribute {
        var name: String
        /// Decoded.
        var value: String
        /// The value in the source, without its quotes; nil where it cannot be told.
        var range: Range<Int>?
    }

    enum Kind {
        case element(String, [Attribute])
        case text(String)
        case comment(String)
    }

    let kind: Kind
    /// Of the element's start tag, or of the text.
    let offset: Int
    let children: [HTMLNode]
    /// Never seen by a reader of the mail.
    let isHidden: Bool

    init(_ kind: Kind, offset: Int, children: [HTMLNode] = []) {
        self.kind = kind
        self.offset = offset
        self.children = children
        isHidden = Self.isHidden(kind)
    }

    var name: String? { if case .element(let name, _) = kind { name } else { nil } }

    func attribute(_ name: String) -> Attribute? {
        guard case .element(_, let attributes) = kind else { return nil }
        return attributes.first { $0.name == name }
    }

    /// Parses a page, or a part of one. ``HTMLGuard/problem(in:)`` must have found nothing.
    static func parse(_ bytes: [UInt8], isPage: Bool) -> [HTMLNode] {
        bytes.withUnsafeBytes { buffer in
            let text = buffer.bindMemory(to: CChar.self)
            guard let base = text.baseAddress else { return [] }
            let context = isPage ? GUMBO_TAG_LAST : self.context(of: bytes)
            guard let output = pitwall_gumbo_parse(base, text.count, context) else { return [] }
            defer { pitwall_gumbo_free(output) }
            let reader = Reader(base: base, count: text.count)
            guard let document = output.pointee.document else { return [] }
            if isPage { return reader.children(document.pointee.v.document.children, depth: 0) }
            guard let root = output.pointee.root else { return [] }
            return reader.children(root.pointee.v.element.children, depth: 0)
        }
    }

    /// Rows and cells mean something only where rows and cells can stand.
    private static func context(of bytes: [UInt8]) -> GumboTag {
        var scanner = HTMLScanner(bytes)
        while let token = scanner.next() {
            guard case .start(let name, _, _) = token else { continue }
            switch name {
            case "tr": return GUMBO_TAG_TBODY
            case "td", "th": return GUMBO_TAG_TR
            case "tbody", "thead", "tfoot", "caption", "colgroup": return GUMBO_TAG_TABLE
            default: return GUMBO_TAG_BODY
            }
        }
        return GUMBO_TAG_BODY
    }

    private struct Reader {
        let base: UnsafePointer<CChar>
        let count: Int

        func children(_ vector: GumboVector, depth: Int) -> [HTMLNode] {
            guard depth < 1200, let data = vector.data else { return [] }
            return (0..<Int(vector.length)).compactMap { index in
                data[index].flatMap { node($0.assumingMemoryBound(to: GumboNode.self), depth: depth) }
            }
        }

        private func node(_ pointer: UnsafePointer<GumboNode>, depth: Int) -> HTMLNode? {
            switch pointer.pointee.type {
            case GUMBO_NODE_ELEMENT, GUMBO_NODE_TEMPLATE:
                let element = pointer.pointee.v.element
                return HTMLNode(
                    .element(name(of: element), attributes(of: element)), offset: offset(element.original_tag.data) ?? -1,
                    children: children(element.children, depth: depth + 1))
            case GUMBO_NODE_TEXT, GUMBO_NODE_WHITESPACE, GUMBO_NODE_CDATA:
                let text = pointer.pointee.v.text
                return HTMLNode(.text(String(cString: text.text)), offset: offset(text.original_text.data) ?? -1)
            case GUMBO_NODE_COMMENT:
                let text = pointer.pointee.v.text
                return HTMLNode(.comment(String(cString: text.text)), offset: offset(text.original_text.data) ?? -1)
            default: return nil
            }
        }

        private func name(of element: GumboElement) -> String {
            if element.tag != GUMBO_TAG_UNKNOWN { return String(cString: gumbo_normalized_tagname(element.tag)) }
            var piece = element.original_tag
            gumbo_tag_from_original_text(&piece)
            guard let data = piece.data else { return "" }
            return String(decoding: UnsafeRawBufferPointer(start: data, count: piece.length), as: UTF8.self).lowercased()
        }

        private func attributes(of element: GumboElement) -> [Attribute] {
            guard let data = element.attributes.data else { return [] }
            return (0..<Int(element.attributes.length)).compactMap { index in
                guard let attribute = data[index]?.assumingMemoryBound(to: GumboAttribute.self).pointee else { return nil }
                // Of an attribute without a value, gumbo says that its name is its value.
                let hasValue = attribute.original_value.data != attribute.original_name.data
                return Attribute(
                    name: String(cString: attribute.name), value: String(cString: attribute.value),
                    range: hasValue ? range(attribute.original_value) : nil)
            }
        }

        private func range(_ piece: GumboStringPiece) -> Range<Int>? {
            guard let start = offset(piece.data), piece.length > 0, start + piece.length <= count else { return nil }
            let first = UInt8(bitPattern: base[start])
            let isQuoted = first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
            guard isQuoted, piece.length >= 2 else { return start..<(start + piece.length) }
            return (start + 1)..<(start + piece.length - 1)
        }

        private func offset(_ pointer: UnsafePointer<CChar>?) -> Int? {
            guard let pointer else { return nil }
            let offset = UnsafeRawPointer(pointer) - UnsafeRawPointer(base)
            return (0..<count).contains(offset) ? offset : nil
        }
    }
}

extension HTMLNode {
    private static let unseen: Set<String> = ["head", "style", "script", "title", "template", "noscript", "meta", "link"]
    private static let hiding = ["display:none", "visibility:hidden", "mso-hide:all"].map { Array($0.utf8) }

    /// Asked of each element some ten times, and once its styles are in it, of nearly all bytes of a page.
    private static func isHidden(_ kind: Kind) -> Bool {
        guard case .element(let name, let attributes) = kind else { return false }
        if unseen.contains(name) { return true }
        for attribute in attributes {
            if attribute.name == "hidden" { return true }
            guard attribute.name == "style" else { continue }
            let plain = attribute.value.utf8.filter { !CSSScanner.isBlank($0) }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            if hiding.contains(where: { plain.holds($0) }) { return true }
        }
        return false
    }
}

extension [UInt8] {
    /// Byte by byte: searching text, as `String` does it, takes twenty times as long.
    func holds(_ word: [UInt8]) -> Bool { firstIndex(of: word, from: 0) != nil }

    func firstIndex(of word: [UInt8], from start: Int) -> Int? {
        withUnsafeBufferPointer { bytes in
            word.withUnsafeBufferPointer { word in
                guard let first = word.first, bytes.count >= word.count else { return nil }
                var index = start
                while index <= bytes.count - word.count {
                    if bytes[index] == first {
                        var length = 1
                        while length < word.count, bytes[index + length] == word[length] { length += 1 }
                        if length == word.count { return index }
                    }
                    index += 1
                }
                return nil
            }
        }
    }
}
