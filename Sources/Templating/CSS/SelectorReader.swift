/// Reads one selector. What it does not know makes the selector uncertain or opaque, never wrong.
struct SelectorReader {
    private let text: [UInt8]
    private var position = 0
    private var selector = Selector()
    private var linkPseudos = 0
    private var otherUncertain = false

    init(_ text: [UInt8]) {
        self.text = text
    }

    mutating func readAll() -> Selector {
        guard !text.isEmpty, text.count <= 4096, Marks.marks(in: text).isEmpty, read() else {
            selector.isOpaque = true
            return selector
        }
        selector.isUncertain = otherUncertain || linkPseudos > 0
        if linkPseudos == 1, !otherUncertain {
            let written = String(decoding: text, as: UTF8.self).lowercased()
            selector.isVisitedForm = written.contains(":visited")
            selector.linkForm = written.replacing(":visited", with: ":link")
        }
        return selector
    }

    private mutating func read() -> Bool {
        while true {
            guard let compound = compound(counts: true) else { return false }
            selector.compounds.append(compound)
            guard position < text.count else { return selector.compounds.count <= 64 }
            if selector.hasPseudoElement { return false }
            guard let combinator = combinator() else { return false }
            selector.combinators.append(combinator)
        }
    }

    private mutating func combinator() -> Selector.Combinator? {
        var found: Selector.Combinator?
        var sawBlank = false
        while position < text.count {
            let next: Selector.Combinator
            switch text[position] {
            case 0x20:
                sawBlank = true
                position += 1
                continue
            case UInt8(ascii: ">"): next = .child
            case UInt8(ascii: "+"): next = .adjacent
            case UInt8(ascii: "~"): next = .sibling
            default: return found ?? (sawBlank ? .descendant : nil)
            }
            guard found == nil else { return nil }
            found = next
            position += 1
        }
        return nil
    }

    /// - Parameter counts: adds to the selector's specificity.
    private mutating func compound(counts: Bool) -> Selector.Compound? {
        var compound = Selector.Compound()
        let start = position
        if position < text.count, text[position] == UInt8(ascii: "*") {
            position += 1
        } else if let name = identifier() {
            compound.type = name.lowercased()
            selector.specificity.types += 1
        }
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "#"):
                position += 1
                guard let name = identifier(startsAnywhere: true) else { return nil }
                compound.ids.append(name)
                selector.specificity.ids += 1
            case UInt8(ascii: "."):
                position += 1
                guard let name = identifier() else { return nil }
                compound.classes.append(name)
                selector.specificity.classes += 1
            case UInt8(ascii: "["):
                guard let test = attribute() else { return nil }
                compound.attributes.append(test)
                selector.specificity.classes += 1
            case UInt8(ascii: ":"):
                guard let pseudo = pseudo() else { return nil }
                compound.pseudos += pseudo
            default:
                return position > start ? compound : nil
            }
        }
        return position > start ? compound : nil
    }

    // MARK: Parts

    private mutating func identifier(startsAnywhere: Bool = false) -> String? {
        var name: [UInt8] = []
        let start = position
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\\"), position + 1 < text.count {
                position += 1
                name += escape()
            } else if CSSScanner.isName(byte) {
                if name.isEmpty, !startsAnywhere, (0x30...0x39).contains(byte) { break }
                name.append(byte)
                position += 1
            } else {
                break
            }
        }
        if name.isEmpty { position = start }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    private mutating func escape() -> [UInt8] {
        let digits = text[position...].prefix(6).prefix { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
        guard !digits.isEmpty else {
            position += 1
            return [text[position - 1]]
        }
        position += digits.count
        if position < text.count, text[position] == 0x20 { position += 1 }
        let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0xFFFD
        return Array(String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
    }

    private mutating func skipBlanks() {
        while position < text.count, text[position] == 0x20 { position += 1 }
    }

    private mutating func attribute() -> Selector.AttributeTest? {
        position += 1
        skipBlanks()
        guard let name = identifier() else { return nil }
        var test = Selector.AttributeTest(name: name.lowercased(), relation: .exists, value: "", ignoresCase: false)
        skipBlanks()
        guard position < text.count else { return nil }
        if text[position] != UInt8(ascii: "]") {
            let relations: [UInt8: Selector.Relation] = [
                UInt8(ascii: "~"): .word, UInt8(ascii: "|"): .dash, UInt8(ascii: "^"): .prefix, UInt8(ascii: "$"): .suffix,
                UInt8(ascii: "*"): .part,
            ]
            test.relation = .equals
            if let relation = relations[text[position]] {
                test.relation = relation
                position += 1
            }
            guard position < text.count, text[position] == UInt8(ascii: "=") else { return nil }
            position += 1
            skipBlanks()
            guard let value = value() else { return nil }
            test.value = value
            skipBlanks()
            if position < text.count, text[position] | 0x20 == UInt8(ascii: "i") {
                test.ignoresCase = true
                position += 1
                skipBlanks()
            }
        }
        guard position < text.count, text[position] == UInt8(ascii: "]") else { return nil }
        position += 1
        return test
    }

    private mutating func value() -> String? {
        guard position < text.count else { return nil }
        let quote = text[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return identifier(startsAnywhere: true) }
        position += 1
        var value: [UInt8] = []
        while position < text.count, text[position] != quote {
            if text[position] == UInt8(ascii: "\\"), position + 1 < text.count {
                position += 1
                value += escape()
            } else {
                value.append(text[position])
                position += 1
            }
        }
        guard position < text.count else { return nil }
        position += 1
        return String(decoding: value, as: UTF8.self)
    }

    // MARK: Pseudo-classes

    private static let oldElements: Set<String> = ["before", "after", "first-line", "first-letter"]

    /// - Returns: nil where the selector is not understood.
    private mutating func pseudo() -> [Selector.Pseudo]? {
        position += 1
        let isElement = position < text.count && text[position] == UInt8(ascii: ":")
        if isElement { position += 1 }
        guard let name = identifier()?.lowercased() else { return nil }
        let argument = argument()
        if isElement || Self.oldElements.contains(name) {
            selector.hasPseudoElement = true
            selector.specificity.types += 1
            return []
        }
        if name == "not", let argument { return negation(argument) }
        // Their weight is that of what stands within them, which is not read.
        if ["is", "where", "has", "matches", "-webkit-any", "-moz-any", "host", "host-context"].contains(name) { return nil }
        selector.specificity.classes += 1
        if let pseudo = Self.structural(name, argument) { return pseudo }
        switch name {
        case "any-link": return [.anyLink]
        case "link", "visited":
            linkPseudos += 1
            return [.link(isVisited: name == "visited")]
        default:
            otherUncertain = true
            return [.state]
        }
    }

    /// The text between the parentheses.
    private mutating func argument() -> [UInt8]? {
        guard position < text.count, text[position] == UInt8(ascii: "(") else { return nil }
        let scanner = CSSScanner(text, end: text.count)
        let close = scanner.end(from: position + 1, within: text.count, at: [UInt8(ascii: ")")])
        let argument = scanner.text((position + 1)..<close)
        position = min(close + 1, text.count)
        return argument
    }

    /// `:not(…)` counts as much as the heaviest of what stands in it.
    private mutating func negation(_ argument: [UInt8]) -> [Selector.Pseudo]? {
        let scanner = CSSScanner(argument, end: argument.count)
        var compounds: [Selector.Compound] = []
        var heaviest = Selector()
        var start = 0
        repeat {
            let end = scanner.end(from: start, within: argument.count, at: [UInt8(ascii: ",")])
            var reader = SelectorReader(scanner.text(start..<end))
            let inner = reader.readAll()
            guard !inner.isOpaque, inner.compounds.count == 1, !inner.hasPseudoElement else { return nil }
            if inner.isUncertain { otherUncertain = true }
            compounds += inner.compounds
            if inner.weight > heaviest.weight { heaviest = inner }
            start = end + 1
        } while start <= argument.count
        selector.specificity.ids += heaviest.specificity.ids
        selector.specificity.classes += heaviest.specificity.classes
        selector.specificity.types += heaviest.specificity.types
        return [.not(compounds)]
    }

    private static func structural(_ name: String, _ argument: [UInt8]?) -> [Selector.Pseudo]? {
        switch name {
        case "root": return [.root]
        case "empty": return [.empty]
        case "first-child": return [.nth(0, 1, fromEnd: false, ofType: false)]
        case "last-child": return [.nth(0, 1, fromEnd: true, ofType: false)]
        case "only-child": return [.nth(0, 1, fromEnd: false, ofType: false), .nth(0, 1, fromEnd: true, ofType: false)]
        case "first-of-type": return [.nth(0, 1, fromEnd: false, ofType: true)]
        case "last-of-type": return [.nth(0, 1, fromEnd: true, ofType: true)]
        case "only-of-type": return [.nth(0, 1, fromEnd: false, ofType: true), .nth(0, 1, fromEnd: true, ofType: true)]
        case "nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type":
            guard let argument, let (step, offset) = series(argument) else { return nil }
            return [.nth(step, offset, fromEnd: name.contains("last"), ofType: name.hasSuffix("type"))]
        default: return nil
        }
    }

    /// `2n+1`, `odd`, `-n + 3`, `4`
    private static func series(_ argument: [UInt8]) -> (step: Int, offset: Int)? {
        let text = String(decoding: argument, as: UTF8.self).lowercased().filter { $0 != " " }
        if text == "odd" { return (2, 1) }
        if text == "even" { return (2, 0) }
        guard let n = text.firstIndex(of: "n") else { return number(text).map { (0, $0) } }
        let before = text[..<n]
        let after = text[text.index(after: n)...]
        let step = before.isEmpty || before == "+" ? 1 : before == "-" ? -1 : number(String(before))
        guard let step, let offset = after.isEmpty ? 0 : number(String(after)) else { return nil }
        return (step, offset)
    }

    private static func number(_ text: String) -> Int? {
        Int(text).flatMap { abs($0) <= 1_000_000 ? $0 : nil }
    }
}
