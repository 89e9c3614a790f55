import Diagnostics
import Model

extension YAMLReader {
    /// `events: {unknown_contact: create}`.
    mutating func unknownContact(_ node: YAMLNode?) -> UnknownContact? {
        let fields = fields(of: node, in: "events", known: ["unknown_contact"])
        return word(fields["unknown_contact"], ["create": .create, "reject": .reject])
    }

    /// `retention: {page_viewed: 180 days, default: 540 days}`.
    mutating func retention(_ node: YAMLNode?) -> Retention {
        var retention = Retention.forever
        for member in members(of: node, in: "retention") {
            guard let span = span(member) else { continue }
            if member.key == "default" { retention.fallback = span } else { retention.spans[member.key] = span }
        }
        return retention
    }

    /// A day at least: less would drop what has just come in.
    private mutating func span(_ member: YAMLNode.Member) -> TimeSpan? {
        guard let span = value(member.value, "how long to keep them, such as 540 days", { TimeSpan($0) }) else { return nil }
        guard span.milliseconds >= TimeSpan.Unit.day.milliseconds else {
            report("events are kept for a day at least", at: member.value.span, hint: "write it like 180 days")
            return nil
        }
        return span
    }
}
