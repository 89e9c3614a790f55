import Glibc

/// The parts of a message that two runs write alike: all but its `Date` and `DKIM-Signature` header fields, their folded
/// lines included. Ranges of byte offsets, in order, never empty.
package func contentRanges(of message: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var kept = 0
    var line = 0
    var skipping = false
    message.withUnsafeBufferPointer { bytes in
        while line < bytes.count {
            let first = bytes[line]
            if first == UInt8(ascii: "\n") { break }
            if first == UInt8(ascii: "\r"), line + 1 < bytes.count, bytes[line + 1] == UInt8(ascii: "\n") { break }
            if first != UInt8(ascii: " "), first != UInt8(ascii: "\t") {
                let skip = isField("date:", bytes, at: line) || isField("dkim-signature:", bytes, at: line)
                if skip, !skipping, kept < line { ranges.append(kept..<line) }
                if !skip, skipping { kept = line }
                skipping = skip
            }
            guard let rest = bytes.baseAddress.map({ $0 + line }), let end = memchr(rest, 0x0A, bytes.count - line) else {
                line = bytes.count + 1
                break
            }
            line += UnsafeRawPointer(end) - UnsafeRawPointer(rest) + 1
        }
    }
    if skipping { kept = min(line, message.count) }
    if kept < message.count { ranges.append(kept..<message.count) }
    return ranges
}

/// `name` is in lower case and ends in a colon; blanks before the colon are as old as mail and still allowed to read.
private func isField(_ name: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    let length = name.utf8CodeUnitCount - 1
    guard start + length < bytes.count else { return false }
    for index in 0..<length {
        if Characters.lowercased(bytes[start + index]) != name.utf8Start[index] { return false }
    }
    var next = start + length
    while next < bytes.count, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\t") { next += 1 }
    return next < bytes.count && bytes[next] == UInt8(ascii: ":")
}
