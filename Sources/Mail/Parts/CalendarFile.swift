/// What has to be known of an iCalendar file (RFC 5545) to mail it.
package struct CalendarFile: Sendable {
    package enum Problem: String, Error, Sendable {
        case notCalendar = "is no calendar file: it does not start with BEGIN:VCALENDAR"
        case notUTF8 = "is not UTF-8"
        case badMethod = "has a METHOD that is no word"
    }

    /// `REQUEST`, `CANCEL`; nil for a calendar that asks for nothing.
    package let method: String?
    /// With CRLF line ends.
    package let content: [UInt8]

    package init(_ bytes: [UInt8]) throws(Problem) {
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count + bytes.count / 32)
        for byte in bytes {
            if byte == UInt8(ascii: "\n"), content.last != UInt8(ascii: "\r") { content.append(UInt8(ascii: "\r")) }
            content.append(byte)
        }
        self.content = content
        method = try Self.method(content)
    }

    /// Of the calendar itself, whose properties stand before its components (section 3.4).
    private static func method(_ content: [UInt8]) throws(Problem) -> String? {
        var isInside = false
        for line in unfolded(content) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].prefix { $0 != ";" }.uppercased()
            let value = line[line.index(after: colon)...].uppercased()
            if !isInside {
                guard name == "BEGIN", value == "VCALENDAR" else { throw .notCalendar }
                isInside = true
            } else if name == "BEGIN" || name == "END" {
                return nil
            } else if name == "METHOD" {
                let isWord = !value.isEmpty && value.utf8.allSatisfy { Characters.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
                guard isWord, value.utf8.count <= 40 else { throw .badMethod }
                return value
            }
        }
        if isInside { return nil }
        throw .notCalendar
    }

    /// Section 3.1: a line that starts with a blank goes on with the one before it. Of the first lines only.
    private static func unfolded(_ content: [UInt8]) -> [String] {
        var lines: [[UInt8]] = []
        for line in content.split(separator: UInt8(ascii: "\n"), maxSplits: 200).prefix(200) {
            let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if let first = text.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t"), !lines.isEmpty {
                lines[lines.count - 1] += text.dropFirst()
            } else if !text.isEmpty {
                lines.append(Array(text))
            }
        }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}
