import Diagnostics

/// Makes HTML of a Markdown file whose Liquid is held by marks.
enum MarkdownBody {
    static func html(_ marked: ComposedText, source: Int, in compilation: Compilation) -> ComposedText {
        if let problem = MarkdownGuard.problem(in: marked.bytes, &compilation.room) {
            let place = Span(problem.offset, problem.offset + 1)
            compilation.report(.error, problem.message, in: marked, at: place, fallback: source, hint: problem.hint)
            compilation.isFull = true
            return ComposedText()
        }
        do throws(MarkdownNode.Refusal) {
            let kept = marksInRawParts(of: try MarkdownNode.parse(marked.bytes))
            let lifted = LiftedLines(marked, marks: compilation.marks, keeping: kept)
            let document = try MarkdownNode.parse(lifted.text.bytes)
            let placement = TagPlacement(document, lines: lifted.lines, marks: compilation.marks)
            for torn in placement.torn { report(torn.mark, opening: torn.opening, in: compilation) }
            var writer = MarkdownWriter(placement: placement, text: lifted.text, source: source)
            writer.write(document)
            for offset in writer.unlabelled {
                compilation.report(
                    .warning, "this image has no alt text", in: lifted.text, at: Span(offset, offset + 1), fallback: source,
                    hint: "write ![what it shows](address), or <img alt=\"\" …> for a decoration")
            }
            return writer.result
        } catch {
            let place = start(ofLine: error.line, in: marked.bytes)
            compilation.report(.error, error.message, in: marked, at: Span(place, place + 1), fallback: source)
            compilation.isFull = true
            return ComposedText()
        }
    }

    /// The lines that cmark counts are those of the text with lifted tags left out, or of the whole: near enough.
    private static func start(ofLine line: Int, in bytes: [UInt8]) -> Int {
        var place = 0
        for _ in 1..<max(line, 1) {
            guard let end = bytes[place...].firstIndex(of: 0x0A) else { break }
            place = end + 1
        }
        return place
    }

    private static func report(_ mark: Int, opening: Int, in compilation: Compilation) {
        let entry = compilation.marks.entries[mark]
        let first = compilation.marks.entries[opening]
        let line = compilation.sources[first.source].location(of: first.token.span.start).line
        compilation.report(
            "\(compilation.text(of: mark)) stands under another parent than \(compilation.text(of: opening)) on line \(line)",
            source: entry.source, at: entry.token.span,
            hint: "put both on lines of their own, or both into the same paragraph, item or cell")
    }

    /// Tags in HTML blocks and code blocks stay where they are, also alone on their lines.
    private static func marksInRawParts(of node: MarkdownNode) -> Set<Int> {
        var found: Set<Int> = []
        if node.kind == .htmlBlock || node.kind.isCodeBlock { found.formUnion(Marks.marks(in: node.literal).map(\.index)) }
        for child in node.children { found.formUnion(marksInRawParts(of: child)) }
        return found
    }
}
