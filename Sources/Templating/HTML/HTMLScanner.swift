/// Cuts HTML into text, tags and comments, without making a tree: a single pass that nothing can slow down.
///
/// It is what stands between authors and gumbo, so it takes any bytes.
struct HTMLScanner {
    enum Token {
        case text(Range<Int>)
        case start(name: String, range: Range<Int>, closesItself: Bool)
        case end(name: String, range: Range<Int>)
        /// Comments, doctypes, and what stands in `<style>`, `<script>`, `<title>` and `<textarea>`.
        case opaque(Range<Int>)

        /// Where a tag or a comment stands.
        var tag: Int? {
            switch self {
            case .text: nil
            case .start(_, let range, _), .end(_, let range), .opaque(let range): range.lowerBound
            }
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var rawTextEnd: String?

    private static let rawText: Set<String> = ["style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes"]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func next() -> Token? {
        guard position < bytes.count else { return nil }
        if let name = rawTextEnd {
            rawTextEnd = nil
            let end = endOfRawText(name)
            if end > position { return take(to: end) { .opaque($0) } }
        }
        if bytes[position] == UInt8(ascii: "<"), let token = markup() { return token }
        let next = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
        return take(to: next) { .text($0) }
    }

    private mutating func take(to end: Int, _ make: (Range<Int>) -> Token) -> Token {
        let range = position..<end
        position = end
        return make(range)
    }

    private mutating func markup() -> Token? {
        let after = position + 1
        guard after < bytes.count else { return nil }
        switch bytes[after] {
        case UInt8(ascii: "!"), UInt8(ascii: "?"):
            if bytes[after...].starts(with: Array("!--".utf8)) { return take(to: endOfComment(from: after + 3)) { .opaque($0) } }
            let close = bytes[after...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? bytes.count
            return take(to: close) { .opaque($0) }
        case UInt8(ascii: "/"):
            guard after + 1 < bytes.count, Self.isLetter(bytes[after + 1]) else { return nil }
            let name = name(at: after + 1)
            return take(to: endOfTag(from: after + 1)) { .end(name: name, range: $0) }
        default:
            guard Self.isLetter(bytes[after]) else { return nil }
            let name = name(at: after)
            let end = endOfTag(from: after)
            if Self.rawText.contains(name) { rawTextEnd = name }
            let closesItself = end >= 2 && bytes[end - 1] == UInt8(ascii: ">") && bytes[end - 2] == UInt8(ascii: "/")
            return take(to: end) { .start(name: name, range: $0, closesItself: closesItself) }
        }
    }

    private func endOfComment(from start: Int) -> Int {
        var index = start
        // `<!-->` and `<!--->` are whole comments.
        if bytes[start...].starts(with: [0x3E]) { return start + 1 }
        if bytes[start...].starts(with: [0x2D, 0x3E]) { return start + 2 }
        while index + 2 < bytes.count {
            if bytes[index] == 0x2D, bytes[index + 1] == 0x2D {
                if bytes[index + 2] == 0x3E { return index + 3 }
                if bytes[index + 2] == 0x21, index + 3 < bytes.count, bytes[index + 3] == 0x3E { return index + 4 }
            }
            index += 1
        }
        return bytes.count
    }

    /// Behind the `>` that is not in a quoted value.
    private func endOfTag(from start: Int) -> Int {
        var quote: UInt8?
        var previous: UInt8 = 0
        for index in start..<bytes.count {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: ">") {
                return index + 1
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), previous == UInt8(ascii: "=") {
                quote = byte
            }
            if byte != 0x20, !(0x09...0x0D).contains(byte) { previous = byte }
        }
        return bytes.count
    }

    private func endOfRawText(_ name: String) -> Int {
        let closing = Array("</\(name)".utf8)
        var index = position
        while index + closing.count <= bytes.count {
            if bytes[index] == closing[0], zip(bytes[index...], closing).allSatisfy({ Self.lower($0) == $1 }) { return index }
            index += 1
        }
        return bytes.count
    }

    private func name(at start: Int) -> String {
        let name = bytes[start...].prefix {
            !($0 == 0x20 || (0x09...0x0D).contains($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ">"))
        }
        return String(decoding: name.prefix(64).map(Self.lower), as: UTF8.self)
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
