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

    func execute(_ batch: SQLBatch, _ rows: [[SQLValue]]) throws -> Int {
        var changed = 0
        try connection.forEachPart(of: batch, rows) { numbers in
            if try connection.copy(batch, rows, numbers) {
                changed += numbers.count
            } else {
                let added = try connection.once(batch.postgres, PostgresArguments(batch, rows, numbers)).changed
                connection.noteAdded(added, of: numbers.count, by: batch)
                changed += added
            }
        }
        return changed
    }

    func insertions(_ batch: SQLBatch, _ rows: [[SQLValue]]) throws -> [Bool] {
        var isIn = [Bool](repeating: false, count: rows.count)
        try connection.forEachPart(of: batch, rows) { numbers in
            for number in numbers { isIn[number] = true }
            if try connection.copy(batch, rows, numbers) { return }
            let leftOut = try connection.once(batch.postgresLeftOut(numbers.count), PostgresArguments(batch, rows, numbers))
            for row in 0..<leftOut.rows { isIn[numbers[numbers.startIndex + Int(PostgresRow(leftOut, row: row).integer(0))]] = false }
            connection.noteAdded(numbers.count - Int(leftOut.rows), of: numbers.count, by: batch)
        }
        return isIn
    }

    func forEach(_ batch: SQLBatch, _ rows: [[SQLValue]], _ row: (any SQLRow) throws -> Void) throws {
        try connection.forEachPart(of: batch, rows) { numbers in
            let found = try connection.once(batch.postgres, PostgresArguments(batch, rows, numbers))
            for place in 0..<found.rows { try row(NumberedRow(row: PostgresRow(found, row: place), numbers: numbers)) }
        }
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

    func runAll(_ arguments: [[SQLValue]]) throws -> [Int] { try connection.runAll(text, arguments) }

    func first<T>(_ arguments: [SQLValue], _ row: (any SQLRow) throws -> T) throws -> T? {
        let result = try connection.run(text, arguments)
        return result.rows == 0 ? nil : try row(PostgresRow(result))
    }
}

/// A row of a batch's answer: what the server numbers are the rows of one part.
private struct NumberedRow: SQLRow {
    let row: PostgresRow
    let numbers: ArraySlice<Int>

    func value(_ column: Int) -> SQLValue { column == 0 ? .integer(integer(0)) : row.value(column) }
    func isNull(_ column: Int) -> Bool { row.isNull(column) }
    func integer(_ column: Int) -> Int64 {
        column == 0 ? Int64(numbers[numbers.startIndex + Int(row.integer(0))]) : row.integer(column)
    }
    func real(_ column: Int) -> Double { row.real(column) }
    func text(_ column: Int) -> String { column == 0 ? "\(integer(0))" : row.text(column) }
    func blob(_ column: Int) -> [UInt8] { row.blob(column) }
}
