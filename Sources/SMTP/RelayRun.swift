import CCurl
import Delivery
import Glibc
import Model

/// One run of a ``RelayTransport``: everything it holds, on the thread that runs it.
///
/// Each turn of the loop: obey, end what is over, hand out messages, write, wait, read. What becomes of messages is decided by the
/// dialogues; when connections are opened, by ``Reconnection``; when messages may go, by the limiter.
final class RelayRun {
    enum Source {
        case asking
        /// It had nothing; it will wake us.
        case dry
        case finished
    }

    let relay: Relay
    let deadlines: Deadlines
    let source: any MessageSource
    let observer: any DeliveryObserver
    let control: TransportControl
    let connector: Connector
    private let waker: Waker
    let clock = RunClock()

    var limiter: RateLimiter
    var reconnection: Reconnection
    /// Those that can be talked on.
    var connections: [Connection] = []
    var openings: [Connection] = []
    /// Messages taken for connections that aren't open yet, at most one each.
    var waiting: [Outgoing] = []
    var sourceState = Source.asking
    /// Why this relay gets no further message; thrown at the end.
    var failure: RelayError?
    /// The last reason why a connection was of no use.
    var lastTrouble: RelayError?
    var deferralsInARow = 0
    let deferralsUntilBusy: Int
    private var results: [Dialogue.Result] = []
    private var descriptors: [pollfd] = []
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)

    init(
        relay: Relay, limiter: RateLimiter, deadlines: Deadlines, persistence: Persistence, source: any MessageSource,
        observer: any DeliveryObserver, control: TransportControl, waker: Waker, connector: Connector
    ) {
        self.relay = relay
        self.limiter = limiter
        self.deadlines = deadlines
        self.source = source
        self.observer = observer
        self.control = control
        self.waker = waker
        self.connector = connector
        reconnection = Reconnection(persistence)
        deferralsUntilBusy = max(persistence.deferralsInARow, 1)
    }

    deinit {
        scratch.deallocate()
    }

    func go() throws(RelayError) {
        while true {
            let now = clock.now
            if control.request == .stopNow {
                stopNow(at: now)
                break
            }
            enforceDeadlines(at: now)
            sweep(at: now)
            if takesNoMore { putBackWaiting(at: now) }
            handOut(at: now)
            flush(at: now)
            // What ended while writing has left messages without a connection: look again before waiting.
            if sweep(at: now) || (takesNoMore && !waiting.isEmpty) { continue }
            if isOver { break }
            wait(at: now)
            read(at: clock.now)
        }
        if let failure { throw failure }
    }

    /// True where nothing is taken from the source any more.
    var takesNoMore: Bool { failure != nil || control.request >= .drain }

    private var isOver: Bool { connections.isEmpty && waiting.isEmpty && (takesNoMore || sourceState == .finished) && closeOpenings() }

    /// Connections being opened for which there is no message left.
    private func closeOpenings() -> Bool {
        for opening in openings { connector.close(opening.channel, wasOpening: true) }
        openings.removeAll()
        return true
    }

    // MARK: Results

    /// Does something that may decide about messages, and tells the observer.
    func deciding(at now: Int64, _ body: (inout [Dialogue.Result]) -> Void) {
        body(&results)
        guard !results.isEmpty else { return }
        for result in results { report(result, at: now) }
        results.removeAll(keepingCapacity: true)
    }

    private func report(_ result: Dialogue.Result, at now: Int64) {
        switch result.outcome {
        case .notAttempted(let reason, .relay, let reply):
            if failure == nil, let reply { failure = refusedUs(reason, reply) }
        case .deferred(let reply?, _, .session) where reply.code != 421:
            deferralsInARow += 1
            if deferralsInARow >= deferralsUntilBusy, failure == nil { failure = busy(reply) }
        case .accepted, .refused, .deferred: deferralsInARow = 0
        case .unknown, .notAttempted: break
        }
        observer.finished(result.ticket, result.outcome, at: clock.instant(at: now), relay: relay.name)
    }

    private func refusedUs(_ reason: String, _ reply: Reply) -> RelayError {
        let isLogin = [530, 534, 535, 538].contains(reply.code)
        return RelayError(
            isLogin ? .loginRefused : .senderRefused, endpoint: relay.endpoint, text: reason,
            hint: isLogin
                ? "give the relay a username and password_file"
                : "the relay must accept this return_path and this machine; nobody was marked as refused, and sending again goes on from here",
            reply: reply, isTemporary: false)
    }

    private func busy(_ reply: Reply) -> RelayError {
        RelayError(
            .busy, endpoint: relay.endpoint, text: "the relay put off \(deferralsInARow) messages in a row: \(reply)",
            hint: "try again later, with fewer connections or a lower limit", reply: reply, isTemporary: true)
    }

    // MARK: Stopping

    private func stopNow(at now: Int64) {
        let reason = "stopped before the relay had answered"
        deciding(at: now) { results in
            for connection in connections { connection.abandon(reason, results: &results) }
        }
        for connection in connections { connector.close(connection.channel, wasOpening: false) }
        connections.removeAll()
        putBackWaiting(at: now)
        _ = closeOpenings()
    }

    private func putBackWaiting(at now: Int64) {
        guard !waiting.isEmpty else { return }
        let outcome: Outcome =
            if let failure {
                .notAttempted(reason: failure.text, scope: .relay)
            } else {
                .notAttempted(reason: "stopped before its turn", scope: .session)
            }
        deciding(at: now) { results in
            results += waiting.map { Dialogue.Result(ticket: $0.ticket, outcome: outcome) }
        }
        waiting.removeAll()
    }

    // MARK: Reading and writing

    private func flush(at now: Int64) {
        for connection in connections where connection.hasBytes && !connection.isBlocked { write(connection, at: now) }
    }

    private func write(_ connection: Connection, at now: Int64) {
        deciding(at: now) { connection.flush(at: now, observer: observer, scratch: scratch, results: &$0) }
    }

    private func wait(at now: Int64) {
        descriptors.removeAll(keepingCapacity: true)
        descriptors.append(pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0))
        for connection in connections {
            let events = connection.isBlocked ? POLLIN | POLLOUT : POLLIN
            descriptors.append(pollfd(fd: connection.channel.socket, events: Int16(events), revents: 0))
        }
        connector.wait(&descriptors, milliseconds: Int32(clamping: max(0, nextDeadline(at: now) - now)))
    }

    private func read(at now: Int64) {
        if descriptors[0].revents != 0, waker.look(), sourceState == .dry { sourceState = .asking }
        for (connection, descriptor) in zip(connections, descriptors.dropFirst()) where descriptor.revents != 0 {
            // Writing first: a reply to the final dot must find that dot taken (invariant 2 of the dialogue).
            if connection.isBlocked { write(connection, at: now) }
            deciding(at: now) { connection.receive(at: now, scratch: scratch, results: &$0) }
        }
        readOpenings(at: now)
    }
}
