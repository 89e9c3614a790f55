package import Diagnostics
import Workspace

/// A link of a message, as its author wrote it.
package struct MessageLink: Sendable {
    /// Liquid included.
    package let address: String
    package let source: SourceText
    package let span: Span?
}

/// Finds the links of a page and adds to them what the campaign wants added.
///
/// What is fixed is added at once. An address with Liquid in it is put between `{% link N %}` and `{% endlink %}`, a block
/// that the message's own renderer fills in.
struct LinkSlots {
    struct Slot {
        /// The value between the quotes, with marks.
        var range: Range<Int>
        var bytes: [UInt8]
        var marks: [Int]
    }

    static let blockName = "link"

    private(set) var slots: [Slot] = []

    init(_ nodes: [HTMLNode], bytes: [UInt8]) {
        var seen: Set<Int> = []
        for node in nodes { collect(node, bytes, &seen) }
        slots.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    private mutating func collect(_ node: HTMLNode, _ bytes: [UInt8], _ seen: inout Set<Int>) {
        // Elements that were cloned by the parser share their place.
        if node.name == "a" || node.name == "area", let range = node.attribute("href")?.range, seen.insert(range.lowerBound).inserted {
            slots.append(Slot(range: range, bytes: Array(bytes[range]), marks: Marks.marks(in: bytes, range).map(\.index)))
        }
        for child in node.children { collect(child, bytes, &seen) }
    }

    /// The changes that put the parameters in, and the places of the addresses that only a rendering tells.
    func edits(_ parameters: LinkTarget.Parameters, compilation: Compilation) -> (edits: [TextEdit], filled: [Range<Int>]) {
        var edits: [TextEdit] = []
        var filled: [Range<Int>] = []
        for (number, slot) in slots.enumerated() where !parameters.isEmpty {
            let trimmed = slot.bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
            if slot.marks.isEmpty {
                edits += Self.staticEdit(slot, trimmed, parameters).map { [$0] } ?? []
            } else if Self.isDynamic(slot, trimmed, compilation) {
                let block = compilation.block("\(Self.blockName) \(number)", closing: "end\(Self.blockName)")
                edits.append(TextEdit(insert: block.opening, at: slot.range.lowerBound))
                edits.append(TextEdit(insert: block.closing, at: slot.range.upperBound))
                filled.append(slot.range)
            }
        }
        return (edits, filled)
    }

    private static func staticEdit(_ slot: Slot, _ trimmed: ArraySlice<UInt8>, _ parameters: LinkTarget.Parameters) -> TextEdit? {
        guard LinkTarget.isWeb(trimmed) else { return nil }
        let whole = LinkTarget.adding(parameters, to: Array(trimmed), ampersand: "&amp;")
        let prefix = zip(whole, trimmed).prefix { $0 == $1 }.count
        let added = whole.count - trimmed.count
        guard added > 0, prefix + added <= whole.count else { return nil }
        return TextEdit(
            insert: String(decoding: whole[prefix..<(prefix + added)], as: UTF8.self),
            at: trimmed.startIndex + slot.range.lowerBound + prefix)
    }

    /// Whether what the Liquid gives may be a web address that belongs to the message.
    private static func isDynamic(_ slot: Slot, _ trimmed: ArraySlice<UInt8>, _ compilation: Compilation) -> Bool {
        let begins = Marks.mark(in: slot.bytes, at: trimmed.startIndex) != nil
        guard begins || LinkTarget.isWeb(trimmed) else { return false }
        let texts = slot.marks.map { compilation.text(of: $0) }
        guard !texts.contains(where: { $0.contains("links.") }) else { return false }
        return isClosed(slot.marks, compilation)
    }

    /// A condition that reaches out of the attribute cannot stand in a block.
    static func isClosed(_ found: [Int], _ compilation: Compilation) -> Bool {
        let tags = found.filter { compilation.marks.isTag($0) }
        let groups = LiquidGroups(tags, marks: compilation.marks)
        let paired = groups.groups.allSatisfy(\.isClosed)
        let strays = tags.contains {
            (compilation.marks.tagName($0) ?? "").hasPrefix("end") && !groups.members.contains($0)
        }
        return paired && !strays
    }
}
