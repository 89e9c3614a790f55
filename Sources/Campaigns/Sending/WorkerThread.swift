import Foundation

/// A thread of its own for work that blocks, which the cooperative pool must never do.
final class WorkerThread: @unchecked Sendable {
    // SAFETY: `done` is only touched while `condition` is locked; `thread` is set once before it starts.
    private let condition = NSCondition()
    private var done = false

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            body()
            condition.lock()
            done = true
            condition.broadcast()
            condition.unlock()
        }
        thread.name = name
        thread.stackSize = 2 << 20
        thread.start()
    }

    func join() {
        condition.lock()
        while !done { condition.wait() }
        condition.unlock()
    }
}
