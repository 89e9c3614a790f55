import Diagnostics

/// Cuts a template into text, outputs and tags; whitespace control (`{%-`, `-}}`) is done here.
///
/// An output or a tag ends at the first `}}` or `%}`, in quotes or not, as in the reference: the end never depends on
/// what stands between, so that no mistake can swallow the rest of a template.
struct TemplateTokenizer {
    struct Tag {
        var name: Span
        /// What follows the name, without the spaces around it.
        var markup: Span
        /// From `{%` to `%}`.
        var whole: Span
    }

    enum Token {
        case text(Span)
        case output(markup: Span, whole: Span)
        case tag(Tag)
        /// An opening without its end; the rest is text that nobody meant.
        case unclosed(Span)

        var span: Span {
            switch self {
            case .text(let span), .unclosed(let span), .output(_, let span): span
            case .tag(let tag): tag.whole
            }
        }
    }

    let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int
    private var trimsNext = false

    init(_ source: SourceText, in span: Span) {
        bytes = source.bytes
        end = min(max(span.end, 0), bytes.count)
        position = min(max(span.start, 0), end)
    }

    mutating func next() -> Token? {
        while position < end {
            if let opening = bytes[position...].opening(before: end) {
                if opening == position { return construct(at: opening) }
                let trimsEnd = opening + 2 < end && bytes[opening + 2] == .minus
                if let text = text(to: opening, trimsEnd: trimsEnd) { return text }
            } else if let text = text(to: end, trimsEnd: false) {
                return text
            }
        }
        return nil
    }

    /// The text up to `limit`, nil where trimming leaves nothing of it.
    private mutating func text(to limit: Int, trimsEnd: Bool) -> Token? {
        var span = Span(position, limit)
        if trimsNext { span = bytes.trimmingStart(span) }
        if trimsEnd { span = bytes.trimmingEnd(span) }
        trimsNext = false
        position = limit
        return span.start < span.end ? .text(span) : nil
    }

    private mutating func construct(at opening: Int) -> Token {
        let isTag = bytes[opening + 1] == .percent
        guard let closing = bytes.pair(isTag ? .percent : .closeBrace, .closeBrace, from: opening + 2, before: end) else {
            position = end
            return .unclosed(Span(opening, opening + 2))
        }
        let whole = Span(opening, closing + 2)
        var inner = Span(opening + 2, closing)
        if inner.start < inner.end, bytes[inner.start] == .minus { inner.start += 1 }
        trimsNext = inner.start <= inner.end - 1 && bytes[inner.end - 1] == .minus
        if trimsNext { inner.end -= 1 }
        // `{{-}}`: one minus, which trims both sides.
        if closing - opening == 3, bytes[opening + 2] == .minus { trimsNext = true }
        position = closing + 2
        inner = bytes.trimming(inner)
        return isTag ? .tag(bytes.tag(in: inner, whole: whole)) : .output(markup: inner, whole: whole)
    }

    /// After the tag that opens it: everything up to `{% NAME %}`, whatever stands there. Nil where that never comes.
    mutating func rawBody(closedBy name: String) -> (body: Span, closing: Tag)? {
        var from = position
        while let opening = bytes.pair(.openBrace, .percent, from: from, before: end) {
            var cursor = opening + 2
            if cursor < end, bytes[cursor] == .minus { cursor += 1 }
            while cursor < end, bytes[cursor].isSpace { cursor += 1 }
            let nameStart = cursor
            if bytes.has(name, at: cursor, before: end) {
                cursor += name.utf8.count
                let nameEnd = cursor
                // What stands behind the name counts for nothing.
                if cursor >= end || !bytes[cursor].isWord {
                    guard let closing = bytes.pair(.percent, .closeBrace, from: cursor, before: end) else { return nil }
                    let body = Span(position, opening)
                    position = closing + 2
                    trimsNext = bytes[closing - 1] == .minus
                    return (body, Tag(name: Span(nameStart, nameEnd), markup: Span(nameEnd, nameEnd), whole: Span(opening, position)))
                }
            }
            from = opening + 2
        }
        return nil
    }
}

extension [UInt8] {
    /// The name at the start of a tag's inside, and the rest.
    func tag(in inner: Span, whole: Span) -> TemplateTokenizer.Tag {
        var cursor = inner.start
        if cursor < inner.end, self[cursor] == UInt8(ascii: "#") {
            cursor += 1
        } else {
            while cursor < inner.end, self[cursor].continuesName { cursor += 1 }
        }
        let name = Span(inner.start, cursor)
        return TemplateTokenizer.Tag(name: name, markup: trimming(Span(cursor, inner.end)), whole: whole)
    }

    func trimmingStart(_ span: Span) -> Span {
        var start = span.start
        while start < span.end, self[start].isSpace { start += 1 }
        return Span(start, span.end)
    }

    func trimmingEnd(_ span: Span) -> Span {
        var end = span.end
        while end > span.start, self[end - 1].isSpace { end -= 1 }
        return Span(span.start, end)
    }

    func trimming(_ span: Span) -> Span { trimmingEnd(trimmingStart(span)) }

    func has(_ text: String, at start: Int, before end: Int) -> Bool {
        let count = text.utf8.count
        return count <= end - start && self[start..<start + count].elementsEqual(text.utf8)
    }

    /// Where the two bytes stand next to each other for the first time.
    func pair(_ first: UInt8, _ second: UInt8, from start: Int, before end: Int) -> Int? {
        var index = start
        while index + 1 < end {
            if self[index + 1] == second, self[index] == first { return index }
            index += 1
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// Where `{{` or `{%` stands for the first time.
    fileprivate func opening(before end: Int) -> Int? {
        var index = startIndex
        while index + 1 < end {
            if self[index] == .openBrace, self[index + 1] == .openBrace || self[index + 1] == .percent { return index }
            index += 1
        }
        return nil
    }
}
