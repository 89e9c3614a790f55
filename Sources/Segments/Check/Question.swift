package import Database
package import Diagnostics
package import Model

/// What only the data can answer: whether a text is spelt as the data spells it, whether a sum mixes currencies, how many
/// values are unknown.
struct Question: Sendable {
    enum Kind: Sendable {
        /// `country = "it"`: of a contact, or of an event's property.
        case spelling(Operand, event: String?, text: String)
        /// Adds up a property that events hold in some currency.
        case currency(Amount)
        /// `plan != "free"` includes those whose plan is unknown.
        case unknown(Operand)
        /// Asks events that may no longer be kept.
        case reach(EventSet, Need)
    }

    /// What has to be known of events for an answer.
    enum Need: Equatable, Sendable {
        /// Each of them.
        case each
        /// Whether there is one: of those no longer kept, when the first and the last was.
        case one
        /// How often, when first and when last: of those no longer kept, where the window holds all of them.
        case sum
        /// What their numbers come to: of those no longer kept, where a sum of that property is kept, and as with ``sum``.
        case total(String)
    }

    var kind: Kind
    var name: String
    var source: SourceText
    var span: Span

}

/// How events of amounts say in which currency they are.
package enum Currency {
    package static let property = "currency"
}

extension SegmentPlan {
    /// Mistakes that show only in the data, which make the answer meaningless: sums over two currencies. Cheap where no event
    /// names a currency.
    package func mistakes(in session: any SQLSession, at moment: Moment) throws -> [Diagnostic] {
        try questions.compactMap { question in
            guard case .currency(let amount) = question.kind else { return nil }
            return try mixed(amount, question, in: session, at: moment)
        }
    }

    /// Tests of texts that nobody passes, where somebody would but for case or blanks. Reads all people once for each.
    package func misspellings(in session: any SQLSession, at moment: Moment) throws -> [Diagnostic] {
        try questions.compactMap { question in
            guard case .spelling(let operand, let event, let text) = question.kind else { return nil }
            let compiler = SQLCompiler(dialect: session.dialect, moment: .now(moment.at, zone: moment.zone))
            return try compiler.likeness(of: text, operand, event: event, in: session).map { (other, count) in
                Diagnostic(
                    .warning, "nobody's \(question.name) is \(Lexer.quoted(text)); that of \(count) is \(Lexer.quoted(other))",
                    in: question.source, at: question.span, hint: "write \(Lexer.quoted(other)), or ~= to ignore case")
            }
        }
    }

    /// Warnings about events that are asked for and no longer kept: only their sums are.
    ///
    /// - Parameter coming: Since when events will be kept, by name, once a prune is done that is being thought of.
    package func shortfalls(
        in session: any SQLSession, at moment: Moment, coming: [String: Instant] = [:]
    ) throws -> [Diagnostic] {
        var told: Set<String> = []
        let compiler = SQLCompiler(dialect: session.dialect, moment: moment)
        return try questions.compactMap { question in
            guard case .reach(let set, let need) = question.kind, !told.contains(set.event) else { return nil }
            let sql: SQL = "SELECT h.kept_since FROM event_horizon h JOIN event_name n ON n.id = h.name_id WHERE n.name = \(set.event)"
            let horizon = try session.first(sql) { Instant(milliseconds: $0.integer(0)) }
            guard let end = [horizon, coming[set.event]].compactMap({ $0 }).max() else { return nil }
            guard let since = try compiler.lacks(need, set, keptSince: end, coming: coming[set.event], in: session) else { return nil }
            told.insert(set.event)
            return Diagnostic(
                .warning, "each \"\(set.event)\" is kept since \(moment.zone.date(at: since)) only: older ones do not count here",
                in: question.source, at: question.span, hint: "ask for a shorter time, or keep them longer: retention in pitwall.yaml")
        }
    }

    /// For each attribute that `!=` is asked of: how many are in the segment of whom it is unknown.
    package func unknowns(in session: any SQLSession, at moment: Moment) throws -> [(name: String, count: Int)] {
        let compiler = SQLCompiler(dialect: session.dialect, moment: moment)
        var found: [(name: String, count: Int)] = []
        for question in questions {
            guard case .unknown(let operand) = question.kind, !found.contains(where: { $0.name == question.name }) else { continue }
            let unknown = compiler.expression(.all([condition, .not(.value(operand, .known))]))
            found.append((question.name, try session.count("SELECT count(*) FROM contact c WHERE \(unknown)")))
        }
        return found
    }

    /// For each attribute that is asked for at another time than now: of how many people it is known, and was not then.
    package func unheard(in session: any SQLSession, at moment: Moment) throws -> [(name: String, count: Int)] {
        guard !moment.isPresent else { return [] }
        let now = SQLCompiler(dialect: session.dialect, moment: .now(moment.at, zone: moment.zone))
        let then = SQLCompiler(dialect: session.dialect, moment: moment)
        let names = condition.all.compactMap { condition in
            if case .value(.attribute(let name), _) = condition { name } else { nil }
        }
        return try Set(names).sorted().map { name in
            let known = Condition.value(.attribute(name), .known)
            let unheard: SQL = "(\(now.expression(known))) AND (\(then.expression(.not(known))))"
            return (name, try session.count("SELECT count(*) FROM contact c WHERE \(unheard)"))
        }.filter { $0.count > 0 }
    }

    private func mixed(_ amount: Amount, _ question: Question, in session: any SQLSession, at moment: Moment) throws -> Diagnostic? {
        // Most events know one currency or none: then no event need be read.
        let known: SQL = "FROM event_currency k JOIN event_name n ON n.id = k.name_id WHERE n.name = \(amount.events.event)"
        guard try session.count("SELECT count(*) \(known)") > 1 else { return nil }
        let compiler = SQLCompiler(dialect: session.dialect, moment: moment)
        var found = Set(try session.all(compiler.currencies(of: amount)) { $0.text(0) })
        if let sums = KeptSumSQL(amount, compiler) {
            let ends = try session.first(sums.currencies) { [$0.optionalText(0), $0.optionalText(1)].compactMap { $0 } }
            found.formUnion(ends ?? [])
        }
        let currencies = found.sorted()
        guard currencies.count > 1, let first = currencies.first else { return nil }
        let name = "\(amount.function.rawValue) of \(question.name)"
        let more = currencies.count > 2 ? " and more" : ""
        return Diagnostic(
            .error, "\(name) is over several currencies: \(currencies.prefix(2).joined(separator: ", "))\(more)", in: question.source,
            at: question.span, hint: "choose one: \(question.name) where (\(Currency.property) = \(Lexer.quoted(first)))")
    }
}

extension SQLCompiler {
    /// Since when the events are there that an answer needs; nil where all are.
    fileprivate func lacks(
        _ need: Question.Need, _ set: EventSet, keptSince since: Instant, coming: Instant?, in session: any SQLSession
    ) throws -> Instant? {
        func falls(short need: Question.Need, keptSince since: Instant) throws -> Bool {
            try self.falls(short: need, set, keptSince: since, coming: coming, in: session)
        }
        guard case .total(let property) = need else { return try falls(short: need, keptSince: since) ? since : nil }
        guard let start = try session.first(KeptSumSQL.since(set.event, property), { $0.optionalInteger(0) }) else {
            return try falls(short: .each, keptSince: since) ? since : nil
        }
        // A sum knows nothing of events that were no longer kept when it began.
        if let start = start.map({ Instant(milliseconds: $0) }), try falls(short: .each, keptSince: start) {
            return start
        }
        return try falls(short: .sum, keptSince: since) ? since : nil
    }

    /// Whether events that are no longer kept, or will not be once those before `coming` are dropped, would change the answer, for all
    /// that is known.
    fileprivate func falls(
        short need: Question.Need, _ set: EventSet, keptSince since: Instant, coming: Instant?, in session: any SQLSession
    ) throws -> Bool {
        let interval = interval(set.window)
        guard interval.from.map({ $0 < since }) ?? true else { return false }
        if need == .each { return true }
        // All of them are before the horizon, so in a window that ends after it only its beginning can divide them.
        if moment.known == nil, interval.to.map({ $0 >= since }) ?? true { return false }
        return try session.first("SELECT 1 \(FadedSQL.doubtful(set, need, self, coming: coming)) LIMIT 1") { _ in true } ?? false
    }

    /// A hint is looked for in so many events of a name, the newest.
    private static let mostLookedAt = 200_000

    /// A text that occurs, equal to `text` but for case and blanks, and how often; nil where `text` itself occurs.
    fileprivate func likeness(of text: String, _ operand: Operand, event: String?, in session: any SQLSession) throws -> (String, Int)? {
        let rows: SQL =
            event.map { "FROM event e WHERE \(isIn(EventSet(event: $0))) AND " } ?? "FROM contact c WHERE "
        let exact = try session.first("SELECT 1 \(rows)\(expression(.value(operand, .texts([text])))) LIMIT 1") { _ in true }
        if exact == true { return nil }
        let own: SQL =
            switch operand {
            case .email: "c.email"
            case .attribute(let name): dialect.jsonMember("c.attributes", name)
            case .property(let name): dialect.jsonMember("\(row).properties", name)
            }
        let isText: SQL =
            switch operand {
            case .email: "c.email IS NOT NULL"
            case .attribute(let name): "\(dialect.jsonKind("c.attributes", name)) = 'text'"
            case .property(let name): "\(dialect.jsonKind("\(row).properties", name)) = 'text'"
            }
        let whose: SQL = event == nil ? "count(*)" : "count(DISTINCT e.contact_id)"
        let plain = text.lowercased().replacing(" ", with: "")
        let packed: SQL = "replace(\(own), ' ', '')"
        // A database's own lower case is a tenth of the time, and differs only outside ASCII.
        let folded: SQL = plain.allSatisfy(\.isASCII) ? "lower(\(packed))" : dialect.folded(packed)
        let among: SQL =
            event.map { event in
                """
                FROM (SELECT e.contact_id, e.properties FROM event e WHERE \(isIn(EventSet(event: event))) \
                ORDER BY e.at DESC LIMIT \(Self.mostLookedAt)) e WHERE
                """
            } ?? "FROM contact c WHERE"
        let sql: SQL = "SELECT \(own), \(whose) \(among) \(isText) AND \(folded) = \(plain) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
        return try session.first(sql) { ($0.text(0), Int($0.integer(1))) }
    }

    /// Up to three of the currencies of what is added up.
    fileprivate func currencies(of amount: Amount) -> SQL {
        let column = "\(row).properties"
        let hasNumber: SQL = amount.property.map { "\(dialect.jsonKind(column, $0)) IN ('integer', 'real')" } ?? "1 = 1"
        return """
            SELECT DISTINCT \(dialect.jsonMember(column, Currency.property)) FROM event \(raw: row) WHERE \(isIn(amount.events)) \
            AND \(dialect.jsonKind(column, Currency.property)) = 'text' AND \(hasNumber) LIMIT 3
            """
    }
}
