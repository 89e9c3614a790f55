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
    package var headline: String { headline(at: location) }

    private func headline(at location: Location?) -> String {
        let place = location.map { ":\($0)" } ?? ""
        return "\(source.name)\(place): \(severity.rawValue): \(message)"
    }
}

extension Diagnostic: CustomStringConvertible {
    /// The headline, the line of the file with a caret under the place, and the hint.
    package var description: String {
        shown(excerpt: Excerpt.width) { line, _ in line }
    }

    /// The same for a terminal of so many columns: what is longer goes on in the next line, and carets stay below what they point at.
    package func description(columns: Int) -> String {
        shown(excerpt: min(Excerpt.width, max(20, columns - 8))) { line, indent in
            Wrapping.lines(of: line, width: max(20, columns - indent.count)).joined(separator: "\n" + indent)
        }
    }

    /// - Parameter fit: Breaks a line, with what begins each further one.
    private func shown(excerpt width: Int, _ fit: (String, String) -> String) -> String {
        guard let span, let location else {
            return hint.map { "\(fit(headline, "  "))\n  \(fit($0, "  "))" } ?? fit(headline, "  ")
        }
        let number = String(location.line)
        let margin = String(repeating: " ", count: number.count)
        let excerpt = Excerpt(source, around: span, width: width)
        let line = "\(fit(headline(at: location), "  "))\n\(number) | \(excerpt.text)\n\(margin) | \(excerpt.marks)"
        guard let hint else { return line }
        // Where it does not fit behind the marks it stands below them.
        let beside = "\(excerpt.marks) \(hint)"
        let indent = "\(margin) | "
        return fit(beside, indent) == beside ? "\(line) \(hint)" : "\(line)\n\(indent)\(fit(hint, indent))"
    }
}

/// A line cut to what fits a terminal, with its marks below.
private struct Excerpt {
    var text: String
    var marks: String

    static let width = 110
    /// On both sides of the place: more is never shown, and so never looked at.
    private static let reach = 512

    init(_ source: SourceText, around span: Span, width: Int) {
        let line = source.line(around: span.start)
        let place = min(max(span.start, line.start), line.end)
        let seen = Span(
            max(line.start, source.border(before: place - Self.reach)), min(line.end, source.border(before: place + Self.reach)))
        var characters = Array(source.text(in: seen))
        // A control character would move the caret, or the reader's terminal.
        for index in characters.indices where characters[index].unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            characters[index] = " "
        }
        Self.mask(&characters)
        let column = source.text(in: Span(seen.start, place)).count
        var first = 0
        if characters.count > width, column >= width * 2 / 3 {
            first = min(column + 1 - width / 2, max(0, characters.count - width))
        }
        let shown = characters.dropFirst(first).prefix(width)
        let isCutBefore = first > 0 || seen.start > line.start
        let isCutAfter = first + shown.count < characters.count || seen.end < line.end
        text = (isCutBefore ? "…" : "") + String(shown) + (isCutAfter ? "…" : "")
        let before = max(0, column - first + (isCutBefore ? 1 : 0))
        let length = source.text(in: Span(place, min(span.end, seen.end))).count
        marks = String(repeating: " ", count: before) + "^" + String(repeating: "~", count: max(1, min(length, width - before)) - 1)
    }

    private static let secretKeys = ["password", "passwd", "pass", "pwd", "secret", "token", "api_key", "apikey"].map { Array($0) }

    /// Whoever writes a password where none belongs is told so without its being shown: `password: …` and `//user:…@host`.
    private static func mask(_ line: inout [Character]) {
        let folded = line.map { $0.isASCII ? Character($0.lowercased()) : $0 }
        func hide(_ range: Range<Int>) {
            for index in range { line[index] = "•" }
        }
        for (colon, character) in folded.enumerated() where character == ":" || character == "=" {
            let key = folded[..<colon].reversed().drop { " \"'".contains($0) }.prefix { $0.isLetter || $0 == "_" || $0 == "-" }.reversed()
            guard secretKeys.contains(Array(key)) else { continue }
            var start = folded[(colon + 1)...].firstIndex { $0 != " " } ?? folded.endIndex
            // A value in quotes may hold anything up to the next one of them.
            let quote = start < folded.endIndex && "\"'".contains(folded[start]) ? folded[start] : nil
            if quote != nil { start += 1 }
            let end =
                folded[start...].firstIndex { character in quote.map { $0 == character } ?? ",}".contains(character) } ?? folded.endIndex
            hide(start..<end)
        }
        for slash in folded.indices.dropLast() where folded[slash] == "/" && folded[slash + 1] == "/" {
            let end = folded[(slash + 2)...].firstIndex { " /\"',}".contains($0) } ?? folded.endIndex
            guard let at = folded[(slash + 2)..<end].lastIndex(of: "@"), let colon = folded[(slash + 2)..<at].firstIndex(of: ":") else {
                continue
            }
            hide(colon + 1..<at)
        }
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
