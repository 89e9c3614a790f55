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
        guard !pattern.isEmpty, let milliseconds = time(input, context) else { return false }
        // A zone's abbreviation takes ICU longer than all the rest of a message's dates: asked for only where it is shown.
        let zoneName = pattern.withBytes { $0.contains(UInt8(ascii: "Z")) } ? context.zoneName(milliseconds) : ""
        let formatter = TimeFormatter(milliseconds: milliseconds, offset: context.zone(milliseconds), zoneName: zoneName)
        try meter.work(steps: 8 + pattern.utf8.count / 4)
        let mark = out.count
        guard formatter.write(pattern: pattern, into: &out, limit: meter.valueBytes) else { throw .tooMuchData }
        try meter.work(steps: (out.count - mark) / 4)
        return true
    }

    /// For a host whose `date` speaks more languages.
    ///
    /// - Parameter names: how the months and days are called in the language it is to be written in.
    package static func text(
        of input: Value, pattern: Value, names: CalendarNames, in context: FilterContext
    ) throws(FilterFailure) -> Value {
        let pattern = pattern.text(in: context)
        guard !pattern.isEmpty, let milliseconds = time(input, context) else { return input }
        let zoneName = pattern.utf8.contains(UInt8(ascii: "Z")) ? context.zoneName(milliseconds) : ""
        let formatter = TimeFormatter(milliseconds: milliseconds, offset: context.zone(milliseconds), zoneName: zoneName, names: names)
        var out = Output()
        guard formatter.write(pattern: pattern, into: &out, limit: longest) else { throw .tooMuchData }
        return .string(out.text())
    }

    /// Of a date in a mail, in bytes.
    private static let longest = 1 << 16

    static func time(_ input: Value, _ context: FilterContext) -> Int64? {
        switch input {
        case .instant(let milliseconds): return milliseconds
        case .integer(let seconds): return milliseconds(seconds)
        case .string(let text), .markup(let text):
            if text == "now" || text == "today" { return context.now }
            if !text.isEmpty, text.withBytes({ $0.allSatisfy(\.isDigit) }) { return Int64(text).flatMap(milliseconds) }
            return text.withBytes { DateParser.instant($0) } ?? DateParser.parse(text, context)
        default: return nil
        }
    }

    /// Nil beyond any time that is meant.
    private static func milliseconds(_ seconds: Int64) -> Int64? {
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow || milliseconds.magnitude > CivilTime.furthest ? nil : milliseconds
    }
}
