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
        switch Int.random(in: 0..<12, using: &random) {
        case 0...4: .value(valueTest(Self.attributes + ["email"]))
        case 5...8: .behaviour(behaviour(depth))
        case 9, 10: .consent(consent())
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
        let bound = pick(Times.Bound.allCases)
        return WrittenBehaviour(
            event: Name(pick(Self.events + ["never"])), negated: negated, filter: chance(40) ? node(depth: min(depth, 1), of: true) : nil,
            times: negated || chance(40) ? nil : Times(bound, pick(bound == .atLeast ? [1, 2, 3] : [0, 1, 2])),
            window: chance(30) ? nil : eventWindow())
    }

    private mutating func eventWindow() -> Window {
        switch Int.random(in: 0..<8, using: &random) {
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
