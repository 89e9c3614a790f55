/// Text in lines of a width, broken at blanks.
///
///     Wrapping.lines(of: "did purchase in last 30 days", width: 16)   // ["did purchase in", "last 30 days"]
package enum Wrapping {
    /// `width` counts characters. A word that is longer than a line gets one of its own, and blanks within a text that fits stay.
    package static func lines(of text: String, width: Int) -> [String] {
        guard text.count > width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count <= width {
                line += " \(word)"
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        lines.append(line)
        return lines
    }
}
