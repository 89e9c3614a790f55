import Diagnostics
import Model

extension Parser {
    mutating func condition() throws(Diagnostic) -> WrittenCondition {
        guard case .word(let word) = current.kind else {
            if case .quoted = current.kind { return .value(try valueTest()) }
            throw error("a condition is expected, not \(shown(current))", current.span)
        }
        if insideWhere {
            if word == "did" || word == "consents" {
                throw error("only the properties of the event can be asked here", current.span)
            }
            return .value(try valueTest())
        }
        switch word {
        case "did": return try did()
        case "consents": return .consent(try consent(.consents))
        case "consented": return .consent(try consent(.consented))
        case "withdrew": return .consent(try consent(.withdrew))
        case "in": return .segment(try segmentName())
        case "sample": return try sample()
        case "language" where isLanguageTest: return .language(try languageTag())
        default: break
        }
        if !isComparison(peek()) {
            if peek().isWord("of"), let function = WrittenAmount.Function(rawValue: word) { return .amount(try amount(function)) }
            if let end = WrittenEdge.End(rawValue: word) { return .edge(try edge(end)) }
            if let engagement = try engagement(word) { return .engagement(engagement) }
        }
        return .value(try valueTest())
    }

    /// Then the word before it is a name that should have been in backquotes.
    private func isComparison(_ token: Token) -> Bool {
        if case .symbol(let symbol) = token.kind { symbol == .alike || Comparison(rawValue: symbol.rawValue) != nil } else { false }
    }

    // MARK: - Pieces

    mutating func filter() throws(Diagnostic) -> SyntaxNode {
        let open = current.span
        guard takeSymbol(.open) else {
            throw error(
                "`where` is followed by a parenthesis, not \(shown(current))", current.span, hint: "write: where (path = \"/pricing\")")
        }
        insideWhere = true
        defer { insideWhere = false }
        var node = try joined()
        guard takeSymbol(.close) else {
            if case .end = current.kind { throw error("a parenthesis is not closed", open, hint: "it ends with )") }
            throw error("`and`, `or` or ) is expected, not \(shown(current))", current.span)
        }
        node.span = open.union(lastSpan)
        return node
    }

    mutating func times(negated: Bool) throws(Diagnostic) -> Times? {
        let start = current.span
        let bound: Times.Bound
        if takeWord("at") {
            if takeWord("least") {
                bound = .atLeast
            } else if takeWord("most") {
                bound = .atMost
            } else {
                throw error("`least` or `most` is expected after `at`, not \(shown(current))", current.span)
            }
        } else if takeWord("exactly") {
            bound = .exactly
        } else {
            return nil
        }
        let count = try count(of: bound)
        guard takeWord("times") || takeWord("time") else {
            throw error("`times` is expected after the number, not \(shown(current))", current.span)
        }
        let span = start.union(lastSpan)
        if negated {
            throw error(
                "`did not` means never, so it can't be counted", span, hint: "write: did EVENT at most \(max(0, count - 1)) times")
        }
        if bound == .atLeast, count == 0 {
            throw error("`at least 0 times` is true of everybody", span)
        }
        return Times(bound, count)
    }

    mutating func count(of bound: Times.Bound) throws(Diagnostic) -> Int {
        guard case .number(let written) = current.kind, case .integer(let count) = written.value, (0...1_000_000_000).contains(count)
        else {
            throw error("how many times is a whole number, not \(shown(current))", current.span, hint: "write: \(bound.rawValue) 3 times")
        }
        advance()
        return Int(count)
    }

    // MARK: - Permission, context and the rest

    private mutating func consent(_ act: WrittenConsent.Act) throws(Diagnostic) -> WrittenConsent {
        let words = act.rawValue.split(separator: " ").map { String($0) }
        advance()
        try expect(words[1], after: "`\(words[0])`")
        guard let topic = takeName() else {
            throw error("the name of a topic is expected after `\(act.rawValue)`, not \(shown(current))", current.span)
        }
        let start = current.span
        let window = try window(after: "the topic")
        if act == .consents, window != nil {
            throw error(
                "`consents to` is about now and takes no time", start.union(lastSpan),
                hint: "write `consented to` for when it was said")
        }
        return WrittenConsent(act: act, topic: topic, window: window)
    }

    private mutating func segmentName() throws(Diagnostic) -> Name {
        advance()
        try expect("segment", after: "`in`")
        guard let name = takeName() else {
            throw error("the name of a segment is expected, not \(shown(current))", current.span)
        }
        return name
    }

    private var isLanguageTest: Bool {
        guard peek().isWord("is") else { return false }
        switch peek(2).kind {
        case .word(let word): return word != "known" && word != "unknown"
        case .quoted: return true
        default: return false
        }
    }

    private mutating func languageTag() throws(Diagnostic) -> Name {
        advance()
        advance()
        guard let tag = takeAnyName(), (2...35).contains(tag.text.utf8.count),
            tag.text.utf8.allSatisfy({ ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D })
        else {
            throw error("this is no language tag", lastSpan, hint: "tags look like it, en or pt-br")
        }
        return tag
    }

    private mutating func sample() throws(Diagnostic) -> WrittenCondition {
        advance()
        let percent = try share(after: "sample", example: "sample 10% seed \"spring\"")
        guard takeWord("seed") else {
            throw error(
                "`seed` is expected after the share, not \(shown(current))", current.span,
                hint: "the same seed picks the same people: sample \(percent.text)% seed \"spring\"")
        }
        guard case .text(let seed) = current.kind, !seed.isEmpty else {
            throw error("a seed is a text", current.span, hint: "the same seed picks the same people: seed \"spring\"")
        }
        advance()
        return .sample(percent: percent, seed: seed)
    }
}

extension JSONValue {
    /// The number, or nil for anything else.
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }
}
