import Diagnostics

extension SegmentSyntax {
    /// The whole file in canonical form: front matter, then one clause a line. Comments stay beside the clause they stood
    /// with. What this gives parses to the same tree, and formats to itself.
    package var formatted: String {
        var lines: [String] = []
        if !front.isEmpty { lines += ["---"] + front + ["---"] }
        var rest = comments[...]
        for (line, clause) in clauses {
            let above = rest.prefix { $0.span.start < clause.span.end }
            lines += above.map(\.text)
            rest = rest.dropFirst(above.count)
            if let comment = rest.first, standsAlone(between: clause.span.end, and: comment.span.start) {
                lines.append("\(line)  \(comment.text)")
                rest = rest.dropFirst()
            } else {
                lines.append(line)
            }
        }
        lines += rest.map(\.text)
        return lines.joined(separator: "\n") + "\n"
    }

    /// What stands on a line of its own: each member of the outermost `and` or `or`.
    private var clauses: [(line: String, node: SyntaxNode)] {
        switch root.kind {
        case .all(let items): items.enumerated().map { (($0 == 0 ? "" : "and ") + $1.asMember, $1) }
        case .any(let items): items.enumerated().map { (($0 == 0 ? "" : "or ") + $1.asMember, $1) }
        case .not, .condition: [(root.description, root)]
        }
    }

    /// Nothing but blanks of one line between the two places.
    private func standsAlone(between start: Int, and end: Int) -> Bool {
        start <= end && source.bytes[start..<end].allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
}
