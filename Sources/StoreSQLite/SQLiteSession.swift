import Database
import GRDB
import GRDBSQLite

/// A transaction on SQLite.
///
/// Transactions, connections and their threads are GRDB's. Statements are bound and stepped here, on SQLite's own calls: an
/// import runs millions of them, and `SQLValue` goes straight into SQLite without a second array of boxed arguments.
final class SQLiteSession: SQLSession {
    private let db: GRDB.Database
    private let connection: OpaquePointer
    private let statements: StatementCache
    private let path: String

    init(db: GRDB.Database, connection: OpaquePointer, statements: StatementCache) {
        self.db = db
        self.connection = connection
        self.statements = statements
        path = sqlite3_db_filename(connection, "main").map { String(cString: $0) } ?? "the database"
    }

    var dialect: any Dialect { SQLiteDialect() }

    func execute(_ sql: Fragment) throws -> Int {
        try statement(sql.text).run(sql.arguments)
    }

    func forEach(_ sql: Fragment, _ row: (any SQLRow) throws -> Void) throws {
        try statement(sql.text).forEach(sql.arguments, row)
    }

    func script(_ text: String) throws {
        try db.execute(sql: text)
    }

    func prepare(_ text: String) throws -> any SQLStatement {
        try statement(text)
    }

    func execute(_ batch: SQLBatch, _ rows: [[SQLValue]]) throws -> Int {
        let statement = try statement(batch.sqlite)
        return try numbered(batch, rows).reduce(0) { sum, row in sum + (try statement.run(row)) }
    }

    func insertions(_ batch: SQLBatch, _ rows: [[SQLValue]]) throws -> [Bool] {
        let statement = try statement(batch.sqlite)
        return try numbered(batch, rows).map { try statement.run($0) == 1 }
    }

    func forEach(_ batch: SQLBatch, _ rows: [[SQLValue]], _ row: (any SQLRow) throws -> Void) throws {
        let statement = try statement(batch.sqlite)
        for arguments in numbered(batch, rows) { try statement.forEach(arguments, row) }
    }

    /// With the number of each, where the statement may ask for it.
    private func numbered(_ batch: SQLBatch, _ rows: [[SQLValue]]) -> [[SQLValue]] {
        guard case .text = batch.statement else { return rows }
        return rows.enumerated().map { number, row in row + [.integer(Int64(number))] }
    }

    /// The kept statement, or a new one where the kept one is in the middle of its rows.
    private func statement(_ text: String) throws -> SQLiteStatement {
        let kept = statements[text]
        if let kept, !kept.isRunning { return kept }
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else {
            throw Failure(sqlite: code, message: String(cString: sqlite3_errmsg(connection)), sql: text, path: path)
        }
        let made = SQLiteStatement(pointer: pointer, connection: connection, text: text, path: path)
        if kept == nil { statements[text] = made }
        return made
    }
}

extension SQLBatch {
    /// As one statement for one row.
    fileprivate var sqlite: String {
        switch statement {
        case .insertion(let table, let tail): return insertion(table, tail)
        case .addition(let table): return insertion(table, "ON CONFLICT (\(identity.joined(separator: ", "))) DO NOTHING")
        case .text(let text):
            let names = columns.map(\.name) + ["n"]
            return "WITH rows(\(names.joined(separator: ", "))) AS (SELECT \(names.map { _ in "?" }.joined(separator: ", "))) \(text)"
        }
    }
}

extension SQLBatch {
    private func insertion(_ table: String, _ tail: String) -> String {
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO \(table) (\(columns.map(\.name).joined(separator: ", "))) VALUES (\(places)) \(tail)"
    }
}

/// Prepared statements of one connection, by their text. The ledger exchanges a few dozen messages in a transaction and asks the same
/// each time: preparing its statements anew cost as much as running them.
final class StatementCache {
    private var statements: [String: SQLiteStatement] = [:]
    /// More than any job asks; where something asks for ever new ones, the old are let go.
    private static let capacity = 64

    subscript(text: String) -> SQLiteStatement? {
        get { statements[text] }
        set {
            if statements.count >= Self.capacity { statements = statements.filter { $0.value.isRunning } }
            statements[text] = newValue
        }
    }

    func removeAll() {
        statements.removeAll()
    }
}

/// A prepared statement; finalised when the cache and all who use it have let go of it.
final class SQLiteStatement: SQLStatement {
    private let pointer: OpaquePointer
    private let connection: OpaquePointer
    private let text: String
    private let path: String
    private(set) var isRunning = false

    /// SQLite copies what it is given before the call returns.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(pointer: OpaquePointer, connection: OpaquePointer, text: String, path: String) {
        self.pointer = pointer
        self.connection = connection
        self.text = text
        self.path = path
    }

    deinit {
        sqlite3_finalize(pointer)
    }

    func run(_ arguments: [SQLValue]) throws -> Int {
        try forEach(arguments) { _ in }
        return sqlite3_stmt_readonly(pointer) != 0 ? 0 : Int(sqlite3_changes(connection))
    }

    func first<T>(_ arguments: [SQLValue], _ row: (any SQLRow) throws -> T) throws -> T? {
        try start(arguments)
        defer { stop() }
        return try step() ? try row(SQLiteRow(pointer: pointer)) : nil
    }

    func forEach(_ arguments: [SQLValue], _ row: (any SQLRow) throws -> Void) throws {
        try start(arguments)
        defer { stop() }
        while try step() { try row(SQLiteRow(pointer: pointer)) }
    }

    private func start(_ arguments: [SQLValue]) throws {
        guard !isRunning else { throw Failure(.other, "a statement was run inside its own rows", sql: text) }
        guard arguments.count == Int(sqlite3_bind_parameter_count(pointer)) else {
            throw Failure(
                .other, "a statement got \(arguments.count) arguments and takes \(sqlite3_bind_parameter_count(pointer))", sql: text)
        }
        for (index, argument) in arguments.enumerated() {
            let code = bind(argument, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw failure(code) }
        }
        isRunning = true
    }

    private func stop() {
        sqlite3_reset(pointer)
        isRunning = false
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(pointer, index)
        case .integer(let value): return sqlite3_bind_int64(pointer, index, value)
        case .real(let value): return sqlite3_bind_double(pointer, index, value)
        case .text(var value):
            return value.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(pointer, index, $0.baseAddress, Int32($0.count), Self.transient)
                }
            }
        case .blob(let bytes):
            return bytes.isEmpty
                ? sqlite3_bind_zeroblob(pointer, index, 0)
                : bytes.withUnsafeBytes { sqlite3_bind_blob(pointer, index, $0.baseAddress, Int32($0.count), Self.transient) }
        }
    }

    private func step() throws -> Bool {
        let code = sqlite3_step(pointer)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure(code)
        }
    }

    private func failure(_ code: Int32) -> Failure {
        Failure(sqlite: code, message: String(cString: sqlite3_errmsg(connection)), sql: text, path: path)
    }
}

struct SQLiteRow: SQLRow {
    let pointer: OpaquePointer

    func isNull(_ column: Int) -> Bool { sqlite3_column_type(pointer, Int32(column)) == SQLITE_NULL }
    func integer(_ column: Int) -> Int64 { sqlite3_column_int64(pointer, Int32(column)) }
    func real(_ column: Int) -> Double { sqlite3_column_double(pointer, Int32(column)) }

    func text(_ column: Int) -> String {
        guard let start = sqlite3_column_text(pointer, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(pointer, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func blob(_ column: Int) -> [UInt8] {
        guard let start = sqlite3_column_blob(pointer, Int32(column)) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, Int32(column)))))
    }

    func value(_ column: Int) -> SQLValue {
        switch sqlite3_column_type(pointer, Int32(column)) {
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_FLOAT: .real(real(column))
        case SQLITE_TEXT: .text(text(column))
        case SQLITE_BLOB: .blob(blob(column))
        default: .null
        }
    }
}
