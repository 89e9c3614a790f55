import ArgumentParser
import Campaigns
import Model
import Store
import Workspace

struct ContactsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts", abstract: "People, one by one: look at them, hand out or erase what is kept, make one of two.",
        subcommands: [Show.self, Export.self, Forget.self, Merge.self, Unmerge.self, Lift.self])

    /// A person by address or external ID, and the workspace they are looked for in.
    struct Person: ParsableArguments {
        @Argument(help: "The person's address, or external:ID.")
        var email: String

        @OptionGroup var workspace: WorkspaceOptions

        func find() throws -> (workspace: OpenWorkspace, contact: Contact) {
            let opened = try workspace.open()
            return (opened, try ContactsCommand.contact(email, in: opened))
        }

        /// What is kept under the address, be it somebody's or only a line of the suppression list.
        func record(events limit: Int?) throws -> (workspace: OpenWorkspace, record: PersonRecord) {
            let opened = try workspace.open()
            let name = try Arguments.person(email)
            if let contact = try opened.contacts.contact(name) {
                return (opened, try PersonRecord(of: contact, in: opened, events: limit, at: Clock.now()))
            }
            guard let address = name.address, let record = try PersonRecord(ofAddress: address, in: opened, at: Clock.now()) else {
                throw ContactsCommand.nobody(name)
            }
            return (opened, record)
        }
    }

    static func nobody(_ name: PersonName) -> UseError {
        let kind = name.address == nil ? "external ID" : "address"
        return UseError(.input, "nobody with this \(kind) is known", hint: "people come in with: pitwall import contacts FILE")
    }

    static func contact(_ text: String, in workspace: OpenWorkspace) throws -> Contact {
        let name = try Arguments.person(text)
        guard let contact = try workspace.contacts.contact(name) else { throw nobody(name) }
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
            let (workspace, record) = try person.record(events: max(0, events))
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
            Console.print(json: .object(try person.record(events: nil).record.json))
        }
    }

    /// The stores' words for why not, in those of the command line.
    static func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let problem as MergeProblem {
            throw switch problem {
            case .samePerson: UseError(.input, "both are the same person already")
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
            throw UseError(.usage, "the address \(error.rawValue)", hint: "write it like name@example.com")
        }
    }

    /// A person by address, or by the ID that another system has for them.
    static func person(_ text: String) throws -> PersonName {
        do {
            return try PersonName(text)
        } catch {
            throw UseError(
                .usage, "the address \(error.rawValue)", hint: "write it like name@example.com, or an external ID like external:ID")
        }
    }

    /// A point in time as the workspace's people write it.
    static func instant(_ text: String, _ option: String, _ zone: Zone) throws -> Instant {
        guard let instant = zone.instant(reading: text) else {
            throw UseError(
                .usage, "\(option) is no time: \"\(text.prefix(40))\"",
                hint: """
                    write it like 2026-11-02, 2026-11-02 09:30 or 2026-11-02T09:30:00Z; without an offset (Z, +01:00) it is that of \(zone)
                    """)
        }
        return instant
    }
}
