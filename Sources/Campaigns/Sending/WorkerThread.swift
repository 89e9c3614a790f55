import Foundation

#if os(Linux)
    import Glibc
#endif

/// A thread of its own for work that blocks, which the cooperative pool must never do.
// SAFETY: `done` is only touched while `condition` is locked; `body` is set before the thread starts, then its own.
final class WorkerThread: @unchecked Sendable {
    private let condition = NSCondition()
    private var done = false
    private var body: (@Sendable () -> Void)?

    /// - Parameter niceness: how far it steps back behind the program's other threads (`nice`), on systems that keep one for each thread.
    init(_ name: String, niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void) {
        self.body = body
        let thread = Thread { [self] in
            #if os(Linux)
                // Where the system does not grant it, the thread works like any other.
                let own = Int32(PRIO_PROCESS.rawValue)
                if niceness > 0 { _ = setpriority(own, 0, min(19, getpriority(own, 0) + niceness)) }
            #endif
            work()
            condition.lock()
            done = true
            condition.broadcast()
            condition.unlock()
        }
        thread.name = name
        thread.stackSize = 2 << 20
        thread.start()
    }

    /// Lets go of the body and what it holds before anybody who waits goes on: a run that has ended must not keep the
    /// campaign's lock until its threads are gone.
    private func work() {
        let body = body.take()
        body?()
    }

    func join() {
        condition.lock()
        while !done { condition.wait() }
        condition.unlock()
    }
}
