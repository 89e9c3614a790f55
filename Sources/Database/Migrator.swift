/// One step from a schema to the next. Once released it is never edited; what has to change becomes a new step.
package struct Migration: Sendable {
    package var name: String
    package var script: @Sendable (any Dialect) -> String

    package init(_ name: String, _ script: @escaping @Sendable (any Dialect) -> String) {
        self.name = name
        self.script = script
    }
}

/// Brings a database to the schema that this program speaks, in one transaction, and refuses one that is ahead of it.
package struct Migrator: Sendable {
    package var migrations: [Migration]

    package init(_ migrations: [Migration]) {
        self.migrations = migrations
    }

    /// Returns how many steps were taken. `now` is kept beside each step, in milliseconds since 1970.
    @discardableResult
    package func migrate(_ database: some SQLDatabase, now: Int64) throws -> Int {
        if let version = try database.read({ try self.version(in: $0) }) {
            try refuseNewer(version)
            if version == migrations.count { return 0 }
        }
        return try database.write { session in
            try session.script(
                "CREATE TABLE IF NOT EXISTS schema_step (number \(session.dialect.int64) PRIMARY KEY, name \(session.dialect.text) NOT NULL, at \(session.dialect.int64) NOT NULL)"
            )
            let version = try session.count("SELECT count(*) FROM schema_step")
            try refuseNewer(version)
            for (index, migration) in migrations.enumerated().dropFirst(version) {
                try session.script(migration.script(session.dialect))
                try session.execute("INSERT INTO schema_step (number, name, at) VALUES (\(index + 1), \(migration.name), \(now))")
            }
            return migrations.count - version
        }
    }

    /// Nil for a database without any step.
    private func version(in session: any SQLSession) throws -> Int? {
        do {
            return try session.count("SELECT count(*) FROM schema_step")
        } catch let error as DatabaseError where error.code == .other {
            return nil
        }
    }

    private func refuseNewer(_ version: Int) throws {
        guard version > migrations.count else { return }
        throw DatabaseError(
            .newerSchema, "the database was made by a newer Pitwall (schema \(version); this one speaks \(migrations.count))",
            hint: "install the newer version, or name another database under `database:`")
    }
}
