import ArgumentParser
import Campaigns
import Foundation

/// The command line: the only place where the parts are put together.
@main
struct Pitwall: AsyncParsableCommand {
    // Each command names itself: a name made of its type costs a look through all the program's types, at every start.
    static let configuration = CommandConfiguration(
        commandName: "pitwall",
        abstract: "Sends e-mail campaigns to the people who count, and keeps a log that can be trusted.",
        discussion: """
            Works in the nearest folder above that holds a pitwall.yaml, or in --workspace DIR.

            A first newsletter:
              pitwall init news && cd news
              pitwall import contacts people.csv --topic newsletter --consent confirmed --source "signup form"
              pitwall plan welcome
              pitwall preview welcome --sample 3
              pitwall inbox &                 (a mail server on this machine that keeps what it gets)
              pitwall send welcome
            """,
        version: "0.1.0",
        subcommands: [
            InitCommand.self, ImportCommand.self, ContactsCommand.self, EventsCommand.self, SegmentsCommand.self, TemplatesCommand.self,
            PreviewCommand.self, PlanCommand.self, SendCommand.self, CampaignsCommand.self, LogCommand.self,
            ResolveCommand.self, DatabaseCommand.self, ServeCommand.self, InboxCommand.self, DKIMCommand.self, DoctorCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            if let reason = Console.outputFailure {
                throw UseError(.cannotWrite, "the output can't be written: \(String(cString: strerror(reason)))")
            }
        } catch {
            Failure.end(with: error)
        }
    }
}
