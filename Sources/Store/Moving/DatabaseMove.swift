package import Database
import Model

/// Carries all that a workspace's database holds into another, empty one, of whichever kind.
///
/// 1. Nobody writes to the source meanwhile: its writer is held to the end.
/// 2. Tables are copied in slices, each with the note of how far it is in one transaction of the target: killed at any moment, the move
///    goes on where it was.
/// 3. Then both are read whole, and counts and checksums compared. A table that differs, since the source was written to between two runs,
///    is copied anew, once.
/// 4. The source is marked, and changed no more: who waited for the move would else write into what nobody reads.
/// 5. The notes go last: as long as they are there, no program takes the target for a workspace's database.
package struct DatabaseMove {
    let source: any SQLDatabase
    let target: any SQLDatabase
    private let name: String?

    /// - Parameter name: what people know the target by. With it nothing can be changed in the source any more once all is there; a program that
    ///   was at work all the while hears of it when it writes.
    package init(from source: any SQLDatabase, to target: any SQLDatabase, named name: String? = nil) {
        self.source = source
        self.target = target
        self.name = name
    }

    package struct Moved: Hashable, Sendable {
        package var table: String
        package var sum: TableSum
    }

    package enum Step: Hashable, Sendable {
        case copying(rows: Int)
        case comparing
    }

    /// The table of notes, and what stays where it is: each database has its own steps.
    private static let notes = "database_move"
    static let left: Set<String> = ["schema_step", notes, mark]
    /// Of the source, where it went.
    private static let mark = "database_moved"

    /// So many rows go in one transaction; of those with whole files in them, so few.
    private static let slice = 20_000
    private static let sliceOfFiles = 20

    /// - Parameter progress: which table, and what is done with it; it may throw to stop.
    /// - Throws: ``DatabaseError`` where the target holds something already, or a message is in the hands of a sender.
    package func run(progress: (_ table: String, _ step: Step) throws -> Void = { _, _ in }) throws -> [Moved] {
        let moved = try source.write { session in
            let tables = try Self.tables(in: session)
            let markedFor = try Self.markedFor(in: session)
            if let markedFor {
                let isUnfinished = try target.read { try Self.isNoted(in: $0) }
                guard markedFor == name, isUnfinished else { throw Self.moved(to: markedFor) }
            }
            try session.script(session.dialect.keepingOut(tables.map(\.name)))
            try refuseSending(session)
            let layouts = try begin(tables, of: session)
            for layout in layouts { try copy(layout, from: session, progress) }
            let moved = try layouts.map { layout in
                try progress(layout.name, .comparing)
                if let sum = try compared(layout, session) { return Moved(table: layout.name, sum: sum) }
                try target.write { session in
                    try session.execute("DELETE FROM \(raw: layout.name)")
                    try session.execute("DELETE FROM \(raw: Self.notes) WHERE name = \(layout.name)")
                }
                try copy(layout, from: session, progress)
                try progress(layout.name, .comparing)
                guard let sum = try compared(layout, session) else {
                    throw DatabaseError(
                        .damaged, "\(layout.name) is not the same in both databases, though it was copied twice",
                        hint: "what is there is untouched and in use; look for what is unusual in that table: pitwall database check")
                }
                return Moved(table: layout.name, sum: sum)
            }
            if let name, markedFor == nil { try leave(session, for: name, tables.map(\.name)) }
            return moved
        }
        // Where this fails the same move only has this to do.
        try target.write { try $0.script("DROP TABLE \(Self.notes)") }
        return moved
    }

    private func leave(_ session: any SQLSession, for name: String, _ tables: [String]) throws {
        let d = session.dialect
        try session.script("CREATE TABLE \(Self.mark) (name \(d.text) PRIMARY KEY)")
        try session.execute("INSERT INTO \(raw: Self.mark) (name) VALUES (\(name))")
        try session.script(d.refusingChanges(tables))
    }

    /// Ends with an error where a move into this database has begun and not ended: not all of it is there. So it does where it was moved to
    /// another: what came since is there alone.
    package static func refuseUnfinished(_ database: any SQLDatabase, orMoved: Bool = true) throws {
        if orMoved, let name = try database.read({ session in try markedFor(in: session) }) { throw moved(to: name) }
        guard try database.read({ session in try isNoted(in: session) }) else { return }
        throw DatabaseError(
            .unfit, "a move into this database has begun and not ended, so that not all of it is here",
            hint: "run the move again: pitwall database move --to URL, with the database that it came from under `database:`")
    }

    private static func moved(to name: String) -> DatabaseError {
        DatabaseError(
            .unfit, "this database was moved to \(name)",
            hint: "name that one under `database:`: who left since, and what was sent, is known there alone")
    }

    /// Where the database went; nil where it is in use.
    private static func markedFor(in session: any SQLSession) throws -> String? {
        guard try TableLayout.all(in: session).contains(where: { $0.name == mark }) else { return nil }
        return try session.first("SELECT name FROM \(raw: mark)") { $0.text(0) }
    }

    // MARK: - Before

    private static func tables(in session: any SQLSession) throws -> [TableLayout] {
        try TableLayout.all(in: session).filter { !left.contains($0.name) }
    }

    private static func isNoted(in session: any SQLSession) throws -> Bool {
        try TableLayout.all(in: session).contains { $0.name == notes }
    }

    /// A sender that lives goes on with the database it knows; and what one has in hand, its flight recorder knows, which lies beside that.
    private func refuseSending(_ session: any SQLSession) throws {
        let now = session.dialect.now
        let living = try session.all(
            """
            SELECT DISTINCT c.name FROM sender s JOIN campaign c ON c.id = s.campaign_id WHERE s.ended_at IS NULL AND s.lease_until >= \(now) \
            ORDER BY c.name
            """
        ) { $0.text(0) }
        if let name = living.first {
            throw DatabaseError(
                .busy, "\(living.joined(separator: ", ")) is being sent",
                hint: "wait until it has ended, or stop it: pitwall campaigns pause \(name)")
        }
        let names = try session.all(
            "SELECT DISTINCT c.name FROM delivery d JOIN campaign c ON c.id = d.campaign_id WHERE d.state = 1 ORDER BY c.name"
        ) { $0.text(0) }
        guard let name = names.first else { return }
        throw DatabaseError(
            .busy, "messages of \(names.joined(separator: ", ")) are in the hands of a sender",
            hint: "wait until it has ended; where it died, settle them first: pitwall send \(name)")
    }

    /// Looks whether the target is empty or in the middle of this very move, and returns the tables with what both make of their columns.
    private func begin(_ tables: [TableLayout], of session: any SQLSession) throws -> [TableLayout] {
        let origin = try session.first("SELECT at FROM schema_step WHERE number = 1") { "\($0.integer(0))" } ?? ""
        return try target.write { target in
            let theirs = Dictionary(try Self.tables(in: target).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            let layouts = try tables.map { table in try Self.agreed(table, theirs[table.name]) }
            if let more = theirs.keys.sorted().first(where: { name in !tables.contains { $0.name == name } }) {
                throw DatabaseError(
                    .unfit, "the database to move to has a table of its own: \(more)", hint: "name a new, empty database")
            }
            if try Self.isNoted(in: target) {
                let known = try target.first("SELECT place FROM \(raw: Self.notes) WHERE name = ''") { $0.text(0) }
                guard known == origin else {
                    throw DatabaseError(
                        .unfit, "another database is being moved into that one", hint: "name a new, empty database, or end that move first")
                }
                return layouts
            }
            for layout in layouts where try target.first("SELECT 1 FROM \(raw: layout.name) LIMIT 1", { _ in true }) != nil {
                throw DatabaseError(
                    .unfit, "the database to move to is not empty: there is something in \(layout.name)",
                    hint: "name a new, empty database: nothing there is overwritten")
            }
            // place: the key of the last row that is there, a JSON list; of '', what the source is known by. done: 1 once all are.
            let d = target.dialect
            try target.script(
                """
                CREATE TABLE \(Self.notes) (name \(d.text) PRIMARY KEY, place \(d.text), rows \(d.int64) NOT NULL, done \(d.int64) NOT NULL)
                """)
            try target.execute("INSERT INTO \(raw: Self.notes) (name, place, rows, done) VALUES ('', \(origin), 0, 0)")
            return layouts
        }
    }

    private static func agreed(_ table: TableLayout, _ other: TableLayout?) throws -> TableLayout {
        let theirs = Dictionary((other?.columns ?? []).map { ($0.name, $0.kind) }, uniquingKeysWith: { first, _ in first })
        guard theirs.count == table.columns.count, table.columns.allSatisfy({ theirs[$0.name] != nil }), !table.key.isEmpty else {
            throw DatabaseError(.unfit, "\(table.name) is another table in the database to move to", hint: "name a new, empty database")
        }
        var agreed = table
        // Numbers of any length are bytes in one database and numbers in the other.
        for index in agreed.columns.indices where theirs[agreed.columns[index].name] == .decimal { agreed.columns[index].kind = .decimal }
        return agreed
    }

    // MARK: - Copying

    private func copy(
        _ layout: TableLayout, from session: any SQLSession, _ progress: (_ table: String, _ step: Step) throws -> Void
    ) throws {
        let limit = layout.columns.contains { $0.kind == .bytes } ? Self.sliceOfFiles : Self.slice
        let batch = SQLBatch(
            insertInto: layout.name, layout.columns.map { SQLBatch.Column(name: $0.name, kind: $0.kind.ofBatch) }, identity: [])
        var (place, rows, done) = try target.read { session in
            try session.first("SELECT place, rows, done FROM \(raw: Self.notes) WHERE name = \(layout.name)") {
                (try Self.key(stored: $0.optionalText(0)), Int($0.integer(1)), $0.integer(2) == 1)
            } ?? (nil, 0, false)
        }
        while !done {
            let slice = try Self.slice(of: layout, after: place, limit, in: session)
            for row in slice { try refuseUnkeepable(row, of: layout) }
            done = slice.count < limit
            place = slice.last.map { last in layout.key.map { name in Self.value(name, of: layout, last) } } ?? place
            rows += slice.count
            let note: SQL = """
                INSERT INTO \(raw: Self.notes) (name, place, rows, done) VALUES (\(layout.name), \(place.map(Self.stored)), \(rows), \(done ? 1 : 0)) \
                ON CONFLICT (name) DO UPDATE SET place = excluded.place, rows = excluded.rows, done = excluded.done
                """
            try target.write { target in
                try target.execute(batch, slice.map { row in row.map { $0.stored(target.dialect) } })
                try target.execute(note)
            }
            try progress(layout.name, .copying(rows: rows))
        }
    }

    private static func slice(
        of layout: TableLayout, after place: [SQLValue]?, _ limit: Int, in session: any SQLSession
    ) throws -> [[TableLayout.Value]] {
        let key = layout.key.joined(separator: ", ")
        let rest: SQL =
            place.map { place in
                " WHERE (\(raw: key)) > (\(place.map { "\($0)" as SQL }.joined(separator: ", ")))"
            } ?? ""
        return try session.all("SELECT \(raw: layout.names) FROM \(raw: layout.name)\(rest) ORDER BY \(raw: key) LIMIT \(limit)") {
            try layout.values(of: $0, session.dialect)
        }
    }

    /// Of a key nothing may be left out: two rows could become one.
    private func refuseUnkeepable(_ row: [TableLayout.Value], of layout: TableLayout) throws {
        for name in layout.key {
            guard case .text(let text) = Self.value(name, of: layout, row) else { continue }
            let length = text.utf8.count
            let isLong = target.dialect.longestKey.map { length > $0 } ?? false
            guard isLong || target.dialect.storable(text) != text else { continue }
            let others = layout.key.compactMap { other -> String? in
                guard case .integer(let number) = Self.value(other, of: layout, row) else { return nil }
                return "\(other) \(number)"
            }
            let what = isLong ? "a text of \(length) bytes" : "a NUL character"
            throw DatabaseError(
                .unfit,
                "\(layout.name).\(name) holds \(what), which that database keeps in no key"
                    + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))"),
                hint: """
                    no import takes that in any more; make a backup, shorten it or take out its row in the database that is moved, and run \
                    the move again: it goes on where it was
                    """)
        }
    }

    private static func value(_ name: String, of layout: TableLayout, _ row: [TableLayout.Value]) -> SQLValue {
        for (column, value) in zip(layout.columns, row) where column.name == name {
            if case .plain(let plain) = value { return plain }
        }
        return .null
    }

    private static func stored(_ key: [SQLValue]) -> String { JSONValue.list(key.map(\.jsonValue)).json }

    private static func key(stored text: String?) throws -> [SQLValue]? {
        guard let text else { return nil }
        guard case .list(let values) = try? JSONValue(parsing: text.utf8) else {
            throw DatabaseError(.damaged, "the note of how far the move is can't be read", hint: "begin again with a new, empty database")
        }
        return values.map(\.sqlValue)
    }

    // MARK: - Comparing

    /// Nil where the table is not the same in both.
    private func compared(_ layout: TableLayout, _ session: any SQLSession) throws -> TableSum? {
        let mine = try TableSum.of(layout, in: session, keeper: target.dialect)
        let theirs = try target.read { try TableSum.of(layout, in: $0, keeper: target.dialect) }
        return mine.agrees(with: theirs) ? mine : nil
    }
}

extension TableLayout.Kind {
    fileprivate var ofBatch: SQLBatch.Column.Kind {
        switch self {
        case .int64: .int64
        case .text: .text
        case .bytes: .bytes
        case .decimal: .decimal
        }
    }
}
