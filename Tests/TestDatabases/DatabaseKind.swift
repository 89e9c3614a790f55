package import Database
import Foundation
import StorePostgres
import StoreSQLite
package import Testing

/// The databases that a test runs on: SQLite, and PostgreSQL where a server is there for tests, by itself and behind a pooler.
package enum DatabaseKind: String, CaseIterable, Sendable {
    case sqlite = "SQLite"
    case postgres = "PostgreSQL"
    case pooled = "PostgreSQL behind PgBouncer"

    /// Of the test that runs.
    @TaskLocal package static var current = DatabaseKind.sqlite

    package static let available = allCases.filter { kind in
        switch kind {
        case .sqlite: true
        case .postgres: TestServer.shared != nil
        case .pooled: TestServer.shared?.isPooled == true
        }
    }

    package var dialect: any Dialect {
        switch self {
        case .sqlite: SQLiteDialect()
        case .postgres, .pooled: PostgresDialect()
        }
    }
}

/// Runs every test of a suite once on each database: `@Suite(.onEachDatabase)`, or `.onEachDatabase(orPooled: true)` where it matters that
/// each transaction may have another connection. What fails says on which.
package struct OnEachDatabase: SuiteTrait, TestTrait, TestScoping {
    fileprivate var orPooled = false

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        for kind in DatabaseKind.available where kind != .pooled || orPooled {
            let named = IssueHandlingTrait.compactMapIssues { issue in
                var issue = issue
                issue.comments.append("on \(kind.rawValue)")
                return issue
            }
            try await DatabaseKind.$current.withValue(kind) {
                try await named.provideScope(for: test, testCase: testCase, performing: function)
            }
        }
    }
}

extension Trait where Self == OnEachDatabase {
    package static var onEachDatabase: OnEachDatabase { OnEachDatabase() }
    package static func onEachDatabase(orPooled: Bool) -> OnEachDatabase { OnEachDatabase(orPooled: orPooled) }
}
