/// `for`, `tablerow`, `cycle`, `increment`.
extension Machine {
    mutating func loop(_ entry: LoopEntry, body: Int32) throws(RenderError) -> Flow {
        if frame.marks.isEmpty { frame.marks = Array(repeating: 0, count: program.markCount) }
        let offset = entry.continues ? frame.marks[Int(entry.mark)] : try wholeNumber(entry.offset, entry.span) ?? 0
        let items = Items(try value(of: entry.collection))
        let segment = items.segment(offset: offset, limit: try wholeNumber(entry.limit, entry.span))
        frame.marks[Int(entry.mark)] = offset.addingClamped(segment.count)
        guard !segment.isEmpty else { return try run(entry.end, entry.otherwiseEnd) }
        try enter(entry.span)
        let hidden = frame.hidden.count
        hide(entry.slot)
        frame.loops.append(LoopState(name: entry.name, length: segment.count))
        let place = frame.loops.count - 1
        loop: for turn in 0..<segment.count {
            let index = entry.isReversed ? segment.upperBound - 1 - turn : segment.lowerBound + turn
            frame.slots[Int(entry.slot)] = items[index]
            frame.loops[place].index = turn
            guard meter.step() else { throw error(.tooMuchWork, entry.span) }
            if try run(body, entry.end) == .break { break loop }
        }
        frame.loops.removeLast()
        uncover(to: hidden)
        leave()
        return .normal
    }

    mutating func tableRow(_ entry: TableRowEntry, body: Int32) throws(RenderError) {
        let collection = try value(of: entry.collection)
        guard collection.isTruthy else { return }
        let items = Items(collection)
        let offset = try wholeNumber(entry.offset, entry.span) ?? 0
        let segment = items.segment(offset: offset, limit: try wholeNumber(entry.limit, entry.span))
        let columns = try wholeNumber(entry.columns, entry.span) ?? segment.count
        try enter(entry.span)
        let hidden = frame.hidden.count
        hide(entry.slot)
        frame.tableRows.append(TableRowState(length: segment.count, columns: columns))
        let place = frame.tableRows.count - 1
        out.append("<tr class=\"row1\">\n")
        for index in segment {
            frame.slots[Int(entry.slot)] = items[index]
            guard meter.step() else { throw error(.tooMuchWork, entry.span) }
            out.append("<td class=\"col")
            out.append(number: Int64(frame.tableRows[place].column))
            out.append("\">")
            let flow = try run(body, entry.end)
            out.append("</td>")
            if flow == .break { break }
            let row = frame.tableRows[place]
            if row.isLastColumn, row.index < row.length - 1 {
                out.append("</tr>\n<tr class=\"row")
                out.append(number: Int64(row.row + 1))
                out.append("\">")
            }
            frame.tableRows[place].advance()
            if out.count > outputEnd { throw error(.tooMuchOutput, entry.span) }
        }
        out.append("</tr>\n")
        frame.tableRows.removeLast()
        uncover(to: hidden)
        leave()
    }

    /// Nil where nothing is said.
    private mutating func wholeNumber(_ operand: Operand, _ span: Int32) throws(RenderError) -> Int? {
        if operand.isAbsent { return nil }
        let value = try value(of: operand)
        if value.isNull { return nil }
        do throws(FilterFailure) {
            return try value.wholeNumber()
        } catch {
            throw self.error(error, span)
        }
    }

    mutating func cycle(_ entry: CycleEntry) throws(RenderError) {
        var key = program.constants[entry.identity].string ?? ""
        if !entry.name.isAbsent {
            let name = try value(of: entry.name)
            // Apart from the cycles without a name.
            try pay(bytes: name.weight(), entry.span)
            key = "\u{0}" + name.inspected
        }
        let turn = frame.cycles[key] ?? 0
        if turn < Int(entry.valueCount) {
            try write(program.operands[entry.firstValue + Int32(turn)], entry.span)
        }
        do throws(FilterFailure) {
            if frame.cycles[key] == nil { try meter.make(bytes: 128 + key.utf8.count) }
        } catch {
            throw self.error(error, entry.span)
        }
        frame.cycles[key] = turn + 1 < Int(entry.valueCount) ? turn + 1 : 0
    }

    /// `increment` writes the number and counts up; `decrement` counts down and writes it. Data with the name is where it starts.
    mutating func count(_ slot: Int32, _ delta: Int8, _ span: Int32) throws(RenderError) {
        var number = frame.counters[slot] ?? 0
        if frame.counters[slot] == nil, case .integer(let start)? = data?[Int(slot)] { number = start }
        let (next, overflow) = number.addingReportingOverflow(Int64(delta))
        if overflow { throw error(.tooLarge, span) }
        frame.counters[slot] = next
        if !frame.assigned.contains(slot) {
            frame.slots[Int(slot)] = .integer(next)
        } else if let index = frame.hidden.firstIndex(where: { $0.slot == slot }), !frame.hidden[index].wasAssigned {
            frame.hidden[index].value = .integer(next)
        }
        out.append(number: delta > 0 ? number : next)
    }
}
