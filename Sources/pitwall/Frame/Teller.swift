import Dispatch
import Synchronization

/// Says things from a thread of its own, so that a terminal or a pipe that nobody reads holds up nothing else. Of what comes while it is
/// stuck it keeps the newest.
final class Teller: Sendable {
    private struct State {
        var isBusy = false
        var next: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue

    init(_ name: String) {
        queue = DispatchQueue(label: name)
    }

    func tell(_ words: @escaping @Sendable () -> Void) {
        let isFree = state.withLock { state in
            if state.isBusy {
                state.next = words
                return false
            }
            state.isBusy = true
            return true
        }
        if isFree { queue.async { self.work(words) } }
    }

    private func work(_ first: @escaping @Sendable () -> Void) {
        var words: (@Sendable () -> Void)? = first
        while let now = words {
            now()
            words = state.withLock { state in
                state.isBusy = state.next != nil
                return state.next.take()
            }
        }
    }

    /// Waits until all is said, two seconds at most: then nobody reads it.
    func finish() {
        let isDone = DispatchSemaphore(value: 0)
        queue.async { isDone.signal() }
        _ = isDone.wait(timeout: .now() + 2)
    }
}
