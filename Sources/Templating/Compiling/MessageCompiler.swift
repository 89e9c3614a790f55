import Diagnostics
import Liquid
import Workspace

/// Makes one immutable message of a template, its layout and its partials, for one language.
///
/// The way of a template: its Liquid is put aside as marks → Markdown becomes HTML → the layout goes around it → styles go into
/// the elements → links get their parameters → the text part is written → the Liquid comes back → both parts are parsed.
struct MessageCompiler {
    let files: any FileSource
    let knowledge: TemplateKnowledge
    let use: TemplateUse
    /// Of all files of the templates' folder.
    let paths: [String]

    let compilation = Compilation()

    /// - Parameters:
    ///   - inherited: the layout of the template whose variant this is.
    ///   - handwritten: the text part, where there is a file for it.
    /// - Returns: nil where errors were found; they are in ``compilation``.
    func compile(
        _ file: TemplateFile, layout inherited: Located<String>? = nil, handwritten: SourceText? = nil
    ) throws(WorkspaceError) -> CompiledVariant? {
        let own = compilation.add(file.source)
        let written = compilation.marked(own, in: file.body)
        let named = NamedBlocks(written, in: .template, compilation)
        let body = bodyHTML(named.without(written), of: file, own)
        let blocks: [NamedBlocks.Filling] =
            compilation.isFull
            ? []
            : named.blocks.map { block in
                var content = ComposedText()
                content.append(written, block.inner)
                return NamedBlocks.Filling(name: block.name, mark: block.mark, html: bodyHTML(content, of: file, own))
            }
        let composer = PageComposer(files: files, compilation: compilation, paths: paths)
        let page = try composer.page(around: body, blocks: blocks, of: file, own: own, layout: file.layout ?? inherited)
        guard !compilation.hasFurtherErrors, let prepared = composer.prepared(page, own: own) else { return nil }
        var partialCompiler = PartialCompiler(composer: composer, parameters: parameters)
        let inlined = try partialCompiler.inlining(prepared)
        guard !compilation.isFull else { return nil }
        let compiled = composer.compiled(inlined, parameters: parameters)
        MessageChecks(compilation: compilation, own: own).page(compiled)

        var origins = Origins()
        let subject = line(use.subject ?? file.subject, "subject", &origins)
        let preheader = line(use.preheader ?? file.preheader, "preheader", &origins)
        if subject == nil {
            let hint = "start the file with front matter: a line of ---, subject: …, a line of ---"
            compilation.report("the key \"subject\" is missing", source: own, at: Span(0, 0), hint: hint)
        }
        if let subject = use.subject ?? file.subject { MessageChecks(compilation: compilation, own: own).subject(subject) }
        let html = compilation.restored(preheader == nil ? compiled.html : withPreheader(compiled.html))
        let htmlSource = LiquidText(origins.add(html, name: "html"))
        let text = handwritten.map { LiquidText($0) } ?? LiquidText(origins.add(compilation.restored(compiled.text), name: "text"))
        if let handwritten { _ = compilation.add(handwritten) }

        let partials = try partialCompiler.compile(
            [subject, preheader, handwritten.map { LiquidText($0) }].compactMap { $0 }, &origins)
        guard !compilation.isFull else { return nil }
        origins.sources = compilation.sources
        let texts = try textTable([subject, preheader, handwritten.map { LiquidText($0) }].compactMap { $0 })
        let filters = MailFilters(texts: texts, base: knowledge.language).all
        let parser = LiquidParser(compilation: compilation, origins: origins, partials: partials, filters: filters)
        let parsed = (
            subject: subject.flatMap { parser.parse($0, .text) }, preheader: preheader.flatMap { parser.parse($0, .text) },
            html: parser.parse(htmlSource, .html)
        )
        guard let page = parsed.html else { return nil }
        let hint = handwritten == nil ? "write the text part by hand, beside the template, in a file that ends with .txt" : nil
        guard let plain = parser.parse(text, .text, hint: hint, also: handwritten == nil ? [MarkupText.filter] : []),
            let title = parsed.subject
        else { return nil }
        let templates = [parsed.subject, parsed.preheader, page, plain].compactMap { $0 }
        let readings = (page: page.reading(), text: plain.reading())
        let all = [parsed.subject, parsed.preheader].compactMap { $0?.reading() } + [readings.page, readings.text]
        let references = References(all, origins: origins, language: file.language)
        let campaign = CampaignData(data: use.data)
        let checks = MessageChecks(compilation: compilation, own: own)
        checks.names(references.all, knowledge: knowledge)
        checks.campaignData(references, campaign)
        checks.partials(references)
        checks.endless(all, origins: origins)
        checks.filters(templates, texts: texts, language: file.language ?? knowledge.language, origins: origins)
        if !compilation.lacksLayout {
            checks.obligations(
                page: readings.page, text: (readings.text, handwritten), origins: origins, use: use,
                absent: file.layout?.span ?? file.bodyStart, size: html.bytes.count)
        }
        if compilation.hasErrors { return nil }
        return CompiledVariant(
            language: file.language, subject: title, preheader: parsed.preheader, html: page, text: plain,
            arrangesText: handwritten == nil, origins: origins, links: messageLinks(compiled), pictures: compilation.pictures,
            references: references.all, gaps: references.missed(in: file.language, campaign), attributes: references.attributes,
            baseLanguage: knowledge.language)
    }

    private func bodyHTML(_ text: ComposedText, of file: TemplateFile, _ own: Int) -> ComposedText {
        let text = ButtonTags.expanded(text, isMarkdown: file.isMarkdown, in: compilation)
        return file.isMarkdown ? MarkdownBody.html(text, source: own, in: compilation) : text
    }

    /// Read only where the filter `t` is used: a plan freezes what it was made from and nothing else.
    private func textTable(_ lines: [LiquidText]) throws(WorkspaceError) -> TextTable? {
        let isUsed =
            compilation.marks.entries.indices.contains { TextTable.isUsed(in: compilation.text(of: $0)) }
            || lines.contains { TextTable.isUsed(in: $0.source.text(in: $0.span ?? Span(0, $0.source.bytes.count))) }
        guard isUsed, let bytes = try files.text(TextTable.path) else { return nil }
        let source = SourceText(name: TextTable.path, bytes: bytes)
        do throws(DiagnosticList) {
            return try TextTable(reading: source)
        } catch {
            for problem in error.items { compilation.report(problem) }
            return TextTable(broken: source)
        }
    }

    private var parameters: LinkTarget.Parameters { LinkTarget.Parameters(use.utm) }

    private func line(_ text: AuthoredText?, _ name: String, _ origins: inout Origins) -> LiquidText? {
        guard let text else { return nil }
        if let place = text.place { return LiquidText(text.source, place) }
        return LiquidText(origins.add(text.composed(source: compilation.add(text.source)), name: name))
    }

    /// Mail programs show the first words of a message beside its subject: these, followed by enough blanks to keep the
    /// rest of the page out.
    private func withPreheader(_ html: ComposedText) -> ComposedText {
        let shown = Marks.marks(in: html.bytes).contains { mark in
            !compilation.marks.isTag(mark.index) && compilation.text(of: mark.index).contains("preheader")
        }
        if shown { return html }
        let style = "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all"
        let padding = String(repeating: "&#847;&zwnj;&nbsp;", count: 60)
        let block = "<div style=\"\(style)\">{{ preheader }}\(padding)</div>"
        return html.applying([TextEdit(insert: block, at: HTMLGuard.bodyStart(in: html.bytes))])
    }

    private func messageLinks(_ compiled: CompiledPart) -> [MessageLink] {
        compiled.links.slots.map { slot in
            let span = Span(slot.range.lowerBound, slot.range.upperBound)
            let origin = compiled.source.origin(of: span)
            var text = ComposedText()
            text.append(slot.bytes)
            let address = String(decoding: compilation.restored(text).bytes, as: UTF8.self)
            return MessageLink(address: address, source: compilation.sources[origin?.source ?? 0], span: origin?.span)
        }
    }
}

/// Text for Liquid, and which part of it.
struct LiquidText {
    var source: SourceText
    var span: Span?

    init(_ source: SourceText, _ span: Span? = nil) {
        self.source = source
        self.span = span
        if span == nil, source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { self.span = Span(3, source.bytes.count) }
    }
}

/// Gives texts to Liquid and brings back what it says of them.
struct LiquidParser {
    let compilation: Compilation
    let origins: Origins
    let partials: PartialSources
    let filters: [HostFilter]

    /// - Parameter hint: said with each error instead of Liquid's own hint.
    func parse(_ text: LiquidText, _ mode: OutputMode, hint: String? = nil, also more: [HostFilter] = []) -> Template? {
        let sources = mode == .html ? partials.html : partials.text
        let options = ParseOptions(
            mode: mode, partial: { sources[$0] }, knownPartials: partials.names, hostBlocks: Compilation.ownBlocks,
            hostFilters: filters + more)
        do throws(DiagnosticList) {
            let template = try Template(parsing: text.source, in: text.span, options: options)
            for warning in template.warnings { compilation.report(origins.diagnostic(warning)) }
            return template
        } catch {
            for problem in error.items {
                var diagnostic = origins.diagnostic(problem)
                if let hint { diagnostic.hint = hint }
                compilation.report(diagnostic)
            }
            return nil
        }
    }
}
