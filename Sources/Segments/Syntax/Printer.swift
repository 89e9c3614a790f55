import Model

/// Prints a tree in the one canonical form; what it prints parses to the same tree.
extension SyntaxNode: CustomStringConvertible {
    /// On one line.
    package var description: String {
        switch kind {
        case .all(let items): items.map(\.asMember).joined(separator: " and ")
        case .any(let items): items.map(\.asMember).joined(separator: " or ")
        case .not(let item): "not \(item.asMember)"
        case .condition(let condition): condition.description
        }
    }

    /// As it stands within `and`, `or` and `not`.
    var asMember: String {
        switch kind {
        case .all, .any: "(\(self))"
        case .not, .condition: description
        }
    }
}

extension WrittenCondition: CustomStringConvertible {
    package var description: String {
        switch self {
        case .value(let test): test.description
        case .behaviour(let behaviour): behaviour.description
        case .sequence(let sequence): sequence.description
        case .amount(let amount): amount.description
        case .edge(let edge): edge.description
        case .engagement(let engagement): engagement.description
        case .consent(let consent): consent.description
        case .language(let tag): "language is \(tag.written)"
        case .segment(let name): "in segment \(name.written)"
        case .sample(let percent, let seed): "sample \(percent.text)% seed \(Lexer.quoted(seed))"
        }
    }
}

extension WrittenValueTest: CustomStringConvertible {
    package var description: String { "\(name.written) \(test)" }
}

extension WrittenValueTest.Test: CustomStringConvertible {
    package var description: String {
        switch self {
        case .compare(let comparison, let literal): "\(comparison.rawValue) \(literal)"
        case .oneOf(let literals): "in (\(literals.map(\.description).joined(separator: ", ")))"
        case .match(let match, let literal): "\(match.rawValue) \(literal)"
        case .known(let known): known ? "is known" : "is unknown"
        case .window(let window): window.description
        case .anniversary(let span): "has anniversary within next \(span)"
        }
    }
}

extension Literal: CustomStringConvertible {
    package var description: String {
        switch value {
        case .text(let text): Lexer.quoted(text)
        case .number(let number): number.text
        case .truth(let truth): truth ? "true" : "false"
        case .time(let time): time.text
        }
    }
}

extension WrittenBehaviour: CustomStringConvertible {
    package var description: String {
        var text = "did \(negated ? "not " : "")\(event.written)"
        if let filter { text += " where (\(filter))" }
        if let times { text += " \(times)" }
        if let window { text += " \(window)" }
        return text
    }
}

extension Times: CustomStringConvertible {
    package var description: String { "\(bound.rawValue) \(count) time\(count == 1 ? "" : "s")" }
}

extension WrittenConsent: CustomStringConvertible {
    package var description: String {
        let text = "\(act.rawValue) \(topic.written)"
        return window.map { "\(text) \($0)" } ?? text
    }
}

extension Window: CustomStringConvertible {
    package var description: String {
        switch self {
        case .last(let span): "in last \(span)"
        case .next(let span): "within next \(span)"
        case .ago(let from, let to):
            from.unit == to.unit ? "between \(from.count) and \(to) ago" : "between \(from) and \(to) ago"
        case .longerAgo(let span): "more than \(span) ago"
        case .today: "today"
        case .thisMonth: "this month"
        case .lastMonth: "last month"
        case .daysFromNow(let days): "is \(days) day\(days == 1 ? "" : "s") from now"
        case .before(let point): "before \(point.text)"
        case .after(let point): "after \(point.text)"
        case .between(let first, let last): "between \(first.text) and \(last.text)"
        case .on(let point): "= \(point.text)"
        case .upTo(let point): "<= \(point.text)"
        case .from(let point): ">= \(point.text)"
        }
    }
}
