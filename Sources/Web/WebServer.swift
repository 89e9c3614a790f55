import Hummingbird
import HummingbirdCore
package import Logging
package import Signing

/// The public pages behind the links in messages: unsubscribing and preferences.
///
/// ```swift
/// let server = WebServer(desk: desk, keys: keys, organisation: "Pitwall Demo", logger: logger)
/// try await server.run(host: "127.0.0.1", port: 8080) { port in print("listening on \(port)") }
/// ```
/// It speaks plain HTTP/1.1 and is meant to stand behind whatever ends TLS for `public_url`. Links in the pages are relative to
/// themselves, so any path may stand before `/u/` and `/p/`, as long as it is taken off on the way here.
package struct WebServer: Sendable {
    package var desk: any SubscriptionDesk
    package var keys: Keys
    /// Shown on every page.
    package var organisation: String
    package var logger: Logger

    /// More connections than this wait until one ends.
    private static let mostConnections = 1000

    package init(desk: any SubscriptionDesk, keys: Keys, organisation: String, logger: Logger) {
        self.desk = desk
        self.keys = keys
        self.organisation = organisation
        self.logger = logger
    }

    /// Serves until the task is cancelled, or SIGTERM or SIGINT arrives where `untilSignal` says so; requests under way are answered first.
    ///
    /// - Parameters:
    ///   - port: 0 takes any free one.
    ///   - onListening: Called once, with the port, when connections are accepted.
    package func run(
        host: String, port: Int, untilSignal: Bool = true, onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) async throws {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: PageMiddleware(organisation: organisation, logger: logger))
        PublicRoutes(desk: desk, keys: keys, organisation: organisation, logger: logger).add(to: router)
        let application = Application(
            router: router,
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: .seconds(30),
                    httpDecoderConfiguration: .init(maxHeaderFieldSize: 8192, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
            onServerRunning: { onListening($0.localAddress?.port ?? port) }, logger: logger)
        if untilSignal {
            try await application.runService()
        } else {
            try await application.run()
        }
    }
}
