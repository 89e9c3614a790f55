import Diagnostics
import Liquid

/// What the parts of a message do with data, led back to the files that authors wrote.
struct References {
    private(set) var all: [TemplateReference] = []
    /// Data that is missed where it lacks: of people, of the campaign, and what partials are not given.
    private(set) var gaps: [(gap: Gap, source: SourceText, span: Span)] = []
    private(set) var calls: [Call] = []

    /// One rendering of a partial, as its author wrote it.
    struct Call {
        var use: PartialUse
        var source: SourceText
        var span: Span
        var arguments: [(name: String, span: Span)]
        /// Names that it reads and is not given.
        var lacks: [String] = []
    }

    private struct Place: Hashable {
        var file: String
        var span: Span?
        var path: [String]
        var contained: String?
    }

    private var isComplete = true
    private var seen: Set<Place> = []
    private var gapPlaces: [Place: Int] = [:]
    private var callPlaces: [Place: Int] = [:]

    /// A place that several parts of a message share is one.
    init(_ readings: [Reading], origins: Origins, language: String?) {
        for reading in readings {
            isComplete = isComplete && reading.isComplete
            for reference in reading.references { add(reference, origins, language) }
            let numbers = reading.calls.map { add($0, origins) }
            for gap in reading.gaps { add(gap, numbers, origins) }
        }
    }

    private mutating func add(_ reference: Reference, _ origins: Origins, _ language: String?) {
        // The program's own pages read these; they are always there.
        if reference.path == ["subject"] || reference.path == ["preheader"] { return }
        let place = origins.place(reference.span, in: reference.source)
        let key = Place(file: place.source.name, span: place.span, path: reference.path, contained: reference.contained)
        guard seen.insert(key).inserted else { return }
        all.append(
            TemplateReference(
                path: reference.path, source: place.source, span: place.span ?? Span(0, 0), language: language,
                contained: reference.contained))
    }

    private mutating func add(_ call: PartialUse, _ origins: Origins) -> Int {
        let place = origins.place(call.span, in: call.source)
        let key = Place(file: place.source.name, span: place.span, path: [call.name])
        if let number = callPlaces[key] {
            // Each part has a form of its own, which may read more.
            calls[number].use.reads = calls[number].use.reads.flatMap { mine in call.reads.map { mine.union($0) } }
            return number
        }
        callPlaces[key] = calls.count
        let arguments = call.arguments.map { ($0.name, origins.place($0.span, in: call.source).span ?? Span(0, 0)) }
        calls.append(Call(use: call, source: place.source, span: place.span ?? Span(0, 0), arguments: arguments))
        return calls.count - 1
    }

    private mutating func add(_ gap: Gap, _ numbers: [Int], _ origins: Origins) {
        if let call = gap.call, numbers.indices.contains(call), let name = gap.path.first, !MessageChecks.roots.contains(name) {
            let isMissed = gap.when.mayHold { $0.first == name ? .nothing : .any }
            if isMissed, !calls[numbers[call]].lacks.contains(name) { calls[numbers[call]].lacks.append(name) }
            return
        }
        let place = origins.place(gap.span, in: gap.source)
        let key = Place(file: place.source.name, span: place.span, path: gap.path)
        if let number = gapPlaces[key] {
            gaps[number].gap.when = gaps[number].gap.when.or(gap.when)
        } else {
            gapPlaces[key] = gaps.count
            gaps.append((gap, place.source, place.span ?? Span(0, 0)))
        }
    }

    /// Attributes that are missed where they lack.
    func missed(in language: String?, _ data: CampaignData) -> [TemplateGap] {
        gaps.compactMap { TemplateGap($0.gap, at: ($0.source, $0.span), language: language, data: data) }
    }

    /// The names of the attributes that are read; nil where `contact` is used as a whole, or not all is known that is read.
    var attributes: Object.Keys? {
        guard isComplete else { return nil }
        let paths = all.map(\.path).filter { $0.first == "contact" }
        guard paths.allSatisfy({ $0.count > 1 }) else { return nil }
        return Object.Keys(Set(paths.map { $0[1] }).sorted())
    }
}
