import Liquid

/// What `raw` gives in a text part that was written from a page: HTML of the author's own without its tags.
///
/// It runs for each message, so it takes no tree: tags go, a line break or the end of a block is a blank, and the references that
/// people write (`&amp;`, `&nbsp;`, `&#8217;`) become their characters.
enum MarkupText {
    static let filter = HostFilter("raw") { input, _, context in
        switch input {
        case .string(let text), .markup(let text): .string(plain(text))
        default: input
        }
    }

    static func plain(_ html: String) -> String {
        let bytes = Array(html.utf8)
        guard bytes.contains(UInt8(ascii: "<")) || bytes.contains(UInt8(ascii: "&")) else { return html }
        var scanner = HTMLScanner(bytes)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        while let token = scanner.next() {
            switch token {
            case .text(let range): append(bytes[range], to: &out)
            case .start("br", _, _): out.append(0x20)
            case .end(let name, _) where TextElements.block.contains(name): out.append(0x20)
            case .start, .end, .opaque: continue
            }
        }
        while out.last == 0x20 { out.removeLast() }
        return String(decoding: out, as: UTF8.self)
    }

    private static func append(_ text: ArraySlice<UInt8>, to out: inout [UInt8]) {
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "&"), let end = text[index...].prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let scalar = scalar(text[(index + 1)..<end])
            else {
                out.append(text[index])
                index += 1
                continue
            }
            out += Array(String(scalar).utf8)
            index = end + 1
        }
    }

    private static let names: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "shy": "\u{AD}", "euro": "€", "copy": "©", "reg": "®",
        "ndash": "–", "mdash": "—", "hellip": "…", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "laquo": "«", "raquo": "»",
    ]

    private static func scalar(_ reference: ArraySlice<UInt8>) -> Unicode.Scalar? {
        let name = String(decoding: reference, as: UTF8.self)
        guard name.hasPrefix("#") else { return names[name] }
        let digits = name.dropFirst()
        let code = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return code.flatMap { $0 >= 0x20 ? Unicode.Scalar($0) : nil }
    }
}
