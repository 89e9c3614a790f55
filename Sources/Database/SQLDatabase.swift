/// A database that the stores run on, whichever it is.
///
/// Calls block: they belong on a thread that may wait, never on the cooperative pool (see ``SQLDatabase/detached(_:)``).
/// A transaction takes a synchronous closure, so nothing can suspend in the middle of one.
package protocol SQLDatabase: Sendable {
    var dialect: any Dialect { get }

    /// Whether it lives on a server, which may break off, come back, or be replaced by another.
    var isServer: Bool { get }

    /// Runs `body` on one consistent snapshot.
    func read<T>(_ body: (any SQLSession) throws -> T) throws -> T

    /// Runs `body` in a transaction that excludes other writers; an error rolls it back. When this returns, what was
    /// written survives power loss.
    func write<T>(_ body: (any SQLSession) throws -> T) throws -> T

    /// The same of a body that may run more than once: it changes nothing but the database, and what it has done once does no harm
    /// when it is done again. Where the connection breaks, or others are in the way, it is run again instead of failing.
    func repeatableWrite<T>(_ body: (any SQLSession) throws -> T) throws -> T

    /// The same, beside others that ask for no more than this does.
    func write<T>(excluding others: Exclusion, _ body: (any SQLSession) throws -> T) throws -> T

    /// The same database over connections of its own, for who must not wait for the rest of the program.
    func another() throws -> any SQLDatabase

    func close() throws

    /// Rewrites the database so that nothing is left in it of what was deleted, and gives the room back to the system.
    func compact() throws
}

/// Which transactions that write one keeps out while it runs.
package enum Exclusion: Sendable {
    /// All: what it has read stays so until it commits.
    case everybody
    /// Those that keep out everybody. Others like it run beside it, so it must take the rows that it changes.
    case loners
    /// None.
    case nobody
}

extension SQLDatabase {
    package var isServer: Bool { false }

    /// Where writers follow each other anyway.
    package func write<T>(excluding others: Exclusion, _ body: (any SQLSession) throws -> T) throws -> T { try write(body) }

    package func another() throws -> any SQLDatabase { self }

    /// Of a file there is no connection that could break.
    package func repeatableWrite<T>(_ body: (any SQLSession) throws -> T) throws -> T { try write(body) }
}

/// What a transaction can do.
package protocol SQLSession {
    var dialect: any Dialect { get }

    /// Runs one statement and says how many rows it changed. The statement is kept prepared.
    @discardableResult
    func execute(_ sql: SQL) throws -> Int

    /// Runs one statement and hands over each row as it comes; rows are only valid inside `row`.
    func forEach(_ sql: SQL, _ row: (any SQLRow) throws -> Void) throws

    /// Runs several statements that take no arguments, as migrations do.
    func script(_ text: String) throws

    /// Prepares a statement that will run many times with other arguments.
    func prepare(_ text: String) throws -> any SQLStatement

    /// Runs `batch` for each of `rows`, whose values stand in the order of its columns, and says how many rows it changed.
    @discardableResult
    func execute(_ batch: SQLBatch, _ rows: [[SQLValue]]) throws -> Int

    /// The same of an insertion, and says of each row whether it is in the table now and was not before.
    func insertions(_ batch: SQLBatch, _ rows: [[SQLValue]]) throws -> [Bool]

    /// Hands over each row that `batch` reads for one of `rows`, in any order; its column 0 is the number of that row.
    func forEach(_ batch: SQLBatch, _ rows: [[SQLValue]], _ row: (any SQLRow) throws -> Void) throws
}

/// A prepared statement; valid within the transaction that made it.
package protocol SQLStatement {
    /// Runs it and says how many rows it changed.
    @discardableResult
    func run(_ arguments: [SQLValue]) throws -> Int

    /// Runs it with each of these, one after the other, and says how many rows each time changed. A server is asked once for all.
    @discardableResult
    func runAll(_ arguments: [[SQLValue]]) throws -> [Int]

    /// Runs it and returns what `row` makes of its first row, or nil when there is none.
    func first<T>(_ arguments: [SQLValue], _ row: (any SQLRow) throws -> T) throws -> T?
}

extension SQLStatement {
    @discardableResult
    package func runAll(_ arguments: [[SQLValue]]) throws -> [Int] { try arguments.map { try run($0) } }
}

/// One row; columns count from 0. A wrong type reads as nil or, where a value was promised, as 0 or "".
package protocol SQLRow {
    func value(_ column: Int) -> SQLValue
    func isNull(_ column: Int) -> Bool
    func integer(_ column: Int) -> Int64
    func real(_ column: Int) -> Double
    func text(_ column: Int) -> String
    func blob(_ column: Int) -> [UInt8]
}

extension SQLRow {
    package func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }
    package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
}

// To be inlined, and so compiled for the type in question: each row of a send comes through here.
extension SQLSession {
    @inlinable
    package func all<T>(_ sql: SQL, _ row: (any SQLRow) throws -> T) throws -> [T] {
        var rows: [T] = []
        try forEach(sql) { rows.append(try row($0)) }
        return rows
    }

    @inlinable
    package func first<T>(_ sql: SQL, _ row: (any SQLRow) throws -> T) throws -> T? {
        try prepare(sql.text).first(sql.arguments, row)
    }

    /// The single number that `sql` returns; 0 when it returns none.
    package func count(_ sql: SQL) throws -> Int {
        try first(sql) { Int($0.integer(0)) } ?? 0
    }
}
