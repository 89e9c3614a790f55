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
        case "did": return .behaviour(try behaviour())
        case "consents": return .consent(try consent(.consents))
        case "consented": return .consent(try consent(.consented))
        case "withdrew": return .consent(try consent(.withdrew))
        case "in": return .segment(try segmentName())
        case "sample": return try sample()
        case "language" where isLanguageTest: return .language(try languageTag())
        default:
            try refuseFormsToCome(word)
            return .value(try valueTest())
        }
    }

    /// Forms of the language that are not built yet end at the word that starts them, so that nothing is half understood.
    private func refuseFormsToCome(_ word: String) throws(Diagnostic) {
        if case .symbol(let symbol) = peek().kind, symbol != .dot, word != "score" { return }
        switch word {
        case "sum", "count", "avg", "min", "max", "distinct":
            if peek().isWord("of") { throw unknownForm("\(word) of") }
        case "last", "first": throw unknownForm(word)
        case "was": throw unknownForm("was sent")
        case "opened", "clicked", "bounced", "complained", "received": throw unknownForm(word)
        case "score": throw unknownForm(word, hint: "an attribute of that name goes in backquotes: `score`")
        default: break
        }
    }

    // MARK: - Behaviour

    private mutating func behaviour() throws(Diagnostic) -> WrittenBehaviour {
        advance()
        let negated = takeWord("not")
        let verb = negated ? "did not" : "did"
        try refuseEngagement(verb)
        if case .word(let word) = current.kind, Keyword.all.contains(word) {
            throw error(
                "the name of an event is expected after `\(verb)`, not \(shown(current))", current.span,
                hint: "an event of that name goes in backquotes: `\(word)`")
        }
        guard let event = takeName() else {
            throw error("the name of an event is expected after `\(verb)`, not \(shown(current))", current.span)
        }
        if current.isWord("then") { throw unknownForm("then") }
        var behaviour = WrittenBehaviour(event: event, negated: negated)
        if takeWord("where") { behaviour.filter = try filter() }
        behaviour.times = try times(negated: negated)
        if current.isWord("within") || current.isWord("next") {
            throw error("an event can't be asked for in the future", current.span, hint: "write: in last 7 days")
        }
        behaviour.window = try window(after: "the event")
        if behaviour.window != nil, behaviour.times == nil, current.isWord("at") || current.isWord("exactly") {
            throw error("how many times stands before the time", current.span, hint: "did purchase at least 3 times in last 7 days")
        }
        return behaviour
    }

    /// `did not open X` is said of messages, not of an event called "open".
    private func refuseEngagement(_ verb: String) throws(Diagnostic) {
        guard verb == "did not", case .word(let word) = current.kind, word == "open" || word == "click" else { return }
        switch peek().kind {
        case .word("any"), .quoted, .text: throw unknownForm("\(verb) \(word)")
        case .word(let next) where !Keyword.all.contains(next): throw unknownForm("\(verb) \(word)")
        default: break
        }
    }

    private mutating func filter() throws(Diagnostic) -> SyntaxNode {
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

    private mutating func times(negated: Bool) throws(Diagnostic) -> Times? {
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
        let number = current
        guard case .number(let written) = number.kind, case .integer(let count) = written.value, (0...1_000_000_000).contains(count)
        else {
            throw error("how many times is a whole number, not \(shown(current))", current.span, hint: "write: \(bound.rawValue) 3 times")
        }
        advance()
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
        return Times(bound, Int(count))
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
        let share = current.span
        guard case .number(let percent) = current.kind else {
            throw error("a share is expected after `sample`, not \(shown(current))", share, hint: "write: sample 10% seed \"spring\"")
        }
        advance()
        guard takeSymbol(.percent) else {
            throw error("a share is in percent", share.union(current.span), hint: "write: sample \(percent.text)% seed \"spring\"")
        }
        guard let value = percent.value.double, value > 0, value < 100 else {
            throw error("a share is more than 0% and less than 100%", share)
        }
        try expect("seed", after: "the share")
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
