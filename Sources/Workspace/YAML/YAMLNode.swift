package import Diagnostics
package import Model

/// A piece of a YAML file and where it stands. Every scalar is text: nothing turns `08:00` into 480 or `no` into false.
///
/// Only what YAML needs to be a settings language is accepted: anchors, aliases, tags, keys that are no plain text, the
/// same key twice and more than one document are errors with their position.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        /// `quoted` where it stood between quotes or was a block: then it is text, whatever it looks like.
        case scalar(String, quoted: Bool)
        case sequence([YAMLNode])
        case mapping([Member])
    }

    package struct Member: Sendable {
        package var key: String
        package var keySpan: Span
        package var value: YAMLNode
    }

    package var content: Content
    package var span: Span

    package init(_ content: Content, span: Span) {
        self.content = content
        self.span = span
    }
}

extension YAMLNode {
    /// The text of a scalar.
    package var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// True for `key:` with nothing after it.
    package var isEmpty: Bool {
        if case .scalar("", quoted: false) = content { true } else { false }
    }

    /// What this would be called in a message.
    package var kind: String {
        switch content {
        case .scalar: isEmpty ? "nothing" : "text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// Plain numbers in canonical form and plain `true` and `false` become what they say; everything else is text.
    package var json: JSONValue {
        switch content {
        case .scalar(let text, quoted: true): .text(text)
        case .scalar("true", quoted: false): .bool(true)
        case .scalar("false", quoted: false): .bool(false)
        case .scalar(let text, quoted: false): JSONValue(canonicalNumber: text) ?? .text(text)
        case .sequence(let items): .list(items.map(\.json))
        case .mapping(let members): .object(JSONObject(members.map { ($0.key, $0.value.json) }))
        }
    }
}
