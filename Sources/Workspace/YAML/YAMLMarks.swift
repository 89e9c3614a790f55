import Diagnostics
import Yams

/// Leads from the YAML parser's lines and columns back to byte offsets in the file.
struct YAMLMarks {
    let source: SourceText
    private let range: Range<Int>
    private let lineStarts: [Int]

    /// - Parameter range: the bytes that were given to the parser.
    init(source: SourceText, range: Range<Int>) {
        self.source = source
        self.range = range
        lineStarts = Self.lineStarts(in: source.bytes, range)
    }

    /// libyaml breaks lines at CR, LF, CRLF, NEL, LS and PS.
    private static func lineStarts(in bytes: [UInt8], _ range: Range<Int>) -> [Int] {
        var starts = [range.lowerBound]
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            let next = index + 1 < range.upperBound ? bytes[index + 1] : 0
            index += 1
            if byte == 0x0D, next == 0x0A {
                index += 1
            } else if byte == 0xC2, next == 0x85 {
                index += 1
            } else if byte == 0xE2, next == 0x80, index + 1 < range.upperBound, bytes[index + 1] & 0xFE == 0xA8 {
                index += 2
            } else if byte != 0x0A, byte != 0x0D {
                continue
            }
            starts.append(index)
        }
        return starts
    }

    /// - Parameters: both from 1, the column in code points.
    func offset(of mark: Mark) -> Int {
        guard mark.line >= 1 else { return range.lowerBound }
        guard mark.line <= lineStarts.count else { return range.upperBound }
        var index = lineStarts[mark.line - 1]
        var left = mark.column - 1
        while left > 0, index < range.upperBound {
            index += 1
            while index < range.upperBound, source.bytes[index] & 0xC0 == 0x80 { index += 1 }
            left -= 1
        }
        return index
    }

    func span(of node: Node) -> Span {
        guard let mark = node.mark else { return Span(range.lowerBound, range.lowerBound) }
        let start = offset(of: mark)
        return Span(start, end(of: node, from: start))
    }

    /// The parser keeps no ends. A scalar's is found again; of a collection the first character is shown.
    private func end(of node: Node, from start: Int) -> Int {
        guard start < range.upperBound else { return start }
        guard let scalar = node.scalar else { return start + 1 }
        let rest = source.bytes[start..<range.upperBound]
        switch scalar.style {
        case .doubleQuoted, .singleQuoted:
            guard let quote = rest.first else { return start }
            var index = start + 1
            while index < range.upperBound, source.bytes[index] != quote {
                index += quote == UInt8(ascii: "\"") && source.bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            return min(index + 1, range.upperBound)
        default:
            let text = Array(scalar.string.utf8)
            if rest.starts(with: text) { return start + text.count }
            return rest.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? range.upperBound
        }
    }

    func isLiquid(at offset: Int) -> Bool {
        let near = source.bytes[max(offset - 1, range.lowerBound)..<min(offset + 2, range.upperBound)]
        return near.filter { $0 == UInt8(ascii: "{") }.count >= 2 || near.contains(UInt8(ascii: "%"))
    }

    /// Where the text uses more than a handful of aliases: each may double what the parser has to compare, so they are
    /// refused before it starts. A few are let through to it and refused afterwards, exactly.
    func tooManyAliases() -> Span? {
        var anchors: Set<[UInt8]> = []
        var count = 0
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = source.bytes[index]
            guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else {
                index += 1
                continue
            }
            let name = Array(source.bytes[(index + 1)..<range.upperBound].prefix { Self.isNameByte($0) }.prefix(64))
            if byte == UInt8(ascii: "&") {
                if !name.isEmpty { anchors.insert(name) }
            } else if anchors.contains(name) {
                count += 1
                if count > 12 { return Span(index, index + 1 + name.count) }
            }
            index += 1 + name.count
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension YAMLMarks {
    func diagnostic(for error: any Error) -> Diagnostic {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _), YamlError.parser(let context, let problem, let mark, _):
            problemDiagnostic(context, problem, at: mark)
        case YamlError.composer(_, let problem, let mark, _) where problem.contains("another document"):
            Diagnostic(
                .error, "a second YAML document starts here", in: source, at: place(mark), hint: "keep one, without the --- line")
        case YamlError.composer(_, _, let mark, _):
            Diagnostic(.error, "aliases are not accepted", in: source, at: place(mark), hint: "write the value out")
        case YamlError.reader(let problem, let offset, _, let yaml):
            Diagnostic(.error, "not valid YAML: \(problem)", in: source, at: offset.flatMap { place(characters: $0, of: yaml) })
        case YamlError.duplicatedKeysInMapping(let names, let context):
            Diagnostic(
                .error, "the key \"\(names.first ?? "")\" is there more than once", in: source,
                at: Span(offset(of: context.mark), offset(of: context.mark) + (names.first?.utf8.count ?? 1)))
        default:
            Diagnostic(.error, "not valid YAML", in: source)
        }
    }

    private func place(_ mark: Mark) -> Span {
        let start = min(offset(of: mark), max(range.lowerBound, range.upperBound - 1))
        return Span(start, start + 1)
    }

    private func place(characters: Int, of yaml: String) -> Span? {
        guard let index = yaml.index(yaml.startIndex, offsetBy: characters, limitedBy: yaml.endIndex) else { return nil }
        let start = range.lowerBound + yaml.utf8.distance(from: yaml.startIndex, to: index)
        return Span(start, start + 1)
    }

    private func problemDiagnostic(_ context: YamlError.Context?, _ problem: String, at mark: Mark) -> Diagnostic {
        let place = place(mark)
        var hint: String?
        if let context, isLiquid(at: offset(of: context.mark)) || isLiquid(at: place.start) {
            hint = "put a value that starts with { or % between quotes"
        } else if problem.contains("mapping values are not allowed") {
            hint = "put a value that holds \": \" between quotes"
        } else if problem.contains("cannot start any token") {
            hint = "indent with spaces, and put a value that starts with a special character between quotes"
        } else if problem.contains("unexpected end of stream"), context?.text.contains("quoted scalar") == true {
            hint = "a closing quote is missing"
        }
        return Diagnostic(.error, "not valid YAML: \(problem)", in: source, at: place, hint: hint)
    }
}
