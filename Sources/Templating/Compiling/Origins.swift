import Diagnostics

/// Leads from the texts that Liquid was given back to the files that authors wrote.
struct Origins: Sendable {
    private var composed: [String: ComposedText] = [:]
    /// Of the compilation, once all are read.
    var sources: [SourceText] = []

    /// The text to parse; its name leads back here.
    mutating func add(_ text: ComposedText, name: String) -> SourceText {
        let key = "\u{0}\(name)"
        composed[key] = text
        return SourceText(name: key, bytes: text.bytes)
    }

    func place(_ span: Span?, in source: SourceText) -> (source: SourceText, span: Span?) {
        guard let text = composed[source.name] else { return (source, span) }
        guard let origin = text.origin(of: span ?? Span(0, 0)), sources.indices.contains(origin.source) else {
            return (sources.first ?? source, nil)
        }
        return (sources[origin.source], span == nil ? nil : origin.span)
    }

    func diagnostic(_ diagnostic: Diagnostic) -> Diagnostic {
        let place = place(diagnostic.span, in: diagnostic.source)
        return Diagnostic(diagnostic.severity, diagnostic.message, in: place.source, at: place.span, hint: diagnostic.hint)
    }
}
