/// What can be said of a match when some of the page is only known per message. In this order, `min` is *and*, `max` is *or*.
enum Certainty: UInt8, Comparable, Hashable {
    case no, maybe, yes

    static func < (one: Certainty, other: Certainty) -> Bool { one.rawValue < other.rawValue }

    var negated: Certainty { Certainty(rawValue: 2 - rawValue) ?? .maybe }
}
