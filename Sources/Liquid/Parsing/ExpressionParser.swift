import Diagnostics

/// Reads values, filters and conditions from the inside of one output or tag.
struct ExpressionParser {
    let names: KnownNames
    private let allowance: Allowance
    private var lexer: ExpressionLexer
    private(set) var token: ExpressionLexer.Token
    private(set) var previousEnd: Int
    private var depth = 0

    /// Brackets in brackets; nobody writes a tenth of it.
    private static let deepest = 50

    var source: SourceText { lexer.source }

    init(_ source: SourceText, in span: Span, names: KnownNames, allowance: Allowance) throws(Diagnostic) {
        self.names = names
        self.allowance = allowance
        lexer = ExpressionLexer(source, in: span, allowance: allowance)
        previousEnd = span.start
        token = try lexer.next()
    }

    // MARK: Words

    mutating func advance() throws(Diagnostic) {
        previousEnd = token.span.end
        token = try lexer.next()
    }

    mutating func take(_ kind: ExpressionLexer.Kind) throws(Diagnostic) -> Bool {
        guard token.kind == kind else { return false }
        try advance()
        return true
    }

    /// A name with this text.
    mutating func take(word: String) throws(Diagnostic) -> Bool {
        guard isWord(word) else { return false }
        try advance()
        return true
    }

    func isWord(_ word: String) -> Bool {
        token.kind == .name && source.bytes.has(word, at: token.span.start, before: token.span.end) && token.span.length == word.utf8.count
    }

    mutating func name(_ what: String) throws(Diagnostic) -> (text: String, span: Span) {
        guard token.kind == .name else { throw expected(what) }
        let span = token.span
        try advance()
        return (source.text(in: span), span)
    }

    var isAtEnd: Bool { token.kind == .end }

    func expectEnd(after what: String) throws(Diagnostic) {
        guard isAtEnd else {
            throw Diagnostic(
                .error, "unexpected \"\(source.quote(token.span))\" after \(what)", in: source, at: token.span, hint: hintAfterValue())
        }
    }

    func expected(_ what: String) -> Diagnostic {
        let found = isAtEnd ? "" : ", found \"\(source.quote(token.span))\""
        return Diagnostic(.error, "expected \(what)\(found)", in: source, at: token.span)
    }

    private func hintAfterValue() -> String? {
        switch token.kind {
        case .assign: "compare with =="
        case .comma: nil
        case .openParenthesis: "filters are written value | filter: argument"
        case .name where isWord("not"): "write unless, or compare with != or == false"
        default: nil
        }
    }

    // MARK: Values

    /// `value | filter: argument, argument | filter`
    mutating func filtered() throws(Diagnostic) -> FilteredExpression {
        let start = token.span.start
        let base = try expression()
        var filters: [FilterUse] = []
        while try take(.pipe) {
            filters.append(try filter())
        }
        return FilteredExpression(base: base, filters: filters, span: Span(start, previousEnd))
    }

    mutating func expression() throws(Diagnostic) -> Expression {
        let span = token.span
        switch token.kind {
        case .string:
            try advance()
            return .literal(.string(source.text(in: Span(span.start + 1, span.end - 1))), span)
        case .integer:
            try advance()
            guard let number = Int64(source.text(in: span)) else {
                throw Diagnostic(.error, "this number is too large", in: source, at: span)
            }
            return .literal(.integer(number), span)
        case .decimal:
            try advance()
            return .literal(.decimal(Double(source.text(in: span)) ?? 0), span)
        case .openParenthesis: return try range()
        case .openBracket: return .path(try path(root: nil, from: span))
        case .name:
            try advance()
            let text = source.text(in: span)
            // The words of the language stay words, whatever follows them.
            if let literal = Self.word(text), token.kind != .dot, token.kind != .openBracket { return .literal(literal, span) }
            return .path(try path(root: text, from: span))
        default:
            throw expected("a value")
        }
    }

    private static func word(_ text: String) -> Value? {
        guard 3...5 ~= text.utf8.count else { return nil }
        switch text {
        case "nil", "null": return .null
        case "true": return true
        case "false": return false
        case "empty", "blank": return ""
        default: return nil
        }
    }

    private mutating func range() throws(Diagnostic) -> Expression {
        let start = token.span.start
        try advance()
        try enter()
        let first = try expression()
        guard try take(.range) else {
            var problem = expected("\"..\" of a range such as (1..5)")
            problem.hint = "Liquid's conditions have no parentheses"
            throw problem
        }
        let last = try expression()
        guard try take(.closeParenthesis) else { throw expected("\")\"") }
        depth -= 1
        return .range(first, last, Span(start, previousEnd))
    }

    /// After the name, if it starts with one.
    private mutating func path(root: String?, from span: Span) throws(Diagnostic) -> Path {
        var path: Path
        if let root {
            path = Path(root: .name(root), steps: [], span: span)
        } else {
            try advance()
            path = Path(root: .computed(try bracketed()), steps: [], span: span)
            if case .computed(.literal(.string(let name), _)) = path.root { path.root = .name(name) }
        }
        while true {
            if try take(.dot) {
                // A step may be called as an operator is.
                guard token.kind == .name || token.kind == .comparison(.contains) else { throw expected("a name after the dot") }
                path.steps.append(.name(source.text(in: token.span)))
                try advance()
            } else if try take(.openBracket) {
                switch try bracketed() {
                case .literal(.string(let name), _): path.steps.append(.key(name))
                case .literal(.integer(let index), _): path.steps.append(.index(index))
                case let inner: path.steps.append(.computed(inner))
                }
            } else {
                path.span = Span(span.start, previousEnd)
                return path
            }
        }
    }

    private mutating func bracketed() throws(Diagnostic) -> Expression {
        try enter()
        let inner = try expression()
        guard try take(.closeBracket) else { throw expected("\"]\"") }
        depth -= 1
        return inner
    }

    private mutating func enter() throws(Diagnostic) {
        depth += 1
        guard depth <= Self.deepest else { throw Diagnostic(.error, "brackets are nested too deeply", in: source, at: token.span) }
    }

    // MARK: Filters

    private mutating func filter() throws(Diagnostic) -> FilterUse {
        let (text, span) = try name("a filter")
        guard let function = names.filter(text) else {
            let known = names.filterNames
            throw Diagnostic(
                .error, "there is no filter \"\(source.quote(span))\"", in: source, at: span, hint: suggestion(for: text, among: known))
        }
        if case .host = function { allowance.spend(Allowance.hostFilter) }
        var use = FilterUse(function: function, arguments: [], span: span)
        if try take(.colon) {
            repeat {
                try argument(of: &use, called: text)
            } while try take(.comma)
        }
        let allowed = names.arguments(of: function)
        guard allowed.contains(use.arguments.count) else {
            throw Diagnostic(
                .error, "\(text) takes \(Self.describe(allowed)), not \(use.arguments.count)", in: source, at: Span(span.start, previousEnd)
            )
        }
        return use
    }

    private mutating func argument(of use: inout FilterUse, called filter: String) throws(Diagnostic) {
        let value = try expression()
        guard token.kind == .colon, case .path(let path) = value, case .name(let key) = path.root, path.steps.isEmpty else {
            use.arguments.append(value)
            return
        }
        try advance()
        let argument = try expression()
        if names.takesNames(use.function) {
            use.named.append((key, argument))
            return
        }
        guard case .standard(.default) = use.function, key == "allow_false" else {
            throw Diagnostic(
                .error, "\(filter) has no argument named \"\(source.quote(path.span))\"", in: source, at: path.span,
                hint: suggestion(for: key, among: ["allow_false"]))
        }
        use.allowFalse = argument
    }

    static func describe(_ count: ClosedRange<Int>) -> String {
        if count == 0...0 { return "no argument" }
        if count.lowerBound == count.upperBound { return count.lowerBound == 1 ? "one argument" : "\(count.lowerBound) arguments" }
        return count.lowerBound == 0 && count.upperBound == 1
            ? "at most one argument" : "\(count.lowerBound) to \(count.upperBound) arguments"
    }

    // MARK: Conditions

    mutating func condition() throws(Diagnostic) -> Condition {
        var condition = Condition(tests: [try test()], joints: [])
        while true {
            if try take(word: "and") {
                condition.joints.append(.and)
            } else if try take(word: "or") {
                condition.joints.append(.or)
            } else {
                return condition
            }
            condition.tests.append(try test())
        }
    }

    private mutating func test() throws(Diagnostic) -> Condition.Test {
        let start = token.span.start
        allowance.spend(Allowance.test)
        let left = try operand()
        guard case .comparison(let operation) = token.kind else {
            return Condition.Test(left: left, comparison: nil, span: Span(start, previousEnd))
        }
        try advance()
        let right = try operand()
        return Condition.Test(left: left, comparison: (operation, right), span: Span(start, previousEnd))
    }

    mutating func operand() throws(Diagnostic) -> ConditionOperand {
        let isEmpty = isWord("empty")
        let isBlank = isWord("blank")
        let value = try expression()
        if case .literal = value {
            if isEmpty { return .empty }
            if isBlank { return .blank }
        }
        return .value(value)
    }
}

extension Span {
    var length: Int { end - start }
}
