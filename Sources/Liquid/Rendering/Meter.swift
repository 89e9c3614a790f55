/// Counts what a rendering costs, against its ``Limits``.
struct Meter {
    private(set) var steps: Int
    private(set) var valueBytes: Int
    let outputBytes: Int

    /// Going over this many bytes of text is as much work as a step.
    private static let bytesAStep = 64

    init(_ limits: Limits) {
        steps = limits.steps
        valueBytes = limits.valueBytes
        outputBytes = limits.outputBytes
    }

    /// For the machine's own count; nothing is left where it says false.
    @inline(__always)
    mutating func step() -> Bool {
        steps &-= 1
        return steps >= 0
    }

    /// For work that nobody can be told of at once: the machine's next step is.
    mutating func spend(steps count: Int) { steps &-= count }

    mutating func work(steps count: Int) throws(FilterFailure) {
        steps &-= count
        if steps < 0 { throw .tooMuchWork }
    }

    mutating func work(bytes count: Int) throws(FilterFailure) {
        try work(steps: count / Self.bytesAStep)
    }

    /// For values that are made; what they take is never given back.
    mutating func make(bytes count: Int) throws(FilterFailure) {
        valueBytes &-= count
        if valueBytes < 0 { throw .tooMuchData }
    }

    mutating func make(items count: Int) throws(FilterFailure) {
        guard count <= valueBytes else { throw .tooMuchData }
        try make(bytes: count * MemoryLayout<Value>.stride)
        try work(steps: count / 4)
    }
}

extension FilterFailure {
    static let tooMuchWork = FilterFailure(limit: "the template takes too many steps", hint: "a loop is too long, or loops are nested")
    static let tooMuchData = FilterFailure(limit: "the template makes too much data")
    static let tooMuchOutput = FilterFailure(limit: "the output is too large")
    static let tooDeep = FilterFailure(limit: "nesting is too deep", hint: "does a partial render itself without an end?")
}
