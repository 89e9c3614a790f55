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

    package init(
        contact: Contact, changes: [AttributeChange] = [], events: [Event] = [], consents: [Consent] = [], messages: [Message] = [],
        reactions: [Reaction] = []
    ) {
        self.contact = contact
        self.changes = changes
        self.events = events
        self.consents = consents
        self.messages = messages
        self.reactions = reactions
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
