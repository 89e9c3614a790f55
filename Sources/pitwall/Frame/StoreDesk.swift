import Campaigns
import Dispatch
import Model
import Store
import Web
import Workspace

/// What the public pages know and do, over the workspace's database.
struct StoreDesk: SubscriptionDesk {
    private let workspace: OpenWorkspace
    /// The database blocks; the cooperative pool must not.
    private let queue = DispatchQueue(label: "pitwall-desk", attributes: .concurrent)

    init(_ workspace: OpenWorkspace) {
        self.workspace = workspace
    }

    func state(of id: ContactID) async throws -> SubscriptionState? {
        try await blocking { workspace in
            guard let contact = try workspace.contacts.contact(id) else { return nil }
            let statements = try workspace.consents.statements(of: contact.id)
            let topics = workspace.settings.topics.map { topic in
                SubscriptionState.Topic(name: topic.name, title: topic.title, consent: statements.standing(on: topic.name))
            }
            let suppressions = try workspace.contacts.addresses(of: contact.id).flatMap { try workspace.consents.suppressions(of: $0) }
            return SubscriptionState(topics: topics, isUnsubscribedFromEverything: suppressions.contains { $0.reason == .unsubscribed })
        }
    }

    func withdraw(_ id: ContactID, from scope: SubscriptionScope, source: String) async throws {
        try await blocking { workspace in
            let now = Clock.now()
            guard let contact = try workspace.contacts.contact(id) else { return }
            let statements = try workspace.consents.statements(of: contact.id)
            let names: [String]
            switch scope {
            case .topics(let topics): names = topics
            case .everything: names = Array(Set(workspace.topicNames + statements.map(\.topic))).sorted()
            }
            try workspace.consents.record(
                names.filter { statements.standing(on: $0) != .withdrawn }.map {
                    Consent(contact: contact.id, topic: $0, state: .withdrawn, at: now, learnedAt: now, source: source)
                })
            guard scope == .everything, let address = contact.email else { return }
            try workspace.consents.suppress([Suppression(address: address, reason: .unsubscribed, at: now, learnedAt: now, source: source)])
        }
    }

    func confirm(_ id: ContactID, topics: [String], source: String) async throws {
        try await blocking { workspace in
            let now = Clock.now()
            guard let contact = try workspace.contacts.contact(id) else { return }
            let statements = try workspace.consents.statements(of: contact.id)
            try workspace.consents.record(
                topics.filter { statements.standing(on: $0) != .confirmed }.map {
                    Consent(contact: contact.id, topic: $0, state: .confirmed, at: now, learnedAt: now, source: source)
                })
            if !topics.isEmpty { try workspace.consents.lift(.unsubscribed, of: contact.id, at: now) }
        }
    }

    private func blocking<T: Sendable>(_ body: @escaping @Sendable (OpenWorkspace) throws -> T) async throws -> T {
        let workspace = workspace
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body(workspace) }) }
        }
    }
}

extension [Consent] {
    /// What these statements of one person, newest first, come to on a topic: the latest that is not pending.
    fileprivate func standing(on topic: String) -> Consent.State? {
        first { $0.topic == topic && $0.state != .pending }?.state
    }
}
