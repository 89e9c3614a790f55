import Database
import Model
import Segments

/// What faded events come to moves with their person, and back.
///
/// An event that fades after a merge is told apart by what was noted of it when it moved. Where the sum was named later than that, its
/// number stays with the kept one. Least, most and currencies are given back as ``returnOwnFaded(_:)`` says.
extension ContactMerges {
    /// A row of `event_sum_faded`.
    struct FadedSum {
        var id: Int64
        var count: Int64
        var total: ExactDecimal
        var least: ExactDecimal?
        var most: ExactDecimal?
        var currency: String?
        var otherCurrency: String?

        func columns(_ dialect: any Dialect) -> SQL {
            "\(count), \(dialect.decimal(total)), \(number(least, dialect)), \(number(most, dialect)), \(currency), \(otherCurrency)"
        }

        private func number(_ number: ExactDecimal?, _ dialect: any Dialect) -> SQL { number.map { dialect.decimal($0) } ?? "NULL" }

        var values: [JSONValue] {
            [.integer(id), .integer(count)]
                + [total.description, least?.description, most?.description, currency, otherCurrency].map { $0.map { .text($0) } ?? .null }
        }

        /// Reads ``values`` back; nil where there was none.
        init?(_ values: ArraySlice<SQLValue>) {
            let values = Array(values)
            guard values.count == 7, case .integer(let id) = values[0], case .integer(let count) = values[1] else { return nil }
            let texts = values[2...].map { value in if case .text(let text) = value { text } else { nil as String? } }
            self.init(
                id: id, count: count, total: Self.number(texts[0]) ?? .zero, least: Self.number(texts[1]), most: Self.number(texts[2]),
                currency: texts[3], otherCurrency: texts[4])
        }

        private static func number(_ text: String?) -> ExactDecimal? { text.flatMap { ExactDecimal(json: $0.utf8) } }

        init(
            id: Int64, count: Int64, total: ExactDecimal, least: ExactDecimal?, most: ExactDecimal?, currency: String?,
            otherCurrency: String?
        ) {
            self.id = id
            self.count = count
            self.total = total
            self.least = least
            self.most = most
            self.currency = currency
            self.otherCurrency = otherCurrency
        }
    }

    func fadedSums(of contact: ContactID) throws -> [FadedSum] {
        let dialect = session.dialect
        return try session.all(
            """
            SELECT sum_id, count, total, least, most, currency, other_currency FROM event_sum_faded \
            WHERE sum_id IN (SELECT id FROM event_summed) AND contact_id = \(contact) ORDER BY sum_id
            """
        ) { row in
            FadedSum(
                id: row.integer(0), count: row.integer(1), total: dialect.decimal(from: row.value(2)) ?? .zero,
                least: dialect.decimal(from: row.value(3)), most: dialect.decimal(from: row.value(4)), currency: row.optionalText(5),
                otherCurrency: row.optionalText(6))
        }
    }

    private func add(_ sum: FadedSum, to contact: ContactID) throws {
        try session.execute(EventSums.fading("VALUES (\(sum.id), \(contact), \(sum.columns(session.dialect)))", session.dialect))
    }

    func set(_ sum: FadedSum, of contact: ContactID) throws {
        try session.execute("DELETE FROM event_sum_faded WHERE sum_id = \(sum.id) AND contact_id = \(contact)")
        try add(sum, to: contact)
    }

    private func lessen(_ sum: Int64, of contact: ContactID, by count: Int64, _ total: ExactDecimal, unless before: FadedSum? = nil) throws
    {
        guard var left = try fadedSums(of: contact).first(where: { $0.id == sum }) else { return }
        left.count -= count
        left.total = left.total + -total
        if let before, before.count == left.count, before.total == left.total { left = before }
        try set(left, of: contact)
    }

    // MARK: - Sums of what had faded before

    func moveFadedSums(from source: ContactID, to target: ContactID, _ merge: Int64) throws {
        let own = try fadedSums(of: target)
        for sum in try fadedSums(of: source) {
            try add(sum, to: target)
            try session.execute("DELETE FROM event_sum_faded WHERE sum_id = \(sum.id) AND contact_id = \(source)")
            let before = own.first { $0.id == sum.id }
            try note(.fadedSum, merge, sum.values + (before?.values ?? Array(repeating: .null, count: 7)))
        }
    }

    func returnFadedSums(_ merge: ContactMerge) throws {
        for row in try rows(.fadedSum, merge.id) where row.count == 14 {
            guard let sum = FadedSum(row[..<7]) else { continue }
            try lessen(sum.id, of: merge.kept, by: sum.count, sum.total, unless: FadedSum(row[7...]))
            try add(sum, to: merge.other)
        }
        // Where nothing of the kept one's has faded any more, there is no sum of it.
        try session.execute(
            """
            DELETE FROM event_sum_faded WHERE contact_id = \(merge.kept) AND sum_id IN (SELECT k.id FROM event_summed k WHERE NOT EXISTS \
            (SELECT 1 FROM event_faded f JOIN event_name n ON n.id = f.name_id WHERE n.name = k.event AND f.contact_id = \(merge.kept)))
            """)
    }

    // MARK: - Numbers of events that moved

    /// What of an event's properties is added up, as text; nil where nothing is.
    func numbers(_ sums: [EventSum]?, of key: [SQLValue], _ contact: ContactID) throws -> JSONValue? {
        guard let sums, key.count == 3 else { return nil }
        let sql: SQL =
            "SELECT properties FROM event WHERE name_id = \(key[0]) AND at = \(key[1]) AND contact_id = \(contact) AND id = \(key[2])"
        let properties = try session.first(sql) { row in row.isNull(0) ? [:] : try JSONObject(stored: row.text(0)) } ?? [:]
        let names = sums.map(\.property) + [Currency.property]
        return .text(JSONObject(properties.members.filter { member in names.contains(member.name) }.map { ($0.name, $0.value) }).json)
    }

    /// An event that has faded since it moved.
    func returnFadedNumbers(_ row: [SQLValue], _ merge: ContactMerge) throws {
        guard row.count > 4, case .integer(let name) = row[0], case .text(let text) = row[4] else { return }
        let properties = try JSONObject(stored: text)
        for sum in try EventSum.byName(in: session)[name] ?? [] {
            let numbers = FadedSum(sum, properties)
            try add(numbers, to: merge.other)
            try lessen(sum.id, of: merge.kept, by: numbers.count, numbers.total)
        }
    }
}
