import Database
import Model

/// What moves from one contact to the other, table by table, and back.
///
/// Each kind lists the rows of `source` that `target` has not got, as the columns of their key but for the contact. Rows that
/// have to change on the way (a number, a millisecond) note both forms.
extension ContactMerges {
    enum Kind: String {
        case event, given, faded, fadedSum, own, ownSum, consent, attributes, external, delivery, exchange, engagement, report, recipient,
            alias
        case suppression, objection
        case address
    }

    func merge(_ kept: ContactID, _ other: ContactID) throws -> ContactMerge {
        let id = try IDBlocks.take(1, of: .merge, in: session)
        try session.execute(
            """
            INSERT INTO contact_merge (id, kept_id, other_id, at, other_email, other_email_key, other_attributes, other_created_at, \
            other_updated_at) SELECT \(id), \(kept), id, \(now.milliseconds), email, email_key, attributes, created_at, updated_at \
            FROM contact WHERE id = \(other)
            """)
        try copyWill(of: other, to: kept, id)
        let agreed = try agreements(of: hasAddress(kept) ? kept : other)
        try moveEvents(from: other, to: kept, id)
        try noteFaded(of: kept, id)
        try moveFaded(from: other, to: kept, id)
        try moveFadedSums(from: other, to: kept, id)
        try moveChanges(from: other, to: kept, id)
        try exchangeMessages(of: other, and: kept, id)
        for table in Self.plainTables { try move(table, from: other, to: kept, id) }
        try object(kept, to: try agreements(of: kept).subtracting(agreed), id)
        try moveAddress(from: other, to: kept, id)
        try fold(kept)
        try EventSummaries.refresh([kept, other], in: session)
        guard let merge = try Self.all(of: kept, in: session).last(where: { $0.id == id }) else {
            throw DatabaseError(.other, "a merge could not be kept")
        }
        return merge
    }

    func undo(_ merge: ContactMerge) throws {
        let (kept, other) = (merge.kept, merge.other)
        try session.execute("DELETE FROM contact_alias WHERE merge_id = \(merge.id)")
        if try !rows(.address, merge.id).isEmpty {
            try session.execute("UPDATE contact SET email = NULL, email_key = NULL WHERE id = \(kept)")
        }
        try session.execute(
            """
            INSERT INTO contact (id, email, email_key, attributes, created_at, updated_at) SELECT other_id, other_email, other_email_key, \
            other_attributes, other_created_at, \(now.milliseconds) FROM contact_merge WHERE id = \(merge.id)
            """)
        try returnEvents(merge)
        try returnFaded(merge)
        try returnFadedSums(merge)
        try returnOwnFaded(merge)
        for row in try rows(.attributes, merge.id) {
            try session.execute(
                """
                UPDATE attribute_change SET contact_id = \(other), learned_at = \(row[1]) \
                WHERE contact_id = \(kept) AND at = \(row[0]) AND learned_at = \(row[2])
                """)
        }
        for table in Self.plainTables { try moveBack(table, merge) }
        for key in try rows(.exchange, merge.id) { try exchange(key, of: kept, and: other) }
        try withdrawObjections(merge)
        try shareWill(merge)
        try fold(kept)
        try fold(other)
        try EventSummaries.refresh([kept, other], in: session)
        try session.execute("DELETE FROM contact_merge_row WHERE merge_id = \(merge.id)")
        try session.execute("UPDATE contact_merge SET undone_at = \(now.milliseconds) WHERE id = \(merge.id)")
    }

    // MARK: - The note of what moved

    func note(_ kind: Kind, _ merge: Int64, _ values: [JSONValue]) throws {
        try session.prepare(
            """
            INSERT INTO contact_merge_row (merge_id, number, kind, content) VALUES \
            (?1, (SELECT COALESCE(max(number), 0) + 1 FROM contact_merge_row WHERE merge_id = ?1), ?2, ?3)
            """
        ).run([.integer(merge), .text(kind.rawValue), .text(JSONValue.list(values).json)])
    }

    func rows(_ kind: Kind, _ merge: Int64) throws -> [[SQLValue]] {
        try session.all(
            "SELECT content FROM contact_merge_row WHERE merge_id = \(merge) AND kind = \(kind.rawValue) ORDER BY number"
        ) { row in
            guard case .list(let values) = try? JSONValue(parsing: row.text(0).utf8) else { return [] }
            return values.map(\.sqlValue)
        }.filter { !$0.isEmpty }
    }

    // MARK: - Tables whose rows move as they are

    private struct PlainTable {
        var kind: Kind
        var table: String
        /// What with the contact makes the key.
        var key: [String]
        /// Tables whose rows hang on these by the same key.
        var followers: [String] = []
    }

    private static let messages = PlainTable(
        kind: .delivery, table: "delivery", key: ["campaign_id", "step", "entry"], followers: ["attempt"])

    private static let plainTables = [
        PlainTable(kind: .given, table: "event_given_id", key: ["given", "name_id"]),
        PlainTable(kind: .consent, table: "consent", key: ["topic", "at", "state", "learned_at"]),
        PlainTable(kind: .external, table: "contact_external_id", key: ["system", "external_id"]),
        messages,
        PlainTable(kind: .engagement, table: "engagement", key: ["kind", "at", "campaign_id", "step", "entry", "url"]),
        PlainTable(kind: .report, table: "report", key: ["campaign_id", "step", "entry", "kind", "at"]),
        PlainTable(kind: .recipient, table: "plan_recipient", key: ["plan_id"]),
        PlainTable(kind: .alias, table: "contact_alias", key: ["email_key"]),
    ]

    private func move(_ table: PlainTable, from source: ContactID, to target: ContactID, _ merge: Int64) throws {
        let same = table.key.map { "t.\($0) = s.\($0)" }.joined(separator: " AND ")
        let found = try session.all(
            """
            SELECT \(raw: table.key.map { "s.\($0)" }.joined(separator: ", ")) FROM \(raw: table.table) s WHERE s.contact_id = \(source) \
            AND NOT EXISTS (SELECT 1 FROM \(raw: table.table) t WHERE t.contact_id = \(target) AND \(raw: same))
            """
        ) { row in table.key.indices.map { row.value($0) } }
        for key in found {
            try rename(table, key, from: source, to: target)
            try note(table.kind, merge, key.map(\.jsonValue))
        }
    }

    private func moveBack(_ table: PlainTable, _ merge: ContactMerge) throws {
        // A merge of an earlier version may have noted less: of given IDs not the event's name.
        for key in try rows(table.kind, merge.id) where !key.isEmpty && key.count <= table.key.count {
            try rename(table, key, from: merge.kept, to: merge.other)
        }
    }

    private func rename(_ table: PlainTable, _ key: [SQLValue], from source: ContactID, to target: ContactID) throws {
        let place = table.key.prefix(key.count).map { "\($0) = ?" }.joined(separator: " AND ")
        for name in [table.table] + table.followers {
            try session.prepare("UPDATE \(name) SET contact_id = ? WHERE contact_id = ? AND \(place)")
                .run([.integer(target.rawValue), .integer(source.rawValue)] + key)
        }
    }

    // MARK: - Messages

    /// Of what the other was sent and the kept one was not yet, the rows change places: the person was sent it, and is not again.
    private func exchangeMessages(of source: ContactID, and target: ContactID, _ merge: Int64) throws {
        let found = try session.all(
            """
            SELECT s.campaign_id, s.step, s.entry FROM delivery s JOIN delivery t ON t.campaign_id = s.campaign_id AND t.step = s.step \
            AND t.contact_id = \(target) AND t.entry = s.entry WHERE s.contact_id = \(source) AND s.state IN (1, 2, 3, 4) \
            AND t.state IN (0, 5)
            """
        ) { row in (0..<3).map { row.value($0) } }
        for key in found {
            try exchange(key, of: source, and: target)
            try note(.exchange, merge, key.map(\.jsonValue))
        }
    }

    private func exchange(_ key: [SQLValue], of one: ContactID, and another: ContactID) throws {
        guard key.count == Self.messages.key.count else { return }
        /// Nobody's, not even a seed's.
        let aside = ContactID(.min)
        try rename(Self.messages, key, from: one, to: aside)
        try rename(Self.messages, key, from: another, to: one)
        try rename(Self.messages, key, from: aside, to: another)
    }

    // MARK: - Events

    /// An event that the kept one did at the same instant gets company: a number tells them apart.
    private func moveEvents(from source: ContactID, to target: ContactID, _ merge: Int64) throws {
        let found = try session.all("SELECT name_id, at, id FROM event WHERE contact_id = \(source)") { row in
            (0..<3).map { row.value($0) }
        }
        let sums = try EventSum.byName(in: session)
        let last = try session.prepare("SELECT max(id) FROM event WHERE name_id = ? AND at = ? AND contact_id = ?")
        let move = try session.prepare("UPDATE event SET contact_id = ?, id = ? WHERE name_id = ? AND at = ? AND contact_id = ? AND id = ?")
        for key in found {
            let taken = try last.first([key[0], key[1], .integer(target.rawValue)]) { $0.optionalInteger(0) } ?? nil
            let number = SQLValue.integer(taken.map { $0 + 1 } ?? 0)
            let numbers = try numbers(Self.number(key[0]).flatMap { sums[$0] }, of: key, source)
            try move.run([.integer(target.rawValue), number, key[0], key[1], .integer(source.rawValue), key[2]])
            try note(.event, merge, [key[0], key[1], key[2], number].map(\.jsonValue) + (numbers.map { [$0] } ?? []))
        }
    }

    static func number(_ value: SQLValue) -> Int64? {
        if case .integer(let number) = value { number } else { nil }
    }

    /// What has faded since is no event any more but part of the kept one's sum; it goes back as part of the other's.
    private func returnEvents(_ merge: ContactMerge) throws {
        let move = try session.prepare("UPDATE event SET contact_id = ?, id = ? WHERE name_id = ? AND at = ? AND contact_id = ? AND id = ?")
        let learned = "SELECT learned_at FROM event_faded WHERE name_id = ?1 AND contact_id = ?4"
        let learnedAt = try session.prepare("SELECT learned_at FROM event_faded WHERE name_id = ? AND contact_id = ?")
        var faded: [FadingEvent] = []
        let add = try session.prepare(EventSummaries.fading("SELECT ?1, ?2, 1, ?3, ?3, COALESCE((\(learned)), ?3) WHERE 1 = 1"))
        let (kept, other) = (SQLValue.integer(merge.kept.rawValue), SQLValue.integer(merge.other.rawValue))
        for row in try rows(.event, merge.id) where row.count >= 4 {
            if try move.run([other, row[2], row[0], row[1], kept, row[3]]) == 1 { continue }
            try add.run([row[0], other, row[1], kept])
            faded += try Self.fading(row, learned: learnedAt.first([row[0], kept]) { $0.integer(0) })
            try lessen(row[0], merge.kept, by: .integer(1))
            try returnFadedNumbers(row, merge)
        }
        try noteFading(faded, of: merge.other)
    }

    /// A moved event that has faded, as the other had it.
    private static func fading(_ row: [SQLValue], learned: Int64?) throws -> [FadingEvent] {
        guard let name = number(row[0]), let at = number(row[1]), let place = number(row[2]) else { return [] }
        var properties = JSONObject()
        if row.count > 4, case .text(let text) = row[4] { properties = try JSONObject(stored: text) }
        return [FadingEvent(name: name, at: at, number: place, learned: learned ?? at, properties: properties)]
    }

    private func moveFaded(from source: ContactID, to target: ContactID, _ merge: Int64) throws {
        let add = try session.prepare(EventSummaries.fading("VALUES (?, ?, ?, ?, ?, ?)"))
        for row in try faded(of: source) {
            let before = try faded(of: target).first { $0[0] == row[0] } ?? [.null, .null, .null, .null, .null]
            try add.run([row[0], .integer(target.rawValue)] + row.dropFirst())
            try session.execute("DELETE FROM event_faded WHERE name_id = \(row[0]) AND contact_id = \(source)")
            try note(.faded, merge, (row + before.dropFirst()).map(\.jsonValue))
        }
    }

    private func returnFaded(_ merge: ContactMerge) throws {
        let add = try session.prepare(EventSummaries.fading("VALUES (?, ?, ?, ?, ?, ?)"))
        for row in try rows(.faded, merge.id) where row.count == 9 {
            try lessen(row[0], merge.kept, by: row[1])
            try add.run([row[0], .integer(merge.other.rawValue)] + row[1...4])
            try session.execute(
                """
                UPDATE event_faded SET first_at = \(row[6]), last_at = \(row[7]), learned_at = \(row[8]) \
                WHERE name_id = \(row[0]) AND contact_id = \(merge.kept) AND count = \(row[5])
                """)
        }
    }

    /// Name, count, first, last and when learned, a row a name.
    func faded(of contact: ContactID) throws -> [[SQLValue]] {
        try session.all(
            """
            SELECT name_id, count, first_at, last_at, learned_at FROM event_faded \
            WHERE name_id IN (SELECT id FROM event_name) AND contact_id = \(contact)
            """
        ) { row in (0..<5).map { row.value($0) } }
    }

    /// The first and last time stay as they are until ``returnOwnFaded(_:)``.
    private func lessen(_ name: SQLValue, _ contact: ContactID, by count: SQLValue) throws {
        try session.execute("UPDATE event_faded SET count = count - \(count) WHERE name_id = \(name) AND contact_id = \(contact)")
        try session.execute("DELETE FROM event_faded WHERE name_id = \(name) AND contact_id = \(contact) AND count <= 0")
    }

    // MARK: - Attributes and addresses

    /// Two changes of one instant, as one file makes them, can't both keep their time: the other's was learned a millisecond earlier, so
    /// that what the kept one has stays.
    private func moveChanges(from source: ContactID, to target: ContactID, _ merge: Int64) throws {
        let found = try session.all("SELECT at, learned_at FROM attribute_change WHERE contact_id = \(source) ORDER BY at, learned_at") {
            ($0.integer(0), $0.integer(1))
        }
        for (at, learned) in found {
            var place = learned
            while try session.count(
                "SELECT count(*) FROM attribute_change WHERE contact_id = \(target) AND at = \(at) AND learned_at = \(place)") > 0
            { place -= 1 }
            try session.execute(
                """
                UPDATE attribute_change SET contact_id = \(target), learned_at = \(place) \
                WHERE contact_id = \(source) AND at = \(at) AND learned_at = \(learned)
                """)
            try note(.attributes, merge, [.integer(at), .integer(learned), .integer(place)])
        }
    }

    /// The other's address becomes a further one, or the only one where the kept one had none.
    private func moveAddress(from source: ContactID, to target: ContactID, _ merge: Int64) throws {
        let address = try session.first("SELECT email, email_key FROM contact WHERE id = \(source) AND email IS NOT NULL") {
            (email: $0.text(0), key: $0.text(1))
        }
        try session.execute("DELETE FROM contact WHERE id = \(source)")
        guard let address else { return }
        let hasNone = try session.count("SELECT count(*) FROM contact WHERE id = \(target) AND email IS NULL") == 1
        if hasNone {
            try session.execute("UPDATE contact SET email = \(address.email), email_key = \(address.key) WHERE id = \(target)")
            try note(.address, merge, [.text(address.key)])
        } else {
            try session.execute(
                """
                INSERT INTO contact_alias (email_key, email, contact_id, merge_id) \
                VALUES (\(address.key), \(address.email), \(target), \(merge))
                """)
        }
    }
}

extension SQLValue {
    var jsonValue: JSONValue {
        switch self {
        case .integer(let value): .integer(value)
        case .text(let text): .text(text)
        case .real(let value): .real(value)
        case .null, .blob: .null
        }
    }
}

extension JSONValue {
    var sqlValue: SQLValue {
        switch self {
        case .integer(let value): .integer(value)
        case .text(let text): .text(text)
        case .real(let value): .real(value)
        default: .null
        }
    }
}
