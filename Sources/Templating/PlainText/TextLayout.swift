import Glibc

/// The last touch to a plain-text part that was written from HTML, once its values are in: no blanks at the ends of lines,
/// no more than one empty line in a row, and paragraphs broken at 72 columns.
///
/// One pass over the bytes; a line is never broken within a word, so addresses stay whole.
enum TextLayout {
    static let width = 72

    static func arranged(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBufferPointer { bytes in
            var layout = TextLines(reserving: bytes.count + bytes.count / 32)
            var empty = 0
            var start = 0
            while start < bytes.count {
                let lineEnd = bytes.position(of: 0x0A, from: start)
                var end = lineEnd
                while end > start, bytes[end &- 1] == 0x20 || (0x09...0x0D).contains(bytes[end &- 1]) { end &-= 1 }
                if end == start {
                    empty += 1
                } else {
                    if empty > 0, !layout.isEmpty { layout.endLine() }
                    empty = 0
                    layout.append(UnsafeBufferPointer(rebasing: bytes[start..<end]))
                }
                start = lineEnd + 1
            }
            return layout.out
        }
    }
}

/// Lines as they are written. Everything goes by positions in plain memory: this runs over every byte of every message.
private struct TextLines {
    private(set) var out: [UInt8] = []

    init(reserving count: Int) {
        out.reserveCapacity(count)
    }

    var isEmpty: Bool { out.isEmpty }

    mutating func endLine() {
        out.append(0x0A)
    }

    private mutating func copy(_ line: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
        out.append(contentsOf: UnsafeBufferPointer(rebasing: line[start..<end]))
    }

    /// One line that does not end with a blank.
    mutating func append(_ line: UnsafeBufferPointer<UInt8>) {
        defer { endLine() }
        let indent = line.end(ofBlanksFrom: 0)
        if indent >= 4, Self.item(in: line, from: indent) == nil { return copy(line, 0, line.count) }
        if line.isPlain(from: indent) { return appendPlain(line, from: indent) }
        // What the line starts with is kept as it is.
        var index = indent
        var column = indent
        // Words that stay on one line are copied in one go.
        var copied = 0
        var end = index
        while index < line.count {
            let wordEnd = line.position(of: 0x20, from: index)
            let width = line.columns(index, wordEnd)
            if end < index {
                if column + 1 + width > TextLayout.width {
                    copy(line, copied, end)
                    endLine()
                    let hanging = Self.continuation(of: line)
                    hang(hanging, of: line)
                    column = hanging.width
                    copied = index
                } else {
                    // More than one blank between two words is one.
                    if index - end > 1 {
                        copy(line, copied, end)
                        copied = index - 1
                    }
                    column += 1
                }
            }
            column += width
            end = wordEnd
            index = line.end(ofBlanksFrom: wordEnd)
        }
        copy(line, copied, end)
    }

    /// The same where each byte is a column and words stand one blank apart: it looks for a blank only around the margin, which
    /// takes a third of the time of going word by word.
    private mutating func appendPlain(_ line: UnsafeBufferPointer<UInt8>, from indent: Int) {
        var start = 0
        var hanging = Continuation()
        while line.count - start + hanging.width > TextLayout.width {
            let margin = start + TextLayout.width - hanging.width
            var blank = margin
            let first = start == 0 ? indent : start
            while blank > first, line[blank] != 0x20 { blank &-= 1 }
            // A word that is longer than a line stays whole.
            if blank <= first { blank = line.position(of: 0x20, from: max(margin, first)) }
            guard blank < line.count else { break }
            copy(line, start, blank)
            endLine()
            if start == 0 { hanging = Self.continuation(of: line) }
            hang(hanging, of: line)
            start = blank + 1
        }
        copy(line, start, line.count)
    }

    /// What a broken line goes on with: its own first bytes (the indent, a quote's mark), then the width of an item's bullet in blanks.
    /// Nothing where they fill half a line: a value may begin with any number of them, and each line would have all.
    private struct Continuation {
        var start = 0
        var bullet = 0
        var width: Int { start + bullet }
    }

    private static func continuation(of line: UnsafeBufferPointer<UInt8>) -> Continuation {
        var start = 0
        while start < line.count, line[start] == 0x20 || line[start] == UInt8(ascii: ">") { start &+= 1 }
        if start > TextLayout.width / 2 { return Continuation() }
        return Continuation(start: start, bullet: item(in: line, from: start).map { $0 + 1 - start } ?? 0)
    }

    private mutating func hang(_ hanging: Continuation, of line: UnsafeBufferPointer<UInt8>) {
        if hanging.start > 0 { copy(line, 0, hanging.start) }
        for _ in 0..<hanging.bullet { out.append(0x20) }
    }

    /// Where the bullet or number of a list's item ends, if one stands at `start`.
    private static func item(in line: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let blank = line.position(of: 0x20, from: start)
        guard blank > start, blank - start <= 4, blank < line.count else { return nil }
        let last = line[blank - 1]
        if blank - start == 1 { return last == UInt8(ascii: "-") || last == UInt8(ascii: "*") ? blank : nil }
        return last == UInt8(ascii: ".") && line[start..<(blank - 1)].allSatisfy { (0x30...0x39).contains($0) } ? blank : nil
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The next place of `byte` at or after `start`; the end where there is none.
    fileprivate func position(of byte: UInt8, from start: Int) -> Int {
        guard start < count, let base = baseAddress, let found = memchr(base + start, Int32(byte), count - start) else { return count }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Whether every byte from `start` is a column of its own and no two blanks follow each other.
    fileprivate func isPlain(from start: Int) -> Bool {
        guard start < count, let base = UnsafeRawPointer(baseAddress) else { return true }
        var odd: UInt8 = self[count &- 1] & 0x80
        var index = start
        // Eight bytes at a time, beside the eight that begin one later: a byte that is zero in both differences is a blank before a blank.
        var oddities: UInt64 = 0
        while index &+ 9 <= count {
            let here = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let next = base.loadUnaligned(fromByteOffset: index &+ 1, as: UInt64.self)
            let both = (here ^ 0x2020_2020_2020_2020) | (next ^ 0x2020_2020_2020_2020)
            oddities |= here | ((both &- 0x0101_0101_0101_0101) & ~both)
            index &+= 8
        }
        if oddities & 0x8080_8080_8080_8080 != 0 { return false }
        while index < count &- 1 {
            odd |= self[index] & 0x80
            odd |= self[index] == 0x20 && self[index &+ 1] == 0x20 ? 1 : 0
            index &+= 1
        }
        return odd == 0
    }

    fileprivate func end(ofBlanksFrom start: Int) -> Int {
        var index = start
        while index < count, self[index] == 0x20 { index &+= 1 }
        return index
    }

    /// Bytes that begin a character, which is near enough to what a terminal shows.
    fileprivate func columns(_ start: Int, _ end: Int) -> Int {
        var columns = 0
        for index in start..<end where self[index] & 0xC0 != 0x80 { columns &+= 1 }
        return columns
    }
}
