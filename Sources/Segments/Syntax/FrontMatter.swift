import Diagnostics
import Model

/// What stands between two `---` lines at the start of a segment file: a title, nothing else.
struct FrontMatter {
    var title: String?
    /// What it says and notes, a line each, in canonical form.
    private(set) var lines: [String] = []
    /// Where the conditions begin.
    var end: Int

    init(_ source: SourceText) throws(Diagnostic) {
        end = 0
        let start = source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var lines = Lines(source, from: start)
        guard let first = lines.next(), source.text(in: first).trimmingSpaces == "---" else {
            end = start
            return
        }
        while let line = lines.next() {
            let text = source.text(in: line)
            let said = text.trimmingSpaces
            if said == "---" {
                end = lines.position
                return
            }
            if said.hasPrefix("#") { self.lines.append(said) }
            if said.isEmpty || said.hasPrefix("#") { continue }
            try read(text, line, source)
        }
        throw Diagnostic(.error, "the front matter is not closed", in: source, at: first, hint: "end it with a line of three dashes: ---")
    }

    private mutating func read(_ text: String, _ line: Span, _ source: SourceText) throws(Diagnostic) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw Diagnostic(
                .error, "a line of the front matter has no colon", in: source, at: line, hint: "write title: What it is called")
        }
        let key = text[..<colon].trimmingSpaces
        let keySpan = Span(line.start, line.start + text[..<colon].utf8.count)
        guard key == "title" else {
            throw Diagnostic(
                .error, "unknown key \"\(key)\"", in: source, at: keySpan,
                hint: suggestion(for: key, among: ["title"]) ?? "a segment's front matter has one key: title")
        }
        guard title == nil else { throw Diagnostic(.error, "the title is given twice", in: source, at: keySpan) }
        var value = text[text.utf8.index(after: colon)...].trimmingSpaces
        if let quote = value.first, quote == "\"" || quote == "'", value.count >= 2, value.last == quote {
            value = String(value.dropFirst().dropLast())
        }
        title = value
        lines.append("title: \(Self.written(title: value))")
    }

    /// In quotes where it would be read without something at its ends.
    private static func written(title: String) -> String {
        let isQuoted = title.count >= 2 && title.first == title.last && (title.first == "\"" || title.first == "'")
        return isQuoted || title.isEmpty ? "\"\(title)\"" : title
    }
}

/// The lines of a text, without their ends.
private struct Lines {
    private let bytes: [UInt8]
    /// Where the next line starts.
    private(set) var position: Int

    init(_ source: SourceText, from position: Int) {
        bytes = source.bytes
        self.position = position
    }

    mutating func next() -> Span? {
        guard position < bytes.count else { return nil }
        let start = position
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        position = min(end + 1, bytes.count)
        return Span(start, end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end)
    }
}
