import Diagnostics

/// Carries out a ``Program`` for one ``Scope``. It owns the output and everything that changes while it runs.
struct Machine: ~Copyable {
    let program: Program
    let scope: Scope
    let context: FilterContext
    let isHTML: Bool
    let maximumDepth: Int
    var out: Output
    /// What `out` may grow to.
    let outputEnd: Int
    var meter: Meter
    var frame: Frame
    /// What every frame starts with: the data, by slot. Nil where there is only one frame, which may change it.
    let data: UnsafeMutablePointer<Value>?
    var depth = 0
    /// For text on its way through a filter into the output.
    var scratch = Output()
    /// Bodies for the host and what it makes of them, kept for the next.
    var bodies: [[UInt8]] = []

    /// How a passage ended: at its end, or at a `break` or `continue` that is meant for a loop around it.
    enum Flow {
        case normal, `break`, `continue`
    }

    init(_ program: Program, scope: Scope, limits: Limits) {
        self.program = program
        self.scope = scope
        context = FilterContext(scope, mode: program.mode)
        isHTML = program.mode == .html
        maximumDepth = limits.depth
        outputEnd = limits.outputBytes
        // Most of a mail is the template's own text.
        out = Output(capacity: min(outputEnd, program.literals.count * 3 / 2) + 1024)
        meter = Meter(limits)
        let count = program.slotNames.count
        let slots = UnsafeMutablePointer<Value>.allocate(capacity: max(1, count))
        for slot in 0..<count {
            let value = scope.values.place(of: program.slotNames.place(Int32(slot)).pointee)
            (slots + slot).initialize(to: value?.pointee ?? .null)
        }
        frame = Frame(slots: slots)
        data = program.needsData ? Self.slots(like: slots, count: count) : nil
    }

    deinit {
        if let data {
            data.deinitialize(count: program.slotNames.count)
            data.deallocate()
        }
        frame.slots.deinitialize(count: program.slotNames.count)
        frame.slots.deallocate()
    }

    static func slots(like data: UnsafeMutablePointer<Value>, count: Int) -> UnsafeMutablePointer<Value> {
        let slots = UnsafeMutablePointer<Value>.allocate(capacity: max(1, count))
        slots.initialize(from: data, count: count)
        return slots
    }

    mutating func run() throws(RenderError) {
        let main = program.functions[0]
        _ = try run(main.start, main.end)
    }

    /// Carries out the instructions from `start` up to `end`.
    mutating func run(_ start: Int32, _ end: Int32) throws(RenderError) -> Flow {
        var next = start
        while next < end {
            let here = next
            next += 1
            guard meter.step() else { throw error(.tooMuchWork, near: here) }
            switch program.code[here] {
            case .text(let start, let count):
                out.append(program.literals.place(start), Int(count))
                if out.count > outputEnd { throw error(.tooMuchOutput, near: here) }
            case .write(let operand, let span):
                try write(operand, span)
            case .assign(let slot, let operand, _):
                let value = try value(of: operand)
                assign(value, to: slot)
            case .capture(let slot, let end, let span):
                let flow = try capture(slot, here + 1, end, span)
                if flow != .normal { return flow }
                next = end
            case .branch(let condition, let isNegated, let otherwise):
                if try holds(condition) == isNegated { next = otherwise }
            case .jump(let target):
                next = target
            case .loop(let index):
                let entry = program.loops[index]
                let flow = try loop(entry, body: here + 1)
                if flow != .normal { return flow }
                next = entry.otherwiseEnd
            case .tableRow(let index):
                let entry = program.tableRows[index]
                try tableRow(entry, body: here + 1)
                next = entry.end
            case .select(let index):
                let entry = program.selects[index]
                let flow = try select(entry)
                if flow != .normal { return flow }
                next = entry.end
            case .cycle(let index):
                try cycle(program.cycles[index])
            case .counter(let slot, let delta, let span):
                try count(slot, delta, span)
            case .interrupt(let interrupt):
                return interrupt == .break ? .break : .continue
            case .call(let index):
                let flow = try call(program.calls[index])
                if flow != .normal { return flow }
            case .ifChanged(let end, let span):
                let flow = try ifChanged(here + 1, end, span)
                if flow != .normal { return flow }
                next = end
            case .host(let index):
                let entry = program.hosts[index]
                let flow = try host(entry, body: here + 1)
                if flow != .normal { return flow }
                next = entry.end
            }
        }
        return .normal
    }

    // MARK: Variables

    /// Gives the outermost variable of this name a value. Where a loop or an argument hides it, that goes on hiding it.
    mutating func assign(_ value: consuming Value, to slot: Int32) {
        if program.hasCounters { frame.assigned.insert(slot) }
        for index in frame.hidden.indices where frame.hidden[index].slot == slot {
            frame.hidden[index].value = value
            frame.hidden[index].wasAssigned = true
            return
        }
        frame.slots[Int(slot)] = value
    }

    /// Until ``uncover(to:)``, the name stands for something else.
    mutating func hide(_ slot: Int32) {
        frame.hidden.append(
            Frame.Hidden(slot: slot, value: frame.slots[Int(slot)], wasAssigned: program.hasCounters && frame.assigned.contains(slot)))
        if program.hasCounters { frame.assigned.insert(slot) }
    }

    mutating func uncover(to count: Int) {
        while frame.hidden.count > count, let hidden = frame.hidden.popLast() {
            frame.slots[Int(hidden.slot)] = hidden.value
            if program.hasCounters, !hidden.wasAssigned { frame.assigned.remove(hidden.slot) }
        }
    }

    // MARK: Paying

    mutating func pay(steps: Int, _ span: Int32) throws(RenderError) {
        do throws(FilterFailure) {
            try meter.work(steps: steps)
        } catch {
            throw self.error(error, span)
        }
    }

    mutating func pay(bytes: Int, _ span: Int32) throws(RenderError) {
        do throws(FilterFailure) {
            try meter.work(bytes: bytes)
        } catch {
            throw self.error(error, span)
        }
    }

    // MARK: Failing

    mutating func enter(_ span: Int32) throws(RenderError) {
        depth += 1
        guard depth <= maximumDepth else { throw error(.tooDeep, span) }
    }

    mutating func leave() {
        depth -= 1
    }

    /// What a filter could not do, at its place.
    func error(_ failure: FilterFailure, _ span: Int32) -> RenderError {
        let entry = program.spans[span]
        return RenderError(
            kind: failure.kind, message: failure.message, hint: failure.hint, source: program.sources[Int(entry.source)],
            span: Span(Int(entry.start), Int(entry.end)))
    }

    /// For instructions without a place of their own: the nearest before them that has one.
    private func error(_ failure: FilterFailure, near instruction: Int32) -> RenderError {
        var index = instruction
        while index > 0 {
            switch program.code[index] {
            case .write(_, let span), .assign(_, _, let span), .capture(_, _, let span), .counter(_, _, let span), .ifChanged(_, let span):
                return error(failure, span)
            case .loop(let loop): return error(failure, program.loops[loop].span)
            case .tableRow(let row): return error(failure, program.tableRows[row].span)
            case .call(let call): return error(failure, program.calls[call].span)
            case .host(let host): return error(failure, program.hosts[host].span)
            default: index -= 1
            }
        }
        return RenderError(
            kind: failure.kind, message: failure.message, hint: failure.hint, source: program.sources[0], span: Span(0, 0))
    }
}
