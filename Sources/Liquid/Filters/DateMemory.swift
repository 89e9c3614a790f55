/// Dates as they were written, for who renders the same data twice: a mail's text shows the dates that its page shows, and to write one takes as
/// long as a tenth of a small page.
package final class DateMemory {
    private struct Entry {
        var input: String
        var pattern: String
        var language: String?
        var text: Value
    }

    private static let most = 8
    private var entries: [Entry] = []

    package init() {}

    /// What stood there for the same text, pattern and language; the rest of a ``FilterContext`` is the same in all of a message.
    package func text(of input: Value, _ arguments: [Value]) -> Value? {
        guard !entries.isEmpty, let (input, pattern, language) = Self.texts(input, arguments) else { return nil }
        return entries.first { $0.input == input && $0.pattern == pattern && $0.language == language }?.text
    }

    package func keep(_ text: Value, for input: Value, _ arguments: [Value]) {
        guard entries.count < Self.most, let (input, pattern, language) = Self.texts(input, arguments) else { return }
        entries.append(Entry(input: input, pattern: pattern, language: language, text: text))
    }

    /// Only of texts is it plain what is the same.
    private static func texts(_ input: Value, _ arguments: [Value]) -> (input: String, pattern: String, language: String?)? {
        guard case .string(let input) = input, case .string(let pattern)? = arguments.first else { return nil }
        guard arguments.count > 1 else { return (input, pattern, nil) }
        guard arguments.count == 2, case .string(let language) = arguments[1] else { return nil }
        return (input, pattern, language)
    }
}
