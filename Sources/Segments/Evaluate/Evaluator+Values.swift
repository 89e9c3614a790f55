import Model

extension Evaluator {
    /// False where the value is unknown or of another kind than the test is about.
    func holds(_ test: ValueTest, value: JSONValue?) -> Bool {
        guard let value, value != .null else { return false }
        switch test {
        case .known: return true
        case .texts(let texts): return value.text.map { text in texts.contains { $0.isExactly(text) } } ?? false
        case .numbers(let numbers): return value.double.map { number in numbers.contains { $0.value.double == number } } ?? false
        case .truth(let truth): return value == .bool(truth)
        case .order(let order, let number):
            guard let value = value.double, let bound = number.value.double else { return false }
            return switch order {
            case .less: value < bound
            case .atMost: value <= bound
            case .greater: value > bound
            case .atLeast: value >= bound
            }
        case .match(let match, let wanted): return matches(match, wanted, value)
        case .within(let window): return isTime(value, in: window)
        case .anniversary(let days): return hasAnniversary(value, days: days)
        case .language(let tag):
            guard let own = value.text?.lowercased() else { return false }
            return own.isExactly(tag) || Array(own.utf8).starts(with: "\(tag)-".utf8)
        }
    }

    private func matches(_ match: TextMatch, _ wanted: String, _ value: JSONValue) -> Bool {
        if match == .contains, case .list(let items) = value {
            return items.contains { $0.text?.isExactly(wanted) ?? false }
        }
        guard let text = value.text else { return false }
        let bytes = Array(text.utf8)
        let part = Array(wanted.utf8)
        guard bytes.count >= part.count || match == .alike else { return false }
        return switch match {
        case .contains: (0...(bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
        case .starts: bytes.starts(with: part)
        case .ends: bytes.suffix(part.count).elementsEqual(part)
        case .alike: text.lowercased().isExactly(wanted.lowercased())
        }
    }

    // MARK: - Times

    /// A day counts as its first instant in the zone.
    private func isTime(_ value: JSONValue, in window: Window) -> Bool {
        guard let text = value.text, let time = StoredTime(text) else { return false }
        let interval = window.interval(at: moment.at, zone: moment.zone)
        switch time {
        case .day(let day): return interval.contains(moment.zone.start(of: day))
        case .instant(let instant): return interval.contains(instant)
        case .dayThatIsNone: return TimeTexts(interval, zone: moment.zone).days.contains(text)
        case .instantThatIsNone: return TimeTexts(interval, zone: moment.zone).instants.contains(text)
        }
    }

    private func hasAnniversary(_ value: JSONValue, days: Int) -> Bool {
        guard let text = value.text, let time = StoredTime(text) else { return false }
        let runs = AnniversaryDays.runs(from: moment.zone.date(at: moment.at), count: days)
        switch time {
        case .day(let day): return runs.contains { $0.contains(day) }
        case .instant(let instant):
            let day = moment.zone.date(at: instant)
            return runs.contains { $0.contains(day) }
        case .dayThatIsNone: return runs.contains { $0.contains(dayText: text) }
        case .instantThatIsNone: return runs.contains { $0.instants(in: moment.zone).contains { $0.contains(text) } }
        }
    }
}

/// A time as attributes hold it.
enum StoredTime {
    case day(CivilDate)
    case instant(Instant)
    /// `2026-02-30`: text that was never a date and has the width and the signs of one. A database compares it as text, so
    /// this does the same.
    case dayThatIsNone
    case instantThatIsNone

    init?(_ text: String) {
        if let day = CivilDate(iso: text) {
            self = .day(day)
        } else if text.utf8.count == 24, let instant = Instant(iso: text), instant.canonical == text {
            self = .instant(instant)
        } else if Self.hasShape(text, TimeTexts.dayShape) {
            self = .dayThatIsNone
        } else if Self.hasShape(text, TimeTexts.instantShape) {
            self = .instantThatIsNone
        } else {
            return nil
        }
    }

    /// As `LIKE` sees it: `_` is any character.
    private static func hasShape(_ text: String, _ shape: String) -> Bool {
        let characters = Array(text.unicodeScalars)
        return characters.count == shape.unicodeScalars.count && zip(shape.unicodeScalars, characters).allSatisfy { $0 == "_" || $0 == $1 }
    }
}
