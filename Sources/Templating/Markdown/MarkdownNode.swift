import CCmark

/// A Markdown document as cmark understood it.
final class MarkdownNode {
    enum Kind: Equatable {
        case document, quote, item, paragraph, rule
        case list(orderedFrom: Int?, isTight: Bool)
        case codeBlock(info: String), htmlBlock
        case heading(Int)
        case table, tableRow(isHeader: Bool), tableCell(alignment: String?)
        case text, softBreak, lineBreak, code, htmlInline
        case emphasis, strong, strikethrough
        case link(url: String, title: String), image(url: String, title: String)
        case other
    }

    let kind: Kind
    /// Both from 1; columns in bytes.
    let startLine: Int
    let startColumn: Int
    let literal: [UInt8]
    let children: [MarkdownNode]
    private(set) weak var parent: MarkdownNode?
    /// The last line on which anything in it starts.
    let lastStart: Int

    private init(kind: Kind, startLine: Int, startColumn: Int, literal: [UInt8], children: [MarkdownNode]) {
        self.kind = kind
        self.startLine = startLine
        self.startColumn = startColumn
        self.literal = literal
        self.children = children
        lastStart = children.reduce(startLine) { max($0, $1.lastStart) }
        for child in children { child.parent = self }
    }

    struct Refusal: Error {
        var message: String
        var line: Int
    }

    private static let isRegistered: Bool = {
        pitwall_cmark_register()
        return true
    }()

    /// - Throws: where quotes or lists are nested deeper than any message needs, or there is more than any message holds.
    static func parse(_ bytes: [UInt8]) throws(Refusal) -> MarkdownNode {
        guard isRegistered, let root = bytes.withUnsafeBytes({ pitwall_cmark_parse($0.baseAddress, $0.count) }) else {
            return MarkdownNode(kind: .document, startLine: 1, startColumn: 1, literal: [], children: [])
        }
        defer { cmark_node_free(root) }
        var count = 0
        return try node(root, depth: 0, alignment: nil, &count)
    }

    private static func node(
        _ node: OpaquePointer, depth: Int, alignment: String?, _ count: inout Int
    ) throws(Refusal) -> MarkdownNode {
        let line = Int(cmark_node_get_start_line(node))
        guard depth < MessageBounds.markdownDepth else {
            throw Refusal(message: "quotes or lists are nested deeper than any message needs", line: line)
        }
        count += 1
        guard count <= MessageBounds.signs else {
            throw Refusal(message: "more than \(MessageBounds.text(MessageBounds.signs)) pieces of Markdown", line: line)
        }
        let kind = Self.kind(of: node, alignment: alignment)
        var children: [MarkdownNode] = []
        var child = cmark_node_first_child(node)
        var column: Int32 = 0
        while let current = child {
            let alignment = kind.isRow ? columnAlignment(of: node, column) : nil
            children.append(try Self.node(current, depth: depth + 1, alignment: alignment, &count))
            child = cmark_node_next(current)
            column += 1
        }
        return MarkdownNode(
            kind: kind, startLine: line, startColumn: Int(cmark_node_get_start_column(node)),
            literal: literal(cmark_node_get_literal(node)), children: children)
    }

    private static func kind(of node: OpaquePointer, alignment: String?) -> Kind {
        switch pitwall_cmark_kind(node) {
        case PITWALL_MARKDOWN_DOCUMENT: .document
        case PITWALL_MARKDOWN_QUOTE: .quote
        case PITWALL_MARKDOWN_LIST:
            .list(
                orderedFrom: cmark_node_get_list_type(node) == CMARK_ORDERED_LIST ? Int(cmark_node_get_list_start(node)) : nil,
                isTight: cmark_node_get_list_tight(node) == 1)
        case PITWALL_MARKDOWN_ITEM: .item
        case PITWALL_MARKDOWN_CODE_BLOCK: .codeBlock(info: text(cmark_node_get_fence_info(node)))
        case PITWALL_MARKDOWN_HTML_BLOCK: .htmlBlock
        case PITWALL_MARKDOWN_PARAGRAPH: .paragraph
        case PITWALL_MARKDOWN_HEADING: .heading(Int(cmark_node_get_heading_level(node)))
        case PITWALL_MARKDOWN_RULE: .rule
        case PITWALL_MARKDOWN_TABLE: .table
        case PITWALL_MARKDOWN_TABLE_ROW: .tableRow(isHeader: pitwall_cmark_is_header(node) == 1)
        case PITWALL_MARKDOWN_TABLE_CELL: .tableCell(alignment: alignment)
        case PITWALL_MARKDOWN_TEXT: .text
        case PITWALL_MARKDOWN_SOFT_BREAK: .softBreak
        case PITWALL_MARKDOWN_LINE_BREAK: .lineBreak
        case PITWALL_MARKDOWN_CODE: .code
        case PITWALL_MARKDOWN_HTML_INLINE: .htmlInline
        case PITWALL_MARKDOWN_EMPHASIS: .emphasis
        case PITWALL_MARKDOWN_STRONG: .strong
        case PITWALL_MARKDOWN_STRIKETHROUGH: .strikethrough
        case PITWALL_MARKDOWN_LINK: .link(url: text(cmark_node_get_url(node)), title: text(cmark_node_get_title(node)))
        case PITWALL_MARKDOWN_IMAGE: .image(url: text(cmark_node_get_url(node)), title: text(cmark_node_get_title(node)))
        default: .other
        }
    }

    private static func columnAlignment(of row: OpaquePointer, _ column: Int32) -> String? {
        guard let table = cmark_node_parent(row) else { return nil }
        switch UInt8(bitPattern: pitwall_cmark_alignment(table, column)) {
        case UInt8(ascii: "l"): return "left"
        case UInt8(ascii: "c"): return "center"
        case UInt8(ascii: "r"): return "right"
        default: return nil
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    private static func literal(_ pointer: UnsafePointer<CChar>?) -> [UInt8] {
        guard let pointer else { return [] }
        return Array(UnsafeBufferPointer(start: pointer, count: cString(pointer)).map { UInt8(bitPattern: $0) })
    }

    private static func cString(_ pointer: UnsafePointer<CChar>) -> Int {
        var count = 0
        while pointer[count] != 0 { count += 1 }
        return count
    }
}

extension MarkdownNode.Kind {
    var isRow: Bool { if case .tableRow = self { true } else { false } }
    var isList: Bool { if case .list = self { true } else { false } }

    /// Holds blocks, or rows.
    var isContainer: Bool {
        switch self {
        case .document, .quote, .item, .list, .table: true
        default: false
        }
    }
}
