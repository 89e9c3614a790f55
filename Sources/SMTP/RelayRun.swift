import CCurl
import Delivery
import Glibc
import Model

/// One run of a ``RelayTransport``: everything it holds, on the thread that runs it.
///
/// Each turn of the loop: obey, end what is over, hand out messages, write, wait, read. What becomes of messages is decided by the
/// dialogues; when connections are opened, by ``Reconnection``; when messages may go, by their source.
///
/// There are two turns to a message and more, so a turn goes over all connections once, to hand out messages, and else looks at
/// those only that something has happened to.
final class RelayRun {
    enum Source {
        case asking
        /// It had nothing; it will wake us.
        case dry
        case finished
    }

    var relay: Relay
    let deadlines: Deadlines
    let source: any MessageSource
    let observer: any DeliveryObserver
    let control: TransportControl
    let connector: Connector
    private let waker: Waker
    private let readiness: Readiness
    let clock = RunClock()

    var reconnection: Reconnection
    /// What the observer was told last of whether a connection works.
    var works: Bool?
    /// Those that can be talked on.
    private(set) var connections: [Connection] = []
    private var bySocket: [Int32: Connection] = [:]
    /// Those that may have bytes to write.
    private var toWrite: [Connection] = []
    /// True where one of the sessions may have ended since they were looked at.
    private var mayHaveEnded = false
    private var deadlinesEnforced: Int64 = -1
    var openings: [Connection] = []
    /// Messages taken for connections that aren't open yet, at most one each.
    var waiting: [Outgoing] = []
    var sourceState = Source.asking
    /// The source has said that none may go before.
    var notBefore: Int64 = 0
    /// Why this relay gets no further message; thrown at the end.
    var failure: RelayError?
    /// The last reason why a connection was of no use.
    var lastTrouble: RelayError?
    var deferralsInARow = 0
    let deferralsUntilBusy: Int
    private var gathering = Gathering()
    private var results: [Dialogue.Result] = []
    /// Those that may begin a message behind one that waits for its answer; kept for its memory.
    var behind: [Connection] = []
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)

    init(
        relay: Relay, deadlines: Deadlines, persistence: Persistence, source: any MessageSource,
        observer: any DeliveryObserver, control: TransportControl, waker: Waker, connector: Connector,
        readiness: Readiness
    ) {
        self.relay = relay
        self.deadlines = deadlines
        self.source = source
        self.observer = observer
        self.control = control
        self.waker = waker
        self.connector = connector
        self.readiness = readiness
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
            if now != deadlinesEnforced {
                enforceDeadlines(at: now)
                deadlinesEnforced = now
            }
            sweep(at: now)
            if takesNoMore { putBackWaiting(at: now) }
            handOut(at: now)
            flush(at: now)
            // What ended while writing has left messages without a connection: look again before waiting.
            if sweep(at: now) || (takesNoMore && !waiting.isEmpty) { continue }
            if isOver { break }
            let ready = wait(at: now)
            read(ready, at: clock.now)
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
        case .accepted, .refused, .deferred, .notAttempted(_, .provider, _): deferralsInARow = 0
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
            hint: reply.origin == .here
                ? "make it smaller, or ask the relay's owner for more" : "try again later, with fewer connections or a lower limit",
            reply: reply, isTemporary: true)
    }

    // MARK: Stopping

    private func stopNow(at now: Int64) {
        let reason = "stopped before the relay had answered"
        deciding(at: now) { results in
            for connection in connections { connection.abandon(reason, results: &results) }
        }
        for connection in connections {
            readiness.remove(connection.channel.socket)
            connector.close(connection.channel, wasOpening: false)
        }
        connections.removeAll()
        bySocket.removeAll()
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

    // MARK: Connections

    /// Takes in a connection that was opened; false where the system can't watch it.
    func add(_ connection: Connection) -> Bool {
        guard readiness.add(connection.channel.socket) else { return false }
        connections.append(connection)
        bySocket[connection.channel.socket] = connection
        return true
    }

    /// Takes away the connections that have ended; true where there were any.
    @discardableResult
    func sweep(at now: Int64) -> Bool {
        guard mayHaveEnded else { return false }
        mayHaveEnded = false
        let ended = connections.filter { $0.dialogue.ending != nil }
        guard !ended.isEmpty else { return false }
        connections.removeAll { $0.dialogue.ending != nil }
        for connection in ended {
            readiness.remove(connection.channel.socket)
            bySocket[connection.channel.socket] = nil
            over(connection, at: now)
        }
        return true
    }

    /// To be called for each connection whose dialogue was moved on.
    func touched(_ connection: Connection) {
        if connection.dialogue.ending != nil { mayHaveEnded = true }
        guard connection.hasBytes, !connection.isListed else { return }
        connection.isListed = true
        toWrite.append(connection)
    }

    // MARK: Reading and writing

    private func flush(at now: Int64) {
        guard !toWrite.isEmpty else { return }
        let instant = clock.microseconds
        for connection in toWrite {
            connection.isListed = false
            if !connection.isBlocked { write(connection, at: now, instant) }
        }
        toWrite.removeAll(keepingCapacity: true)
    }

    /// - Parameter instant: ``RunClock/microseconds``.
    private func write(_ connection: Connection, at now: Int64, _ instant: Int64) {
        deciding(at: now) { results in
            connection.flush(
                at: now, scratch: scratch, results: &results, dotImminent: { observer.dotImminent($0) }, mayGoOn: { observer.mayGoOn })
        }
        if connection.dialogue.ending != nil { mayHaveEnded = true }
        if connection.dialogue.awaitsFinalAnswer, connection.dotGoneAt == nil { connection.dotGoneAt = instant }
        guard connection.isBlocked != connection.isWatchedForWriting else { return }
        connection.isWatchedForWriting = connection.isBlocked
        readiness.watch(connection.channel.socket, writing: connection.isBlocked)
    }

    /// When the next deadline is, is asked only where nothing is ready.
    private func wait(at now: Int64) -> ArraySlice<Int32> {
        if connector.opening > 0 {
            connector.wait(readiness.descriptor, milliseconds: Int32(clamping: max(0, nextDeadline(at: now) - now)))
        }
        var ready = readiness.wait(milliseconds: 0)
        guard ready.isEmpty, connector.opening == 0 else { return ready }
        if gathering.isWorthwhile(isPipelining: isPipelining) {
            usleep(UInt32(clamping: gathering.pause))
            ready = readiness.wait(milliseconds: 0)
            gathering.gave(ready.count)
            if !ready.isEmpty { return ready }
        }
        return readiness.wait(milliseconds: Int32(clamping: max(0, nextDeadline(at: now) - now)))
    }

    private var isPipelining: Bool { connections.first?.dialogue.capabilities.pipelining ?? false }

    private func read(_ ready: ArraySlice<Int32>, at now: Int64) {
        let instant = clock.microseconds
        for socket in ready {
            guard let connection = bySocket[socket] else {
                guard waker.look() else { continue }
                if sourceState == .dry { sourceState = .asking }
                notBefore = 0
                continue
            }
            // Writing first: a reply to the final dot must find that dot taken (invariant 2 of the dialogue).
            if connection.isBlocked { write(connection, at: now, instant) }
            let concluded = connection.dialogue.concluded
            deciding(at: now) { connection.receive(at: now, scratch: scratch, results: &$0) }
            if connection.dialogue.concluded != concluded, let gone = connection.dotGoneAt.take(), gone < instant {
                gathering.answered(after: instant - gone)
            }
            touched(connection)
        }
        readOpenings(at: now)
    }
}
