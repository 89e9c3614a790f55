import Synchronization

/// How often the programs on this database had to wait for an answer of the server.
package final class RoundTrips: Sendable {
    private let counted = Atomic(0)

    package var count: Int { counted.load(ordering: .relaxed) }

    func add() { counted.add(1, ordering: .relaxed) }
}
