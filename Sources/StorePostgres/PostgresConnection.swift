import CPostgres
import Database
import Foundation

/// One connection to a server, used by one thread at a time.
///
/// Nothing that it sets outlives a transaction, so that a pooler such as PgBouncer may give each transaction another server
/// process: settings are `SET LOCAL`, the lock of the writer ends with its transaction, and behind a pooler no statement is
/// kept prepared.
// SAFETY: the pool hands a connection to one caller at a time, who gives it back when done with it.
final class PostgresConnection: @unchecked Sendable {
    let pointer: OpaquePointer
    let place: String
    let trips: RoundTrips
    /// Facts asked once.
    private(set) var server = PostgresServer()
    private var statements = PreparedStatements()
    /// Rows still on their way; they are taken in before anything else is asked.
    private var stream: PostgresStream?
    /// Tables of which rows were to be added that were there already: see `copy`.
    var crowded: Set<String> = []

    private init(pointer: OpaquePointer, place: String, trips: RoundTrips) {
        self.pointer = pointer
        self.place = place
        self.trips = trips
    }

    deinit { PQfinish(pointer) }

    /// Whether it may be used again as it is.
    var isIdle: Bool { PQstatus(pointer) == CONNECTION_OK && PQtransactionStatus(pointer) == PQTRANS_IDLE }
    var isBroken: Bool { PQstatus(pointer) != CONNECTION_OK }

    // MARK: - Opening

    static func open(_ location: PostgresLocation, counting trips: RoundTrips = RoundTrips()) throws -> PostgresConnection {
        let pointer = location.parameters.withKeywords { PQconnectStartParams($0, $1, 1) }
        guard let pointer else { throw DatabaseError(.other, "there is no memory left to connect to \(location)") }
        let connection = PostgresConnection(pointer: pointer, place: location.description, trips: trips)
        // So that a refusal comes with its code: the words may be in any language.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        pitwall_pq_silence(pointer)
        guard try connection.finishConnecting(within: location.patience) else {
            throw DatabaseError(connecting: String(cString: PQerrorMessage(pointer)), to: location)
        }
        PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
        try connection.examine()
        return connection
    }

    /// False where it failed.
    private func finishConnecting(within patience: Double) throws -> Bool {
        guard PQstatus(pointer) != CONNECTION_BAD else { return false }
        let start = ContinuousClock.now
        var phase = PGRES_POLLING_WRITING
        while phase != PGRES_POLLING_OK {
            if phase == PGRES_POLLING_FAILED { return false }
            let left = patience - (ContinuousClock.now - start) / .seconds(1)
            guard left > 0 else {
                throw DatabaseError(
                    .lost, "\(place) did not answer within \(Int(patience)) seconds",
                    hint: "check the address, and that no firewall is in between")
            }
            var waiting = pollfd(fd: PQsocket(pointer), events: Int16(phase == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
            _ = poll(&waiting, 1, Int32(min(left, 1) * 1000))
            if waiting.revents != 0 { phase = PQconnectPoll(pointer) }
        }
        return true
    }

    /// Refuses a server that can't hold what is to be kept, and learns what it is.
    private func examine() throws {
        server.version = Int(PQserverVersion(pointer))
        guard server.version >= PostgresServer.oldest * 10_000 else {
            throw DatabaseError(
                .unfit, "\(place) is PostgreSQL \(server.versionText); Pitwall needs \(PostgresServer.oldest) or later",
                hint: "update the server, or name another under `database:`")
        }
        guard let encoding = parameter("server_encoding"), encoding == "UTF8" else {
            throw DatabaseError(
                .unfit, "the database \(place) is encoded in \(parameter("server_encoding") ?? "something else"), and Pitwall needs UTF8",
                hint: "make one with: createdb --encoding=UTF8 --template=template0 NAME")
        }
        server.encryption = PQsslInUse(pointer) == 0 ? nil : PQsslAttribute(pointer, "protocol").map { String(cString: $0) } ?? "TLS"
        let facts = "SELECT pg_backend_pid(), current_setting('synchronous_commit'), pg_is_in_recovery(), current_database(), current_user"
        let row = PostgresRow(try simple(facts))
        // A pooler makes up a number of its own.
        server.isPooled = row.integer(0) != Int64(PQbackendPID(pointer))
        server.commitsLoosely = row.text(1) == "off"
        server.isReplica = row.integer(2) != 0
        server.database = row.text(3)
        server.user = row.text(4)
    }

    private func parameter(_ name: String) -> String? {
        PQparameterStatus(pointer, name).map { String(cString: $0) }
    }

    // MARK: - Statements

    /// Runs one or more statements without arguments; the result is the last one's.
    @discardableResult
    func simple(_ text: String) throws -> PostgresResult {
        try settle()
        trips.add()
        return try checked(PQexec(pointer, text), text)
    }

    /// Runs one statement that is not kept prepared, with its places numbered: what it is to do with is planned for.
    func once(_ sql: String, _ arguments: PostgresArguments) throws -> PostgresResult {
        try settle()
        trips.add()
        let result = arguments.withPointers { values, lengths, formats in
            PQexecParams(pointer, sql, Int32(arguments.count), arguments.types, values, lengths, formats, 0)
        }
        return try checked(result, sql)
    }

    /// Runs one statement; all its rows are in the result.
    func run(_ text: String, _ values: [SQLValue]) throws -> PostgresResult {
        try settle()
        let arguments = PostgresArguments(values)
        switch try prepared(text, arguments) {
        case .once(let sql): return try once(sql, arguments)
        case .kept(let name):
            trips.add()
            let result = arguments.withPointers { values, lengths, formats in
                PQexecPrepared(pointer, name, Int32(arguments.count), values, lengths, formats, 0)
            }
            return try checked(result, text)
        }
    }

    /// Runs one statement and hands over each row as it comes.
    func forEach(_ text: String, _ values: [SQLValue], _ body: (PostgresRow) throws -> Void) throws {
        try settle()
        let arguments = PostgresArguments(values)
        let sent =
            switch try prepared(text, arguments) {
            case .once(let sql):
                arguments.withPointers { values, lengths, formats in
                    PQsendQueryParams(pointer, sql, Int32(arguments.count), arguments.types, values, lengths, formats, 0)
                }
            case .kept(let name):
                arguments.withPointers { values, lengths, formats in
                    PQsendQueryPrepared(pointer, name, Int32(arguments.count), values, lengths, formats, 0)
                }
            }
        guard sent == 1 else { throw lost() }
        trips.add()
        PQsetSingleRowMode(pointer)
        let rows = PostgresStream(self, text)
        stream = rows
        // What is left is taken in, so that the connection can be used again.
        defer { if stream === rows { try? settle() } }
        while let result = try rows.next() { try body(PostgresRow(result)) }
    }

    /// Takes in the rows that are still on their way.
    func settle() throws {
        guard let rows = stream else { return }
        stream = nil
        try rows.drain()
    }

    private func prepared(_ text: String, _ arguments: PostgresArguments) throws -> PreparedStatements.Way {
        if server.isPooled { return .once(statements.numbered(text)) }
        let (way, work) = statements.way(of: text, arguments.types)
        for name in work.dropped { try simple("DEALLOCATE \(name)") }
        if let made = work.made {
            do {
                trips.add()
                _ = try checked(PQprepare(pointer, made.name, made.sql, Int32(made.types.count), made.types), text)
            } catch {
                statements.forget(text)
                throw error
            }
        }
        return way
    }

    func checked(_ result: OpaquePointer?, _ sql: String) throws -> PostgresResult {
        guard let result else { throw lost() }
        let owned = PostgresResult(pointer: result)
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY: return owned
        default: throw PQresultErrorField(result, sqlStateField) == nil ? lost() : DatabaseError(owned, at: place, sql: sql)
        }
    }

    func lost() -> DatabaseError {
        DatabaseError(
            .lost, "the connection to \(place) broke",
            hint: "run the command again when the server can be reached: what was committed is kept")
    }
}

/// What is known of a server.
package struct PostgresServer: Sendable {
    /// As PostgreSQL numbers them: 150_004 is 15.4.
    package var version = 0
    /// `TLSv1.3`; nil where nothing is encrypted.
    package var encryption: String?
    /// Whether another program shares out its connections.
    package var isPooled = false
    /// Whether a commit returns before it is on the disk, unless it says otherwise.
    package var commitsLoosely = false
    package var isReplica = false
    package var database = ""
    package var user = ""

    package static let oldest = 14

    package var versionText: String {
        version >= 100_000 ? "\(version / 10_000).\(version % 10_000)" : "\(version / 10_000).\(version / 100 % 100)"
    }
}

extension [PostgresLocation.Parameter] {
    /// Calls `body` with keywords and values as C takes them.
    fileprivate func withKeywords(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> OpaquePointer?
    ) -> OpaquePointer? {
        let words = flatMap { [strdup($0.keyword), strdup($0.value)] }
        defer { words.forEach { free($0) } }
        func column(_ offset: Int) -> [UnsafePointer<CChar>?] {
            indices.map { words[$0 * 2 + offset].map { UnsafePointer($0) } } + [nil]
        }
        return column(0).withUnsafeBufferPointer { keywords in
            column(1).withUnsafeBufferPointer { values in
                guard let keywords = keywords.baseAddress, let values = values.baseAddress else { return nil }
                return body(keywords, values)
            }
        }
    }
}
