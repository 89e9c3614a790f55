package import Delivery

/// Finds replies in a stream of bytes, however it is cut.
///
/// Takes lines that end in CRLF or LF. Refuses what no server means: a line without a code, a NUL, a multi-line reply that
/// changes its code, a line above 8 kB, a reply above 64 kB. After a refusal the stream is lost: there is no telling where
/// the next reply starts.
package struct ReplyReader: Sendable {
    package enum Garbage: String, Error, Sendable {
        case noCode = "the relay sent a line that is no SMTP reply"
        case mixedCodes = "the relay changed the code in the middle of a reply"
        case longLine = "the relay sent a line above 8 kB"
        case longReply = "the relay sent a reply above 64 kB"
        case nul = "the relay sent a NUL byte"
    }

    package static let longestLine = 8192
    package static let longestReply = 65_536

    private var bytes: [UInt8] = []
    /// Where the reply that is being read starts, and where its first line not looked at yet does.
    private var start = 0
    private var line = 0
    private var searched = 0
    private var code = 0
    /// The reply found last; valid until `append`.
    private var found = 0..<0

    package init() {}

    /// True where bytes of a reply not read yet are held.
    package var holdsBytes: Bool { start < bytes.count }

    package mutating func append(_ new: UnsafeRawBufferPointer) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            (start, line, searched) = (0, 0, 0)
        } else if start > 4096 {
            bytes.removeFirst(start)
            line -= start
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// The code of the next whole reply; nil where it isn't there yet.
    package mutating func next() throws(Garbage) -> Int? {
        while true {
            guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
                searched = bytes.count
                if bytes.count - line > Self.longestLine { throw .longLine }
                return nil
            }
            if end - line > Self.longestLine { throw .longLine }
            if end - start > Self.longestReply { throw .longReply }
            let (number, isLast) = try read(line..<end)
            if line > start, number != code { throw .mixedCodes }
            code = number
            line = end + 1
            searched = line
            guard isLast else { continue }
            found = start..<line
            start = line
            return code
        }
    }

    private func read(_ range: Range<Int>) throws(Garbage) -> (code: Int, isLast: Bool) {
        for index in range where bytes[index] == 0 { throw .nul }
        var end = range.upperBound
        if end > range.lowerBound, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        guard end - range.lowerBound >= 3 else { throw .noCode }
        var number = 0
        for byte in bytes[range.lowerBound..<range.lowerBound + 3] {
            guard byte >= 0x30, byte <= 0x39 else { throw .noCode }
            number = number * 10 + Int(byte - 0x30)
        }
        guard (200..<600).contains(number) else { throw .noCode }
        if end - range.lowerBound == 3 { return (number, true) }
        switch bytes[range.lowerBound + 3] {
        case UInt8(ascii: " "): return (number, true)
        case UInt8(ascii: "-"): return (number, false)
        default: throw .noCode
        }
    }

    /// The words of the reply that `next` has just found.
    package var reply: Reply {
        if let line = onlyLine {
            return bytes.withUnsafeBufferPointer { Reply(code: code, line: UnsafeBufferPointer(rebasing: $0[line])) }
        }
        let lines = bytes[found].split(separator: UInt8(ascii: "\n")).map { line in
            let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return String(decoding: text.dropFirst(4), as: UTF8.self)
        }
        return Reply(code: code, lines: lines)
    }

    /// What stands after the code of a reply that is one line; nil for one of several.
    private var onlyLine: Range<Int>? {
        guard let end = bytes[found].firstIndex(of: UInt8(ascii: "\n")), end == found.upperBound - 1 else { return nil }
        let last = end > found.lowerBound && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
        return min(found.lowerBound + 4, last)..<last
    }
}
