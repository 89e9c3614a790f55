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

    /// `summaries: {purchase: [amount]}`: the properties whose numbers are added up beside the events, by name of event.
    mutating func summaries(_ node: YAMLNode?) -> KeptSums {
        var sums = KeptSums.none
        for member in members(of: node, in: "summaries") {
            var named: [String] = []
            for property in list(member.value, { $0.property($1) }) where !named.contains(property) { named.append(property) }
            if case .sequence(let items) = member.value.content, items.isEmpty {
                report("no property is named", at: member.value.span, hint: "name one, or leave \"\(member.key)\" out")
            }
            if !named.isEmpty { sums.properties[member.key] = named }
        }
        return sums
    }

    /// No event has a property with a quote or a backslash in its name.
    private mutating func property(_ node: YAMLNode) -> String? {
        value(node, "a property's name such as amount") { $0.contains("\"") || $0.contains("\\") ? nil : $0 }
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
