import Diagnostics

/// Tags that make or write values: `assign`, `capture`, `increment`, `decrement`, `cycle`.
extension Parser {
    func assign(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node {
        var words = try parser(tag.markup)
        let name = try target(&words)
        guard try words.take(.assign) else { throw words.expected("\"=\" as in assign name = value") }
        let value = try words.filtered()
        try words.expectEnd(after: "the value")
        return .assign(name: name, value)
    }

    mutating func capture(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node? {
        let name = header { parser throws(Diagnostic) in
            var words = try parser.parser(tag.markup)
            let name = try parser.target(&words, mayBeQuoted: true)
            if !words.isAtEnd { parser.warnIgnored(words, after: "the name", hint: "capture takes one name and nothing else") }
            return name
        }
        let body = body(of: tag).block
        return name.map { .capture(name: $0, body, tag.whole) }
    }

    func counter(_ tag: TemplateTokenizer.Tag, delta: Int64) throws(Diagnostic) -> Node {
        var words = try parser(tag.markup)
        let name = try target(&words)
        try words.expectEnd(after: "the name")
        return .counter(name: name, delta: delta, tag.whole)
    }

    /// The name that a tag gives a value to. Digits alone are a name here, though no expression can read it.
    private func target(_ words: inout ExpressionParser, mayBeQuoted: Bool = false) throws(Diagnostic) -> String {
        let span = words.token.span
        switch words.token.kind {
        case .name, .integer:
            try words.advance()
            return text(span)
        case .string where mayBeQuoted:
            try words.advance()
            return text(Span(span.start + 1, span.end - 1))
        default:
            throw words.expected("a name")
        }
    }

    mutating func cycle(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node {
        allowance.spend(Allowance.cycle)
        var words = try parser(tag.markup)
        var name: Expression?
        var first = try words.expression()
        if try words.take(.colon) {
            name = first
            first = try words.expression()
        }
        let start = first.span.start
        var values = [first]
        while true {
            // As in the reference, what follows a value without a comma counts for nothing.
            if !words.isAtEnd, words.token.kind != .comma { warnIgnored(words, after: "the value", hint: "values are joined by a comma") }
            while !words.isAtEnd, words.token.kind != .comma { try words.advance() }
            guard try words.take(.comma), !words.isAtEnd else { break }
            values.append(try words.expression())
        }
        return .cycle(Cycle(name: name, identity: identity(of: values, at: start, to: words.previousEnd), values: values, span: tag.whole))
    }

    /// Two cycles of the same literals share their turn; one with variables in it is alone with itself.
    private func identity(of values: [Expression], at start: Int, to end: Int) -> String {
        let literals = values.map { value -> String? in
            if case .literal(let literal, _) = value { literal.inspected } else { nil }
        }
        if literals.contains(nil) { return "\(source.name):\(start)" }
        return literals.compactMap { $0 }.joined(separator: ", ")
    }

    /// What stands in a block tag's head. A mistake there is noted, and the block is read all the same.
    mutating func header<Result>(_ read: (inout Parser) throws(Diagnostic) -> Result) -> Result? {
        do {
            return try read(&self)
        } catch {
            report(error)
            return nil
        }
    }
}
