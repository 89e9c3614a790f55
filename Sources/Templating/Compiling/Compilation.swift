import Diagnostics

/// What one loading of a template works on: the files it has read, the Liquid it has put aside, the mistakes it has found.
final class Compilation {
    private(set) var sources: [SourceText] = []
    private(set) var marks = Marks()
    private(set) var problems: [Diagnostic] = []
    /// More help nobody, and each is compared with all before it.
    static let mostProblems = 100
    /// What somebody may have meant is looked for among all names that there are, and so not for all of them.
    private static let mostHelped = 10
    private static let less = "write less, and link to the rest"
    /// There is more of something than a message may have: nothing further is made of it.
    var isFull = false
    /// There is no such layout, which is told: the message is checked without, but for what only a layout has.
    var lacksLayout = false
    /// For the HTML of the message.
    var room = HTMLGuard.Room()
    /// Bytes of authors' files that may still be read.
    private var bytes: Int
    /// Outputs and tags that may still be put aside.
    private var liquid: Int
    /// What was made by ``block(_:closing:)``, which is the same again and again.
    private var blocks: [String: Int] = [:]
    /// Files of the workspace that the message carries, each once.
    private(set) var pictures: [MessagePicture] = []
    /// What readers see of all parts that were checked.
    var shown = ShownMarks()

    /// - Parameter isMessage: bound by what a message may take; else only by what marks there are.
    init(isMessage: Bool = true) {
        bytes = isMessage ? MessageBounds.files : .max
        liquid = isMessage ? MessageBounds.liquid : Marks.most
    }

    func add(_ source: SourceText) -> Int {
        sources.append(source)
        let wasLeft = bytes >= 0
        bytes -= source.bytes.count
        if bytes < 0, wasLeft {
            isFull = true
            let place = max(0, source.bytes.count + bytes)
            report(
                "the files of a message have more than \(MessageBounds.size(MessageBounds.files))", source: sources.count - 1,
                at: Span(place, place + 1), hint: Self.less)
        }
        if let place = Self.firstInvalid(source.bytes) {
            report("this is not UTF-8", source: sources.count - 1, at: Span(place, place + 1), hint: "save the file in UTF-8")
        }
        return sources.count - 1
    }

    /// Of bytes that are not UTF-8.
    private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        return zip(String(decoding: bytes, as: UTF8.self).utf8, bytes).prefix { $0 == $1 }.count
    }

    func add(_ picture: MessagePicture) {
        if !pictures.contains(where: { $0.path == picture.path }) { pictures.append(picture) }
    }

    /// Whether it is worth finding out what somebody may have meant.
    var helps: Bool { problems.count < Self.mostHelped }
    /// Nothing further is told.
    var hasEnough: Bool { problems.count >= Self.mostProblems && hasErrors }

    func report(_ message: String, source: Int, at span: Span?, hint: String? = nil) {
        report(Diagnostic(.error, message, in: sources[source], at: span, hint: hint))
    }

    func report(_ diagnostic: Diagnostic) {
        guard problems.count < Self.mostProblems || diagnostic.severity == .error && !hasErrors else { return }
        let isKnown = problems.contains {
            $0.source.name == diagnostic.source.name && $0.span == diagnostic.span && $0.message == diagnostic.message
        }
        if !isKnown { problems.append(diagnostic) }
    }

    /// Says what is wrong at a place of a text that was put together.
    func report(
        _ severity: Diagnostic.Severity, _ message: String, in text: ComposedText, at span: Span, fallback: Int, hint: String? = nil
    ) {
        let origin = text.origin(of: span)
        report(Diagnostic(severity, message, in: sources[origin?.source ?? fallback], at: origin?.span ?? Span(0, 0), hint: hint))
    }

    /// Partials that stand in a style or a script, where no value may be filled in, each with a tag that renders it.
    private var plainPartials: [String: Int] = [:]

    func expectNoData(from partials: [String], at mark: Int) {
        for name in partials where plainPartials[name] == nil { plainPartials[name] = mark }
    }

    /// To be called when all partials are read.
    func checkPlainPartials() {
        guard !plainPartials.isEmpty else { return }
        let filling = Set(marks.entries.indices.filter { OutputSafety.writesData($0, self) }.map { sources[marks.entries[$0].source].name })
        for (name, mark) in plainPartials.sorted(by: { $0.value < $1.value }) {
            let path = "\(TemplateNames.partials)/\(name)"
            guard [name, name + ".liquid", path + ".liquid", path + ".html", path + ".md"].contains(where: filling.contains) else {
                continue
            }
            let entry = marks.entries[mark]
            report("the partial \"\(name)\" fills in values, which can't be done here", source: entry.source, at: entry.token.span)
        }
    }

    var hasErrors: Bool { problems.contains { $0.severity == .error } }
    /// But for a layout that is not there.
    var hasFurtherErrors: Bool { problems.count { $0.severity == .error } > (lacksLayout ? 1 : 0) }

    /// The text of a file with its Liquid stood for by marks.
    func marked(_ source: Int, in span: Span) -> ComposedText {
        let text = sources[source]
        var result = ComposedText()
        if let collision = Self.position(of: Marks.prefix, in: text.bytes) {
            let place = Span(collision, collision + Marks.prefix.count)
            report("the letters \"zqlmark\" are kept for the program's own use", source: source, at: place)
            return result
        }
        var scanner = LiquidScanner(text.bytes, in: span)
        var offset = span.start
        while let token = scanner.next() {
            liquid -= 1
            // Each of its lines is a tag.
            if token.kind == .tag("liquid") { liquid -= text.bytes[token.span.start..<token.span.end].count { $0 == 0x0A } }
            guard liquid >= 0 else {
                report(
                    "more than \(MessageBounds.text(MessageBounds.liquid)) outputs and tags", source: source, at: token.span,
                    hint: Self.less)
                offset = span.end
                isFull = true
                break
            }
            if case .tag(let name) = token.kind, Self.ownBlocks.contains(name) {
                report("there is no tag \"\(name)\"", source: source, at: token.span)
            }
            result.copy(Span(offset, token.span.start), of: text, source: source)
            result.append(marks.add(token, source: source), from: token.span, source: source)
            offset = token.span.end
        }
        if let place = scanner.unclosed {
            let closing = text.text(in: place) == "{{" ? "}}" : "%}"
            report("this is never closed", source: source, at: place, hint: "close it with \(closing)")
        }
        result.copy(Span(offset, span.end), of: text, source: source)
        return result
    }

    /// Blocks that only the program writes.
    static let ownBlocks: Set<String> = Set(SafeBlock.allCases.map(\.rawValue) + [LinkSlots.blockName])

    /// A mark for an output of what stands at `span` of a source.
    func output(of span: Span, source: Int) -> [UInt8] {
        marks.add(outputOf: span, source: source)
    }

    /// Marks for a block of the program's own making.
    func block(_ opening: String, closing: String) -> (opening: String, closing: String) {
        let middle = opening.utf8.count + 6
        let first = LiquidToken(kind: .tag(opening), span: Span(0, middle))
        let second = LiquidToken(kind: .tag(closing), span: Span(middle, middle + closing.utf8.count + 6))
        let source = blocks[opening] ?? sources.count
        if source == sources.count {
            sources.append(SourceText(name: "links", text: "{% \(opening) %}{% \(closing) %}"))
            blocks[opening] = source
        }
        return (
            String(decoding: marks.add(first, source: source), as: UTF8.self),
            String(decoding: marks.add(second, source: source), as: UTF8.self)
        )
    }

    /// The author's Liquid in place of its marks, `<!--mark-->` included.
    func restored(_ text: ComposedText) -> ComposedText {
        var result = ComposedText()
        var offset = 0
        let opening = Array("<!--".utf8)
        let closing = Array("-->".utf8)
        for found in Marks.marks(in: text.bytes) where found.index < marks.entries.count {
            var range = found.range
            if range.lowerBound - offset >= 4, text.bytes[..<range.lowerBound].suffix(4).elementsEqual(opening),
                text.bytes[range.upperBound...].starts(with: closing)
            {
                range = (range.lowerBound - 4)..<(range.upperBound + 3)
            }
            result.append(text, offset..<range.lowerBound)
            restore(found.index, trimless: text.bytes[found.range.upperBound - 1] == Marks.trimlessEnd, into: &result)
            offset = range.upperBound
        }
        result.append(text, offset..<text.bytes.count)
        return result
    }

    private func restore(_ index: Int, trimless: Bool, into result: inout ComposedText) {
        let entry = marks.entries[index]
        let source = sources[entry.source]
        let span = entry.token.span
        if entry.isWrapped {
            result.append("{{ ")
            result.copy(span, of: source, source: entry.source)
            return result.append(" }}")
        }
        guard trimless, case .tag = entry.token.kind, span.end - span.start > 5 else {
            return result.copy(span, of: source, source: entry.source)
        }
        let start = span.start + 2 + (source.bytes[span.start + 2] == UInt8(ascii: "-") ? 1 : 0)
        let end = span.end - 2 - (source.bytes[span.end - 3] == UInt8(ascii: "-") ? 1 : 0)
        result.copy(Span(span.start, span.start + 2), of: source, source: entry.source)
        result.copy(Span(start, max(start, end)), of: source, source: entry.source)
        result.copy(Span(span.end - 2, span.end), of: source, source: entry.source)
    }

    private static func position(of word: [UInt8], in bytes: [UInt8]) -> Int? {
        guard let first = word.first, bytes.count >= word.count else { return nil }
        for offset in 0...(bytes.count - word.count) where bytes[offset] | 0x20 == first {
            if zip(bytes[offset...], word).allSatisfy({ $0 | 0x20 == $1 }) { return offset }
        }
        return nil
    }

    /// Of a piece of Liquid in its author's file.
    func line(of mark: Int) -> Int {
        let entry = marks.entries[mark]
        return sources[entry.source].location(of: entry.token.span.start).line
    }

    /// The text of an entry as the author wrote it.
    func text(of mark: Int) -> String {
        let entry = marks.entries[mark]
        let text = sources[entry.source].text(in: entry.token.span)
        return entry.isWrapped ? "{{ \(text) }}" : text
    }
}
