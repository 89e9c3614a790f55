import Diagnostics

/// Writes a Markdown tree as HTML, as cmark does, with the lifted tags between the nodes.
struct MarkdownWriter {
    private let placement: TagPlacement
    private let text: ComposedText
    private let lineStarts: [Int]
    private let source: Int
    private(set) var result = ComposedText()
    /// Behind the last HTML that was copied.
    private var copied = 0
    /// Where pictures without a label stand, in the text.
    private(set) var unlabelled: [Int] = []

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
        case .htmlBlock: copyBlock(node)
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
        case .htmlInline: copy(node)
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
        let label = Self.plainText(of: node)
        if label.isEmpty { unlabelled.append(offset(of: node)) }
        bytes += HTMLEscaping.text(label) + Array("\"".utf8)
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

    /// HTML in a line. The columns that cmark gives are those of the paragraph, not of the line in a quote or an item: it
    /// is then looked for nearby.
    private mutating func copy(_ node: MarkdownNode) {
        let offset = max(offset(of: node), copied)
        guard let found = find(node.literal, from: offset) ?? find(node.literal, from: max(copied, lineStart(of: node))) else {
            return append(node.literal, from: node)
        }
        copied = found + node.literal.count
        result.append(text, found..<copied)
    }

    /// HTML between paragraphs, line by line: what quotes and items put in front of a line is not part of it.
    private mutating func copyBlock(_ node: MarkdownNode) {
        var number = max(node.startLine, 1) - 1
        var start = node.literal.startIndex
        while start < node.literal.endIndex {
            let end = node.literal[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? node.literal.endIndex
            let line = node.literal[start..<end]
            var lineEnd = number + 1 < lineStarts.count ? lineStarts[number + 1] : text.bytes.count
            // The last line may lack the line end that cmark gives it.
            let isWhole = lineEnd > 0 && text.bytes[lineEnd - 1] == 0x0A
            let wanted = isWhole || line.last != 0x0A ? line : line.dropLast()
            lineEnd -= isWhole && line.last != 0x0A ? 1 : 0
            let offset = lineEnd - wanted.count
            if number < lineStarts.count, offset >= lineStarts[number], text.bytes[offset..<lineEnd].elementsEqual(wanted) {
                result.append(text, offset..<lineEnd)
                if wanted.count < line.count { append([0x0A], from: node) }
                copied = lineEnd
            } else {
                append(Array(line), from: node)
            }
            start = end
            number += 1
        }
    }

    /// Within a few lines of text.
    private func find(_ literal: [UInt8], from start: Int) -> Int? {
        guard let first = literal.first else { return nil }
        let last = min(start + 512, text.bytes.count - literal.count)
        guard start <= last else { return nil }
        for offset in start...last where text.bytes[offset] == first {
            if text.bytes[offset...].starts(with: literal) { return offset }
        }
        return nil
    }

    private func lineStart(of node: MarkdownNode) -> Int {
        lineStarts[min(max(Self.nearestPlace(of: node).startLine, 1), lineStarts.count) - 1]
    }

    private mutating func append(_ new: String, from node: MarkdownNode) {
        append(Array(new.utf8), from: node)
    }

    private mutating func append(_ new: [UInt8], from node: MarkdownNode) {
        let offset = offset(of: node)
        if let origin = text.origin(of: Span(offset, offset + 1)) {
            result.append(new, from: origin.span, source: origin.source)
        } else {
            result.append(new)
        }
    }

    private func offset(of node: MarkdownNode) -> Int {
        let place = Self.nearestPlace(of: node)
        let line = min(max(place.startLine, 1), lineStarts.count) - 1
        return min(lineStarts[line] + max(place.startColumn, 1) - 1, text.bytes.count)
    }

    /// Some inlines have no position of their own.
    private static func nearestPlace(of node: MarkdownNode) -> MarkdownNode {
        var current = node
        while current.startLine == 0, let parent = current.parent { current = parent }
        return current
    }
}
