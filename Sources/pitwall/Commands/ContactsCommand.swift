import ArgumentParser
import Campaigns
import Model
import Store
import Workspace

struct ContactsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts", abstract: "Look at people.", subcommands: [Show.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Everything known of one person.",
            discussion: "Attributes, consents with their proof, suppressions, the last events, and every message sent and what came of it.")

        @Argument(help: "The person's address.")
        var email: String

        @Option(name: .long, help: "How many events to show.")
        var events = 10

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let address = try Arguments.address(email)
            guard let contact = try workspace.contacts.contact(address) else {
                throw UseError(.input, "nobody with this address is known", hint: "people come in with: pitwall import contacts FILE")
            }
            let view = try PersonView(contact, in: workspace, events: max(0, events))
            if json { Console.print(json: view.json) } else { view.print(zone: workspace.settings.zone) }
        }
    }
}

enum Arguments {
    static func address(_ text: String) throws -> EmailAddress {
        do {
            return try EmailAddress(text)
        } catch {
            throw ValidationError("the address \(error.rawValue)")
        }
    }

    /// A point in time as the workspace's people write it.
    static func instant(_ text: String, _ option: String, _ zone: Zone) throws -> Instant {
        guard let instant = zone.instant(reading: text) else {
            throw ValidationError("\(option) takes a time such as 2026-11-02, 2026-11-02 09:30 or 2026-11-02T09:30:00Z")
        }
        return instant
    }
}

/// One view of a person.
private struct PersonView {
    let contact: Contact
    let address: EmailAddress?
    let externalIDs: [(system: String, id: String)]
    let consents: [Consent]
    let suppressions: [Suppression]
    let events: [Event]
    var messages: [LedgerEntry] = []

    init(_ contact: Contact, in workspace: OpenWorkspace, events limit: Int) throws {
        self.contact = contact
        address = contact.email
        externalIDs = try workspace.contacts.externalIDs(of: contact.id)
        consents = try workspace.consents.statements(of: contact.id)
        suppressions = try address.map { try workspace.consents.suppressions(of: $0) } ?? []
        events = try workspace.events.events(of: contact.id, limit: limit)
        if let address {
            var found: [LedgerEntry] = []
            try workspace.ledger.forEach(LedgerFilter(address: address)) { found.append($0) }
            messages = found
        }
    }

    func print(zone: Zone) {
        Console.print(Console.bold(address.map { "\($0)" } ?? "contact \(contact.id)"))
        for (system, id) in externalIDs { Console.print("  external ID\(system.isEmpty ? "" : " (\(system))"): \(id)") }
        section("Attributes", contact.attributes.isEmpty) {
            var table = Table([("name", .left), ("value", .left)])
            for (name, value) in contact.attributes.members { table.add(name, value.text ?? value.json) }
            table.print()
        }
        section("Consent", consents.isEmpty) {
            var table = Table([("topic", .left), ("state", .left), ("at", .left), ("source", .left)])
            for statement in consents {
                table.add(statement.topic, statement.state.word, Console.time(statement.at, zone), statement.source)
            }
            table.print()
        }
        section("Suppressed", suppressions.isEmpty) {
            var table = Table([("reason", .left), ("at", .left), ("source", .left)])
            for entry in suppressions { table.add(entry.reason.rawValue, Console.time(entry.at, zone), entry.source) }
            table.print()
        }
        section("Last events", events.isEmpty) {
            var table = Table([("at", .left), ("event", .left), ("properties", .left)])
            for event in events {
                table.add(Console.time(event.at, zone), event.name, event.properties.isEmpty ? "" : event.properties.json)
            }
            table.print()
        }
        section("Messages", messages.isEmpty) {
            var table = Table([("campaign", .left), ("state", .left), ("at", .left), ("reply", .left)])
            for entry in messages {
                let at = entry.settledAt ?? entry.handedAt
                table.add(entry.campaign, entry.stateWord, at.map { Console.time($0, zone) } ?? "", entry.outcomeText)
            }
            table.print()
        }
    }

    private func section(_ title: String, _ isEmpty: Bool, _ body: () -> Void) {
        Console.print()
        Console.print(Console.dim(isEmpty ? "\(title): none" : title))
        if !isEmpty { body() }
    }

    var json: JSONValue {
        .object([
            "email": address.map { .text("\($0)") } ?? .null,
            "external_ids": .list(externalIDs.map { .object(["system": .text($0.system), "id": .text($0.id)]) }),
            "attributes": .object(contact.attributes),
            "consents": .list(consents.map(\.json)),
            "suppressions": .list(
                suppressions.map {
                    .object(["reason": .text($0.reason.rawValue), "at": .text($0.at.iso), "source": .text($0.source)])
                }),
            "events": .list(
                events.map {
                    .object([
                        "event": .text($0.name), "at": .text($0.at.iso), "learned_at": .text($0.learnedAt.iso),
                        "properties": .object($0.properties),
                    ])
                }),
            "messages": .list(messages.map { .object($0.json) }),
        ])
    }
}

extension Consent {
    fileprivate var json: JSONValue {
        .object([
            "topic": .text(topic), "state": .text(state.word), "at": .text(at.iso), "learned_at": .text(learnedAt.iso),
            "source": .text(source),
        ])
    }
}
