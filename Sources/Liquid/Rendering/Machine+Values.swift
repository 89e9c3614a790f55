/// Reading variables and paths.
extension Machine {
    /// Where the value lies that is meant, if it lies anywhere: constants, variables and names in objects are read in their
    /// place. Good until a variable is given a value.
    @inline(__always)
    func place(of operand: Operand) -> UnsafePointer<Value>? {
        switch operand {
        case .slot(let slot): UnsafePointer(frame.slots + Int(slot))
        case .path(let index): place(ofPath: index)
        case .constant(let index): program.constants.place(index)
        default: nil
        }
    }

    private func place(ofPath index: Int32) -> UnsafePointer<Value>? {
        let entry = program.paths[index]
        // Long ones are work, and paid for.
        guard case .slot(let slot) = entry.root, entry.stepCount < 8 else { return nil }
        var here = UnsafePointer(frame.slots + Int(slot))
        for step in entry.firstStep..<entry.firstStep + entry.stepCount {
            guard case .field(let name, let command) = program.steps[step] else { return nil }
            if case .object(let object) = here.pointee, let next = object.place(of: program.names.place(name).pointee) {
                here = next
            } else {
                // What a value says of itself has to be made.
                return command == nil ? program.nothing.place(0) : nil
            }
        }
        return here
    }

    mutating func value(of operand: Operand) throws(RenderError) -> Value {
        switch operand {
        case .constant(let index): return program.constants[index]
        case .slot(let slot): return frame.slots[Int(slot)]
        case .path(let index): return try value(ofPath: index)
        case .range(let index): return try range(index)
        case .pipeline(let index):
            let entry = program.pipelines[index]
            return try value(of: entry, filters: entry.filterCount)
        case .loop(let field, let up): return loopValue(field, up: up)
        case .wholeLoop: return frame.loops.isEmpty ? frame.slots[Int(program.forloopSlot)] : wholeLoop(frame.loops.count - 1)
        case .tableRow(let field):
            if let row = frame.tableRows.last { return row.value(of: field) }
            return self.field(of: frame.slots[Int(program.tablerowSlot)], Name(field.rawValue), nil)
        case .computedRoot(let index):
            let name = try value(of: program.operands[index])
            // No variable has a longer name.
            guard let name = name.string, name.utf8.count < 1000 else { return .null }
            if let slot = program.slotsByName[name] { return frame.slots[Int(slot)] }
            return scope.values[name] ?? .null
        case .absent: return .null
        }
    }

    private mutating func value(ofPath index: Int32) throws(RenderError) -> Value {
        let entry = program.paths[index]
        var value = try value(of: entry.root)
        try pay(steps: Int(entry.stepCount) / 8, entry.span)
        for place in entry.firstStep..<entry.firstStep + entry.stepCount {
            switch program.steps[place] {
            case .field(let name, let command):
                if command == .size { try pay(bytes: value.textLength, entry.span) }
                value = field(of: value, program.names.place(name).pointee, command)
            case .index(let index): value = item(of: value, index)
            case .computed(let operand):
                let key = try self.value(of: operand)
                switch key {
                case .integer(let index): value = item(of: value, index)
                case .string(let name), .markup(let name):
                    try pay(bytes: (name.utf8.count + value.textLength) * 2, entry.span)
                    value = field(of: value, Name(name), Command(rawValue: name))
                default: return .null
                }
            }
        }
        return value
    }

    private func field(of value: Value, _ name: borrowing Name, _ command: Command?) -> Value {
        if case .object(let object) = value, let found = object.value(of: name) { return found }
        switch command {
        case nil: return .null
        case .size: return value.size ?? .null
        case .first: return value.firstItem
        case .last: return value.lastItem
        }
    }

    private func item(of value: Value, _ index: Int64) -> Value {
        if case .array(let items) = value { return items.item(at: index) ?? .null }
        return .null
    }

    private mutating func range(_ index: Int32) throws(RenderError) -> Value {
        let entry = program.ranges[index]
        return .range(try rangeEnd(entry.first, entry.span), try rangeEnd(entry.last, entry.span))
    }

    /// Nothing, and a text that does not start with digits, count as 0. What else is no whole number is an error.
    private mutating func rangeEnd(_ operand: Operand, _ span: Int32) throws(RenderError) -> Int64 {
        switch try value(of: operand) {
        case .integer(let number): return number
        case .null: return 0
        case let value where value.string != nil:
            guard let decimal = try? Number(value).decimal else { return 0 }
            return decimal.rounded(decimal.coefficient < 0 ? .up : .down).integer ?? 0
        case let value: throw error(FilterFailure("a range goes from one whole number to another, found \(value.kind)"), span)
        }
    }

    // MARK: Loops

    private mutating func loopValue(_ field: LoopField, up: UInt8) -> Value {
        guard var index = frame.loops.indices.last else {
            let loop = frame.slots[Int(program.forloopSlot)]
            return up == 0 ? self.field(of: loop, Name(field.rawValue), nil) : .null
        }
        for _ in 0..<up {
            guard let parent = parent(of: index) else { return .null }
            index = parent
        }
        if field == .parentloop {
            guard let parent = parent(of: index) else { return .null }
            return wholeLoop(parent)
        }
        let loop = frame.loops[index]
        return loop.value(of: field, name: field == .name ? program.constants[loop.name] : .null)
    }

    private func parent(of index: Int) -> Int? {
        index > 0 && frame.loops[index].isParent && frame.loops[index - 1].isParent ? index - 1 : nil
    }

    /// A loop as a value: what it says now.
    private mutating func wholeLoop(_ index: Int) -> Value {
        meter.spend(steps: 16)
        var pairs: [(String, Value)] = []
        for field in [LoopField.name, .length, .index, .index0, .rindex, .rindex0, .first, .last] {
            pairs.append((field.rawValue, frame.loops[index].value(of: field, name: program.constants[frame.loops[index].name])))
        }
        if let parent = parent(of: index) { pairs.append((LoopField.parentloop.rawValue, wholeLoop(parent))) }
        return .object(Object(pairs))
    }
}
