import Database
import Model
import Segments

/// What fades of somebody of whom another has become a part: of the one who was kept it is noted for itself, so that both are given back
/// what was theirs, also when each first did something and when last.
///
/// For each merge the notes are of all that is not the other's: what had faded before, and each event that fades later. Of those
/// that moved, each by itself was noted when it did.
extension ContactMerges {
    /// An event that is about to be dropped.
    struct FadingEvent {
        var name: Int64
        var at: Int64
        /// What tells it from others of its person, name and instant.
        var number: Int64
        var learned: Int64
        var properties: JSONObject
    }

    private struct Place: Hashable {
        var name: Int64
        var at: Int64
        var number: Int64
    }

    /// Before a merge.
    func noteFaded(of kept: ContactID, _ merge: Int64) throws {
        for row in try faded(of: kept) { try note(.own, merge, row.map(\.jsonValue)) }
        for sum in try fadedSums(of: kept) { try note(.ownSum, merge, sum.values) }
    }

    /// Before events of a name are dropped that were before a time.
    static func noteFading(of name: Int64, before end: Int64, in session: any SQLSession) throws {
        let old: SQL = "FROM event WHERE name_id = \(name) AND at < \(end)"
        let people = try session.all(
            "SELECT DISTINCT contact_id \(old) AND contact_id IN (SELECT kept_id FROM contact_merge WHERE undone_at IS NULL)"
        ) { ContactID($0.integer(0)) }
        let merges = ContactMerges(session: session, now: Instant(milliseconds: end))
        for kept in people {
            let events = try session.all("SELECT at, id, learned_at, properties \(old) AND contact_id = \(kept)") { row in
                FadingEvent(
                    name: name, at: row.integer(0), number: row.integer(1), learned: row.integer(2),
                    properties: row.isNull(3) ? [:] : try JSONObject(stored: row.text(3)))
            }
            try merges.noteFading(events, of: kept)
        }
    }

    /// Of several merges the last is the first to be undone: what is not its other's is the kept one's, with all that came before.
    func noteFading(_ events: [FadingEvent], of kept: ContactID) throws {
        var own = events
        for merge in try Self.all(of: kept, in: session).reversed() {
            let moved = Set(
                try rows(.event, merge.id).compactMap { row -> Place? in
                    guard row.count >= 4, let name = Self.number(row[0]), let at = Self.number(row[1]), let number = Self.number(row[3])
                    else {
                        return nil
                    }
                    return Place(name: name, at: at, number: number)
                })
            own.removeAll { moved.contains(Place(name: $0.name, at: $0.at, number: $0.number)) }
            for (name, events) in Dictionary(grouping: own, by: \.name) { try note(events, of: name, merge.id) }
        }
    }

    private func note(_ events: [FadingEvent], of name: Int64, _ merge: Int64) throws {
        let times = events.map(\.at)
        try note(
            .own, merge,
            [Int64(name), Int64(events.count), times.min() ?? 0, times.max() ?? 0, events.map(\.learned).max() ?? 0].map { .integer($0) })
        for sum in try EventSum.byName(in: session)[name] ?? [] {
            let parts = events.map { FadedSum(sum, $0.properties) }
            try note(.ownSum, merge, FadedSum(parts, of: sum.id).values)
        }
    }

    /// When two have been parted. Where the notes don't come to what there is, as of a merge of an earlier version, the times stay as wide
    /// as they are: whose they were is no longer known.
    func returnOwnFaded(_ merge: ContactMerge) throws {
        let all = try rows(.own, merge.id).map { row in row.map { Self.number($0) ?? 0 } }.filter { $0.count == 5 }
        for (name, own) in Dictionary(grouping: all, by: { $0[0] }) {
            try session.execute(
                """
                UPDATE event_faded SET first_at = \(own.map { $0[2] }.min() ?? 0), last_at = \(own.map { $0[3] }.max() ?? 0), \
                learned_at = \(own.map { $0[4] }.max() ?? 0) WHERE name_id = \(name) AND contact_id = \(merge.kept) \
                AND count = \(own.reduce(0) { $0 + $1[1] })
                """)
        }
        let sums = try rows(.ownSum, merge.id).compactMap { FadedSum($0[...]) }
        for (id, parts) in Dictionary(grouping: sums, by: \.id) {
            let own = FadedSum(parts, of: id)
            guard let standing = try fadedSums(of: merge.kept).first(where: { $0.id == id }) else { continue }
            if standing.count == own.count, standing.total == own.total { try set(own, of: merge.kept) }
        }
    }
}

extension ContactMerges.FadedSum {
    /// What one event comes to.
    init(_ sum: EventSum, _ properties: JSONObject) {
        var numbers = SumNote()
        numbers.note(properties.exactly(sum.property))
        let currency = numbers.count > 0 ? properties.exactly(Currency.property)?.text : nil
        self.init(
            id: sum.id, count: numbers.count, total: numbers.total, least: numbers.least, most: numbers.most, currency: currency,
            otherCurrency: currency)
    }

    /// What several come to.
    init(_ parts: [Self], of id: Int64) {
        self.init(
            id: id, count: parts.reduce(0) { $0 + $1.count }, total: parts.reduce(.zero) { $0 + $1.total },
            least: parts.compactMap(\.least).min(), most: parts.compactMap(\.most).max(), currency: parts.compactMap(\.currency).min(),
            otherCurrency: parts.compactMap(\.otherCurrency).max())
    }
}
