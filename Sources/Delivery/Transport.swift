package import Model
import Synchronization

/// What a source says when asked for a message.
package enum NextMessage: Sendable {
    case message(Outgoing)
    /// None may go for so many milliseconds, at least one. A wake meanwhile is worth asking again.
    case later(milliseconds: Int64)
    /// Nothing at the moment; the source calls ``TransportControl/wake()`` once there is.
    case none
    /// Nothing more will come. A source that has said so is not asked again.
    case finished
}

/// Where messages come from. Called on the transport's thread, so it must answer at once: claiming, composing and
/// committing happen elsewhere.
package protocol MessageSource: AnyObject, Sendable {
    func next() -> NextMessage
}

/// Who is told what becomes of messages. Called on the transport's thread; must return within microseconds.
package protocol DeliveryObserver: AnyObject, Sendable {
    /// Called before the bytes that hold the message's final dot are offered to the socket. From here on the message may
    /// arrive; a crash after this call leaves it `unknown`. False where it must not go: it is given back then, and nothing more of it leaves.
    @discardableResult
    func dotImminent(_ ticket: UInt64) -> Bool
    /// Asked before bytes of such a dot are offered once more that the socket did not take. False: the connection is closed.
    var mayGoOn: Bool { get }
    /// Called exactly once for every message that was taken from the source, before `run` returns or throws.
    func finished(_ ticket: UInt64, _ outcome: Outcome, at: Instant, relay: String)

    /// No connection works any more, and it is tried again; nil: one works. It is not the end: the transport throws where it gives up.
    func troubled(_ reason: String?)
}

extension DeliveryObserver {
    package var mayGoOn: Bool { true }
    package func troubled(_ reason: String?) {}
}

/// Why a transport ended early.
package protocol TransportFailure: Error {
    /// It may be of use again in a while, without anybody changing anything.
    var isTemporary: Bool { get }
}

/// Something that carries messages out of the house.
package protocol Transport: Sendable {
    /// Blocks its own thread until the source is finished and everything taken has its outcome, or until it is told to
    /// stop. Throws where the relay as a whole can't be used; what was taken by then has its outcome all the same.
    func run(source: any MessageSource, observer: any DeliveryObserver, control: TransportControl) throws
    /// Another one as soon as something has changed for which a failure may pass: a new password. Read from time to time.
    var settingsMark: Int { get }
}

extension Transport {
    package var settingsMark: Int { 0 }
}

/// How other threads reach a running transport. One control serves one run.
package final class TransportControl: Sendable {
    package enum Request: Int, Comparable, Sendable {
        case goOn
        /// Take no new message, finish those in flight, say goodbye.
        case drain
        /// Close now: what was not offered yet goes back, what was is unknown.
        case stopNow

        package static func < (a: Request, b: Request) -> Bool { a.rawValue < b.rawValue }
    }

    /// A function that stands bare in a `Mutex` is wrapped anew, and kept so, each time the lock is taken: after a million wakes a call would go
    /// through a million wrappers and off the end of the stack. As a field it stays what it is.
    private struct Waker {
        var call: (@Sendable () -> Void)?
    }

    private let waker = Mutex(Waker())
    /// Asked at every turn of a transport, which must not wait for whoever wakes it just then.
    private let asked = Atomic(Request.goOn.rawValue)

    package init() {}

    /// There may be a message now. Cheap, callable from any thread, also when nothing runs.
    package func wake() {
        // Not under the lock: who has little of a processor would hold up others who wake it.
        let wake = waker.withLock { $0.call }
        wake?()
    }

    package func stop() { ask(.drain) }
    package func stopNow() { ask(.stopNow) }

    package var request: Request { Request(rawValue: asked.load(ordering: .acquiring)) ?? .goOn }

    /// For transports: how to interrupt their waiting; nil once they have ended, and it may be called once more after that. A wake that came
    /// earlier is not kept, since a transport asks its source when it starts.
    package func attach(_ waker: (@Sendable () -> Void)?) {
        self.waker.withLock { $0.call = waker }
    }

    private func ask(_ request: Request) {
        asked.max(request.rawValue, ordering: .acquiringAndReleasing)
        wake()
    }
}
