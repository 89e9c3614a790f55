import Model

/// What a segment asks, after checking: names are known to exist, forms that say the same have become one.
///
/// A value that is missing makes a test false; `not` turns that into true.
indirect enum Condition: Hashable, Sendable {
    case all([Condition])
    case any([Condition])
    case not(Condition)
    case value(Operand, ValueTest)
    case behaviour(Behaviour)
    case sequence(EventSequence)
    case amount(AmountTest)
    case edge(Edge)
    case engagement(Engagement)
    case consent(ConsentTest)
    case segment(String, Condition)
    case sample(Sample)
}

extension Condition {
    /// It and all conditions in it, those in `where (…)` aside.
    var all: [Condition] {
        switch self {
        case .all(let items), .any(let items): [self] + items.flatMap(\.all)
        case .not(let item), .segment(_, let item): [self] + item.all
        case .value, .behaviour, .sequence, .amount, .edge, .engagement, .consent, .sample: [self]
        }
    }

    /// What `in top` needs to know of everybody.
    var rankings: [Standings.Ranking] {
        all.compactMap { condition in
            guard case .amount(let test) = condition, case .top(let share) = test.test else { return nil }
            return Standings.Ranking(amount: test.amount, share: share)
        }
    }
}

extension Condition {
    /// Whether it holds only where the other one does, as far as that can be read off it.
    func requires(_ other: Condition) -> Bool {
        switch self {
        case other: true
        case .all(let items): items.contains { $0.requires(other) }
        case .segment(_, let item): item.requires(other)
        default: false
        }
    }

    /// The events that it asks about.
    var eventNames: Set<String> {
        Set(
            all.flatMap { condition -> [String] in
                switch condition {
                case .behaviour(let behaviour): [behaviour.events.event]
                case .sequence(let sequence): [sequence.first.event, sequence.second.event]
                case .amount(let test): [test.amount.events.event]
                case .edge(let edge): [edge.events.event]
                case .all, .any, .not, .value, .engagement, .consent, .segment, .sample: []
                }
            })
    }
}

/// Where a value comes from.
enum Operand: Hashable, Sendable {
    /// The contact's address, which is no attribute.
    case email
    case attribute(String)
    /// Of the event at hand, inside `where (…)`.
    case property(String)
}

enum ValueTest: Hashable, Sendable {
    case known
    /// Equal to one of these; each list is of one kind.
    case texts([String])
    case numbers([Number])
    case truth(Bool)
    case order(Order, Number)
    case match(TextMatch, String)
    /// The value is a day or an instant within the window.
    case within(Window)
    /// An anniversary of the value falls on one of so many calendar days, today being the first.
    case anniversary(days: Int)
    /// The language, or a regional form of it.
    case language(String)

    enum Order: String, Hashable, Sendable {
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
    }
}

struct ConsentTest: Hashable, Sendable {
    var act: WrittenConsent.Act
    var topic: String
    var window: Window?
}
