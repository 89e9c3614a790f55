package import Diagnostics
package import Liquid
package import Model
package import Workspace

/// A file rendered on its own, without a workspace: plain Liquid, bytes in and bytes out.
package enum StandaloneTemplate {
    /// - Parameters:
    ///   - data: an object; its members are the template's variables.
    ///   - mode: in HTML every value is escaped unless it says `raw`.
    ///   - partials: `{% render 'NAME' %}` finds `NAME` or `NAME.liquid` here.
    /// - Throws: what is wrong with the template, at parsing or with this data.
    package static func render(
        _ source: SourceText, data: JSONValue, mode: OutputMode = .text, partials: any FileSource, now: Instant, zone: Zone = .utc
    ) throws(DiagnosticList) -> [UInt8] {
        let names = (try? partials.list("")) ?? []
        let options = ParseOptions(
            mode: mode,
            partial: { name in
                for path in [name, name + ".liquid"] {
                    if let bytes = try? partials.read(path) { return SourceText(name: path, bytes: bytes) }
                }
                return nil
            }, knownPartials: names.map { $0.hasSuffix(".liquid") ? String($0.dropLast(7)) : $0 })
        let template = try Template(parsing: source, options: options)
        guard case .object(let members) = data else {
            throw DiagnosticList([Diagnostic(.error, "the data must be a JSON object", in: source)])
        }
        var scope = Scope(Object(members.members.map { ($0.name, Value($0.value)) }), now: now.milliseconds)
        scope.zone = { zone.offset(at: Instant(milliseconds: $0)) }
        var out: [UInt8] = []
        do throws(RenderError) {
            try template.render(scope, into: &out)
        } catch {
            throw DiagnosticList([error.diagnostic])
        }
        return out
    }
}
