import Diagnostics
import Liquid

/// What the parts of a message read, as their authors wrote it.
struct References {
    private(set) var all: [TemplateReference] = []

    /// A place that both parts of a message share is one reference.
    init(_ templates: [Template], origins: Origins, language: String?) {
        struct Place: Hashable {
            var file: String
            var span: Span?
            var path: [String]
            var contained: String?
        }
        var seen: Set<Place> = []
        for reference in templates.flatMap(\.references) {
            // The program's own pages read these; they are always there.
            if reference.path == ["subject"] || reference.path == ["preheader"] { continue }
            let place = origins.place(reference.span, in: reference.source)
            guard
                seen.insert(Place(file: place.source.name, span: place.span, path: reference.path, contained: reference.contained)).inserted
            else { continue }
            all.append(
                TemplateReference(
                    path: reference.path, source: place.source, span: place.span ?? Span(0, 0), hasDefault: reference.hasDefault,
                    isGuarded: reference.isGuarded, language: language, contained: reference.contained))
        }
    }

    /// The names of the attributes that are read; nil where `contact` is used as a whole.
    var attributes: Object.Keys? {
        let paths = all.map(\.path).filter { $0.first == "contact" }
        guard paths.allSatisfy({ $0.count > 1 }) else { return nil }
        return Object.Keys(Set(paths.map { $0[1] }).sorted())
    }

    func reads(_ path: String...) -> Bool {
        all.contains { $0.path == path || $0.path == [path[0]] }
    }
}
