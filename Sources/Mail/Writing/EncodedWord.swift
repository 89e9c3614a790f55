/// Words outside ASCII in headers, RFC 2047: `=?UTF-8?Q?=C3=88_primavera?=`.
enum EncodedWord {
    static let longest = 75
    /// `=?UTF-8?Q?` and `?=`.
    static let overhead = 12

    enum Encoding {
        case q, b

        /// Q where both are as long: people can read some of it.
        init(shortestFor text: some Collection<UInt8>) {
            let q = text.reduce(0) { $0 + Self.width(inQ: $1) }
            self = q <= (text.count + 2) / 3 * 4 ? .q : .b
        }

        private static func width(inQ byte: UInt8) -> Int {
            byte == UInt8(ascii: " ") || Characters.isPlainInEncodedWord(byte) ? 1 : 3
        }

        /// The longest beginning, in whole characters, whose encoded word takes at most `room`; one character at least.
        func prefix(of text: ArraySlice<UInt8>, fitting room: Int) -> ArraySlice<UInt8> {
            let room = room - overhead
            var end = text.startIndex
            var width = 0
            while end < text.endIndex {
                let next = min(end + Characters.utf8Length(text[end]), text.endIndex)
                switch self {
                case .q: width += text[end..<next].reduce(0) { $0 + Self.width(inQ: $1) }
                case .b: width = (next - text.startIndex + 2) / 3 * 4
                }
                if width > room, end > text.startIndex { break }
                end = next
            }
            return text[..<end]
        }

        func write(_ text: ArraySlice<UInt8>, into out: inout [UInt8]) {
            switch self {
            case .q:
                out.append(contentsOf: "=?UTF-8?Q?".utf8)
                for byte in text {
                    if byte == UInt8(ascii: " ") {
                        out.append(UInt8(ascii: "_"))
                    } else if Characters.isPlainInEncodedWord(byte) {
                        out.append(byte)
                    } else {
                        out.append(UInt8(ascii: "="))
                        out.append(Characters.hexDigit(byte >> 4))
                        out.append(Characters.hexDigit(byte & 15))
                    }
                }
            case .b:
                out.append(contentsOf: "=?UTF-8?B?".utf8)
                Base64.encode(text, into: &out)
            }
            out.append(contentsOf: "?=".utf8)
        }
    }
}
