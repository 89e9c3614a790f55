import NIOCore
import NIOPosix

/// One connection: feeds bytes to its ``SMTPSession`` and does what the session says.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a client may take to notice that it was told goodbye. Closing at once would reset the connection while its
    /// pipelined commands lie unread, and the reset may overtake the replies.
    private static let farewell = TimeAmount.seconds(2)

    private let keeper: Keeper
    private var session: SMTPSession
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    /// The final dot waits for its answer: nothing is read meanwhile.
    private var paused = false
    private var leaving = false
    private var wantsToRead = false

    init(session: SMTPSession, keeper: Keeper) {
        self.session = session
        self.keeper = keeper
    }

    func channelActive(context: ChannelHandlerContext) {
        output.writeString(SMTPSession.greeting)
        flush(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leaving = true
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !leaving else { return }
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        if !paused { carryOn(context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        input.discardReadBytes()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if paused || !leaving && !context.channel.isWritable {
            wantsToRead = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        readAgain(context)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let idle as IdleStateHandler.IdleStateEvent where idle == .read:
            if !paused { leave(context, saying: "421 4.4.2 nothing was heard for too long") }
        case is ServerStops:
            leave(context, saying: "421 4.3.2 the server stops")
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func carryOn(_ context: ChannelHandlerContext) {
        while true {
            switch session.advance(&input, &output) {
            case .hungry: return flush(context)
            case .close: return sayGoodbye(context)
            case .reset(let fault): return reset(context, fault)
            case .message(let incoming):
                let keeping = keeper.keep(incoming, connection: session.number)
                if keeper.finalDelay > 0 {
                    flush(context)
                    return think(context, then: keeping)
                }
                guard settle(keeping, context) else { return }
            }
        }
    }

    /// False where the connection ends with the answer.
    private func settle(_ keeping: SMTPSession.Keeping, _ context: ChannelHandlerContext) -> Bool {
        switch session.settle(keeping, &output) {
        case .reset(let fault):
            reset(context, fault)
            return false
        case .close:
            sayGoodbye(context)
            return false
        case .hungry, .message: return true
        }
    }

    private func think(_ context: ChannelHandlerContext, then keeping: SMTPSession.Keeping) {
        paused = true
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(keeper.finalDelay)) {
            self.paused = false
            guard !self.leaving, self.settle(keeping, context) else { return }
            self.carryOn(context)
            self.readAgain(context)
        }
    }

    private func readAgain(_ context: ChannelHandlerContext) {
        guard wantsToRead, !paused, context.channel.isWritable else { return }
        wantsToRead = false
        context.read()
    }

    private func flush(_ context: ChannelHandlerContext) {
        if session.tally != SMTPSession.Tally() {
            keeper.count(session.tally)
            session.tally = SMTPSession.Tally()
        }
        guard output.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        output.clear()
    }

    private func leave(_ context: ChannelHandlerContext, saying reply: String) {
        guard !leaving else { return }
        session.end(reply, &output)
        sayGoodbye(context)
    }

    /// Sends what is to be sent, says that nothing more will come, and waits for the client to close.
    private func sayGoodbye(_ context: ChannelHandlerContext) {
        leaving = true
        input.clear()
        flush(context)
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.farewell) { context.close(promise: nil) }
    }

    /// With `SO_LINGER` 0 the kernel drops what is unsent and sends RST, as a server that dies does.
    private func reset(_ context: ChannelHandlerContext, _ fault: SMTPSession.Fault) {
        leaving = true
        keeper.count(fault)
        let channel = context.channel
        let set = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        (set ?? channel.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in channel.close(promise: nil) }
    }
}

/// Sent through the pipelines of the open connections when the server stops.
struct ServerStops: Sendable {}
