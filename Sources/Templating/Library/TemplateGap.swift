package import Diagnostics
package import Liquid
import Model

/// An attribute that a message misses where a recipient lacks it: see ``Gap``.
package struct TemplateGap: Sendable {
    package let attribute: String
    /// The file its author wrote, and where in it the attribute is read.
    package let source: SourceText
    package let span: Span
    /// Of the variant; nil for the template itself.
    package let language: String?
    /// Of whom it is missed: of those whose attributes stand as one of these says. What a campaign's file says is counted in.
    package let cases: [[String: DataState]]

    /// Nil for what is no attribute, what every recipient has, and what is never missed.
    init?(_ gap: Gap, at place: (source: SourceText, span: Span?), language: String?, data: CampaignData) {
        guard gap.path.count > 1, gap.path[0] == "contact", !gap.path.contains("*"), !Self.always.contains(gap.path[1]) else { return nil }
        let cases = gap.when.cases.compactMap { Self.attributes(in: $0, of: gap.path[1], data) }
        guard !cases.isEmpty else { return nil }
        attribute = gap.path[1]
        source = place.source
        span = place.span ?? Span(0, 0)
        self.language = language
        self.cases = cases
    }

    /// A recipient has an address, and is in segments or in none.
    private static let always: Set<String> = ["email", "segments"]

    /// What a case asks of attributes, nil where it cannot be. Only whole attributes are looked at: what stands within a list or an object lacks
    /// where that does.
    private static func attributes(in one: Circumstances.Case, of missed: String, _ data: CampaignData) -> [String: DataState]? {
        var result: [String: DataState] = [missed: .lacking]
        for (path, states) in one where !path.contains("*") {
            if path.count == 1 || path[0] != "contact" {
                if data.states(of: path).isDisjoint(with: states) { return nil }
                continue
            }
            if path[1] == "email", !states.contains(.something) { return nil }
            if always.contains(path[1]) { continue }
            let asked: DataState = path.count == 2 ? states : states.contains(.nothing) ? .any : .something
            let both = (result[path[1]] ?? .any).intersection(asked)
            if both.isEmpty { return nil }
            result[path[1]] = both == .any ? nil : both
        }
        return result
    }
}
