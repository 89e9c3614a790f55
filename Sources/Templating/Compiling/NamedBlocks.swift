import Diagnostics
import Workspace

/// The places of a layout that a template may fill: `{% block header %}what stands there otherwise{% endblock %}`.
///
/// A template fills one by a block of the same name, on its own, not within a condition or a loop; the rest of the template is
/// the message itself, which goes where the layout says `{{ content }}`.
struct NamedBlocks {
    struct Block {
        var name: String
        /// The opening tag.
        var mark: Int
        /// Both tags included.
        var outer: Range<Int>
        var inner: Range<Int>
    }

    enum Place {
        case layout, template
    }

    static let tag = "block"
    private static let end = "endblock"
    private static let groups: Set<String> = ["if", "unless", "case", "for", "tablerow", "capture", "ifchanged", "button"]

    private(set) var blocks: [Block] = []
    private let compilation: Compilation

    init(_ text: ComposedText, in place: Place, _ compilation: Compilation) {
        self.compilation = compilation
        var open: (name: String?, mark: Marks.Found)?
        var around: [String] = []
        for mark in Marks.marks(in: text.bytes) {
            guard let name = compilation.marks.tagName(mark.index) else { continue }
            switch name {
            case Self.tag:
                if open != nil {
                    report("a block can't stand in a block", mark.index)
                } else if place == .template, let tag = around.last {
                    report("a block can't stand within \(tag)", mark.index, hint: "put the \(tag) into the block")
                    open = (nil, mark)
                } else {
                    open = (self.name(of: mark.index), mark)
                }
            case Self.end:
                guard let opening = open else {
                    report("endblock has nothing to close", mark.index)
                    continue
                }
                close(opening.name, opening.mark, mark, text)
                open = nil
            case _ where Self.groups.contains(name): if open == nil { around.append(name) }
            case _ where name.hasPrefix("end"): if open == nil, !around.isEmpty { around.removeLast() }
            default: break
            }
        }
        if let open { report("block is never closed", open.mark.index, hint: "{% endblock %} is missing") }
    }

    private mutating func close(_ name: String?, _ first: Marks.Found, _ last: Marks.Found, _ text: ComposedText) {
        guard let name else { return }
        let closing = argument(of: last.index, Self.end)
        if !closing.isEmpty, closing != name {
            return report("this closes the block \"\(closing)\", and \"\(name)\" is open", last.index)
        }
        guard blocks.count < MessageBounds.blocks else { return report("more blocks than any layout needs", first.index) }
        if let other = blocks.first(where: { $0.name == name }) {
            let place = compilation.marks.entries[other.mark]
            let line = compilation.sources[place.source].location(of: place.token.span.start).line
            return report("the block \"\(name)\" is there already, on line \(line)", first.index)
        }
        var outer = first.range.lowerBound..<last.range.upperBound
        var inner = first.range.upperBound..<last.range.lowerBound
        func isBlank(_ index: Int) -> Bool { text.bytes[index] == 0x20 || (0x09...0x0D).contains(text.bytes[index]) }
        let (opens, closes) = (compilation.text(of: first.index), compilation.text(of: last.index))
        if opens.hasPrefix("{%-") {
            while outer.lowerBound > 0, isBlank(outer.lowerBound - 1) { outer = (outer.lowerBound - 1)..<outer.upperBound }
        }
        if closes.hasSuffix("-%}") {
            while outer.upperBound < text.bytes.count, isBlank(outer.upperBound) { outer = outer.lowerBound..<(outer.upperBound + 1) }
        }
        if opens.hasSuffix("-%}") {
            while !inner.isEmpty, isBlank(inner.lowerBound) { inner = (inner.lowerBound + 1)..<inner.upperBound }
        }
        if closes.hasPrefix("{%-") {
            while !inner.isEmpty, isBlank(inner.upperBound - 1) { inner = inner.lowerBound..<(inner.upperBound - 1) }
        }
        blocks.append(Block(name: name, mark: first.index, outer: outer, inner: inner))
    }

    private func name(of mark: Int) -> String? {
        let name = argument(of: mark, Self.tag)
        if CampaignFile.isName(name) { return name }
        let message = name.isEmpty ? "a block needs a name" : "a block's name has letters, digits, - and _ only"
        report(message, mark, hint: "write {% block header %}")
        return nil
    }

    /// What stands behind the tag's name.
    private func argument(of mark: Int, _ tag: String) -> String {
        var rest = compilation.text(of: mark).dropFirst(2).dropLast(2)
        if rest.first == "-" { rest = rest.dropFirst() }
        if rest.last == "-" { rest = rest.dropLast() }
        let words = rest.split(whereSeparator: \.isWhitespace)
        return words.dropFirst().joined(separator: " ")
    }

    private func report(_ message: String, _ mark: Int, hint: String? = nil) {
        let entry = compilation.marks.entries[mark]
        compilation.report(message, source: entry.source, at: entry.token.span, hint: hint)
    }

    // MARK: Filling

    /// Those of a template, as HTML.
    struct Filling {
        var name: String
        var mark: Int
        var html: ComposedText
    }

    /// A layout's text with its blocks filled.
    func filled(_ text: ComposedText, by fillings: [Filling], layout: String) -> ComposedText {
        let names = blocks.map(\.name)
        for filling in fillings where !names.contains(filling.name) {
            let known = names.isEmpty ? "it has no blocks" : "it has: \(names.joined(separator: ", "))"
            report(
                "the layout \(layout) has no block \"\(filling.name)\"", filling.mark,
                hint: suggestion(for: filling.name, among: names) ?? known)
        }
        return text.applying(
            blocks.map { block in
                if let filling = fillings.first(where: { $0.name == block.name }) { return TextEdit(block.outer, filling.html) }
                var own = ComposedText()
                own.append(text, block.inner)
                return TextEdit(block.outer, own)
            })
    }

    /// A template's text without its blocks.
    func without(_ text: ComposedText) -> ComposedText {
        text.applying(blocks.map { TextEdit($0.outer, ComposedText()) })
    }

    /// There are none in a partial.
    static func refuse(in text: ComposedText, _ compilation: Compilation) {
        for mark in Marks.marks(in: text.bytes) where compilation.marks.tagName(mark.index) == tag {
            let entry = compilation.marks.entries[mark.index]
            compilation.report("blocks stand in layouts and templates, not in partials", source: entry.source, at: entry.token.span)
        }
    }
}
