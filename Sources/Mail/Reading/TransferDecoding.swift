/// The two transfer encodings of RFC 2045, read as leniently as mail readers do.
enum TransferDecoding {
    static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "=") else {
                out.append(byte)
                index += 1
                continue
            }
            if index + 2 < bytes.endIndex, let high = Characters.hexValue(bytes[index + 1]), let low = Characters.hexValue(bytes[index + 2])
            {
                out.append(high << 4 | low)
                index += 3
            } else if let next = afterSoftBreak(bytes, from: index + 1) {
                index = next
            } else {
                out.append(byte)
                index += 1
            }
        }
        return out
    }

    /// Where the next line starts, if nothing but blanks stands before the line end. Nil where it is no soft break.
    private static func afterSoftBreak(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.endIndex, bytes[index] == UInt8(ascii: " ") || bytes[index] == UInt8(ascii: "\t") { index += 1 }
        if index < bytes.endIndex, bytes[index] == UInt8(ascii: "\r") { index += 1 }
        if index == bytes.endIndex { return index }
        return bytes[index] == UInt8(ascii: "\n") ? index + 1 : nil
    }

    /// What is no digit of Base64 is passed over.
    static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 3 / 4)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "=") { break }
            guard let value = Base64.value(of: byte, .standard) else { continue }
            word = (word << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return out
    }
}
