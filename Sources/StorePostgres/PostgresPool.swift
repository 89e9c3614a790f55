import Database
import Foundation

/// A bounded number of connections: one that writes, a few that read. They are made when they are needed, and those that broke
/// are made anew.
// SAFETY: `state` is touched under `condition` alone; a connection belongs to who took it until it is given back.
final class PostgresPool: @unchecked Sendable {
    private let location: PostgresLocation
    private let told: @Sendable (String) -> Void
    let trips = RoundTrips()
    private let condition = NSCondition()
    private var state = State()

    private struct State {
        var idle: [PostgresConnection] = []
        var isWriting = false
        var readers = 0
        var isClosed = false
    }

    enum Use {
        case read, write
    }

    private static let mostReaders = 4

    /// - Parameter told: What is waited for, where something is.
    init(_ location: PostgresLocation, told: @escaping @Sendable (String) -> Void) {
        self.location = location
        self.told = told
    }

    /// Runs `body` with a connection on which `prepare` has succeeded; where it fails because the connection broke while nobody
    /// used it, another is made.
    func use<T>(
        _ use: Use, prepare: (PostgresConnection) throws -> Void, _ body: (PostgresConnection) throws -> T
    ) throws -> T {
        let kept = try take(use)
        var connection: PostgresConnection?
        defer { give(connection, use) }
        if let kept, (try? prepare(kept)) != nil {
            connection = kept
        } else {
            if let kept, !kept.isBroken { try kept.reset() }
            // Others that lay idle have likely broken with it.
            condition.withLock { state.idle.removeAll { $0.isBroken } }
            let fresh = try connect(patiently: true)
            connection = fresh
            try prepare(fresh)
        }
        guard let connection else { throw DatabaseError(.other, "the database is closed") }
        return try body(connection)
    }

    /// Opens the first connection, which tells whether all is well.
    func open() throws -> PostgresServer {
        let connection = try connect(patiently: false)
        condition.withLock { state.idle.append(connection) }
        return connection.server
    }

    /// One of one's own, which counts among none of those.
    func another() throws -> PostgresConnection { try connect(patiently: false) }

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
            guard !state.isClosed else { throw DatabaseError(.other, "the database is closed") }
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

    // MARK: - Connecting

    /// How long a server that was there before is waited for, in seconds.
    private static let patience = 60.0

    /// Tries again, at growing intervals, where that may help: a server that starts, that has no connection left, or, where it was
    /// there before, that can't be reached.
    private func connect(patiently: Bool) throws -> PostgresConnection {
        let start = ContinuousClock.now
        var pause = 0.1
        var hasTold = false
        while true {
            do {
                return try PostgresConnection.open(location, counting: trips)
            } catch let error as DatabaseError {
                let waited = (ContinuousClock.now - start) / .seconds(1)
                let patience = patiently ? Self.patience : error.code == .busy ? 10 : 0
                guard error.code == .busy || error.code == .lost, waited + pause < patience else { throw error }
                if !hasTold, waited > 1 {
                    told("\(error.message); waiting for it, at most \(Int(patience)) seconds")
                    hasTold = true
                }
                Thread.sleep(forTimeInterval: pause * Double.random(in: 0.5...1))
                pause = min(pause * 2, 5)
            }
        }
    }
}
