package import Model

/// Where a message stands. The ledger moves it one way; ``Ledger`` has the table of transitions.
package enum DeliveryState: Int64, CaseIterable, Sendable {
    /// To go: not tried yet, or tried and put off (then it has attempts, and is shown as deferred).
    case planned = 0
    /// In the hands of a sender: its bytes may be on the wire.
    case handed = 1
    case accepted = 2
    case refused = 3
    /// The final dot was, or was about to be, handed to the socket, and no answer came.
    case unknown = 4
    case skipped = 5

    package var word: String { "\(self)" }
}

/// Which message: one row of the ledger.
package struct DeliveryKey: Hashable, Sendable {
    package var campaign: CampaignID
    /// 0 is the campaign's message, -1 the copies for seeds.
    package var step: Int64
    /// Negative for a seed, which need not be a contact.
    package var contact: ContactID
    /// Which pass through a follow-up; 0 for the first.
    package var entry: Int64

    package init(campaign: CampaignID, step: Int64, contact: ContactID, entry: Int64 = 0) {
        self.campaign = campaign
        self.step = step
        self.contact = contact
        self.entry = entry
    }

    package static let campaignStep: Int64 = 0
    package static let seedStep: Int64 = -1
}

/// A message that was given to a sender.
package struct Claim: Sendable {
    package var key: DeliveryKey
    /// 1 for the first.
    package var attempt: Int64
    package var contact: Contact
    package var address: EmailAddress
    /// The contact's attributes were changed after the plan was made.
    package var dataChanged: Bool
    /// Where the sending policy counts it; see ``SendingPolicy``.
    package var lane = 0
    /// When it was first tried, where it has been.
    package var firstTried: Instant?
    /// The number of the claim; see ``Ledger/Turn``.
    package var epoch: Int64 = 0
}

/// What came of an attempt.
package struct Settlement: Sendable {
    package enum Outcome: Hashable, Sendable {
        case accepted
        /// Tried again at or after the given instant.
        case deferred(until: Instant)
        case refused
        /// Put off too long: it is not tried again.
        case givenUp
        case unknown
        /// Never reached the server, for a reason that is not the message's: it is as if it had not been tried.
        case returned

        package var word: String {
            switch self {
            case .accepted: "accepted"
            case .deferred: "deferred"
            case .refused: "refused"
            case .givenUp: "given_up"
            case .unknown: "unknown"
            case .returned: "returned"
            }
        }
    }

    package var key: DeliveryKey
    package var attempt: Int64
    package var at: Instant
    package var outcome: Outcome
    package var relay: String
    package var code: Int?
    package var enhanced: String?
    /// The server's words, or ours where it said nothing.
    package var reply: String
    package var queueID: String?
    package var messageID: String?
    /// Of the bytes handed over, in hexadecimal.
    package var sha256: String?
    package var contentSHA256: String?
    /// The server says that nobody reads mail at the address: it goes on the suppression list, with the server's words.
    package var suppresses = false
    /// The recipient's, in ASCII; the ledger looks it up where it is not told.
    package var domain: String?

    package init(
        key: DeliveryKey, attempt: Int64, at: Instant, outcome: Outcome, relay: String, code: Int? = nil, enhanced: String? = nil,
        reply: String = "", queueID: String? = nil, messageID: String? = nil, sha256: String? = nil, contentSHA256: String? = nil
    ) {
        self.key = key
        self.attempt = attempt
        self.at = at
        self.outcome = outcome
        self.relay = relay
        self.code = code
        self.enhanced = enhanced
        self.reply = reply
        self.queueID = queueID
        self.messageID = messageID
        self.sha256 = sha256
        self.contentSHA256 = contentSHA256
    }
}

/// How many of a campaign's messages stand where.
package struct DeliveryCounts: Hashable, Sendable {
    /// Never tried.
    package var planned = 0
    package var deferred = 0
    package var handed = 0
    package var accepted = 0
    package var refused = 0
    package var unknown = 0
    package var skipped = 0
    package var skippedBy: [String: Int] = [:]

    package init() {}

    /// What is still to go.
    package var remaining: Int { planned + deferred }
    package var total: Int { planned + deferred + handed + accepted + refused + unknown + skipped }
}
