/// URL and base64 encoding.
struct Encoding {
    let filter: StandardFilter

    init(_ filter: StandardFilter) {
        self.filter = filter
    }

    func apply(to text: String, into out: inout Output) throws(FilterFailure) {
        let start = out.count
        switch filter {
        case .urlEncode: return out.append(urlEncoding: text)
        case .base64Encode: return out.append(base64Encoding: text, alphabet: Self.standard)
        case .base64URLEncode: return out.append(base64Encoding: text, alphabet: Self.urlSafe)
        case .urlDecode: out.append(urlDecoding: text)
        case .base64Decode: try out.append(base64Decoding: text, alphabet: Self.standard)
        case .base64URLDecode: try out.append(base64Decoding: text, alphabet: Self.urlSafe)
        default: return
        }
        // What was decoded may be any bytes.
        guard String(validating: out.bytes(from: start), as: UTF8.self) != nil else {
            throw FilterFailure("what \(filter.rawValue) gives is not text")
        }
    }

    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}

extension Output {
    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    /// As in a form: spaces become `+`.
    fileprivate mutating func append(urlEncoding text: String) {
        for byte in text.utf8 {
            switch byte {
            case .space: append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "~"): append(byte)
            default:
                if byte.isLetter || byte.isDigit {
                    append(byte)
                } else {
                    append(.percent)
                    append(Self.hexadecimal[Int(byte >> 4)])
                    append(Self.hexadecimal[Int(byte & 15)])
                }
            }
        }
    }

    /// A `%` without two digits after it stays.
    fileprivate mutating func append(urlDecoding text: String) {
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            if bytes[index] == .percent, index + 2 < bytes.count, let high = bytes[index + 1].hexadecimalDigit,
                let low = bytes[index + 2].hexadecimalDigit
            {
                append(high << 4 | low)
                index += 3
            } else {
                append(bytes[index] == UInt8(ascii: "+") ? .space : bytes[index])
                index += 1
            }
        }
    }

    fileprivate mutating func append(base64Encoding text: String, alphabet: [UInt8]) {
        var group: UInt32 = 0
        var filled = 0
        for byte in text.utf8 {
            group = group << 8 | UInt32(byte)
            filled += 1
            if filled == 3 {
                for shift in [18, 12, 6, 0] as [UInt32] { append(alphabet[Int(group >> shift & 63)]) }
                group = 0
                filled = 0
            }
        }
        guard filled > 0 else { return }
        group <<= UInt32(3 - filled) * 8
        append(alphabet[Int(group >> 18 & 63)])
        append(alphabet[Int(group >> 12 & 63)])
        append(filled == 2 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
        append(UInt8(ascii: "="))
    }

    /// The URL-safe kind may come without its `=`.
    fileprivate mutating func append(base64Decoding text: String, alphabet: [UInt8]) throws(FilterFailure) {
        var digits = Array(text.utf8)
        let isURLSafe = alphabet[62] == .minus
        let isPadded = digits.last == UInt8(ascii: "=")
        while digits.count % 4 != 1, digits.last == UInt8(ascii: "="), text.utf8.count - digits.count < 2 { digits.removeLast() }
        guard digits.count % 4 != 1, (isURLSafe && !isPadded) || text.utf8.count % 4 == 0 else { throw .notBase64 }
        var values = [UInt8](repeating: 255, count: 256)
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        if isURLSafe {
            values[Int(UInt8(ascii: "+"))] = 62
            values[Int(UInt8(ascii: "/"))] = 63
        }
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits {
            let value = values[Int(digit)]
            guard value < 64 else { throw .notBase64 }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                append(UInt8(truncatingIfNeeded: group >> bits))
                group &= (1 << bits) - 1
            }
        }
        guard group == 0 else { throw .notBase64 }
    }
}

extension UInt8 {
    fileprivate var hexadecimalDigit: UInt8? {
        if isDigit { return self - UInt8(ascii: "0") }
        let letter = self | 0x20
        return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f") ? letter - UInt8(ascii: "a") + 10 : nil
    }
}

extension FilterFailure {
    fileprivate static let notBase64 = FilterFailure("this is not base64")
}
