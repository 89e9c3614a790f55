package import Diagnostics

/// A segment as a person wrote it: the tree of its conditions with their places, and its title.
///
/// ```swift
/// let syntax = try SegmentSyntax(parsing: SourceText(name: "Segments/gmail.segment", bytes: bytes))
/// let plan = try SegmentPlan(syntax, against: vocabulary, segments: { name in … })
/// ```
/// Refuses texts longer than ``longest`` bytes, nested deeper than 40 and with more than 400 conditions: a database could
/// not run what they say.
package struct SegmentSyntax: Sendable {
    package let source: SourceText
    /// From the front matter; nil where there is none.
    package let title: String?
    /// The lines of the front matter, in canonical form.
    let front: [String]
    package let root: SyntaxNode
    let comments: [Comment]

    package static let longest = 256 * 1024

    /// Reads a segment file: front matter between `---` lines if there is any, then the conditions.
    package init(parsing source: SourceText) throws(DiagnosticList) {
        do throws(Diagnostic) {
            try Self.refuseLong(source, source.bytes.count)
            let front = try FrontMatter(source)
            try self.init(source, front, in: Span(front.end, source.bytes.count))
        } catch {
            throw DiagnosticList([error])
        }
    }

    /// Reads conditions that stand within another text, such as a campaign file.
    package init(parsing source: SourceText, in span: Span) throws(DiagnosticList) {
        do throws(Diagnostic) {
            try Self.refuseLong(source, span.end - span.start)
            try self.init(source, nil, in: span)
        } catch {
            throw DiagnosticList([error])
        }
    }

    /// Reads what was written on the command line; messages show it as `--where`.
    package init(where text: String) throws(DiagnosticList) {
        let source = SourceText(name: "--where", text: text)
        try self.init(parsing: source, in: Span(0, source.bytes.count))
    }

    private init(_ source: SourceText, _ front: FrontMatter?, in span: Span) throws(Diagnostic) {
        var lexer = Lexer(source, in: span)
        try lexer.run()
        var parser = Parser(source, lexer.tokens)
        self.source = source
        title = front?.title
        self.front = front?.lines ?? []
        root = try parser.segment()
        comments = lexer.comments
    }

    private static func refuseLong(_ source: SourceText, _ count: Int) throws(Diagnostic) {
        guard count <= longest else {
            throw Diagnostic(
                .error, "a segment of \(count) bytes is longer than the \(longest) that are taken", in: source,
                hint: "import a long list as an attribute of the contacts and ask for that")
        }
    }
}
