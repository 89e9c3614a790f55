/// What HTML needs escaped, in text and in attributes between double quotes.
enum HTMLEscaping {
    static func text(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ $0 != UInt8(ascii: "&") && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "\"") }) {
            return bytes
        }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "&"): out += Array("&amp;".utf8)
            case UInt8(ascii: "<"): out += Array("&lt;".utf8)
            case UInt8(ascii: ">"): out += Array("&gt;".utf8)
            case UInt8(ascii: "\""): out += Array("&quot;".utf8)
            default: out.append(byte)
            }
        }
        return out
    }

    /// What Liquid escaped: these five references are all it writes.
    static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(UInt8(ascii: "&")) else { return bytes }
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "&"), let found = references.first(where: { bytes[index...].starts(with: $0.text) }) {
                out.append(found.byte)
                index += found.text.count
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return out
    }

    private static let references: [(text: [UInt8], byte: UInt8)] = [
        (Array("&amp;".utf8), UInt8(ascii: "&")), (Array("&lt;".utf8), UInt8(ascii: "<")), (Array("&gt;".utf8), UInt8(ascii: ">")),
        (Array("&quot;".utf8), UInt8(ascii: "\"")), (Array("&#39;".utf8), UInt8(ascii: "'")),
    ]

    /// A URL from Markdown: what cannot stand in one is percent-encoded, what is encoded already stays.
    static func url(_ url: String) -> [UInt8] {
        var out: [UInt8] = []
        for byte in url.utf8 {
            switch byte {
            case UInt8(ascii: "&"): out += Array("&amp;".utf8)
            case UInt8(ascii: "'"): out += Array("&#x27;".utf8)
            default:
                if isURLByte(byte) {
                    out.append(byte)
                } else {
                    out.append(UInt8(ascii: "%"))
                    out.append(hexDigits[Int(byte >> 4)])
                    out.append(hexDigits[Int(byte & 15)])
                }
            }
        }
        return out
    }

    static let hexDigits = Array("0123456789ABCDEF".utf8)
    private static let urlPunctuation = Set("-_.+!*(),%#@?=;:/$~[]".utf8)

    private static func isURLByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || ((0x41...0x5A).contains(byte & 0xDF)) && byte < 0x80 || urlPunctuation.contains(byte)
    }
}
