import Diagnostics

/// The tables of a ``Program`` while they grow.
struct Assembly {
    var code: [Instruction] = []
    var literals: [UInt8] = []
    var constants: [Value] = []
    var names: [Name] = []
    var paths: [PathEntry] = []
    var steps: [Step] = []
    var operands: [Operand] = []
    var ranges: [RangeEntry] = []
    var pipelines: [PipelineEntry] = []
    var filters: [FilterEntry] = []
    var conditions: [ConditionEntry] = []
    var tests: [TestEntry] = []
    var loops: [LoopEntry] = []
    var tableRows: [TableRowEntry] = []
    var selects: [SelectEntry] = []
    var selectParts: [SelectPartEntry] = []
    var cycles: [CycleEntry] = []
    var calls: [CallEntry] = []
    var arguments: [ArgumentEntry] = []
    var hosts: [HostEntry] = []
    var functions: [FunctionEntry] = []
    var spans: [SpanEntry] = []
    var hasCounters = false

    private(set) var slotNames: [Name] = []
    private(set) var slotsByName: [String: Int32] = [:]
    private(set) var marks: [String: Int32] = [:]
    private var namesByText: [String: Int32] = [:]
    private var texts: [String: Int32] = [:]
    /// Text may be joined to the text before it as long as nothing jumps between the two.
    private var lastTarget = 0

    // MARK: Code

    var here: Int32 { Int32(code.count) }

    mutating func emit(_ instruction: Instruction) {
        code.append(instruction)
    }

    mutating func emit(text bytes: ArraySlice<UInt8>) {
        let start = Int32(literals.count)
        literals.append(contentsOf: bytes)
        if code.count > lastTarget, case .text(let first, let count)? = code.last, first + count == start {
            code[code.count - 1] = .text(start: first, count: count + Int32(bytes.count))
        } else {
            emit(.text(start: start, count: Int32(bytes.count)))
        }
    }

    /// A place to jump to.
    mutating func target() -> Int32 {
        lastTarget = code.count
        return here
    }

    /// For an instruction that is known only when what follows it is.
    mutating func reserve() -> Int {
        emit(.jump(here + 1))
        lastTarget = code.count
        return code.count - 1
    }

    // MARK: Tables

    mutating func slot(_ name: String) -> Int32 {
        if let slot = slotsByName[name] { return slot }
        let slot = Int32(slotNames.count)
        slotNames.append(Name(name))
        slotsByName[name] = slot
        return slot
    }

    mutating func name(_ text: String) -> Int32 {
        if let place = namesByText[text] { return place }
        let place = names.add(Name(text))
        namesByText[text] = place
        return place
    }

    mutating func text(_ text: String) -> Int32 {
        if let place = texts[text] { return place }
        let place = constants.add(.string(text))
        texts[text] = place
        return place
    }

    mutating func mark(_ name: String) -> Int32 {
        if let mark = marks[name] { return mark }
        let mark = Int32(marks.count)
        marks[name] = mark
        return mark
    }
}

extension Array {
    /// Appends, and says where.
    mutating func add(_ element: Element) -> Int32 {
        append(element)
        return Int32(count - 1)
    }
}
