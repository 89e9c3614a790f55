/// `sort` and `sort_natural`; nothing comes last, and what is equal stays in its order.
struct Sorting {
    /// Texts, ignoring the case of ASCII letters.
    let isNatural: Bool
    let context: FilterContext

    func sort(_ items: [Value], by property: Value, meter: inout Meter) throws(FilterFailure) -> Value {
        if items.isEmpty { return .array([]) }
        var keyed: [(key: Key, item: Value)] = []
        keyed.reserveCapacity(items.count)
        if !property.isNull, items.contains(where: { !$0.hasProperties }) { return .null }
        // One is not compared with anything, and so not asked for its property.
        if items.count == 1 { return .array(items) }
        for item in items {
            guard let value = property.isNull ? item : try item.property(property, meter: &meter) else { return .null }
            keyed.append((key(of: value), item))
        }
        let rounds = Int.bitWidth - items.count.leadingZeroBitCount
        try meter.work(steps: items.count * rounds)
        if !isNatural { try checkComparable(keyed.map(\.key)) }
        try meter.make(items: items.count)
        try meter.work(bytes: keyed.reduce(0) { $0 + $1.key.weight } * rounds)
        return .array(keyed.sorted { $0.key.order($1.key) < 0 }.map(\.item))
    }

    private enum Key {
        case none
        case folded([UInt8])
        case value(Value)

        func order(_ other: Key) -> Int {
            switch (self, other) {
            case (.none, .none): 0
            case (.none, _): 1
            case (_, .none): -1
            case (.folded(let a), .folded(let b)): a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
            case (.value(let a), .value(let b)): Sorting.order(a, b) ?? 0
            default: 0
            }
        }

        var weight: Int {
            switch self {
            case .folded(let text): text.count
            case .value(let value): value.weight()
            case .none: 0
            }
        }
    }

    private func key(of value: Value) -> Key {
        if value.isNull { return .none }
        guard isNatural else { return .value(value) }
        return .folded(value.text(in: context).utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 })
    }

    /// Lists compare item by item.
    private static func order(_ a: Value, _ b: Value, depth: Int = 0) -> Int? {
        if case .array(let x) = a, case .array(let y) = b, depth < 100 {
            for (one, other) in zip(x, y) {
                guard let order = order(one, other, depth: depth + 1) else { return nil }
                if order != 0 { return order }
            }
            return x.count == y.count ? 0 : x.count < y.count ? -1 : 1
        }
        return a.order(b) ?? (a.equals(b) ? 0 : nil)
    }

    /// Every value must have an order with the first: then all are of one kind.
    private func checkComparable(_ keys: [Key]) throws(FilterFailure) {
        var first: Value?
        for case .value(let value) in keys {
            if let first, Self.order(first, value) == nil {
                throw FilterFailure("cannot sort \(first.kind) with \(value.kind)")
            }
            first = first ?? value
        }
    }
}
