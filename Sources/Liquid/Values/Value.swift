/// What a template works with: the data of a message, and everything that expressions and filters make of it.
///
/// ```swift
/// let contact: Value = ["first_name": "Ada", "orders": [12, 9.5], "vip": true]
/// ```
///
/// Text is UTF-8 in native strings, so that writing it out is one copy of bytes. ``markup(_:)`` is text that is HTML
/// already: in HTML mode it is written as it stands, everything else is escaped.
package enum Value: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case decimal(Double)
    case string(String)
    /// HTML that must not be escaped again: what `raw`, `escape`, `escape_once`, `newline_to_br` and `capture` make.
    case markup(String)
    case array([Value])
    case object(Object)
    /// Both ends belong to it; empty where the second is below the first. Never unrolled unless a filter needs it so.
    case range(Int64, Int64)
    /// Milliseconds since 1970 UTC; shown in the scope's zone.
    case instant(Int64)
}

extension Value {
    /// Only `nil` and `false` are false in Liquid: zero, "" and [] are true.
    var isTruthy: Bool {
        switch self {
        case .null, .bool(false): false
        default: true
        }
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The text of a string, whether it is markup or not; nil for everything else.
    var string: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// In bytes; 0 for what is no text.
    var textLength: Int {
        switch self {
        case .string(let text), .markup(let text): text.utf8.count
        default: 0
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .decimal(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: Value...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) { self = .object(Object(elements)) }
}
