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
                other systems call them, is kept, so that no import brings them back. Your own files stay as they are; those of the
                workspace that name them are listed, and those that imports wrote elsewhere. An external ID that stands in a file may
                mean something else there: look at those yourself.
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
            let name = try Arguments.person(person.email)
            let key = try workspace.keys().identity
            let contact = try workspace.contacts.contact(name)
            guard try contact != nil || name.address.map({ try workspace.contacts.isNamed($0) }) ?? false else {
                guard try wasForgotten(name, workspace) else { throw ContactsCommand.nobody(name) }
                var erased = Erasure()
                if let address = name.address { erased.plans = try workspace.contacts.crossOut(address, at: Clock.now()) }
                try workspace.database.compact()
                return report(erased, isNew: false, of: [name.address].compactMap { $0 }, namedIn: try mentions(of: [name], workspace))
            }
            let addresses = try contact.map { try workspace.contacts.addresses(of: $0.id) } ?? [name.address].compactMap { $0 }
            let ids = try contact.map { try workspace.contacts.externalIDs(of: $0.id).map(\.id) } ?? []
            let names = addresses.map { PersonName.address($0) } + ids.map { PersonName.externalID($0) }
            let shown = addresses.isEmpty ? "\(name)" : addresses.map { "\($0)" }.joined(separator: ", ")
            try Confirmation.require("Erase all that is known of \(shown)?", yes: yes)
            let erased = try ContactsCommand.translating {
                guard let contact else {
                    return try name.address.map { address in
                        try workspace.contacts.forget(address, hash: { ForgottenPeople.hash($0, key: key) }, at: Clock.now())
                    } ?? Erasure()
                }
                return try workspace.contacts.forget(
                    contact.id, hash: { ForgottenPeople.hash($0, key: key) }, hashID: { ForgottenPeople.hash(externalID: $0, key: key) },
                    at: Clock.now())
            }
            try workspace.database.compact()
            report(erased, isNew: true, of: addresses, namedIn: try mentions(of: names, workspace))
        }

        private func wasForgotten(_ name: PersonName, _ workspace: OpenWorkspace) throws -> Bool {
            let forgotten = try workspace.forgotten()
            return switch name {
            case .address(let address): forgotten.contains(address)
            case .externalID(let id): forgotten.contains(externalID: id)
            }
        }

        private func mentions(of names: [PersonName], _ workspace: OpenWorkspace) throws -> AddressMentions.Found {
            let ids = names.compactMap { name in if case .externalID(let id) = name { id } else { nil } }
            return try workspace.files(naming: AddressMentions(of: names.compactMap(\.address), externalIDs: ids))
        }

        private func report(_ erased: Erasure, isNew: Bool, of addresses: [EmailAddress], namedIn files: AddressMentions.Found) {
            if json {
                return Console.print(
                    json: .object([
                        "addresses": .integer(Int64(erased.addresses)), "events": .integer(Int64(erased.events)),
                        "statements": .integer(Int64(erased.statements)), "messages": .integer(Int64(erased.messages)),
                        "plans": .list(erased.plans.map { .text($0) }),
                        "named_in": .list(files.named.map { .text($0) }),
                        "may_be_named_in": .list(files.mayBeNamed.map { .text($0) }),
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
            if !erased.plans.isEmpty {
                Console.print(Console.yellow("Named in what is still to be sent:"))
                for plan in erased.plans { Console.print("  \(Table.clean(plan))") }
                Console.print("Once that is sent, or cancelled:")
                for address in addresses { Console.print("  pitwall contacts forget \(address) --yes") }
            }
            list(files.named, "of yours still names them:", "of yours still name them:")
            list(files.mayBeNamed, "may still name them by an external ID:", "may still name them by an external ID:")
            Console.print(Console.dim("Not ours to erase: your own files, backups, and the logs of mail servers."))
        }

        private func list(_ files: [String], _ one: String, _ several: String) {
            guard !files.isEmpty else { return }
            Console.print(Console.yellow("\(Console.count(files.count, "file")) \(files.count == 1 ? one : several)"))
            for file in files.prefix(10) { Console.print("  \(Table.clean(file))") }
            if files.count > 10 { Console.print("  and \(Console.number(files.count - 10)) more: --json lists all") }
        }
    }
}
