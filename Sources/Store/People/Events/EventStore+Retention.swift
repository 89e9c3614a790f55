import Database
package import Model

/// Events of one name that are older than they are to be kept.
package struct FadingEvents: Hashable, Sendable {
    package var name: String
    package var span: TimeSpan
    /// What is before this goes.
    package var before: Instant
    package var events: Int
    package var people: Int
    package var oldest: Instant?
    /// How many of that name stay.
    package var kept: Int
}

extension EventStore {
    /// What ``prune(_:at:progress:)`` would drop, by name of event; those of which nothing would go are left out.
    package func fading(_ retention: Retention, at now: Instant) throws -> [FadingEvents] {
        try database.read { session in
            try limits(retention, at: now, in: session).compactMap { id, name, span, before in
                let old: SQL = "FROM event WHERE name_id = \(id) AND at < \(before.milliseconds)"
                let found = try session.first("SELECT count(*), count(DISTINCT contact_id), min(at) \(old)") {
                    (Int($0.integer(0)), Int($0.integer(1)), $0.optionalInteger(2).map { Instant(milliseconds: $0) })
                }
                guard let (events, people, oldest) = found, events > 0 else { return nil }
                let kept = try session.count("SELECT count(*) FROM event WHERE name_id = \(id) AND at >= \(before.milliseconds)")
                return FadingEvents(
                    name: name, span: span, before: before, events: events, people: people, oldest: oldest, kept: kept)
            }
        }
    }

    /// Drops raw events that are older than they are to be kept, and keeps what they come to in sum. Says how many went.
    ///
    /// In slices, so that other writers get their turn; interrupted, it goes on where it was. Where the table is cut into months, a month of
    /// which nothing is to be kept goes as a whole.
    @discardableResult
    package func prune(_ retention: Retention, at now: Instant, progress: (Int) -> Void = { _ in }) throws -> Int {
        let limits = try database.read { try self.limits(retention, at: now, in: $0) }
        let before = Dictionary(limits.map { ($0.id, $0.before.milliseconds) }, uniquingKeysWith: { first, _ in first })
        var dropped = 0
        for part in try fadingParts(before) {
            dropped += try database.write { try pruneWhole(part, before, in: $0) }
            progress(dropped)
        }
        for (id, _, _, before) in limits {
            while true {
                let slice = try database.write { try pruneSlice(of: id, before: before, in: $0) }
                dropped += slice.dropped
                progress(dropped)
                if slice.isLast { break }
            }
        }
        try dropEmptied(before)
        return dropped
    }

    /// Since when events are kept, by name; those of which all are kept are left out.
    package func keptSince() throws -> [String: Instant] {
        try database.read { session in
            let rows = try session.all("SELECT n.name, h.kept_since FROM event_horizon h JOIN event_name n ON n.id = h.name_id") {
                ($0.text(0), Instant(milliseconds: $0.integer(1)))
            }
            return Dictionary(rows, uniquingKeysWith: { $1 })
        }
    }

    private func limits(_ retention: Retention, at now: Instant, in session: any SQLSession) throws -> [(
        id: Int64, name: String, span: TimeSpan, before: Instant
    )] {
        try session.all("SELECT id, name FROM event_name ORDER BY name") { ($0.integer(0), $0.text(1)) }.compactMap { id, name in
            retention.span(of: name).map { (id, name, $0, now.advanced(byMilliseconds: -$0.milliseconds)) }
        }
    }

    private static let slice = 50_000

    private func pruneSlice(of name: Int64, before: Instant, in session: any SQLSession) throws -> (dropped: Int, isLast: Bool) {
        let next = try session.first("SELECT at FROM event WHERE name_id = \(name) ORDER BY at LIMIT 1 OFFSET \(Self.slice)") {
            $0.integer(0)
        }
        // Past the instant of the slice's last event, so that a slice is never empty.
        let end = next.map { min($0 + 1, before.milliseconds) } ?? before.milliseconds
        try fade(name, before: end, in: session)
        let dropped = try session.execute("DELETE FROM event WHERE name_id = \(name) AND at < \(end)")
        try noteDropped(dropped, of: name, before: end, in: session)
        let isLast = end >= before.milliseconds
        if isLast { try session.execute("DELETE FROM event_given_id WHERE name_id = \(name) AND at < \(end)") }
        return (dropped, isLast)
    }

    /// Keeps what the events of a name come to that are about to go.
    private func fade(_ name: Int64, before end: Int64, in session: any SQLSession) throws {
        let old: SQL = "FROM event WHERE name_id = \(name) AND at < \(end)"
        let sums: SQL = "SELECT name_id, contact_id, count(*), min(at), max(at), max(learned_at) \(old) GROUP BY name_id, contact_id"
        try session.execute(SQL(raw: EventSummaries.fading(sums.text), arguments: sums.arguments))
        for sum in try EventSum.byName(in: session)[name] ?? [] {
            try EventSums.fade(sum, "e.name_id = \(name) AND e.at < \(end)", in: session)
        }
        try ContactMerges.noteFading(of: name, before: end, in: session)
    }

    private func noteDropped(_ dropped: Int, of name: Int64, before end: Int64, in session: any SQLSession) throws {
        guard dropped > 0 else { return }
        try session.execute("UPDATE event_name SET events = events - \(dropped) WHERE id = \(name)")
        try session.execute(
            """
            INSERT INTO event_horizon (name_id, kept_since) VALUES (\(name), \(end)) ON CONFLICT (name_id) DO UPDATE SET \
            kept_since = CASE WHEN excluded.kept_since > event_horizon.kept_since THEN excluded.kept_since ELSE event_horizon.kept_since END
            """)
    }

    // MARK: - Months

    /// Larger ones go in slices first: to add one up keeps every other writer waiting.
    private static let largestPart = 1_000_000

    /// Drops a part that holds nothing that is to be kept; says how many events went, with those of the same names before it.
    private func pruneWhole(_ part: EventPartitions.Part, _ before: [Int64: Int64], in session: any SQLSession) throws -> Int {
        let end = part.range.upperBound
        // Another prune may have dropped it meanwhile.
        guard let partitions = try EventPartitions(in: session), partitions.parts.contains(part),
            try session.count("SELECT count(*) FROM (SELECT 1 FROM \(raw: part.table) LIMIT \(Self.largestPart + 1)) x") <= Self.largestPart
        else { return 0 }
        let names = try session.all("SELECT name_id, count(*) FROM \(raw: part.table) GROUP BY name_id") {
            ($0.integer(0), Int($0.integer(1)))
        }
        guard !names.isEmpty, names.allSatisfy({ name, _ in (before[name] ?? .min) >= end }) else { return 0 }
        var dropped = 0
        for (name, count) in names {
            try fade(name, before: end, in: session)
            let earlier = try session.execute("DELETE FROM event WHERE name_id = \(name) AND at < \(part.range.lowerBound)")
            try noteDropped(earlier + count, of: name, before: end, in: session)
            dropped += earlier + count
        }
        try partitions.drop(part)
        return dropped
    }

    /// Parts of which some name has faded altogether.
    private func fadingParts(_ before: [Int64: Int64]) throws -> [EventPartitions.Part] {
        let latest = before.values.max() ?? .min
        return try (database.read { try EventPartitions(in: $0) }?.parts ?? []).filter { $0.range.upperBound <= latest }
    }

    /// Drops parts that have nothing left in them. Where a late event of a name comes that is kept longer, its month is made anew.
    private func dropEmptied(_ before: [Int64: Int64]) throws {
        for part in try fadingParts(before) {
            try database.write { session in
                guard let partitions = try EventPartitions(in: session), partitions.parts.contains(part),
                    try session.first("SELECT 1 FROM \(raw: part.table) LIMIT 1", { _ in true }) == nil
                else { return }
                try partitions.drop(part)
            }
        }
    }
}
