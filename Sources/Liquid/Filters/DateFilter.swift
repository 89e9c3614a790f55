/// `date`: points in time, written as a pattern says.
package enum DateFilter {
    /// What is no time, and everything without a pattern, stays as it is.
    static func apply(to input: Value, pattern: Value, context: FilterContext, meter: inout Meter) throws(FilterFailure) -> Value {
        var out = Output()
        guard try write(input, pattern: pattern, context: context, meter: &meter, into: &out) else { return input }
        try meter.make(bytes: out.count)
        return .string(out.text())
    }

    /// False where nothing was written, since the input stays as it is.
    static func write(
        _ input: Value, pattern: Value, context: FilterContext, meter: inout Meter, into out: inout Output
    ) throws(FilterFailure) -> Bool {
        let pattern = pattern.text(in: context)
        guard !pattern.isEmpty, let moment = moment(input, context) else { return false }
        let formatter = formatter(of: moment, pattern: pattern, names: .english, in: context)
        try meter.work(steps: 8 + pattern.utf8.count / 4)
        let mark = out.count
        guard formatter.write(pattern: pattern, into: &out, limit: meter.valueBytes) else { throw .tooMuchData }
        try meter.work(steps: (out.count - mark) / 4)
        return true
    }

    private static func formatter(of moment: Moment, pattern: String, names: CalendarNames, in context: FilterContext) -> TimeFormatter {
        // A zone's abbreviation takes ICU longer than all the rest of a message's dates: asked for only where it is shown.
        let isNamed = moment.offset == nil && pattern.withBytes { $0.contains(UInt8(ascii: "Z")) }
        return TimeFormatter(
            milliseconds: moment.milliseconds, offset: moment.offset ?? context.zone(moment.milliseconds),
            zoneName: isNamed ? context.zoneName(moment.milliseconds) : "", names: names)
    }

    /// For a host whose `date` speaks more languages.
    ///
    /// - Parameter names: how the months and days are called in the language it is to be written in.
    package static func text(
        of input: Value, pattern: Value, names: CalendarNames, in context: FilterContext
    ) throws(FilterFailure) -> Value {
        let pattern = pattern.text(in: context)
        guard !pattern.isEmpty, let moment = moment(input, context) else { return input }
        let formatter = formatter(of: moment, pattern: pattern, names: names, in: context)
        var out = Output()
        guard formatter.write(pattern: pattern, into: &out, limit: longest) else { throw .tooMuchData }
        return .string(out.text())
    }

    /// Of a date in a mail, in bytes.
    private static let longest = 1 << 16

    /// A point in time, and the offset that its text insists on: `09:30 +0200` is shown as it is written. UTC insists on
    /// nothing, since it is how programs write times.
    struct Moment {
        var milliseconds: Int64
        /// Seconds east of UTC.
        var offset: Int?
    }

    private static func moment(_ input: Value, _ context: FilterContext) -> Moment? {
        switch input {
        case .instant(let milliseconds): return Moment(milliseconds: milliseconds)
        case .integer(let seconds): return moment(seconds: seconds)
        case .string(let text), .markup(let text):
            if text == "now" || text == "today" { return Moment(milliseconds: context.now) }
            if !text.isEmpty, text.withBytes({ $0.allSatisfy(\.isDigit) }) { return Int64(text).flatMap(moment) }
            return text.withBytes { DateParser.instant($0) }.map { Moment(milliseconds: $0) } ?? DateParser.parse(text, context)
        default: return nil
        }
    }

    /// Nil beyond any time that is meant.
    private static func moment(seconds: Int64) -> Moment? {
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow || milliseconds.magnitude > CivilTime.furthest ? nil : Moment(milliseconds: milliseconds)
    }
}
