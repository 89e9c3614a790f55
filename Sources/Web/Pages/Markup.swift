/// A piece of HTML. What is written literally is markup; what is interpolated is escaped, unless it is markup itself.
///
/// ```swift
/// let item: Markup = "<li title=\"\(title)\">\(name)</li>"    // title and name are escaped
/// ```
/// So a value can't become markup by being forgotten: it would have to be called markup.
struct Markup: ExpressibleByStringInterpolation, Sendable {
    private(set) var html: String

    init(stringLiteral value: String) {
        html = value
    }

    init(stringInterpolation: StringInterpolation) {
        html = stringInterpolation.html
    }

    init(joining pieces: some Sequence<Markup>) {
        html = pieces.map(\.html).joined()
    }

    static func + (a: Markup, b: Markup) -> Markup {
        var sum = a
        sum.html += b.html
        return sum
    }

    struct StringInterpolation: StringInterpolationProtocol {
        var html: String

        init(literalCapacity: Int, interpolationCount: Int) {
            html = ""
            html.reserveCapacity(literalCapacity + 32 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { html += literal }
        mutating func appendInterpolation(_ markup: Markup) { html += markup.html }

        /// Fit for text and for attributes in either kind of quotes.
        mutating func appendInterpolation(_ text: String) {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "&": html += "&amp;"
                case "<": html += "&lt;"
                case ">": html += "&gt;"
                case "\"": html += "&quot;"
                case "'": html += "&#39;"
                default: html.unicodeScalars.append(scalar)
                }
            }
        }
    }
}
