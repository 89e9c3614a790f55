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

    /// As a message quotes it: cut where it is long, and without controls, which would move the reader's cursor.
    package func quote(_ span: Span) -> String {
        let longest = 60
        let end = border(before: min(span.end, span.start + longest * 4))
        let quoted = String(
            text(in: Span(span.start, end)).unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
        let isCut = quoted.count > longest || end < span.end
        return isCut ? quoted.prefix(longest) + "…" : quoted
    }

    package func location(of offset: Int) -> Location {
        let offset = min(max(offset, 0), bytes.count)
        let start = lineStart(before: offset)
        let newlines = bytes.withUnsafeBufferPointer { buffer in
            buffer[..<start].reduce(0) { $0 &+ ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        }
        return Location(line: newlines + 1, column: characters(in: Span(start, offset)) + 1)
    }

    /// The line that holds `offset`, without its line ending.
    func line(around offset: Int) -> Span {
        let offset = min(max(offset, 0), bytes.count)
        let start = lineStart(before: offset)
        var end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return Span(start, end)
    }

    private func lineStart(before offset: Int) -> Int {
        bytes.withUnsafeBytes { buffer in
            var start = offset
            // Eight at a time as long as none of them is a line end: fifty mistakes in a line of a megabyte are read quickly.
            while start >= 8 {
                let eight = buffer.loadUnaligned(fromByteOffset: start - 8, as: UInt64.self) ^ 0x0A0A_0A0A_0A0A_0A0A
                guard (eight &- 0x0101_0101_0101_0101) & ~eight & 0x8080_8080_8080_8080 == 0 else { break }
                start -= 8
            }
            while start > 0, buffer[start - 1] != UInt8(ascii: "\n") { start -= 1 }
            return start
        }
    }

    /// Beyond this many bytes, code points are counted for characters: nobody counts to there by hand, and finding the
    /// borders of characters in a line of a megabyte takes 30 ms.
    private static let counted = 4096

    func characters(in span: Span) -> Int {
        let passage = bytes[min(span.start, bytes.count)..<min(span.end, bytes.count)]
        if passage.count <= Self.counted { return String(decoding: passage, as: UTF8.self).count }
        return passage.withUnsafeBytes { buffer in
            var continuing = 0
            var place = 0
            // Eight at a time: fifty mistakes at the end of a line of a megabyte are fifty megabytes.
            while place + 8 <= buffer.count {
                let eight = buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                continuing &+= ((eight >> 7) & (~eight >> 6) & 0x0101_0101_0101_0101).nonzeroBitCount
                place += 8
            }
            while place < buffer.count {
                if buffer[place] & 0xC0 == 0x80 { continuing += 1 }
                place += 1
            }
            return buffer.count - continuing
        }
    }

    /// The nearest border of a code point at or before `offset`.
    func border(before offset: Int) -> Int {
        var offset = min(max(offset, 0), bytes.count)
        // In what is no UTF-8 there may be none.
        let least = max(0, offset - 3)
        while offset > least, offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset -= 1 }
        return offset
    }
}
