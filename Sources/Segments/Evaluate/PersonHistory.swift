package import Database
package import Model

/// Everything known of one person that a segment can ask about.
package struct PersonHistory: Sendable {
    package var contact: Contact
    /// In any order.
    package var changes: [AttributeChange]
    package var events: [Event]
    package var consents: [Consent]
    package var messages: [Message]
    package var reactions: [Reaction]
    /// What is left of events that are no longer kept, one for each name.
    package var faded: [FadedEvents]

    package init(
        contact: Contact, changes: [AttributeChange] = [], events: [Event] = [], consents: [Consent] = [], messages: [Message] = [],
        reactions: [Reaction] = [], faded: [FadedEvents] = []
    ) {
        self.contact = contact
        self.changes = changes
        self.events = events
        self.consents = consents
        self.messages = messages
        self.reactions = reactions
        self.faded = faded
    }
}

/// How often an event of a person's happened that is no longer kept, and when first and last.
package struct FadedEvents: Hashable, Sendable {
    package var name: String
    package var count: Int
    package var first: Instant
    package var last: Instant
    /// When the last of them that was heard of was.
    package var learnedAt: Instant
    /// What the numbers among their properties come to, by property, where that is kept and can be asked.
    package var amounts: [String: FadedAmount]

    package init(
        name: String, count: Int, first: Instant, last: Instant, learnedAt: Instant, amounts: [String: FadedAmount] = [:]
    ) {
        self.name = name
        self.count = count
        self.first = first
        self.last = last
        self.learnedAt = learnedAt
        self.amounts = amounts
    }
}

/// What some numbers come to.
package struct FadedAmount: Hashable, Sendable {
    package var count: Int
    package var total: ExactDecimal
    package var least: ExactDecimal?
    package var most: ExactDecimal?

    package init(count: Int, total: ExactDecimal, least: ExactDecimal?, most: ExactDecimal?) {
        self.count = count
        self.total = total
        self.least = least
        self.most = most
    }
}

/// New values of some attributes; a null removes one.
package struct AttributeChange: Hashable, Sendable {
    package var at: Instant
    package var learnedAt: Instant
    package var changes: JSONObject

    package init(at: Instant, learnedAt: Instant, changes: JSONObject) {
        self.at = at
        self.learnedAt = learnedAt
        self.changes = changes
    }
}
