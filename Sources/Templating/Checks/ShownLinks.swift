import Diagnostics

/// A link as a reader meets it: whether there is something to click on.
struct ShownLink {
    /// The Liquid in its address, as its authors wrote it.
    var address: [AuthoredPlace]
    /// It has a label, or a picture with a text.
    var hasLabel: Bool
    var isHidden: Bool
}

/// A place in an author's file.
struct AuthoredPlace: Hashable {
    var file: String
    var span: Span

    func contains(_ other: AuthoredPlace) -> Bool {
        file == other.file && span.start <= other.span.start && other.span.end <= span.end
    }
}

/// What a reader of a message sees, of all its pages and partials. Comments are not in it, and what Outlook alone reads is not.
struct ShownMarks {
    private(set) var links: [ShownLink] = []
    /// Liquid among the words.
    private(set) var texts: Set<AuthoredPlace> = []

    mutating func add(_ nodes: [HTMLNode], in compilation: Compilation) {
        for node in nodes { add(node, isHidden: false, compilation) }
    }

    private mutating func add(_ node: HTMLNode, isHidden: Bool, _ compilation: Compilation) {
        let isHidden = isHidden || node.isHidden
        if case .text(let text) = node.kind, !isHidden {
            for mark in Marks.marks(in: text) { texts.insert(Self.place(mark, compilation)) }
        }
        if node.name == "a" || node.name == "area", let address = node.attribute("href")?.value {
            let places = Marks.marks(in: address).map { Self.place($0, compilation) }
            if !places.isEmpty {
                links.append(ShownLink(address: places, hasLabel: Self.hasLabel(node, compilation), isHidden: isHidden))
            }
        }
        for child in node.children { add(child, isHidden: isHidden, compilation) }
    }

    private static func place(_ mark: Int, _ compilation: Compilation) -> AuthoredPlace {
        guard compilation.marks.entries.indices.contains(mark) else { return AuthoredPlace(file: "", span: Span(0, 0)) }
        let entry = compilation.marks.entries[mark]
        return AuthoredPlace(file: compilation.sources[entry.source].name, span: entry.token.span)
    }

    private static func hasLabel(_ node: HTMLNode, _ compilation: Compilation) -> Bool {
        switch node.kind {
        case .comment: return false
        case .text(let text):
            let marks = Marks.marks(in: Array(text.utf8))
            if marks.contains(where: { !compilation.marks.isTag($0.index) }) { return true }
            let words = text.unicodeScalars.count { !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint }
            return words > marks.count * Marks.length
        case .element(let name, _):
            if name == "img" || name == "area" { return node.attribute("alt")?.value.contains { !$0.isWhitespace } == true }
            return !node.isHidden && node.children.contains { hasLabel($0, compilation) }
        }
    }
}
