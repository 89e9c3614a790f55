import Diagnostics

/// Lines of a Markdown text that hold nothing but Liquid tags, taken out before cmark sees it.
///
/// Such a line stands between two blocks, list items or rows; as text it would join the one before it. Between items and
/// between rows it is removed without a trace (a blank line would end the table or loosen the list); elsewhere a blank
/// line takes its place.
struct LiftedLines {
    struct Line {
        var marks: [Int]
        /// Everything that starts on this line of ``text`` or later comes after it.
        var gap: Int
        var indent: Int
        var isQuoted: Bool
    }

    private(set) var text = ComposedText()
    private(set) var lines: [Line] = []

    /// - Parameter kept: marks that stand in raw HTML or in a code block, and stay there.
    init(_ marked: ComposedText, marks: Marks, keeping kept: Set<Int>) {
        let bytes = marked.bytes
        let source = Self.lines(of: bytes)
        let lone = source.map { Self.lone(bytes, $0, marks, kept) }
        // Looked up for each, or a text of nothing but tags would take for ever.
        var following: [Int?] = []
        var next: Int?
        for index in source.indices.reversed() {
            if lone[index] == nil { next = index }
            following.append(next)
        }
        var before = Context()
        var number = 1
        for index in source.indices {
            guard var line = lone[index] else {
                before.add(Self.content(bytes, source[index]))
                text.append(marked, source[index])
                number += 1
                continue
            }
            if let next = following[source.count - 1 - index], before.goesOn(with: Self.content(bytes, source[next])) {
                line.gap = number
            } else {
                text.append(marked, source[index].lowerBound..<(source[index].lowerBound + line.prefix))
                text.append("\n")
                number += 1
                line.gap = number
            }
            lines.append(Line(marks: line.marks, gap: line.gap, indent: line.indent, isQuoted: line.isQuoted))
        }
    }

    private struct Lone {
        var marks: [Int]
        var gap = 0
        var indent: Int
        var isQuoted: Bool
        /// Bytes of `>` and blanks before the first tag.
        var prefix: Int
    }

    /// Line ends belong to their lines.
    private static func lines(of bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let end = (bytes[start...].firstIndex(of: 0x0A) ?? bytes.count - 1) + 1
            lines.append(start..<end)
            start = end
        }
        return lines
    }

    private static func lone(_ bytes: [UInt8], _ line: Range<Int>, _ marks: Marks, _ kept: Set<Int>) -> Lone? {
        var offset = line.lowerBound
        var indent = 0
        var isQuoted = false
        while offset < line.upperBound, bytes[offset] == 0x20 || bytes[offset] == 0x09 || bytes[offset] == UInt8(ascii: ">") {
            if bytes[offset] == UInt8(ascii: ">") { isQuoted = true }
            indent += bytes[offset] == 0x09 ? 4 : 1
            offset += 1
        }
        let prefix = offset - line.lowerBound
        var found: [Int] = []
        while offset < line.upperBound {
            if let mark = Marks.mark(in: bytes, at: offset), marks.isTag(mark.index), !kept.contains(mark.index) {
                found.append(mark.index)
                offset = mark.range.upperBound
            } else if bytes[offset] == 0x20 || (0x09...0x0D).contains(bytes[offset]) {
                offset += 1
            } else {
                return nil
            }
        }
        return found.isEmpty ? nil : Lone(marks: found, indent: indent, isQuoted: isQuoted, prefix: isQuoted ? prefix : 0)
    }

    /// What the lines since the last empty one may be part of.
    private struct Context {
        var isList = false
        var isTable = false

        mutating func add(_ line: ArraySlice<UInt8>) {
            if line.isEmpty { self = Context() }
            isList = isList || startsItem(line)
            isTable = isTable || isDelimiterRow(line)
        }

        /// True where a line is one more item, or one more row.
        func goesOn(with line: ArraySlice<UInt8>) -> Bool {
            isList && startsItem(line) || isTable && line.contains(UInt8(ascii: "|"))
        }
    }

    /// Without blanks and quote marks in front, and without the line end.
    private static func content(_ bytes: [UInt8], _ line: Range<Int>) -> ArraySlice<UInt8> {
        var rest = bytes[line].drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ">") }
        while let last = rest.last, last == 0x20 || (0x09...0x0D).contains(last) { rest = rest.dropLast() }
        return rest
    }

    private static func startsItem(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first else { return false }
        if [UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+")].contains(first) {
            return text.dropFirst().first.map { $0 == 0x20 || $0 == 0x09 } ?? true
        }
        let digits = text.prefix { (0x30...0x39).contains($0) }
        let rest = text.dropFirst(digits.count)
        guard (1...9).contains(digits.count), rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ")") else { return false }
        return rest.dropFirst().first.map { $0 == 0x20 || $0 == 0x09 } ?? true
    }

    private static func isDelimiterRow(_ text: ArraySlice<UInt8>) -> Bool {
        text.contains(UInt8(ascii: "-")) && text.contains(UInt8(ascii: "|"))
            && text.allSatisfy { [0x20, 0x09, UInt8(ascii: "-"), UInt8(ascii: "|"), UInt8(ascii: ":")].contains($0) }
    }
}
