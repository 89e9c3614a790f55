import Diagnostics

/// A compiled template with all its partials: code and the tables that it points into.
///
/// The tables are plain memory, since reading an element of an array that is shared by threads counts a reference on it, and that costs
/// more than the element.
// SAFETY: everything is written in `init` and never again, so that threads may share it.
final class Program: @unchecked Sendable {
    let code: Table<Instruction>
    let literals: Table<UInt8>
    let constants: Table<Value>
    let names: Table<Name>
    let paths: Table<PathEntry>
    let steps: Table<Step>
    let operands: Table<Operand>
    let ranges: Table<RangeEntry>
    let pipelines: Table<PipelineEntry>
    let filters: Table<FilterEntry>
    let conditions: Table<ConditionEntry>
    let tests: Table<TestEntry>
    let loops: Table<LoopEntry>
    let tableRows: Table<TableRowEntry>
    let selects: Table<SelectEntry>
    let selectParts: Table<SelectPartEntry>
    let cycles: Table<CycleEntry>
    let calls: Table<CallEntry>
    let arguments: Table<ArgumentEntry>
    let hosts: Table<HostEntry>
    let functions: Table<FunctionEntry>
    let spans: Table<SpanEntry>

    let mode: OutputMode
    let sources: [SourceText]
    let hostFilters: [HostFilter]
    /// Names of the variables, by slot.
    let slotNames: Table<Name>
    /// What a path reads that leads nowhere.
    let nothing: Table<Value>
    let slotsByName: [String: Int32]
    let forloopSlot: Int32
    let tablerowSlot: Int32
    /// Whether any `increment` or `decrement` is in it.
    let hasCounters: Bool
    /// Whether anything starts again from the data alone: a partial that is rendered, a counter.
    let needsData: Bool
    /// How many marks `offset: continue` needs.
    let markCount: Int

    init(_ assembly: Assembly, mode: OutputMode, sources: [SourceText], hostFilters: [HostFilter]) {
        code = Table(assembly.code)
        literals = Table(assembly.literals)
        constants = Table(assembly.constants)
        names = Table(assembly.names)
        paths = Table(assembly.paths)
        steps = Table(assembly.steps)
        operands = Table(assembly.operands)
        ranges = Table(assembly.ranges)
        pipelines = Table(assembly.pipelines)
        filters = Table(assembly.filters)
        conditions = Table(assembly.conditions)
        tests = Table(assembly.tests)
        loops = Table(assembly.loops)
        tableRows = Table(assembly.tableRows)
        selects = Table(assembly.selects)
        selectParts = Table(assembly.selectParts)
        cycles = Table(assembly.cycles)
        calls = Table(assembly.calls)
        arguments = Table(assembly.arguments)
        hosts = Table(assembly.hosts)
        functions = Table(assembly.functions)
        spans = Table(assembly.spans)
        self.mode = mode
        self.sources = sources
        self.hostFilters = hostFilters
        forloopSlot = assembly.slotsByName["forloop"] ?? 0
        tablerowSlot = assembly.slotsByName["tablerowloop"] ?? 0
        slotNames = Table(assembly.slotNames)
        nothing = Table([.null])
        slotsByName = assembly.slotsByName
        hasCounters = assembly.hasCounters
        needsData = assembly.hasCounters || assembly.calls.contains { $0.isIsolated }
        markCount = assembly.marks.count
    }

    /// What it writes whatever the data, where it is one passage of text; nil where it does anything else.
    var onlyText: UnsafeBufferPointer<UInt8>? {
        let main = functions[0]
        guard main.end - main.start == 1, case .text(let start, let count) = code[main.start] else { return nil }
        return UnsafeBufferPointer(start: literals.place(start), count: Int(count))
    }

    deinit {
        for release in [
            code.free, literals.free, constants.free, names.free, paths.free, steps.free, operands.free, ranges.free, pipelines.free,
            filters.free,
            conditions.free, tests.free, loops.free, tableRows.free, selects.free, selectParts.free, cycles.free, calls.free,
            arguments.free,
            hosts.free, functions.free, spans.free, slotNames.free, nothing.free,
        ] { release() }
    }
}

/// An array that never changes and whose owner frees it by hand.
struct Table<Element> {
    private let start: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        start = .allocate(capacity: max(1, count))
        start.initialize(from: elements, count: count)
    }

    @inline(__always)
    subscript(index: Int32) -> Element {
        start[Int(index)]
    }

    /// For elements that own memory: reading them through a copy counts a reference that all threads share.
    @inline(__always)
    func place(_ index: Int32) -> UnsafePointer<Element> {
        UnsafePointer(start + Int(index))
    }

    func free() {
        start.deinitialize(count: count)
        start.deallocate()
    }
}
