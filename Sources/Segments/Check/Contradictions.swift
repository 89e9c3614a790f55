import Model

/// Finds conditions joined by `and` of which one can't hold where another does.
///
/// Only what is certain at any time and in any zone is told: `did purchase in last 7 days and did not purchase in last 30 days`.
struct Contradictions {
    private let conditions: [(node: SyntaxNode, condition: Condition)]

    init(_ nodes: [SyntaxNode], _ conditions: [Condition]) {
        self.conditions = Array(zip(nodes, conditions))
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
        case (.behaviour(let x), .behaviour(let y)): return isTooOften(x, for: y) || isTooOften(y, for: x)
        case (.value(let x, let first), .value(let y, let second)): return x == y && isDisjoint(first, second)
        case (.edge(let x), .edge(let y)):
            guard x.end == y.end, x.events == y.events, case .time(let first) = x.test, case .time(let second) = y.test else {
                return false
            }
            return isDisjoint(first, second)
        default: return false
        }
    }

    /// `a` needs more events than `b` allows, and each of them counts for `b`.
    private func isTooOften(_ a: Behaviour, for b: Behaviour) -> Bool {
        guard let most = b.bounds.most, a.bounds.least > most, a.events.event == b.events.event else { return false }
        return (b.events.filter == nil || b.events.filter == a.events.filter) && contains(b.events.window, a.events.window)
    }

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

    private func isDisjoint(_ a: Window, _ b: Window) -> Bool {
        guard let (x, y) = intervals(a, b) else { return false }
        return (x.to.map { to in y.from.map { $0 >= to } ?? false } ?? false)
            || (y.to.map { to in x.from.map { $0 >= to } ?? false } ?? false)
    }

    /// Both as instants, where how they lie to each other depends on neither time nor zone: both are so long ago or ahead, or
    /// both are dates.
    private func intervals(_ a: Window, _ b: Window) -> (Interval, Interval)? {
        guard a.isRelative == b.isRelative, a.isRelative != nil else { return nil }
        let instant = Instant(seconds: 0)
        return (a.interval(at: instant, zone: .utc), b.interval(at: instant, zone: .utc))
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
