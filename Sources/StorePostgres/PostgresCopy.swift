import CPostgres
import Database

/// Many new rows by COPY, which takes half of what an INSERT of the same rows does: nothing is looked for, and a page's rows
/// are written and logged together.
///
/// COPY knows no `ON CONFLICT`: one row that is there ends it. So it is tried where that is unlikely, within a savepoint, and
/// what it leaves undone is inserted.
extension PostgresConnection {
    /// Fewer rows are not worth the question and the savepoint.
    private static let fewest = 500
    /// So many of them are asked about first: a list that is imported again is known by its first rows.
    private static let asked = 20
    /// So many bytes go to the server at a time, which is at work while the next are made.
    private static let chunk = 1 << 18

    /// Whether the rows with these numbers, no two of one identity, are all in the table now that `batch` adds them to.
    /// Otherwise none of them is.
    func copy(_ batch: SQLBatch, _ rows: [[SQLValue]], _ numbers: ArraySlice<Int>) throws -> Bool {
        guard case .addition(let table) = batch.statement, numbers.count >= Self.fewest, !crowded.contains(table),
            !batch.columns.contains(where: { $0.kind == .decimal })
        else { return false }
        let some = stride(from: numbers.startIndex, to: numbers.endIndex, by: max(1, numbers.count / Self.asked)).map { numbers[$0] }
        guard try once(batch.postgresKnown(in: table), PostgresArguments(batch, rows, some)).rows == 0 else { return false }
        do {
            try copy(into: table, batch, rows, numbers)
            return true
        } catch let error as DatabaseError where error.code == .constraint {
            crowded.insert(table)
            try simple("ROLLBACK TO SAVEPOINT pitwall_copy; RELEASE SAVEPOINT pitwall_copy")
            return false
        }
    }

    /// Where all of them were new after all, COPY is tried again with the next.
    func noteAdded(_ added: Int, of count: Int, by batch: SQLBatch) {
        guard case .addition(let table) = batch.statement, added == count, count >= Self.fewest else { return }
        crowded.remove(table)
    }

    /// In one round trip.
    private func copy(into table: String, _ batch: SQLBatch, _ rows: [[SQLValue]], _ numbers: ArraySlice<Int>) throws {
        try settle()
        trips.add()
        let names = batch.columns.map(\.name).joined(separator: ", ")
        let sql = """
            SAVEPOINT pitwall_copy; COPY \(table) (\(names)) FROM STDIN (FORMAT binary); RELEASE SAVEPOINT pitwall_copy
            """
        let opened = PQexec(pointer, sql)
        guard let opened, PQresultStatus(opened) == PGRES_COPY_IN else {
            _ = try checked(opened, sql)
            throw lost()
        }
        PQclear(opened)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.chunk + (1 << 16))
        // Eleven signs that tell whether they were changed on the way, no flags, nothing more of a head.
        bytes.append(contentsOf: [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0])
        let types = batch.columns.map(\.kind.type)
        for number in numbers {
            PostgresArguments.append(Int16(types.count), to: &bytes)
            for (value, type) in zip(rows[number], types) { PostgresArguments.append(value, as: type, to: &bytes) }
            if bytes.count >= Self.chunk { try put(&bytes) }
        }
        PostgresArguments.append(Int16(-1), to: &bytes)
        try put(&bytes)
        guard PQputCopyEnd(pointer, nil) == 1 else { throw lost() }
        // What became of the COPY, and of the savepoint; or why there was none.
        var failure: (any Error)?
        while let result = PQgetResult(pointer) {
            do { _ = try checked(result, sql) } catch { failure = failure ?? error }
            if isBroken { break }
        }
        if let failure { throw failure }
        if isBroken { throw lost() }
    }

    private func put(_ bytes: inout [UInt8]) throws {
        let sent = bytes.withUnsafeBytes { PQputCopyData(pointer, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count)) }
        guard sent == 1 else { throw lost() }
        bytes.removeAll(keepingCapacity: true)
    }
}

extension SQLBatch {
    /// One row where any of the rows given is in the table.
    fileprivate func postgresKnown(in table: String) -> String {
        let lists = columns.enumerated().map { place, column in "$\(place + 1)::\(column.kind.list)" }.joined(separator: ", ")
        let names = columns.map(\.name).joined(separator: ", ")
        let isSame = identity.map { "t.\($0) = l.\($0)" }.joined(separator: " AND ")
        return """
            SELECT 1 FROM unnest(\(lists)) AS l(\(names)) WHERE (SELECT 1 FROM \(table) t WHERE \(isSame) LIMIT 1) IS NOT NULL LIMIT 1
            """
    }
}
