/// The rows of a ``Program``'s tables. Ranges are a first place and a count.
struct PathEntry {
    var root: Operand
    var firstStep: Int32
    var stepCount: Int32
    var span: Int32
}

struct RangeEntry {
    var first: Operand
    var last: Operand
    var span: Int32
}

struct PipelineEntry {
    var base: Operand
    var firstFilter: Int32
    var filterCount: Int32
}

struct FilterEntry {
    enum Function {
        case standard(StandardFilter)
        case host(Int32)
    }

    var function: Function
    /// In the table of operands.
    var firstArgument: Int32
    var argumentCount: Int32
    var allowFalse: Operand
    var span: Int32
}

struct ConditionEntry {
    var firstTest: Int32
    var testCount: Int32
}

struct TestEntry {
    enum Side {
        case value(Operand)
        case empty, blank
    }

    enum Joint {
        case none, and, or
    }

    var left: Side
    /// Without it, whether `left` is true.
    var operation: Comparison?
    var right: Side
    /// How the next test is joined to it.
    var joint: Joint
    var span: Int32
}

struct LoopEntry {
    /// A place in the table of constants: what `forloop.name` says.
    var name: Int32
    var slot: Int32
    var collection: Operand
    var limit: Operand
    var offset: Operand
    /// Where `offset: continue` finds its number, and every loop of this name leaves it.
    var mark: Int32
    var continues: Bool
    var isReversed: Bool
    var end: Int32
    /// From `end` to here runs where there is no item.
    var otherwiseEnd: Int32
    var span: Int32
}

struct TableRowEntry {
    var slot: Int32
    var collection: Operand
    var columns: Operand
    var limit: Operand
    var offset: Operand
    var end: Int32
    var span: Int32
}

struct SelectEntry {
    var subject: Operand
    var firstPart: Int32
    var partCount: Int32
    var end: Int32
    var span: Int32
}

struct SelectPartEntry {
    /// In the table of tests, whose right sides are the values; none for `else`.
    var firstTest: Int32
    var testCount: Int32
    var start: Int32
    var end: Int32
}

struct CycleEntry {
    var name: Operand
    /// A place in the table of constants, for cycles without a name.
    var identity: Int32
    var firstValue: Int32
    var valueCount: Int32
    var span: Int32
}

struct CallEntry {
    /// Known when the template was parsed, or -1: then `name` says which.
    var function: Int32
    var name: Operand
    var isIsolated: Bool
    var repeats: Bool
    var subject: Operand
    /// What the subject is called in the partial: a slot, or -1 where only `name` tells.
    var subjectSlot: Int32
    var firstArgument: Int32
    var argumentCount: Int32
    var span: Int32
}

struct ArgumentEntry {
    var slot: Int32
    var value: Operand
}

struct HostEntry {
    /// A place in the table of constants.
    var name: Int32
    var firstArgument: Int32
    var argumentCount: Int32
    var end: Int32
    var span: Int32
}

/// A partial.
struct FunctionEntry {
    /// A place in the table of constants.
    var name: Int32
    var isIsolated: Bool
    var start: Int32
    var end: Int32
}

struct SpanEntry {
    var source: Int32
    var start: Int32
    var end: Int32
}
