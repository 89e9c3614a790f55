import Diagnostics

/// `render`, `include` and the host's own blocks.
extension Parser {
    func partial(_ tag: TemplateTokenizer.Tag, style: PartialCall.Style) throws(Diagnostic) -> Node {
        var words = try parser(tag.markup)
        let name = try words.expression()
        if style == .render {
            guard case .literal(.string, _) = name else {
                throw Diagnostic(.error, "render takes the partial's name in quotes", in: source, at: name.span)
            }
        }
        var call = PartialCall(style: style, name: name, repeats: false, arguments: [], span: tag.whole)
        if words.isWord("for") || words.isWord("with") {
            call.repeats = words.isWord("for")
            try words.advance()
            call.subject = try words.expression()
        }
        if try words.take(word: "as") {
            call.alias = try words.name("a name after as").text
        }
        while !words.isAtEnd {
            if try words.take(.comma) { continue }
            let (argument, place) = try words.name("an argument as in name: value")
            guard try words.take(.colon) else { throw words.expected("\":\" after \(argument)") }
            call.arguments.append((argument, place, try words.expression()))
        }
        return .partial(call)
    }

    mutating func hostBlock(_ tag: TemplateTokenizer.Tag) throws(Diagnostic) -> Node? {
        let arguments = header { parser throws(Diagnostic) in
            var words = try parser.parser(tag.markup)
            var arguments: [Expression] = []
            while !words.isAtEnd {
                if !arguments.isEmpty, try !words.take(.comma) { throw words.expected("a comma") }
                arguments.append(try words.expression())
            }
            return arguments
        }
        let body = body(of: tag).block
        return .host(HostUse(name: text(tag.name), arguments: arguments ?? [], body: body, span: tag.whole))
    }
}
