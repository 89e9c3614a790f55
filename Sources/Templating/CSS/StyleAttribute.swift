/// Puts the declarations of one element into its `style=""`, in the order in which they win: what was not important, what
/// stood there already, what was important. So nearly nothing needs `!important` there, which some mail programs don't know.
struct StyleAttribute {
    private let front: [StyleSheet.Declaration]
    private let back: [StyleSheet.Declaration]

    init(_ style: ElementStyle, _ places: [ElementStyle.Place]) {
        let inlined = zip(style.entries, places).filter { $0.0.role == .inlined && $0.1 != .sheet }
        let own = style.ownIsUnclear ? [] : style.entries.filter { $0.role == .own }.map(\.declaration)
        let important = Self.needed(inlined.filter { $0.1 == .important }.map(\.0), over: own.filter(\.isImportant))
        let behind = Self.needed(inlined.filter { $0.1 == .normal && $0.0.declaration.isImportant }.map(\.0), over: [])
        let stronger = own + important + behind
        let before = Self.needed(inlined.filter { $0.1 == .normal && !$0.0.declaration.isImportant }.map(\.0), over: stronger)
        front = before + important
        back = behind.map { declaration in
            var declaration = declaration
            declaration.isImportant = false
            return declaration
        }
    }

    /// Without what is overruled by something that every mail program understands.
    ///
    /// - Parameter entries: from the weakest to the strongest.
    private static func needed(_ entries: [ElementStyle.Entry], over stronger: [StyleSheet.Declaration]) -> [StyleSheet.Declaration] {
        var overruled = Set(stronger.filter(\.isPlain).map(\.name))
        var needed: [StyleSheet.Declaration] = []
        var ofRule: [String] = []
        var rule = -1
        for entry in entries.reversed() {
            if entry.rule != rule {
                // What one rule says twice is for mail programs that understand only one of the two.
                overruled.formUnion(ofRule)
                ofRule = []
                rule = entry.rule
            }
            if overruled.contains(entry.declaration.name) { continue }
            needed.append(entry.declaration)
            if entry.declaration.isPlain { ofRule.append(entry.declaration.name) }
        }
        return needed.reversed()
    }

    /// Of what it adds to an element, with nothing escaped.
    var size: Int { (front + back).reduce(0) { $0 + $1.name.utf8.count + $1.value.count + 2 } }

    /// The author's own words stay as they are written, and where they are written.
    func edits(_ node: HTMLNode, _ bytes: [UInt8]) -> [TextEdit] {
        guard !front.isEmpty || !back.isEmpty, node.offset >= 0 else { return [] }
        guard let attribute = node.attribute("style"), let range = attribute.range else {
            let after = node.offset + 1 + Self.lengthOfName(bytes, at: node.offset + 1)
            guard after > node.offset + 1 else { return [] }
            return [Self.insert(Array(" style=\"".utf8) + Self.text(front + back, quote: Self.double) + [Self.double], at: after)]
        }
        let isQuoted =
            range.lowerBound > 0 && range.upperBound < bytes.count && bytes[range.lowerBound - 1] == bytes[range.upperBound]
            && [Self.double, UInt8(ascii: "'")].contains(bytes[range.upperBound])
        let quote = isQuoted ? bytes[range.upperBound] : Self.double
        let own = attribute.value.utf8.filter { !CSSScanner.isBlank($0) }
        var before = isQuoted ? [] : [quote]
        if !front.isEmpty { before += Self.text(front, quote: quote) + (own.isEmpty ? [] : [UInt8(ascii: ";")]) }
        var after: [UInt8] = []
        if !back.isEmpty {
            let follows = own.isEmpty ? !front.isEmpty : own.last != UInt8(ascii: ";")
            after = (follows ? [UInt8(ascii: ";")] : []) + Self.text(back, quote: quote)
        }
        if !isQuoted { after.append(quote) }
        return [Self.insert(before, at: range.lowerBound), Self.insert(after, at: range.upperBound)]
    }

    private static let double = UInt8(ascii: "\"")

    private static func insert(_ bytes: [UInt8], at offset: Int) -> TextEdit {
        var text = ComposedText()
        text.append(bytes)
        return TextEdit(offset..<offset, text)
    }

    private static func lengthOfName(_ bytes: [UInt8], at start: Int) -> Int {
        guard start <= bytes.count else { return 0 }
        return bytes[start...].prefix { !CSSScanner.isBlank($0) && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") }.count
    }

    // MARK: Text

    private static func text(_ declarations: [StyleSheet.Declaration], quote: UInt8) -> [UInt8] {
        var out: [UInt8] = []
        for declaration in declarations {
            if !out.isEmpty { out.append(UInt8(ascii: ";")) }
            append(Array(declaration.name.utf8), quote: quote, to: &out)
            out.append(UInt8(ascii: ":"))
            append(declaration.value, quote: quote, to: &out)
            if declaration.isImportant { out += Array("!important".utf8) }
        }
        return out
    }

    /// Strings of CSS take the other kind of quotes where they can.
    private static func append(_ value: [UInt8], quote: UInt8, to out: inout [UInt8]) {
        let other = quote == UInt8(ascii: "\"") ? UInt8(ascii: "'") : UInt8(ascii: "\"")
        let canSwap = !value.contains(other) && !value.contains(UInt8(ascii: "\\"))
        for byte in value {
            switch byte {
            case quote where canSwap: out.append(other)
            case quote: out += Array((quote == UInt8(ascii: "\"") ? "&quot;" : "&#39;").utf8)
            case UInt8(ascii: "&"): out += Array("&amp;".utf8)
            case UInt8(ascii: "<"): out += Array("&lt;".utf8)
            case UInt8(ascii: ">"): out += Array("&gt;".utf8)
            default: out.append(byte)
            }
        }
    }
}
