import CPostgres
import Database

extension SQLBatch {
    /// `WITH rows AS (…)`, of a list for each column.
    private var source: String {
        let lists = columns.enumerated().map { place, column in "$\(place + 1)::\(column.kind.list)" }.joined(separator: ", ")
        let names = columns.map(\.name).joined(separator: ", ")
        let values = columns.map { $0.kind == .decimal ? "CAST(l.\($0.name) AS NUMERIC) AS \($0.name)" : "l.\($0.name)" }
        return """
            WITH rows AS (SELECT \(values.joined(separator: ", ")), l.n - 1 AS n \
            FROM unnest(\(lists)) WITH ORDINALITY AS l(\(names), n))
            """
    }

    /// As one statement for all rows.
    var postgres: String { "\(source) \(changing)" }

    private var changing: String {
        switch statement {
        case .text(let text): text
        case .insertion(let table, let tail): "\(insertion(table)) WHERE TRUE \(tail)"
        // `ON CONFLICT` looks for the row too, and then goes in by way of a claim on it: a quarter more. Who adds so is alone, so that
        // what is not there is not there a moment later either. A subquery of one row is looked up in the index, whatever the planner
        // thinks of a table that has just begun to grow.
        case .addition(let table): "\(insertion(table)) WHERE (SELECT 1 FROM \(table) t WHERE \(isSame("t", "r")) LIMIT 1) IS NULL"
        }
    }

    private func insertion(_ table: String) -> String {
        let names = columns.map(\.name).joined(separator: ", ")
        return "INSERT INTO \(table) (\(names)) SELECT \(names) FROM rows r"
    }

    private func isSame(_ a: String, _ b: String) -> String {
        identity.map { "\(a).\($0) = \(b).\($0)" }.joined(separator: " AND ")
    }

    /// The numbers of those of `count` rows that were not inserted. Mostly there are none, and then nothing is compared.
    func postgresLeftOut(_ count: Int) -> String {
        let identity = self.identity.joined(separator: ", ")
        let places = identityPlaces
        let lists = places.map { "$\($0 + 1)::\(columns[$0].kind.list)" }
        return """
            \(source), added AS (\(changing) RETURNING \(identity)) SELECT l.n - 1 \
            FROM unnest(\(lists.joined(separator: ", "))) WITH ORDINALITY AS l(\(identity), n) \
            WHERE (SELECT count(*) FROM added) < \(count) AND NOT EXISTS (SELECT 1 FROM added a WHERE \(isSame("a", "l")))
            """
    }

    /// Which of the columns the identity is.
    var identityPlaces: [Int] { identity.compactMap { name in columns.firstIndex { $0.name == name } } }

    /// The numbers of `rows`, so that no two of one identity are in one part, and the earlier are in an earlier one. Of additions the
    /// first of an identity will do: once it is there, none of the others goes in.
    func parts(_ rows: [[SQLValue]]) -> [[Int]] {
        let places = identityPlaces
        let isAddition = if case .addition = statement { true } else { false }
        guard !places.isEmpty, rows.count > 1 else { return rows.isEmpty ? [] : [Array(rows.indices)] }
        var seen: [[SQLValue]: Int] = [:]
        seen.reserveCapacity(rows.count)
        var parts: [[Int]] = []
        for (number, row) in rows.enumerated() {
            let part = seen[places.map { row[$0] }, default: 0]
            seen[places.map { row[$0] }] = part + 1
            if isAddition, part > 0 { continue }
            if part == parts.count { parts.append([]) }
            parts[part].append(number)
        }
        return parts
    }
}

extension SQLBatch.Column.Kind {
    var list: String {
        switch self {
        case .int64: "int8[]"
        case .text, .decimal: "text[]"
        case .bytes: "bytea[]"
        }
    }

    var type: Oid {
        switch self {
        case .int64: PostgresType.int8
        case .text, .decimal: PostgresType.text
        case .bytes: PostgresType.bytes
        }
    }
}

extension PostgresArguments {
    /// A list for each column of `batch`, of the rows with these numbers.
    init(_ batch: SQLBatch, _ rows: [[SQLValue]], _ numbers: some Collection<Int>) {
        self.init([])
        for (place, column) in batch.columns.enumerated() {
            appendList(of: column.kind.type, numbers.lazy.map { rows[$0][place] })
        }
    }
}

extension PostgresConnection {
    /// So many rows go to the server in one statement, which keeps them in memory.
    private static let most = 20_000

    /// Calls `body` with the numbers of some of the rows after another.
    func forEachPart(of batch: SQLBatch, _ rows: [[SQLValue]], _ body: (_ numbers: ArraySlice<Int>) throws -> Void) throws {
        for part in batch.parts(rows) {
            var start = part.startIndex
            while start < part.endIndex {
                let some = part[start..<min(start + Self.most, part.endIndex)]
                try body(some)
                start = some.endIndex
            }
        }
    }

    // MARK: - Pipelines

    /// So many statements are under way before the first answer is read.
    private static let pipelined = 1000

    /// Runs one statement with each of `rows`, one after the other, without waiting for the answers in between; says how many rows each
    /// changed.
    ///
    /// The statement is the nameless one, which lasts until the next: that is the same server process behind a pooler too, since all of
    /// it is one transaction's.
    func runAll(_ text: String, _ rows: [[SQLValue]]) throws -> [Int] {
        guard rows.count > 1 else { return try rows.map { try run(text, $0).changed } }
        try settle()
        let sql = Placeholders.numbered(text)
        var changed: [Int] = []
        changed.reserveCapacity(rows.count)
        var start = 0
        while start < rows.count {
            let some = rows[start..<min(start + Self.pipelined, rows.count)]
            try pipeline(text, sql, some.map { PostgresArguments($0) }, &changed)
            start = some.endIndex
        }
        return changed
    }

    private func pipeline(_ text: String, _ sql: String, _ rows: [PostgresArguments], _ changed: inout [Int]) throws {
        guard PQenterPipelineMode(pointer) == 1 else { throw lost() }
        defer { _ = PQexitPipelineMode(pointer) }
        let types = Self.types(of: rows)
        var sent = PQsendPrepare(pointer, "", sql, Int32(types.count), types) == 1
        for row in rows where sent {
            sent =
                row.withPointers { values, lengths, formats in
                    PQsendQueryPrepared(pointer, "", Int32(row.count), values, lengths, formats, 0)
                } == 1
        }
        guard sent, PQpipelineSync(pointer) == 1 else { throw lost() }
        trips.add()
        var failure: (any Error)?
        // One answer to each statement, the first of which made it, and a NULL after each; then one to the sync.
        for place in 0...rows.count {
            do {
                let result = try checked(PQgetResult(pointer), text)
                if place > 0, failure == nil { changed.append(result.changed) }
            } catch {
                failure = failure ?? error
            }
            if isBroken { throw failure ?? lost() }
            while let rest = PQgetResult(pointer) { PQclear(rest) }
        }
        if let end = PQgetResult(pointer) { PQclear(end) }
        if let failure { throw failure }
    }

    /// Those of the first row that says one: a NULL fits any.
    private static func types(of rows: [PostgresArguments]) -> [Oid] {
        guard var types = rows.first?.types else { return [] }
        for row in rows.dropFirst() where types.contains(PostgresType.unknown) {
            types = zip(types, row.types).map { $0 == PostgresType.unknown ? $1 : $0 }
        }
        return types
    }
}
