import Database
import Foundation

/// A bounded number of connections: one that writes, a few that read. They are made when they are needed, and those that broke
/// are made anew.
// SAFETY: `state` is touched under `condition` alone; a connection belongs to who took it until it is given back.
final class PostgresPool: @unchecked Sendable {
    private let location: PostgresLocation
    private let limits: PostgresLimits
    private let told: @Sendable (String) -> Void
    let trips = RoundTrips()
    private let condition = NSCondition()
    private var state = State()

    private struct State {
        var idle: [PostgresConnection] = []
        var isWriting = false
        var readers = 0
        var isClosed = false
        var hasGivenUp = false
    }

    enum Use {
        case read, write
    }

    private static let mostReaders = 4

    /// - Parameter told: What is waited for, where something is.
    init(_ location: PostgresLocation, _ limits: PostgresLimits, told: @escaping @Sendable (String) -> Void) {
        self.location = location
        self.limits = limits
        self.told = told
    }

    /// Whether the server was waited for the last time it was needed, and did not come back.
    var hasGivenUp: Bool { condition.withLock { state.hasGivenUp } }

    /// Runs `body` with a connection on which `prepare` has succeeded; where it fails because the connection broke while nobody
    /// used it, another is made.
    func use<T>(
        _ use: Use, prepare: (PostgresConnection) throws -> Void, _ body: (PostgresConnection) throws -> T
    ) throws -> T {
        var connection = try take(use)
        defer { give(connection, use) }
        if let kept = connection {
            do {
                try prepare(kept)
            } catch {
                guard kept.isBroken else {
                    try? kept.reset()
                    throw error
                }
                connection = nil
            }
        }
        if let ready = connection { return try body(ready) }
        // Others that lay idle have likely broken with it.
        condition.withLock { state.idle.removeAll { $0.isBroken } }
        let fresh = try connect(patiently: true)
        connection = fresh
        do {
            try prepare(fresh)
        } catch {
            try? fresh.reset()
            throw error
        }
        return try body(fresh)
    }

    /// Opens the first connection, which tells whether all is well.
    func open() throws -> PostgresServer {
        let connection = try connect(patiently: false)
        condition.withLock { state.idle.append(connection) }
        return connection.server
    }

    func close() {
        condition.withLock {
            state.isClosed = true
            state.idle.removeAll()
            condition.broadcast()
        }
    }

    // MARK: - Taking and giving

    private func take(_ use: Use) throws -> PostgresConnection? {
        try condition.withLock {
            while !state.isClosed, use == .write ? state.isWriting : state.readers == Self.mostReaders { condition.wait() }
            guard !state.isClosed else { throw Self.closed }
            if use == .write { state.isWriting = true } else { state.readers += 1 }
            return state.idle.popLast()
        }
    }

    private func give(_ connection: PostgresConnection?, _ use: Use) {
        condition.withLock {
            if use == .write { state.isWriting = false } else { state.readers -= 1 }
            if let connection, connection.isIdle, !state.isClosed { state.idle.append(connection) }
            condition.broadcast()
        }
    }

    private static let closed = DatabaseError(.other, "the database is closed")

    // MARK: - Connecting

    /// Tries again, at growing intervals, where that may help: a server that starts, that has no connection left, or, where it was
    /// there before, that can't be reached or has not taken over yet.
    private func connect(patiently: Bool) throws -> PostgresConnection {
        let start = ContinuousClock.now
        var pause = 0.1
        var hasTold = false
        while true {
            do {
                let connection = try PostgresConnection.open(location, counting: trips)
                if patiently, connection.server.isReplica {
                    throw DatabaseError(
                        .lost, "\(location) is a replica now", hint: "name the primary under `database:`, and run the command again")
                }
                if hasTold { told("\(location) is back") }
                condition.withLock { state.hasGivenUp = false }
                return connection
            } catch let error as DatabaseError {
                let waited = (ContinuousClock.now - start) / .seconds(1)
                let canWait = error.code == .busy || (error.code == .lost && patiently)
                let patience = patiently ? limits.patience : limits.patienceAtFirst
                guard canWait, waited + pause < patience, !condition.withLock({ state.isClosed }) else {
                    condition.withLock { state.hasGivenUp = patiently }
                    throw error
                }
                if !hasTold, waited + pause > min(1, patience / 4) {
                    told("\(error.message); waiting for it, at most \(PostgresLimits.words(patience))")
                    hasTold = true
                }
                Thread.sleep(forTimeInterval: pause * Double.random(in: 0.5...1))
                pause = min(pause * 2, 5)
            }
        }
    }
}
