import Database
import Model

/// Tests of one value, in SQL: of a member of a JSON object, or of a plain text column.
struct ValueSQL {
    enum Column {
        case text(String)
        case member(String, String)
    }

    let column: Column
    let dialect: any Dialect
    let moment: Moment

    func expression(_ test: ValueTest) -> SQL {
        switch test {
        case .known: return known
        case .texts(let texts): return isText(among: texts)
        case .numbers(let numbers):
            let list = numbers.map { "\($0.sql)" as SQL }
            return number { list.count == 1 ? "\($0) = \(list[0])" : "\($0) IN (\(list.joined(separator: ", ")))" }
        case .truth(let truth): return isKind(truth ? "true" : "false")
        case .order(let order, let bound): return number { "\($0) \(raw: order.rawValue) \(bound.sql)" }
        case .match(let match, let text): return matches(match, text)
        case .within(let window): return within(window)
        case .anniversary(let days): return anniversary(days: days)
        case .language(let tag):
            let own = dialect.folded(text)
            return textual("(\(own) = \(tag) OR \(starts(own, with: "\(tag)-")))")
        }
    }

    // MARK: - Kinds

    /// The value as text; what it is where it is no text does not matter to its users.
    private var text: SQL {
        switch column {
        case .text(let column): SQL(raw: column)
        case .member(let column, let name): dialect.jsonMember(column, name)
        }
    }

    private var kind: SQL? {
        switch column {
        case .text: nil
        case .member(let column, let name): dialect.jsonKind(column, name)
        }
    }

    private var known: SQL {
        kind.map { "\($0) <> 'null'" } ?? "\(text) IS NOT NULL"
    }

    private func isKind(_ word: String) -> SQL {
        kind.map { "\($0) = '\(raw: word)'" } ?? "1 = 0"
    }

    /// `condition`, of texts only. It comes first: it fails oftener, and is cheaper.
    private func textual(_ condition: SQL) -> SQL {
        kind.map { "(\(condition) AND \($0) = 'text')" } ?? condition
    }

    /// A condition of the value as a number, not true where it is none. `NUMERIC` is exact in both databases.
    private func number(_ condition: (SQL) -> SQL) -> SQL {
        guard let kind else { return "1 = 0" }
        return "CASE WHEN \(kind) IN ('integer', 'real') THEN \(condition("CAST(\(text) AS NUMERIC)")) END"
    }

    // MARK: - Texts

    private func isText(among texts: [String]) -> SQL {
        let list = texts.map { "\($0)" as SQL }
        let test = textual(list.count == 1 ? "\(text) = \(list[0])" : "\(text) IN (\(list.joined(separator: ", ")))")
        guard let first = mention(of: texts) else { return test }
        return "(\(first) AND \(test))"
    }

    /// Holds of every object that has one of the texts. To look for its signs takes a third of the time that reading a member does.
    private func mention(of texts: [String]) -> SQL? {
        guard case .member(let column, _) = column, texts.count < 4 else { return nil }
        let mentions = texts.compactMap { dialect.jsonMentions(column, JSONValue.text($0).json) }
        guard mentions.count == texts.count else { return nil }
        return mentions.count == 1 ? mentions[0] : "(\(mentions.joined(separator: " OR ")))"
    }

    private func matches(_ match: TextMatch, _ wanted: String) -> SQL {
        let length = wanted.unicodeScalars.count
        switch match {
        case .contains:
            if case .member(let column, let name) = column { return dialect.jsonContains(column, name, wanted) }
            return "replace(\(text), \(wanted), '') <> \(text)"
        case .starts: return textual(starts(text, with: wanted))
        case .ends:
            return textual("(length(\(text)) >= \(length) AND substr(\(text), length(\(text)) - \(raw: "\(length - 1)")) = \(wanted))")
        case .alike: return textual("\(dialect.folded(text)) = \(wanted.lowercased())")
        }
    }

    private func starts(_ text: SQL, with wanted: String) -> SQL {
        "substr(\(text), 1, \(raw: "\(wanted.unicodeScalars.count)")) = \(wanted)"
    }

    // MARK: - Times

    /// Compared as text: instants and days have one width each, and their bounds keep out what is neither. The first test is
    /// implied by the others; most values fail it, and reading a member is what costs.
    private func within(_ window: Window) -> SQL {
        let texts = TimeTexts(window.interval(at: moment.at, zone: moment.zone), zone: moment.zone)
        return """
            (\(isIn(texts.both)) AND CASE length(\(text)) \
            WHEN 24 THEN \(isIn(texts.instants)) AND \(text) LIKE '\(raw: TimeTexts.instantShape)' \
            WHEN 10 THEN \(isIn(texts.days)) AND \(text) LIKE '\(raw: TimeTexts.dayShape)' END)
            """
    }

    private func isIn(_ range: TextRange) -> SQL {
        "\(text) >= \(range.from) AND \(text) \(raw: range.includesLast ? "<=" : "<") \(range.to)"
    }

    private func anniversary(days: Int) -> SQL {
        let runs = AnniversaryDays.runs(from: moment.zone.date(at: moment.at), count: days)
        let monthDay: SQL = "substr(\(text), 6)"
        let ofDays = runs.map { run -> SQL in
            let end: SQL = run.endMonthDay.map { " AND \(monthDay) < \($0)" } ?? ""
            return "\(monthDay) >= \(run.firstMonthDay)\(end) AND \(isIn(run.earlierYears))"
        }
        let ofInstants = runs.flatMap { instants(in: $0.instants(in: moment.zone)) }
        return """
            CASE length(\(text)) \
            WHEN 10 THEN \(text) LIKE '\(raw: TimeTexts.dayShape)' AND (\(either(ofDays))) \
            WHEN 24 THEN \(text) LIKE '\(raw: TimeTexts.instantShape)' AND (\(either(ofInstants))) END
            """
    }

    /// A range for each of a hundred years; most years begin and end the days at the same time of the year in Greenwich, so
    /// they are asked together. Where the year turns within the range, it stands alone.
    private func instants(in ranges: [TextRange]) -> [SQL] {
        var alone: [SQL] = []
        var years: [TextRange: [SQL]] = [:]
        var order: [TextRange] = []
        for range in ranges {
            guard range.from.prefix(4) == range.to.prefix(4) else {
                alone.append(isIn(range))
                continue
            }
            let part = TextRange(from: String(range.from.dropFirst(5)), to: String(range.to.dropFirst(5)))
            if years[part] == nil { order.append(part) }
            years[part, default: []].append("\(String(range.from.prefix(4)))")
        }
        return order.map { part in
            let inYear: SQL = "substr(\(text), 1, 4) IN (\((years[part] ?? []).joined(separator: ", ")))"
            return "substr(\(text), 6) >= \(part.from) AND substr(\(text), 6) < \(part.to) AND \(inYear)"
        } + alone
    }

    private func either(_ conditions: [SQL]) -> SQL {
        conditions.isEmpty ? "1 = 0" : conditions.joined(separator: " OR ")
    }
}

extension Number {
    fileprivate var sql: SQLValue {
        switch value {
        case .integer(let value): .integer(value)
        case .real(let value): .real(value)
        default: .null
        }
    }
}
