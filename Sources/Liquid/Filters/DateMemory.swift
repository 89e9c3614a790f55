/// Dates as they were written, for who renders the same data twice: a mail's text shows the dates that its page shows, and to write one takes as
/// long as a tenth of a small page.
package final class DateMemory {
    private struct Entry {
        var input: Value
        var pattern: String
        var language: String?
        var text: Value
    }

    private static let most = 8
    private var entries: [Entry] = []

    package init() {}

    /// What stood there for the same input, pattern and language; the rest of a ``FilterContext`` is the same in all of a message.
    package func text(of input: Value, _ arguments: [Value]) -> Value? {
        guard !entries.isEmpty, let (pattern, language) = Self.texts(arguments) else { return nil }
        return entries.first {
            Self.isSame($0.input, input) && $0.pattern.hasSameBytes(as: pattern)
                && ($0.language == nil) == (language == nil) && ($0.language ?? "").hasSameBytes(as: language ?? "")
        }?.text
    }

    package func keep(_ text: Value, for input: Value, _ arguments: [Value]) {
        guard entries.count < Self.most, let (pattern, language) = Self.texts(arguments) else { return }
        switch input {
        case .string, .instant, .integer: break
        default: return
        }
        entries.append(Entry(input: input, pattern: pattern, language: language, text: text))
    }

    private static func texts(_ arguments: [Value]) -> (pattern: String, language: String?)? {
        guard case .string(let pattern)? = arguments.first else { return nil }
        guard arguments.count > 1 else { return (pattern, nil) }
        guard arguments.count == 2, case .string(let language) = arguments[1] else { return nil }
        return (pattern, language)
    }

    /// Texts by their bytes, as the filter reads them. False also for what is never kept.
    private static func isSame(_ one: Value, _ other: Value) -> Bool {
        switch (one, other) {
        case (.string(let one), .string(let other)): one.hasSameBytes(as: other)
        case (.instant(let one), .instant(let other)), (.integer(let one), .integer(let other)): one == other
        default: false
        }
    }
}
