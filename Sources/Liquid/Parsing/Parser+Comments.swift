import Diagnostics

/// `comment`, `#`, `doc`, `raw`: what stands in them is not read as a template.
extension Parser {
    /// Tags inside a comment are only looked at for its end: comments may stand in comments, and `raw` keeps what it holds.
    mutating func comment(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node {
        var depth = 1
        while let token = tokens.next() {
            guard case .tag(let inner) = token else { continue }
            switch text(inner.name) {
            case "comment": depth += 1
            case "endcomment": depth -= 1
            case "raw" where tokens.rawBody(closedBy: "endraw") == nil && !tokens.isLines:
                return neverClosed(inner, "raw")
            default: break
            }
            if depth == 0 { return .nothing }
        }
        return neverClosed(tag, "comment")
    }

    /// Nothing behind it is known to be a template.
    private mutating func neverClosed(_ tag: TemplateTokenizer.Tag, _ name: String) -> Node {
        abandon("\(name) is never closed", at: tag.whole, hint: "{% end\(name) %} is missing")
        return .nothing
    }

    /// `{% # note %}`, each of whose lines starts with `#`.
    func inlineComment(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node {
        var cursor = tag.markup.start
        while cursor < tag.markup.end {
            if source.bytes[cursor] == .newline {
                let rest = source.bytes.trimmingStart(Span(cursor, tag.markup.end))
                if rest.start < rest.end, source.bytes[rest.start] != UInt8(ascii: "#") {
                    throw Diagnostic(
                        .error, "each line of this comment must start with #", in: source, at: Span(rest.start, rest.start + 1))
                }
                cursor = max(rest.start, cursor + 1)
            } else {
                cursor += 1
            }
        }
        return .nothing
    }

    mutating func verbatim(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node {
        let name = text(tag.name)
        guard !tokens.isLines else {
            throw Diagnostic(.error, "\(name) cannot stand in a liquid tag", in: source, at: tag.whole)
        }
        if tag.markup.start < tag.markup.end {
            report("\(name) takes nothing", at: tag.markup)
        }
        guard let body = tokens.rawBody(closedBy: "end" + name) else { return neverClosed(tag, name) }
        return name == "raw" && body.start < body.end ? .verbatim(body) : .nothing
    }
}
