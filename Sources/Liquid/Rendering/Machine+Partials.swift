/// `render` and `include`.
extension Machine {
    mutating func call(_ entry: CallEntry) throws(RenderError) -> Flow {
        let (function, slot) = try target(of: entry)
        try pay(steps: Int(entry.argumentCount), entry.span)
        try enter(entry.span)
        let flow: Flow
        if entry.isIsolated {
            flow = .normal
            try render(entry, function, slot)
        } else {
            flow = try include(entry, function, slot)
        }
        leave()
        return flow
    }

    /// The partial, and what it calls the value it is given. A name in a variable is looked up among the partials that
    /// were known when the template was parsed.
    private mutating func target(of entry: CallEntry) throws(RenderError) -> (FunctionEntry, Int32) {
        if entry.function >= 0 { return (program.functions[entry.function], entry.subjectSlot) }
        let wanted = try value(of: entry.name)
        guard let name = wanted.string else {
            throw error(FilterFailure("include needs a partial's name, found \(wanted.kind)"), entry.span)
        }
        for place in 1..<max(1, Int32(program.functions.count)) {
            let function = program.functions[place]
            if function.isIsolated == entry.isIsolated, program.constants[function.name].string == name {
                let slot = entry.subjectSlot >= 0 ? entry.subjectSlot : program.slotsByName[PartialLibrary.variable(of: name)] ?? -1
                return (function, slot)
            }
        }
        throw error(FilterFailure("there is no partial of the name that include was given"), entry.span)
    }

    private mutating func render(_ entry: CallEntry, _ function: FunctionEntry, _ slot: Int32) throws(RenderError) {
        let subject = try value(of: entry.subject)
        guard entry.repeats else { return try render(entry, function, slot, subject, nil) }
        let items = Items(subject)
        switch items {
        case .array, .object, .range: break
        case .none, .one: return try render(entry, function, slot, subject, nil)
        }
        var loop = LoopState(name: function.name, length: items.count, isParent: false)
        for index in 0..<items.count {
            guard meter.step() else { throw error(.tooMuchWork, entry.span) }
            loop.index = index
            try render(entry, function, slot, items[index], loop)
        }
    }

    /// In a frame of its own, which starts with the data and the arguments.
    private mutating func render(
        _ entry: CallEntry, _ function: FunctionEntry, _ slot: Int32, _ subject: Value, _ loop: LoopState?
    ) throws(RenderError) {
        try pay(steps: program.slotNames.count / 16, entry.span)
        var inner = Frame(slots: Self.slots(like: data ?? frame.slots, count: program.slotNames.count))
        if let loop { inner.loops.append(loop) }
        do throws(RenderError) {
            for place in entry.firstArgument..<entry.firstArgument + entry.argumentCount {
                let argument = program.arguments[place]
                inner.slots[Int(argument.slot)] = try value(of: argument.value)
                if program.hasCounters { inner.assigned.insert(argument.slot) }
            }
            if !subject.isNull, slot >= 0 {
                inner.slots[Int(slot)] = subject
                if program.hasCounters { inner.assigned.insert(slot) }
            }
        } catch {
            free(inner.slots)
            throw error
        }
        swap(&frame, &inner)
        do throws(RenderError) {
            _ = try run(function.start, function.end)
        } catch {
            swap(&frame, &inner)
            free(inner.slots)
            throw error
        }
        swap(&frame, &inner)
        free(inner.slots)
    }

    private func free(_ slots: UnsafeMutablePointer<Value>) {
        slots.deinitialize(count: program.slotNames.count)
        slots.deallocate()
    }

    /// In the frame of the place that includes it; its arguments hide what has their names until it ends.
    private mutating func include(_ entry: CallEntry, _ function: FunctionEntry, _ slot: Int32) throws(RenderError) -> Flow {
        var subject = try value(of: entry.subject)
        if entry.subject.isAbsent, let name = program.constants[function.name].string, let own = program.slotsByName[name] {
            subject = frame.slots[Int(own)]
        }
        let hidden = frame.hidden.count
        for place in entry.firstArgument..<entry.firstArgument + entry.argumentCount {
            let argument = program.arguments[place]
            let value = try value(of: argument.value)
            hide(argument.slot)
            frame.slots[Int(argument.slot)] = value
        }
        if slot >= 0 { hide(slot) }
        var flow = Flow.normal
        if case .array(let items) = subject {
            for item in items where flow == .normal {
                guard meter.step() else { throw error(.tooMuchWork, entry.span) }
                if slot >= 0 { frame.slots[Int(slot)] = item }
                flow = try run(function.start, function.end)
            }
        } else {
            if slot >= 0 { frame.slots[Int(slot)] = subject }
            flow = try run(function.start, function.end)
        }
        uncover(to: hidden)
        return flow
    }
}
