package import Diagnostics
import Foundation
import Workspace

/// A picture that travels within the message, as the author of a template named it.
package struct MessagePicture: Sendable {
    /// Of a file of the workspace.
    package let path: String
    /// What the page calls it: `cid:` and this.
    package let contentID: String
    package let source: SourceText
    package let span: Span?
}

/// Finds the pictures of a page that are files of the workspace, `<img src="cid:Images/logo.png">`, and gives each the name that its
/// part of the message has (RFC 2392).
struct PictureSlots {
    private static let scheme = "cid:"
    private static let longestID = 200

    private struct Slot {
        var range: Range<Int>
        var path: String
    }

    private var slots: [Slot] = []
    private let source: ComposedText

    /// What cannot be is reported: a picture whose name holds Liquid would have to be looked for in each message.
    init(_ nodes: [HTMLNode], in source: ComposedText, compilation: Compilation, own: Int) {
        self.source = source
        var seen: Set<Int> = []
        for node in nodes { collect(node, compilation, own, &seen) }
    }

    private mutating func collect(_ node: HTMLNode, _ compilation: Compilation, _ own: Int, _ seen: inout Set<Int>) {
        for name in node.name == "img" ? ["src", "background"] : ["background"] {
            guard let attribute = node.attribute(name), let range = attribute.range, seen.insert(range.lowerBound).inserted else {
                continue
            }
            let value = attribute.value.trimmingCharacters(in: .whitespacesAndNewlines)
            guard value.lowercased().hasPrefix(Self.scheme) else { continue }
            let path = String(value.dropFirst(Self.scheme.count))
            let span = Span(range.lowerBound, range.upperBound)
            let name = path.removingPercentEncoding ?? path
            if !Marks.marks(in: path).isEmpty {
                compilation.report(
                    .error, "the name of a picture in the message can't hold Liquid", in: source, at: span, fallback: own,
                    hint: "write each picture out, between {% if %} and {% endif %}")
            } else if name.isEmpty || Self.contentID(of: name).utf8.count > Self.longestID {
                compilation.report(
                    .error, "this names no picture", in: source, at: span, fallback: own,
                    hint: "cid:Images/logo.png is a file of the workspace")
            } else {
                slots.append(Slot(range: range, path: name))
            }
        }
        warn(of: node, compilation, own)
        for child in node.children { collect(child, compilation, own, &seen) }
    }

    /// Says where a picture is named that would not be found there.
    private func warn(of node: HTMLNode, _ compilation: Compilation, _ own: Int) {
        guard case .element(let element, let attributes) = node.kind else { return }
        var places = attributes.filter { Self.isLost($0, of: element) }.map {
            ($0.range?.lowerBound ?? node.offset, $0.range?.upperBound ?? node.offset)
        }
        if element == "style" {
            for child in node.children {
                guard case .text(let text) = child.kind, Self.isInStyle(text),
                    let found = text.range(of: Self.scheme, options: .caseInsensitive)
                else { continue }
                let start = child.offset + text.utf8.distance(from: text.startIndex, to: found.lowerBound)
                places.append((start, start + Self.scheme.utf8.count))
            }
        }
        for (start, end) in places {
            compilation.report(
                .warning, "no picture of the workspace is found here", in: source, at: Span(start, end), fallback: own,
                hint: "cid: is for the src of an img and for background=\"…\"; elsewhere a picture needs an https address")
        }
    }

    private static func isLost(_ attribute: HTMLNode.Attribute, of element: String) -> Bool {
        if attribute.name == "style" { return isInStyle(attribute.value) }
        let value = attribute.value.lowercased()
        let places: [Substring]
        switch attribute.name {
        case "src" where element != "img", "href", "xlink:href", "poster", "data": places = [value[...]]
        case "srcset", "imagesrcset": places = value.split(separator: ",")
        default: return false
        }
        return places.contains { $0.trimmingCharacters(in: .whitespacesAndNewlines).hasPrefix(scheme) }
    }

    private static func isInStyle(_ text: String) -> Bool {
        let text = text.lowercased().filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        return text.contains("url(\(scheme)") || text.contains("image-set(\(scheme)")
    }

    /// The changes that give the pictures their names. What they are is noted in `compilation`.
    func edits(_ compilation: Compilation, own: Int) -> [TextEdit] {
        slots.map { slot in
            let id = Self.contentID(of: slot.path)
            let origin = source.origin(of: Span(slot.range.lowerBound, slot.range.upperBound))
            compilation.add(
                MessagePicture(
                    path: slot.path, contentID: id, source: compilation.sources[origin?.source ?? own], span: origin?.span))
            var text = ComposedText()
            text.append(Self.scheme + id)
            return TextEdit(slot.range, text)
        }
    }

    /// `Images_2Flogo.png@pitwall`: mail programs differ in what else than letters, digits, dots and hyphens they find again.
    static func contentID(of path: String) -> String {
        var out: [UInt8] = []
        for byte in path.utf8 {
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
            // Dots may stand between other characters only.
            let isDot = byte == UInt8(ascii: ".") && !out.isEmpty && out.last != byte
            if isPlain || isDot {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "_"), HTMLEscaping.hexDigits[Int(byte >> 4)], HTMLEscaping.hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self) + "@pitwall"
    }
}
