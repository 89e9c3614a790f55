package import Diagnostics
package import Liquid
package import Model
package import Workspace

/// A file rendered on its own, without a workspace: Liquid with mail's filters (but `t`), bytes in and bytes out.
package struct StandaloneTemplate {
    private let template: Template
    private let origins: Origins

    /// - Parameters:
    ///   - data: an object; its members are the template's variables. `contact.language` is the reader's.
    ///   - mode: in HTML every value is escaped unless it says `raw`, and none can leave its place, see ``OutputSafety``.
    ///   - partials: `{% render 'NAME' %}` finds `NAME` or `NAME.liquid` here.
    /// - Throws: what is wrong with the template, at parsing or with this data.
    package static func render(
        _ source: SourceText, data: JSONValue, mode: OutputMode = .text, partials: any FileSource, now: Instant, zone: Zone = .utc
    ) throws(DiagnosticList) -> [UInt8] {
        let template = try StandaloneTemplate(source, mode: mode, partials: partials)
        guard case .object(let members) = data else {
            throw DiagnosticList([Diagnostic(.error, "the data must be a JSON object", in: source)])
        }
        return try template.render(members, now: now, zone: zone)
    }

    private init(_ source: SourceText, mode: OutputMode, partials: any FileSource) throws(DiagnosticList) {
        let names = (try? partials.list("")) ?? []
        let known = names.map { $0.hasSuffix(".liquid") ? String($0.dropLast(7)) : $0 }
        var find: @Sendable (String) -> SourceText? = { name in Self.partial(name, partials) }
        var source = source
        var origins = Origins()
        let compilation = Compilation(isMessage: false)
        if mode == .html {
            var prepared: [String: SourceText] = [:]
            source = Self.safe(source, name: "", &origins, compilation)
            var looked = 0
            while looked < compilation.marks.entries.count {
                let found = PartialNames.names(in: compilation.text(of: looked))
                looked += 1
                for name in found.names + (found.isDynamic ? known : []) where prepared[name] == nil {
                    guard let partial = Self.partial(name, partials) else { continue }
                    prepared[name] = Self.safe(partial, name: name, &origins, compilation)
                }
            }
            compilation.checkPlainPartials()
            let sources = prepared
            find = { sources[$0] }
            origins.sources = compilation.sources
            if compilation.hasErrors { throw DiagnosticList(compilation.problems) }
        }
        let options = ParseOptions(
            mode: mode, partial: find, knownPartials: known, hostBlocks: mode == .html ? Compilation.ownBlocks : [],
            hostFilters: MailFilters(texts: nil, base: "en").standalone)
        do throws(DiagnosticList) {
            template = try Template(parsing: source, options: options)
        } catch {
            throw DiagnosticList(error.items.map { origins.diagnostic($0) })
        }
        self.origins = origins
        MessageChecks(compilation: compilation, own: 0).filters([template], texts: nil, language: "en", origins: origins)
        if compilation.hasErrors { throw DiagnosticList(compilation.problems) }
    }

    private static func partial(_ name: String, _ partials: any FileSource) -> SourceText? {
        for path in [name, name + ".liquid"] {
            if let bytes = try? partials.read(path) { return SourceText(name: path, bytes: bytes) }
        }
        return nil
    }

    private static func safe(
        _ source: SourceText, name: String, _ origins: inout Origins, _ compilation: Compilation
    ) -> SourceText {
        let own = compilation.add(source)
        let marked = compilation.marked(own, in: Span(0, source.bytes.count))
        let edits = OutputSafety(marked, links: [], own: own, isPartial: !name.isEmpty, in: compilation).edits
        return origins.add(compilation.restored(marked.applying(edits)), name: name)
    }

    private func render(_ data: JSONObject, now: Instant, zone: Zone) throws(DiagnosticList) -> [UInt8] {
        let scope = Scope(Object(data.members.map { ($0.name, Value($0.value)) }), now: now.milliseconds)
        scope.zone = { zone.offset(at: Instant(milliseconds: $0)) }
        if case .object(let contact)? = data["contact"] { scope.language = contact["language"]?.text ?? "" }
        let none = OwnLinks([])
        scope.host = { block, out in CompiledVariant.fill(block, LinkTarget.Parameters([]), except: none, isHTML: true, into: &out) }
        var out: [UInt8] = []
        do throws(RenderError) {
            try template.render(scope, into: &out)
        } catch {
            throw DiagnosticList([origins.diagnostic(error.diagnostic)])
        }
        return out
    }
}
