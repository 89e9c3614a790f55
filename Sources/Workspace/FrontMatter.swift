package import Diagnostics

/// Parts a file into the YAML between its two `---` lines, if it starts with one, and the rest.
///
/// A byte order mark and CRLF are tolerated. Without front matter the body is the whole file.
///
/// - Throws: where the second `---` line is missing or the YAML is none.
package func splitFrontMatter(_ source: SourceText) throws(DiagnosticList) -> (front: YAMLNode?, bodySpan: Span) {
    let bytes = source.bytes
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = rule(in: bytes, at: start) else { return (nil, Span(start, bytes.count)) }
    var line = first
    while line < bytes.count {
        if let closing = rule(in: bytes, at: line) {
            guard line - first <= largestFrontMatter else {
                let place = Span(first + largestFrontMatter, first + largestFrontMatter + 1)
                throw DiagnosticList([Diagnostic(.error, "more than 64 kB of front matter", in: source, at: place)])
            }
            return (try YAMLNode.parse(source, in: Span(first, line)), Span(closing, bytes.count))
        }
        line = (bytes[line...].firstIndex(of: 0x0A) ?? bytes.count - 1) + 1
    }
    throw DiagnosticList([
        Diagnostic(
            .error, "this opens front matter, and no other --- line closes it", in: source, at: Span(start, start + 3),
            hint: "close it with a line of ---, or write *** for a ruled line")
    ])
}

/// In bytes.
private let largestFrontMatter = 64 << 10

/// The start of the next line, where a line of three hyphens, and blanks after them at most, starts at `offset`.
private func rule(in bytes: [UInt8], at offset: Int) -> Int? {
    guard bytes[offset...].starts(with: [0x2D, 0x2D, 0x2D]) else { return nil }
    var index = offset + 3
    while index < bytes.count, bytes[index] != 0x0A {
        guard bytes[index] == 0x20 || bytes[index] == 0x09 || bytes[index] == 0x0D else { return nil }
        index += 1
    }
    return min(index + 1, bytes.count)
}
