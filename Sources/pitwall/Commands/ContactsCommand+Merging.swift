import ArgumentParser
import Campaigns
import Model
import Store

extension ContactsCommand {
    struct Merge: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "merge",
            abstract: "Make one person of two who are known under two addresses, or by an address and an external ID.",
            discussion: """
                KEEP is who stays, and whose address is written to; all that OTHER did, agreed to and was sent becomes theirs, and mail
                and events under OTHER's address are theirs from now on. Nobody becomes reachable by it: who unsubscribed or complained
                under one address has done so under both, and KEEP gets mail on a topic only if KEEP's own address had agreed to it.
                It can be undone: pitwall contacts unmerge OTHER
                """)

        @Argument(help: "The address of who stays, or external:ID.")
        var keep: String

        @Argument(help: "The other address of the same person, or external:ID.")
        var other: String

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let kept = try ContactsCommand.contact(keep, in: workspace)
            let gone = try ContactsCommand.contact(other, in: workspace)
            let merge = try ContactsCommand.translating { try workspace.contacts.merge(kept.id, gone.id, at: Clock.now()) }
            let addresses = try workspace.contacts.addresses(of: merge.kept)
            if json { return Console.print(json: .object(["addresses": .list(addresses.map { .text("\($0)") })])) }
            let names = try workspace.contacts.names(of: merge.kept)
            Console.print("\(Console.green("✓")) One person: \(names.map { "\($0)" }.joined(separator: ", ")).")
            // Without an address the other has no name of their own any more; the last merge is the one that is undone.
            let undoing = gone.email ?? kept.email
            if let undoing { Console.print(Console.dim("undo it with: pitwall contacts unmerge \(undoing)")) }
        }
    }

    struct Unmerge: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "unmerge",
            abstract: "Part two people who were merged.",
            discussion: """
                Each gets back what was theirs. What came in since stays with the one who was kept; what was withdrawn since is withdrawn
                for both. Of several merges the last is undone first: so it is with the address of who was kept.
                """)

        @OptionGroup var person: Person

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            let (workspace, contact) = try person.find()
            let merge = try ContactsCommand.translating {
                guard let address = try Arguments.person(person.email).address else {
                    return try workspace.contacts.unmerge(contact.id, at: Clock.now())
                }
                return try workspace.contacts.unmerge(address, at: Clock.now())
            }
            let kept = try workspace.contacts.names(of: merge.kept).map { "\($0)" }
            let other = try workspace.contacts.names(of: merge.other).map { "\($0)" }
            if json {
                return Console.print(json: .object(["kept": .list(kept.map { .text($0) }), "other": .list(other.map { .text($0) })]))
            }
            Console.print(
                "\(Console.green("✓")) Two people again: \(kept.joined(separator: ", ")) and \(other.joined(separator: ", ")).")
        }
    }
}
