/// A half-open range of UTF-8 byte offsets into a ``SourceText``.
package struct Span: Hashable, Sendable {
    package var start: Int
    package var end: Int

    package init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = max(start, end)
    }

    package func union(_ other: Span) -> Span {
        Span(min(start, other.start), max(end, other.end))
    }
}

/// A place as people say it: both numbers start at 1, columns count characters, not bytes.
package struct Location: Hashable, Sendable, CustomStringConvertible {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package var description: String { "\(line):\(column)" }
}

/// The text of one file a person wrote, with the name it is shown under.
///
/// Spans are byte offsets because every parser in the house reads bytes; a location in lines and characters is worked
/// out only when a mistake has to be shown. The bytes may be any bytes: what is not UTF-8 is shown as U+FFFD.
package struct SourceText: Sendable {
    /// As shown in messages: usually the path within the workspace.
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    package init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    package func text(in span: Span) -> String {
        let start = min(max(span.start, 0), bytes.count)
        let end = min(max(span.end, start), bytes.count)
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    package func location(of offset: Int) -> Location {
        let offset = min(max(offset, 0), bytes.count)
        var line = 1
        var lineStart = 0
        for index in 0..<offset where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        let column = String(decoding: bytes[lineStart..<offset], as: UTF8.self).count + 1
        return Location(line: line, column: column)
    }

    /// The line that holds `offset`, without its line ending, and the offset at which it starts.
    func line(around offset: Int) -> (text: String, start: Int) {
        let offset = min(max(offset, 0), bytes.count)
        var start = offset
        while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        var end = offset
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return (String(decoding: bytes[start..<end], as: UTF8.self), start)
    }
}
