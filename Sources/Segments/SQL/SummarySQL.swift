import Database
import Model

/// Questions about all that a person ever did, put to the summaries.
///
/// A summary is exact at a moment where its last event is not after it. Others, of people who did something since, are counted out of
/// the events, and out of what of them has faded.
struct SummarySQL {
    private let compiler: SQLCompiler
    private let event: SQL
    /// Events before this count.
    private let end: Int64

    /// Nil where the summaries can't tell: a window with a beginning, a property, or only what was known then.
    init?(_ set: EventSet, _ compiler: SQLCompiler) {
        let interval = compiler.interval(set.window)
        guard compiler.looksAtEach(set), compiler.moment.known == nil, let to = interval.to else { return nil }
        self.compiler = compiler
        event = "(SELECT n.id FROM event_name n WHERE n.name = \(set.event))"
        end = to.milliseconds
    }

    private var people: SQL { "SELECT s.contact_id FROM event_summary s WHERE s.name_id = \(event)" }

    func behaviour(_ bounds: Bounds) -> Crowd {
        switch bounds {
        case .none: crowd("s.first_at < \(end)").complement
        case .some: crowd("s.first_at < \(end)")
        case let bounds where bounds.least == 0: crowd("\(count) > \(bounds.most)").complement
        default: crowd("\(count) \(compiler.within(bounds))")
        }
    }

    private func crowd(_ asked: SQL) -> Crowd {
        Crowd(people: "\(people) AND \(asked)", lookup: "EXISTS (\(people) AND s.contact_id = c.id AND \(asked))")
    }

    /// What is asked of how often it happened, and whether that is true of never.
    func number(_ asked: SQL, ofNothing: Bool) -> Crowd {
        ofNothing ? crowd("NOT (\(count) \(asked))").complement : crowd("\(count) \(asked)")
    }

    /// How often it happened, by person; nobody's number need be more than 0.
    var numbers: SQL { "SELECT s.contact_id, \(count) AS v FROM event_summary s WHERE s.name_id = \(event)" }

    private var count: SQL {
        let rows: SQL = "e.name_id = s.name_id AND e.contact_id = s.contact_id AND e.at < \(end)"
        let faded: SQL = "f.name_id = s.name_id AND f.contact_id = s.contact_id AND f.last_at < \(end)"
        return """
            (CASE WHEN s.last_at < \(end) THEN s.count ELSE (SELECT count(*) FROM event e WHERE \(rows)) \
            + COALESCE((SELECT f.count FROM event_faded f WHERE \(faded)), 0) END)
            """
    }

    /// When the first or the last was, if it was within `wanted`.
    func edge(_ end: WrittenEdge.End, _ wanted: Interval) -> Crowd {
        crowd("s.first_at < \(self.end) AND \(compiler.asks(end == .first ? "s.first_at" : last, wanted))")
    }

    private var last: SQL {
        let rows: SQL = "e.name_id = s.name_id AND e.contact_id = s.contact_id AND e.at < \(end)"
        let faded: SQL = "f.name_id = s.name_id AND f.contact_id = s.contact_id AND f.last_at < \(end)"
        return """
            (CASE WHEN s.last_at < \(end) THEN s.last_at ELSE COALESCE((SELECT max(e.at) FROM event e WHERE \(rows)), \
            (SELECT f.last_at FROM event_faded f WHERE \(faded))) END)
            """
    }
}
