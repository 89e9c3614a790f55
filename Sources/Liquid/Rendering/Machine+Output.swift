/// Writing values.
extension Machine {
    mutating func write(_ operand: Operand, _ span: Int32) throws(RenderError) {
        if let place = place(of: operand) {
            try write(at: place, span)
        } else if case .pipeline(let index) = operand {
            try write(program.pipelines[index])
        } else {
            try write(value(of: operand), span)
        }
        if out.count > outputEnd { throw error(.tooMuchOutput, span) }
    }

    /// A copy where one is needed; a text is written from where it lies.
    private mutating func write(at place: UnsafePointer<Value>, _ span: Int32) throws(RenderError) {
        switch place.pointee {
        case .string(let text) where isHTML: try write(escaping: text, span)
        case .string(let text), .markup(let text): try write(plain: text, span)
        case .null: break
        case .integer(let number): out.append(number: number)
        case .decimal(let number): out.append(decimal: number)
        case let value: try write(value, span)
        }
    }

    mutating func write(_ value: Value, _ span: Int32) throws(RenderError) {
        switch value {
        case .string(let text) where isHTML: try write(escaping: text, span)
        case .string(let text), .markup(let text): try write(plain: text, span)
        case .null: break
        case .array, .object:
            try pay(bytes: value.weight(), span)
            try write(nested: value, span)
        default: value.write(into: &out, zone: scope.zone)
        }
    }

    private mutating func write(nested value: Value, _ span: Int32, depth: Int = 0) throws(RenderError) {
        switch value {
        case .array(let items):
            guard depth < 100 else { return }
            for item in items {
                try write(nested: item, span, depth: depth + 1)
                if out.count > outputEnd { throw error(.tooMuchOutput, span) }
            }
        case .object:
            scratch.truncate(to: 0)
            value.write(into: &scratch, zone: scope.zone)
            try writeScratch(span)
        default: try write(value, span)
        }
    }

    private mutating func write(plain text: String, _ span: Int32) throws(RenderError) {
        guard text.utf8.count <= outputEnd - out.count else { throw error(.tooMuchOutput, span) }
        out.append(text)
    }

    private mutating func write(escaping text: String, _ span: Int32) throws(RenderError) {
        let fits = text.withBytes { write(escaping: $0) }
        if !fits { throw error(.tooMuchOutput, span) }
    }

    /// False where the output grows too large. Escaping can make six bytes of one, so a long text is looked at on the way.
    private mutating func write(escaping bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let piece = 1 << 16
        if bytes.count <= piece {
            out.append(escaping: bytes)
            return true
        }
        var start = 0
        while start < bytes.count, out.count <= outputEnd {
            let end = min(bytes.count, start + piece)
            out.append(escaping: UnsafeBufferPointer(rebasing: bytes[start..<end]))
            start = end
        }
        return out.count <= outputEnd
    }

    private mutating func writeScratch(_ span: Int32) throws(RenderError) {
        guard scratch.count <= outputEnd - out.count else { throw error(.tooMuchOutput, span) }
        guard isHTML else { return out.append(scratch.bytes) }
        if !write(escaping: scratch.bytes) { throw error(.tooMuchOutput, span) }
    }

    // MARK: Filters

    /// The last filter of an output writes its text where it belongs: no value is made of it.
    private mutating func write(_ entry: PipelineEntry) throws(RenderError) {
        let last = program.filters[entry.firstFilter + entry.filterCount - 1]
        guard case .standard(let filter) = last.function, filter == .date || TextFilters.includes(filter) else {
            return try write(value(of: entry, filters: entry.filterCount), last.span)
        }
        let input = try value(of: entry, filters: entry.filterCount - 1)
        try pay(steps: 1, last.span)
        if filter == .date { return try write(date: input, last) }
        if TextFilters.keepsNothing(filter), input.isNull { return }
        let filters = try textFilters(filter, last)
        do throws(FilterFailure) {
            if !isHTML || filters.makesMarkup(of: input) {
                try filters.apply(to: input, meter: &meter, into: &out)
                return
            }
            scratch.truncate(to: 0)
            try filters.apply(to: input, meter: &meter, into: &scratch)
        } catch {
            throw self.error(error, last.span)
        }
        try writeScratch(last.span)
    }

    private mutating func write(date input: Value, _ entry: FilterEntry) throws(RenderError) {
        let pattern = try argument(0, of: entry)
        scratch.truncate(to: 0)
        let isWritten: Bool
        do throws(FilterFailure) {
            isWritten = try DateFilter.write(input, pattern: pattern, context: context, meter: &meter, into: &scratch)
        } catch {
            throw self.error(error, entry.span)
        }
        if isWritten { try writeScratch(entry.span) } else { try write(input, entry.span) }
    }

    // MARK: Passages that become values

    mutating func capture(_ slot: Int32, _ start: Int32, _ end: Int32, _ span: Int32) throws(RenderError) -> Flow {
        let mark = out.count
        try enter(span)
        let flow = try run(start, end)
        leave()
        do throws(FilterFailure) {
            try meter.make(bytes: out.count - mark)
        } catch {
            throw self.error(error, span)
        }
        let text = out.text(from: mark)
        out.truncate(to: mark)
        // What was captured in HTML mode is escaped already.
        assign(isHTML ? .markup(text) : .string(text), to: slot)
        return flow
    }

    mutating func ifChanged(_ start: Int32, _ end: Int32, _ span: Int32) throws(RenderError) -> Flow {
        let mark = out.count
        try enter(span)
        let flow = try run(start, end)
        leave()
        do throws(FilterFailure) {
            try meter.work(bytes: out.count - mark)
        } catch {
            throw self.error(error, span)
        }
        let written = out.bytes(from: mark)
        if frame.lastChanged.map({ $0.elementsEqual(written) }) ?? written.isEmpty {
            out.truncate(to: mark)
        } else {
            frame.lastChanged = Array(written)
        }
        return flow
    }

    mutating func host(_ entry: HostEntry, body start: Int32) throws(RenderError) -> Flow {
        let mark = out.count
        try enter(entry.span)
        let flow = try run(start, entry.end)
        leave()
        guard let host = scope.host, let name = program.constants.place(entry.name).pointee.string else { return flow }
        var arguments: [Value] = []
        if entry.argumentCount > 1 {
            for place in entry.firstArgument..<entry.firstArgument + entry.argumentCount {
                arguments.append(try value(of: program.operands[place]))
            }
        }
        let argument: Value =
            entry.argumentCount > 1
            ? .array(arguments) : entry.argumentCount == 1 ? try value(of: program.operands[entry.firstArgument]) : .null
        var block = HostBlock(name: name, argument: argument, body: bodies.popLast() ?? [])
        block.body.append(contentsOf: out.bytes(from: mark))
        out.truncate(to: mark)
        var written = bodies.popLast() ?? []
        do {
            try host(block, &written)
        } catch let failure as FilterFailure {
            throw error(failure, entry.span)
        } catch {
            throw self.error(FilterFailure(host: "\(name): \(error)"), entry.span)
        }
        out.append(contentsOf: written)
        written.removeAll(keepingCapacity: true)
        bodies.append(written)
        block.body.removeAll(keepingCapacity: true)
        bodies.append(block.body)
        if out.count > outputEnd { throw error(.tooMuchOutput, entry.span) }
        return flow
    }
}
