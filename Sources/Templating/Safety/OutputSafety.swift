import Diagnostics

/// Makes sure that no value can leave the place it is filled into.
///
/// | where | what is done |
/// |---|---|
/// | between tags, in a value between quotes | nothing: values are escaped |
/// | at the start of an address (`href`, `src`, …) | only `http`, `https`, `mailto`, `tel` and `cid` are let through |
/// | further on in an address | what could end the part of the address it stands in is percent-encoded |
/// | in a style | only numbers, words and colours are; in `url(…)` only web addresses |
/// | without quotes, in a script, in an `on…` attribute, as a tag or an attribute | an error with its place |
///
/// What the author wrote out (`{{ "text" }}`) or called `raw` is let through everywhere but in an address.
struct OutputSafety {
    private let text: ComposedText
    private let compilation: Compilation
    private let own: Int
    private let places: OutputPlaces
    private let authors: AuthorsValues
    /// Starts of values that are in a block already.
    private let done: Set<Int>
    /// Around values within addresses. They stand within all other blocks, so they have to come before the ends of those.
    private(set) var innerEdits: [TextEdit] = []
    private(set) var outerEdits: [TextEdit] = []
    var edits: [TextEdit] { innerEdits + outerEdits }

    /// - Parameters:
    ///   - links: the values of links that are filled by the block of ``LinkSlots``.
    ///   - own: where to show what stands in no author's file.
    ///   - isPartial: it is written into another file, where it must leave off between tags.
    init(_ text: ComposedText, links: [Range<Int>], own: Int, isPartial: Bool, in compilation: Compilation) {
        self.text = text
        self.compilation = compilation
        self.own = own
        authors = AuthorsValues(compilation)
        places = OutputPlaces(text.bytes, marks: compilation.marks)
        done = Set(links.map(\.lowerBound))
        for mark in places.uneven {
            report(
                "the branches of this do not leave the HTML at the same place", mark,
                hint: "open and close a tag, its quotes and a comment within one branch")
        }
        if isPartial, !places.endsInText {
            let end = Span(max(0, text.bytes.count - 1), text.bytes.count)
            compilation.report(
                .error, "this partial ends within a tag, a comment or a style", in: text, at: end, fallback: own,
                hint: "close it here: what stands behind the partial can't be told where it is")
        }
        var values: [Int: [OutputPlaces.Found]] = [:]
        for found in places.found {
            if case .value = found.kind {
                if let value = found.value { values[value.lowerBound, default: []].append(found) }
            } else {
                check(found)
            }
        }
        for start in values.keys.sorted() { check(value: values[start] ?? []) }
    }

    private func report(_ message: String, _ mark: Marks.Found, hint: String?) {
        compilation.report(
            .error, message, in: text, at: Span(mark.range.lowerBound, mark.range.upperBound), fallback: own, hint: hint)
    }

    // MARK: What a mark writes

    private static let writing: Set<String> = ["echo", "cycle", "increment", "decrement", "render", "include", "liquid", "tablerow"]

    /// Whether data may come out of it.
    static func writesData(_ mark: Int, _ compilation: Compilation) -> Bool {
        let text = compilation.text(of: mark)
        switch compilation.marks.entries[mark].token.kind {
        case .raw, .comment: return false
        case .tag(let name): return name == "cycle" ? !isLiteral(text, behind: name) : writing.contains(name)
        case .output: return !isLiteral(text, behind: nil) && !isRaw(text)
        }
    }

    private static func isRaw(_ text: String) -> Bool {
        guard let last = inside(text).split(separator: "|").dropFirst().last else { return false }
        return last.allSatisfy { $0.isWhitespace || $0.isLetter } && last.split(whereSeparator: \.isWhitespace) == ["raw"]
    }

    private static func inside(_ text: String) -> Substring {
        var rest = text.dropFirst(2).dropLast(2)
        if rest.first == "-" { rest = rest.dropFirst() }
        if rest.last == "-" { rest = rest.dropLast() }
        return rest
    }

    /// Nothing but texts between quotes and numbers.
    private static func isLiteral(_ text: String, behind name: String?) -> Bool {
        var rest = inside(text).drop { $0.isWhitespace }
        if let name { rest = rest.dropFirst(name.count) }
        while let first = rest.first {
            if first == "\"" || first == "'" {
                guard let end = rest.dropFirst().firstIndex(of: first) else { return false }
                rest = rest[rest.index(after: end)...]
            } else if first.isWhitespace || first.isNumber || first == "," || first == "." || first == ":" {
                rest = rest.dropFirst()
            } else {
                return false
            }
        }
        return true
    }

    /// `{{ links.unsubscribe }}` and its like, which the program makes.
    private func isOwnLink(_ mark: Marks.Found) -> Bool {
        let words = Self.inside(compilation.text(of: mark.index)).filter { !$0.isWhitespace }
        return words == "links.unsubscribe" || words == "links.preferences"
    }

    // MARK: Places

    private mutating func check(_ found: OutputPlaces.Found) {
        guard found.kind != .text, found.kind != .comment, Self.writesData(found.mark.index, compilation) else { return }
        let shown = compilation.text(of: found.mark.index)
        if found.kind == .style || found.kind == .script, compilation.marks.tagName(found.mark.index) == "render" {
            // A piece of style that several layouts share.
            return compilation.expectNoData(from: PartialNames.names(in: shown).names, at: found.mark.index)
        }
        switch found.kind {
        case .style: wrap(found.mark.range, .style)
        case .unquoted:
            report("a value needs quotes around it here", found.mark, hint: "write \"\(shown)\"")
        case .doubtful:
            report(
                "programs don't agree where this stands: a <title>, <textarea> or the like before it holds a tag", found.mark,
                hint: "close it before the tag, or write &lt; for its <")
        case .script:
            report(
                "a value can't be filled into a script", found.mark,
                hint: "mail programs run none; add | raw if you trust whoever wrote the value")
        default:
            report(
                "a value can't be a tag or an attribute", found.mark,
                hint: "write the attribute out and fill its value between quotes: title=\"\(shown)\"")
        }
    }

    private static let addresses: Set<String> = [
        "href", "src", "action", "formaction", "background", "poster", "cite", "data", "longdesc", "xlink:href", "ping", "manifest",
        "codebase", "lowsrc", "dynsrc", "usemap", "classid", "profile", "icon", "from", "to", "by", "values",
    ]

    private mutating func check(value marks: [OutputPlaces.Found]) {
        guard let first = marks.first, case .value(let attribute, let element) = first.kind, let range = first.value else { return }
        let writing = marks.map(\.mark).filter { Self.writesData($0.index, compilation) }
        if Self.addresses.contains(attribute) { return check(address: marks.map(\.mark), range) }
        if attribute == "srcset" || attribute == "imagesrcset" { return check(addresses: marks.map(\.mark), range) }
        guard let output = writing.first else { return }
        if attribute == "style" {
            for mark in writing { wrap(mark.range, .style, argument: isInAddress(range.lowerBound..<mark.range.lowerBound) ? 1 : nil) }
        } else if attribute.hasPrefix("on") || attribute == "srcdoc" || element == "meta" && attribute == "content" && isRefresh(range) {
            report(
                "a value can't be filled into \(attribute)", output,
                hint: "mail programs run no scripts; add | raw if you trust whoever wrote the value")
        }
    }

    private func isRefresh(_ value: Range<Int>) -> Bool {
        let start = text.bytes[..<value.lowerBound].lastIndex(of: UInt8(ascii: "<")) ?? 0
        let end = text.bytes[value.upperBound...].firstIndex(of: UInt8(ascii: ">")) ?? text.bytes.count
        return String(decoding: text.bytes[start..<end], as: UTF8.self).lowercased().contains("http-equiv")
    }

    /// Behind `url(` that is not closed. Nobody writes an address longer than what is looked at.
    private func isInAddress(_ range: Range<Int>) -> Bool {
        let style = String(decoding: text.bytes[range].suffix(500), as: UTF8.self).lowercased()
        guard let opening = style.ranges(of: "url(").last else { return false }
        return !style[opening.upperBound...].contains(")")
    }

    private mutating func check(address marks: [Marks.Found], _ range: Range<Int>) {
        let outputs = marks.filter { mark in
            let kind = compilation.marks.entries[mark.index].token.kind
            if case .tag(let name) = kind { return Self.writing.contains(name) }
            return kind == .output && !Self.isLiteral(compilation.text(of: mark.index), behind: nil)
        }
        guard let output = outputs.first, let first = marks.first, !outputs.allSatisfy(isOwnLink) else { return }
        let scheme = SafeBlock.scheme(of: text.bytes[range.lowerBound..<first.range.lowerBound])
        guard SafeBlock.isAllowed(scheme) else {
            return report("an address with a value in it starts with https://, mailto: or tel:", output, hint: nil)
        }
        encode(marks, in: range)
        guard scheme == .open, !done.contains(range.lowerBound) else { return }
        guard LinkSlots.isClosed(marks.map(\.index), compilation) else {
            return report(
                "a condition reaches out of this address", output,
                hint: "put the whole address into the condition, or the condition into it")
        }
        wrap(range, .address)
    }

    /// `srcset="one.png 1x, two.png 2x"`.
    private mutating func check(addresses marks: [Marks.Found], _ range: Range<Int>) {
        for mark in marks where Self.writesData(mark.index, compilation) {
            let before = text.bytes[range.lowerBound..<mark.range.lowerBound]
            let isFirst = before.reversed().prefix { $0 != UInt8(ascii: ",") }.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
            if isFirst { wrap(mark.range, .address) } else { wrapInner(mark, place: .path) }
        }
    }

    // MARK: Within an address

    /// Puts what data writes behind the beginning of an address into blocks that keep it in its place.
    private mutating func encode(_ marks: [Marks.Found], in range: Range<Int>) {
        for (mark, place) in encoded(marks, in: range) { wrapInner(mark, place: place) }
    }

    /// Apart from what is done with them: while the marks are looked at, each that is added would copy them all.
    private func encoded(_ marks: [Marks.Found], in range: Range<Int>) -> [(mark: Marks.Found, place: SafeBlock.Place)] {
        var found: [(mark: Marks.Found, place: SafeBlock.Place)] = []
        var before = AddressPrefix(text.bytes, range, compilation.marks)
        for mark in marks {
            let prefix = before.text(upTo: mark)
            // A table makes no part of an address, and its opening tag stands for itself only.
            guard compilation.marks.tagName(mark.index) != "tablerow", Self.writesData(mark.index, compilation), !isOwnLink(mark),
                !authors.isAuthors(mark.index),
                let place = SafeBlock.Place(behind: prefix)
            else { continue }
            if place == .host, let last = prefix.last, !"/.@:".utf8.contains(last) {
                compilation.report(
                    .warning, "this value may change where the link leads: it goes on with the name of the host", in: text,
                    at: Span(mark.range.lowerBound, mark.range.upperBound), fallback: own, hint: "write a / before it")
            }
            found.append((mark, place))
        }
        return found
    }

    private mutating func wrapInner(_ mark: Marks.Found, place: SafeBlock.Place) {
        let name = SafeBlock.part.rawValue
        let block = compilation.block("\(name) \(place.rawValue)", closing: "end\(name)")
        innerEdits.append(TextEdit(insert: block.opening, at: mark.range.lowerBound))
        innerEdits.append(TextEdit(insert: block.closing, at: mark.range.upperBound))
    }

    private mutating func wrap(_ range: Range<Int>, _ block: SafeBlock, argument: Int? = nil) {
        let marks = compilation.block(argument.map { "\(block.rawValue) \($0)" } ?? block.rawValue, closing: "end\(block.rawValue)")
        outerEdits.append(TextEdit(insert: marks.opening, at: range.lowerBound))
        outerEdits.append(TextEdit(insert: marks.closing, at: range.upperBound))
    }
}
