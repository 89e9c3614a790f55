import Diagnostics
import Model

extension Parser {
    /// A window if one starts here.
    mutating func window(after what: String) throws(Diagnostic) -> Window? {
        guard case .word(let word) = current.kind else { return nil }
        switch word {
        case "in":
            advance()
            guard current.isWord("last") else {
                throw error("`in` after \(what) is followed by `last`, not \(shown(current))", current.span, hint: "write: in last 7 days")
            }
            advance()
            return .last(try span())
        case "today":
            advance()
            return .today
        case "this", "last":
            advance()
            try expect("month", after: "`\(word)`")
            return word == "this" ? .thisMonth : .lastMonth
        case "before":
            advance()
            return .before(try time())
        case "after":
            advance()
            return .after(try time())
        case "between":
            advance()
            return try between()
        case "more", "less":
            if let mistake = countedByComparison() { throw mistake }
            advance()
            let start = lastSpan
            try expect("than", after: "`\(word)`")
            let span = try span()
            try expect("ago", after: "the time")
            if word == "less" {
                throw error("`less than` is not a form of the language", start.union(lastSpan), hint: "write: in last \(span)")
            }
            return .longerAgo(span)
        default: return nil
        }
    }

    /// `more than 3 times`, which times are not counted by.
    private func countedByComparison() -> Diagnostic? {
        guard peek().isWord("than"), case .number(let written) = peek(2).kind, peek(3).isWord("times") || peek(3).isWord("time") else {
            return nil
        }
        let isMore = current.isWord("more")
        var hint = isMore ? "write: at least 4 times" : "write: at most 2 times"
        if case .integer(let count) = written.value, (1..<1_000_000_000).contains(count) {
            let bound = isMore ? count + 1 : count - 1
            hint = "write: at \(isMore ? "least" : "most") \(bound) time\(bound == 1 ? "" : "s")"
        }
        return error("`\(isMore ? "more" : "less") than` is said of time, not of how often", current.span.union(peek(3).span), hint: hint)
    }

    private mutating func between() throws(Diagnostic) -> Window {
        let start = current.span
        guard case .number = current.kind else {
            let first = try time()
            try expect("and", after: "the first date")
            let last = try time()

            if last.precedes(first) || first.day == nil && first == last {
                throw error("nothing lies between these", start.union(lastSpan), hint: "the earlier date comes first")
            }
            return .between(first, last)
        }
        // `between 90 and 30 days ago`: the unit may stand once, or after each number.
        let first = try wholeNumber()
        let firstUnit = try unit(required: false)
        try expect("and", after: "the first number")
        let second = try wholeNumber()
        let secondUnit = try unit(required: true) ?? .day
        try expect("ago", after: "the time")
        let span = start.union(lastSpan)
        guard let from = TimeSpan(first, firstUnit ?? secondUnit), let to = TimeSpan(second, secondUnit) else {
            throw error("longer than a hundred years", span)
        }
        guard from.milliseconds > to.milliseconds else {
            throw error("nothing lies between these", span, hint: "the longer time ago comes first: between 90 and 30 days ago")
        }
        return .ago(from: from, to: to)
    }

    private mutating func time() throws(Diagnostic) -> TimePoint {
        let token = current
        switch token.kind {
        case .time(let time):
            advance()
            return time
        case .text: throw error("a date is expected, not a text", token.span, hint: "dates are written without quotes: 2026-01-31")
        default: throw error("a date is expected, not \(shown(token))", token.span, hint: "dates are written 2026-01-31")
        }
    }

    /// `7 days`
    mutating func span() throws(Diagnostic) -> TimeSpan {
        let start = current.span
        let count = try wholeNumber()
        let unit = try unit(required: true) ?? .day
        guard count > 0 else { throw error("no time at all", start.union(lastSpan), hint: "`today` is a form of the language") }
        guard let span = TimeSpan(count, unit) else { throw error("longer than a hundred years", start.union(lastSpan)) }
        return span
    }

    private mutating func wholeNumber() throws(Diagnostic) -> Int {
        guard case .number(let number) = current.kind, case .integer(let value) = number.value, value >= 0 else {
            throw error("a whole number is expected, not \(shown(current))", current.span, hint: "such as: 7 days")
        }
        advance()
        return Int(value)
    }

    private mutating func unit(required: Bool) throws(Diagnostic) -> TimeSpan.Unit? {
        guard case .word(let word) = current.kind else {
            if !required { return nil }
            throw error("a unit of time is expected, not \(shown(current))", current.span, hint: "such as: 7 days")
        }
        if let unit = TimeSpan.Unit(word: word), unit.rawValue == word || unit.rawValue + "s" == word {
            advance()
            return unit
        }
        if word == "and", !required { return nil }
        if ["month", "months", "year", "years"].contains(word) {
            throw error("a \(word.hasPrefix("m") ? "month" : "year") has no fixed length", current.span, hint: "say it in days")
        }
        let units = TimeSpan.Unit.allCases.map { $0.rawValue + "s" }
        throw error(
            "a unit of time is expected, not \(shown(current))", current.span,
            hint: suggestion(for: word, among: units) ?? "known are \(units.joined(separator: ", "))")
    }
}
