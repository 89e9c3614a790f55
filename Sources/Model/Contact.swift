/// A person. May have no address (known from events only) and may be known to other systems by their IDs.
///
/// Everything known about the person is an attribute; the names in ``Standard`` mean the same everywhere.
package struct Contact: Hashable, Sendable {
    /// Attributes that Pitwall itself reads.
    package enum Standard: String, CaseIterable, Sendable {
        case firstName = "first_name"
        case lastName = "last_name"
        case language
        case timezone
        case company
    }

    package var id: ContactID
    package var email: EmailAddress?
    package var attributes: JSONObject

    package init(id: ContactID, email: EmailAddress? = nil, attributes: JSONObject = [:]) {
        self.id = id
        self.email = email
        self.attributes = attributes
    }

    /// A language tag such as `it` or `pt-br`, in lower case.
    package var language: String? { attributes[Standard.language.rawValue]?.text?.lowercased() }
    package var zone: Zone? { attributes[Standard.timezone.rawValue]?.text.flatMap { Zone($0) } }
}

/// Something a person did, at `at`; we heard of it at `learnedAt`.
package struct Event: Hashable, Sendable {
    package var contact: ContactID
    package var name: String
    package var at: Instant
    package var learnedAt: Instant
    package var properties: JSONObject

    package init(contact: ContactID, name: String, at: Instant, learnedAt: Instant, properties: JSONObject = [:]) {
        self.contact = contact
        self.name = name
        self.at = at
        self.learnedAt = learnedAt
        self.properties = properties
    }
}

/// One statement of will about a topic. Statements are kept for ever, none is changed: they are the proof.
///
/// What holds at an instant is the latest statement not after it that is not ``State/pending``; of two at the same instant
/// a withdrawal wins. So a pending statement (a sign-up not yet confirmed) never takes anything away.
package struct Consent: Hashable, Sendable {
    package enum State: Int64, CaseIterable, Sendable {
        case pending = 0
        case confirmed = 1
        case withdrawn = 2

        package init?(word: some StringProtocol) {
            switch word.lowercased() {
            case "pending": self = .pending
            case "confirmed": self = .confirmed
            case "withdrawn": self = .withdrawn
            default: return nil
            }
        }

        package var word: String { "\(self)" }
    }

    package var contact: ContactID
    package var topic: String
    package var state: State
    package var at: Instant
    package var learnedAt: Instant
    /// Where the statement came from: a form, a file, a link in a campaign. Never empty for a confirmation.
    package var source: String
    /// The words they agreed to, where somebody kept them.
    package var wording: String?

    package init(
        contact: ContactID, topic: String, state: State, at: Instant, learnedAt: Instant, source: String, wording: String? = nil
    ) {
        self.contact = contact
        self.topic = topic
        self.state = state
        self.at = at
        self.learnedAt = learnedAt
        self.source = source
        self.wording = wording
    }
}

/// An address that must not be written to, whoever it belongs to.
package enum SuppressionReason: String, CaseIterable, Sendable {
    /// Mail to it comes back: covers all mail.
    case undeliverable
    /// Its owner wants no marketing: covers all marketing.
    case unsubscribed
    /// Its owner called a message spam: covers all marketing.
    case complaint

    package var coversServiceMail: Bool { self == .undeliverable }
}
