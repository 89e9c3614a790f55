import Diagnostics

/// `{% button "https://…" %}Label{% endbutton %}`: a link that looks like a button, in Outlook too.
///
/// A cell of a table carries the colour and, for Outlook, the padding; everywhere else the link has it, so that the whole
/// coloured surface leads there. A layout gives it other looks by its classes: `.button { background-color: #0b6b4b !important; }`.
/// In the text part it is what a link alone in its box is there: `Label: address`.
struct ButtonTags {
    static let tag = "button"
    private static let end = "endbutton"

    private static let opening =
        "<table class=\"button-box\" role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"width: auto; margin: 28px 0 30px; border-collapse: separate;\"><tr><td class=\"button-cell\" align=\"center\" style=\"padding: 0; border: 0; border-radius: 5px; background-color: #15171a; text-align: center; mso-padding-alt: 15px 28px;\"><a class=\"button\" href=\""
    private static let middle =
        "\" style=\"display: inline-block; padding: 15px 28px; border-radius: 5px; background-color: #15171a; font-size: 17px; line-height: 22px; font-weight: 700; color: #ffffff; text-decoration: none; mso-padding-alt: 0;\">"
    private static let closing = "</a></td></tr></table>"

    private let text: ComposedText
    private let isMarkdown: Bool
    private let compilation: Compilation

    /// The text with its buttons written out.
    static func expanded(_ text: ComposedText, isMarkdown: Bool, in compilation: Compilation) -> ComposedText {
        ButtonTags(text: text, isMarkdown: isMarkdown, compilation: compilation).expanded()
    }

    private func expanded() -> ComposedText {
        var edits: [TextEdit] = []
        var open: Marks.Found?
        for mark in Marks.marks(in: text.bytes) {
            switch compilation.marks.tagName(mark.index) {
            case Self.tag:
                if open == nil { open = mark } else { report("a button can't stand in a button", mark) }
            case Self.end:
                if let opening = open { edits += edit(opening, mark) } else { report("endbutton has nothing to close", mark) }
                open = nil
            default: break
            }
        }
        if let open { report("button is never closed", open, hint: "{% endbutton %} is missing") }
        return edits.isEmpty ? text : text.applying(edits)
    }

    private func report(_ message: String, _ mark: Marks.Found, hint: String? = nil) {
        let entry = compilation.marks.entries[mark.index]
        compilation.report(message, source: entry.source, at: entry.token.span, hint: hint)
    }

    private func edit(_ first: Marks.Found, _ last: Marks.Found) -> [TextEdit] {
        guard let address = address(first) else {
            report("a button needs its address", first, hint: "write {% button \"https://…\" %}")
            return []
        }
        let label = label(first.range.upperBound..<last.range.lowerBound)
        guard !label.bytes.isEmpty else {
            report("a button needs a label", first, hint: "write it before {% endbutton %}")
            return []
        }
        var result = ComposedText()
        if isMarkdown {
            guard let isAfterTags = isAfterTags(first) else { return [] }
            if isAfterTags { result.append("\n\n") }
        }
        result.append(Self.opening)
        result.append(address)
        result.append(Self.middle)
        result.append(label)
        result.append(Self.closing)
        // An empty line ends the HTML that Markdown leaves alone.
        if isMarkdown { result.append("\n\n") }
        return [TextEdit(first.range.lowerBound..<last.range.upperBound, result)]
    }

    /// A text between quotes is written as it is, so that it is checked like any link; all else is an output.
    private func address(_ mark: Marks.Found) -> ComposedText? {
        let entry = compilation.marks.entries[mark.index]
        let source = compilation.sources[entry.source]
        var start = entry.token.span.start + 2
        var end = entry.token.span.end - 2
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) || byte == UInt8(ascii: "-") }
        while start < end, isBlank(source.bytes[start]) { start += 1 }
        start += Self.tag.utf8.count
        while start < end, isBlank(source.bytes[start]), source.bytes[start] != UInt8(ascii: "-") { start += 1 }
        while end > start, isBlank(source.bytes[end - 1]) { end -= 1 }
        guard start < end else { return nil }
        var result = ComposedText()
        let quote = source.bytes[start]
        let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        guard isQuoted, end - start >= 2, source.bytes[(start + 1)..<end].firstIndex(of: quote) == end - 1 else {
            result.append(compilation.output(of: Span(start, end), source: entry.source), from: Span(start, end), source: entry.source)
            return result
        }
        let inner = Span(start + 1, end - 1)
        let bytes = Array(source.bytes[inner.start..<inner.end])
        let escaped = HTMLEscaping.text(bytes)
        guard !bytes.isEmpty else { return nil }
        if escaped == bytes {
            result.copy(inner, of: source, source: entry.source)
        } else {
            result.append(escaped, from: inner, source: entry.source)
        }
        return result
    }

    /// On one line, without blanks around it.
    private func label(_ range: Range<Int>) -> ComposedText {
        var result = ComposedText()
        var owesBlank = false
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = text.bytes[index]
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                owesBlank = true
                index += 1
                continue
            }
            let end = text.bytes[index..<range.upperBound].firstIndex { $0 == 0x20 || (0x09...0x0D).contains($0) } ?? range.upperBound
            if owesBlank, !result.bytes.isEmpty { result.append(" ") }
            owesBlank = false
            result.append(text, index..<end)
            index = end
        }
        return result
    }

    /// Whether tags stand before it on its line; nil where words do, which is reported.
    private func isAfterTags(_ mark: Marks.Found) -> Bool? {
        var index = mark.range.lowerBound
        while index > 0, text.bytes[index - 1] != 0x0A { index -= 1 }
        var hasTags = false
        while index < mark.range.lowerBound {
            if let found = Marks.mark(in: text.bytes, at: index), compilation.marks.isTag(found.index) {
                hasTags = true
                index = found.range.upperBound
                continue
            }
            let byte = text.bytes[index]
            // Blanks, quotes and the marks of items.
            guard byte == 0x20 || byte == 0x09 || ">-*+.)0123456789".utf8.contains(byte) else {
                report("a button stands on a line of its own", mark, hint: "put an empty line before it, or write [label](address)")
                return nil
            }
            index += 1
        }
        return hasTags
    }
}
