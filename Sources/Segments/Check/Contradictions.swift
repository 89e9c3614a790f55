import Database
package import Diagnostics
import Model

/// Finds conditions joined by `and` of which one can't hold where another does.
///
/// Without a moment, only what is certain at any time and in any zone: `did purchase in last 7 days and did not purchase in
/// last 30 days`. With one, what is so then: `signed_up in last 7 days and signed_up before 2020-01-01`.
struct Contradictions {
    private let conditions: [(node: SyntaxNode, condition: Condition)]
    private let moment: Moment?

    init(_ nodes: [SyntaxNode], _ conditions: [Condition], at moment: Moment? = nil) {
        self.conditions = Array(zip(nodes, conditions))
        self.moment = moment
    }

    /// The later of each such two, with the earlier.
    var found: [(node: SyntaxNode, earlier: SyntaxNode)] {
        // Few are joined by hand; a long list made by a program is not worth comparing each with each.
        guard conditions.count <= 60 else { return [] }
        return conditions.indices.compactMap { later in
            conditions[..<later].first { excludes($0.condition, conditions[later].condition) }.map { (conditions[later].node, $0.node) }
        }
    }

    private func excludes(_ a: Condition, _ b: Condition) -> Bool {
        if case .not(let denied) = a, denied == b { return true }
        if case .not(let denied) = b, denied == a { return true }
        switch (a, b) {
        case (.value(let x, let first), .value(let y, let second)): return x == y && isDisjoint(first, second)
        case (.value(let x, _), .not(.value(let y, .known))), (.not(.value(let y, .known)), .value(let x, _)): return x == y
        case (.edge(let x), .edge(let y)): return excludes(x, y) || isTooOften(a, b)
        case (.edge(let edge), .behaviour(let behaviour)), (.behaviour(let behaviour), .edge(let edge)):
            return excludes(edge, behaviour) || isTooOften(a, b)
        default: return isTooOften(a, b)
        }
    }

    private func isTooOften(_ a: Condition, _ b: Condition) -> Bool {
        a.counts.contains { x in b.counts.contains { y in isTooOften(x, for: y) || isTooOften(y, for: x) } }
    }

    /// `a` needs more events than `b` allows, and each of them counts for `b`.
    private func isTooOften(_ a: Behaviour, for b: Behaviour) -> Bool {
        guard let most = b.bounds.most, a.bounds.least > most else { return false }
        return a.events.isAmong(b.events) && contains(b.events.window, a.events.window)
    }

    // MARK: - First and last

    /// Either set holds the other, so the first of one is not after the last of the other.
    private func excludes(_ a: Edge, _ b: Edge) -> Bool {
        guard case .time(let x) = a.test, case .time(let y) = b.test, a.events.isAmong(b.events) || b.events.isAmong(a.events) else {
            return false
        }
        switch (a.end, b.end) {
        case (.first, .last): return isBefore(y, x)
        case (.last, .first): return isBefore(x, y)
        case (.first, .first), (.last, .last): return a.events == b.events && isDisjoint(x, y)
        }
    }

    /// An event of the behaviour's would be before the first, or after the last.
    private func excludes(_ edge: Edge, _ behaviour: Behaviour) -> Bool {
        guard behaviour.bounds.least > 0, behaviour.events.isAmong(edge.events), case .time(let time) = edge.test,
            let window = behaviour.events.window
        else { return false }
        return edge.end == .first ? isBefore(window, time) : isBefore(time, window)
    }

    // MARK: - Windows

    private func contains(_ wide: Window?, _ narrow: Window?) -> Bool {
        guard let wide else { return true }
        guard let narrow else { return false }
        if wide == narrow { return true }
        guard let (outer, inner) = intervals(wide, narrow) else { return false }
        return (outer.from.map { from in inner.from.map { $0 >= from } ?? false } ?? true)
            && (outer.to.map { to in inner.to.map { $0 <= to } ?? false } ?? true)
    }

    private func isDisjoint(_ a: ValueTest, _ b: ValueTest) -> Bool {
        switch (a, b) {
        case (.texts(let x), .texts(let y)): return !x.contains { text in y.contains { $0.isExactly(text) } }
        case (.truth(let x), .truth(let y)): return x != y
        case (.within(let x), .within(let y)): return isDisjoint(x, y)
        default:
            guard let x = range(a), let y = range(b) else { return false }
            let least = max(x.least, y.least)
            let most = min(x.most, y.most)
            let isOpen = [x, y].contains { ($0.least == least && $0.excludesLeast) || ($0.most == most && $0.excludesMost) }
            return least > most || least == most && isOpen
        }
    }

    private typealias Range = (least: Double, excludesLeast: Bool, most: Double, excludesMost: Bool)

    private func range(_ test: ValueTest) -> Range? {
        switch test {
        case .numbers(let numbers):
            let values = numbers.compactMap { $0.value.double }
            guard let least = values.min(), let most = values.max() else { return nil }
            return (least, false, most, false)
        case .order(let order, let number):
            guard let bound = number.value.double else { return nil }
            switch order {
            case .less: return (-.infinity, false, bound, true)
            case .atMost: return (-.infinity, false, bound, false)
            case .greater: return (bound, true, .infinity, false)
            case .atLeast: return (bound, false, .infinity, false)
            }
        default: return nil
        }
    }

    private func isDisjoint(_ a: Window, _ b: Window) -> Bool { isBefore(a, b) || isBefore(b, a) }

    /// All of the first is before all of the second.
    private func isBefore(_ a: Window, _ b: Window) -> Bool {
        guard let (x, y) = intervals(a, b), let end = x.to, let start = y.from else { return false }
        return end <= start
    }

    /// Both as instants: those of the moment, or where there is none and how they lie to each other depends on neither time nor zone: both are so long ago or ahead, or
    /// both are dates.
    private func intervals(_ a: Window, _ b: Window) -> (Interval, Interval)? {
        if let moment { return (a.interval(at: moment.at, zone: moment.zone), b.interval(at: moment.at, zone: moment.zone)) }
        guard a.isRelative == b.isRelative, a.isRelative != nil else { return nil }
        let instant = Instant(seconds: 0)
        return (a.interval(at: instant, zone: .utc), b.interval(at: instant, zone: .utc))
    }
}

extension EventSet {
    /// Whether each of its events is one of the other's too, windows aside.
    fileprivate func isAmong(_ other: EventSet) -> Bool {
        event.isExactly(other.event) && (other.filter == nil || other.filter == filter)
    }
}

extension Condition {
    /// How many events there must and may be for it to hold, of each set that it asks about.
    fileprivate var counts: [Behaviour] {
        switch self {
        case .behaviour(let behaviour): return [behaviour]
        case .sequence(let sequence):
            let second = sequence.negated ? [] : [Behaviour(events: sequence.second, bounds: .some)]
            return [Behaviour(events: sequence.first, bounds: .some)] + second
        case .amount(let test): return test.bounds.map { [Behaviour(events: test.amount.events, bounds: $0)] } ?? []
        case .edge(let edge):
            var events = edge.events
            if case .time(let window) = edge.test { events.window = window }
            return [Behaviour(events: events, bounds: .some)]
        case .all, .any, .not, .value, .engagement, .consent, .segment, .sample: return []
        }
    }
}

extension AmountTest {
    /// How many events there must and may be.
    fileprivate var bounds: Bounds? {
        guard case .compare(let order, let number) = test else { return .some }
        guard amount.property == nil else {
            return amount.ofNothing.map { order.holds($0, number) } ?? false ? nil : .some
        }
        guard let count = Int(number.description), count >= 0, count < 1_000_000_000 else { return nil }
        return switch order {
        case .equal: Bounds(least: count, most: count)
        case .less: count > 0 ? Bounds(least: 0, most: count - 1) : nil
        case .atMost: Bounds(least: 0, most: count)
        case .greater: Bounds(least: count + 1, most: nil)
        case .atLeast: Bounds(least: count, most: nil)
        }
    }
}

extension SegmentPlan {
    /// What nobody can be in at the moment, though there are times when somebody could.
    package func contradictions(at moment: Moment) -> [Diagnostic] {
        contradictions(syntax.root, condition, at: moment)
    }

    private func contradictions(_ node: SyntaxNode, _ condition: Condition, at moment: Moment) -> [Diagnostic] {
        switch (node.kind, condition) {
        case (.all(let nodes), .all(let conditions)) where nodes.count == conditions.count:
            let ever = Contradictions(nodes, conditions).found.map(\.node.span)
            let now = Contradictions(nodes, conditions, at: moment).found.filter { !ever.contains($0.node.span) }
            return now.map { warning("nobody can be in this: `\($0.earlier)` rules it out", $0.node) }
                + zip(nodes, conditions).flatMap { contradictions($0, $1, at: moment) }
        case (.any(let nodes), .any(let conditions)) where nodes.count == conditions.count:
            return zip(nodes, conditions).flatMap { contradictions($0, $1, at: moment) }
        default:
            let begins = condition.counts.filter { $0.bounds.least > 0 }.compactMap { behaviour in
                behaviour.events.window?.interval(at: moment.at, zone: moment.zone).from
            }.max()
            guard let begins, begins > moment.at else { return [] }
            return [warning("nobody can have done this yet: it begins on \(moment.zone.date(at: begins))", node)]
        }
    }

    private func warning(_ text: String, _ node: SyntaxNode) -> Diagnostic {
        Diagnostic(.warning, text, in: syntax.source, at: node.span)
    }
}

extension Window {
    /// Nil for what is neither: how a calendar month lies to anything else changes from day to day.
    fileprivate var isRelative: Bool? {
        switch self {
        case .last, .next, .ago, .longerAgo: true
        case .before(let point), .after(let point), .on(let point), .upTo(let point), .from(let point): point.day == nil ? nil : false
        case .between(let first, let last): first.day == nil || last.day == nil ? nil : false
        case .today, .thisMonth, .lastMonth, .daysFromNow: nil
        }
    }
}
