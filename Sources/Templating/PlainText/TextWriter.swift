/// Writes the plain-text part of a message from its HTML, once, when the template is compiled; Liquid stays in it as marks.
///
/// Blocks are followed by their empty line, never preceded by one: so a tag between two blocks can make the second
/// vanish, or repeat it, and the lines still come out right.
struct TextWriter {
    private let marks: Marks
    private(set) var out: [UInt8] = []
    /// Line ends that are owed before the next text.
    private var owed = 0
    /// Line ends that `out` ends with, marks not counted.
    private var ended = 2
    private var owesBlank = false
    /// What each line starts with, from the outside in.
    private var prefixes: [String] = []
    /// The bullet of an item, to be written before its first text.
    private var bullet: String?
    private var preformatted = 0
    /// Of a piece of Liquid, as its author wrote it: each place of the same output has a mark of its own.
    private let spelling: (Int) -> String
    /// What the campaign adds to links, which labels do not say.
    private let parameters: LinkTarget.Parameters

    /// Of a label: once there are more bytes than this, nothing more is written.
    private let most: Int

    init(marks: Marks, parameters: LinkTarget.Parameters, spelling: @escaping (Int) -> String, most: Int = .max) {
        self.marks = marks
        self.spelling = spelling
        self.parameters = parameters
        self.most = most
    }

    static func text(of nodes: [HTMLNode], parameters: LinkTarget.Parameters, in compilation: Compilation) -> [UInt8] {
        var writer = TextWriter(marks: compilation.marks, parameters: parameters, spelling: compilation.text(of:))
        writer.flow(nodes)
        writer.flushOwed()
        return writer.out
    }

    // MARK: Output

    private mutating func owe(_ count: Int) {
        owed = max(owed, count)
        owesBlank = false
    }

    private mutating func flushOwed() {
        while ended < owed {
            out.append(0x0A)
            ended += 1
        }
        owed = 0
    }

    /// Opens the line where it is not open yet.
    private mutating func open() {
        flushOwed()
        if ended > 0 {
            let last = bullet.map { _ in prefixes.count - 1 } ?? prefixes.count
            for prefix in prefixes.prefix(max(0, last)) { out += Array(prefix.utf8) }
            if let bullet { out += Array(bullet.utf8) }
            bullet = nil
        } else if owesBlank {
            out.append(0x20)
        }
        owesBlank = false
        ended = 0
    }

    /// Where half of a line is quotes and lists already, nobody could read more of them, and every line would have all.
    private mutating func indent(_ prefix: String) {
        let width = prefixes.reduce(prefix.utf8.count) { $0 + $1.utf8.count }
        prefixes.append(width > TextLayout.width / 2 ? "" : prefix)
    }

    /// Text in a line; blanks are one blank.
    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var index = 0
            while index < bytes.count {
                let blank = Self.blank(in: bytes, at: index)
                if blank > 0 {
                    index += blank
                    if ended == 0 { owesBlank = true }
                    continue
                }
                let start = index
                repeat { index += 1 } while index < bytes.count && Self.blank(in: bytes, at: index) == 0
                open()
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
            }
        }
    }

    /// The length of a blank, which may be one that does not break a line (U+00A0).
    private static func blank(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let byte = bytes[index]
        if byte == 0x20 || (0x09...0x0D).contains(byte) { return 1 }
        return byte == 0xC2 && index + 1 < bytes.count && bytes[index + 1] == 0xA0 ? 2 : 0
    }

    /// A tag among words takes part in the line, which it may open: what is owed stands before it, or it would be paid in
    /// the first branch of an `if` alone. Between blocks a tag takes no place at all.
    private mutating func appendTag(_ index: Int, inLine: Bool) {
        if inLine {
            open()
            out += Marks.bytes(of: index)
        } else {
            flushOwed()
            out += Marks.bytes(of: index, end: Marks.trimlessEnd)
        }
    }

    // MARK: Flow

    private mutating func flow(_ nodes: [HTMLNode]) {
        let inline = nodes.count { Self.isInline($0) }
        for node in nodes {
            if inline == 1, node.name == "a", !node.isHidden {
                link(node, isAlone: true)
            } else {
                write(node, inLine: inline > 0)
            }
        }
    }

    /// Something that makes a line: a word, an inline element, an output.
    private static func isInline(_ node: HTMLNode) -> Bool {
        switch node.kind {
        case .text(let text): text.utf8.contains { !($0 == 0x20 || (0x09...0x0D).contains($0)) }
        case .comment: false
        case .element(let name, _): !TextElements.block.contains(name) && name != "br" && !node.isHidden
        }
    }

    private mutating func write(_ node: HTMLNode, inLine: Bool) {
        guard out.count <= most else { return }
        switch node.kind {
        case .comment(let text):
            for index in Marks.marks(in: text) where Marks.length == text.utf8.count { appendTag(index, inLine: inLine) }
        case .text(let text):
            preformatted > 0 ? appendPreformatted(text) : append(TextElements.withoutInvisible(text))
        case .element(let name, _):
            if node.isHidden { return assignments(in: node) }
            element(name, node, inLine: inLine)
        }
    }

    private mutating func element(_ name: String, _ node: HTMLNode, inLine: Bool) {
        switch name {
        case "br":
            flushOwed()
            if ended == 0 { owe(1) } else if bullet == nil { owe(min(ended + 1, 2)) }
        case "hr": block { $0.rule() }
        case "h1": heading(node, "=")
        case "h2": heading(node, "-")
        case "ul", "ol": list(node, isOrdered: name == "ol")
        case "li": item(node, bullet: "- ")
        case "blockquote":
            owe(2)
            indent("> ")
            flow(node.children)
            owe(2)
            prefixes.removeLast()
        case "pre":
            owe(2)
            indent("    ")
            preformatted += 1
            flow(node.children)
            preformatted -= 1
            owe(2)
            prefixes.removeLast()
        case "img": append(node.attribute("alt")?.value ?? "")
        case "a": link(node, isAlone: false)
        case "table" where TextElements.isData(node): dataTable(node)
        case "p", "h3", "h4", "h5", "h6", "dl", "details", "figure": block { $0.flow(node.children) }
        case _ where TextElements.block.contains(name):
            owe(1)
            flow(node.children)
            owe(name == "table" || TextElements.isParagraph(node) ? 2 : 1)
        default: flow(inline: node.children)
        }
    }

    private mutating func flow(inline nodes: [HTMLNode]) {
        for node in nodes { write(node, inLine: true) }
    }

    private mutating func block(_ content: (inout TextWriter) -> Void) {
        owe(2)
        content(&self)
        owe(2)
    }

    private mutating func rule() {
        open()
        out += Array(repeating: UInt8(ascii: "-"), count: 40)
    }

    private mutating func appendPreformatted(_ text: String) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { owe(min(ended + owed + 1, 2)) }
            if !line.isEmpty {
                open()
                out += Array(line.utf8)
            }
        }
    }

    /// Values that a hidden part sets are used further down.
    private mutating func assignments(in node: HTMLNode) {
        if case .comment(let text) = node.kind {
            for index in Marks.marks(in: text) where ["assign", "increment", "decrement"].contains(marks.tagName(index) ?? "") {
                appendTag(index, inLine: false)
            }
        }
        for child in node.children { assignments(in: child) }
    }

    // MARK: Elements

    private mutating func heading(_ node: HTMLNode, _ underline: Character) {
        owe(2)
        flushOwed()
        let start = out.count
        flow(node.children)
        let width = TextElements.width(of: out[min(start, out.count)...])
        if width > 0 {
            owe(1)
            open()
            out += Array(String(repeating: underline, count: min(width, TextLayout.width)).utf8)
        }
        owe(2)
    }

    private mutating func list(_ node: HTMLNode, isOrdered: Bool) {
        let isNested = !prefixes.isEmpty
        owe(isNested ? 1 : 2)
        let hasTags = node.children.contains { if case .comment(let text) = $0.kind { !Marks.marks(in: text).isEmpty } else { false } }
        var number = node.attribute("start").flatMap { Int($0.value) } ?? 1
        for child in node.children {
            if child.name == "li", !child.isHidden {
                item(child, bullet: isOrdered && !hasTags ? "\(number). " : "- ")
                number = number < 9999 ? number + 1 : number
            } else {
                write(child, inLine: false)
            }
        }
        owe(isNested ? 1 : 2)
    }

    private mutating func item(_ node: HTMLNode, bullet mark: String) {
        owe(1)
        flushOwed()
        indent(String(repeating: " ", count: mark.count))
        bullet = mark
        flow(node.children)
        let isLoose = node.children.contains { $0.name == "p" }
        bullet = nil
        prefixes.removeLast()
        owed = 0
        owe(isLoose ? 2 : 1)
    }

    /// `label (address)` among words, `label: address` on its own, the address alone where the label says the same.
    private mutating func link(_ node: HTMLNode, isAlone: Bool) {
        // Within a label there is no other link, whatever the parser makes of one: each would be written twice.
        guard most == .max else { return flow(inline: node.children) }
        let address = TextElements.address(node.attribute("href")?.value ?? "")
        guard let address, !TextElements.holdsBlocks(node) else {
            let start = out.count
            flow(node.children)
            if let address, out.count > start {
                owe(1)
                append(address)
                owe(2)
            }
            return
        }
        // Only a label about as long as the address can be the same.
        var label = TextWriter(marks: marks, parameters: parameters, spelling: spelling, most: address.utf8.count + 100)
        label.flow(inline: node.children)
        let text = String(decoding: label.out, as: UTF8.self)
        if text.isEmpty {
            if !Marks.marks(in: address).isEmpty || node.children.contains(where: { $0.name == "img" }) { append(address) }
        } else if TextElements.says(untracked(text), untracked(address)) {
            append(address)
        } else {
            flow(inline: node.children)
            if isAlone {
                if ended == 0, out.last != UInt8(ascii: ":") { out.append(UInt8(ascii: ":")) }
                append(" \(address)")
            } else {
                append(" (\(address))")
            }
        }
    }

    /// An address or a label as its author wrote it: without what the campaign adds, and without the program's own blocks.
    private func untracked(_ address: String) -> String {
        var bytes = Array(address.utf8)
        for found in Marks.marks(in: bytes).reversed() {
            let isBlock = Compilation.ownBlocks.contains(Self.block(marks.tagName(found.index) ?? ""))
            bytes.replaceSubrange(found.range, with: isBlock ? [] : Array(spelling(found.index).utf8))
        }
        var text = String(decoding: bytes, as: UTF8.self)
        for pair in parameters.pairs {
            text = text.replacing("?\(pair.text)&", with: "?").replacing("?\(pair.text)", with: "").replacing("&\(pair.text)", with: "")
        }
        return text
    }

    /// The block that a tag opens or closes.
    private static func block(_ tag: String) -> String {
        let name = tag.prefix { $0 != " " }
        return String(name.hasPrefix("end") ? name.dropFirst(3) : name)
    }

    /// A row a line, its cells parted by bars.
    private mutating func dataTable(_ node: HTMLNode) {
        owe(2)
        rows(of: node)
        owe(2)
    }

    private mutating func rows(of node: HTMLNode) {
        for child in node.children {
            switch child.name {
            case "tr":
                owe(1)
                row(child)
                owe(1)
            case "thead", "tbody", "tfoot": rows(of: child)
            case "caption": block { $0.flow(child.children) }
            default: write(child, inLine: false)
            }
        }
    }

    private mutating func row(_ node: HTMLNode) {
        var isFirst = true
        for child in node.children {
            if child.name == "td" || child.name == "th" {
                if !isFirst {
                    open()
                    out += Array(" |".utf8)
                    owesBlank = true
                }
                flow(inline: child.children)
                owed = 0
                isFirst = false
            } else {
                write(child, inLine: true)
            }
        }
    }
}
