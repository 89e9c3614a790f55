import Diagnostics

/// Walks through a template and its partials as a rendering would, and notes what they do with data: see ``Reading``.
///
/// Every branch is walked, with what its condition says of the data; what the branches gave to names is joined behind them. A loop's body is
/// walked until the names in it mean no more than before.
struct TemplateReader {
    var reading = Reading()
    var library: PartialLibrary
    var names = LocalNames()
    /// When this place is reached.
    var reach = Circumstances.always
    var choices: [DataOutput.Choice] = []
    var choicesMade = 0
    var sources: [SourceText]
    /// Of this place, among ``sources``.
    var source = 0
    /// Above zero while a loop's body is walked again: all but gaps is noted already.
    var repeats = 0
    /// What `break` and `continue` take out of the loops around this place.
    var interrupts: [(openBranches: Int, branches: [LocalNames.Branch])] = []
    /// What is missed in the captures around this place: it is told where they are written.
    private var captures: [Capture] = []
    /// Partials around this place, with the choices around their calls.
    var partials: [(name: String, choices: Int, call: Int?)] = []
    var callsByPlace: [Meaning.Place: Int] = [:]
    private var sourcesByName: [String: Int] = [:]
    private var gapsByPlace: [Meaning.Place: Int] = [:]
    /// Partials that render others twice are trees whose walk would never end.
    private var nodesLeft = 200_000
    var callsLeft = 2_000
    /// Cases that are put together; when it is used up, every condition may hold and may fail.
    private var effortLeft: Int

    static let most = 20_000

    static func read(_ main: Syntax, library: PartialLibrary) -> Reading {
        var reader = TemplateReader(library: library, sources: [main.source])
        _ = reader.walk(main.body)
        return reader.reading
    }

    private init(library: PartialLibrary, sources: [SourceText]) {
        self.library = library
        self.sources = sources
        effortLeft = 10_000 + min(10_000, sources.reduce(0) { $0 + $1.bytes.count } / 2)
        for (index, source) in sources.enumerated() { sourcesByName[source.name] = index }
    }

    var text: SourceText { sources[source] }

    mutating func index(of source: SourceText) -> Int {
        if let index = sourcesByName[source.name] { return index }
        sourcesByName[source.name] = sources.count
        sources.append(source)
        return sources.count - 1
    }

    var call: Int? { partials.last?.call }
    private var isCapturing: Bool { !captures.isEmpty }

    /// When a piece of a template writes nothing at all and when something; known only within `capture`.
    struct Written {
        var empty: Circumstances
        var some: Circumstances

        static let nothing = Written(empty: .always, some: .never)
        static let text = Written(empty: .never, some: .always)
        static let unknown = Written(empty: .always, some: .always)

        var weight: Int { empty.cases.count + some.cases.count }

        func then(_ next: Written) -> Written { Written(empty: empty.and(next.empty), some: some.or(next.some)) }
        func or(_ other: Written) -> Written { Written(empty: empty.or(other.empty), some: some.or(other.some)) }
        func when(_ reach: Circumstances) -> Written { Written(empty: empty.and(reach), some: some.and(reach)) }
    }

    // MARK: Blocks

    mutating func walk(_ block: Block?) -> Written {
        var written = Written.nothing
        for node in block?.nodes ?? [] {
            nodesLeft -= 1
            guard nodesLeft > 0, reading.references.count < Self.most else {
                reading.isComplete = false
                return .nothing
            }
            if repeats > 0 { spend(1) }
            let piece = walk(node)
            guard isCapturing else { continue }
            spend(written.weight * piece.weight / 4)
            written = isTired ? .unknown : written.then(piece)
        }
        return written
    }

    private mutating func walk(_ node: Node) -> Written {
        switch node {
        case .nothing: return .nothing
        case .text, .verbatim: return .text
        case .counter: return .text
        case .interrupt:
            interrupt()
            return .nothing
        case .sequence(let body): return walk(body)
        case .output(let value): return write(read(value), at: value.span)
        case .assign(let name, let value):
            note(use: name)
            names[name] = read(value)
            return .nothing
        case .capture(let name, let body, _):
            note(use: name)
            names[name] = capture(body)
            return .nothing
        case .conditional(let branches, let otherwise): return walk(branches, otherwise)
        case .select(let select): return walk(select)
        case .loop(let loop): return walk(loop)
        case .tableRow(let row):
            let items = read(row.collection)
            [row.columns, row.limit, row.offset].forEach { _ = read($0) }
            miss(items)
            _ = walk(items, as: row.variable, row.body, otherwise: nil)
            return .text
        case .cycle(let cycle):
            _ = read(cycle.name)
            var written = Written.nothing
            for value in cycle.values { written = written.or(write(read(value), at: value.span)) }
            return written
        case .host(let use):
            use.arguments.forEach { _ = read($0) }
            return walk(use.body)
        case .ifChanged(let body, _):
            var fork = newFork(2)
            take(0, of: &fork) { $0.walk(body) }
            take(1, of: &fork)
            return join(fork)
        case .partial(let call): return walk(call)
        }
    }

    private mutating func capture(_ body: Block) -> Meaning {
        captures.append(Capture())
        let written = walk(body)
        let inside = captures.removeLast()
        var result = Meaning.never
        result.emptyText = written.empty
        result.something = written.some
        result.lacks = inside.lacks.lacks
        result.sources = inside.sources
        return result
    }

    /// What stands in a capture, each thing once: captures are written into others again and again.
    private struct Capture {
        var lacks = Meaning.never
        private(set) var sources: [[String]] = []
        private var known: Set<[String]> = []

        mutating func add(sources more: [[String]], most: Int) {
            for source in more {
                guard sources.count < most else { return }
                if known.insert(source).inserted { sources.append(source) }
            }
        }
    }

    // MARK: Branches

    /// Ways to go on from here, one of which is taken.
    struct Fork {
        let id: Int
        let count: Int
        var branches: [LocalNames.Branch] = []
        var written: [Written] = []
    }

    mutating func newFork(_ count: Int) -> Fork {
        choicesMade += 1
        return Fork(id: choicesMade, count: count)
    }

    /// - Parameter when: this way is taken, as far as it depends on the fork.
    mutating func take(
        _ branch: Int, of fork: inout Fork, when: Circumstances = .always, _ walk: (inout TemplateReader) -> Written = { _ in .nothing }
    ) {
        let outer = reach
        spend(reach.cases.count * when.cases.count)
        let when = isTired ? .always : when
        reach = isTired ? .always : outer.and(when)
        choices.append(DataOutput.Choice(id: fork.id, branch: branch, count: fork.count))
        names.begin()
        fork.written.append(walk(&self).when(when))
        fork.branches.append(LocalNames.Branch(reach: when, changed: names.end()))
        choices.removeLast()
        reach = outer
    }

    mutating func join(_ fork: Fork) -> Written {
        for branch in fork.branches where !isTired {
            for meaning in branch.changed.values {
                // Joining compares what is missed in one branch with what is missed in the others.
                spend(meaning.weight * max(1, branch.reach.cases.count) + meaning.weight * meaning.weight / 8)
            }
        }
        let place = place([])
        names.join(fork.branches, isRough: isTired) { name in
            var place = place
            place.path = [name]
            return Meaning(place)
        }
        guard isCapturing, let first = fork.written.first else { return .nothing }
        return isTired ? .unknown : fork.written.dropFirst().reduce(first) { $0.or($1) }
    }

    // MARK: Effort

    var isTired: Bool { effortLeft <= 0 }

    mutating func spend(_ cases: Int) { effortLeft -= cases }

    // MARK: Telling

    func place(_ path: [String], at span: Span = Span(0, 0)) -> Meaning.Place {
        Meaning.Place(path: path, source: source, span: span, call: call)
    }

    /// An output.
    mutating func write(_ value: Meaning, at span: Span) -> Written {
        miss(value)
        if let last = captures.indices.last {
            spend(value.sources.count)
            captures[last].add(sources: value.sources, most: isTired ? 24 : 200)
        }
        if repeats == 0, !value.sources.isEmpty, reading.outputs.count < Self.most {
            reading.outputs.append(
                DataOutput(paths: value.sources, source: text, span: span, choices: choices, isCaptured: isCapturing))
        }
        guard isCapturing else { return .nothing }
        return isTired ? .unknown : Written(empty: value.nothing.or(value.emptyText), some: value.no.or(value.something))
    }

    /// It is used here, and leaves a gap where it lacks.
    mutating func miss(_ value: Meaning) {
        if value.lacks.isEmpty { return }
        if !isTired { spend(value.lacks.reduce(0) { $0 + $1.when.cases.count } * max(1, reach.cases.count)) }
        for lack in isTired ? value.rough.lacks : Meaning.when(reach, value.lacks) {
            // What a capture has no room for is told at once, and all of it where there is no time to find out who writes it.
            if !isTired, let last = captures.indices.last, captures[last].lacks.add(lack) {
                continue
            } else if let index = gapsByPlace[lack.place] {
                let known = reading.gaps[index].when
                if known == lack.when { continue }
                spend(known.cases.count * lack.when.cases.count)
                reading.gaps[index].when = known.or(lack.when)
            } else if reading.gaps.count < Self.most {
                gapsByPlace[lack.place] = reading.gaps.count
                let place = lack.place
                reading.gaps.append(
                    Gap(path: place.path, source: sources[place.source], span: place.span, when: lack.when, call: place.call))
            }
        }
    }
}
