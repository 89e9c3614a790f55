@testable import Segments

extension SyntaxNode {
    /// What is left when one thing is taken away.
    var smaller: [SyntaxNode] {
        switch kind {
        case .all(let items):
            items + (items.count > 2 ? items.indices.map { SyntaxNode(.all(items.without($0))) } : [])
                + items.replacing { SyntaxNode(.all($0)) }
        case .any(let items):
            items + (items.count > 2 ? items.indices.map { SyntaxNode(.any(items.without($0))) } : [])
                + items.replacing { SyntaxNode(.any($0)) }
        case .not(let item): [item] + item.smaller.map { SyntaxNode(.not($0)) }
        case .condition(let condition): condition.smaller.map { SyntaxNode(.condition($0)) }
        }
    }
}

extension WrittenCondition {
    fileprivate var smaller: [WrittenCondition] {
        switch self {
        case .behaviour(let behaviour):
            without(behaviour, [\.filter], [\.window], [\.times]).map { .behaviour($0) }
                + (behaviour.filter?.smaller ?? []).map { .behaviour(with(behaviour, \.filter, $0)) }
        case .sequence(let sequence):
            without(sequence, [\.first.filter, \.second.filter], [\.window], [\.same]).map { .sequence($0) }
                + (sequence.first.filter?.smaller ?? []).map { .sequence(with(sequence, \.first.filter, $0)) }
                + (sequence.second.filter?.smaller ?? []).map { .sequence(with(sequence, \.second.filter, $0)) }
        case .amount(let amount):
            without(amount, [\.event.filter], [\.window]).map { .amount($0) }
                + (amount.event.filter?.smaller ?? []).map { .amount(with(amount, \.event.filter, $0)) }
        case .edge(let edge):
            without(edge, [\.event.filter]).map { .edge($0) }
                + (edge.event.filter?.smaller ?? []).map { .edge(with(edge, \.event.filter, $0)) }
        case .engagement(let engagement):
            without(engagement, [\.link], [\.window], [\.campaign]).map { .engagement($0) }
                + (engagement.act == .received ? [] : without(engagement, [\.times]).map { .engagement($0) })
        case .value(var test):
            if case .oneOf(let values) = test.test, values.count > 1 {
                values.indices.map { index in
                    test.test = .oneOf(values.without(index))
                    return .value(test)
                }
            } else {
                []
            }
        case .consent(let consent): consent.act == .consents ? [] : without(consent, [\.window]).map { .consent($0) }
        case .language, .segment, .sample: []
        }
    }
}

/// The value with each of these left out.
private func without<Value: Hashable, each Part>(_ value: Value, _ parts: repeat [WritableKeyPath<Value, (each Part)?>]) -> [Value] {
    var results: [Value] = []
    for paths in repeat each parts {
        for path in paths {
            var other = value
            other[keyPath: path] = nil
            if other != value { results.append(other) }
        }
    }
    return results
}

private func with<Value, Part>(_ value: Value, _ path: WritableKeyPath<Value, Part?>, _ part: Part) -> Value {
    var other = value
    other[keyPath: path] = part
    return other
}

extension Array {
    func without(_ index: Int) -> [Element] {
        var rest = self
        rest.remove(at: index)
        return rest
    }
}

extension [SyntaxNode] {
    fileprivate func replacing(_ make: ([SyntaxNode]) -> SyntaxNode) -> [SyntaxNode] {
        indices.flatMap { index in
            self[index].smaller.map { smaller in
                var other = self
                other[index] = smaller
                return make(other)
            }
        }
    }
}
