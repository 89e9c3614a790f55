/// What a server answered: `550 5.1.1 no such user`.
package struct Reply: Hashable, Sendable {
    /// Who says so: a message may also be refused here, before anything of it reaches the wire.
    package enum Origin: String, Hashable, Sendable {
        case relay, here
    }

    package let code: Int
    /// RFC 3463, such as `5.1.1`; nil where the server gave none, or one whose class contradicts the code.
    package let enhanced: String?
    /// The lines after code and enhanced code, joined by a space, with control characters replaced; at most 512 bytes.
    package let text: String
    package let origin: Origin

    package static let longestText = 512

    package init(code: Int, enhanced: String? = nil, text: String = "", origin: Origin = .relay) {
        self.code = code
        self.enhanced = enhanced
        self.text = text
        self.origin = origin
    }

    /// Takes the text of each line after its code and separator: `["5.1.1 no such user", "5.1.1 try another"]`.
    package init(code: Int, lines: some Sequence<String>) {
        var enhanced: String?
        var text = ""
        for line in lines {
            var rest = Substring(line)
            if let (found, after) = Self.enhancedCode(line), found.first == String(code).first {
                if enhanced == nil { enhanced = found }
                if found == enhanced { rest = after }
            }
            guard text.utf8.count < Self.longestText else { continue }
            let clean = Self.printable(rest)
            if !clean.isEmpty { text += text.isEmpty ? clean : " " + clean }
        }
        self.init(code: code, enhanced: enhanced, text: Self.cut(text))
    }

    /// The text of a single line after its code and separator. What nearly all replies are, ASCII without controls, is read in one pass:
    /// there is one to every message.
    package init(code: Int, line: UnsafeBufferPointer<UInt8>) {
        guard line.count < Self.longestText, line.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            self.init(code: code, lines: CollectionOfOne(String(decoding: line, as: UTF8.self)))
            return
        }
        var rest = line[...]
        var enhanced: String?
        if let end = Self.endOfEnhancedCode(line), Int(line[0]) - 0x30 == code / 100 {
            enhanced = String(decoding: UnsafeBufferPointer(rebasing: line[..<end]), as: UTF8.self)
            rest = line[end...]
        }
        while rest.first == UInt8(ascii: " ") { rest.removeFirst() }
        while rest.last == UInt8(ascii: " ") { rest.removeLast() }
        self.init(code: code, enhanced: enhanced, text: String(decoding: UnsafeBufferPointer(rebasing: rest), as: UTF8.self))
    }

    /// Where that code ends.
    private static func endOfEnhancedCode(_ line: UnsafeBufferPointer<UInt8>) -> Int? {
        guard line.count >= 5, line[1] == UInt8(ascii: "."), [UInt8(ascii: "2"), UInt8(ascii: "4"), UInt8(ascii: "5")].contains(line[0])
        else { return nil }
        var index = 2
        for isLast in [false, true] {
            let start = index
            while index < line.count, line[index] >= 0x30, line[index] <= 0x39 { index += 1 }
            guard (1...3).contains(index - start) else { return nil }
            if isLast { return index == line.count || line[index] == UInt8(ascii: " ") || line[index] == UInt8(ascii: "\t") ? index : nil }
            guard index < line.count, line[index] == UInt8(ascii: ".") else { return nil }
            index += 1
        }
        return nil
    }

    package var isPositive: Bool { (200..<300).contains(code) }
    package var isTemporary: Bool { (400..<500).contains(code) }
    package var isPermanent: Bool { (500..<600).contains(code) }

    /// `5.1.1` at the start of a line: class 2, 4 or 5, then subject and detail of at most three digits, then a space or
    /// the end.
    private static func enhancedCode(_ line: String) -> (code: String, rest: Substring)? {
        var text = line
        guard let count = text.withUTF8({ endOfEnhancedCode($0) }) else { return nil }
        let end = line.utf8.index(line.startIndex, offsetBy: count)
        return (String(line[..<end]), line[end...])
    }

    private static func printable(_ text: Substring) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let category = scalar.properties.generalCategory
            let isControl =
                scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
                || [.format, .lineSeparator, .paragraphSeparator].contains(category)
            clean.append(isControl ? " " : scalar)
        }
        var result = String(clean)[...]
        while result.first == " " { result.removeFirst() }
        while result.last == " " { result.removeLast() }
        return String(result)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: longestText)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }
}

extension Reply: CustomStringConvertible {
    package var description: String {
        ([String(code)] + [enhanced, text.isEmpty ? nil : text].compactMap { $0 }).joined(separator: " ")
    }
}
