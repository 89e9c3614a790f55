/// Escaping, by scanning bytes: the passages between are copied whole.
extension Output {
    mutating func append(escaping text: String) {
        text.withBytes { append(escaping: $0) }
    }

    mutating func append(escaping bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.baseAddress else { return }
        var start = 0
        while true {
            let next = bytes.firstEscaped(from: start)
            if next > start { append(first + start, next - start) }
            guard next < bytes.count else { return }
            if let entity = bytes[next].entity { append(entity) }
            start = next + 1
        }
    }

    /// Leaves what is an entity already: `&name;` and `&#123;`.
    mutating func append(escapingOnce text: String) {
        text.withBytes { bytes in
            for index in bytes.indices {
                let byte = bytes[index]
                if byte == UInt8(ascii: "&"), Self.isEntity(bytes[index...]) {
                    append(byte)
                } else if let entity = byte.entity {
                    append(entity)
                } else {
                    append(byte)
                }
            }
        }
    }

    private static func isEntity(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var index = bytes.startIndex + 1
        let isNumber = index < bytes.endIndex && bytes[index] == UInt8(ascii: "#")
        if isNumber { index += 1 }
        let start = index
        while index < bytes.endIndex, isNumber ? bytes[index].isDigit : bytes[index].isLetter { index += 1 }
        return index > start && index < bytes.endIndex && bytes[index] == UInt8(ascii: ";")
    }

    /// Without scripts, styles, comments and tags.
    mutating func append(strippingHTML text: String) {
        let withoutBlocks = text.withBytes { bytes in
            var kept: [UInt8] = []
            kept.reserveCapacity(bytes.count)
            var blocks = Self.blocks.map { (open: Array($0.utf8), search: ByteSearch($1), isMissing: false) }
            var index = 0
            while index < bytes.count {
                if bytes[index] == UInt8(ascii: "<"), let end = Self.endOfBlock(at: index, in: bytes, &blocks) {
                    index = end
                } else {
                    kept.append(bytes[index])
                    index += 1
                }
            }
            return kept
        }
        var start = 0
        while let open = withoutBlocks[start...].firstIndex(of: UInt8(ascii: "<")),
            let close = withoutBlocks[open...].firstIndex(of: UInt8(ascii: ">"))
        {
            append(contentsOf: withoutBlocks[start..<open])
            start = close + 1
        }
        append(contentsOf: withoutBlocks[start...])
    }

    private static let blocks = [("<script", "</script>"), ("<!--", "-->"), ("<style", "</style>")]

    /// What has no end once has none later either: each is searched to the end of the text only once.
    private static func endOfBlock(
        at start: Int, in bytes: UnsafeBufferPointer<UInt8>, _ blocks: inout [(open: [UInt8], search: ByteSearch, isMissing: Bool)]
    ) -> Int? {
        for place in blocks.indices where !blocks[place].isMissing && bytes[start...].starts(with: blocks[place].open) {
            if let end = blocks[place].search.first(in: bytes, from: start + blocks[place].open.count) {
                return end + blocks[place].search.count
            }
            blocks[place].isMissing = true
        }
        return nil
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the next byte stands that HTML gives a meaning, or the end. Hardly any value has one: eight at a time.
    fileprivate func firstEscaped(from start: Int) -> Int {
        guard let first = baseAddress else { return count }
        var index = start
        while index + 8 <= count {
            let word = UnsafeRawPointer(first + index).loadUnaligned(as: UInt64.self)
            // & and ' differ in one bit, < and > in another.
            let found = (word | 0x0101_0101_0101_0101).zeros(after: 0x27) | (word | 0x0202_0202_0202_0202).zeros(after: 0x3E)
            if (found | word.zeros(after: 0x22)) & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        while index < count, !first[index].isEscaped { index += 1 }
        return index
    }
}

extension UInt64 {
    /// The high bit of a byte is set where `byte` stands, and perhaps behind it.
    @inline(__always)
    fileprivate func zeros(after byte: UInt64) -> UInt64 {
        let difference = self ^ (byte &* 0x0101_0101_0101_0101)
        return (difference &- 0x0101_0101_0101_0101) & ~difference
    }
}

extension UInt8 {
    /// A bit for each of `& < > " '`: all of them are below 64.
    private static var escaped: UInt64 { 1 << 0x26 | 1 << 0x3C | 1 << 0x3E | 1 << 0x22 | 1 << 0x27 }

    @inline(__always)
    fileprivate var isEscaped: Bool { self < 64 && Self.escaped >> UInt64(self) & 1 == 1 }

    fileprivate var entity: StaticString? {
        switch self {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
