import ArgumentParser
import Campaigns
import Model
import Store
import Workspace

extension ContactsCommand {
    struct Lift: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lift",
            abstract: "Write to an address again that was found undeliverable.",
            discussion: """
                A server said that nobody reads mail there, and somebody knows better. What a person said themselves, that they want
                no mail or that it was spam, is not for others to lift.
                """)

        @Argument(help: "The address.")
        var email: String

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        @OptionGroup var workspace: WorkspaceOptions

        func run() throws {
            let workspace = try workspace.open()
            let address = try Arguments.address(email)
            let standing = try workspace.consents.suppressions(of: address)
            let lifted = try workspace.consents.lift(.undeliverable, of: address, at: Clock.now())
            let others = standing.filter { $0.reason != .undeliverable }
            if json {
                return Console.print(
                    json: .object([
                        "lifted": .bool(lifted), "still": .list(others.map { .text($0.reason.rawValue) }),
                    ]))
            }
            guard lifted else {
                throw UseError(
                    .input, "\(address) is not on the suppression list as undeliverable",
                    hint: others.first.map { "it is there as \($0.reason.rawValue), which only the person can take back" })
            }
            Console.print("\(Console.green("✓")) \(address) may be written to again.")
            for other in others {
                let since = Console.time(other.at, workspace.settings.zone)
                Console.print(Console.yellow("  but not with marketing: \(other.reason.rawValue) since \(since)"))
            }
        }
    }
}
