/// Writing values.
extension Machine {
    mutating func write(_ operand: Operand, _ span: Int32) throws(RenderError) {
        if case .pipeline(let index) = operand {
            try write(program.pipelines[index])
        } else {
            write(try value(of: operand))
        }
        if out.count > outputEnd { throw error(.tooMuchOutput, span) }
    }

    mutating func write(_ value: borrowing Value, depth: Int = 0) {
        switch copy value {
        case .string(let text):
            if isHTML {
                out.append(escaping: text)
            } else {
                out.append(contentsOf: text.utf8)
            }
        case .markup(let text): out.append(contentsOf: text.utf8)
        case .null: break
        case .integer(let number): out.append(number: number)
        case .array(let items) where depth < 100:
            for item in items {
                write(item, depth: depth + 1)
                if out.count > outputEnd { return }
            }
        case .object(let object):
            scratch.removeAll(keepingCapacity: true)
            Value.object(object).write(into: &scratch, zone: scope.zone)
            writeScratch()
        case let other: other.write(into: &out, zone: scope.zone)
        }
    }

    /// The last filter of an output that makes text writes it where it belongs: no value is made of it.
    private mutating func write(_ entry: PipelineEntry) throws(RenderError) {
        let last = program.filters[entry.firstFilter + entry.filterCount - 1]
        guard case .standard(let filter) = last.function, TextFilters.includes(filter) else {
            write(try value(of: entry, filters: entry.filterCount))
            return
        }
        let input = try value(of: entry, filters: entry.filterCount - 1)
        if TextFilters.keepsNothing(filter), input.isNull { return }
        let filters = try textFilters(filter, last)
        do throws(FilterFailure) {
            if !isHTML || filters.makesMarkup(of: input) {
                try filters.apply(to: input, meter: &meter, into: &out)
            } else {
                scratch.removeAll(keepingCapacity: true)
                try filters.apply(to: input, meter: &meter, into: &scratch)
                writeScratch()
            }
        } catch {
            throw self.error(error, last.span)
        }
    }

    private mutating func writeScratch() {
        if isHTML {
            scratch.withUnsafeBufferPointer { out.append(escaping: $0) }
        } else {
            out.append(contentsOf: scratch)
        }
    }

    // MARK: Passages that become values

    mutating func capture(_ slot: Int32, _ start: Int32, _ end: Int32, _ span: Int32) throws(RenderError) -> Flow {
        let mark = out.count
        try enter(span)
        let flow = try run(start, end)
        leave()
        let text = String(decoding: out[mark...], as: UTF8.self)
        do throws(FilterFailure) {
            try meter.make(bytes: out.count - mark)
        } catch {
            throw self.error(error, span)
        }
        out.removeLast(out.count - mark)
        // What was captured in HTML mode is escaped already.
        assign(isHTML ? .markup(text) : .string(text), to: slot)
        return flow
    }

    mutating func ifChanged(_ start: Int32, _ end: Int32, _ span: Int32) throws(RenderError) -> Flow {
        let mark = out.count
        try enter(span)
        let flow = try run(start, end)
        leave()
        let isSame = frame.lastChanged.map { $0.elementsEqual(out[mark...]) } ?? (out.count == mark)
        do throws(FilterFailure) {
            try meter.work(bytes: out.count - mark)
        } catch {
            throw self.error(error, span)
        }
        if isSame {
            out.removeLast(out.count - mark)
        } else {
            frame.lastChanged = Array(out[mark...])
        }
        return flow
    }

    mutating func host(_ entry: HostEntry, body start: Int32) throws(RenderError) -> Flow {
        let mark = out.count
        try enter(entry.span)
        let flow = try run(start, entry.end)
        leave()
        guard let host = scope.host, let name = program.constants[entry.name].string else { return flow }
        var arguments: [Value] = []
        for place in entry.firstArgument..<entry.firstArgument + entry.argumentCount {
            arguments.append(try value(of: program.operands[place]))
        }
        var block = HostBlock(
            name: name, argument: arguments.count > 1 ? .array(arguments) : arguments.first ?? .null, body: bodies.popLast() ?? [])
        block.body.append(contentsOf: out[mark...])
        out.removeLast(out.count - mark)
        do {
            try host(block, &out)
        } catch let failure as FilterFailure {
            throw error(failure, entry.span)
        } catch {
            throw self.error(FilterFailure(host: "\(name): \(error)"), entry.span)
        }
        block.body.removeAll(keepingCapacity: true)
        bodies.append(block.body)
        if out.count > outputEnd { throw error(.tooMuchOutput, entry.span) }
        return flow
    }
}
