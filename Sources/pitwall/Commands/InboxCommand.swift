import ArgumentParser
import Dispatch
import Foundation
import Inbox
import Model

struct InboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox", abstract: "A local mail server that keeps what it gets, for trying things out.",
        discussion: "Open outbox/index.html to read what came. Ends with Ctrl-C.")

    @Option(name: .long, help: "The port; 0 takes any that is free.")
    var port = 2525

    @Option(name: .long, help: ArgumentHelp("Where messages are kept.", valueName: "dir"), completion: .directory)
    var out = "outbox"

    @Flag(name: .long, help: "Count messages, keep none.")
    var discard = false

    @Option(name: .long, help: ArgumentHelp("Refuse recipients that contain this (550).", valueName: "text"))
    var refuse: String?

    @Option(
        name: .customLong("defer"), help: ArgumentHelp("Put off recipients that contain this, the first time (451).", valueName: "text"))
    var deferring: String?

    @Flag(name: .long, help: "Do not offer PIPELINING.")
    var noPipelining = false

    @Option(name: .long, help: ArgumentHelp("Close a connection after so many messages (421).", valueName: "count"))
    var busyAfter: Int?

    @Option(name: .long, help: ArgumentHelp("Think so long before answering a message.", valueName: "milliseconds"))
    var finalDelay: Int64 = 0

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port is from 1 to 65535, or 0 for any that is free") }
    }

    func run() async throws {
        let behaviour = InboxBehaviour(
            refuse: refuse, deferring: deferring, noPipelining: noPipelining, busyAfter: busyAfter, finalDelay: finalDelay)
        let inbox = try await InboxServer.start(InboxSettings(port: port, outbox: discard ? nil : out, behaviour: behaviour))
        Console.error(
            "Listening on smtp://127.0.0.1:\(inbox.port)" + (discard ? "" : "; messages are kept in \(out), the list is \(out)/index.html"))
        await Signals.first(of: [SIGINT, SIGTERM])
        await inbox.stop()
        let seen = inbox.statistics
        Console.error("\(Console.count(seen.messages, "message")) over \(Console.count(seen.connections, "connection")).")
    }
}

enum Signals {
    /// Waits for one of them, without ending the program.
    static func first(of numbers: [Int32]) async {
        let queue = DispatchQueue(label: "pitwall-signals")
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        for await _ in stream { break }
        sources.forEach { $0.cancel() }
    }
}
