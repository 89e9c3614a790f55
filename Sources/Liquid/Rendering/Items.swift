/// What a loop goes over: never more than a view of it, so that `(1..1000000000)` costs nothing.
enum Items {
    case none
    case one(Value)
    case array([Value])
    case object(Object)
    case range(Int64, count: Int)

    init(_ value: Value) {
        switch value {
        case .array(let items): self = .array(items)
        case .object(let object): self = .object(object)
        case .range(let first, let last):
            let (span, overflow) = last.subtractingReportingOverflow(first)
            self = first > last ? .none : .range(first, count: overflow || span == .max ? .max : Int(span) + 1)
        case .string(let text), .markup(let text): self = text.isEmpty ? .none : .one(value)
        default: self = .none
        }
    }

    var count: Int {
        switch self {
        case .none: 0
        case .one: 1
        case .array(let items): items.count
        case .object(let object): object.count
        case .range(_, let count): count
        }
    }

    subscript(index: Int) -> Value {
        switch self {
        case .none: .null
        case .one(let value): value
        case .array(let items): items[index]
        case .object(let object): object.pair(at: index)
        case .range(let first, _): .integer(first &+ Int64(index))
        }
    }

    /// The part that a loop goes over. A text is one item wherever it starts.
    func segment(offset: Int, limit: Int?) -> Range<Int> {
        if case .one = self { return 0..<1 }
        let end = limit.map { min(count, max(0, offset.addingClamped($0))) } ?? count
        let start = min(max(0, offset), end)
        return start..<end
    }
}
