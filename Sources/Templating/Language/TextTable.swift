import Diagnostics
import Workspace

/// The texts of `Templates/strings.yaml`, by name and language, for the filter `t`.
///
/// ```yaml
/// unsubscribe:
///   en: Unsubscribe
///   it: Annulla l’iscrizione
/// greeting:
///   en: Hello {{ name }}
///   it: Ciao {{ name }}
/// ```
///
/// What stands between braces is given by name: `{{ "greeting" | t: name: contact.first_name }}`.
struct TextTable: Sendable {
    struct Entry: Sendable {
        /// Of its name in the file.
        var span: Span
        /// By language tag in lower case with hyphens, in the order of the file.
        var texts: [(language: String, text: TextPattern)]

        var names: Set<String> { texts.reduce(into: []) { $0.formUnion($1.text.names) } }

        func has(_ language: String) -> Bool { texts.contains { $0.language == language } }
    }

    static let path = "\(TemplateNames.folder)/strings.yaml"

    let source: SourceText
    private(set) var entries: [String: Entry] = [:]
    /// Its file could not be read, which was told: nothing can be said of its names.
    let isBroken: Bool

    init(broken source: SourceText) {
        self.source = source
        isBroken = true
    }

    /// All mistakes are told at once.
    init(reading source: SourceText) throws(DiagnosticList) {
        self.source = source
        isBroken = false
        if let end = source.bytes.indices.lazy.filter({ source.bytes[$0] == UInt8(ascii: "\n") }).dropFirst(MessageBounds.textLines).first {
            let message = "more than \(MessageBounds.text(MessageBounds.textLines)) lines of texts"
            throw DiagnosticList([Diagnostic(.error, message, in: source, at: Span(end, end + 1))])
        }
        var reader = YAMLReader(source)
        for member in reader.members(of: try YAMLNode.parse(source), in: "strings.yaml") {
            var entry = Entry(span: member.keySpan, texts: [])
            for line in reader.members(of: member.value, in: "\"\(member.key)\"") {
                let tag = Self.normal(line.key)
                guard LanguageTag(tag) != nil else {
                    let hint = suggestion(for: tag, among: LanguageTag.languages) ?? "write a tag such as en, it or pt-br"
                    reader.report("there is no language \"\(line.key.prefix(40))\"", at: line.keySpan, hint: hint)
                    continue
                }
                guard let text = reader.text(line.value) else { continue }
                guard let pattern = TextPattern(text) else {
                    reader.report("a {{ in this text is never closed", at: line.value.span, hint: "a place is written {{ name }}")
                    continue
                }
                entry.texts.append((tag, pattern))
            }
            if entry.texts.isEmpty, reader.problems.isEmpty {
                reader.report("\"\(member.key)\" has no text", at: member.keySpan, hint: "write one for each language, as in en: …")
            }
            entries[member.key] = entry
        }
        try reader.finish()
    }

    /// Whether a piece of Liquid may use `t`.
    static func isUsed(in text: String) -> Bool {
        text.split(separator: "|").dropFirst().contains { part in
            let word = part.drop { $0.isWhitespace }
            return word.first == "t" && !(word.dropFirst().first.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false)
        }
    }

    static func normal(_ tag: String) -> String { tag.lowercased().replacing("_", with: "-") }

    /// All that some text is written in.
    var languages: [String] { Set(entries.values.flatMap { $0.texts.map(\.language) }).sorted() }

    /// In that very language, else in its first part, else in the workspace's, else in the one that stands first.
    func text(_ key: String, in language: String, base: String) -> TextPattern? {
        guard let texts = entries[key]?.texts else { return nil }
        for tag in [Self.normal(language), Self.normal(base)] {
            if let exact = texts.first(where: { $0.language == tag }) { return exact.text }
            let first = tag.prefix { $0 != "-" }
            if let near = texts.first(where: { $0.language == first }) { return near.text }
        }
        return texts.first?.text
    }
}

/// A text with places to be filled: `Hello {{ name }}`.
struct TextPattern: Sendable {
    private enum Piece {
        case text(String)
        case name(String)
    }

    private let pieces: [Piece]

    /// Nil where a place is never closed.
    init?(_ text: String) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let opening = rest.firstRange(of: "{{") {
            guard let closing = rest[opening.upperBound...].firstRange(of: "}}") else { return nil }
            pieces.append(.text(String(rest[..<opening.lowerBound])))
            pieces.append(.name(rest[opening.upperBound..<closing.lowerBound].split(whereSeparator: \.isWhitespace).joined(separator: " ")))
            rest = rest[closing.upperBound...]
        }
        self.pieces = pieces + [.text(String(rest))]
    }

    var names: Set<String> {
        Set(pieces.compactMap { if case .name(let name) = $0 { name } else { nil } })
    }

    /// What has no value leaves nothing.
    func filled(_ value: (String) -> String?) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .name(let name): result += value(name) ?? ""
            }
        }
        return result
    }
}
