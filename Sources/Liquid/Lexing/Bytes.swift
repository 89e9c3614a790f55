/// The classes of ASCII bytes that the language speaks of.
extension UInt8 {
    /// What Ruby's `strip` takes away, NUL included; whitespace control uses the same.
    var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) || self == 0 }

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var isLetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }

    var startsName: Bool { isLetter || self == UInt8(ascii: "_") }

    var continuesName: Bool { isLetter || isDigit || self == UInt8(ascii: "_") || self == UInt8(ascii: "-") }

    var isWord: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }

    /// The second and later bytes of a UTF-8 character.
    var continuesCharacter: Bool { self & 0xC0 == 0x80 }

    static let space = UInt8(ascii: " ")
    static let newline = UInt8(ascii: "\n")
    static let minus = UInt8(ascii: "-")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let percent = UInt8(ascii: "%")
}
