/// `where`, `reject`, `find`, `find_index` and `has`: which items of a list have a property, or have it with this value.
struct Selection {
    let filter: StandardFilter
    let property: Value
    let target: Value

    func apply(to items: [Value], meter: inout Meter) throws(FilterFailure) -> Value {
        if items.isEmpty { return nothingFound }
        var kept: [Value] = []
        for (index, item) in items.enumerated() {
            guard let holds = try holds(for: item, meter: &meter) else { return .null }
            switch filter {
            case .where: if holds { kept.append(item) }
            case .reject: if !holds { kept.append(item) }
            case .find: if holds { return item }
            case .findIndex: if holds { return .integer(Int64(index)) }
            default: if holds { return true }
            }
        }
        if filter == .where || filter == .reject {
            try meter.make(items: kept.count)
            return .array(kept)
        }
        return nothingFound
    }

    private var nothingFound: Value {
        switch filter {
        case .where, .reject: .array([])
        case .has: false
        default: .null
        }
    }

    private func holds(for item: Value, meter: inout Meter) throws(FilterFailure) -> Bool? {
        guard let value = try item.property(property, meter: &meter) else { return nil }
        if target.isNull { return value.isTruthy }
        try meter.work(bytes: min(value.weight(), target.weight()))
        return value.equals(target)
    }
}
