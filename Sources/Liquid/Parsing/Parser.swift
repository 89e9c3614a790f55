import Diagnostics

/// A template or partial as it was written, with what is wrong with it.
struct Syntax: Sendable {
    var source: SourceText
    var body: Block
    var problems: [Diagnostic]
    var warnings: [Diagnostic]
    /// In the parts of an ``Allowance``.
    var cost: Int
}

/// Reads one source into ``Syntax``. It never stops at a mistake: the tag is left out, and the rest is read.
struct Parser {
    let source: SourceText
    let names: KnownNames
    let allowance: Allowance
    var tokens: TokenStream
    var problems: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    /// The tags whose end is not reached yet, from the outside in.
    private var open: [String] = []
    /// An end tag that closes a block further out than the one that met it.
    private var pendingCloser: TemplateTokenizer.Tag?
    private var isAbandoned = false
    /// `liquid` lines in `liquid` lines.
    private var liquidDepth = 0

    /// Blocks in blocks.
    private static let deepest = 50
    /// More would help nobody.
    static let mostProblems = 50

    /// - Parameter parts: how much there is left of an ``Allowance``.
    static func parse(_ source: SourceText, in span: Span? = nil, names: KnownNames, parts: Int) -> Syntax {
        let span = span ?? Span(0, source.bytes.count)
        let allowance = Allowance(parts)
        var parser = Parser(source, names: names, allowance: allowance, tokens: .template(TemplateTokenizer(source, in: span)))
        let body = parser.sequence()
        // What is charged for the last thing of all is seen by nothing behind it.
        if allowance.isSpent { parser.report(Allowance.exceeded(in: source, at: Span(span.end, span.end))) }
        return Syntax(source: source, body: body, problems: parser.problems, warnings: parser.warnings, cost: allowance.used)
    }

    private init(_ source: SourceText, names: KnownNames, allowance: Allowance, tokens: TokenStream) {
        self.source = source
        self.names = names
        self.allowance = allowance
        self.tokens = tokens
    }

    // MARK: Blocks

    /// Everything to the end of the tokens.
    mutating func sequence() -> Block {
        var block = Block()
        let outer = open
        open = []
        defer { open = outer }
        while let token = nextToken() {
            switch token {
            case .tag(let tag) where TagName.isCloser(text(tag.name)): report(strayCloser(tag))
            default: append(node(for: token), to: &block)
            }
        }
        return block
    }

    /// The body of a block tag, up to its end tag or a tag that divides it, which is returned. Nil where it never comes.
    mutating func body(
        of opener: TemplateTokenizer.Tag, dividers: [String] = []
    ) -> (block: Block, closer: (name: String, tag: TemplateTokenizer.Tag)?) {
        var block = Block()
        let name = text(opener.name)
        let closing = "end" + name
        open.append(name)
        defer { open.removeLast() }
        if open.count + liquidDepth > Self.deepest {
            abandon("blocks are nested too deeply", at: opener.whole)
        }
        while let token = nextToken() {
            guard case .tag(let tag) = token else {
                append(node(for: token), to: &block)
                continue
            }
            let found = text(tag.name)
            if found == closing || dividers.contains(found) { return (block, (found, tag)) }
            if isSlip(found, of: closing) {
                // It is read as what was meant, so that one slip is one mistake.
                report("there is no tag \"\(source.quote(tag.name))\"", at: tag.name, hint: "did you mean \"\(closing)\"?")
                return (block, (closing, tag))
            }
            guard TagName.isCloser(found) else {
                append(node(for: token), to: &block)
                continue
            }
            if open.dropLast().contains(where: { "end" + $0 == found }) {
                report("\(name) is not closed before \(found)", at: opener.whole, hint: "{% \(closing) %} is missing")
                pendingCloser = tag
                return (block, nil)
            }
            report(strayCloser(tag))
        }
        if !isAbandoned { report("\(name) is never closed", at: opener.whole, hint: "{% \(closing) %} is missing") }
        return (block, nil)
    }

    /// Whether a tag that there is not, such as `endfi` or `edn`, was meant to close the innermost block.
    private func isSlip(_ found: String, of closing: String) -> Bool {
        guard !names.isTag(found), !names.isCloser(found), !found.isEmpty else { return false }
        let meant = found == "end" ? "end" : nearest(found, among: [closing, "end"] + open.reversed().map { "end" + $0 } + names.tagNames)
        return meant == closing || meant == "end"
    }

    private mutating func nextToken() -> TemplateTokenizer.Token? {
        if isAbandoned { return nil }
        if let tag = pendingCloser {
            pendingCloser = nil
            return .tag(tag)
        }
        guard let token = tokens.next() else { return nil }
        switch token {
        case .text, .unclosed: allowance.spend(1)
        case .output: allowance.spend(Allowance.output)
        case .tag: allowance.spend(Allowance.tag)
        }
        guard !allowance.isSpent else {
            report(Allowance.exceeded(in: source, at: token.span))
            return nil
        }
        return token
    }

    private func strayCloser(_ tag: TemplateTokenizer.Tag) -> Diagnostic {
        let name = text(tag.name)
        if let inner = open.last {
            let hint: String? = name.hasPrefix("end") ? "{% end\(inner) %} closes \(inner)" : nil
            return Diagnostic(.error, "\(name) does not belong in \(inner)", in: source, at: tag.whole, hint: hint)
        }
        let hint = TagName.dividers.contains(name) ? nil : suggestion(for: name, among: names.closerNames)
        return Diagnostic(.error, "\(name) has nothing to close or divide", in: source, at: tag.whole, hint: hint)
    }

    mutating func append(_ node: Node?, to block: inout Block) {
        guard let node else { return }
        block.isBlank = block.isBlank && node.isBlank(in: source)
        block.nodes.append(node)
    }

    // MARK: Nodes

    private mutating func node(for token: TemplateTokenizer.Token) -> Node? {
        switch token {
        case .text(let span): return .text(span)
        case .unclosed(let span):
            let isTag = source.bytes[span.start + 1] == .percent
            report("this \(text(span)) is never closed", at: span, hint: isTag ? "a tag ends with %}" : "an output ends with }}")
            return nil
        case .output(let markup, _):
            return reading { parser throws(Diagnostic) in try parser.output(markup) }
        case .tag(let tag):
            return reading { parser throws(Diagnostic) in try parser.tag(tag) }
        }
    }

    /// What `read` returns, or nil and one problem more.
    private mutating func reading(_ read: (inout Parser) throws(Diagnostic) -> Node?) -> Node? {
        do {
            return try read(&self)
        } catch {
            report(error)
            return nil
        }
    }

    func output(_ markup: Span) throws(Diagnostic) -> Node {
        guard markup.start < markup.end else {
            return .output(FilteredExpression(base: .literal(.null, markup), filters: [], span: markup))
        }
        var expressions = try parser(markup)
        let value = try expressions.filtered()
        try expressions.expectEnd(after: "the value")
        return .output(value)
    }

    private mutating func tag(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node? {
        let name = text(tag.name)
        if names.isHostBlock(name) { return try hostBlock(tag) }
        switch TagName.named(name) {
        case .assign: return try assign(tag)
        case .capture: return try capture(tag)
        case .increment: return try counter(tag, delta: 1)
        case .decrement: return try counter(tag, delta: -1)
        case .echo: return try output(tag.markup)
        case .cycle: return try cycle(tag)
        case .if: return try conditional(tag, isNegated: false)
        case .unless: return try conditional(tag, isNegated: true)
        case .case: return try select(tag)
        case .for: return try loop(tag)
        case .tablerow: return try tableRow(tag)
        case .break: return .interrupt(.break, tag.whole)
        case .continue: return .interrupt(.continue, tag.whole)
        case .ifchanged: return .ifChanged(body(of: tag).block, tag.whole)
        case .include: return try partial(tag, style: .include)
        case .render: return try partial(tag, style: .render)
        case .comment: return try comment(tag)
        case .inlineComment: return try inlineComment(tag)
        case .raw, .doc: return try verbatim(tag)
        case .liquid: return lines(tag)
        case nil: throw unknown(tag, name)
        }
    }

    private func unknown(_ tag: TemplateTokenizer.Tag, _ name: String) -> Diagnostic {
        guard !name.isEmpty else {
            return Diagnostic(.error, "a tag starts with its name", in: source, at: tag.whole)
        }
        let hint = suggestion(for: name, among: TagName.dividers.sorted() + names.closerNames + names.tagNames)
        return Diagnostic(.error, "there is no tag \"\(source.quote(tag.name))\"", in: source, at: tag.name, hint: hint)
    }

    /// `{% liquid %}`: each line is a tag, and blocks end inside it.
    private mutating func lines(_ tag: TemplateTokenizer.Tag) -> Node? {
        liquidDepth += 1
        defer { liquidDepth -= 1 }
        guard liquidDepth <= Self.deepest else {
            abandon("liquid tags are nested too deeply", at: tag.whole)
            return nil
        }
        let outer = tokens
        tokens = .lines(LineTokenizer(source, in: tag.markup))
        let block = sequence()
        tokens = outer
        return .sequence(block)
    }

    // MARK: Telling

    func text(_ span: Span) -> String { source.text(in: span) }

    func parser(_ markup: Span) throws(Diagnostic) -> ExpressionParser {
        try ExpressionParser(source, in: markup, names: names, allowance: allowance)
    }

    mutating func report(_ problem: Diagnostic) {
        guard !isAbandoned else { return }
        problems.append(problem)
        isAbandoned = problems.count >= Self.mostProblems || allowance.isSpent
    }

    mutating func report(_ message: String, at span: Span, hint: String? = nil) {
        report(Diagnostic(.error, message, in: source, at: span, hint: hint))
    }

    mutating func warn(_ message: String, at span: Span, hint: String? = nil) {
        guard warnings.count < Self.mostProblems else { return }
        warnings.append(Diagnostic(.warning, message, in: source, at: span, hint: hint))
    }

    /// The rest is not read.
    mutating func abandon(_ message: String, at span: Span, hint: String? = nil) {
        report(message, at: span, hint: hint)
        isAbandoned = true
    }
}
