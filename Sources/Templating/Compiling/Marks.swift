import Diagnostics

/// Holds the Liquid of all files of one message while Markdown and HTML tools work on them.
///
/// Each output or tag is stood for by an opaque mark of ASCII letters and digits, `zqlmark000012z`, which neither cmark
/// nor gumbo changes: not in text, in an attribute, in a URL, in code. Afterwards the author's bytes come back.
struct Marks {
    struct Entry {
        var token: LiquidToken
        var source: Int
        /// The token's span is what stands within an output of the program's own making.
        var isWrapped = false
    }

    private(set) var entries: [Entry] = []

    static let prefix = Array("zqlmark".utf8)
    /// Ends a mark that comes back as it was.
    static let plainEnd = UInt8(ascii: "z")
    /// Ends one that comes back without its whitespace control: the text part has line ends of its own making.
    static let trimlessEnd = UInt8(ascii: "y")
    private static let digits = 6
    static let length = prefix.count + digits + 1
    static let most = 999_999

    /// A mark in a text.
    struct Found {
        var index: Int
        var range: Range<Int>
    }

    mutating func add(_ token: LiquidToken, source: Int) -> [UInt8] {
        entries.append(Entry(token: token, source: source))
        return Self.bytes(of: entries.count - 1)
    }

    /// An output of what stands at `span`, which is written somewhere else: the address of a button.
    mutating func add(outputOf span: Span, source: Int) -> [UInt8] {
        entries.append(Entry(token: LiquidToken(kind: .output, span: span), source: source, isWrapped: true))
        return Self.bytes(of: entries.count - 1)
    }

    static func bytes(of index: Int, end: UInt8 = plainEnd) -> [UInt8] {
        let number = String(index)
        return prefix + Array(repeating: UInt8(ascii: "0"), count: max(0, digits - number.utf8.count)) + Array(number.utf8) + [end]
    }

    /// The mark that starts at `offset`.
    static func mark(in bytes: [UInt8], at offset: Int) -> Found? {
        guard offset + length <= bytes.count, bytes[offset] == prefix[0],
            bytes[offset..<offset + prefix.count].elementsEqual(prefix)
        else { return nil }
        var index = 0
        for byte in bytes[(offset + prefix.count)..<(offset + length - 1)] {
            guard (0x30...0x39).contains(byte) else { return nil }
            index = index * 10 + Int(byte - 0x30)
        }
        return Found(index: index, range: offset..<(offset + length))
    }

    static func marks(in bytes: [UInt8], _ range: Range<Int>? = nil) -> [Found] {
        let range = range ?? 0..<bytes.count
        var found: [Found] = []
        var offset = range.lowerBound
        while offset + length <= range.upperBound {
            if bytes[offset] == prefix[0], let mark = mark(in: bytes, at: offset) {
                found.append(mark)
                offset = mark.range.upperBound
            } else {
                offset += 1
            }
        }
        return found
    }

    static func marks(in text: String) -> [Int] {
        marks(in: Array(text.utf8)).map(\.index)
    }
}

extension Marks {
    func isTag(_ index: Int) -> Bool {
        guard entries.indices.contains(index) else { return false }
        return entries[index].token.kind != .output && entries[index].token.kind != .raw
    }

    func tagName(_ index: Int) -> String? {
        guard entries.indices.contains(index), case .tag(let name) = entries[index].token.kind else { return nil }
        return name
    }
}
