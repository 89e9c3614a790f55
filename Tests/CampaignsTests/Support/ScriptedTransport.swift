import Delivery
import Dispatch
import Model
import Synchronization

@testable import Campaigns

/// A relay in memory that answers as a test says.
final class ScriptedTransport: Transport {
    enum Answer: Sendable {
        case outcome(Outcome)
        /// The relay can't be used: what is in hand goes back and the run throws.
        case relayGone
        /// The transport ends as if all were done.
        case leave
    }

    struct Gone: Error, CustomStringConvertible {
        var description: String { "the relay refused the password" }
    }

    /// How many messages are taken before the first of them is answered.
    let width: Int
    private let clock: @Sendable () -> Instant
    private let answer: @Sendable (_ message: Outgoing, _ number: Int) -> Answer
    private let taken = Mutex<[Outgoing]>([])

    init(width: Int = 1, clock: @escaping @Sendable () -> Instant = { Desk.noon }, _ answer: @escaping @Sendable (Outgoing, Int) -> Answer)
    {
        self.width = width
        self.clock = clock
        self.answer = answer
    }

    static func accepting(width: Int = 1) -> ScriptedTransport {
        ScriptedTransport(width: width) { message, _ in .outcome(.ok(message)) }
    }

    /// To whom messages went, in the order of their going.
    var recipients: [String] { taken.withLock { $0.map(\.envelope.recipient.description) } }

    func run(source: any MessageSource, observer: any DeliveryObserver, control: TransportControl) throws {
        let bell = DispatchSemaphore(value: 0)
        control.attach { bell.signal() }
        defer { control.attach(nil) }
        var inHand: [Outgoing] = []
        while true {
            var idle = false
            var finished = control.request != .goOn
            while inHand.count < width, !finished, !idle {
                switch source.next() {
                case .message(let message):
                    taken.withLock { $0.append(message) }
                    inHand.append(message)
                case .none, .later: idle = true
                case .finished: finished = true
                }
            }
            if inHand.isEmpty {
                if finished { return }
                _ = bell.wait(timeout: .now() + .milliseconds(200))
                continue
            }
            let message = inHand.removeFirst()
            let number = taken.withLock { $0.count } - inHand.count
            switch answer(message, number) {
            case .outcome(let outcome):
                if outcome.followsDot, !observer.dotImminent(message.ticket) {
                    observer.finished(message.ticket, .notAttempted(reason: "no", scope: .session), at: clock(), relay: "main")
                    continue
                }
                observer.finished(message.ticket, outcome, at: clock(), relay: "main")
            case .relayGone:
                for one in [message] + inHand {
                    observer.finished(one.ticket, .notAttempted(reason: "no", scope: .relay), at: clock(), relay: "main")
                }
                throw Gone()
            case .leave:
                for one in [message] + inHand {
                    observer.finished(one.ticket, .notAttempted(reason: "no", scope: .session), at: clock(), relay: "main")
                }
                return
            }
        }
    }
}

extension Outcome {
    static func ok(_ message: Outgoing) -> Outcome {
        .accepted(Reply(code: 250, enhanced: "2.0.0", text: "queued"), queueID: "Q\(message.ticket)")
    }
    static let noSuchUser = Outcome.refused(Reply(code: 550, enhanced: "5.1.1", text: "no such user"), scope: .recipient)
    static let busy = Outcome.deferred(Reply(code: 451, enhanced: "4.3.2", text: "busy"), reason: "busy", scope: .recipient)
    static let lost = Outcome.deferred(nil, reason: "the connection was lost", scope: .session)

    fileprivate var followsDot: Bool {
        switch self {
        case .accepted, .unknown: true
        case .deferred, .refused, .notAttempted: false
        }
    }
}
