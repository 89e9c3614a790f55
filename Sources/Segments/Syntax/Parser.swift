import Diagnostics
import Model

/// Recursive descent over the tokens; stops at the first mistake and says what is missing there.
///
/// ```text
/// segment    = joined END
/// joined     = unary { "and" unary } | unary { "or" unary }
/// unary      = "not" unary | "(" joined ")" | condition
/// condition  = NAME test | "did" … | "consents" "to" … | "in" "segment" NAME | …
/// ```
struct Parser {
    let source: SourceText
    private let tokens: [Token]
    private var index = 0
    private var depth = 0
    private var conditions = 0
    /// Inside `where (…)`, names are the properties of an event and nothing else can be asked.
    var insideWhere = false

    /// SQLite takes expressions of depth 1,000; what is accepted here stays far below, whatever it compiles to.
    static let deepest = 40
    static let mostConditions = 400
    static let mostValues = 10_000

    init(_ source: SourceText, _ tokens: [Token]) {
        self.source = source
        self.tokens = tokens
    }

    mutating func segment() throws(Diagnostic) -> SyntaxNode {
        if case .end = current.kind {
            throw Diagnostic(.error, "the segment says nothing", in: source, hint: "write a condition, such as: consents to newsletter")
        }
        let root = try joined()
        guard case .end = current.kind else { throw unexpectedAfterCondition() }
        return root
    }

    mutating func joined() throws(Diagnostic) -> SyntaxNode {
        var items = [try unary()]
        guard let joiner = takeJoiner() else { return items[0] }
        items.append(try unary())
        while let (next, span) = peekJoiner() {
            guard next == joiner else {
                throw error(
                    "`\(next)` beside `\(joiner)` can be read in two ways", span,
                    hint: "put the part that belongs together in parentheses")
            }
            index += 1
            items.append(try unary())
        }
        let span = items.dropFirst().reduce(items[0].span) { $0.union($1.span) }
        return SyntaxNode(joiner == "and" ? .all(items) : .any(items), at: span)
    }

    private mutating func unary() throws(Diagnostic) -> SyntaxNode {
        guard depth < Self.deepest else {
            throw error("nested deeper than \(Self.deepest)", current.span, hint: "make parts of it segments of their own: in segment NAME")
        }
        depth += 1
        defer { depth -= 1 }
        let start = current.span
        if takeWord("not") {
            let negated = try unary()
            return SyntaxNode(.not(negated), at: start.union(negated.span))
        }
        if takeSymbol(.open) {
            var group = try joined()
            guard takeSymbol(.close) else {
                if case .end = current.kind { throw error("a parenthesis is not closed", start, hint: "it ends with )") }
                throw unexpectedAfterCondition()
            }
            group.span = start.union(lastSpan)
            return group
        }
        conditions += 1
        guard conditions <= Self.mostConditions else {
            throw error("more than \(Self.mostConditions) conditions", start, hint: "`NAME in (…)` takes a list of values")
        }
        let condition = try condition()
        return SyntaxNode(.condition(condition), at: start.union(lastSpan))
    }

    private mutating func takeJoiner() -> String? {
        guard let (word, _) = peekJoiner() else { return nil }
        index += 1
        return word
    }

    private func peekJoiner() -> (String, Span)? {
        if case .word(let word) = current.kind, word == "and" || word == "or" { return (word, current.span) }
        return nil
    }

    private func unexpectedAfterCondition() -> Diagnostic {
        switch current.kind {
        case .symbol(.close): return error("this parenthesis closes nothing", current.span)
        case .word("with"):
            return error("`with same` belongs to a sequence", current.span, hint: "did A then B within 2 hours with same NAME")
        case .word("then"): return error("`then` stands right after the first event", current.span, hint: "did A then B within 2 hours")
        default: return error("`and`, `or` or the end is expected, not \(shown(current))", current.span, hint: meantAfterCondition)
        }
    }

    /// How what people write there from habit is said.
    private var meantAfterCondition: String? {
        switch current.kind {
        case .number where peek().isWord("times") || peek().isWord("time"):
            let count = source.text(in: current.span)
            return "write: exactly \(count) times, or at least \(count) times"
        case .word("once"): return "write: exactly 1 time, or leave it out for at least once"
        case .word("twice"): return "write: exactly 2 times, or at least 2 times"
        case .word("on"), .word("yesterday"): return "one day is written: between 2026-01-31 and 2026-01-31"
        case .word("since"): return "write: after 2026-01-31, or in last 7 days"
        case .word("fewer"): return "write: at most 2 times"
        case .word("AND"), .word("OR"), .word("And"), .word("Or"): return "write \(source.text(in: current.span).lowercased())"
        case .word(let word): return Keyword.all.contains(word) ? nil : suggestion(for: word, among: ["and", "or"])
        default: return nil
        }
    }
}

// MARK: - Looking at tokens and taking them

extension Parser {
    var current: Token { tokens[index] }
    var lastSpan: Span { tokens[max(0, index - 1)].span }

    func peek(_ ahead: Int = 1) -> Token {
        tokens[min(index + ahead, tokens.count - 1)]
    }

    mutating func advance() {
        if index < tokens.count - 1 { index += 1 }
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard current.isWord(word) else { return false }
        advance()
        return true
    }

    mutating func takeSymbol(_ symbol: Token.Symbol) -> Bool {
        guard case .symbol(symbol) = current.kind else { return false }
        advance()
        return true
    }

    /// A plain name that is no keyword, or any name in backquotes.
    mutating func takeName() -> Name? {
        if case .word(let word) = current.kind, Keyword.all.contains(word) { return nil }
        return takeAnyName()
    }

    mutating func takeAnyName() -> Name? {
        switch current.kind {
        case .word(let text), .quoted(let text):
            let name = Name(text, at: current.span)
            advance()
            return name
        default: return nil
        }
    }

    mutating func expect(_ word: String, after what: String) throws(Diagnostic) {
        guard takeWord(word) else {
            let written = if case .word(let other) = current.kind { suggestion(for: other, among: [word]) } else { String?.none }
            throw error("`\(word)` is expected after \(what), not \(shown(current))", current.span, hint: written)
        }
    }

    func shown(_ token: Token) -> String {
        if case .end = token.kind { return "the end" }
        let text = source.text(in: token.span)
        return text.count > 40 ? "\"\(text.prefix(40))…\"" : text.hasPrefix("\"") ? text : "\"\(text)\""
    }

    func error(_ message: String, _ span: Span, hint: String? = nil) -> Diagnostic {
        Diagnostic(.error, message, in: source, at: span, hint: hint)
    }
}
