package import Model

/// The names that a segment can use, and what stands behind them: what the data really contains.
package struct Vocabulary: Sendable {
    /// By name. The standard attributes need not be among them.
    package var attributes: [String: ValueFacts]
    package var events: [String: EventFacts]
    package var topics: [String]
    package var segments: [String]
    /// Nil where nobody has looked, and then any campaign may be asked.
    package var campaigns: [String]?

    package init(
        attributes: [String: ValueFacts] = [:], events: [String: EventFacts] = [:], topics: [String] = [], segments: [String] = [],
        campaigns: [String]? = nil
    ) {
        self.attributes = attributes
        self.events = events
        self.topics = topics
        self.segments = segments
        self.campaigns = campaigns
    }
}

/// What is known of an event's kind.
package struct EventFacts: Sendable {
    /// By name; nil where nobody has looked, and then any property may be asked.
    package var properties: [String: ValueFacts]?

    package init(properties: [String: ValueFacts]? = nil) {
        self.properties = properties
    }
}

/// What is known of the values behind a name.
package struct ValueFacts: Sendable {
    /// The kinds of value that occur; empty where nobody has looked, and then any kind may be asked.
    package var kinds: Set<ValueKind>

    package init(kinds: Set<ValueKind> = []) {
        self.kinds = kinds
    }
}

/// The kinds of value that the language tells apart.
package enum ValueKind: String, CaseIterable, Hashable, Sendable {
    case text = "texts"
    case number = "numbers"
    case truth = "true or false"
    case day = "days"
    case instant = "times"
    case list = "lists"
    case object = "objects"

    /// Nil for null, which is no value.
    package init?(_ value: JSONValue) {
        switch value {
        case .null: return nil
        case .bool: self = .truth
        case .integer, .real: self = .number
        case .text(let text): self.init(text: text)
        case .list: self = .list
        case .object: self = .object
        }
    }

    /// A text is a day or a time where it is one in canonical form.
    package init(text: String) {
        switch text.utf8.count {
        case 10 where CivilDate(iso: text) != nil: self = .day
        case 24 where Instant(iso: text)?.canonical == text: self = .instant
        default: self = .text
        }
    }
}
