package import Diagnostics

/// Turns YAML nodes into typed values and collects every mistake on the way, so that a person sees all of them at once.
///
///     var reader = YAMLReader(source)
///     let fields = reader.fields(of: node, known: ["title", "rate"])
///     let rate = reader.value(fields["rate"], "a rate such as 600/min") { Rate($0) }
///     try reader.finish()
package struct YAMLReader {
    package let source: SourceText
    package private(set) var problems: [Diagnostic] = []

    package init(_ source: SourceText) {
        self.source = source
    }

    package mutating func report(_ message: String, at span: Span?, hint: String? = nil) {
        problems.append(Diagnostic(.error, message, in: source, at: span, hint: hint))
    }

    /// - Throws: all that was reported, if anything was.
    package func finish() throws(DiagnosticList) {
        if !problems.isEmpty { throw DiagnosticList(problems.sorted { ($0.span?.start ?? -1) < ($1.span?.start ?? -1) }) }
    }
}

/// The members of one mapping.
package struct YAMLFields: Sendable {
    package var members: [YAMLNode.Member]
    package var span: Span?

    package subscript(name: String) -> YAMLNode? {
        members.first { $0.key == name }?.value
    }
}

extension YAMLReader {
    /// The members of a mapping whose keys are all known; each unknown one is reported.
    ///
    /// - Parameter place: what the keys belong to, as in `unknown key "foo" in relays`.
    package mutating func fields(of node: YAMLNode?, in place: String? = nil, known: [String]) -> YAMLFields {
        guard let node else { return YAMLFields(members: []) }
        let members = self.members(of: node, in: place)
        let suffix = place.map { " in \($0)" } ?? ""
        for member in members where !known.contains(member.key) {
            // Whoever has so many mistakes is not helped by one more hint.
            let near = problems.count < 50 ? suggestion(for: member.key, among: known) : nil
            let hint = near ?? "known keys: \(known.joined(separator: ", "))"
            report("unknown key \"\(member.key)\"\(suffix)", at: member.keySpan, hint: hint)
        }
        return YAMLFields(members: members, span: node.span)
    }

    /// The members of a mapping with keys of the author's choice.
    package mutating func members(of node: YAMLNode?, in place: String? = nil) -> [YAMLNode.Member] {
        guard let node else { return [] }
        if case .mapping(let members) = node.content { return members }
        report("\(place ?? "this") must be a mapping (name: value), not \(node.kind)", at: node.span)
        return []
    }

    /// A scalar's text without blanks at its ends. Nothing at all (`key:`) is reported.
    package mutating func text(_ node: YAMLNode?, _ expected: String = "a text") -> String? {
        guard let node else { return nil }
        guard let text = node.text else {
            report("expected \(expected), not \(node.kind)", at: node.span)
            return nil
        }
        let trimmed = trimmingBlanks(text)
        if trimmed.isEmpty {
            report("expected \(expected), and there is nothing", at: node.span, hint: "give a value or remove the key")
            return nil
        }
        // They would speak to the terminal of whoever reads about it.
        if trimmed.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && !"\n\r\t".unicodeScalars.contains($0) }) {
            report("control characters have no place here", at: node.span)
            return nil
        }
        return trimmed
    }

    /// A scalar in a form of its own. What `parse` does not take is reported as `expected …, not "…"`.
    package mutating func value<Value>(_ node: YAMLNode?, _ expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = text(node, expected) else { return nil }
        guard let value = parse(text) else {
            report("expected \(expected), not \"\(text.prefix(80))\"", at: node?.span)
            return nil
        }
        return value
    }

    /// One of a few words.
    package mutating func word<Value>(_ node: YAMLNode?, _ words: KeyValuePairs<String, Value>) -> Value? {
        let known = words.map(\.key)
        guard let node, let text = text(node, known.joined(separator: " or ")) else { return nil }
        if let match = words.first(where: { $0.key == text }) { return match.value }
        let hint = suggestion(for: text, among: known)
        report("expected \(known.joined(separator: " or ")), not \"\(text.prefix(80))\"", at: node.span, hint: hint)
        return nil
    }

    /// A list, or one item that stands for a list of one.
    package mutating func list<Value>(_ node: YAMLNode?, _ item: (inout YAMLReader, YAMLNode) -> Value?) -> [Value] {
        guard let node else { return [] }
        let items = if case .sequence(let items) = node.content { items } else { [node] }
        return items.compactMap { item(&self, $0) }
    }

    /// A whole number within a range.
    package mutating func count(_ node: YAMLNode?, _ range: ClosedRange<Int>) -> Int? {
        value(node, "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Reports a key that has to be there.
    package mutating func require(_ name: String, in fields: YAMLFields, hint: String? = nil) {
        if fields[name] == nil { report("the key \"\(name)\" is missing", at: nil, hint: hint) }
    }
}

func trimmingBlanks(_ text: String) -> String {
    let isBlank: (Unicode.Scalar) -> Bool = { $0.value == 0x20 || (0x09...0x0D).contains($0.value) }
    var rest = text.unicodeScalars[...]
    while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return String(rest)
}
