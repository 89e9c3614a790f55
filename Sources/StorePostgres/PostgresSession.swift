import Database

/// A transaction on PostgreSQL.
struct PostgresSession: SQLSession {
    let connection: PostgresConnection

    var dialect: any Dialect { PostgresDialect() }

    func execute(_ sql: SQL) throws -> Int {
        try connection.run(sql.text, sql.arguments).changed
    }

    func forEach(_ sql: SQL, _ row: (any SQLRow) throws -> Void) throws {
        try connection.forEach(sql.text, sql.arguments) { try row($0) }
    }

    func script(_ text: String) throws {
        try connection.simple(text)
    }

    func prepare(_ text: String) throws -> any SQLStatement {
        PostgresStatement(connection: connection, text: text)
    }
}

/// A statement by its text: the connection knows whether it is prepared.
struct PostgresStatement: SQLStatement {
    let connection: PostgresConnection
    let text: String

    func run(_ arguments: [SQLValue]) throws -> Int {
        try connection.run(text, arguments).changed
    }

    func first<T>(_ arguments: [SQLValue], _ row: (any SQLRow) throws -> T) throws -> T? {
        let result = try connection.run(text, arguments)
        return result.rows == 0 ? nil : try row(PostgresRow(result))
    }
}
