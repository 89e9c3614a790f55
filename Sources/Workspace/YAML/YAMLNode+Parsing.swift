package import Diagnostics
import Yams

extension YAMLNode {
    private static let deepest = 32
    private static let largest = 1 << 20

    /// Reads one YAML document; nil where there is nothing but blanks and comments.
    ///
    /// - Parameter span: the part of the source that is YAML; all of it by default. Spans of the nodes are offsets in `source`.
    package static func parse(_ source: SourceText, in span: Span? = nil) throws(DiagnosticList) -> YAMLNode? {
        let span = span ?? Span(0, source.bytes.count)
        guard span.end - span.start <= largest else {
            throw DiagnosticList([Diagnostic(.error, "more than 1 MB of YAML", in: source)])
        }
        var start = span.start
        if source.bytes[start..<span.end].starts(with: [0xEF, 0xBB, 0xBF]) { start += 3 }
        let part = source.bytes[start..<span.end]
        guard let text = String(validating: part, as: UTF8.self) else {
            let valid = String(decoding: part, as: UTF8.self).utf8
            let same = zip(valid, part).prefix { $0 == $1 }.count
            let place = Span(start + same, start + same + 1)
            throw DiagnosticList([
                Diagnostic(.error, "this is not UTF-8", in: source, at: place, hint: "save the file in UTF-8")
            ])
        }
        let marks = YAMLMarks(source: source, range: start..<span.end)
        if let alias = marks.tooManyAliases() {
            throw DiagnosticList([Diagnostic(.error, "aliases are not accepted", in: source, at: alias, hint: "write the value out")])
        }
        do {
            let parser = try Parser(yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
            guard let root = try parser.singleRoot() else { return nil }
            // Anchors are held by the parser, weakly by the nodes: it has to live until the nodes are read.
            let node = try withExtendedLifetime(parser) { try convert(root, marks, depth: 0) }
            return node.isEmpty ? nil : node
        } catch let diagnostic as Diagnostic {
            throw DiagnosticList([diagnostic])
        } catch {
            throw DiagnosticList([marks.diagnostic(for: error)])
        }
    }

    private static func convert(_ node: Node, _ marks: YAMLMarks, depth: Int) throws -> YAMLNode {
        let place = marks.span(of: node)
        if node.anchor != nil {
            throw Diagnostic(.error, "anchors and aliases are not accepted", in: marks.source, at: place, hint: "write the value out")
        }
        guard depth < deepest else {
            throw Diagnostic(.error, "nested deeper than \(deepest) levels", in: marks.source, at: place)
        }
        switch node {
        case .scalar(let scalar):
            let quoted = scalar.style != .plain
            // The parser gives quoted texts this tag, and resolves keys to it.
            if !["", "tag:yaml.org,2002:str"].contains(scalar.tag.rawValue) { throw tagged(marks, place) }
            return YAMLNode(.scalar(scalar.string, quoted: quoted), span: place)
        case .sequence(let sequence):
            if !["", "tag:yaml.org,2002:seq"].contains(sequence.tag.rawValue) { throw tagged(marks, place) }
            return YAMLNode(.sequence(try sequence.map { try convert($0, marks, depth: depth + 1) }), span: place)
        case .mapping(let mapping):
            if !["", "tag:yaml.org,2002:map"].contains(mapping.tag.rawValue) { throw tagged(marks, place) }
            return YAMLNode(.mapping(try mapping.map { try member($0, marks, depth: depth + 1) }), span: place)
        case .alias:
            throw Diagnostic(.error, "aliases are not accepted", in: marks.source, at: place, hint: "write the value out")
        }
    }

    private static func member(_ pair: (key: Node, value: Node), _ marks: YAMLMarks, depth: Int) throws -> Member {
        let key = try convert(pair.key, marks, depth: depth)
        guard let name = key.text else {
            let hint = marks.isLiquid(at: key.span.start) ? "put a value that starts with {{ between quotes" : nil
            throw Diagnostic(.error, "a key must be text", in: marks.source, at: key.span, hint: hint)
        }
        if key.isEmpty { throw Diagnostic(.error, "a key is missing here", in: marks.source, at: key.span) }
        return Member(key: name, keySpan: key.span, value: try convert(pair.value, marks, depth: depth))
    }

    private static func tagged(_ marks: YAMLMarks, _ place: Span) -> Diagnostic {
        Diagnostic(.error, "YAML tags are not accepted", in: marks.source, at: place, hint: "a text that starts with ! goes between quotes")
    }
}
