import Delivery
import Foundation
import Model
import SMTP
import Synchronization
import Testing

/// A source of numbered messages that hands out again what comes back, as a ledger would, and remembers what became of each.
final class Desk: MessageSource, DeliveryObserver {
    struct State {
        var toDo: [UInt64]
        var taken: [UInt64: Int] = [:]
        var dots: [UInt64: Int] = [:]
        var outcomes: [UInt64: [Outcome]] = [:]
        var times: [Instant] = []
        var inHand: Set<UInt64> = []
        var mistakes: [String] = []
        var troubles: [String?] = []
        var dotted = 0
        /// Nothing goes before it lets it.
        var limiter = RateLimiter()
    }

    let state: Mutex<State>
    let control = TransportControl()
    private let retries: Bool
    /// How many final dots may go.
    private let allowed: Int
    private let address: @Sendable (UInt64) -> String
    private let body: @Sendable (UInt64) -> [UInt8]
    private let whenDot: @Sendable () -> Void
    private let whenFinished: @Sendable (UInt64, Outcome) -> Void

    init(
        _ count: Int, retries: Bool = false, allowed: Int = .max,
        address: @escaping @Sendable (UInt64) -> String = { "u\($0)@example.com" },
        body: @escaping @Sendable (UInt64) -> [UInt8] = {
            Array("Message-ID: <\($0)@x>\r\nSubject: x\r\n\r\n.dots\r\n..\r\nhello\r\n".utf8)
        },
        whenDot: @escaping @Sendable () -> Void = {}, whenFinished: @escaping @Sendable (UInt64, Outcome) -> Void = { _, _ in }
    ) {
        state = Mutex(State(toDo: (0..<UInt64(count)).reversed().map { $0 + 1 }))
        self.retries = retries
        self.allowed = allowed
        self.address = address
        self.body = body
        self.whenDot = whenDot
        self.whenFinished = whenFinished
    }

    func next() -> NextMessage {
        let now = Instant(Date())
        let wait = state.withLock { $0.limiter.free(at: now).milliseconds - now.milliseconds }
        if wait > 0 { return .later(milliseconds: wait) }
        let ticket: UInt64? = state.withLock { state in
            guard let ticket = state.toDo.popLast() else { return nil }
            state.taken[ticket, default: 0] += 1
            state.inHand.insert(ticket)
            state.limiter.record(at: now)
            return ticket
        }
        guard let ticket else {
            // With retries, what is in hand may come back.
            return retries && state.withLock { !$0.inHand.isEmpty } ? .none : .finished
        }
        guard let recipient = try? EmailAddress(address(ticket)),
            let envelope = Envelope(sender: "bounces@example.com", recipient: recipient)
        else { return .finished }
        return .message(Outgoing(ticket: ticket, envelope: envelope, body: body(ticket)))
    }

    func dotImminent(_ ticket: UInt64) -> Bool {
        whenDot()
        return state.withLock { state in
            guard allowed > state.dotted else { return false }
            state.dotted += 1
            state.dots[ticket, default: 0] += 1
            if !state.inHand.contains(ticket) { state.mistakes.append("the dot of \(ticket), which is not in hand") }
            return true
        }
    }

    func finished(_ ticket: UInt64, _ outcome: Outcome, at: Instant, relay: String) {
        state.withLock { state in
            state.outcomes[ticket, default: []].append(outcome)
            state.times.append(at)
            if state.inHand.remove(ticket) == nil { state.mistakes.append("\(ticket) finished twice") }
            let dots = state.dots.removeValue(forKey: ticket) ?? 0
            switch outcome {
            case .accepted, .unknown: if dots != 1 { state.mistakes.append("\(ticket) \(outcome.short) with \(dots) dots announced") }
            case .notAttempted where dots > 0 && outcome.reply == nil: state.mistakes.append("\(ticket) given back after its dot")
            default: break
            }
            if retries, case .notAttempted(_, .session, _) = outcome { state.toDo.append(ticket) }
        }
        whenFinished(ticket, outcome)
        control.wake()
    }

    func troubled(_ reason: String?) {
        state.withLock { $0.troubles.append(reason) }
    }

    /// The last word on each message: `["accepted": 10]`.
    var tally: [String: Int] {
        state.withLock { state in state.outcomes.values.reduce(into: [:]) { $0[$1.last?.short ?? "", default: 0] += 1 } }
    }

    /// Everything taken has come back exactly as often as it was taken, and dots were announced as they must be.
    var isSound: Bool {
        state.withLock { state in
            state.mistakes.isEmpty && state.inHand.isEmpty && state.taken.allSatisfy { state.outcomes[$0.key]?.count == $0.value }
        }
    }
}

extension RelayTransport {
    /// Runs on a thread of its own; gives the error with which it ended.
    func deliver(_ desk: Desk) async -> RelayError? {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                do {
                    try run(source: desk, observer: desk, control: desk.control)
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error as? RelayError)
                }
            }
            thread.start()
        }
    }
}

extension Relay {
    static func loopback(_ port: Int, connections: Int = 1, tls: TLS = .none) -> Relay {
        Relay(name: "test", host: "127.0.0.1", port: port, tls: tls, helo: "client.example.com", connections: connections)
    }
}

extension Deadlines {
    /// Long enough for a busy machine, short enough for a test.
    static var quick: Deadlines {
        var deadlines = Deadlines()
        (deadlines.connect, deadlines.opening, deadlines.mail, deadlines.recipient, deadlines.data) = (2000, 400, 400, 400, 400)
        (deadlines.block, deadlines.finalDot, deadlines.reset, deadlines.quit) = (400, 400, 400, 400)
        return deadlines
    }
}

extension Persistence {
    static var brief: Persistence {
        var persistence = Persistence()
        (persistence.rounds, persistence.firstPause, persistence.longestPause) = (2, 10, 20)
        return persistence
    }
}

/// At least so many bytes in lines of 78.
func lines(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 78)
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 76) + [0x0D, 0x0A]
    while bytes.count < count { bytes.append(contentsOf: line) }
    return bytes
}
