/// One thing to tell a person about a file they wrote: what is wrong, where, and what to do about it.
///
/// ```text
/// Segments/pricing.segment:5:13: error: no event "purchse" has ever been recorded
/// 5 | and did not purchse in last 7 days
///   |             ^~~~~~~ did you mean "purchase"?
/// ```
package struct Diagnostic: Error, Sendable {
    package enum Severity: String, Sendable {
        case error, warning
    }

    package var severity: Severity
    package var message: String
    package var source: SourceText
    /// Nil when the whole file is meant (it is empty, it is missing a key).
    package var span: Span?
    /// What to do now. A suggestion reads `did you mean "purchase"?`.
    package var hint: String?

    package init(
        _ severity: Severity, _ message: String, in source: SourceText, at span: Span? = nil, hint: String? = nil
    ) {
        self.severity = severity
        self.message = message
        self.source = source
        self.span = span
        self.hint = hint
    }

    /// An error.
    package init(_ message: String, in source: SourceText, at span: Span? = nil, hint: String? = nil) {
        self.init(.error, message, in: source, at: span, hint: hint)
    }

    package var location: Location? {
        span.map { source.location(of: $0.start) }
    }

    /// One line: `FILE:LINE:COLUMN: error: what is wrong`.
    package var headline: String {
        let place = location.map { ":\($0)" } ?? ""
        return "\(source.name)\(place): \(severity.rawValue): \(message)"
    }
}

extension Diagnostic: CustomStringConvertible {
    /// The headline, the line of the file with a caret under the place, and the hint.
    package var description: String {
        guard let span, let location else {
            return hint.map { "\(headline)\n  \($0)" } ?? headline
        }
        let line = source.line(around: span.start)
        let number = String(location.line)
        let margin = String(repeating: " ", count: number.count)
        let excerpt = Excerpt(line: line.text, column: location.column, length: length(of: span, lineStart: line.start, in: line.text))
        let advice = hint.map { " \($0)" } ?? ""
        return "\(headline)\n\(number) | \(excerpt.text)\n\(margin) | \(excerpt.marks)\(advice)"
    }

    /// How many characters of its first line the span covers.
    private func length(of span: Span, lineStart: Int, in line: String) -> Int {
        let lineEnd = lineStart + line.utf8.count
        return source.text(in: Span(span.start, min(span.end, max(lineEnd, span.start)))).count
    }
}

/// A line cut to what fits a terminal, with its marks below.
private struct Excerpt {
    var text: String
    var marks: String

    private static let width = 110

    init(line: String, column: Int, length: Int) {
        var characters = Array(line)
        // A control character would move the caret, or the reader's terminal.
        for index in characters.indices where characters[index].unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            characters[index] = " "
        }
        var first = 0
        if characters.count > Self.width, column > Self.width * 2 / 3 {
            first = min(column - Self.width / 2, max(0, characters.count - Self.width))
        }
        let shown = characters.dropFirst(first).prefix(Self.width)
        text = (first > 0 ? "…" : "") + String(shown) + (first + shown.count < characters.count ? "…" : "")
        let before = column - 1 - first + (first > 0 ? 1 : 0)
        let under = max(1, min(length, Self.width - max(0, before)))
        marks = String(repeating: " ", count: max(0, before)) + "^" + String(repeating: "~", count: under - 1)
    }
}

/// Several mistakes found in one go; thrown where reading stops because of them.
package struct DiagnosticList: Error, Sendable, CustomStringConvertible {
    package var items: [Diagnostic]

    package init(_ items: [Diagnostic] = []) {
        self.items = items
    }

    package var hasErrors: Bool { items.contains { $0.severity == .error } }

    package var description: String {
        items.map(\.description).joined(separator: "\n\n")
    }
}
