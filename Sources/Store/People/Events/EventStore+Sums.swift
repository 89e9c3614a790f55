import Database
package import Model

/// A sum that is kept and that the settings do not name, of which a part has faded: it could not be worked out again.
package struct LapsedSum: Hashable, Sendable {
    package var event: String
    package var property: String
    package var people: Int
}

/// Which sums are kept follows the settings. Until a sum has gone through everybody, questions are answered by the events.
///
/// 1. From the moment it is named, each write of events and each prune adds to it, of whomever.
/// 2. Then people are gone through by number, in small transactions; of each, the sum is made anew from what is kept and what has
///    faded, so that it does not matter what was added before. Where it was is noted in the same transaction.
/// 3. Once nobody is left it can be asked.
///
/// A sum that is named no more goes, unless a part of it has faded: then it is kept and carried on until ``drop(_:)``, since a setting
/// may be changed by the branch of a repository, and that part is nowhere else.
extension EventStore {
    /// Makes the sums those that are wanted. Interrupted, it goes on where it was.
    ///
    /// - Parameter progress: which sum, and of how many people it has been worked out by now.
    package func keep(
        _ wanted: KeptSums, inSlicesOf slice: Int = 5000,
        progress: (_ event: String, _ property: String, _ people: Int) throws -> Void = { _, _, _ in }
    ) throws {
        let known = try database.read { try Self.known(in: $0) }
        let isNew = wanted.properties.contains { event, properties in
            properties.contains { property in !known.contains { $0.sum.event == event && $0.sum.property == property } }
        }
        let isOld = known.contains { !wanted.contains(event: $0.sum.event, property: $0.sum.property) }
        if isOld {
            for (sum, _) in known where !wanted.contains(event: sum.event, property: sum.property) { try dropUnlessFaded(sum) }
        }
        if isNew { try database.write { try Self.add(wanted, in: $0) } }
        guard isNew || known.contains(where: { !$0.isReady }) else { return }
        for (sum, isReady) in try database.read({ try Self.known(in: $0) }) where !isReady {
            var people = 0
            while let done = try database.write({ try Self.goOn(sum, slice, in: $0) }) {
                people += done
                try progress(sum.event, sum.property, people)
            }
        }
    }

    /// Sums that are not wanted and were kept, since a part of each has faded.
    package func lapsed(_ wanted: KeptSums) throws -> [LapsedSum] {
        try database.read { session in
            try Self.known(in: session).map(\.sum).filter { !wanted.contains(event: $0.event, property: $0.property) }.map { sum in
                let people = try session.count("SELECT count(*) FROM event_sum_faded WHERE sum_id = \(sum.id)")
                return LapsedSum(event: sum.event, property: sum.property, people: people)
            }
        }
    }

    package func drop(_ lapsed: [LapsedSum]) throws {
        for (sum, _) in try database.read({ try Self.known(in: $0) })
        where lapsed.contains(where: { $0.event == sum.event && $0.property == sum.property }) {
            try drop(sum)
        }
    }

    private static func known(in session: any SQLSession) throws -> [(sum: EventSum, isReady: Bool)] {
        try session.all("SELECT id, event, property, next_contact FROM event_summed ORDER BY event, property") {
            (EventSum(id: $0.integer(0), event: $0.text(1), property: $0.text(2)), $0.isNull(3))
        }
    }

    private static func add(_ wanted: KeptSums, in session: any SQLSession) throws {
        for (event, properties) in wanted.properties.sorted(by: { $0.key < $1.key }) {
            for property in properties {
                let since: SQL = "(SELECT h.kept_since FROM event_horizon h JOIN event_name n ON n.id = h.name_id WHERE n.name = \(event))"
                try session.execute(
                    """
                    INSERT INTO event_summed (id, event, property, next_contact, since) \
                    VALUES (\(try IDBlocks.take(1, of: .eventSum, in: session)), \(event), \(property), \(Int64.min), \(since)) \
                    ON CONFLICT (event, property) DO NOTHING
                    """)
            }
        }
    }

    /// The next people. Nil where nobody is left.
    private static func goOn(_ sum: EventSum, _ slice: Int, in session: any SQLSession) throws -> Int? {
        let place = try session.first("SELECT next_contact FROM event_summed WHERE id = \(sum.id)") { $0.optionalInteger(0) }
        guard let next = place ?? nil else { return nil }
        guard let name = try sum.name(in: session) else {
            try session.execute("UPDATE event_summed SET next_contact = NULL WHERE id = \(sum.id)")
            return 0
        }
        let those: SQL = "FROM event_summary WHERE name_id = \(name) AND contact_id >= \(next) ORDER BY contact_id"
        let end = try session.first("SELECT contact_id \(those) LIMIT 1 OFFSET \(slice)") { $0.integer(0) }
        try EventSums.refresh(sum, name: name, in: session) { table in
            let from: SQL = "\(raw: table).contact_id >= \(next)"
            return end.map { "\(from) AND \(raw: table).contact_id < \($0)" } ?? from
        }
        try session.execute("UPDATE event_summed SET next_contact = \(end) WHERE id = \(sum.id)")
        return slice
    }

    private func dropUnlessFaded(_ sum: EventSum) throws {
        let isFaded = try database.read { try $0.first("SELECT 1 FROM event_sum_faded WHERE sum_id = \(sum.id) LIMIT 1") { _ in true } }
        if isFaded == nil { try drop(sum) }
    }

    /// It can't be asked any more before the first of it goes; named again meanwhile, it begins anew.
    private func drop(_ sum: EventSum) throws {
        _ = try database.write { try $0.execute("UPDATE event_summed SET next_contact = \(Int64.min) WHERE id = \(sum.id)") }
        for table in ["event_sum", "event_sum_faded"] {
            let some: SQL = """
                DELETE FROM \(raw: table) WHERE sum_id = \(sum.id) AND contact_id <= COALESCE((SELECT contact_id FROM \(raw: table) \
                WHERE sum_id = \(sum.id) ORDER BY contact_id LIMIT 1 OFFSET 50000), \(Int64.max))
                """
            while try database.write({ try $0.execute(some) }) > 0 {}
        }
        // What was added since the last look goes with it.
        try database.write { session in
            for table in ["event_sum", "event_sum_faded"] {
                try session.execute("DELETE FROM \(raw: table) WHERE sum_id = \(sum.id)")
            }
            try session.execute("DELETE FROM event_summed WHERE id = \(sum.id)")
        }
    }
}
