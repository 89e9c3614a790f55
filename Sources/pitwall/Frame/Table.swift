import Diagnostics

/// Rows under headers, as wide as the terminal: the widest column gives way.
struct Table {
    enum Alignment {
        case left, right
    }

    var headers: [String]
    var alignments: [Alignment]
    var rows: [[String]] = []
    /// What does not fit into the last column goes on below, in place of being cut.
    var wrapsLast = false

    init(_ columns: [(String, Alignment)]) {
        headers = columns.map(\.0)
        alignments = columns.map(\.1)
    }

    mutating func add(_ cells: String...) {
        rows.append(cells.map(Self.clean))
    }

    func lines(width: Int) -> [String] {
        let widths = widths(within: width)
        return [line(headers, widths)].map { Console.bold($0) } + rows.flatMap { wrapped($0, widths) }.map { line($0, widths) }
    }

    private func wrapped(_ cells: [String], _ widths: [Int]) -> [[String]] {
        guard wrapsLast, let cell = cells.last, let width = widths.last, cells.count == widths.count else { return [cells] }
        let blank = Array(repeating: "", count: cells.count - 1)
        return Wrapping.lines(of: cell, width: width).enumerated().map { ($0 == 0 ? cells.dropLast() : blank) + [$1] }
    }

    func print(width: Int = Console.width) {
        for line in lines(width: width) { Console.print(line) }
    }

    private func widths(within width: Int) -> [Int] {
        var widths = headers.indices.map { column in
            ([headers[column]] + rows.map { column < $0.count ? $0[column] : "" }).map(Self.columns).max() ?? 0
        }
        let gaps = 2 * max(0, widths.count - 1)
        while widths.reduce(0, +) + gaps > width, let widest = widths.max(), widest > 8, let index = widths.firstIndex(of: widest) {
            widths[index] -= 1
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (index, width) in widths.enumerated() {
            let cell = Self.cut(index < cells.count ? cells[index] : "", to: width)
            let padding = String(repeating: " ", count: max(0, width - Self.columns(cell)))
            if index > 0 { text += "  " }
            text += alignments[index] == .right ? padding + cell : cell + padding
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    private static func cut(_ text: String, to width: Int) -> String {
        guard columns(text) > width else { return text }
        var kept = ""
        var used = 0
        for character in text {
            let next = columns(String(character))
            if used + next > width - 1 { break }
            kept.append(character)
            used += next
        }
        return kept + "…"
    }

    /// How many columns a terminal takes for it: wide for East Asian characters and emoji, none for marks.
    static func columns(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            let wide: [ClosedRange<UInt32>] = [
                0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0x1F300...0x1FAFF,
            ]
            return sum + (wide.contains { $0.contains(scalar.value) } ? 2 : 1)
        }
    }

    /// Data must not steer the terminal.
    static func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }))
    }
}
