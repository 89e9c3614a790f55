import Database
import Model

// MARK: - Sequences

extension SQLCompiler {
    /// Looks, from each first event on, into the same person's second events, which lie together in time; or goes through both in their
    /// order of time, which is less where there are not far more second events than first ones.
    func sequence(_ sequence: EventSequence) -> Crowd {
        let first: SQL = "\(of("a").isIn(sequence.first))\(sequence.negated ? over(sequence) : "")"
        let pairs: SQL = "SELECT a.contact_id FROM event a WHERE \(first)\(has(sequence.same)) AND \(follows(sequence))"
        guard let walk = walk(sequence, first) else { return Crowd(people: pairs, isDistinct: false) }
        return Crowd(people: "\(walk) UNION ALL \(pairs) AND NOT \(isWorthWalking(sequence))", isDistinct: false)
    }

    /// Who lacks what ties the two, who is asked for a property, and an event that may follow itself are left to ``follows(_:)``.
    private func walk(_ sequence: EventSequence, _ first: SQL) -> SQL? {
        let (one, other) = (sequence.first, sequence.second)
        guard !one.event.isExactly(other.event), sequence.same == nil, one.filter == nil, other.filter == nil else { return nil }
        // What is before all of the first events, or too long after them, need not be read.
        let firsts = interval(one.window)
        var reach = interval(other.window)
        reach.from = firsts.from
        if let to = firsts.to?.advanced(byMilliseconds: sequence.within.milliseconds) { reach.to = reach.to.map { min($0, to) } ?? to }
        return dialect.following(
            "FROM event a WHERE \(first)", "FROM event b WHERE \(of("b").named(other))\(times("b", reach))",
            within: sequence.within.milliseconds, negated: sequence.negated, where: isWorthWalking(sequence))
    }

    /// Asked once. To look for a second event takes about four times as long as to read one.
    private func isWorthWalking(_ sequence: EventSequence) -> SQL {
        """
        EXISTS (SELECT 1 FROM event_name f JOIN event_name s ON s.name = \(sequence.second.event) \
        WHERE f.name = \(sequence.first.event) AND s.events < 4 * f.events)
        """
    }

    private func follows(_ sequence: EventSequence) -> SQL {
        // Where the index does not answer alone, the sign makes databases go by the person, not by the name and the time.
        let isInIndex = sequence.second.filter == nil && sequence.same == nil && moment.known == nil
        var second: SQL = "b.contact_id = a.contact_id AND \(of(isInIndex ? "b" : "+b").named(sequence.second))"
        second += " AND b.at >= a.at AND b.at < a.at + \(sequence.within.milliseconds)"
        // The sign keeps databases from reading on to the moment where the time to follow is shorter.
        second += times("+b", interval(sequence.second.window))
        if let filter = sequence.second.filter { second += " AND \(of("b").expression(filter))" }
        if sequence.first.event.isExactly(sequence.second.event) { second += " AND (b.at <> a.at OR b.id <> a.id)" }
        if let same = sequence.same {
            second += " AND \(dialect.jsonIdentity("b.properties", same)) = \(dialect.jsonIdentity("a.properties", same))"
        }
        return "\(raw: sequence.negated ? "NOT " : "")EXISTS (SELECT 1 FROM event b WHERE \(second))"
    }

    private func has(_ property: String?) -> SQL {
        property.map { " AND \(dialect.jsonIdentity("a.properties", $0)) IS NOT NULL" } ?? ""
    }

    /// The time in which the second could have followed has passed.
    private func over(_ sequence: EventSequence) -> SQL {
        " AND a.at <= \(moment.at.advanced(byMilliseconds: -sequence.within.milliseconds).milliseconds)"
    }
}

// MARK: - Amounts

extension SQLCompiler {
    func amount(_ test: AmountTest) -> Crowd {
        let amount = test.amount
        switch test.test {
        case .top(let share):
            return Crowd(people: "SELECT q.contact_id FROM (\(ranked(amount))) q WHERE \(isAmongFirst(share))")
        case .compare(let order, let bound):
            let holdsOfNothing = amount.ofNothing.map { order.holds($0, bound) } ?? false
            let asked: SQL = "\(raw: order.rawValue) \(self.bound(bound, of: amount))"
            if amount.property == nil, let sums = SummarySQL(amount.events, self) {
                return sums.number(asked, ofNothing: holdsOfNothing)
            }
            func wanted(_ value: SQL) -> SQL { holdsOfNothing ? "NOT (\(value) \(asked))" : "\(value) \(asked)" }
            let sums = KeptSumSQL(amount, self)
            var people = amounting(amount, holdsOfNothing ? order.negated : order, bound, unless: sums)
            if people == nil {
                let (rows, value) = value(of: amount, unless: sums)
                people = "SELECT e.contact_id \(rows) GROUP BY e.contact_id HAVING \(wanted(value))"
            }
            let found = [sums?.people(wanted), people].compactMap { $0 }
            return Crowd(people: found.joined(separator: " UNION ALL "), others: holdsOfNothing)
        }
    }

    /// Nil where no decimals are compared.
    private func amounting(_ amount: Amount, _ order: AmountTest.Order?, _ bound: ExactDecimal, unless sums: KeptSumSQL?) -> SQL? {
        guard let order, let property = amount.property, let function = amount.decimalFunction else { return nil }
        let aggregate = DecimalAggregate(function, "e.properties", property)
        return dialect.amounting("e.contact_id", rows(of: amount, unless: sums), aggregate, order, bound)
    }

    /// Rows `e`; none where the sums answer.
    private func rows(of amount: Amount, unless sums: KeptSumSQL?) -> SQL {
        let unless: SQL = sums.map { " AND NOT \($0.isKept)" } ?? ""
        return "FROM event e WHERE \(isIn(amount.events))\(unless)"
    }

    /// Rows `e`, and an aggregate over them.
    private func value(of amount: Amount, unless sums: KeptSumSQL?) -> (rows: SQL, number: SQL) {
        guard let property = amount.property else { return numbers(of: amount.events) }
        let rows = rows(of: amount, unless: sums)
        if let function = amount.decimalFunction { return (rows, dialect.jsonAggregate(function, "e.properties", property)) }
        return (rows, "count(DISTINCT \(dialect.jsonIdentity("e.properties", property)))")
    }

    /// Numbers of events are whole numbers of the database; a bound between two of them is compared as it is.
    private func bound(_ bound: ExactDecimal, of amount: Amount) -> SQL {
        if amount.decimalFunction != nil { return dialect.decimal(bound) }
        if let whole = Int64(bound.description) { return "\(whole)" }
        return "\(Double(bound.description) ?? 0)"
    }

    // MARK: Rankings

    /// Everybody who has the value, with the value, how many are ahead and how many there are.
    private func ranked(_ amount: Amount) -> SQL {
        let known: SQL = amount.ofNothing == nil ? " WHERE r.v IS NOT NULL" : amount.property == nil ? " WHERE r.v > 0" : ""
        return """
            SELECT r.contact_id, r.v, rank() OVER (ORDER BY r.v DESC) - 1 AS ahead, count(*) OVER () AS people \
            FROM (\(values(of: amount))) r\(known)
            """
    }

    private func values(of amount: Amount) -> SQL {
        if amount.property == nil, let sums = SummarySQL(amount.events, self) { return sums.numbers }
        let sums = KeptSumSQL(amount, self)
        let (rows, value) = value(of: amount, unless: sums)
        let events: SQL = "SELECT e.contact_id, \(value) AS v \(rows) GROUP BY e.contact_id"
        return sums.map { "\($0.values) UNION ALL \(events)" } ?? events
    }

    private func isAmongFirst(_ share: Share) -> SQL {
        "q.ahead * \(share.whole) < q.people * \(share.parts)"
    }

    /// One row, of the least value that is still in.
    func last(of ranking: Standings.Ranking) -> SQL {
        "SELECT min(q.v) FROM (\(ranked(ranking.amount))) q WHERE \(isAmongFirst(ranking.share))"
    }
}

// MARK: - First and last

extension SQLCompiler {
    /// Nil where a property of the first or the last is asked: see ``outermost(_:)``.
    func edge(_ edge: Edge) -> Crowd? {
        guard case .time(let window) = edge.test else { return nil }
        if let sums = SummarySQL(edge.events, self) { return sums.edge(edge.end, interval(window)) }
        let rows: SQL = FadedSQL(edge.events, self).map { "(\($0.times(edge.end))) e" } ?? "event e WHERE \(isIn(edge.events))"
        let time: SQL = edge.end == .first ? "min(e.at)" : "max(e.at)"
        return Crowd(people: "SELECT e.contact_id FROM \(rows) GROUP BY e.contact_id HAVING \(asks(time, interval(window)))")
    }

    func outermost(_ edge: Edge) -> SQL {
        guard case .property(let name, let test) = edge.test else { return "1 = 0" }
        let outermost: SQL = edge.end == .first ? "min" : "max"
        let held = ValueSQL(column: .member("e.properties", name), dialect: dialect, moment: moment).expression(test)
        if looksAtEach(edge.events) {
            // The outer row is bound by its time alone: with a range beside it, SQLite reads all events up to the moment.
            return """
                EXISTS (SELECT 1 FROM event e WHERE e.contact_id = c.id AND \(named(edge.events))\(times("e", .ever)) AND e.at = \
                (SELECT \(outermost)(x.at) FROM event x WHERE x.contact_id = c.id AND \(of("x").isIn(edge.events))) AND \(held))
                """
        }
        // Asked once, since it may be long: a second time would double the statement.
        return """
            c.id IN (SELECT e.contact_id FROM (SELECT y.contact_id, y.properties, y.at, \
            \(outermost)(y.at) OVER (PARTITION BY y.contact_id) AS outermost FROM event y WHERE \(of("y").isIn(edge.events))) e \
            WHERE e.at = e.outermost AND \(held))
            """
    }

    func asks(_ time: SQL, _ interval: Interval) -> SQL {
        switch (interval.from, interval.to) {
        case (nil, nil): "\(time) IS NOT NULL"
        case (nil, let to?): "\(time) < \(to.milliseconds)"
        case (let from?, nil): "\(time) >= \(from.milliseconds)"
        case (let from?, let to?): "\(time) BETWEEN \(from.milliseconds) AND \(to.milliseconds - 1)"
        }
    }
}

// MARK: - Messages

extension SQLCompiler {
    func engagement(_ engagement: Engagement) -> SQL {
        switch engagement.kind {
        case .sent(let bounds): return asks("FROM delivery d WHERE \(messages(engagement))", bounds)
        case .reaction(let kind, let bounds):
            let own: SQL = "FROM engagement g WHERE g.contact_id = c.id AND g.kind = \(kind.rawValue) AND g.known = 1"
            let rest: SQL = "\(times("g", interval(engagement.window)))\(campaign("g", engagement))\(link(engagement))"
            return asks("\(own)\(rest)", bounds)
        case .missed(let kind):
            let messages = messages(engagement)
            let of: SQL = """
                FROM engagement g WHERE g.contact_id = d.contact_id AND g.kind = \(kind.rawValue) AND g.campaign_id = d.campaign_id \
                AND g.step = d.step AND g.entry = d.entry\(times("g", Interval.ever.upTo(moment.at)))\(link(engagement))
                """
            return """
                (EXISTS (SELECT 1 FROM delivery d WHERE \(messages) AND d.\(raw: Self.tracked(kind)) = 1 AND NOT EXISTS (SELECT 1 \(of))) \
                AND NOT EXISTS (SELECT 1 FROM delivery d WHERE \(messages) AND EXISTS (SELECT 1 \(of) AND g.known = 1)))
                """
        }
    }

    private static func tracked(_ kind: Reaction.Kind) -> String {
        kind == .click ? "tracks_clicks" : "tracks_opens"
    }

    /// Rows `d` of the ledger: what was handed over and not refused. When it was is when we learned of it.
    private func messages(_ engagement: Engagement) -> SQL {
        var sql: SQL = "d.contact_id = c.id AND d.step >= 0 AND d.state IN (1, 2, 4) AND d.handed_at IS NOT NULL"
        let interval = interval(engagement.window)
        if let from = interval.from { sql += " AND d.handed_at >= \(from.milliseconds)" }
        if let to = interval.to { sql += " AND d.handed_at < \(to.milliseconds)" }
        if let known = moment.known { sql += " AND d.handed_at <= \(known.milliseconds)" }
        return sql + campaign("d", engagement)
    }

    private func campaign(_ table: String, _ engagement: Engagement) -> SQL {
        engagement.campaign.map { " AND \(raw: table).campaign_id = (SELECT k.id FROM campaign k WHERE k.name = \($0))" } ?? ""
    }

    private func link(_ engagement: Engagement) -> SQL {
        engagement.link.map { " AND replace(g.url, \($0), '') <> g.url" } ?? ""
    }

    private func asks(_ rows: SQL, _ bounds: Bounds) -> SQL {
        switch bounds {
        case .none: "NOT EXISTS (SELECT 1 \(rows))"
        case .some: "EXISTS (SELECT 1 \(rows))"
        default: "(SELECT count(*) \(rows)) \(within(bounds))"
        }
    }
}
