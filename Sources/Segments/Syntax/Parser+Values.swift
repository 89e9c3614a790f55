import Diagnostics
import Model

extension Parser {
    /// A name and what is asked of its value.
    mutating func valueTest() throws(Diagnostic) -> WrittenValueTest {
        if case .word(let word) = current.kind, Keyword.all.contains(word) {
            var isTest = false
            if case .symbol(let symbol) = peek().kind, Comparison(rawValue: symbol.rawValue) != nil { isTest = true }
            throw error(
                "a condition is expected, not \(shown(current))", current.span,
                hint: isTest ? "\(insideWhere ? "a property" : "an attribute") of that name goes in backquotes: `\(word)`" : nil)
        }
        guard let name = takeName() else { throw error("a condition is expected, not \(shown(current))", current.span) }
        return WrittenValueTest(name: name, test: try test(of: name))
    }

    mutating func test(of name: Name) throws(Diagnostic) -> WrittenValueTest.Test {
        let start = current
        switch start.kind {
        case .symbol(.alike):
            advance()
            return .match(.alike, try textLiteral())
        case .symbol(let symbol):
            guard let comparison = Comparison(rawValue: symbol.rawValue) else { break }
            advance()
            return .compare(comparison, try literal())
        case .word("contains"):
            advance()
            return .match(.contains, try textLiteral())
        case .word("starts"), .word("ends"):
            advance()
            try expect("with", after: shown(start))
            return .match(start.isWord("starts") ? .starts : .ends, try textLiteral())
        case .word("in"):
            if case .symbol(.open) = peek().kind {
                advance()
                return .oneOf(try list())
            }
            if !peek().isWord("last") {
                throw error(
                    "`in` is followed by a list or by `last`, not \(shown(peek()))", peek().span, hint: "write: in (\"IT\", \"FR\")")
            }
        case .word("is"): return try isTest(of: name)
        case .word("within"):
            advance()
            try expect("next", after: "`within`")
            return .window(.next(try span()))
        case .word("has"):
            advance()
            return .anniversary(try anniversary())
        case .word("not"):
            throw error("`not` stands before the whole condition", start.span, hint: "write: not \(name.written) …")
        default: break
        }
        if let window = try window(after: "the name") { return .window(window) }
        throw missingTest(of: name)
    }

    private func missingTest(of name: Name) -> Diagnostic {
        if case .symbol(.dot) = current.kind {
            return error("a dot can't stand here", current.span, hint: "a name with a dot goes in backquotes: `a.b`")
        }
        if !insideWhere, current.isWord("and") || current.isWord("or") {
            return error(
                "a test is expected after \"\(name.text)\", not \(shown(current))", current.span,
                hint: "a segment is asked for with: in segment \(name.written)")
        }
        if case .word(let word) = current.kind,
            let near = suggestion(for: word, among: ["contains", "starts", "ends", "between", "before", "within"])
        {
            return error("\"\(word)\" is no test", current.span, hint: near)
        }
        return error(
            "a test is expected after \"\(name.text)\", not \(shown(current))", current.span,
            hint: "such as = \"…\", >= 3, in (…), contains \"…\", is known, in last 7 days")
    }

    private mutating func isTest(of name: Name) throws(Diagnostic) -> WrittenValueTest.Test {
        advance()
        if takeWord("known") { return .known(true) }
        if takeWord("unknown") { return .known(false) }
        if case .number = current.kind {
            let start = current.span
            let days = try days(in: try span(), at: start)
            try expect("from", after: "the days")
            try expect("now", after: "`from`")
            return .window(.daysFromNow(days))
        }
        if takeWord("not") { throw error("`is not` is not a form of the language", lastSpan, hint: "write !=, or `is unknown`") }
        throw error(
            "`known`, `unknown` or a number of days is expected after `is`, not \(shown(current))", current.span,
            hint: "equal is written =")
    }

    private mutating func anniversary() throws(Diagnostic) -> TimeSpan {
        try expect("anniversary", after: "`has`")
        try expect("within", after: "`anniversary`")
        try expect("next", after: "`within`")
        let start = current.span
        let span = try span()
        let days = try days(in: span, at: start)
        guard (1...365).contains(days) else {
            throw error("an anniversary is looked for within 1 to 365 days", start.union(lastSpan))
        }
        return span
    }

    /// Whole days, since a calendar day is meant.
    private func days(in span: TimeSpan, at start: Span) throws(Diagnostic) -> Int {
        guard span.unit == .day || span.unit == .week else {
            throw error("this is about days of the calendar", start.union(lastSpan), hint: "say days or weeks")
        }
        return Int(span.milliseconds / TimeSpan.Unit.day.milliseconds)
    }

    // MARK: - Values

    mutating func literal() throws(Diagnostic) -> Literal {
        let token = current
        switch token.kind {
        case .text(let text):
            advance()
            return Literal(.text(text), at: token.span)
        case .number(let number):
            advance()
            if takeSymbol(.percent) { throw error("a percentage can't stand here", token.span.union(lastSpan)) }
            return Literal(.number(number), at: token.span)
        case .time(let time):
            advance()
            return Literal(.time(time), at: token.span)
        case .word("true"), .word("false"):
            advance()
            return Literal(.truth(token.isWord("true")), at: token.span)
        case .word(let word):
            throw error("a value is expected, not \(shown(token))", token.span, hint: "texts go in quotes: \"\(word)\"")
        default:
            let signs = source.text(in: lastSpan) + source.text(in: token.span)
            let meant = [
                "==": "equal is written =", "<>": "unequal is written !=", "=>": "at least is written >=",
                "=<": "at most is written <=",
            ]
            throw error("a value is expected, not \(shown(token))", token.span, hint: meant[signs])
        }
    }

    private mutating func textLiteral() throws(Diagnostic) -> Literal {
        let literal = try literal()
        guard case .text(let text) = literal.value else {
            throw error("a text is expected here", literal.span, hint: "texts go in quotes: \"\(source.text(in: literal.span))\"")
        }
        guard !text.isEmpty else { throw error("an empty text is in every text", literal.span) }
        return literal
    }

    private mutating func list() throws(Diagnostic) -> [Literal] {
        let open = current.span
        advance()
        var items: [Literal] = []
        repeat {
            if case .symbol(.close) = current.kind, !items.isEmpty { break }
            items.append(try literal())
            guard items.count <= Self.mostValues else {
                throw error(
                    "a list of more than \(Self.mostValues) values", open,
                    hint: "import the list as an attribute of the contacts and ask for that")
            }
        } while takeSymbol(.comma)
        guard takeSymbol(.close) else {
            if case .end = current.kind { throw error("a list is not closed", open, hint: "it ends with )") }
            throw error("a comma or ) is expected, not \(shown(current))", current.span)
        }
        return items
    }
}
