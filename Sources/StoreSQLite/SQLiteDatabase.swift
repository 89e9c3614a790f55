import CSQLite
package import Database
import Foundation
import GRDB
import GRDBSQLite

/// A database in one SQLite file, in WAL mode: readers never wait for the writer, and other programs may use it too.
///
/// `synchronous = FULL`: a transaction that has returned survives power loss, which the ledger's first invariant rests on.
/// In WAL mode that is one fsync a transaction, and the ledger commits hundreds of messages in each.
package final class SQLiteDatabase: SQLDatabase {
    /// Of the one connection that writes; before the pool, so that they go before their connection does.
    private let writing = WriterStatements()
    private let pool: DatabasePool
    package var dialect: any Dialect { SQLiteDialect() }

    /// How long to wait for another program that is writing.
    private static let patience: TimeInterval = 30

    /// Done once, before the first connection: it took a twentieth of an import. False where SQLite was in use already.
    private static let isLean = pitwall_sqlite_without_memory_statistics() == SQLITE_OK

    /// Opens the file, making it when it is not there; its folder must be.
    package init(path: String) throws {
        _ = Self.isLean
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.patience)
        configuration.maximumReaderCount = 4
        configuration.observesSuspensionNotifications = false
        configuration.prepareDatabase { db in
            // In KiB. The writer's index pages are met again and again; readers scan, and have the system's cache behind theirs.
            try db.execute(sql: "PRAGMA cache_size = \(db.configuration.readonly ? -2000 : -5000)")
            // In pages, 32 MB. A checkpoint is two more fsyncs, and the pages of an index that many transactions in a row change are
            // written to the file once for all of them.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
            db.add(function: Self.fold)
            if let connection = db.sqliteConnection {
                SQLiteAggregates.add(to: connection)
                SQLiteCounting.add(to: connection)
                SQLiteAmounts.add(to: connection)
                SQLiteFollowing.add(to: connection)
                SQLiteDecimals.add(to: connection)
            }
        }
        pool = try Self.translating(path: path) {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // Here, since GRDB sets NORMAL on the connection that writes after it has called what prepares one.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return pool
        }
    }

    package func read<T>(_ body: (any SQLSession) throws -> T) throws -> T {
        try Self.translating(path: pool.path) {
            try pool.read { db in
                try Self.run(body, on: db, StatementCache())
            }
        }
    }

    package func write<T>(_ body: (any SQLSession) throws -> T) throws -> T {
        try Self.translating(path: pool.path) {
            try pool.writeWithoutTransaction { db in
                var result: Result<T, any Error>?
                try db.inTransaction(.immediate) {
                    result = Result { try Self.run(body, on: db, writing.cache) }
                    if case .failure = result { return .rollback }
                    return .commit
                }
                guard let result else { throw Failure(.other, "the transaction did not run") }
                return try result.get()
            }
        }
    }

    package func close() throws {
        try Self.translating(path: pool.path) {
            pool.writeWithoutTransaction { _ in writing.cache.removeAll() }
            try pool.close()
        }
    }

    /// A vacuum writes every page anew; what the write-ahead log still holds of the old ones is cut off.
    package func compact() throws {
        try Self.translating(path: pool.path) {
            try Self.patiently { try pool.vacuum() }
            try Self.patiently { try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) } }
        }
    }

    /// A vacuum begins by reading: where somebody has written since, SQLite ends it at once and waits for nobody.
    private static func patiently(_ body: () throws -> Void) throws {
        let start = ContinuousClock.now
        while true {
            do {
                return try body()
            } catch let error as GRDB.DatabaseError where error.resultCode == .SQLITE_BUSY {
                guard ContinuousClock.now - start < .seconds(30) else { throw error }
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
    }

    /// Swift's own lower case, so that memory and database fold alike.
    private static let fold = DatabaseFunction("pitwall_fold", argumentCount: 1, pure: true) { values in
        String.fromDatabaseValue(values[0])?.lowercased()
    }

    private static func run<T>(_ body: (any SQLSession) throws -> T, on db: GRDB.Database, _ statements: StatementCache) throws -> T {
        guard let connection = db.sqliteConnection else { throw Failure(.other, "the database is closed") }
        return try body(SQLiteSession(db: db, connection: connection, statements: statements))
    }

    private static func translating<T>(path: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as GRDB.DatabaseError {
            throw Failure(
                sqlite: error.extendedResultCode.rawValue, message: error.message ?? "", sql: error.sql, path: path)
        }
    }
}

/// The statements of the connection that writes.
// SAFETY: touched on the connection's own queue alone, on which GRDB runs one job at a time.
private final class WriterStatements: @unchecked Sendable {
    let cache = StatementCache()
}

extension Failure {
    /// What SQLite's result code means to a person.
    /// SQLITE_CONSTRAINT_TRIGGER.
    private static let refusedByTrigger: Int32 = 1811

    init(sqlite code: Int32, message: String, sql: String?, path: String) {
        switch code & 0xFF {
        case SQLITE_FULL:
            self.init(
                .full, "the disk that holds \(path) is full", hint: "free some space and run the command again: what was committed is kept")
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(.busy, "another program is writing to \(path)", hint: "wait for it to end, then run the command again")
        case SQLITE_CANTOPEN:
            self.init(.cannotOpen, "\(path) can't be opened: \(message)", hint: "check that its folder exists and may be written to")
        case SQLITE_IOERR:
            self.init(.cannotOpen, "\(path) can't be read or written: \(message)", hint: "check the disk: it may be full or failing")
        case SQLITE_READONLY, SQLITE_PERM:
            self.init(.readOnly, "\(path) may not be written to", hint: "check the permissions of the file and of its folder")
        case SQLITE_NOTADB, SQLITE_CORRUPT:
            self.init(
                .damaged, "\(path) is no SQLite database, or is damaged", hint: "name another file under `database:`, or restore a backup")
        // Triggers are made of nothing else.
        case SQLITE_CONSTRAINT where code == Self.refusedByTrigger: self = .moved(path)
        case SQLITE_CONSTRAINT:
            self.init(.constraint, "a rule of the database was broken: \(message)", sql: sql)
        default:
            self.init(.other, "the database reports: \(message)", sql: sql)
        }
    }
}
