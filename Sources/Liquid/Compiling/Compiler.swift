import Diagnostics

/// Makes a ``Program`` of a template and every partial it can reach.
struct Compiler {
    var assembly = Assembly()
    private(set) var problems: [Diagnostic] = []
    private(set) var warnings: [Diagnostic] = []
    private(set) var filterUses: [HostFilterUse] = []
    var library: PartialLibrary

    private var sources: [SourceText] = []
    private var functionsByName: [PartialKey: Int32] = [:]
    private var waiting: [(function: Int32, syntax: Syntax)] = []
    /// Of the code being made.
    private var source = SourceText(name: "", bytes: [])
    private var sourceIndex: Int32 = 0
    private var isIsolated = false
    private var suggestionsLeft = 20

    private struct PartialKey: Hashable {
        var name: String
        var isIsolated: Bool
    }

    init(library: PartialLibrary) {
        self.library = library
        _ = assembly.slot("forloop")
        _ = assembly.slot("tablerowloop")
    }

    /// The main template is function 0.
    mutating func compile(_ main: Syntax) {
        assembly.functions.append(FunctionEntry(name: assembly.text(""), isIsolated: false, start: 0, end: 0))
        waiting = [(0, main)]
        var next = 0
        while next < waiting.count, next == 0 || canGoOn {
            let (function, syntax) = waiting[next]
            next += 1
            problems += syntax.problems.prefix(Parser.mostProblems - problems.count)
            warnings += syntax.warnings.prefix(max(0, Parser.mostProblems - warnings.count))
            source = syntax.source
            sourceIndex = sources.add(syntax.source)
            isIsolated = assembly.functions[Int(function)].isIsolated
            let start = assembly.target()
            block(syntax.body)
            assembly.functions[Int(function)].start = start
            assembly.functions[Int(function)].end = assembly.target()
        }
    }

    func program(_ options: ParseOptions) -> Program {
        Program(assembly, mode: options.mode, sources: sources, hostFilters: options.hostFilters)
    }

    private var canGoOn: Bool { problems.count < Parser.mostProblems && library.partsLeft >= 0 }

    // MARK: Blocks

    mutating func block(_ block: Block) {
        for node in block.nodes where library.partsLeft >= 0 { self.node(node) }
    }

    private mutating func node(_ node: Node) {
        switch node {
        case .text(let span), .verbatim(let span): assembly.emit(text: source.bytes[span.start..<span.end])
        case .sequence(let body): block(body)
        case .nothing: break
        case .output(let value):
            let operand = operand(value)
            assembly.emit(.write(operand, span: self.span(value.span)))
        case .assign(let name, let value):
            let operand = operand(value)
            assembly.emit(.assign(slot: assembly.slot(name), operand, span: span(value.span)))
        case .capture(let name, let body, let span):
            let place = assembly.reserve()
            block(body)
            assembly.code[place] = .capture(slot: assembly.slot(name), end: assembly.target(), span: self.span(span))
        case .conditional(let branches, let otherwise): conditional(branches, otherwise)
        case .select(let select): self.select(select)
        case .loop(let loop): self.loop(loop)
        case .tableRow(let row): tableRow(row)
        case .cycle(let cycle): self.cycle(cycle)
        case .counter(let name, let delta, let span):
            assembly.hasCounters = true
            assembly.emit(.counter(slot: assembly.slot(name), delta: Int8(delta), span: self.span(span)))
        case .interrupt(let interrupt, _): assembly.emit(.interrupt(interrupt))
        case .partial(let call): self.call(call)
        case .ifChanged(let body, let span):
            let place = assembly.reserve()
            block(body)
            assembly.code[place] = .ifChanged(end: assembly.target(), span: self.span(span))
        case .host(let use): host(use)
        }
    }

    private mutating func conditional(_ branches: [Branch], _ otherwise: Block?) {
        var exits: [Int] = []
        for (index, branch) in branches.enumerated() {
            let condition = condition(branch.condition)
            let place = assembly.reserve()
            block(branch.body)
            if index < branches.count - 1 || otherwise != nil { exits.append(assembly.reserve()) }
            assembly.code[place] = .branch(condition: condition, isNegated: branch.isNegated, otherwise: assembly.target())
        }
        if let otherwise { block(otherwise) }
        let end = assembly.target()
        for exit in exits { assembly.code[exit] = .jump(end) }
    }

    private mutating func select(_ select: Select) {
        let subject = operand(select.subject)
        let place = assembly.reserve()
        var parts: [SelectPartEntry] = []
        for part in select.parts {
            var entry = SelectPartEntry(firstTest: 0, testCount: 0, start: 0, end: 0)
            let body: Block
            switch part {
            case .otherwise(let block): body = block
            case .when(let values, let block):
                let tests = values.map {
                    TestEntry(left: .value(subject), operation: .equal, right: side($0), joint: .none, span: span(select.span))
                }
                entry.firstTest = Int32(assembly.tests.count)
                entry.testCount = Int32(tests.count)
                assembly.tests += tests
                body = block
                if tests.isEmpty { continue }
            }
            entry.start = assembly.target()
            block(body)
            entry.end = assembly.target()
            parts.append(entry)
        }
        let entry = SelectEntry(
            subject: subject, firstPart: Int32(assembly.selectParts.count), partCount: Int32(parts.count), end: assembly.target(),
            span: span(select.span))
        assembly.selectParts += parts
        assembly.code[place] = .select(assembly.selects.add(entry))
    }

    private mutating func loop(_ loop: Loop) {
        var entry = LoopEntry(
            name: assembly.text(loop.name), slot: assembly.slot(loop.variable), collection: operand(loop.collection),
            limit: operand(loop.limit), offset: .absent, mark: assembly.mark(loop.name), continues: false, isReversed: loop.isReversed,
            end: 0, otherwiseEnd: 0, span: span(loop.span))
        switch loop.offset {
        case .at(let value): entry.offset = operand(value)
        case .continue: entry.continues = true
        case nil: break
        }
        let place = assembly.reserve()
        block(loop.body)
        entry.end = assembly.target()
        if let otherwise = loop.otherwise { block(otherwise) }
        entry.otherwiseEnd = assembly.target()
        assembly.code[place] = .loop(assembly.loops.add(entry))
    }

    private mutating func tableRow(_ row: TableRow) {
        var entry = TableRowEntry(
            slot: assembly.slot(row.variable), collection: operand(row.collection), columns: operand(row.columns),
            limit: operand(row.limit),
            offset: operand(row.offset), end: 0, span: span(row.span))
        let place = assembly.reserve()
        block(row.body)
        entry.end = assembly.target()
        assembly.code[place] = .tableRow(assembly.tableRows.add(entry))
    }

    private mutating func cycle(_ cycle: Cycle) {
        let values = cycle.values.map { operand($0) }
        let entry = CycleEntry(
            name: operand(cycle.name), identity: assembly.text(cycle.identity), firstValue: Int32(assembly.operands.count),
            valueCount: Int32(values.count), span: span(cycle.span))
        assembly.operands += values
        assembly.emit(.cycle(assembly.cycles.add(entry)))
    }

    private mutating func host(_ use: HostUse) {
        let arguments = use.arguments.map { operand($0) }
        var entry = HostEntry(
            name: assembly.text(use.name), firstArgument: Int32(assembly.operands.count), argumentCount: Int32(arguments.count), end: 0,
            span: span(use.span))
        assembly.operands += arguments
        let place = assembly.reserve()
        block(use.body)
        entry.end = assembly.target()
        assembly.code[place] = .host(assembly.hosts.add(entry))
    }

    // MARK: Partials

    private mutating func call(_ call: PartialCall) {
        guard call.style == .render || !isIsolated else {
            report("include cannot stand in a partial that is rendered", at: call.span, hint: "render it with the values it needs")
            return
        }
        var entry = CallEntry(
            function: -1, name: operand(call.name), isIsolated: call.style == .render, repeats: call.repeats,
            subject: operand(call.subject),
            subjectSlot: call.alias.map { assembly.slot($0) } ?? -1, firstArgument: 0, argumentCount: Int32(call.arguments.count),
            span: span(call.span))
        if case .literal(.string(let name), let place) = call.name {
            guard let function = function(name, isIsolated: entry.isIsolated, at: place) else { return }
            entry.function = function
            if entry.subjectSlot < 0 { entry.subjectSlot = assembly.slot(PartialLibrary.variable(of: name)) }
            if entry.subject.isAbsent, !entry.isIsolated {
                // As in the reference, include takes the variable with the partial's own name where none is given.
                entry.subject = .slot(assembly.slot(name))
            }
        } else {
            for name in library.known { _ = function(name, isIsolated: entry.isIsolated, at: call.name.span) }
        }
        let arguments = call.arguments.map { ArgumentEntry(slot: assembly.slot($0.name), value: operand($0.value)) }
        entry.firstArgument = Int32(assembly.arguments.count)
        assembly.arguments += arguments
        assembly.emit(.call(assembly.calls.add(entry)))
    }

    private mutating func function(_ name: String, isIsolated: Bool, at span: Span) -> Int32? {
        let key = PartialKey(name: name, isIsolated: isIsolated)
        if let function = functionsByName[key] { return function }
        guard library.partsLeft >= 0 else { return nil }
        guard let syntax = library.partial(name) else {
            let shown = source.quote(Span(span.start + 1, max(span.start + 1, span.end - 1)))
            // Each is compared with all there are.
            suggestionsLeft -= 1
            let hint = suggestionsLeft >= 0 ? suggestion(for: name, among: library.known) : nil
            report("there is no partial \"\(shown)\"", at: span, hint: hint)
            return nil
        }
        let function = assembly.functions.add(FunctionEntry(name: assembly.text(name), isIsolated: isIsolated, start: 0, end: 0))
        functionsByName[key] = function
        let isFirst = functionsByName[PartialKey(name: name, isIsolated: !isIsolated)] == nil
        // Compiling is a good part of the whole.
        if !isFirst { library.partsLeft -= syntax.cost / 2 }
        guard library.partsLeft >= 0 else {
            report(Allowance.exceeded(in: source, at: span))
            return nil
        }
        waiting.append((function, isFirst ? syntax : syntax.withoutProblems))
        return function
    }

    // MARK: Telling

    mutating func note(_ use: FilterUse, input: Value?, at place: Span) {
        filterUses.append(
            HostFilterUse(
                name: source.text(in: use.span), input: input, arguments: use.arguments.map(\.literal), names: use.named.map(\.name),
                source: source, span: use.span, inputSpan: place))
    }

    mutating func span(_ span: Span) -> Int32 {
        assembly.spans.add(SpanEntry(source: sourceIndex, start: Int32(clamping: span.start), end: Int32(clamping: span.end)))
    }

    private mutating func report(_ message: String, at span: Span, hint: String? = nil) {
        report(Diagnostic(.error, message, in: source, at: span, hint: hint))
    }

    private mutating func report(_ problem: Diagnostic) {
        guard problems.count < Parser.mostProblems else { return }
        problems.append(problem)
    }
}

/// Partials by name, each parsed once.
struct PartialLibrary: Sendable {
    let known: [String]
    private let find: @Sendable (String) -> SourceText?
    private let names: KnownNames
    private var parsed: [String: Syntax] = [:]
    /// Of an ``Allowance``.
    var partsLeft: Int

    init(_ options: ParseOptions, names: KnownNames, parts: Int) {
        known = options.knownPartials
        find = options.partial
        self.names = names
        partsLeft = parts
    }

    mutating func partial(_ name: String) -> Syntax? {
        if let syntax = parsed[name] { return syntax }
        guard let source = find(name) else { return nil }
        partsLeft -= Allowance.partial
        let syntax = Parser.parse(source, names: names, parts: partsLeft)
        partsLeft -= syntax.cost
        parsed[name] = syntax
        return syntax
    }

    /// What a partial calls the value it is rendered with: the last part of its name.
    static func variable(of name: String) -> String {
        name.split(separator: "/").last.map(String.init) ?? name
    }
}

extension Syntax {
    /// For compiling a second time, when they are reported already.
    fileprivate var withoutProblems: Syntax {
        Syntax(source: source, body: body, problems: [], warnings: [], cost: cost)
    }
}
