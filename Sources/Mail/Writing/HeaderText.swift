/// A value made fit for a header, whatever it holds.
///
/// A run of blanks and control characters (also U+0085, U+2028 and U+2029, which some readers take for line ends) becomes
/// one space, and none is left at the ends. Marks that turn the direction of text around are dropped: left open, they
/// would turn what a mail reader shows after them. Marks that only say a direction stay, Hebrew needs them.
package func headerText(_ value: String) -> [UInt8] {
    var value = value
    return value.withUTF8 { isClean($0) ? Array($0) : nil } ?? collapsed(value)
}

/// True for single spaces inside, none at the ends, and nothing that is dropped or becomes one: what most values are.
private func isClean(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    // The three before it, the last in the lowest bits.
    var previous: UInt32 = 0x20
    for byte in bytes {
        if byte < 0x20 || byte == 0x7F || (byte == 0x20 && previous & 0xFF == 0x20) { return false }
        if byte >= 0x80, isOdd(previous << 8 | UInt32(byte)) { return false }
        previous = previous << 8 | UInt32(byte)
    }
    return bytes.isEmpty || previous & 0xFF != 0x20
}

/// Whether a character ends here that ``collapsed(_:)`` takes out.
private func isOdd(_ bytes: UInt32) -> Bool {
    switch bytes & 0xFF_FFFF {
    // U+2028 to U+202E, U+2066 to U+2069, U+FEFF.
    case 0xE2_80A8...0xE2_80AE, 0xE2_81A6...0xE2_81A9, 0xEF_BBBF: true
    default: (0xC280...0xC29F).contains(bytes & 0xFFFF)
    }
}

private func collapsed(_ value: String) -> [UInt8] {
    var clean: [UInt8] = []
    clean.reserveCapacity(value.utf8.count)
    var blank = false
    for scalar in value.unicodeScalars {
        switch scalar.value {
        case 0...0x20, 0x7F...0x9F, 0x2028, 0x2029: blank = true
        case 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: continue
        default:
            if blank, !clean.isEmpty { clean.append(UInt8(ascii: " ")) }
            blank = false
            clean.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
    return clean
}
