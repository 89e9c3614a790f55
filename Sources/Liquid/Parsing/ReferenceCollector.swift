import Diagnostics

/// Finds every ``Reference`` of a template and its partials by walking through them as a rendering would.
struct ReferenceCollector {
    private var references: [Reference] = []
    private var filterUses: [HostFilterUse] = []
    private var library: PartialLibrary
    private var source: SourceText
    /// Names that the template made itself.
    private var locals: Set<String> = ["forloop", "tablerowloop"]
    /// Paths that the conditions around this place ask about.
    private var guards = Guards()
    /// Partials that render others twice are trees whose walk would never end.
    private var nodesLeft = 200_000
    private var callsLeft = 2_000
    /// Partials around this place: one that renders itself is walked through once.
    private var partials: [String] = []

    private static let most = 20_000

    static func references(in main: Syntax, library: PartialLibrary) -> (data: [Reference], filters: [HostFilterUse]) {
        var collector = ReferenceCollector(library: library, source: main.source)
        collector.walk(main.body)
        return (collector.references, collector.filterUses)
    }

    private init(library: PartialLibrary, source: SourceText) {
        self.library = library
        self.source = source
    }

    private mutating func walk(_ block: Block?) {
        guard let block, references.count < Self.most else { return }
        for node in block.nodes {
            nodesLeft -= 1
            guard nodesLeft > 0 else { return }
            walk(node)
        }
    }

    private mutating func walk(_ node: Node) {
        switch node {
        case .text, .verbatim, .nothing, .counter, .interrupt: break
        case .sequence(let body), .ifChanged(let body, _): walk(body)
        case .output(let value): read(value)
        case .assign(let name, let value):
            read(value)
            locals.insert(name)
        case .capture(let name, let body, _):
            walk(body)
            locals.insert(name)
        case .conditional(let branches, let otherwise):
            let outer = guards.count
            for branch in branches {
                read(branch.condition)
                // An `elsif` is reached through what the conditions before it asked.
                paths(in: branch.condition).forEach { guards.add($0) }
                walk(branch.body)
            }
            walk(otherwise)
            guards.remove(to: outer)
        case .select(let select): walk(select)
        case .loop(let loop): walk(loop)
        case .tableRow(let row):
            [row.collection, row.columns, row.limit, row.offset].forEach { read($0) }
            inside([row.variable]) { $0.walk(row.body) }
        case .cycle(let cycle):
            read(cycle.name)
            cycle.values.forEach { read($0) }
        case .host(let use):
            use.arguments.forEach { read($0) }
            walk(use.body)
        case .partial(let call): walk(call)
        }
    }

    private mutating func walk(_ select: Select) {
        read(select.subject, isGuarded: true)
        let outer = guards.count
        if let path = path(of: select.subject) { guards.add(path) }
        for part in select.parts {
            switch part {
            case .when(let values, let body):
                for case .value(let value) in values { read(value, isGuarded: true) }
                walk(body)
            case .otherwise(let body): walk(body)
            }
        }
        guards.remove(to: outer)
    }

    private mutating func walk(_ loop: Loop) {
        read(loop.collection)
        read(loop.limit)
        if case .at(let offset)? = loop.offset { read(offset) }
        inside([loop.variable]) { $0.walk(loop.body) }
        walk(loop.otherwise)
    }

    private mutating func walk(_ call: PartialCall) {
        read(call.name)
        read(call.subject)
        call.arguments.forEach { read($0.value) }
        guard case .literal(.string(let name), _) = call.name, !partials.contains(name), partials.count < 100, callsLeft > 0,
            references.count < Self.most, let partial = library.partial(name)
        else { return }
        callsLeft -= 1
        let own = Set(call.arguments.map(\.name) + [call.alias ?? PartialLibrary.variable(of: name)])
        partials.append(name)
        let outerSource = source
        source = partial.source
        defer { source = outerSource }
        if call.style == .include {
            inside(own) { $0.walk(partial.body) }
        } else {
            let outer = (locals, guards)
            locals = own.union(["forloop", "tablerowloop"])
            // What is guarded here is guarded there, unless an argument has its name.
            guards = Guards(guards.paths.filter { !outer.0.contains($0[0]) && !own.contains($0[0]) })
            walk(partial.body)
            (locals, guards) = outer
        }
        partials.removeLast()
    }

    /// Where these names are the template's own; what is assigned there stays.
    private mutating func inside(_ names: Set<String>, _ body: (inout ReferenceCollector) -> Void) {
        let hidden = names.subtracting(locals)
        locals.formUnion(hidden)
        body(&self)
        locals.subtract(hidden)
    }

    // MARK: Reading

    private mutating func read(_ value: FilteredExpression) {
        var hasDefault = false
        if case .standard(.default)? = value.filters.first?.function { hasDefault = true }
        read(value.base, hasDefault: hasDefault)
        for (index, filter) in value.filters.enumerated() {
            filter.arguments.forEach { read($0) }
            filter.named.forEach { read($0.value) }
            read(filter.allowFalse)
            if case .host = filter.function { note(filter, of: index == 0 ? value.base : nil, at: value.base.span) }
        }
    }

    private mutating func note(_ filter: FilterUse, of input: Expression?, at place: Span) {
        guard filterUses.count < Self.most else { return }
        filterUses.append(
            HostFilterUse(
                name: source.text(in: filter.span), input: input.flatMap(literal), arguments: filter.arguments.map(literal),
                names: filter.named.map(\.name), source: source, span: filter.span, inputSpan: place))
    }

    private func literal(_ expression: Expression) -> Value? {
        if case .literal(let value, _) = expression { value } else { nil }
    }

    private mutating func read(_ condition: Condition) {
        for test in condition.tests {
            if case .value(let value) = test.left { read(value, isGuarded: true, contained: contained(test)) }
            if case .value(let value)? = test.comparison?.right { read(value, isGuarded: true) }
        }
    }

    private func contained(_ test: Condition.Test) -> String? {
        guard case (.contains, .value(let value))? = test.comparison, case .string(let text)? = literal(value) else { return nil }
        return text
    }

    private mutating func read(
        _ expression: Expression?, hasDefault: Bool = false, isGuarded: Bool = false, contained: String? = nil
    ) {
        switch expression {
        case nil, .literal: break
        case .range(let first, let last, _):
            read(first)
            read(last)
        case .path(let path):
            if case .computed(let inner) = path.root { read(inner) }
            for case .computed(let inner) in path.steps { read(inner) }
            guard let names = self.path(of: path), !locals.contains(names[0]) else { return }
            let isGuarded = isGuarded || guards.cover(names)
            references.append(
                Reference(
                    path: names, source: source, span: path.span, hasDefault: hasDefault, isGuarded: isGuarded, contained: contained))
        }
    }

    private func paths(in condition: Condition) -> [[String]] {
        condition.tests.flatMap { test -> [[String]] in
            [test.left, test.comparison?.right ?? .empty].compactMap {
                if case .value(let value) = $0 { path(of: value) } else { nil }
            }
        }
    }

    private func path(of expression: Expression) -> [String]? {
        if case .path(let path) = expression { self.path(of: path) } else { nil }
    }

    /// As far as it is written out.
    private func path(of path: Path) -> [String]? {
        guard case .name(let root) = path.root else { return nil }
        var names = [root]
        for step in path.steps {
            switch step {
            case .name(let name), .key(let name): names.append(name)
            case .index, .computed: return names
            }
        }
        return names
    }
}

/// Paths that are asked about around a place; one further in comes later.
private struct Guards {
    private(set) var paths: [[String]] = []
    /// How many of the paths start with these names, or are these names.
    private var beginnings: [[String]: Int] = [:]
    private var whole: [[String]: Int] = [:]

    /// Of a path, only this many names are looked at.
    private static let longest = 8

    var count: Int { paths.count }

    init(_ paths: [[String]] = []) {
        paths.forEach { add($0) }
    }

    mutating func add(_ path: [String]) {
        let path = Array(path.prefix(Self.longest))
        paths.append(path)
        whole[path, default: 0] += 1
        for length in 1...max(1, path.count) { beginnings[Array(path.prefix(length)), default: 0] += 1 }
    }

    mutating func remove(to count: Int) {
        while paths.count > count, let path = paths.popLast() {
            whole[path, default: 0] -= 1
            for length in 1...max(1, path.count) { beginnings[Array(path.prefix(length)), default: 0] -= 1 }
        }
    }

    /// Whether one of them is part of `names`, or the other way round.
    func cover(_ names: [String]) -> Bool {
        let names = Array(names.prefix(Self.longest))
        if beginnings[names, default: 0] > 0 { return true }
        return (1...max(1, names.count)).contains { whole[Array(names.prefix($0)), default: 0] > 0 }
    }
}
