import Diagnostics
import Model

/// What people did: counts, sequences, amounts, first and last.
extension Parser {
    mutating func did() throws(Diagnostic) -> WrittenCondition {
        advance()
        let negated = takeWord("not")
        if negated, let missed = try missedEngagement() { return .engagement(missed) }
        let event = try event(after: negated ? "did not" : "did")
        if current.isWord("then") {
            if negated {
                throw error(
                    "`did not` and `then` can be read in two ways", current.span, hint: "write: not did \(event.name.written) then …")
            }
            return .sequence(try sequence(event))
        }
        var behaviour = WrittenBehaviour(event: event.name, negated: negated, filter: event.filter)
        behaviour.times = try times(negated: negated)
        behaviour.window = try pastWindow(after: "the event", counted: behaviour.times == nil)
        return .behaviour(behaviour)
    }

    /// A name and `where (…)`.
    private mutating func event(after what: String) throws(Diagnostic) -> WrittenEvent {
        var event = WrittenEvent(name: try eventName(after: what))
        event.filter = try filterIfAny()
        return event
    }

    private mutating func filterIfAny() throws(Diagnostic) -> SyntaxNode? {
        takeWord("where") ? try filter() : nil
    }

    private mutating func eventName(after what: String) throws(Diagnostic) -> Name {
        if case .word(let word) = current.kind, Keyword.all.contains(word) {
            throw error(
                "the name of an event is expected after `\(what)`, not \(shown(current))", current.span,
                hint: "an event of that name goes in backquotes: `\(word)`")
        }
        guard let name = takeName() else {
            throw error("the name of an event is expected after `\(what)`, not \(shown(current))", current.span)
        }
        return name
    }

    /// A window of the past. `counted`: how many times could have stood before it.
    mutating func pastWindow(after what: String, counted: Bool) throws(Diagnostic) -> Window? {
        if current.isWord("within") || current.isWord("next") {
            throw error("\(what) can't be asked for in the future", current.span, hint: "write: in last 7 days")
        }
        let window = try window(after: what)
        if window != nil, counted, current.isWord("at") || current.isWord("exactly") {
            throw error("how many times stands before the time", current.span, hint: "did purchase at least 3 times in last 7 days")
        }
        return window
    }

    // MARK: - Sequences

    private mutating func sequence(_ first: WrittenEvent) throws(Diagnostic) -> WrittenSequence {
        advance()
        let negated = takeWord("not")
        let second = try event(after: negated ? "then not" : "then")
        if current.isWord("then") {
            throw error("a sequence has two events", current.span, hint: "join two sequences with `and`")
        }
        if current.isWord("at") || current.isWord("exactly") {
            throw error("a sequence is not counted", current.span, hint: "it holds where it happened once")
        }
        guard takeWord("within") else {
            throw error(
                "`within` is expected after the second event, not \(shown(current))", current.span,
                hint: "such as: did \(first.name.written) then \(negated ? "not " : "")\(second.name.written) within 2 hours")
        }
        let within = try span()
        var sequence = WrittenSequence(first: first, second: second, negated: negated, within: within)
        sequence.same = try same()
        sequence.window = try pastWindow(after: "the sequence", counted: false)
        if sequence.same == nil { sequence.same = try same() }
        return sequence
    }

    private mutating func same() throws(Diagnostic) -> Name? {
        guard takeWord("with") else { return nil }
        try expect("same", after: "`with`")
        guard let name = takeName() else {
            throw error("the name of a property is expected after `with same`, not \(shown(current))", current.span)
        }
        return name
    }

    // MARK: - Amounts

    mutating func amount(_ function: WrittenAmount.Function) throws(Diagnostic) -> WrittenAmount {
        let start = current.span
        advance()
        try expect("of", after: "`\(function.rawValue)`")
        let name = try eventName(after: "\(function.rawValue) of")
        let property = try propertyIfAny(of: name)
        if function.isOfEvents, let property {
            throw error(
                "`count of` counts events", property.span,
                hint:
                    "write: count of \(name.written) where (\(property.written) is known), or distinct of \(name.written).\(property.written)"
            )
        }
        if !function.isOfEvents, property == nil {
            throw error(
                "`\(function.rawValue) of` takes a property of the event", name.span,
                hint: "such as: \(function.rawValue) of \(name.written).amount")
        }
        var event = WrittenEvent(name: name)
        event.filter = try filterIfAny()
        let window = isTop ? nil : try pastWindow(after: "the amount", counted: false)
        let test = try amountTest(start)
        return WrittenAmount(function: function, event: event, property: property, window: window, test: test)
    }

    private var isTop: Bool { current.isWord("in") && peek().isWord("top") }

    private mutating func amountTest(_ start: Span) throws(Diagnostic) -> WrittenAmount.Test {
        if isTop {
            advance()
            advance()
            return .top(try share(after: "in top", example: "in top 20%"))
        }
        guard case .symbol(let symbol) = current.kind, let comparison = Comparison(rawValue: symbol.rawValue) else {
            throw error(
                "a comparison or `in top` is expected after the amount, not \(shown(current))", current.span,
                hint: "such as: \(source.text(in: start.union(lastSpan)).prefix(60)) >= 100")
        }
        advance()
        guard case .number(let number) = current.kind else {
            var hint: String?
            if case .text(let text) = current.kind, Number(text) != nil { hint = "write \(text) without quotes" }
            throw error("a number is expected after \(symbol.rawValue), not \(shown(current))", current.span, hint: hint)
        }
        advance()
        if takeSymbol(.percent) { throw error("a percentage can't stand here", lastSpan, hint: "write: in top \(number.text)%") }
        return .compare(comparison, number)
    }

    /// `purchase.amount`: what follows the dot.
    private mutating func propertyIfAny(of event: Name) throws(Diagnostic) -> Name? {
        guard takeSymbol(.dot) else { return nil }
        guard let property = takeAnyName() else {
            throw error("the name of a property is expected after the dot, not \(shown(current))", current.span)
        }
        return property
    }

    /// `20%`, more than 0 and less than 100.
    mutating func share(after what: String, example: String) throws(Diagnostic) -> Number {
        let start = current.span
        guard case .number(let percent) = current.kind else {
            throw error("a share is expected after `\(what)`, not \(shown(current))", start, hint: "write: \(example)")
        }
        advance()
        guard takeSymbol(.percent) else {
            let rest = example.split(separator: "%").dropFirst().joined()
            throw error("a share is in percent", start.union(current.span), hint: "write: \(what) \(percent.text)%\(rest)")
        }
        guard let value = percent.value.double, value > 0, value < 100 else {
            throw error("a share is more than 0% and less than 100%", start)
        }
        return percent
    }

    // MARK: - First and last

    mutating func edge(_ end: WrittenEdge.End) throws(Diagnostic) -> WrittenEdge {
        advance()
        var event = WrittenEvent(name: try eventName(after: end.rawValue))
        let property = try propertyIfAny(of: event.name)
        event.filter = try filterIfAny()
        if let property {
            return WrittenEdge(end: end, event: event, test: .property(WrittenValueTest(name: property, test: try test(of: property))))
        }
        guard let window = try pastWindow(after: "the event", counted: false) else {
            throw error(
                "when is expected after `\(end.rawValue) \(event.name.written)`, not \(shown(current))", current.span,
                hint:
                    "such as: \(end.rawValue) \(event.name.written) more than 60 days ago, \(end.rawValue) \(event.name.written) in last 30 days"
            )
        }
        return WrittenEdge(end: end, event: event, test: .time(window))
    }
}
