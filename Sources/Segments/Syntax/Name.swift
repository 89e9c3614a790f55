package import Diagnostics

/// A name as a person wrote it, with its place. Two names are equal where their letters are, wherever they stand.
package struct Name: Hashable, Sendable {
    package var text: String
    package var span: Span

    package init(_ text: String, at span: Span = Span(0, 0)) {
        self.text = text
        self.span = span
    }

    package static func == (a: Name, b: Name) -> Bool { a.text == b.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Name {
    /// The name as it stands in a segment: plain, or in backquotes where it would be read as something else.
    package var written: String {
        let plain = text.unicodeScalars.first.map(Lexer.startsWord) == true && text.unicodeScalars.allSatisfy(Lexer.continuesWord)
        return plain && !text.hasSuffix("-") && !Keyword.all.contains(text) ? text : "`\(text)`"
    }
}

/// The words that mean something in the language. A name that equals one of them goes in backquotes.
enum Keyword {
    static let all: Set<String> = [
        "ago", "and", "any", "at", "average", "avg", "before", "after", "between", "bounced", "clicked", "complained",
        "consented", "consents", "contains", "count", "days", "did", "distinct", "ends", "exactly", "false", "first", "from",
        "has", "in", "is", "known", "last", "least", "max", "min", "month", "most", "next", "not", "now", "of", "opened", "or",
        "received", "sample", "seed", "segment", "starts", "sum", "then", "this", "times", "to", "today", "true",
        "unknown", "was", "where", "with", "withdrew", "within",
    ]
}
