package import Model

/// What the public pages need to know and do about a person's subscriptions. Implemented over the store.
///
/// Every method may be called again with the same arguments (links are clicked twice, mail providers repeat their POST) and
/// must then change nothing more. Errors should hold no address; the pages answer them with 503 and log their text.
package protocol SubscriptionDesk: Sendable {
    /// Nil where there is no such contact: never was, or has been forgotten.
    func state(of contact: ContactID) async throws -> SubscriptionState?

    /// Records a withdrawal, durably before it returns: the sender may be about to claim this person's message.
    func withdraw(_ contact: ContactID, from scope: SubscriptionScope, source: String) async throws

    /// Records a consent that the person gave on a page: `source` is its proof. A sourced opt-in undoes an earlier withdrawal,
    /// so a suppression as `unsubscribed` is lifted with it; one as `complaint` or `undeliverable` is not.
    func confirm(_ contact: ContactID, topics: [String], source: String) async throws
}

/// What a withdrawal covers.
package enum SubscriptionScope: Hashable, Sendable {
    case topics([String])
    /// All marketing, also of topics that do not exist yet: every consent is withdrawn and the address suppressed as
    /// `unsubscribed`. A suppression alone would not do, since the next opt-in to one topic lifts it for all.
    case everything
}

/// What holds for one person now.
package struct SubscriptionState: Hashable, Sendable {
    package struct Topic: Hashable, Sendable {
        package var name: String
        /// As people read it.
        package var title: String
        /// The latest statement that is not pending; nil where there is none.
        package var consent: Consent.State?

        package init(name: String, title: String, consent: Consent.State?) {
            self.name = name
            self.title = title
            self.consent = consent
        }

        package var isConfirmed: Bool { consent == .confirmed }
    }

    /// All topics of the workspace, in its order.
    package var topics: [Topic]
    /// All marketing to this person is suppressed, whatever the topics say.
    package var isUnsubscribedFromEverything: Bool

    package init(topics: [Topic], isUnsubscribedFromEverything: Bool) {
        self.topics = topics
        self.isUnsubscribedFromEverything = isUnsubscribedFromEverything
    }

    /// What is in force: a confirmed topic of somebody who is unsubscribed from everything is not.
    var subscribed: [Topic] { isUnsubscribedFromEverything ? [] : topics.filter(\.isConfirmed) }
}
