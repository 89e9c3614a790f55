import Diagnostics

/// What stands for a value: a literal, a path into the data, a range. Filters come on top, see ``FilteredExpression``.
indirect enum Expression: Sendable {
    case literal(Value, Span)
    case path(Path)
    case range(Expression, Expression, Span)

    var span: Span {
        switch self {
        case .literal(_, let span), .range(_, _, let span): span
        case .path(let path): path.span
        }
    }

    /// The value that is written out.
    var literal: Value? {
        if case .literal(let value, _) = self { value } else { nil }
    }
}

/// `contact.orders[0].total`: a variable and the way from it to the value.
struct Path {
    enum Root {
        case name(String)
        /// `[name_in_a_variable]`
        case computed(Expression)
    }

    enum Step {
        /// `.name`, which for `size`, `first` and `last` may also be asked of the value itself.
        case name(String)
        /// `["name"]`: a name and nothing else.
        case key(String)
        case index(Int64)
        case computed(Expression)
    }

    var root: Root
    var steps: [Step]
    var span: Span
}

struct FilteredExpression {
    var base: Expression
    var filters: [FilterUse]
    var span: Span
}

struct FilterUse {
    enum Function {
        case standard(StandardFilter)
        /// A place in ``ParseOptions/hostFilters``.
        case host(Int)
    }

    var function: Function
    var arguments: [Expression]
    /// `default: …, allow_false: true`, the only named argument of the standard filters.
    var allowFalse: Expression?
    /// Named arguments of the host's filters.
    var named: [(name: String, value: Expression)] = []
    var span: Span
}

enum Comparison: UInt8 {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, contains
}

/// One side of a comparison. There `empty` and `blank` are questions; everywhere else they are the empty text.
enum ConditionOperand {
    case value(Expression)
    case empty, blank
}

/// Comparisons joined by `and` and `or`, which Liquid reads from right to left: `a and (b or (c and d))`.
struct Condition {
    struct Test {
        var left: ConditionOperand
        /// Without it the test is whether `left` is true.
        var comparison: (operation: Comparison, right: ConditionOperand)?
        var span: Span
    }

    enum Joint {
        case and, or
    }

    var tests: [Test]
    /// One fewer than tests.
    var joints: [Joint]
}
