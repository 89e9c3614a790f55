import Diagnostics

/// `for` and `tablerow`.
extension Parser {
    mutating func loop(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node? {
        let head = header { parser throws(Diagnostic) in try parser.loopHead(tag) }
        var (block, closer) = body(of: tag, dividers: ["else"])
        var otherwise: Block?
        while let divider = closer, divider.name == "else" {
            let next = body(of: tag, dividers: ["else"])
            otherwise = otherwise ?? next.block
            closer = next.closer
        }
        if block.isBlank, otherwise?.isBlank ?? true {
            block.dropText()
            otherwise?.dropText()
        }
        guard var head else { return nil }
        head.body = block
        head.otherwise = otherwise
        return .loop(head)
    }

    private func loopHead(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Loop {
        var words = try parser(tag.markup)
        let (variable, collection) = try variableAndCollection(&words, of: "for item in items")
        let written = text(collection.span)
        let name = written.utf8.contains { $0.isSpace } ? written.filter { !$0.isWhitespace } : written
        var loop = Loop(
            variable: variable, collection: collection, isReversed: false, body: Block(), name: "\(variable)-\(name)", span: tag.whole)
        while !words.isAtEnd {
            if try words.take(.comma) { continue }
            let (option, span) = try words.name("limit, offset or reversed")
            if option == "reversed" {
                loop.isReversed = true
                continue
            }
            guard option == "limit" || option == "offset" else { throw unknownOption(option, span, ["limit", "offset", "reversed"]) }
            guard try words.take(.colon) else { throw words.expected("\":\" after \(option)") }
            if option == "limit" {
                loop.limit = try words.expression()
            } else if try words.take(word: "continue") {
                loop.offset = .continue
            } else {
                loop.offset = .at(try words.expression())
            }
        }
        return loop
    }

    mutating func tableRow(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node? {
        let head = header { parser throws(Diagnostic) in try parser.tableRowHead(tag) }
        let body = body(of: tag).block
        guard var head else { return nil }
        head.body = body
        return .tableRow(head)
    }

    private func tableRowHead(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> TableRow {
        var words = try parser(tag.markup)
        let (variable, collection) = try variableAndCollection(&words, of: "tablerow item in items")
        var row = TableRow(variable: variable, collection: collection, body: Block(), span: tag.whole)
        while !words.isAtEnd {
            if try words.take(.comma) { continue }
            let (option, span) = try words.name("cols, limit or offset")
            guard try words.take(.colon) else { throw words.expected("\":\" after \(option)") }
            let value = try words.expression()
            switch option {
            case "cols": row.columns = value
            case "limit": row.limit = value
            case "offset": row.offset = value
            default: throw unknownOption(option, span, ["cols", "limit", "offset"])
            }
        }
        return row
    }

    private func variableAndCollection(
        _ words: inout ExpressionParser, of example: String
    ) throws(Diagnostic) -> (String, Expression) {
        let (variable, _) = try words.name("a name as in \(example)")
        guard try words.take(word: "in") else { throw words.expected("\"in\" as in \(example)") }
        return (variable, try words.expression())
    }

    private func unknownOption(_ option: String, _ span: Span, _ known: [String]) -> Diagnostic {
        let list = known.dropLast().joined(separator: ", ") + " and " + (known.last ?? "")
        let hint = suggestion(for: option, among: known) ?? "there are \(list)"
        return Diagnostic(.error, "there is no option \"\(source.quote(span))\" here", in: source, at: span, hint: hint)
    }
}
