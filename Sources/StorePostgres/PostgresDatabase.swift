package import Database
import Foundation

/// A database on a PostgreSQL server, which any number of machines share.
///
/// Who writes holds a lock of the whole database until the transaction ends, so writers follow each other here as they do in
/// SQLite, and a transaction that reads before it writes needs no care of its own. Readers wait for nobody. A writer that stops
/// answering in the middle of a transaction loses it after two minutes, with its lock: nobody waits for a frozen machine.
///
/// ```swift
/// let database = try PostgresDatabase(PostgresLocation("postgres://pitwall@db.example.com/news", password: secret))
/// let people = try database.read { try $0.count("SELECT count(*) FROM contact") }
/// ```
package final class PostgresDatabase: SQLDatabase {
    package let location: PostgresLocation
    /// As it was found when the database was opened.
    package let server: PostgresServer
    private let pool: PostgresPool
    private let limits: PostgresLimits
    package var dialect: any Dialect { PostgresDialect() }
    package var trips: RoundTrips { pool.trips }
    package var isServer: Bool { true }

    /// Connects once, so that what is wrong is told here.
    ///
    /// - Parameter told: A sentence of what is waited for, where something is.
    package init(
        _ location: PostgresLocation, limits: PostgresLimits = PostgresLimits(), told: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.location = location
        self.limits = limits
        pool = PostgresPool(location, limits, told: told)
        server = try pool.open()
    }

    package func read<T>(_ body: (any SQLSession) throws -> T) throws -> T {
        try pool.use(.read, prepare: { try $0.simple(self.beginReading) }) { connection in
            try Self.finish(connection, body) { try connection.simple("COMMIT") }
        }
    }

    package func write<T>(_ body: (any SQLSession) throws -> T) throws -> T { try write(excluding: .everybody, body) }

    package func write<T>(excluding others: Exclusion, _ body: (any SQLSession) throws -> T) throws -> T {
        let beginning = beginWriting(excluding: others)
        let begin: (PostgresConnection) throws -> Void = {
            try $0.simple(beginning + ($0.server.commitsLoosely ? Self.durably : ""))
        }
        return try pool.use(.write, prepare: begin) { connection in
            try Self.finish(connection, body) { try connection.commit() }
        }
    }

    package func repeatableWrite<T>(_ body: (any SQLSession) throws -> T) throws -> T {
        for attempt in 1..<Self.mostAttempts {
            do {
                return try write(body)
            } catch let error as DatabaseError where [.lost, .inDoubt, .busy].contains(error.code) {
                // What is not back by now has been waited for.
                if pool.hasGivenUp { throw error }
                Thread.sleep(forTimeInterval: 0.05 * Double(attempt) * Double.random(in: 0.5...1))
            }
        }
        return try write(body)
    }

    private static let mostAttempts = 5

    package func another() throws -> any SQLDatabase { try PostgresDatabase(location, limits: limits) }

    package func close() throws { pool.close() }

    /// Statements of their own, since a vacuum stands in no transaction.
    package func compact() throws {
        let tables = try read { session in
            let own: SQL = "schemaname = current_schema() AND tableowner = current_user"
            return try session.all("SELECT quote_ident(tablename) FROM pg_tables WHERE \(own)") { $0.text(0) }
        }
        for table in tables { try alone("VACUUM (FULL, ANALYZE) \(table)") }
    }

    /// Runs a statement that stands in no transaction.
    package func alone(_ statement: String) throws {
        _ = try pool.use(.write, prepare: { try $0.simple("SELECT 1") }) { try $0.simple(statement) }
    }

    /// By how many seconds the server's clock is ahead of this machine's; half of the time that the answer took may be added or taken away.
    package func clockIsAhead() throws -> Double {
        try read { session in
            let before = Date().timeIntervalSince1970
            let there = try session.first("SELECT extract(epoch FROM clock_timestamp())::float8") { $0.real(0) } ?? before
            return there - (before + Date().timeIntervalSince1970) / 2
        }
    }

    // MARK: - Transactions

    /// The compiler of expressions costs more than it gives: a segment is long, and asked once.
    private var always: String {
        "SET LOCAL statement_timeout = \(PostgresLimits.milliseconds(limits.statement)); SET LOCAL jit = off"
    }

    private var beginReading: String { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \(always)" }

    /// The lock's number says "Pitwall" in ASCII. It is asked for after the time to wait for it is set. Who runs beside others does nothing
    /// in between that takes time, and where it is frozen they must not wait long.
    private func beginWriting(excluding others: Exclusion) -> String {
        let begin = """
            BEGIN ISOLATION LEVEL READ COMMITTED; \(always); SET LOCAL lock_timeout = \(PostgresLimits.milliseconds(limits.lock)); \
            SET LOCAL idle_in_transaction_session_timeout
            """
        return switch others {
        case .everybody: "\(begin) = \(PostgresLimits.milliseconds(limits.idle)); SELECT pg_advisory_xact_lock(22633947076848748)"
        case .loners: "\(begin) = '10s'; SELECT pg_advisory_xact_lock_shared(22633947076848748)"
        case .nobody: "\(begin) = '10s'"
        }
    }

    /// What has returned has to survive power loss, whatever the server's owner thinks of other programs.
    private static let durably = "; SET LOCAL synchronous_commit = on"

    private static func finish<T>(
        _ connection: PostgresConnection, _ body: (any SQLSession) throws -> T, _ commit: () throws -> Void
    ) throws -> T {
        do {
            let result = try body(PostgresSession(connection: connection))
            try commit()
            return result
        } catch {
            try? connection.reset()
            throw error
        }
    }
}

extension PostgresConnection {
    /// A commit after an error that somebody caught takes everything back without a word, so the word is looked at.
    fileprivate func commit() throws {
        do {
            guard try simple("COMMIT").command == "COMMIT" else {
                throw DatabaseError(.other, "a statement of this transaction failed before, so nothing of it was kept")
            }
        } catch let error as DatabaseError where error.code == .lost {
            throw DatabaseError(
                .inDoubt, "the connection to \(place) broke while a change was being kept: it may have been, or not",
                hint: "run the command again when the server can be reached; it goes on from what is there")
        }
    }

    /// Ends whatever it is in the middle of.
    func reset() throws {
        if !isBroken { try simple("ROLLBACK") }
    }
}
