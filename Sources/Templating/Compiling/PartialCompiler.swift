import Diagnostics
import Workspace

/// The partials that a message may render, by name, for each of its parts.
struct PartialSources: Sendable {
    var html: [String: SourceText] = [:]
    var text: [String: SourceText] = [:]
    /// Of all there are.
    var names: [String] = []
}

/// Reads the partials that a message names, and those that they name, and no others.
struct PartialCompiler {
    let composer: PageComposer
    let parameters: LinkTarget.Parameters
    /// Partials that were read already, with the page's styles in them.
    var prepared: [String: PreparedPart] = [:]

    private var compilation: Compilation { composer.compilation }

    /// - Parameter texts: Liquid that is not held by marks: subject, preheader, a text part written by hand.
    func compile(_ texts: [LiquidText], _ origins: inout Origins) throws(WorkspaceError) -> PartialSources {
        var result = PartialSources(names: composer.names(in: TemplateNames.partials))
        var wanted: [String] = texts.flatMap { names(in: $0.source, $0.span, result.names) }
        var looked = 0
        var seen: Set<String> = []
        repeat {
            while looked < compilation.marks.entries.count {
                wanted += names(in: compilation.text(of: looked), result.names)
                looked += 1
            }
            let next = wanted.filter { seen.insert($0).inserted }
            wanted = []
            for name in next where !compilation.isFull { wanted += try add(name, &result, &origins) }
        } while !wanted.isEmpty || looked < compilation.marks.entries.count
        compilation.checkPlainPartials()
        return result
    }

    private func names(in tag: String, _ known: [String]) -> [String] {
        let found = PartialNames.names(in: tag)
        return found.isDynamic ? found.names + known : found.names
    }

    private func names(in source: SourceText, _ span: Span?, _ known: [String]) -> [String] {
        LiquidScanner.tokens(in: source.bytes, span).flatMap { names(in: source.text(in: $0.span), known) }
    }

    /// - Returns: the names of partials that this one names.
    private func add(_ name: String, _ result: inout PartialSources, _ origins: inout Origins) throws(WorkspaceError) -> [String] {
        guard Self.isName(name) else { return [] }
        var further: [String] = []
        let path = "\(TemplateNames.partials)/\(name)"
        if let bytes = try composer.files.text("\(path).liquid") {
            let source = SourceText(name: "\(path).liquid", bytes: bytes)
            let own = compilation.add(source)
            result.html[name] = origins.add(compilation.restored(safe(own)), name: "\(name)/html")
            result.text[name] = source
            further = names(in: source, nil, result.names)
        } else if let part = try part(name) {
            result.html[name] = origins.add(compilation.restored(part.html), name: "\(name)/html")
            result.text[name] = origins.add(compilation.restored(part.text), name: "\(name)/text")
        }
        if let bytes = try composer.files.text("\(path).txt") {
            let source = SourceText(name: "\(path).txt", bytes: bytes)
            _ = compilation.add(source)
            result.text[name] = source
            further += names(in: source, nil, result.names)
        }
        return further
    }

    /// What stands in both parts of a message as it is, made safe for the page.
    private func safe(_ own: Int) -> ComposedText {
        let bytes = compilation.sources[own].bytes
        let marked = compilation.marked(own, in: Span(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, bytes.count))
        return marked.applying(OutputSafety(marked, links: [], own: own, isPartial: true, in: compilation).edits)
    }

    private func part(_ name: String) throws(WorkspaceError) -> CompiledPart? {
        var part = prepared[name]
        if part == nil { part = try read(name) }
        guard let part else { return nil }
        let compiled = composer.compiled(part, parameters: parameters)
        MessageChecks(compilation: compilation, own: part.own).page(compiled)
        return compiled
    }

    private func read(_ name: String) throws(WorkspaceError) -> PreparedPart? {
        for ending in ["html", "md"] {
            let path = "\(TemplateNames.partials)/\(name).\(ending)"
            guard let bytes = try composer.files.text(path) else { continue }
            let own = compilation.add(SourceText(name: path, bytes: bytes))
            if ending == "html" { composer.refuseFrontMatter(bytes, own) }
            var marked = compilation.marked(own, in: Span(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, bytes.count))
            NamedBlocks.refuse(in: marked, compilation)
            marked = ButtonTags.expanded(marked, isMarkdown: ending == "md", in: compilation)
            if ending == "md" { marked = MarkdownBody.html(marked, source: own, in: compilation) }
            return composer.prepared(marked, partial: name, own: own)
        }
        return nil
    }

    private static func isName(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { CampaignFile.isName(String($0)) }
    }

    // MARK: Styles

    /// Writes the styles of a page into it and into the partials that it renders.
    ///
    /// - Returns: the page; the partials wait in ``prepared``.
    mutating func inlining(_ page: PreparedPart) throws(WorkspaceError) -> PreparedPart {
        let known = composer.names(in: TemplateNames.partials)
        var parts = [page]
        var hasUnseenHTML = false
        var looked = 0
        var seen: Set<String> = []
        while looked < compilation.marks.entries.count, !compilation.isFull {
            let wanted = names(in: compilation.text(of: looked), known)
            looked += 1
            for name in wanted where !compilation.isFull && Self.isName(name) && seen.insert(name).inserted {
                if let bytes = try composer.files.text("\(TemplateNames.partials)/\(name).liquid") {
                    // It is used in both parts as it stands.
                    hasUnseenHTML =
                        hasUnseenHTML || bytes.contains(UInt8(ascii: "<"))
                        || !names(in: SourceText(name: name, bytes: bytes), nil, known).isEmpty
                } else if let part = try read(name) {
                    parts.append(part)
                }
            }
        }
        guard !compilation.isFull else { return page }
        let edits = StyleInliner.edits(parts, hasUnseenHTML: hasUnseenHTML, in: compilation)
        for (part, edits) in zip(parts, edits) { if let name = part.name { prepared[name] = part.applying(edits) } }
        return page.applying(edits.first ?? [])
    }
}
