import Database
import Model

/// What is left of events that are no longer kept: rows `f`, one a person and event, of how often, when first and when last.
///
/// They are known only in sum: no property can be asked of them, only their first and their last are known to be within a
/// window, and they count as known when the last of them was learned.
struct FadedSQL {
    private let set: EventSet
    private let interval: Interval
    private let compiler: SQLCompiler

    /// Nil where a property is asked.
    init?(_ set: EventSet, _ compiler: SQLCompiler) {
        guard set.filter == nil else { return nil }
        self.set = set
        self.compiler = compiler
        interval = compiler.interval(set.window)
    }

    private func rows(_ wanted: SQL) -> SQL {
        let known: SQL = compiler.moment.known.map { " AND f.learned_at <= \($0.milliseconds)" } ?? ""
        let named: SQL = "f.name_id = (SELECT n.id FROM event_name n WHERE n.name = \(set.event))"
        return "FROM event_faded f WHERE \(named)\(known) AND \(wanted)"
    }

    /// Whose first or last was within the window.
    var people: SQL {
        let first = compiler.asks("f.first_at", interval)
        let within: SQL = interval.from == nil ? first : "(\(first) OR \(compiler.asks("f.last_at", interval)))"
        return "SELECT f.contact_id \(rows(within))"
    }

    /// Kept events and sums of faded ones, with a number `n`; nil for a window that begins somewhere.
    var numbers: SQL? {
        guard interval.from == nil else { return nil }
        let kept: SQL = "SELECT e.contact_id, 1 AS n FROM event e WHERE \(compiler.isIn(set))"
        return "\(kept) UNION ALL SELECT f.contact_id, f.count \(rows(compiler.asks("f.last_at", interval)))"
    }

    /// Kept events, and the first or the last of the faded, with their time `at`.
    func times(_ end: WrittenEdge.End) -> SQL {
        let time: SQL = end == .first ? "f.first_at" : "f.last_at"
        let kept: SQL = "SELECT e.contact_id, e.at FROM event e WHERE \(compiler.isIn(set))"
        return "\(kept) UNION ALL SELECT f.contact_id, \(time) \(rows(compiler.asks(time, interval)))"
    }

    /// Of whom the answer is not known: some may have been within the window and some not, or only some were learned by then.
    ///
    /// - Parameter coming: What is before it counts as no longer kept.
    static func doubtful(_ set: EventSet, _ need: Question.Need, _ compiler: SQLCompiler, coming: Instant? = nil) -> SQL {
        let interval = compiler.interval(set.window)
        var doubts: [SQL] = []
        if let known = compiler.moment.known {
            doubts.append("(f.first_at < \(interval.to?.milliseconds) AND f.learned_at > \(known.milliseconds))")
        }
        if let to = interval.to?.milliseconds {
            let from = interval.from?.milliseconds
            switch (need, from) {
            case (.one, nil): break
            case (.one, let from?): doubts.append("(f.first_at < \(from) AND f.last_at >= \(to))")
            default: doubts.append("(f.first_at < \(to) AND f.last_at >= \(to))")
            }
        }
        let any: SQL = doubts.isEmpty ? "1 = 0" : doubts.joined(separator: " OR ")
        let isNamed: SQL = "name_id = (SELECT n.id FROM event_name n WHERE n.name = \(set.event))"
        guard let coming else { return "FROM event_faded f WHERE f.\(isNamed) AND (\(any))" }
        return """
            FROM (SELECT contact_id, min(a) AS first_at, max(z) AS last_at, max(l) AS learned_at FROM (\
            SELECT contact_id, first_at AS a, last_at AS z, learned_at AS l FROM event_faded WHERE \(isNamed) UNION ALL \
            SELECT contact_id, at, at, learned_at FROM event WHERE \(isNamed) AND at < \(coming.milliseconds)) q GROUP BY contact_id) f \
            WHERE (\(any))
            """
    }
}
