import Foundation
import Logging
import Model
import Signing
import Synchronization

@testable import Web

/// A desk in memory that remembers what was asked of it.
final class MemoryDesk: SubscriptionDesk {
    enum Deed: Equatable {
        case withdrew(ContactID, SubscriptionScope, source: String)
        case confirmed(ContactID, [String], source: String)
    }

    /// An error as a careless store might throw it.
    struct Trouble: Error, CustomStringConvertible {
        var description: String { "row of ada@example.com is locked" }
    }

    private let state: Mutex<(people: [ContactID: SubscriptionState], deeds: [Deed], isBroken: Bool)>

    init(_ people: [ContactID: SubscriptionState], isBroken: Bool = false) {
        state = Mutex((people, [], isBroken))
    }

    var deeds: [Deed] { state.withLock { $0.deeds } }

    func state(of contact: ContactID) async throws -> SubscriptionState? {
        try state.withLock { state in
            if state.isBroken { throw Trouble() }
            return state.people[contact]
        }
    }

    func withdraw(_ contact: ContactID, from scope: SubscriptionScope, source: String) async throws {
        state.withLock { state in
            state.deeds.append(.withdrew(contact, scope, source: source))
            switch scope {
            case .everything:
                state.people[contact]?.isUnsubscribedFromEverything = true
                Self.set(.withdrawn, nil, &state.people[contact])
            case .topics(let names): Self.set(.withdrawn, names, &state.people[contact])
            }
        }
    }

    func confirm(_ contact: ContactID, topics: [String], source: String) async throws {
        state.withLock { state in
            state.deeds.append(.confirmed(contact, topics, source: source))
            state.people[contact]?.isUnsubscribedFromEverything = false
            Self.set(.confirmed, topics, &state.people[contact])
        }
    }

    private static func set(_ consent: Consent.State, _ names: [String]?, _ person: inout SubscriptionState?) {
        guard var changed = person else { return }
        for index in changed.topics.indices where names?.contains(changed.topics[index].name) ?? true {
            changed.topics[index].consent = consent
        }
        person = changed
    }
}

/// Keeps log lines.
struct LogLines: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}

/// A running server with one person in it: contact 7, subscribed to two of three topics.
struct Site {
    static let person = ContactID(7)

    var port: Int
    var desk: MemoryDesk
    var keys: Keys
    var log: LogLines.Lines

    func link(
        _ kind: LinkToken.Kind = .unsubscribe, contact: ContactID = person, topic: String = "newsletter", isTest: Bool = false
    ) throws -> String {
        let token = try LinkToken(kind, contact: contact, campaign: CampaignID(3), topic: topic, isTest: isTest)
        return (kind == .unsubscribe ? "/u/" : "/p/") + token.signed(with: keys)
    }

    func get(_ path: String, _ headers: String...) async throws -> HTTPAnswer {
        try await HTTPAnswer.get(path, port: port, headers: headers)
    }

    func post(_ path: String, _ body: String, type: String? = "application/x-www-form-urlencoded") async throws -> HTTPAnswer {
        try await HTTPAnswer.post(path, body, port: port, type: type)
    }

    static let someone = SubscriptionState(
        topics: [
            .init(name: "newsletter", title: "The newsletter", consent: .confirmed),
            .init(name: "offers", title: "Offers & <deals>", consent: .confirmed),
            .init(name: "events", title: "Events", consent: nil),
        ],
        isUnsubscribedFromEverything: false)
}

/// Runs `body` against a server on a port of its own.
func withSite(
    _ desk: MemoryDesk = MemoryDesk([Site.person: Site.someone]), _ body: @escaping @Sendable (Site) async throws -> Void
) async throws {
    let lines = LogLines.Lines()
    let keys = try Keys.random()
    let server = WebServer(
        desk: desk, keys: keys, organisation: "Pitwall <Demo>", logger: Logger(label: "test") { _ in LogLines(lines: lines) })
    let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await server.run(host: "127.0.0.1", port: 0, untilSignal: false) { announcement.yield($0) }
        }
        for await port in ports {
            try await body(Site(port: port, desk: desk, keys: keys, log: lines))
            break
        }
        group.cancelAll()
        while let result = await group.nextResult() {
            if case .failure(let error) = result, !(error is CancellationError) { throw error }
        }
    }
}
