/// A parameter of a MIME header, such as a file's name: quoted where it is short and ASCII, else as RFC 2231 has it, in UTF-8 and in
/// pieces where it is long. Each stands on a line of its own.
///
/// ```text
///  filename="price-list.pdf"
///  filename*=UTF-8''Preise%20f%C3%BCr%20M%C3%A4rz.pdf
/// ```
enum PartParameter {
    private static let longest = 60

    /// Appends `;`, a fold and the parameter.
    static func write(_ name: String, _ value: String, into out: inout [UInt8]) {
        let clean = headerText(value)
        if isPlain(clean) {
            start(name, "=\"", into: &out)
            for byte in clean {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
                out.append(byte)
            }
            out.append(UInt8(ascii: "\""))
            return
        }
        let pieces = pieces(clean)
        for (index, piece) in pieces.enumerated() {
            let charset = index == 0 ? "UTF-8''" : ""
            start(name, pieces.count == 1 ? "*=\(charset)" : "*\(index)*=\(charset)", into: &out)
            out.append(contentsOf: piece)
        }
    }

    /// Short, ASCII, and nothing that a reader would decode though nobody encoded it.
    private static func isPlain(_ text: [UInt8]) -> Bool {
        text.count <= longest && text.allSatisfy { $0 < 0x7F } && !zip(text, text.dropFirst()).contains { $0 == (0x3D, 0x3F) }
    }

    private static func start(_ name: String, _ rest: String, into out: inout [UInt8]) {
        out.append(contentsOf: ";\r\n \(name)\(rest)".utf8)
    }

    /// Percent-encoded, never parted within a character.
    private static func pieces(_ text: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = [[]]
        var index = 0
        while index < text.count {
            let end = min(index + Characters.utf8Length(text[index]), text.count)
            var character: [UInt8] = []
            for byte in text[index..<end] {
                if isAttribute(byte) {
                    character.append(byte)
                } else {
                    character += [UInt8(ascii: "%"), Characters.hexDigit(byte >> 4), Characters.hexDigit(byte & 15)]
                }
            }
            if pieces[pieces.count - 1].count + character.count > longest - 10 { pieces.append([]) }
            pieces[pieces.count - 1] += character
            index = end
        }
        return pieces
    }

    /// RFC 2231 section 7: what needs no percent.
    private static func isAttribute(_ byte: UInt8) -> Bool {
        Characters.isLetterOrDigit(byte) || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~")].contains(byte)
    }
}
