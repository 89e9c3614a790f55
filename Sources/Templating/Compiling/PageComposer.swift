import Diagnostics
import Workspace

/// A page, or a partial, with its links done and its text part written. Liquid is still held by marks.
struct CompiledPart {
    /// Before links were changed; positions of ``nodes`` and ``links`` are in this.
    var source: ComposedText
    var nodes: [HTMLNode]
    var links: LinkSlots
    var html: ComposedText
    var text: ComposedText
}

/// Puts a message into its layout, and makes parts of HTML ready for Liquid.
struct PageComposer {
    let files: any FileSource
    let compilation: Compilation
    let paths: [String]

    // MARK: Layout

    func page(
        around body: ComposedText, blocks: [NamedBlocks.Filling], of file: TemplateFile, own: Int, layout: Located<String>?
    ) throws(WorkspaceError) -> ComposedText {
        guard let layout else {
            for block in blocks {
                let span = compilation.marks.entries[block.mark].token.span
                let hint = "name one in the front matter: layout: NAME"
                compilation.report("there is no layout for the block \"\(block.name)\"", source: own, at: span, hint: hint)
            }
            return file.isMarkdown ? Self.plainPage(around: body, language: file.language) : body
        }
        let path = "\(TemplateNames.layouts)/\(layout.value).html"
        guard CampaignFile.isName(layout.value), let bytes = try files.text(path) else {
            let known = names(in: TemplateNames.layouts)
            let hint = suggestion(for: layout.value, among: known) ?? "it would be \(path)"
            compilation.report("there is no layout \"\(layout.value)\"", source: own, at: layout.span, hint: hint)
            compilation.lacksLayout = true
            return body
        }
        let source = compilation.add(SourceText(name: path, bytes: bytes))
        refuseFrontMatter(bytes, source)
        let written = compilation.marked(source, in: Span(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, bytes.count))
        let whole = ButtonTags.expanded(written, isMarkdown: false, in: compilation)
        let marked = NamedBlocks(whole, in: .layout, compilation).filled(whole, by: blocks, layout: layout.value)
        let places = Marks.marks(in: marked.bytes).filter {
            compilation.marks.entries[$0.index].source == source && Self.isContent(compilation.text(of: $0.index))
        }
        guard let place = places.first, places.count == 1 else {
            let message = places.isEmpty ? "the layout does not say where the message goes" : "the message would be in the layout twice"
            let second = places.dropFirst().first.map { compilation.marks.entries[$0.index].token.span }
            compilation.report(message, source: source, at: second ?? Span(0, 0), hint: "write {{ content }} at one place")
            return body
        }
        return marked.applying([TextEdit(place.range, body)])
    }

    /// Only templates have it; it would be shown at the top of each mail.
    func refuseFrontMatter(_ bytes: [UInt8], _ source: Int) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let line = String(decoding: bytes[start...].prefix { $0 != 0x0A }.prefix(80), as: UTF8.self)
        guard line.hasPrefix("---"), line.dropFirst(3).allSatisfy(\.isWhitespace) else { return }
        compilation.report(
            "only templates have front matter, and this would be shown in each mail", source: source, at: Span(start, start + 3),
            hint: "move subject, preheader and layout to the top of the template")
    }

    private static func isContent(_ output: String) -> Bool {
        guard output.hasPrefix("{{") else { return false }
        let inside = output.dropFirst(2).dropLast(2).filter { !$0.isWhitespace && $0 != "-" }
        return inside == "content" || inside == "content|raw"
    }

    private static func plainPage(around body: ComposedText, language: String?) -> ComposedText {
        var page = ComposedText()
        let attribute = language.map { " lang=\"\($0)\"" } ?? ""
        page.append("<!DOCTYPE html>\n<html\(attribute)>\n<head>\n<meta charset=\"utf-8\">\n")
        page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        page.append("<title>{{ subject }}</title>\n</head>\n<body>\n")
        page.append(body)
        page.append("</body>\n</html>\n")
        return page
    }

    /// The names of the files of a folder, without their endings.
    func names(in folder: String) -> [String] {
        let own = paths.filter { $0.hasPrefix(folder + "/") }.map { path in
            let name = path.dropFirst(folder.count + 1)
            return String(name.lastIndex(of: ".").map { name[..<$0] } ?? name)
        }
        return Set(own).sorted()
    }

    // MARK: Parts

    /// - Parameter name: of a partial, which is only a piece of a page.
    /// - Returns: nil where gumbo must not see it; why is reported.
    func prepared(_ marked: ComposedText, partial name: String? = nil, own: Int) -> PreparedPart? {
        let text = HTMLGuard.wrappingTags(in: marked, marks: compilation.marks)
        if let problem = HTMLGuard.problem(in: text.bytes, &compilation.room) {
            compilation.report(
                .error, problem.message, in: text, at: Span(problem.offset, problem.offset + 1), fallback: own,
                hint: problem.hint)
            compilation.isFull = true
            return nil
        }
        return PreparedPart(text, name: name, own: own, marks: compilation.marks)
    }

    func compiled(_ part: PreparedPart, parameters: LinkTarget.Parameters) -> CompiledPart {
        let links = LinkSlots(part.nodes, bytes: part.text.bytes)
        let pictures = PictureSlots(part.nodes, in: part.text, compilation: compilation, own: part.own)
        let tracked = links.edits(parameters, compilation: compilation)
        let safety = OutputSafety(part.text, links: tracked.filled, own: part.own, isPartial: part.name != nil, in: compilation)
        let linked = part.applying(
            safety.innerEdits + tracked.edits + pictures.edits(compilation, own: part.own) + safety.outerEdits)
        var text = ComposedText()
        text.append(TextWriter.text(of: linked.nodes, parameters: parameters, in: compilation))
        let hasBlocks = part.nodes.contains { $0.name.map { TextElements.block.contains($0) } ?? false }
        if part.name != nil, hasBlocks { text.append("\n\n") }
        return CompiledPart(source: part.text, nodes: part.nodes, links: links, html: linked.text, text: text)
    }
}

/// A page or a partial that gumbo has read, with its Liquid held by marks.
struct PreparedPart {
    let text: ComposedText
    let nodes: [HTMLNode]
    /// Of a partial.
    let name: String?
    /// The file, for what cannot be traced back further.
    let own: Int

    private let marks: Marks

    /// - Parameter marks: may be those of an earlier time: what it knows of them does not change.
    init(_ text: ComposedText, name: String?, own: Int, marks: Marks) {
        self.text = text
        self.name = name
        self.own = own
        self.marks = marks
        // A page is one whether or not its author wrote the tags `<html>`, `<head>` and `<body>`, which every reader adds.
        let nodes = HTMLNode.parse(text.bytes, isPage: name == nil)
        self.nodes = name == nil ? HTMLNode.withLiquidInBody(nodes, marks: marks) : nodes
    }

    func applying(_ edits: [TextEdit]) -> PreparedPart {
        edits.isEmpty ? self : PreparedPart(text.applying(edits), name: name, own: own, marks: marks)
    }
}
