import Store
import Synchronization

/// A message between its claim and the commit of its outcome.
struct Flight: Sendable {
    var claim: Claim
    var composed: ComposedMessage?
}

/// Everything that is under way, by slot. A slot is a place in the flight recorder; its number is what the transport knows
/// as the ticket. How many slots there are bounds the memory of a send, whatever the number of its recipients.
final class FlightTable: Sendable {
    private struct State {
        var flights: [Flight?]
        var free: [Int]
    }

    private let state: Mutex<State>
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        state = Mutex(State(flights: Array(repeating: nil, count: capacity), free: Array((0..<capacity).reversed())))
    }

    var underWay: Int { state.withLock { capacity - $0.free.count } }

    /// The slots given to `claims`, in order. There must be room: the ledger's loop claims no more than there is.
    func board(_ claims: [Claim]) -> [Int] {
        state.withLock { state in
            claims.compactMap { claim in
                guard let slot = state.free.popLast() else { return nil }
                state.flights[slot] = Flight(claim: claim)
                return slot
            }
        }
    }

    func set(_ composed: ComposedMessage, in slot: Int) {
        state.withLock { $0.flights[slot]?.composed = composed }
    }

    /// The message for the wire. Its bytes are the transport's from here on: kept until the commit, they would be most of what
    /// a send holds in memory.
    func takeMessage(_ slot: Int) -> ComposedMessage? {
        state.withLock { state in
            let message = state.flights[slot]?.composed
            state.flights[slot]?.composed?.bytes = []
            return message
        }
    }

    subscript(slot: Int) -> Flight? {
        state.withLock { slot >= 0 && slot < capacity ? $0.flights[slot] : nil }
    }

    func land(_ slots: [Int]) {
        state.withLock { state in
            for slot in slots where state.flights[slot] != nil {
                state.flights[slot] = nil
                state.free.append(slot)
            }
        }
    }
}
