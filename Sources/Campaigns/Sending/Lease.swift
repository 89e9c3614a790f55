package import Model
import Store
import Synchronization

/// A sender's right to hand messages over, where several share a campaign: it runs out unless it is renewed, and others may then put the
/// sender out.
///
/// What is known here is on the safe side of what the database knows: the lease counts from when a renewal was sent, not from when it
/// was answered, by a clock that goes on while the machine sleeps, and ends a tenth early.
package final class Lease: Sendable {
    package let sender: SenderID
    package let length: Int64
    private let uptime: @Sendable () -> Int64
    private let state: Mutex<(confirmed: Int64, isOut: Bool)>

    /// How long a sender that is heard of no more keeps others from what it has taken, in milliseconds.
    package static let usual: Int64 = 30_000

    /// - Parameter confirmed: when the request was sent that it was granted for.
    package init(of sender: SenderID, length: Int64, confirmed: Int64, uptime: @escaping @Sendable () -> Int64 = Uptime.now) {
        (self.sender, self.length, self.uptime) = (sender, length, uptime)
        state = Mutex((confirmed, false))
    }

    /// Whether another message's last bytes may be handed over now.
    package var isValid: Bool {
        let (confirmed, isOut) = state.withLock { $0 }
        return !isOut && uptime() - confirmed < length - length / 10
    }

    /// Others have put the sender out: there is no way back in but as a new one.
    package var isOut: Bool { state.withLock { $0.isOut } }

    package func confirm(sent: Int64) { state.withLock { $0.confirmed = max($0.confirmed, sent) } }
    package func putOut() { state.withLock { $0.isOut = true } }
}

/// Renews a lease on a thread and a connection of its own, so that nothing that the rest of the program waits for is in its way.
final class Heartbeat: Sendable {
    private let ledger: Ledger
    private let lease: Lease
    private let clock: SharedClock
    private let uptime: @Sendable () -> Int64
    private let bell = Bell()

    init(_ ledger: Ledger, _ lease: Lease, clock: SharedClock, uptime: @escaping @Sendable () -> Int64 = Uptime.now) {
        (self.ledger, self.lease, self.clock, self.uptime) = (ledger, lease, clock, uptime)
    }

    /// Until ``stop()``, or until the sender is put out.
    func start() {
        _ = WorkerThread("pitwall-heartbeat") { [self] in
            var pause = Double(lease.length) / 6000
            while !bell.wait(seconds: pause), !lease.isOut {
                pause = beat() ? Double(lease.length) / 6000 : min(1, Double(lease.length) / 20_000)
            }
        }
    }

    /// False where the database could not be asked.
    func beat() -> Bool {
        let sent = uptime()
        do {
            guard let now = try ledger.renew(lease.sender, lease: lease.length) else {
                lease.putOut()
                return true
            }
            clock.learn(now, between: sent, and: uptime())
            lease.confirm(sent: sent)
            return true
        } catch {
            return false
        }
    }

    func stop() { bell.ring() }
}

/// Wakes who waits, once and for all. What a machine sleeps is not waited for, so that a sender comes back some seconds later.
// SAFETY: `hasRung` is only touched while `condition` is locked.
private final class Bell: @unchecked Sendable {
    private let condition = Condition()
    private var hasRung = false

    func ring() {
        condition.lock()
        hasRung = true
        condition.broadcast()
        condition.unlock()
    }

    /// Whether it has rung by then.
    func wait(seconds: Double) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Condition.deadline(in: seconds)
        while !hasRung, condition.wait(until: deadline) {}
        return hasRung
    }
}
