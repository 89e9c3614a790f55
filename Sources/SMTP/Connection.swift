import Delivery

/// A channel, the dialogue on it and the bytes between them.
final class Connection {
    let channel: CurlChannel
    /// See ``Reconnection/round``.
    let round: Int
    var dialogue = Dialogue(capabilities: Capabilities())
    /// When it was started, got its last reply, or had its last bytes taken.
    private(set) var progress: Int64
    private(set) var isBlocked = false
    /// True once the connection has been counted as of use.
    var hasWorked = false
    /// True while it stands in the run's list of those that may have bytes to write.
    var isListed = false
    /// When the final dot was gone whose answer is awaited; by ``RunClock/microseconds``.
    var dotGoneAt: Int64?
    /// True while the run waits for the socket to take more.
    var isWatchedForWriting = false
    private var out = SendBuffer()
    private var openedAt: Int64

    init(_ channel: CurlChannel, round: Int, at now: Int64) {
        self.channel = channel
        self.round = round
        progress = now
        openedAt = now
    }

    /// It has stood for as long as its relay is to let it: no further message goes over it.
    func isOld(at now: Int64) -> Bool { channel.relay.longestConnection.map { now - openedAt >= $0 } ?? false }

    var isIdle: Bool { dialogue.isIdle && !dialogue.isQuitting }

    func opened(_ capabilities: Capabilities, at now: Int64) {
        dialogue = Dialogue(capabilities: capabilities, messageLimit: channel.relay.messagesPerConnection)
        progress = now
        openedAt = now
    }

    func begin(_ message: Outgoing, at now: Int64, results: inout [Dialogue.Result]) {
        if dialogue.awaited == nil { progress = now }
        dialogue.begin(message, into: &out, results: &results)
    }

    func quit(at now: Int64) {
        progress = now
        dialogue.quit(into: &out)
    }

    var hasBytes: Bool { !out.isEmpty }

    /// Offers what there is to the socket, announcing each final dot before the call that holds it.
    func flush(
        at now: Int64, scratch: UnsafeMutableRawBufferPointer, results: inout [Dialogue.Result], dotImminent: (UInt64) -> Bool,
        mayGoOn: () -> Bool
    ) {
        isBlocked = false
        while dialogue.ending == nil, let (bytes, holdsDot) = out.offer() {
            if holdsDot, let ticket = dialogue.ticketAtDot {
                // Nothing that was offered waits for an answer here: the server asked for this message after it had answered the one before.
                guard dotImminent(ticket) else { return dialogue.abandon("it must not go now", results: &results) }
                dialogue.dotOffered()
            } else if dialogue.isDotPending, !mayGoOn() {
                return dialogue.abandon("it must not go on now", results: &results)
            }
            switch channel.send(bytes) {
            case .moved(let count):
                progress = now
                if out.took(count) { dialogue.dotTaken() }
            case .wouldBlock:
                isBlocked = true
                return
            case .closed(let reason):
                // A relay that refuses and closes has its reason in our receive buffer.
                receive(at: now, scratch: scratch, results: &results)
                dialogue.connectionLost(reason, results: &results)
            }
        }
    }

    func receive(at now: Int64, scratch: UnsafeMutableRawBufferPointer, results: inout [Dialogue.Result]) {
        let before = dialogue.replies
        while dialogue.ending == nil {
            switch channel.receive(into: scratch) {
            case .moved(let count):
                dialogue.receive(UnsafeRawBufferPointer(rebasing: scratch[..<count]), into: &out, results: &results)
                // TLS may hold more than the socket shows; in the clear, a short read was the last.
                if count < scratch.count, channel.relay.tls == .none { break }
                continue
            case .wouldBlock: break
            case .closed(let reason): dialogue.connectionLost(reason, results: &results)
            }
            break
        }
        if dialogue.replies != before { progress = now }
    }

    /// When patience ends, by the clock that `progress` is of.
    func deadline(_ deadlines: Deadlines) -> Int64 {
        let patience =
            if isBlocked {
                deadlines.block
            } else {
                switch dialogue.awaited {
                case .mail: deadlines.mail
                case .recipient: deadlines.recipient
                case .data: deadlines.data
                case .finalDot, .loneDot: deadlines.finalDot
                case .reset: deadlines.reset
                case .quit: deadlines.quit
                case nil: deadlines.idle
                }
            }
        return progress + patience
    }

    func abandon(_ reason: String, results: inout [Dialogue.Result]) {
        dialogue.abandon(reason, results: &results)
    }
}
