import ArgumentParser
import Campaigns
import Logging
import Model
import Signing
import Web
import Workspace

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer the links in messages: unsubscribing and preferences.",
        discussion: """
            Speaks plain HTTP; put it behind whatever ends TLS for public_url. May run beside a send: who leaves is skipped from
            then on. Ends with Ctrl-C.
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case web
    }

    @Option(name: .long, help: "What to serve: web, the public pages.")
    var only: Part

    @Option(name: .long, help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(name: .long, help: "The port; 0 takes any that is free.")
    var port = 8080

    @OptionGroup var workspace: WorkspaceOptions

    func run() async throws {
        let workspace = try workspace.open()
        let keys = try workspace.keys()
        var logger = Logger(label: "pitwall.web") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let organisation = workspace.settings.organisation.name
        let server = WebServer(
            desk: StoreDesk(workspace), keys: keys, organisation: organisation.isEmpty ? workspace.settings.title : organisation,
            logger: logger)
        let (host, publicURL) = (host, workspace.settings.publicURL)
        do {
            try await server.run(host: host, port: port) { port in
                Console.error(
                    "Answering on http://\(host):\(port)" + (publicURL.map { ", as \($0)" } ?? "; links need public_url in pitwall.yaml"))
            }
        } catch {
            throw UseError(.cannotWrite, "cannot listen on \(host):\(port): \(error)", hint: "choose another port with --port")
        }
    }
}
