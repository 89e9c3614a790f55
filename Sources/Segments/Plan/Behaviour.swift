import Database
import Model

/// Some of a person's events: those of a name, that pass a filter, in a window.
struct EventSet: Hashable, Sendable {
    var event: String
    var filter: Condition?
    var window: Window?
}

/// At least `least` times and, where `most` is set, at most that often.
struct Bounds: Hashable, Sendable {
    var least: Int
    var most: Int?

    static let some = Bounds(least: 1, most: nil)
    static let none = Bounds(least: 0, most: 0)

    init(least: Int, most: Int?) {
        self.least = least
        self.most = most
    }

    init(_ times: Times) {
        switch times.bound {
        case .atLeast: self.init(least: times.count, most: nil)
        case .moreThan: self.init(least: times.count + 1, most: nil)
        case .atMost: self.init(least: 0, most: times.count)
        case .fewerThan: self.init(least: 0, most: times.count - 1)
        case .exactly: self.init(least: times.count, most: times.count)
        }
    }

    func contains(_ count: Int) -> Bool {
        count >= least && (most.map { count <= $0 } ?? true)
    }
}

/// How often an event happened.
struct Behaviour: Hashable, Sendable {
    var events: EventSet
    var bounds: Bounds
}

/// One event after another: the second not before the first, and less than `within` after it. Two events at the same
/// instant are one after the other; an event does not follow itself.
struct EventSequence: Hashable, Sendable {
    /// Its window says when the first happened.
    var first: EventSet
    /// Without a window.
    var second: EventSet
    /// The second did not follow, and the time for it is over.
    var negated: Bool
    var within: TimeSpan
    /// A property that both have, with the same value; who lacks it is no first event.
    var same: String?
}

/// A number worked out of events, and what is asked of it.
struct AmountTest: Hashable, Sendable {
    var amount: Amount
    var test: Test

    enum Test: Hashable, Sendable {
        case compare(Order, ExactDecimal)
        /// Among the first so many percent of all who have one; who is level with the last of them is in too.
        case top(Share)
    }

    typealias Order = DecimalComparison
}

extension DecimalComparison {
    func holds(_ value: ExactDecimal, _ bound: ExactDecimal) -> Bool {
        switch self {
        case .equal: value == bound
        case .less: value < bound
        case .atMost: value <= bound
        case .greater: value > bound
        case .atLeast: value >= bound
        }
    }
}

/// `sum of purchase.amount in last 90 days`. Nothing adds up to 0 and counts as 0; it has no average, least or greatest.
struct Amount: Hashable, Sendable {
    var function: WrittenAmount.Function
    var events: EventSet
    /// Nil for `count`.
    var property: String?

    /// What nothing amounts to.
    var ofNothing: ExactDecimal? {
        switch function {
        case .sum, .count, .distinct: .zero
        case .avg, .min, .max: nil
        }
    }

    var decimalFunction: DecimalFunction? { DecimalFunction(rawValue: function.rawValue) }
}

/// A percentage, kept exact: `parts` of `whole`.
struct Share: Hashable, Sendable {
    var parts: Int64
    var whole: Int64

    /// Nil for more than six decimals: counting people exactly would take more than 64 bits.
    init?(percent: Number) {
        let halves = percent.text.split(separator: ".")
        let decimals = halves.count == 2 ? halves[1].count : 0
        guard decimals <= 6, let parts = Int64(halves.joined()) else { return nil }
        self.parts = parts
        whole = (0..<decimals).reduce(100) { power, _ in power * 10 }
    }

    /// Whether one whom `ahead` of `count` people are ahead of is among the first.
    func includes(ahead: Int, of count: Int) -> Bool {
        Int64(ahead) * whole < Int64(count) * parts
    }
}

/// The first or the last of some events. Where several share its instant, one that fits is enough.
struct Edge: Hashable, Sendable {
    var end: WrittenEdge.End
    var events: EventSet
    var test: Test

    enum Test: Hashable, Sendable {
        case time(Window)
        case property(String, ValueTest)
    }
}

/// What became of the messages of a campaign, or of any.
struct Engagement: Hashable, Sendable {
    var kind: Kind
    var campaign: String?
    var link: String?
    var window: Window?

    enum Kind: Hashable, Sendable {
        case sent(Bounds)
        case reaction(Reaction.Kind, Bounds)
        /// Sent, can be known, and did not happen; the window is of the sending.
        case missed(Reaction.Kind)
    }
}
