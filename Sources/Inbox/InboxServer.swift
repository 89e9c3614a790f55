import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A local SMTP server that keeps what it gets: for trying a campaign out, and for tests.
///
/// ```swift
/// let inbox = try await InboxServer.start(InboxSettings(outbox: "outbox"))
/// print("smtp://127.0.0.1:\(inbox.port)")
/// …
/// await inbox.stop()
/// ```
/// It speaks ESMTP with PIPELINING, SIZE, 8BITMIME, SMTPUTF8 and ENHANCEDSTATUSCODES, never passes mail on, and listens on
/// loopback unless told otherwise. It is strict where servers of the world are strict (lone line feeds, lines over 998
/// bytes), so that what it takes, they take; ``InboxBehaviour`` makes it fail on purpose.
package final class InboxServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let keeper: Keeper
    private let outbox: Outbox?
    private let connections: Connections

    /// The port that clients connect to.
    package let port: Int

    package var statistics: InboxStatistics { keeper.statistics }

    private init(
        group: MultiThreadedEventLoopGroup, channel: any Channel, keeper: Keeper, outbox: Outbox?, connections: Connections
    ) {
        self.group = group
        self.channel = channel
        self.keeper = keeper
        self.outbox = outbox
        self.connections = connections
        port = channel.localAddress?.port ?? 0
    }

    /// Returns once the server listens.
    package static func start(_ settings: InboxSettings = InboxSettings()) async throws -> InboxServer {
        let address = try address(settings)
        let outbox = try settings.outbox.map { try Outbox(folder: $0) }
        let keeper = Keeper(settings: settings, outbox: outbox)
        let connections = Connections()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, settings.threads))
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16_384, maximum: 131_072))
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try furnish(child, settings, keeper, connections)
                }
            }
        do {
            let channel = try await bootstrap.bind(to: address).get()
            return InboxServer(group: group, channel: channel, keeper: keeper, outbox: outbox, connections: connections)
        } catch {
            try? await group.shutdownGracefully()
            throw InboxError(
                .cannotListen, "cannot listen on \(settings.host):\(settings.port): \(words(for: error))",
                hint: "choose another port, or 0 for any that is free")
        }
    }

    private static func words(for error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return switch error.errnoCode {
        case EADDRINUSE: "another program listens there already"
        case EACCES: "ports below 1024 need more rights"
        case EADDRNOTAVAIL: "this machine has no such address"
        default: String(cString: strerror(error.errnoCode))
        }
    }

    /// Takes no more connections, says 421 to those that are open, and writes the page of what was kept.
    /// What was acknowledged stays kept.
    package func stop() async {
        try? await channel.close()
        await connections.end()
        try? await group.shutdownGracefully()
        await outbox?.finish()
    }

    private static func furnish(
        _ child: any Channel, _ settings: InboxSettings, _ keeper: Keeper, _ connections: Connections
    ) throws {
        guard let number = keeper.open(limit: settings.limits.connections) else {
            try child.pipeline.syncOperations.addHandler(TurnAway())
            return
        }
        connections.add(child)
        child.closeFuture.whenComplete { _ in
            keeper.close()
            connections.remove(child)
        }
        let session = SMTPSession(number: number, behaviour: settings.behaviour, limits: settings.limits) { keeper.putsOff($0) }
        try child.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: .milliseconds(settings.limits.idle)))
        try child.pipeline.syncOperations.addHandler(SessionHandler(session: session, keeper: keeper))
    }

    private static func address(_ settings: InboxSettings) throws -> SocketAddress {
        let address: SocketAddress
        do {
            address = try SocketAddress.makeAddressResolvingHost(settings.host, port: settings.port)
        } catch {
            throw InboxError(
                .cannotListen, "cannot find out what address \"\(settings.host)\" is", hint: "give an IP address, such as 127.0.0.1")
        }
        guard settings.allowsOtherHosts || address.isLoopback else {
            throw InboxError(
                .notLoopback, "\"\(settings.host)\" can be reached from other machines, and the inbox takes mail from anyone",
                hint: "listen on 127.0.0.1, or say explicitly that other machines may connect")
        }
        return address
    }
}

extension SocketAddress {
    /// 127.0.0.0/8 and ::1; the former also as an IPv4 address in IPv6 clothes. The text comes from `inet_ntop`.
    var isLoopback: Bool {
        guard let text = ipAddress else { return true }
        return text == "::1" || text.hasPrefix("127.") || text.hasPrefix("::ffff:127.")
    }
}

/// The open connections, so that they can be told when the server stops.
final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)] = channel }
    }

    func remove(_ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)] = nil }
    }

    func end() async {
        let channels = open.withLock { Array($0.values) }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ServerStops()) }
        for channel in channels { try? await channel.closeFuture.get() }
    }
}

/// Stands where a session would, on a connection too many.
final class TurnAway: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        let reply = ByteBuffer(string: "421 4.7.0 too many connections\r\n")
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(reply)).whenComplete { _ in channel.close(promise: nil) }
    }
}
