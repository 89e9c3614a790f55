import Diagnostics
package import Model

/// The smallest piece of a segment, and where it stands.
struct Token: Sendable {
    enum Kind: Hashable, Sendable {
        /// A keyword or a plain name: which of the two is the parser's business.
        case word(String)
        /// A name in backquotes, never a keyword.
        case quoted(String)
        case text(String)
        case number(Number)
        case time(TimePoint)
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, Hashable, Sendable {
        case open = "("
        case close = ")"
        case comma = ","
        case dot = "."
        case percent = "%"
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
        case alike = "~="
    }

    var kind: Kind
    var span: Span

    func isWord(_ word: String) -> Bool { kind == .word(word) }
}

/// A number and how it is written (see ``JSONValue/init(canonicalNumber:)``); `12.50` may be written too, and is `12.5`.
package struct Number: Hashable, Sendable {
    package let text: String
    package let value: JSONValue

    package init?(_ text: String) {
        guard let value = JSONValue(tableNumber: text) else { return nil }
        self.text = JSONValue(canonicalNumber: text) == nil ? value.json : text
        self.value = value
    }
}

/// What a comment says, from its `#` to the end of its line.
struct Comment: Sendable {
    var text: String
    var span: Span
}
