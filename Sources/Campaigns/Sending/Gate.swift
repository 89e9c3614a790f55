import Synchronization

/// Holds back messages that are made until the ledger says that they may have gone: those of a claim that is not marked yet.
final class Gate: Sendable {
    private struct State {
        var marked: Int64
        var waiting: [(slot: Int, epoch: Int64)] = []
    }

    private let state: Mutex<State>

    init(isOpen: Bool) { state = Mutex(State(marked: isOpen ? .max : 0)) }

    /// Whether the message may go on its way at once; else it waits here.
    func passes(_ slot: Int, _ epoch: Int64) -> Bool {
        state.withLock { state in
            guard epoch > state.marked else { return true }
            state.waiting.append((slot, epoch))
            return false
        }
    }

    /// Those that may go from now on.
    func open(upTo epoch: Int64) -> [Int] {
        state.withLock { state in
            state.marked = max(state.marked, epoch)
            let marked = state.marked
            let free = state.waiting.filter { $0.epoch <= marked }.map(\.slot)
            if !free.isEmpty { state.waiting.removeAll { $0.epoch <= marked } }
            return free
        }
    }

    /// Everything that waits, which never went.
    func takeAll() -> [Int] {
        state.withLock { state in
            defer { state.waiting.removeAll() }
            return state.waiting.map(\.slot)
        }
    }
}
