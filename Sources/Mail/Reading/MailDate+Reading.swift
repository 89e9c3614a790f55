import Model

extension MailDate {
    /// Reads `Fri, 1 Oct 2010 19:15:24 +0900 (JST)` and what old programs write instead (RFC 5322 section 4.3); nil for anything else.
    static func read(_ text: String) -> Instant? {
        var words = text.prefix(100).split { $0 == " " || $0 == "," || $0 == "\t" }
        if let first = words.first, first.first?.isNumber == false { words.removeFirst() }
        guard words.count >= 4, let day = Int(words[0]), let month = month(words[1]), var year = Int(words[2]) else { return nil }
        if year < 50 { year += 2000 } else if year < 1000 { year += 1900 }
        let clock = words[3].split(separator: ":").map { Int($0) }
        guard (2...3).contains(clock.count), let hour = clock[0], let minute = clock[1], let second = clock.count == 3 ? clock[2] : 0,
            (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second), (1900...9999).contains(year),
            let date = CivilDate(validYear: year, month: month, day: day)
        else { return nil }
        let minutes = words.count > 4 ? offset(words[4]) : 0
        let days = Int64(date.daysSinceEpoch)
        return Instant(seconds: days * 86_400 + Int64(hour * 3600 + minute * 60 + min(second, 59) - minutes * 60))
    }

    private static func month(_ word: Substring) -> Int? {
        let name = word.prefix(3).lowercased()
        return months.firstIndex { $0.lowercased() == name }.map { $0 + 1 }
    }

    /// Minutes east of Greenwich; a zone by name that nobody is sure of is none (RFC 5322 section 4.3).
    private static func offset(_ word: Substring) -> Int {
        let named = ["EDT": -240, "EST": -300, "CDT": -300, "CST": -360, "MDT": -360, "MST": -420, "PDT": -420, "PST": -480]
        if let known = named[word.uppercased()] { return known }
        guard word.utf8.count == 5, let sign = word.first, sign == "+" || sign == "-", let number = Int(word.dropFirst()), number % 100 < 60
        else { return 0 }
        return (sign == "-" ? -1 : 1) * (number / 100 * 60 + number % 100)
    }
}
