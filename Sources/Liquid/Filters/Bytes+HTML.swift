/// Escaping, by scanning bytes: the passages between are copied whole.
extension [UInt8] {
    mutating func append(escaping text: String) {
        var text = text
        text.withUTF8 { append(escaping: $0) }
    }

    mutating func append(escaping bytes: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte <= UInt8(ascii: ">"), let entity = byte.entity {
                if start < index { append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index])) }
                append(contentsOf: entity.utf8)
                start = index + 1
            }
            index += 1
        }
        if start == 0 {
            append(contentsOf: bytes)
        } else if start < bytes.count {
            append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
        }
    }

    /// Leaves what is an entity already: `&name;` and `&#123;`.
    mutating func append(escapingOnce text: String) {
        var text = text
        text.withUTF8 { bytes in
            for index in bytes.indices {
                let byte = bytes[index]
                if byte == UInt8(ascii: "&"), Self.isEntity(bytes[index...]) {
                    append(byte)
                } else if let entity = byte.entity {
                    append(contentsOf: entity.utf8)
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
        var text = text
        let withoutBlocks = text.withUTF8 { bytes in
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

extension UInt8 {
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

extension StaticString {
    fileprivate var utf8: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
