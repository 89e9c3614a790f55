import Diagnostics
import Workspace

/// One file of `Templates/`, parted into front matter and body.
struct TemplateFile {
    var source: SourceText
    var language: String?
    var isMarkdown: Bool
    var subject: AuthoredText?
    var preheader: AuthoredText?
    var layout: Located<String>?
    var body: Span

    private static let keys = ["subject", "preheader", "layout"]

    init(_ source: SourceText, language: String?, isMarkdown: Bool) throws(DiagnosticList) {
        self.source = source
        self.language = language
        self.isMarkdown = isMarkdown
        let parts = try splitFrontMatter(source)
        body = parts.bodySpan
        var reader = YAMLReader(source)
        let fields = reader.fields(of: parts.front, known: Self.keys)
        subject = Self.text(fields["subject"], &reader).map { AuthoredText($0, in: source) }
        preheader = Self.text(fields["preheader"], &reader).map { AuthoredText($0, in: source) }
        layout = Self.text(fields["layout"], &reader)
        try reader.finish()
    }

    /// Its first words, which stand for all of it.
    var bodyStart: Span {
        let start = source.bytes[body.start..<body.end].firstIndex { $0 > 0x20 } ?? body.start
        return Span(start, source.bytes[start..<body.end].firstIndex { $0 <= 0x20 } ?? body.end)
    }

    private static func text(_ node: YAMLNode?, _ reader: inout YAMLReader) -> Located<String>? {
        guard let node, let text = reader.text(node) else { return nil }
        return Located(text, at: node.span)
    }
}
