import ArgumentParser
import Campaigns
import Database
import Model
import Signing
import Store
import Workspace

struct ContactsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts", abstract: "People, one by one: look at them, hand out or erase what is kept, make one of two.",
        subcommands: [Show.self, Export.self, Forget.self, Merge.self, Unmerge.self, Lift.self])

    /// A person by address, and the workspace they are looked for in.
    struct Person: ParsableArguments {
        @Argument(help: "The person's address.")
        var email: String

        @OptionGroup var workspace: WorkspaceOptions

        func find() throws -> (workspace: OpenWorkspace, contact: Contact) {
            let opened = try workspace.open()
            return (opened, try ContactsCommand.contact(email, in: opened))
        }
    }

    static func contact(_ email: String, in workspace: OpenWorkspace) throws -> Contact {
        let address = try Arguments.address(email)
        guard let contact = try workspace.contacts.contact(address) else {
            throw UseError(.input, "nobody with this address is known", hint: "people come in with: pitwall import contacts FILE")
        }
        return contact
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Everything known of one person.",
            discussion: """
                Attributes and since when, consents with their proof, suppressions, the segments they are in, what they did, and every
                message sent to them with what came of it.
                """)

        @OptionGroup var person: Person

        @Option(name: .long, help: "How many events to show.")
        var events = 10

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            let (workspace, contact) = try person.find()
            let record = try PersonRecord(of: contact, in: workspace, events: max(0, events), at: Clock.now())
            if json { return Console.print(json: .object(record.json)) }
            PersonPage(record, zone: workspace.settings.zone).print()
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "All that is kept of one person, as one JSON object.",
            discussion: """
                For somebody who asks what you know of them. Every event and every change of an attribute is in it, every plan that had them
                in or left them out, and who they were before a merge.
                """)

        @OptionGroup var person: Person

        @Flag(name: .long, help: "Print one JSON object; it always does.")
        var json = false

        func run() throws {
            let (workspace, contact) = try person.find()
            Console.print(json: .object(try PersonRecord(of: contact, in: workspace, events: nil, at: Clock.now()).json))
        }
    }

    struct Forget: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract: "Erase a person, for good.",
            discussion: """
                Who they were, what they did and agreed to, all their addresses. The log keeps its lines without address and reply, so
                that counts stay true. A keyed hash of each address is kept, so that no import brings them back.
                The database file is rewritten, so that nothing is left in it; with a large one that takes a while.
                """)

        @OptionGroup var person: Person

        @Flag(name: .shortAndLong, help: "Don't ask.")
        var yes = false

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            let (workspace, contact) = try person.find()
            let key = try workspace.keys().identity
            try Confirmation.require("Erase all that is known of \(contact.email.map { "\($0)" } ?? "this person")?", yes: yes)
            let erased = try ContactsCommand.translating {
                try workspace.contacts.forget(contact.id, hash: { ForgottenPeople.hash($0, key: key) }, at: Clock.now())
            }
            try workspace.database.compact()
            if json {
                return Console.print(
                    json: .object([
                        "addresses": .integer(Int64(erased.addresses)), "events": .integer(Int64(erased.events)),
                        "statements": .integer(Int64(erased.statements)), "messages": .integer(Int64(erased.messages)),
                    ]))
            }
            let events = Console.count(erased.events, "event")
            let statements = Console.count(erased.statements, "statement")
            Console.print("\(Console.green("✓")) Forgotten, with \(events) and \(statements) of consent.")
            if erased.messages > 0 {
                let one = erased.messages == 1
                Console.print("\(Console.count(erased.messages, "line")) of the log no longer \(one ? "says" : "say") to whom.")
            }
            Console.print(
                Console.dim("Not ours to erase: your own files (lists, rejected lines, outboxes), backups, and the logs of mail servers."))
        }
    }

    /// The stores' words for why not, in those of the command line.
    static func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let problem as MergeProblem {
            throw switch problem {
            case .samePerson: UseError(.input, "both addresses are the same person's already")
            case .inHand:
                UseError(
                    .notNow, "a message to this person is being sent right now",
                    hint: "try again when the send has ended; after a crash, let the send go on first")
            case .notMerged: UseError(.input, "nobody was merged under this address", hint: "see: pitwall contacts show EMAIL")
            case .notTheLast(let later):
                UseError(
                    .input, "a later merge stands in the way", hint: later.map { "undo that one first: pitwall contacts unmerge \($0)" })
            }
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
