/// The last touch to a plain-text part that was written from HTML, once its values are in: no blanks at the ends of lines,
/// no more than one empty line in a row, and paragraphs broken at 72 columns.
///
/// One pass over the bytes; a line is never broken within a word, so addresses stay whole.
enum TextLayout {
    static let width = 72

    static func arranged(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBufferPointer { arranged($0) }
    }

    private typealias Line = Slice<UnsafeBufferPointer<UInt8>>

    private static func arranged(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 32)
        var empty = 0
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            var line = bytes[start..<end]
            while let last = line.last, last == 0x20 || (0x09...0x0D).contains(last) { line = line.dropLast() }
            if line.isEmpty {
                empty += 1
            } else {
                if empty > 0, !out.isEmpty { out.append(0x0A) }
                empty = 0
                append(line, to: &out)
            }
            start = end + 1
        }
        return out
    }

    private static func append(_ line: Line, to out: inout [UInt8]) {
        let isPreformatted = line.starts(with: [0x20, 0x20, 0x20, 0x20]) && !isItem(line.drop { $0 == 0x20 })
        if isPreformatted {
            out.append(contentsOf: line)
            out.append(0x0A)
            return
        }
        // What the line starts with is kept as it is.
        var index = line.firstIndex { $0 != 0x20 } ?? line.endIndex
        var column = index - line.startIndex
        // Words that stay on one line are copied in one go.
        var copied = line.startIndex
        var end = index
        while index < line.endIndex {
            let wordEnd = line[index...].firstIndex(of: 0x20) ?? line.endIndex
            let width = columns(line[index..<wordEnd])
            if end < index {
                if column + 1 + width > Self.width {
                    out.append(contentsOf: UnsafeBufferPointer(rebasing: line[copied..<end]))
                    out.append(0x0A)
                    let hanging = continuation(of: line)
                    out.append(contentsOf: hanging)
                    column = hanging.count
                    copied = index
                } else {
                    // More than one blank between two words is one.
                    if index - end > 1 {
                        out.append(contentsOf: UnsafeBufferPointer(rebasing: line[copied..<end]))
                        copied = index - 1
                    }
                    column += 1
                }
            }
            column += width
            end = wordEnd
            index = line[wordEnd...].firstIndex { $0 != 0x20 } ?? line.endIndex
        }
        out.append(contentsOf: UnsafeBufferPointer(rebasing: line[copied..<end]))
        out.append(0x0A)
    }

    /// Bytes that begin a character, which is near enough to what a terminal shows.
    private static func columns(_ word: Line) -> Int {
        var count = 0
        for byte in word where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// What a broken line goes on with: the indent, a quote's mark, the width of an item's bullet.
    private static func continuation(of line: Line) -> [UInt8] {
        var prefix: [UInt8] = []
        var rest = line
        while let first = rest.first, first == 0x20 || first == UInt8(ascii: ">") {
            prefix.append(first)
            rest = rest.dropFirst()
        }
        if isItem(rest), let blank = rest.firstIndex(of: 0x20) {
            prefix += Array(repeating: 0x20, count: blank - rest.startIndex + 1)
        }
        return prefix
    }

    private static func isItem(_ text: Line) -> Bool {
        guard let blank = text.firstIndex(of: 0x20), blank > text.startIndex else { return false }
        let marker = text[..<blank]
        if marker.count == 1 { return marker.first == UInt8(ascii: "-") || marker.first == UInt8(ascii: "*") }
        return marker.count <= 4 && marker.last == UInt8(ascii: ".") && marker.dropLast().allSatisfy { (0x30...0x39).contains($0) }
    }
}
