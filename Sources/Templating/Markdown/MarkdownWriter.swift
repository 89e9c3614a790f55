import Diagnostics

/// Writes a Markdown tree as HTML, as cmark does, with the lifted tags between the nodes.
struct MarkdownWriter {
    private let placement: TagPlacement
    private let text: ComposedText
    private let lineStarts: [Int]
    private let source: Int
    private(set) var result = ComposedText()

    /// - Parameter text: what the tree was made from.
    init(placement: TagPlacement, text: ComposedText, source: Int) {
        self.placement = placement
        self.text = text
        self.source = source
        var starts = [0]
        for (offset, byte) in text.bytes.enumerated() where byte == 0x0A { starts.append(offset + 1) }
        lineStarts = starts
    }

    mutating func write(_ node: MarkdownNode) {
        switch node.kind {
        case .document: children(of: node)
        case .quote: block("blockquote", node)
        case .list(let first, _): list(node, orderedFrom: first)
        case .item: item(node)
        case .codeBlock(let info): codeBlock(node, info)
        case .htmlBlock: append(node.literal, from: node)
        case .paragraph: paragraph(node)
        case .heading(let level): inline("h\(level)", node, lineEnd: true)
        case .rule: append("<hr />\n", from: node)
        case .table: table(node)
        case .tableRow(let isHeader): row(node, isHeader)
        case .tableCell: children(of: node)
        case .text, .other:
            append(HTMLEscaping.text(node.literal), from: node)
            children(of: node)
        case .softBreak: append("\n", from: node)
        case .lineBreak: append("<br />\n", from: node)
        case .code: append(Array("<code>".utf8) + HTMLEscaping.text(node.literal) + Array("</code>".utf8), from: node)
        case .htmlInline: append(node.literal, from: node)
        case .emphasis: inline("em", node)
        case .strong: inline("strong", node)
        case .strikethrough: inline("del", node)
        case .link(let url, let title): link(node, url, title)
        case .image(let url, let title): image(node, url, title)
        }
    }

    /// The children with what was lifted out from between them.
    private mutating func children(of node: MarkdownNode) {
        let lifted = placement.marks[ObjectIdentifier(node)] ?? [:]
        for index in 0...node.children.count {
            for mark in lifted[index] ?? [] { append(Marks.bytes(of: mark) + [0x0A], from: node) }
            if index < node.children.count { write(node.children[index]) }
        }
    }

    // MARK: Blocks

    private mutating func block(_ name: String, _ node: MarkdownNode) {
        append("<\(name)>\n", from: node)
        children(of: node)
        append("</\(name)>\n", from: node)
    }

    private mutating func list(_ node: MarkdownNode, orderedFrom first: Int?) {
        let start = first.map { $0 == 1 ? "" : " start=\"\($0)\"" } ?? ""
        append("<\(first == nil ? "ul" : "ol")\(start)>\n", from: node)
        children(of: node)
        append("</\(first == nil ? "ul" : "ol")>\n", from: node)
    }

    private mutating func item(_ node: MarkdownNode) {
        let isTight = if case .list(_, isTight: true) = node.parent?.kind { true } else { false }
        append(isTight && node.children.first?.kind == .paragraph ? "<li>" : "<li>\n", from: node)
        children(of: node)
        append("</li>\n", from: node)
    }

    private mutating func paragraph(_ node: MarkdownNode) {
        if case .list(_, isTight: true) = node.parent?.parent?.kind, node.parent?.kind == .item {
            children(of: node)
            let isLast = node.parent?.children.last === node
            if !isLast { append("\n", from: node) }
        } else {
            inline("p", node, lineEnd: true)
        }
    }

    private mutating func codeBlock(_ node: MarkdownNode, _ info: String) {
        let language = info.split(separator: " ").first.map { String($0) } ?? ""
        var bytes = Array(language.isEmpty ? "<pre><code>".utf8 : "<pre><code class=\"language-".utf8)
        if !language.isEmpty { bytes += HTMLEscaping.text(Array(language.utf8)) + Array("\">".utf8) }
        append(bytes + HTMLEscaping.text(node.literal) + Array("</code></pre>\n".utf8), from: node)
    }

    // MARK: Tables

    private mutating func table(_ node: MarkdownNode) {
        append("<table>\n", from: node)
        let lifted = placement.marks[ObjectIdentifier(node)] ?? [:]
        var hasBody = false
        for index in 0...node.children.count {
            let marks = lifted[index] ?? []
            if index > 0, !hasBody, index < node.children.count || !marks.isEmpty {
                append("<tbody>\n", from: node)
                hasBody = true
            }
            for mark in marks { append(Marks.bytes(of: mark) + [0x0A], from: node) }
            if index < node.children.count { write(node.children[index]) }
        }
        append(hasBody ? "</tbody>\n</table>\n" : "</table>\n", from: node)
    }

    private mutating func row(_ node: MarkdownNode, _ isHeader: Bool) {
        append(isHeader ? "<thead>\n<tr>\n" : "<tr>\n", from: node)
        for cell in node.children {
            guard case .tableCell(let alignment) = cell.kind else { continue }
            append("<\(isHeader ? "th" : "td")\(alignment.map { " align=\"\($0)\"" } ?? "")>", from: cell)
            write(cell)
            append("</\(isHeader ? "th" : "td")>\n", from: cell)
        }
        append(isHeader ? "</tr>\n</thead>\n" : "</tr>\n", from: node)
    }

    // MARK: Inlines

    private mutating func inline(_ name: String, _ node: MarkdownNode, lineEnd: Bool = false) {
        append("<\(name)>", from: node)
        children(of: node)
        append(lineEnd ? "</\(name)>\n" : "</\(name)>", from: node)
    }

    private mutating func link(_ node: MarkdownNode, _ url: String, _ title: String) {
        var bytes = Array("<a href=\"".utf8) + HTMLEscaping.url(url) + Array("\"".utf8)
        if !title.isEmpty { bytes += Array(" title=\"".utf8) + HTMLEscaping.text(Array(title.utf8)) + Array("\"".utf8) }
        append(bytes + Array(">".utf8), from: node)
        children(of: node)
        append("</a>", from: node)
    }

    private mutating func image(_ node: MarkdownNode, _ url: String, _ title: String) {
        var bytes = Array("<img src=\"".utf8) + HTMLEscaping.url(url) + Array("\" alt=\"".utf8)
        bytes += HTMLEscaping.text(Self.plainText(of: node)) + Array("\"".utf8)
        if !title.isEmpty { bytes += Array(" title=\"".utf8) + HTMLEscaping.text(Array(title.utf8)) + Array("\"".utf8) }
        append(bytes + Array(" />".utf8), from: node)
    }

    private static func plainText(of node: MarkdownNode) -> [UInt8] {
        switch node.kind {
        case .softBreak, .lineBreak: [0x20]
        case .htmlInline: []
        default: node.literal + node.children.flatMap { plainText(of: $0) }
        }
    }

    // MARK: Origins

    private mutating func append(_ new: String, from node: MarkdownNode) {
        append(Array(new.utf8), from: node)
    }

    private mutating func append(_ new: [UInt8], from node: MarkdownNode) {
        let place = Self.nearestPlace(of: node)
        let line = min(max(place.startLine, 1), lineStarts.count) - 1
        let offset = min(lineStarts[line] + max(place.startColumn, 1) - 1, text.bytes.count)
        if let origin = text.origin(of: Span(offset, offset + 1)) {
            result.append(new, from: origin.span, source: origin.source)
        } else {
            result.append(new)
        }
    }

    /// Some inlines have no position of their own.
    private static func nearestPlace(of node: MarkdownNode) -> MarkdownNode {
        var current = node
        while current.startLine == 0, let parent = current.parent { current = parent }
        return current
    }
}
