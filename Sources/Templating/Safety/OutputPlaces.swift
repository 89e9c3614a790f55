/// Walks through HTML whose Liquid is held by marks and tells at which kind of place each mark stands.
///
/// It follows the states of HTML's tokenizer (WHATWG HTML, section 13.2.5) as far as they matter for what may be filled in.
/// What Outlook alone reads, between `<!--[if mso]>` and `<![endif]-->`, is read as HTML too.
struct OutputPlaces {
    enum Kind: Equatable {
        /// Between tags, in a comment or in a title: escaping is all it takes.
        case text
        case comment
        /// Within `<style>`.
        case style
        /// Within `<script>`.
        case script
        /// A tag's name, an attribute's name, or between attributes.
        case tag
        /// Behind `=` without quotes.
        case unquoted
        case value(attribute: String, element: String)
        /// Programs do not agree on what stands here.
        case doubtful
    }

    struct Found {
        var mark: Marks.Found
        var kind: Kind
        /// The whole value between its quotes, where it stands in one.
        var value: Range<Int>?
    }

    /// Where a walk is. What two branches of a condition end with must be equal.
    private struct State: Equatable {
        enum Phase: Equatable {
            case text, comment, declaration, endTag, tagName, attributes, name, equals, unquoted
            case quoted(UInt8)
            case raw
        }

        var phase = Phase.text
        var element = ""
        var attribute = ""
    }

    private struct Branches {
        let tag: String
        /// The state in front of the opening tag.
        let entry: State
        /// What the branches so far ended with.
        var ends: [State] = []
        /// False before the first `when` of a `case`.
        var isBegun: Bool
        var hasElse = false

        init(tag: String, entry: State) {
            self.tag = tag
            self.entry = entry
            isBegun = tag != "case"
        }
    }

    private(set) var found: [Found] = []
    /// Closing tags whose branches do not end alike.
    private(set) var uneven: [Marks.Found] = []

    /// At its end it stands between tags, so that what follows it does.
    var endsInText: Bool { state.phase == .text && !isDoubtful }

    private let bytes: [UInt8]
    private let marks: Marks
    /// A tag stood where HTML knows only text, as in `<title>`. Within SVG, behind a `<select>` or in Outlook's comment it is a tag, and where
    /// that ends is another matter for each of the two readings.
    private var isDoubtful = false
    private var state = State()
    private var branches: [Branches] = []
    /// Indices in ``found`` of those in the value that is open, and where it starts.
    private var open: [Int] = []
    private var valueStart = 0

    init(_ bytes: [UInt8], marks: Marks) {
        self.bytes = bytes
        self.marks = marks
        var index = 0
        while index < bytes.count { index = step(index) }
    }

    /// Takes what stands at `index`; returns what to go on with.
    private mutating func step(_ index: Int) -> Int {
        let byte = bytes[index]
        if byte == Marks.prefix[0], let mark = Marks.mark(in: bytes, at: index) {
            meet(mark)
            return mark.range.upperBound
        }
        switch state.phase {
        case .text: return byte == UInt8(ascii: "<") ? markup(index) : index + 1
        case .raw:
            guard byte == UInt8(ascii: "<") else { return index + 1 }
            if isEnd(of: state.element, at: index) { return tag(index + 2, .endTag) }
            if state.element != "style", state.element != "script", looksLikeMarkup(index) { isDoubtful = true }
            return index + 1
        case .comment:
            // WHATWG HTML, section 13.2.5.51: with an exclamation mark it ends too.
            for end: StaticString in ["-->", "--!>"] where has(end, at: index) {
                state = State()
                return index + end.utf8CodeUnitCount
            }
            return index + 1
        case .declaration: if byte == UInt8(ascii: ">") { state = State() }
        case .endTag: if byte == UInt8(ascii: ">") { state = State() }
        case .tagName:
            if byte == UInt8(ascii: ">") {
                endTag()
            } else if Self.isSpace(byte) || byte == UInt8(ascii: "/") {
                state.phase = .attributes
            } else {
                state.element.unicodeScalars.append(UnicodeScalar(Self.lower(byte)))
            }
        case .attributes:
            if byte == UInt8(ascii: ">") {
                endTag()
            } else if !Self.isSpace(byte), byte != UInt8(ascii: "/") {
                state.phase = .name
                state.attribute = String(UnicodeScalar(Self.lower(byte)))
            }
        case .name:
            if byte == UInt8(ascii: "=") {
                state.phase = .equals
            } else if byte == UInt8(ascii: ">") {
                endTag()
            } else if Self.isSpace(byte) {
                if nextIsEquals(index) { return index + 1 }
                state.phase = .attributes
            } else if byte == UInt8(ascii: "/") {
                state.phase = .attributes
            } else {
                state.attribute.unicodeScalars.append(UnicodeScalar(Self.lower(byte)))
            }
        case .equals:
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                state.phase = .quoted(byte)
                open = []
                valueStart = index + 1
            } else if byte == UInt8(ascii: ">") {
                endTag()
            } else if !Self.isSpace(byte) {
                state.phase = .unquoted
            }
        case .unquoted:
            if byte == UInt8(ascii: ">") { endTag() } else if Self.isSpace(byte) { state.phase = .attributes }
        case .quoted(let quote):
            if byte == quote {
                for place in open { found[place].value = valueStart..<index }
                open = []
                state.phase = .attributes
            }
        }
        return index + 1
    }

    /// A blank between an attribute's name and its `=`.
    private func nextIsEquals(_ index: Int) -> Bool {
        bytes[index...].first { !Self.isSpace($0) } == UInt8(ascii: "=")
    }

    private mutating func markup(_ index: Int) -> Int {
        if has("<!--", at: index) {
            // A tag of Liquid that was put into a comment of its own, so that HTML leaves it where it is.
            if let mark = Marks.mark(in: bytes, at: index + 4), has("-->", at: mark.range.upperBound) {
                meet(mark)
                return mark.range.upperBound + 3
            }
            if has("<!--[if", at: index) {
                state.phase = .declaration
                return index + 7
            }
            state.phase = .comment
            return has("<!-->", at: index) || has("<!--->", at: index) ? index + 2 : index + 4
        }
        guard index + 1 < bytes.count else { return index + 1 }
        switch bytes[index + 1] {
        case UInt8(ascii: "!"), UInt8(ascii: "?"):
            state.phase = .declaration
            return index + 2
        case UInt8(ascii: "/"):
            guard index + 2 < bytes.count, Self.isLetter(bytes[index + 2]) else { return index + 1 }
            return tag(index + 2, .endTag)
        case let byte where Self.isLetter(byte): return tag(index + 1, .tagName)
        default: return index + 1
        }
    }

    private mutating func tag(_ index: Int, _ phase: State.Phase) -> Int {
        state = State(phase: phase)
        return index
    }

    private static let rawText: Set<String> = [
        "style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext",
    ]

    /// Behind a start tag's `>`.
    private mutating func endTag() {
        let element = state.element
        state = Self.rawText.contains(element) && element != "noscript" ? State(phase: .raw, element: element) : State()
    }

    private func isEnd(of element: String, at index: Int) -> Bool {
        let name = Array("</\(element)".utf8)
        let end = index + name.count
        guard end < bytes.count, zip(bytes[index...], name).allSatisfy({ Self.lower($0) == $1 }) else { return false }
        return Self.isSpace(bytes[end]) || bytes[end] == UInt8(ascii: "/") || bytes[end] == UInt8(ascii: ">")
    }

    /// A `<` that begins something, but for a tag of Liquid in a comment of its own.
    private func looksLikeMarkup(_ index: Int) -> Bool {
        guard index + 1 < bytes.count else { return false }
        if has("<!--", at: index), Marks.mark(in: bytes, at: index + 4) != nil { return false }
        return Self.isLetter(bytes[index + 1]) || [UInt8(ascii: "/"), UInt8(ascii: "!"), UInt8(ascii: "?")].contains(bytes[index + 1])
    }

    // MARK: Marks

    private var kind: Kind {
        if isDoubtful { return .doubtful }
        return switch state.phase {
        case .text: .text
        case .comment, .declaration: .comment
        case .raw: state.element == "style" ? .style : state.element == "script" ? .script : .text
        case .endTag, .tagName, .attributes, .name: .tag
        case .equals, .unquoted: .unquoted
        case .quoted: .value(attribute: state.attribute, element: state.element)
        }
    }

    private mutating func meet(_ mark: Marks.Found) {
        let name = marks.tagName(mark.index)
        found.append(Found(mark: mark, kind: kind))
        if case .quoted = state.phase, !isDoubtful { open.append(found.count - 1) }
        if let name { follow(name, mark) } else if state.phase == .equals { state.phase = .unquoted }
    }

    private static let opening: Set<String> = ["if", "unless", "case", "for", "tablerow", "ifchanged", "capture"]

    private mutating func follow(_ name: String, _ mark: Marks.Found) {
        // A condition may stand right behind a name, but it makes no part of one.
        if state.phase == .tagName, state.element.isEmpty { uneven.append(mark) }
        if state.phase == .tagName || state.phase == .name { state.phase = .attributes }
        if Self.opening.contains(name) {
            branches.append(Branches(tag: name, entry: state))
            // What is captured is written somewhere else.
            if name == "capture" { state = State() }
        } else if ["else", "elsif", "elseif", "when"].contains(name), let last = branches.indices.last {
            // What stands between `case` and the first `when` is never written.
            if branches[last].isBegun { branches[last].ends.append(state) }
            branches[last].isBegun = true
            branches[last].hasElse = branches[last].hasElse || name == "else"
            state = branches[last].entry
        } else if name.hasPrefix("end"), Self.opening.contains(String(name.dropFirst(3))), let group = branches.popLast() {
            close(group, mark)
        }
    }

    private mutating func close(_ group: Branches, _ mark: Marks.Found) {
        if group.tag == "capture" {
            if state.phase != .text { uneven.append(mark) }
            state = group.entry
            return
        }
        var ends = group.isBegun ? group.ends + [state] : []
        // A loop may run more than once, and everything without `else` not at all.
        if !group.hasElse || group.tag == "for" { ends.append(group.entry) }
        if !group.isBegun { state = group.entry }
        if ends.contains(where: { !Self.agree($0, state) }) { uneven.append(mark) }
    }

    /// Between attributes it does not matter which came last.
    private static func agree(_ a: State, _ b: State) -> Bool {
        if a.phase == .attributes || a.phase == .text { return a.phase == b.phase }
        return a == b
    }

    // MARK: Bytes

    private func has(_ text: StaticString, at index: Int) -> Bool {
        guard index + text.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[index + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
