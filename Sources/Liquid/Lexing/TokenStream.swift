import Diagnostics

/// Where a parser's tags come from: a template, or the lines of a `{% liquid %}` tag.
enum TokenStream {
    case template(TemplateTokenizer)
    case lines(LineTokenizer)

    mutating func next() -> TemplateTokenizer.Token? {
        switch self {
        case .template(var tokenizer):
            defer { self = .template(tokenizer) }
            return tokenizer.next()
        case .lines(var tokenizer):
            defer { self = .lines(tokenizer) }
            return tokenizer.next().map { .tag($0) }
        }
    }

    /// See ``TemplateTokenizer/rawBody(closedBy:)``. A line has no such body.
    mutating func rawBody(closedBy name: String) -> Span? {
        guard case .template(var tokenizer) = self else { return nil }
        defer { self = .template(tokenizer) }
        return tokenizer.rawBody(closedBy: name)?.body
    }

    var isLines: Bool {
        if case .lines = self { true } else { false }
    }
}

/// Cuts the inside of a `{% liquid %}` tag into tags: one a line.
struct LineTokenizer {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ source: SourceText, in span: Span) {
        bytes = source.bytes
        position = span.start
        end = span.end
    }

    mutating func next() -> TemplateTokenizer.Tag? {
        while position < end {
            let start = position
            while position < end, bytes[position] != .newline { position += 1 }
            let line = bytes.trimming(Span(start, position))
            position = min(position + 1, end)
            if line.start < line.end { return bytes.tag(in: line, whole: line) }
        }
        return nil
    }
}
