import Diagnostics

/// Leads from the texts that Liquid was given back to the files that authors wrote.
struct Origins: Sendable {
    private var composed: [String: ComposedText] = [:]
    /// Of the compilation, once all are read.
    var sources: [SourceText] = []
    private var replaced: [String: (source: SourceText, span: Span)] = [:]

    /// The text to parse; its name leads back here.
    mutating func add(_ text: ComposedText, name: String) -> SourceText {
        let key = "\u{0}\(name)"
        composed[key] = text
        return SourceText(name: key, bytes: text.bytes)
    }

    /// A text that does not stand in its file as it is (a YAML scalar with escapes): all of it is at one place.
    mutating func add(_ text: String, name: String, in source: SourceText, at span: Span) -> SourceText {
        let key = "\u{0}\(name)"
        replaced[key] = (source, span)
        return SourceText(name: key, text: text)
    }

    func place(_ span: Span?, in source: SourceText) -> (source: SourceText, span: Span?) {
        if let place = replaced[source.name] { return (place.source, place.span) }
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
