import ArgumentParser
import Campaigns
import Database
import Model
import Signing
import Store

extension ContactsCommand {
    struct Forget: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract: "Erase a person, for good.",
            discussion: """
                Who they were, what they did and agreed to, all their addresses, also one that is only on the suppression list. The log
                keeps its lines without address and reply, so that counts stay true. A keyed hash of each address, and of what
                other systems call them, is kept, so that no import brings them back. Your own files stay as they are; those of the workspace that name them are listed.
                The database file is rewritten, so that nothing is left in it; with a large one that takes a while. Where that could
                not be done, the same command does it later.
                """)

        @OptionGroup var person: Person

        @Flag(name: .shortAndLong, help: "Don't ask.")
        var yes = false

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            let workspace = try person.workspace.open()
            let address = try Arguments.address(person.email)
            let key = try workspace.keys().identity
            let contact = try workspace.contacts.contact(address)
            guard try contact != nil || workspace.contacts.isNamed(address) else {
                guard try workspace.forgotten().contains(address) else { throw ContactsCommand.nobody }
                try workspace.database.compact()
                return report(Erasure(), isNew: false, namedIn: mentions(of: [address], workspace))
            }
            let addresses = try contact.map { try workspace.contacts.addresses(of: $0.id) } ?? [address]
            let names = addresses.isEmpty ? "this person" : addresses.map { "\($0)" }.joined(separator: ", ")
            try Confirmation.require("Erase all that is known of \(names)?", yes: yes)
            let erased = try ContactsCommand.translating {
                guard let contact else {
                    return try workspace.contacts.forget(address, hash: { ForgottenPeople.hash($0, key: key) }, at: Clock.now())
                }
                return try workspace.contacts.forget(
                    contact.id, hash: { ForgottenPeople.hash($0, key: key) }, hashID: { ForgottenPeople.hash(externalID: $0, key: key) },
                    at: Clock.now())
            }
            try workspace.database.compact()
            report(erased, isNew: true, namedIn: mentions(of: addresses, workspace))
        }

        private func mentions(of addresses: [EmailAddress], _ workspace: OpenWorkspace) -> [String] {
            AddressMentions(of: addresses).files(in: workspace.root, besides: workspace.databasePath)
        }

        private func report(_ erased: Erasure, isNew: Bool, namedIn files: [String]) {
            if json {
                return Console.print(
                    json: .object([
                        "addresses": .integer(Int64(erased.addresses)), "events": .integer(Int64(erased.events)),
                        "statements": .integer(Int64(erased.statements)), "messages": .integer(Int64(erased.messages)),
                        "named_in": .list(files.map { .text($0) }),
                    ]))
            }
            let events = Console.count(erased.events, "event")
            let statements = Console.count(erased.statements, "statement")
            let new = "Forgotten, with \(events) and \(statements) of consent."
            Console.print("\(Console.green("✓")) \(isNew ? new : "Forgotten before; the database file is written anew.")")
            if erased.messages > 0 {
                let one = erased.messages == 1
                Console.print("\(Console.count(erased.messages, "line")) of the log no longer \(one ? "says" : "say") to whom.")
            }
            if !files.isEmpty {
                let verb = files.count == 1 ? "names" : "name"
                Console.print(Console.yellow("\(Console.count(files.count, "file")) of yours still \(verb) them:"))
                for file in files.prefix(10) { Console.print("  \(Table.clean(file))") }
                if files.count > 10 { Console.print("  and \(Console.number(files.count - 10)) more: --json lists all") }
            }
            Console.print(Console.dim("Not ours to erase: your own files, backups, and the logs of mail servers."))
        }
    }
}
