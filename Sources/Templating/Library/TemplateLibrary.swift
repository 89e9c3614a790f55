package import Diagnostics
package import Workspace

/// The templates of a workspace.
///
/// ```swift
/// let library = TemplateLibrary(files: try DiskFiles(root: folder))
/// let template = try library.load("spring-launch", for: TemplateUse(campaign))
/// let message = try template.render(data)
/// ```
///
/// A template is `Templates/NAME.md` or `NAME.html`; `NAME.it.md` is its Italian variant, `NAME.txt` a text part written
/// by hand. Front matter has `subject`, `preheader` and `layout` (`Templates/layouts/LAYOUT.html`, which says where the
/// message goes with `{{ content }}`). A partial `{% render 'NAME' %}` is `Templates/partials/NAME.html` or `NAME.md`, of
/// which a text form is made as of a message (or taken from `NAME.txt`), or `NAME.liquid`, which is used in both parts as
/// it stands. `Templates/strings.yaml` has texts by language for the filter `t`.
package struct TemplateLibrary: Sendable {
    private let files: any FileSource
    private let knowledge: TemplateKnowledge

    package init(files: any FileSource, knowledge: TemplateKnowledge = TemplateKnowledge()) {
        self.files = files
        self.knowledge = knowledge
    }

    /// Sorted.
    package func names() throws(WorkspaceError) -> [String] {
        TemplateNames(try files.list(TemplateNames.folder)).names
    }

    /// Reads, checks and compiles a template with all its language variants.
    ///
    /// - Throws: all errors that were found, and the warnings with them. What does not keep a message from being sent is in
    ///   ``MessageTemplate/warnings``.
    package func load(_ name: String, for use: TemplateUse = TemplateUse()) throws(DiagnosticList) -> MessageTemplate {
        let compiled: (variants: [CompiledVariant], problems: [Diagnostic])
        do throws(WorkspaceError) {
            let paths = try files.list(TemplateNames.folder)
            let names = TemplateNames(paths)
            guard let own = names.files[name], own.first?.language == nil else { throw unknown(name, names) }
            for (one, other) in names.clashes where own.contains(where: { $0.path == one }) {
                throw WorkspaceError(.notAFile, path: other, "stands for the same message as \(one)", hint: "remove one of them")
            }
            compiled = try compile(own, paths, use)
        } catch {
            let source = SourceText(name: error.path, bytes: [])
            throw DiagnosticList([Diagnostic(.error, error.message, in: source, hint: error.hint)])
        }
        return try finished(name, compiled, use)
    }

    private func unknown(_ name: String, _ names: TemplateNames) -> WorkspaceError {
        let hint = suggestion(for: name, among: names.names)
        return WorkspaceError(
            .notAFile, path: "\(TemplateNames.folder)/\(name).md", "there is no template \"\(name)\"",
            hint: hint ?? (names.names.isEmpty ? nil : "known templates: \(names.names.joined(separator: ", "))"))
    }

    /// The base comes first.
    private func compile(
        _ own: [TemplateNames.File], _ paths: [String], _ use: TemplateUse
    ) throws(WorkspaceError) -> (variants: [CompiledVariant], problems: [Diagnostic]) {
        var variants: [CompiledVariant] = []
        var problems: [Diagnostic] = []
        var layout: Located<String>?
        for entry in own {
            let source = SourceText(name: entry.path, bytes: try files.text(entry.path) ?? [])
            guard source.bytes.count <= MessageBounds.files else {
                let place = Span(MessageBounds.files, MessageBounds.files + 1)
                problems.append(Diagnostic(.error, "is larger than \(MessageBounds.size(MessageBounds.files))", in: source, at: place))
                continue
            }
            do throws(DiagnosticList) {
                let file = try TemplateFile(source, language: entry.language, isMarkdown: entry.isMarkdown)
                let textPath = String(entry.path[..<(entry.path.lastIndex(of: ".") ?? entry.path.endIndex)]) + ".txt"
                let compiler = MessageCompiler(files: files, knowledge: knowledge, use: use, paths: paths)
                do throws(WorkspaceError) {
                    let text = try files.text(textPath).map { SourceText(name: textPath, bytes: $0) }
                    if let variant = try compiler.compile(file, layout: layout, handwritten: text) { variants.append(variant) }
                } catch {
                    let source = SourceText(name: error.path, bytes: [])
                    problems.append(Diagnostic(.error, error.message, in: source, hint: error.hint))
                }
                problems += compiler.compilation.problems
                if entry.language == nil { layout = file.layout }
            } catch {
                // Where each stands is looked for from the start of the file.
                problems += error.items.prefix(Compilation.mostProblems)
            }
        }
        return (variants, problems)
    }

    /// File by file, from top to bottom: as a person goes through them, not as the checks came across them.
    private static func inOrder(_ problems: [Diagnostic]) -> [Diagnostic] {
        var files: [String: Int] = [:]
        for problem in problems where files[problem.source.name] == nil { files[problem.source.name] = files.count }
        return problems.enumerated().sorted { one, other in
            let places = [one, other].map { (files[$0.element.source.name] ?? 0, $0.element.span?.start ?? 0, $0.offset) }
            return places[0] < places[1]
        }.map(\.element)
    }

    private func finished(
        _ name: String, _ compiled: (variants: [CompiledVariant], problems: [Diagnostic]), _ use: TemplateUse
    ) throws(DiagnosticList) -> MessageTemplate {
        var told: Set<String> = []
        let problems = Self.inOrder(compiled.problems.filter { told.insert($0.headline).inserted })
        let list = DiagnosticList(problems)
        guard !list.hasErrors, let base = compiled.variants.first else { throw list }
        var variants: [String: CompiledVariant] = [:]
        for variant in compiled.variants { if let language = variant.language { variants[language] = variant } }
        return MessageTemplate(
            name: name, base: base, variants: variants, parameters: LinkTarget.Parameters(use.utm), warnings: problems)
    }
}
