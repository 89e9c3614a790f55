/// A server's answer within a sentence: `host mx.example.org said: 550-5.1.1 no such user` holds `550 5.1.1 no such user`.
package struct ReplyInText: Hashable, Sendable {
    /// Nil where only an enhanced code stands there.
    package var code: Int?
    package var enhanced: String?
    /// What follows the codes.
    package var text: String

    /// The first answer that bears both codes, else the first that bears one, else an enhanced code by itself; nil where there is none.
    package init?(_ sentence: String) {
        let bytes = Array(sentence.utf8.prefix(20_000))
        var plain: (code: Int, end: Int)?
        var alone: (code: String, end: Int)?
        var index = 0
        while index < bytes.count {
            defer { index += 1 }
            guard Self.startsWord(bytes, at: index) else { continue }
            if let code = Self.code(bytes, at: index) {
                let after = Self.skip(bytes, from: index + 3)
                if let enhanced = Self.enhanced(bytes, at: after), enhanced.first == String(code).first {
                    self.init(code: code, enhanced: enhanced, text: Self.rest(bytes, from: after + enhanced.utf8.count, code, enhanced))
                    return
                }
                if plain == nil { plain = (code, index + 3) }
            } else if alone == nil, let enhanced = Self.enhanced(bytes, at: index), enhanced.first != "2" {
                alone = (enhanced, index + enhanced.utf8.count)
            }
        }
        if let plain {
            let same = alone.flatMap { $0.code.first == String(plain.code).first ? $0.code : nil }
            self.init(code: plain.code, enhanced: same, text: Self.rest(bytes, from: plain.end, plain.code, nil))
        } else if let alone {
            self.init(code: nil, enhanced: alone.code, text: Self.rest(bytes, from: alone.end, nil, alone.code))
        } else {
            return nil
        }
    }

    private init(code: Int?, enhanced: String?, text: String) {
        (self.code, self.enhanced, self.text) = (code, enhanced, text)
    }

    /// `5.1.1`: class 2, 4 or 5, then subject and detail of at most three digits.
    static func isEnhanced(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        return enhanced(bytes, at: 0).map { $0.utf8.count == bytes.count } ?? false
    }

    // MARK: Bytes

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// No part of a number, an address, a name or `SIZE=500`.
    private static func startsWord(_ bytes: [UInt8], at index: Int) -> Bool {
        guard isDigit(bytes[index]) else { return false }
        return index == 0 || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index - 1]) || ":;(#<>\"'[,".utf8.contains(bytes[index - 1])
    }

    /// `550` before a blank, a hyphen or the end; of the codes that RFC 5321 gives a meaning.
    private static func code(_ bytes: [UInt8], at index: Int) -> Int? {
        guard index + 3 <= bytes.count, bytes[index] == 0x34 || bytes[index] == 0x35, bytes[index + 1] >= 0x30, bytes[index + 1] <= 0x37,
            isDigit(bytes[index + 2])
        else { return nil }
        guard index + 3 == bytes.count || " -\t\r\n;,:)".utf8.contains(bytes[index + 3]) else { return nil }
        // 555-1234 is a telephone, 550-5.1.1 is not.
        if index + 4 < bytes.count, bytes[index + 3] == UInt8(ascii: "-"), isDigit(bytes[index + 4]), enhanced(bytes, at: index + 4) == nil
        {
            return nil
        }
        return Int(bytes[index] - 0x30) * 100 + Int(bytes[index + 1] - 0x30) * 10 + Int(bytes[index + 2] - 0x30)
    }

    private static func skip(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count, index < start + 4, " -#:\t([".utf8.contains(bytes[index]) { index += 1 }
        return index
    }

    private static func enhanced(_ bytes: [UInt8], at start: Int) -> String? {
        guard start + 5 <= bytes.count, [0x32, 0x34, 0x35].contains(bytes[start]), bytes[start + 1] == UInt8(ascii: ".") else { return nil }
        var index = start + 2
        for part in 0..<2 {
            let first = index
            while index < bytes.count, index - first < 3, isDigit(bytes[index]) { index += 1 }
            guard index > first else { return nil }
            if part == 0 {
                guard index < bytes.count, bytes[index] == UInt8(ascii: ".") else { return nil }
                index += 1
            }
        }
        // An IP address goes on.
        if index < bytes.count,
            isDigit(bytes[index]) || bytes[index] == UInt8(ascii: ".") && index + 1 < bytes.count && isDigit(bytes[index + 1])
        {
            return nil
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// The rest of it, without the same codes at the start of further lines.
    private static func rest(_ bytes: [UInt8], from start: Int, _ code: Int?, _ enhanced: String?) -> String {
        var words: [Substring] = []
        let text = String(decoding: bytes[min(start, bytes.count)...], as: UTF8.self)
        let again = code.map { "\($0)-" }
        for var word in text.split(whereSeparator: { $0.isWhitespace || $0.isNewline }) {
            if let again, word.hasPrefix(again) { word = word.dropFirst(again.count) }
            if let code, word == String(code)[...] { continue }
            if let enhanced, word == enhanced[...] { continue }
            if !word.isEmpty { words.append(word) }
            if words.count > 300 { break }
        }
        return words.joined(separator: " ")
    }
}
