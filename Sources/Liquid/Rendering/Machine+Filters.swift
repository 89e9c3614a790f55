/// Values through filters.
extension Machine {
    /// The value after the first `count` of its filters.
    mutating func value(of entry: PipelineEntry, filters count: Int32) throws(RenderError) -> Value {
        var value = try value(of: entry.base)
        for place in entry.firstFilter..<entry.firstFilter + count {
            try pay(steps: 1, program.filters[place].span)
            value = try apply(program.filters[place], to: value)
        }
        return value
    }

    private mutating func apply(_ entry: FilterEntry, to input: Value) throws(RenderError) -> Value {
        switch entry.function {
        case .standard(let filter): return try apply(filter, entry, to: input)
        case .host(let place): return try apply(program.hostFilters[Int(place)], entry, to: input)
        }
    }

    private mutating func apply(_ filter: StandardFilter, _ entry: FilterEntry, to input: Value) throws(RenderError) -> Value {
        if TextFilters.includes(filter) {
            if TextFilters.keepsNothing(filter), input.isNull { return .null }
            return try text(filter, entry, of: input)
        }
        let first = try argument(0, of: entry)
        let second = try argument(1, of: entry)
        let allowFalse = filter == .default ? try value(of: entry.allowFalse) : .null
        let hasFirst = entry.argumentCount > 0
        try pay(bytes: input.textLength + first.textLength + second.textLength, entry.span)
        do throws(FilterFailure) {
            switch filter {
            case .default:
                let isMissing = allowFalse.isTruthy ? input.isNull : !input.isTruthy
                return isMissing || input.isEmpty ? (hasFirst ? first : "") : input
            case .raw: return input.string.map { .markup($0) } ?? input
            case .dividedBy, .modulo:
                try meter.work(steps: 2)
                return try NumberFilters.apply(filter, to: input, first, hasArgument: hasFirst)
            case .abs, .ceil, .floor, .round, .plus, .minus, .times, .atLeast, .atMost:
                return try NumberFilters.apply(filter, to: input, first, hasArgument: hasFirst)
            case .date:
                return try DateFilter.apply(to: input, pattern: first, context: context, meter: &meter)
            case .slice:
                return try Slicing.slice(input, first, entry.argumentCount > 1 ? second : .null, context: context, meter: &meter)
            case .split:
                return try Slicing.split(input.text(in: context), by: first.text(in: context), meter: &meter)
            default:
                let filters = ArrayFilters(filter: filter, first: first, second: second, hasFirst: hasFirst, context: context)
                return try filters.apply(to: input, meter: &meter)
            }
        } catch {
            throw self.error(error, entry.span)
        }
    }

    private mutating func text(_ filter: StandardFilter, _ entry: FilterEntry, of input: Value) throws(RenderError) -> Value {
        let filters = try textFilters(filter, entry)
        scratch.truncate(to: 0)
        do throws(FilterFailure) {
            try filters.apply(to: input, meter: &meter, into: &scratch)
            try meter.make(bytes: scratch.count)
        } catch {
            throw self.error(error, entry.span)
        }
        let text = scratch.text()
        return isHTML && filters.makesMarkup(of: input) ? .markup(text) : .string(text)
    }

    mutating func textFilters(_ filter: StandardFilter, _ entry: FilterEntry) throws(RenderError) -> TextFilters {
        TextFilters(
            filter: filter, first: try argument(0, of: entry), second: try argument(1, of: entry), context: context,
            hasFirst: entry.argumentCount > 0, hasSecond: entry.argumentCount > 1)
    }

    mutating func argument(_ number: Int32, of entry: FilterEntry) throws(RenderError) -> Value {
        number < entry.argumentCount ? try value(of: program.operands[entry.firstArgument + number]) : .null
    }

    private mutating func apply(_ filter: HostFilter, _ entry: FilterEntry, to input: Value) throws(RenderError) -> Value {
        var arguments: [Value] = []
        for number in 0..<entry.argumentCount { arguments.append(try argument(number, of: entry)) }
        let result: Value
        do {
            result = try filter.apply(input, arguments, context)
        } catch let failure as FilterFailure {
            throw error(failure, entry.span)
        } catch {
            throw self.error(FilterFailure(host: "\(filter.name): \(error)"), entry.span)
        }
        do throws(FilterFailure) {
            let bytes = result.textLength
            try meter.make(bytes: bytes)
            try meter.work(bytes: bytes)
        } catch {
            throw self.error(error, entry.span)
        }
        return result
    }
}

extension TextFilters {
    /// Nothing stays nothing, rather than becoming the empty text.
    static func keepsNothing(_ filter: StandardFilter) -> Bool {
        switch filter {
        case .escape, .urlEncode, .urlDecode, .truncate, .truncateWords, .squish: true
        default: false
        }
    }
}

extension FilterFailure {
    init(host message: String) {
        self.init(message)
        kind = .host
    }
}
