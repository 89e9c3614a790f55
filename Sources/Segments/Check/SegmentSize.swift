/// How much a database is asked for at once. A segment is small, but those that it refers to count as often as it does.
struct SegmentSize: Sendable {
    private(set) var conditions = 0
    /// How many arguments its SQL has at most; SQLite takes 32,766. Forms whose planning takes SQLite long when there are
    /// many of them (it compares each with each) count for more.
    private(set) var arguments = 0

    /// How much of it SQLite's parser has to keep in mind at once; see ``Nesting``.
    private(set) var depth = 0

    private static let mostArguments = 30_000

    mutating func add(_ condition: WrittenCondition, at depth: Int) {
        conditions += 1
        self.depth = max(self.depth, depth + condition.nesting)
        switch condition {
        case .value(let test):
            switch test.test {
            case .oneOf(let values): arguments += values.reduce(20) { $0 + $1.argumentsAtMost }
            case .anniversary: arguments += 2500
            case .compare, .match, .known, .window: arguments += 20
            }
        case .sample: arguments += 1000
        case .behaviour, .consent, .language, .segment, .engagement: arguments += 20
        case .sequence, .amount: arguments += 40
        case .edge: arguments += 60
        }
    }

    mutating func add(arguments count: Int) {
        arguments += count
    }

    mutating func add(_ other: SegmentSize, at depth: Int) {
        self.depth = max(self.depth, depth + other.depth)
        conditions += other.conditions
        arguments += other.arguments
    }

    /// What is too much, or nil.
    var problem: String? {
        if conditions > Parser.mostConditions {
            return "together with the segments it refers to, this has more than \(Parser.mostConditions) conditions"
        }
        if depth > Nesting.most { return "together with the segments it refers to, this is nested too deep" }
        return arguments > Self.mostArguments ? "this asks more than a database can be asked at once" : nil
    }
}

/// What each level of a condition adds to the stack of SQLite's parser, which holds 100 entries: `(a AND (b OR` keeps three
/// for each group, a `not` keeps its parenthesis, `where` the subselect around it. Any innermost condition gets by with 37
/// (tried for each kind), and 15 are left for the statement that asks.
enum Nesting {
    static let group = 3
    static let not = 1
    static let filter = 6
    // What these put around a filter more than `did` does.
    static let sequence = 6
    static let amount = 12
    static let edge = 6
    // What the sums that are kept, and a ranking of them, take beyond those 37.
    static let sum = 6
    static let ranking = 12
    static let most = 48
}

extension WrittenCondition {
    fileprivate var nesting: Int {
        guard case .amount(let amount) = self, amount.property != nil, amount.event.filter == nil else { return 0 }
        return if case .top = amount.test { Nesting.ranking } else { Nesting.sum }
    }
}

extension Literal {
    fileprivate var argumentsAtMost: Int {
        if case .time = value { 20 } else { 1 }
    }
}
