package import Model

/// A message that a person was sent.
package struct Message: Hashable, Sendable {
    package var campaign: String
    /// Which message of the campaign, and which pass through it.
    package var step: Int64
    package var entry: Int64
    /// When it was handed over.
    package var at: Instant
    /// Whether it would be known if it was opened, and if a link in it was clicked.
    package var tracked: Set<Reaction.Kind>

    package init(campaign: String, step: Int64 = 0, entry: Int64 = 0, at: Instant, tracked: Set<Reaction.Kind> = []) {
        self.campaign = campaign
        self.step = step
        self.entry = entry
        self.at = at
        self.tracked = tracked
    }
}

/// What came back of a message.
package struct Reaction: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case open, click, bounce, complaint
    }

    package var kind: Kind
    package var campaign: String
    package var step: Int64
    package var entry: Int64
    package var at: Instant
    package var learnedAt: Instant
    /// The address that was clicked.
    package var link: String?
    /// False where a machine may have done it: then nothing is known of the person.
    package var isKnown: Bool

    package init(
        _ kind: Kind, campaign: String, step: Int64 = 0, entry: Int64 = 0, at: Instant, learnedAt: Instant, link: String? = nil,
        isKnown: Bool = true
    ) {
        self.kind = kind
        self.campaign = campaign
        self.step = step
        self.entry = entry
        self.at = at
        self.learnedAt = learnedAt
        self.link = link
        self.isKnown = isKnown
    }
}
