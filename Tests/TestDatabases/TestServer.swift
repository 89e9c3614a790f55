package import Database
import Foundation
package import StorePostgres
import StoreSQLite
import Synchronization

/// The PostgreSQL server that tests may do with as they like, named by `PITWALL_TEST_POSTGRES`; `scripts/test.sh` starts one.
///
/// To make a database takes a tenth of a second, to empty one a hundredth: those that a test is done with are swept and used again.
package final class TestServer: Sendable {
    package static let shared = named("PITWALL_TEST_POSTGRES").map { TestServer($0, pooled: named("PITWALL_TEST_PGBOUNCER")) }

    private let url: String
    /// The same through a pooler.
    private let pooledURL: String?
    private let free = Mutex<[Lease]>([])
    private let made = Mutex(0)

    private init(_ url: String, pooled: String?) { (self.url, pooledURL) = (url, pooled) }

    private static func named(_ variable: String) -> String? {
        ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    package var isPooled: Bool { pooledURL != nil }

    /// A database that nobody else uses until it is given back.
    package struct Lease: Sendable {
        package let name: String
        package let database: PostgresDatabase
        /// As it is reached, by itself or through the pooler.
        package let url: String
        fileprivate let isPooled: Bool
    }

    /// The server's URL with another database, and another user where one is named.
    package func url(_ name: String, user: String? = nil, pooled: Bool = false) -> String {
        let url = pooled ? pooledURL ?? url : url
        guard var parts = URLComponents(string: url) else { return url }
        parts.path = "/\(name)"
        if let user { parts.user = user }
        return parts.string ?? url
    }

    /// A database without any table.
    package func make(pooled: Bool = false) throws -> Lease {
        let number = made.withLock { count in
            count += 1
            return count
        }
        let name = "pitwall_test_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        try alone("CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'UTF8'")
        let url = url(name, pooled: pooled)
        return Lease(name: name, database: try PostgresDatabase(PostgresLocation(url)), url: url, isPooled: pooled)
    }

    package func drop(_ lease: Lease) throws {
        try lease.database.close()
        try alone("DROP DATABASE IF EXISTS \(lease.name) WITH (FORCE)")
    }

    /// Runs a statement that stands in no transaction.
    package func alone(_ statement: String) throws {
        let database = try PostgresDatabase(PostgresLocation(url("postgres")))
        defer { try? database.close() }
        try database.alone(statement)
    }

    /// An empty database with the schema that `migrate` makes.
    package func take(pooled: Bool = false, _ migrate: (any SQLDatabase) throws -> Void) throws -> Lease {
        let known = free.withLock { leases in leases.lastIndex { $0.isPooled == pooled }.map { leases.remove(at: $0) } }
        if let lease = known {
            try sweep(lease.database)
            try migrate(lease.database)
            return lease
        }
        let lease = try make(pooled: pooled)
        try migrate(lease.database)
        return lease
    }

    package func giveBack(_ lease: Lease) {
        free.withLock { $0.append(lease) }
    }

    private func sweep(_ database: PostgresDatabase) throws {
        try database.write { session in
            let tables = try session.all(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_step'"
            ) { $0.text(0) }
            try session.script(tables.map { "DELETE FROM \($0)" }.joined(separator: "; "))
        }
    }
}

/// A database of the kind that the running test is about, with the schema in it; it ends with the object.
package final class DatabaseUnderTest: Sendable {
    package let database: any SQLDatabase
    private let end: @Sendable () -> Void

    /// - Parameter folder: Where a file may lie.
    package init(in folder: String, migrate: (any SQLDatabase) throws -> Void) throws {
        switch DatabaseKind.current {
        case .sqlite:
            let file = try SQLiteDatabase(path: folder + "/test.sqlite")
            database = file
            end = { try? file.close() }
            try migrate(file)
        case .postgres, .pooled:
            guard let server = TestServer.shared else { throw DatabaseError(.other, "there is no PostgreSQL for tests") }
            let lease = try server.take(pooled: DatabaseKind.current == .pooled, migrate)
            database = lease.database
            end = { server.giveBack(lease) }
        }
    }

    deinit { end() }
}
