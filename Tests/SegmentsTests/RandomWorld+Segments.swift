import Model

@testable import Segments

extension RandomWorld {
    mutating func node(depth: Int = 3, of properties: Bool = false) -> SyntaxNode {
        switch depth > 0 ? Int.random(in: 0..<10, using: &random) : 9 {
        case 0, 1: SyntaxNode(.all(nodes(depth, properties)))
        case 2, 3: SyntaxNode(.any(nodes(depth, properties)))
        case 4, 5: SyntaxNode(.not(node(depth: depth - 1, of: properties)))
        default: SyntaxNode(.condition(properties ? .value(valueTest(Self.properties)) : condition(depth)))
        }
    }

    private mutating func nodes(_ depth: Int, _ properties: Bool) -> [SyntaxNode] {
        (0..<Int.random(in: 2...3, using: &random)).map { _ in node(depth: depth - 1, of: properties) }
    }

    private mutating func condition(_ depth: Int) -> WrittenCondition {
        switch Int.random(in: 0..<22, using: &random) {
        case 0...3: .value(valueTest(Self.attributes + ["email"]))
        case 4...6: .behaviour(behaviour(depth))
        case 7...9: .sequence(sequence(depth))
        case 10...13: amount(depth).map { .amount($0) } ?? .behaviour(behaviour(depth))
        case 14...16: .edge(edge(depth))
        case 17, 18: .engagement(engagement())
        case 19, 20: .consent(consent())
        default:
            switch Int.random(in: 0..<3, using: &random) {
            case 0: .language(Name(pick(["it", "IT", "it-ch", "en"])))
            case 1: .segment(Name(pick(["young", "buyers"])))
            default: Number(pick(["10", "50", "0.5", "99.9"])).map { .sample(percent: $0, seed: "a") } ?? .segment(Name("young"))
            }
        }
    }

    /// What `in segment` means in these worlds.
    static let segments = ["young": "age < 100 and in segment buyers", "buyers": "did buy or city is known"]

    private mutating func consent() -> WrittenConsent {
        let act = pick(WrittenConsent.Act.allCases)
        return WrittenConsent(act: act, topic: Name(pick(Self.topics)), window: act == .consents || chance(30) ? nil : eventWindow())
    }

    private mutating func behaviour(_ depth: Int) -> WrittenBehaviour {
        let negated = chance(25)
        let event = event(depth)
        return WrittenBehaviour(
            event: event.name, negated: negated, filter: event.filter, times: negated || chance(40) ? nil : times(),
            window: chance(30) ? nil : eventWindow())
    }

    private mutating func times(_ bounds: [Times.Bound] = [.atLeast, .atMost, .exactly]) -> Times {
        let bound = pick(bounds)
        return Times(bound, pick(bound == .atLeast || bound == .fewerThan ? [1, 2, 3] : [0, 1, 2]))
    }

    private mutating func event(_ depth: Int) -> WrittenEvent {
        WrittenEvent(name: Name(pick(Self.events + ["never"])), filter: chance(40) ? node(depth: min(depth, 1), of: true) : nil)
    }

    private mutating func sequence(_ depth: Int) -> WrittenSequence {
        let first = event(depth)
        var second = event(depth)
        if chance(30) { second.name = first.name }
        return WrittenSequence(
            first: first, second: second, negated: chance(40), within: chance(50) ? span() : pick(Self.shortSpans),
            same: chance(35) ? Name(pick(Self.properties)) : nil, window: chance(50) ? nil : eventWindow())
    }

    private mutating func amount(_ depth: Int) -> WrittenAmount? {
        let function = pick(WrittenAmount.Function.allCases)
        let small = function == .count || function == .distinct
        let bound = Number(pick(small ? ["0", "1", "2", "3", "1.5", "-1"] : Self.bounds))
        let share = Number(pick(["20", "0.5", "50", "99.999999", "33.3"]))
        let comparison = pick(Comparison.allCases)
        guard let test = chance(30) ? share.map({ .top($0) }) : bound.map({ WrittenAmount.Test.compare(comparison, $0) }) else {
            return nil
        }
        return WrittenAmount(
            function: function, event: event(depth), property: function == .count ? nil : Name(pick(Self.properties)),
            window: chance(40) ? nil : eventWindow(), test: test)
    }

    /// What a few of the numbers in ``RandomWorld/numbers`` add up to, or nearly.
    private static let bounds = ["0", "0.3", "5", "12.5", "17.5", "184", "-0.5", "4.16666666666667", "100000", "0.1"]

    /// Of all of a person's events: what sums that are kept answer.
    mutating func sum() -> SyntaxNode {
        guard var amount = amount(1), amount.property != nil else { return node() }
        amount.event = WrittenEvent(name: Name(pick(Self.events)), filter: nil)
        amount.window = chance(50) ? nil : chance(50) ? .before(point()) : .longerAgo(span())
        let node = SyntaxNode(.condition(.amount(amount)))
        return chance(30) ? SyntaxNode(.not(node)) : node
    }

    private mutating func edge(_ depth: Int) -> WrittenEdge {
        WrittenEdge(
            end: pick(WrittenEdge.End.allCases), event: event(depth),
            test: chance(50) ? .time(chance(40) ? .longerAgo(span()) : eventWindow()) : .property(valueTest(Self.properties)))
    }

    private mutating func engagement() -> WrittenEngagement {
        let act = pick(WrittenEngagement.Act.allCases)
        let isMissed = act == .notOpened || act == .notClicked
        let isClick = act == .clicked || act == .notClicked
        return WrittenEngagement(
            act: act, link: isClick && chance(50) ? pick(["/pricing", "shop", "nowhere"]) : nil,
            campaign: act == .received || chance(40) ? nil : Name(pick(Self.campaigns + ["never"])),
            times: act == .received ? times(Times.Bound.allCases) : isMissed || chance(50) ? nil : times(),
            window: chance(40) ? nil : eventWindow())
    }

    private mutating func eventWindow() -> Window {
        switch Int.random(in: 0..<9, using: &random) {
        case 8: return .longerAgo(span())
        case 0, 1: return .last(span())
        case 2: return pick([.today, .thisMonth, .lastMonth])
        case 3: return pick(Self.agos)
        case 4: return .before(point())
        case 5: return .after(point())
        default:
            let (a, b) = (point(), point())
            return a.precedes(b) ? .between(a, b) : b.precedes(a) ? .between(b, a) : .today
        }
    }

    private static let spans =
        [1, 3, 7, 30, 90].compactMap { TimeSpan($0, .day) } + [TimeSpan(1, .hour), TimeSpan(2, .week)].compactMap { $0 }
    private static let shortSpans =
        [TimeSpan(1, .second), TimeSpan(1, .hour), TimeSpan(12, .hour), TimeSpan(3, .week)].compactMap { $0 }
    private static let agos = [(90, 30), (7, 0), (3, 1)].compactMap { from, to in
        TimeSpan(from, .day).flatMap { from in TimeSpan(to, .day).map { Window.ago(from: from, to: $0) } }
    }
    private static let points = ["2026-01-01", "2024-02-29T12:00:00Z"].compactMap { TimePoint($0) }

    private mutating func span() -> TimeSpan { pick(Self.spans) }

    private mutating func point() -> TimePoint {
        let text = chance(60) ? "\(civilDay())" : chance(50) ? time().iso : "\(civilDay())T02:30"
        return TimePoint(text) ?? pick(Self.points)
    }

    private mutating func valueTest(_ names: [String]) -> WrittenValueTest {
        WrittenValueTest(name: Name(pick(names)), test: test())
    }

    private mutating func test() -> WrittenValueTest.Test {
        switch Int.random(in: 0..<13, using: &random) {
        case 0, 1: return .compare(pick([.equal, .notEqual]), literal())
        case 2, 3:
            let literal = literal()
            if case .text = literal.value { return .compare(.equal, literal) }
            if case .truth = literal.value { return .compare(.notEqual, literal) }
            return .compare(pick(Comparison.allCases), literal)
        case 4: return .oneOf((0..<Int.random(in: 1...3, using: &random)).map { _ in literal() })
        case 5, 6:
            return .match(
                pick(TextMatch.allCases), Literal(.text(pick(Self.texts.filter { !$0.isEmpty } + ["ome", "vi", "gmail.com", "Ada"]))))
        case 7: return .known(chance(50))
        case 8: return .window(.next(span()))
        case 9: return .window(.daysFromNow(pick([1, 3, 7, 30])))
        case 10: return TimeSpan(pick([1, 7, 60, 365]), .day).map { .anniversary($0) } ?? .known(true)
        default: return .window(eventWindow())
        }
    }

    private mutating func literal() -> Literal {
        switch Int.random(in: 0..<8, using: &random) {
        case 0...3: Literal(.text(pick(Self.texts)))
        case 4, 5: Literal(Number(pick(["5", "0", "-3", "184", "12.5", "-0.5", "999999999999999"])).map { .number($0) } ?? .truth(true))
        case 6: Literal(.time(point()))
        default: Literal(.truth(chance(50)))
        }
    }
}
