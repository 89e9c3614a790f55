/// Base64, RFC 4648: the usual alphabet with padding for mail, the one for URLs without.
package enum Base64 {
    package enum Alphabet: Sendable {
        case standard
        /// `-` and `_`, no padding.
        case url
    }

    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let url = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: ArraySlice<UInt8>, _ alphabet: Alphabet = .standard, into out: inout [UInt8]) {
        let length = encodedLength(of: bytes.count, alphabet)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { target in
            bytes.withUnsafeBufferPointer { encode($0, alphabet, to: target) }
            out.append(contentsOf: target)
        }
    }

    package static func encoded(_ bytes: some Sequence<UInt8>, _ alphabet: Alphabet = .standard) -> String {
        encoded(Array(bytes)[...], alphabet)
    }

    /// Not generic: two links of every message are made here.
    package static func encoded(_ bytes: ArraySlice<UInt8>, _ alphabet: Alphabet = .standard) -> String {
        let length = encodedLength(of: bytes.count, alphabet)
        return String(unsafeUninitializedCapacity: length) { target in
            bytes.withUnsafeBufferPointer { encode($0, alphabet, to: UnsafeMutableBufferPointer(rebasing: target[..<length])) }
            return length
        }
    }

    private static func encodedLength(of count: Int, _ alphabet: Alphabet) -> Int {
        alphabet == .standard ? (count + 2) / 3 * 4 : (count * 4 + 2) / 3
    }

    /// `target` holds as much as ``encodedLength(of:_:)`` says.
    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, _ alphabet: Alphabet, to target: UnsafeMutableBufferPointer<UInt8>) {
        (alphabet == .standard ? standard : url).withUnsafeBufferPointer { digits in
            var from = 0
            var to = 0
            while bytes.count - from >= 3 {
                let word = UInt32(bytes[from]) << 16 | UInt32(bytes[from + 1]) << 8 | UInt32(bytes[from + 2])
                target[to] = digits[Int(word >> 18)]
                target[to + 1] = digits[Int(word >> 12 & 63)]
                target[to + 2] = digits[Int(word >> 6 & 63)]
                target[to + 3] = digits[Int(word & 63)]
                from += 3
                to += 4
            }
            let held = bytes.count - from
            guard held > 0 else { return }
            let word = UInt32(bytes[from]) << 16 | (held == 2 ? UInt32(bytes[from + 1]) << 8 : 0)
            target[to] = digits[Int(word >> 18)]
            target[to + 1] = digits[Int(word >> 12 & 63)]
            to += 2
            if held == 2 {
                target[to] = digits[Int(word >> 6 & 63)]
                to += 1
            }
            while to < target.count {
                target[to] = UInt8(ascii: "=")
                to += 1
            }
        }
    }

    /// The bytes that `text` spells exactly as ``encode(_:_:into:)`` would write them, or nil: no blanks, no missing or
    /// spare padding, no bits set that mean nothing. So two different texts never mean the same bytes.
    package static func decode(_ text: some StringProtocol, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        var digits = Array(text.utf8)
        if alphabet == .standard {
            guard digits.count % 4 == 0 else { return nil }
            var padding = 0
            while padding < 2, digits.last == UInt8(ascii: "=") {
                digits.removeLast()
                padding += 1
            }
        }
        guard digits.count % 4 != 1 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(digits.count * 3 / 4)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits {
            guard let value = value(of: digit, alphabet) else { return nil }
            word = (word << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        guard word & ((1 << bits) - 1) == 0 else { return nil }
        return out
    }

    static func value(of digit: UInt8, _ alphabet: Alphabet) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): alphabet == .standard ? 62 : nil
        case UInt8(ascii: "/"): alphabet == .standard ? 63 : nil
        case UInt8(ascii: "-"): alphabet == .url ? 62 : nil
        case UInt8(ascii: "_"): alphabet == .url ? 63 : nil
        default: nil
        }
    }
}
