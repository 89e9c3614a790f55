/// What a `<style>` element says, with the place of each rule in the text that it stands in.
struct StyleSheet {
    struct Declaration {
        /// In small letters, but for custom properties.
        var name: String
        /// Without comments, line ends and `!important`.
        var value: [UInt8]
        var isImportant: Bool
        /// Behind the value, where `!important` would go.
        var end: Int
        /// The Liquid in the value; nil where there is some in the name, which may then be any.
        var marks: [Int]?
        var properties: PropertySet
        /// See ``PlainValues``.
        var isPlain = false
    }

    struct Rule {
        var selectors: [Selector]
        var declarations: [Declaration]
        /// From the selector to behind the closing brace.
        var range: Range<Int>
        /// Holds at some times only: it stands in `@media` or `@supports`.
        var isConditional: Bool
        /// Must stay as it is: it is not closed, or Liquid changes more of it than a value.
        var isFixed: Bool
    }

    private(set) var rules: [Rule] = []
    /// Rules that stay, with what they stand in: `@media` as a whole, `@font-face`, what is not closed.
    private(set) var others: [Range<Int>] = []
    /// Where a layer, a scope, a namespace or a rule within a rule changes what wins, for which `style=""` has no words.
    private(set) var obstacle: Range<Int>?
    /// Liquid that is not within a rule.
    private(set) var looseMarks: [Int] = []
    /// Rules, selectors and declarations that may still be read; none where it was not read to its end.
    private(set) var room: Int
}

extension StyleSheet {
    /// Reads the bytes of `range`. Any bytes will do, and each is read once or twice.
    init(_ bytes: [UInt8], in range: Range<Int>, atMost room: Int) {
        self.room = room
        let scanner = CSSScanner(bytes, end: range.upperBound)
        rules(scanner, range, isConditional: false, depth: 0)
    }

    private static let conditional: Set<String> = ["media", "supports", "container", "document", "-moz-document"]
    private static let harmless: Set<String> = [
        "charset", "import", "font-face", "page", "keyframes", "-webkit-keyframes", "-moz-keyframes", "-o-keyframes", "-ms-viewport",
        "viewport", "counter-style", "property", "font-feature-values", "font-palette-values", "view-transition", "color-profile",
    ]
    private static let deepest = 8

    private mutating func rules(_ scanner: CSSScanner, _ range: Range<Int>, isConditional: Bool, depth: Int) {
        var position = range.lowerBound
        while true {
            position = scanner.afterBlanks(from: position, within: range.upperBound, comments: true)
            // Between rules a loose tag takes no part in the selector that follows.
            if let mark = Marks.mark(in: scanner.bytes, at: position), mark.range.upperBound <= range.upperBound {
                looseMarks.append(mark.index)
                position = mark.range.upperBound
                continue
            }
            guard position < range.upperBound, room > 0 else { return }
            position =
                scanner.bytes[position] == UInt8(ascii: "@")
                ? atRule(scanner, position..<range.upperBound, isConditional: isConditional, depth: depth)
                : rule(scanner, position..<range.upperBound, isConditional: isConditional)
        }
    }

    private mutating func atRule(_ scanner: CSSScanner, _ range: Range<Int>, isConditional: Bool, depth: Int) -> Int {
        let nameEnd = scanner.endOfName(from: range.lowerBound + 1, within: range.upperBound)
        let name = String(decoding: scanner.bytes[(range.lowerBound + 1)..<nameEnd], as: UTF8.self).lowercased()
        let prelude = scanner.end(from: nameEnd, within: range.upperBound, at: [UInt8(ascii: ";"), UInt8(ascii: "{")])
        guard prelude < range.upperBound, scanner.bytes[prelude] == UInt8(ascii: "{") else {
            let end = min(prelude + 1, range.upperBound)
            if !Self.harmless.contains(name) { obstacle = obstacle ?? range.lowerBound..<nameEnd }
            others.append(range.lowerBound..<end)
            return end
        }
        let close = scanner.endOfBlock(from: prelude + 1, within: range.upperBound)
        let end = min(close + 1, range.upperBound)
        if Self.conditional.contains(name), depth < Self.deepest {
            rules(scanner, (prelude + 1)..<close, isConditional: true, depth: depth + 1)
        } else if !Self.harmless.contains(name) {
            obstacle = obstacle ?? range.lowerBound..<nameEnd
        }
        if depth == 0 { others.append(range.lowerBound..<end) }
        room -= 1
        return end
    }

    private mutating func rule(_ scanner: CSSScanner, _ range: Range<Int>, isConditional: Bool) -> Int {
        let open = scanner.end(from: range.lowerBound, within: range.upperBound, at: [UInt8(ascii: "{")])
        guard open < range.upperBound else {
            others.append(range)
            return range.upperBound
        }
        let body = Self.declarations(scanner, (open + 1)..<range.upperBound)
        let end = min(body.end + 1, range.upperBound)
        if let nested = body.nested { obstacle = obstacle ?? nested }
        let marks = Marks.marks(in: scanner.bytes, open..<end).count
        let inValues = body.found.reduce(0) { $0 + ($1.marks?.count ?? 0) }
        var rule = Rule(
            selectors: Selector.list(scanner, range.lowerBound..<open), declarations: body.found, range: range.lowerBound..<end,
            isConditional: isConditional, isFixed: !body.isBalanced || body.end >= range.upperBound)
        if marks > inValues {
            // What such a mark stands for may be any declaration.
            rule.isFixed = true
            rule.declarations.append(
                Declaration(name: "", value: [], isImportant: false, end: end, marks: nil, properties: .any))
        }
        rules.append(rule)
        room -= 1 + rule.selectors.count + rule.declarations.count
        return end
    }

    struct Body {
        var found: [Declaration] = []
        /// Of the closing brace, or of the range.
        var end: Int
        var isBalanced = true
        /// A rule within.
        var nested: Range<Int>?
    }

    /// Up to the closing brace, or to the end of the range.
    static func declarations(_ scanner: CSSScanner, _ range: Range<Int>) -> Body {
        var body = Body(end: range.upperBound)
        var position = range.lowerBound
        while true {
            position = scanner.afterBlanks(from: position, within: range.upperBound)
            guard position < range.upperBound else { break }
            let byte = scanner.bytes[position]
            if byte == UInt8(ascii: "}") { break }
            if byte == UInt8(ascii: ";") {
                position += 1
                continue
            }
            let end = scanner.end(
                from: position, within: range.upperBound, at: [UInt8(ascii: ";"), UInt8(ascii: "}"), UInt8(ascii: "{")])
            if end < range.upperBound, scanner.bytes[end] == UInt8(ascii: "{") {
                body.nested = position..<end
                position = min(scanner.endOfBlock(from: end + 1, within: range.upperBound) + 1, range.upperBound)
                continue
            }
            if let declaration = declaration(scanner, position..<end) {
                body.found.append(declaration)
            } else if !scanner.isBalanced(position..<end) {
                body.isBalanced = false
            }
            position = end
        }
        body.end = position
        return body
    }

    private static func declaration(_ scanner: CSSScanner, _ range: Range<Int>) -> Declaration? {
        guard let colon = scanner.bytes[range].firstIndex(of: UInt8(ascii: ":")), scanner.isBalanced(range) else { return nil }
        let written = String(decoding: scanner.text(range.lowerBound..<colon), as: UTF8.self)
        guard !written.isEmpty, !written.utf8.contains(where: { CSSScanner.isBlank($0) }) else { return nil }
        let name = written.hasPrefix("--") ? written : written.lowercased()
        var value = scanner.text((colon + 1)..<range.upperBound)
        let isImportant = CSSScanner.dropImportant(&value)
        guard !value.isEmpty else { return nil }
        let hasMarkedName = !Marks.marks(in: name).isEmpty
        var declaration = Declaration(
            name: name, value: value, isImportant: isImportant, end: scanner.endOfText(range),
            marks: hasMarkedName ? nil : Marks.marks(in: value).map(\.index),
            properties: hasMarkedName ? .any : PropertySet(name))
        declaration.isPlain = PlainValues.isValid(declaration)
        return declaration
    }
}
