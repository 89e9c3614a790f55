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
    case consent(ConsentTest)
    case segment(String, Condition)
    case sample(Sample)
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

/// How often an event happened in a window: at least `least` times and, where `most` is set, at most that often.
struct Behaviour: Hashable, Sendable {
    var event: String
    var filter: Condition?
    var window: Window?
    var least: Int
    var most: Int?

    func accepts(_ count: Int) -> Bool {
        count >= least && (most.map { count <= $0 } ?? true)
    }
}

struct ConsentTest: Hashable, Sendable {
    var act: WrittenConsent.Act
    var topic: String
    var window: Window?
}
