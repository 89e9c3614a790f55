/// Filters that work on lists. What is no list counts as a list of one, nothing as an empty one; lists in lists are
/// taken apart first.
struct ArrayFilters {
    let filter: StandardFilter
    let first: Value
    let second: Value
    let hasFirst: Bool
    let context: FilterContext

    func apply(to input: Value, meter: inout Meter) throws(FilterFailure) -> Value {
        switch filter {
        case .first: return input.firstItem
        case .last: return input.lastItem
        case .size: return try size(of: input, meter: &meter)
        default: break
        }
        let items = try Self.items(of: input, meter: &meter)
        try meter.work(steps: items.count / 2)
        switch filter {
        case .join: return try join(items, meter: &meter)
        case .concat: return try concat(items, meter: &meter)
        case .reverse: return try made(items.reversed(), meter: &meter)
        case .compact: return try compact(items, meter: &meter)
        case .map: return try map(items, meter: &meter)
        case .sum: return try sum(items, meter: &meter)
        case .uniq: return try uniq(items, meter: &meter)
        case .sort, .sortNatural:
            return try Sorting(isNatural: filter == .sortNatural, context: context).sort(items, by: first, meter: &meter)
        default: return try Selection(filter: filter, property: first, target: second).apply(to: items, meter: &meter)
        }
    }

    // MARK: Lists

    /// The items of a value, lists in it taken apart. A range is unrolled, and paid for before it is.
    static func items(of value: Value, meter: inout Meter) throws(FilterFailure) -> [Value] {
        switch value {
        case .null: return []
        case .array(let items):
            guard items.contains(where: { if case .array = $0 { true } else { false } }) else { return items }
            var flat: [Value] = []
            try flatten(items, into: &flat, depth: 0, meter: &meter)
            return flat
        case .range(let first, let last):
            guard first <= last else { return [] }
            let (span, overflow) = last.subtractingReportingOverflow(first)
            try meter.make(items: overflow || span == .max ? .max : Int(span) + 1)
            return (first...last).map { .integer($0) }
        default: return [value]
        }
    }

    private static func flatten(_ items: [Value], into flat: inout [Value], depth: Int, meter: inout Meter) throws(FilterFailure) {
        guard depth < 100 else { throw .tooDeep }
        try meter.make(items: items.count)
        for item in items {
            if case .array(let inner) = item {
                try flatten(inner, into: &flat, depth: depth + 1, meter: &meter)
            } else {
                flat.append(item)
            }
        }
    }

    private func made(_ items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        try meter.make(items: items.count)
        return .array(items)
    }

    // MARK: Filters

    private func size(of input: Value, meter: inout Meter) throws(FilterFailure) -> Value {
        if let text = input.string { try meter.work(bytes: text.utf8.count) }
        return input.size ?? .integer(0)
    }

    private func join(_ items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        let glue = hasFirst ? first.text(in: context) : " "
        var out = Output()
        for (index, item) in items.enumerated() {
            if index > 0 { out.append(glue) }
            item.write(into: &out, zone: context.zone)
            if out.count > meter.valueBytes { throw .tooMuchData }
        }
        try meter.make(bytes: out.count)
        try meter.work(bytes: out.count)
        return .string(out.text())
    }

    private func concat(_ items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        switch first {
        case .array(let more): return try made(items + more, meter: &meter)
        case .range: return try made(items + Self.items(of: first, meter: &meter), meter: &meter)
        default: throw FilterFailure("concat needs a list, found \(first.kind)")
        }
    }

    private func compact(_ items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        guard !first.isNull else { return try made(items.filter { !$0.isNull }, meter: &meter) }
        var kept: [Value] = []
        for item in items {
            guard let value = try item.property(first, meter: &meter) else { return .null }
            if !value.isNull { kept.append(item) }
        }
        return try made(kept, meter: &meter)
    }

    private func map(_ items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        var mapped: [Value] = []
        for item in items { mapped.append(try item.property(first, meter: &meter) ?? .null) }
        return try made(mapped, meter: &meter)
    }

    private func sum(_ items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        var total = Number.integer(0)
        for item in items {
            let value = hasFirst && !first.isNull ? try item.property(first, meter: &meter) ?? .integer(0) : item
            for part in try Self.items(of: value, meter: &meter) {
                total = try NumberFilters.plus(total, Number(part))
            }
        }
        return total.value
    }

    private func uniq(_ items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        // One is not compared with anything, and so not asked for its property.
        if items.count == 1 { return try made(items, meter: &meter) }
        var seen: [UniqueKey: [Value]] = [:]
        var kept: [Value] = []
        for item in items {
            guard let value = hasFirst && !first.isNull ? try item.property(first, meter: &meter) : item else { return .null }
            try meter.work(bytes: value.string?.utf8.count ?? 0)
            let key = UniqueKey(value)
            let same = seen[key] ?? []
            try meter.work(steps: same.count + 6)
            if same.contains(where: { $0.equals(value, isExact: true) }) { continue }
            seen[key, default: []].append(value)
            kept.append(item)
        }
        try meter.make(items: kept.count * 2)
        return try made(kept, meter: &meter)
    }

    /// Puts values that may be the same together; lists and objects are only told apart by their size.
    private enum UniqueKey: Hashable {
        case text(String), number(Int64), decimal(Double), size(Int), other(String)

        init(_ value: Value) {
            switch value {
            case .string(let text), .markup(let text): self = .text(text)
            case .integer(let number), .instant(let number), .range(let number, _): self = .number(number)
            case .decimal(let number): self = .decimal(number)
            case .array(let items): self = .size(items.count)
            case .object(let object): self = .size(object.count)
            case .null, .bool: self = .other(value.text)
            }
        }
    }
}

extension Value {
    var firstItem: Value {
        switch self {
        case .array(let items): items.first ?? .null
        // A range is its two ends, even where nothing is between them.
        case .range(let first, _): .integer(first)
        case .object(let object): object.isEmpty ? .null : object.pair(at: 0)
        default: .null
        }
    }

    var lastItem: Value {
        switch self {
        case .array(let items): items.last ?? .null
        case .range(_, let last): .integer(last)
        default: .null
        }
    }

    /// Nil where there is nothing to count. A whole number is 8 bytes, which the reference says too.
    var size: Value? {
        switch self {
        case .string(let text), .markup(let text): return .integer(Int64(text.scalarCount))
        case .array(let items): return .integer(Int64(items.count))
        case .object(let object): return .integer(Int64(object.count))
        case .range(let first, let last):
            let (span, overflow) = last.subtractingReportingOverflow(first)
            if first > last { return .integer(0) }
            return .integer(overflow || span == .max ? .max : span + 1)
        case .integer: return .integer(8)
        default: return nil
        }
    }

    var hasProperties: Bool {
        switch self {
        case .object, .string, .markup, .array, .integer: true
        default: false
        }
    }

    /// What the list filters take of each item. Nil where an item can have no properties at all, which makes the whole
    /// result nothing; a whole number says so loudly.
    func property(_ name: Value, meter: inout Meter) throws(FilterFailure) -> Value? {
        if case .object(let object) = self { return name.string.flatMap { object[$0] } ?? .null }
        if case .decimal(let number) = name {
            // A place between two is the one before.
            return try property(.integer(Int64(exactly: number.rounded(.towardZero)) ?? .max), meter: &meter)
        }
        switch self {
        case .string(let text), .markup(let text):
            try meter.work(bytes: text.utf8.count + name.textLength)
            switch name {
            case .null: return ""
            case .integer(let index): return text.character(at: index).map { .string($0) } ?? .null
            default:
                guard let part = name.string else { throw .noProperty(name, of: self) }
                return text.hasBytes(of: part) ? name : .null
            }
        case .array(let items):
            guard case .integer(let index) = name else { throw .noProperty(name, of: self) }
            return items.item(at: index) ?? .null
        case .integer(let number):
            guard case .integer(let bit) = name else { throw .noProperty(name, of: self) }
            return .integer(bit < 0 ? 0 : bit > 63 ? (number < 0 ? 1 : 0) : number >> bit & 1)
        default: return nil
        }
    }
}

extension [Value] {
    /// Negative ones count from the end.
    func item(at index: Int64) -> Value? {
        let place = index < 0 ? index + Int64(count) : index
        return place >= 0 && place < count ? self[Int(place)] : nil
    }
}

extension String {
    fileprivate func character(at index: Int64) -> String? {
        let place = index < 0 ? index + Int64(scalarCount) : index
        guard place >= 0, place < utf8.count, let start = utf8Offset(ofScalar: Int(place)), start < utf8.count else { return nil }
        let end = utf8Offset(ofScalar: Int(place) + 1) ?? utf8.count
        return String(decoding: Array(utf8.prefix(end).suffix(end - start)), as: UTF8.self)
    }
}

extension FilterFailure {
    static func noProperty(_ name: Value, of item: Value) -> FilterFailure {
        let property = name.string.map { " \"\($0)\"" } ?? ""
        return FilterFailure("cannot take the property\(property) of \(item.kind)")
    }
}
