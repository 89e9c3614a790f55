/// How months, weekdays and the halves of a day are called in one language.
package final class CalendarNames: Sendable {
    /// One way of saying them.
    package final class Form: Sendable {
        /// From January on.
        package let months: [String]
        package let shortMonths: [String]
        /// From Sunday on.
        package let weekdays: [String]
        package let shortWeekdays: [String]
        /// Before and after noon.
        package let halves: [String]

        /// Nil unless there are twelve months, seven weekdays and two halves.
        package convenience init?(months: [String], shortMonths: [String], weekdays: [String], shortWeekdays: [String], halves: [String]) {
            guard months.count == 12, shortMonths.count == 12, weekdays.count == 7, shortWeekdays.count == 7, halves.count == 2 else {
                return nil
            }
            self.init(months, shortMonths, weekdays, shortWeekdays, halves)
        }

        fileprivate init(
            _ months: [String], _ shortMonths: [String], _ weekdays: [String], _ shortWeekdays: [String], _ halves: [String]
        ) {
            self.months = months
            self.shortMonths = shortMonths
            self.weekdays = weekdays
            self.shortWeekdays = shortWeekdays
            self.halves = halves
        }
    }

    /// Beside a day: Polish says "2 listopada".
    let dated: Form
    /// On their own: "listopad 2026".
    let alone: Form

    package init(dated: Form, alone: Form) {
        self.dated = dated
        self.alone = alone
    }

    package static let english: CalendarNames = {
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
        ]
        let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        let form = Form(months, months.map { String($0.prefix(3)) }, weekdays, weekdays.map { String($0.prefix(3)) }, ["AM", "PM"])
        return CalendarNames(dated: form, alone: form)
    }()

    /// Those that go with a pattern: with a day of the month in it, or without.
    func names(for pattern: UnsafeBufferPointer<UInt8>) -> Form {
        if dated === alone { return dated }
        var index = 0
        while index + 1 < pattern.count {
            guard pattern[index] == .percent else {
                index += 1
                continue
            }
            index += 1
            while index < pattern.count, !pattern[index].isLetter, pattern[index] != .percent { index += 1 }
            if index < pattern.count, [UInt8(ascii: "d"), UInt8(ascii: "e")].contains(pattern[index]) { return dated }
            index += 1
        }
        return alone
    }
}
