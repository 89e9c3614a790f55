import Model

@testable import Segments

extension Oracle {
    func holds(_ test: WrittenValueTest.Test, _ value: JSONValue?) -> Bool {
        switch test {
        case .known(let known): return (value != nil) == known
        case .compare(.notEqual, let literal): return !equals(literal, value)
        case .compare(.equal, let literal): return equals(literal, value)
        case .compare(let comparison, let literal): return isOrdered(comparison, literal, value)
        case .oneOf(let literals): return literals.contains { equals($0, value) }
        case .match(let match, let literal):
            guard case .text(let wanted) = literal.value else { return false }
            return matches(match, wanted, value)
        case .window(let window): return time(value).map { isIn(window, $0) } ?? false
        case .anniversary(let span): return hasAnniversary(value, days: Int(span.milliseconds / 86_400_000))
        }
    }

    private func equals(_ literal: Literal, _ value: JSONValue?) -> Bool {
        switch (literal.value, value) {
        case (.text(let wanted), .text(let text)?): same(wanted, text)
        case (.number(let wanted), .integer(let own)?): Double(wanted.text) == Double(own)
        case (.number(let wanted), .real(let own)?): Double(wanted.text) == own
        case (.truth(let wanted), .bool(let own)?): wanted == own
        case (.time(let point), _): time(value).map { !isBefore($0, point) && !isAfter($0, point) } ?? false
        default: false
        }
    }

    private func isOrdered(_ comparison: Comparison, _ literal: Literal, _ value: JSONValue?) -> Bool {
        if case .time(let point) = literal.value {
            guard let time = time(value) else { return false }
            switch comparison {
            case .less: return isBefore(time, point)
            case .atMost: return !isAfter(time, point)
            case .greater: return isAfter(time, point)
            default: return !isBefore(time, point)
            }
        }
        guard case .number(let number) = literal.value, let bound = Double(number.text) else { return false }
        let own: Double
        switch value {
        case .integer(let value)?: own = Double(value)
        case .real(let value)?: own = value
        default: return false
        }
        switch comparison {
        case .less: return own < bound
        case .atMost: return own <= bound
        case .greater: return own > bound
        default: return own >= bound
        }
    }

    private func matches(_ match: TextMatch, _ wanted: String, _ value: JSONValue?) -> Bool {
        if case .list(let items)? = value {
            return match == .contains && items.contains { if case .text(let text) = $0 { same(text, wanted) } else { false } }
        }
        guard case .text(let text)? = value else { return false }
        let own = Array(text.unicodeScalars)
        let part = Array(wanted.unicodeScalars)
        switch match {
        case .alike: return same(text.lowercased(), wanted.lowercased())
        case .starts: return Array(own.prefix(part.count)) == part
        case .ends: return Array(own.suffix(part.count)) == part
        case .contains: return own.indices.contains { Array(own[$0...].prefix(part.count)) == part }
        }
    }

    // MARK: - Times

    /// The instant that a text is, or that the day begins with which it is.
    private func time(_ value: JSONValue?) -> Instant? {
        guard case .text(let text)? = value else { return nil }
        if text.utf8.count == 10, let day = CivilDate(iso: text) { return moment.zone.start(of: day) }
        guard text.utf8.count == 24, let instant = Instant(iso: text), instant.canonical == text else { return nil }
        return instant
    }

    private func hasAnniversary(_ value: JSONValue?, days: Int) -> Bool {
        guard let time = time(value) else { return false }
        let born = moment.zone.date(at: time)
        let today = moment.zone.date(at: moment.at)
        return (0..<days).contains { number in
            let day = today.adding(days: number)
            guard day.year > born.year else { return false }
            if (day.month, day.day) == (born.month, born.day) { return true }
            return (born.month, born.day) == (2, 29) && (day.month, day.day) == (2, 28) && !CivilDate.isLeap(day.year)
        }
    }

    private func day(_ instant: Instant) -> CivilDate { moment.zone.date(at: instant) }

    private func isBefore(_ instant: Instant, _ point: TimePoint) -> Bool {
        if let day = point.day { return self.day(instant) < day }
        return moment.zone.instant(reading: point.text).map { instant < $0 } ?? false
    }

    private func isAfter(_ instant: Instant, _ point: TimePoint) -> Bool {
        if let day = point.day { return self.day(instant) > day }
        return moment.zone.instant(reading: point.text).map { instant > $0 } ?? false
    }

    func isIn(_ window: Window?, _ instant: Instant) -> Bool {
        let ago = moment.at.milliseconds - instant.milliseconds
        let today = day(moment.at)
        switch window {
        case nil: return true
        case .last(let span): return ago > 0 && ago <= span.milliseconds
        case .next(let span): return ago <= 0 && -ago < span.milliseconds
        case .ago(let from, let to): return ago <= from.milliseconds && ago > to.milliseconds
        case .longerAgo(let span): return ago > span.milliseconds
        case .today: return day(instant) == today
        case .thisMonth: return (day(instant).year, day(instant).month) == (today.year, today.month)
        case .lastMonth:
            let (year, month) = today.month == 1 ? (today.year - 1, 12) : (today.year, today.month - 1)
            return (day(instant).year, day(instant).month) == (year, month)
        case .daysFromNow(let days): return day(instant) == today.adding(days: days)
        case .before(let point): return isBefore(instant, point)
        case .after(let point): return isAfter(instant, point)
        case .between(let first, let last):
            if isBefore(instant, first) { return false }
            return last.day == nil ? isBefore(instant, last) : !isAfter(instant, last)
        case .on(let point): return !isBefore(instant, point) && !isAfter(instant, point)
        case .upTo(let point): return !isAfter(instant, point)
        case .from(let point): return !isBefore(instant, point)
        }
    }
}
