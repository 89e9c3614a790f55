import Diagnostics

/// `if`, `unless`, `case`.
extension Parser {
    mutating func conditional(_ tag: TemplateTokenizer.Tag, isNegated: Bool) throws(Diagnostic) -> Node? {
        var branches: [Branch] = []
        var otherwise: Block?
        var part = ConditionalPart.when(condition(in: tag))
        while true {
            let (block, closer) = body(of: tag, dividers: ["elsif", "else"])
            switch part {
            case .when(let condition):
                branches.append(Branch(condition: condition, isNegated: isNegated && branches.isEmpty, body: block))
            case .otherwise: otherwise = block
            case .ignored: break
            }
            guard let closer, closer.name == "elsif" || closer.name == "else" else { break }
            part = nextPart(closer, isAfterElse: otherwise != nil)
        }
        if branches.allSatisfy(\.body.isBlank), otherwise?.isBlank ?? true {
            for index in branches.indices { branches[index].body.dropText() }
            otherwise?.dropText()
        }
        return .conditional(branches, otherwise: otherwise)
    }

    private enum ConditionalPart {
        case when(Condition)
        case otherwise
        /// Read for its mistakes, and left out as the reference leaves it out.
        case ignored
    }

    private mutating func nextPart(_ divider: (name: String, tag: TemplateTokenizer.Tag), isAfterElse: Bool) -> ConditionalPart {
        if isAfterElse {
            warn("a second else, or an elsif after it, is never reached", at: divider.tag.whole)
        }
        if divider.name == "elsif" {
            let condition = condition(in: divider.tag)
            return isAfterElse ? .ignored : .when(condition)
        }
        if divider.tag.markup.start < divider.tag.markup.end {
            warn("what follows else is ignored", at: divider.tag.markup, hint: "write elsif")
        }
        return isAfterElse ? .ignored : .otherwise
    }

    /// Never true where it has a mistake, which is noted.
    private mutating func condition(in tag: TemplateTokenizer.Tag) -> Condition {
        let read: Condition? = header { parser throws(Diagnostic) in
            var words = try parser.parser(tag.markup)
            let condition = try words.condition()
            try words.expectEnd(after: "the condition")
            return condition
        }
        return read ?? Condition(tests: [.init(left: .value(.literal(false, tag.markup)), comparison: nil, span: tag.markup)], joints: [])
    }

    mutating func select(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node? {
        let subject = header { parser throws(Diagnostic) in
            var words = try parser.parser(tag.markup)
            let subject = try words.expression()
            if !words.isAtEnd { parser.warnIgnored(words, after: "the value") }
            return subject
        }
        // What stands before the first `when` is never written.
        var (_, closer) = body(of: tag, dividers: ["when", "else"])
        var parts: [Select.Part] = []
        while let divider = closer, divider.name == "when" || divider.name == "else" {
            let values = divider.name == "when" ? whenValues(divider.tag) : nil
            if divider.name == "else", divider.tag.markup.start < divider.tag.markup.end {
                report("else takes nothing", at: divider.tag.markup)
            }
            let next = body(of: tag, dividers: ["when", "else"])
            parts.append(values.map { .when($0, next.block) } ?? .otherwise(next.block))
            closer = next.closer
        }
        guard let subject else { return nil }
        var select = Select(subject: subject, parts: parts, span: tag.whole)
        if select.isBlank {
            select.parts = select.parts.map {
                switch $0 {
                case .when(let values, var block):
                    block.dropText()
                    return .when(values, block)
                case .otherwise(var block):
                    block.dropText()
                    return .otherwise(block)
                }
            }
        }
        return .select(select)
    }

    /// `when a, b or c`. As in the reference, what follows a value without a comma or `or` counts for nothing.
    private mutating func whenValues(_ tag: TemplateTokenizer.Tag) -> [ConditionOperand] {
        header { parser throws(Diagnostic) in
            var words = try parser.parser(tag.markup)
            var values = [try words.operand()]
            while true {
                let isComma = try words.take(.comma)
                if !isComma {
                    guard try words.take(word: "or") else { break }
                }
                values.append(try words.operand())
            }
            if !words.isAtEnd { parser.warnIgnored(words, after: "the value") }
            return values
        } ?? []
    }

    mutating func warnIgnored(
        _ words: ExpressionParser, after what: String, hint: String = "values are joined by \"or\" or a comma"
    ) {
        guard warnings.count < Self.mostProblems else { return }
        let rest = Span(words.token.span.start, max(words.token.span.end, words.token.span.start))
        warn("everything from \"\(source.quote(rest))\" on is ignored", at: rest, hint: hint)
    }
}
