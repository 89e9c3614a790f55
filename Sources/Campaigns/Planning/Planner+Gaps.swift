import Diagnostics
import Model
import Store
import Templating

extension Planner {
    /// Values that the template uses without a default and that some of this plan's recipients do not have.
    ///
    /// A place in a language variant counts for those who get that variant; one in a layout or a partial for all whose variant
    /// has it.
    func missingValues(_ plan: PlanRecord, _ definition: CampaignDefinition) throws -> [Diagnostic] {
        let template = definition.template
        let gaps = Self.gaps(in: template)
        let names = Set(gaps.map(\.name)).sorted()
        guard !names.isEmpty else { return [] }
        let groups = try workspace.campaigns.recipients(of: plan.id, lacking: names)
        return gaps.compactMap { gap in
            guard let place = names.firstIndex(of: gap.name) else { return nil }
            let readers = groups.filter { gap.variants.contains(template.variantLanguage(for: $0.language?.lowercased())) }
            let count = readers.reduce(0) { $0 + $1.lacking[place].count }
            guard count > 0 else { return nil }
            let example = readers.compactMap { $0.lacking[place].example }.min { $0.description < $1.description }
            let such = example.map { ", such as \($0.redacted)" } ?? ""
            return Diagnostic(
                .warning, "\(count) of \(plan.recipients) recipients have no \(gap.name)\(such)", in: gap.reference.source,
                at: gap.reference.span, hint: "write {{ contact.\(gap.name) | default: \"…\" }}")
        }
    }

    private struct Gap {
        var name: String
        var reference: TemplateReference
        /// The languages of the variants that have it; nil is the template itself.
        var variants: Set<String?>
    }

    /// The first place of each name in each variant; one that variants share is one gap.
    private static func gaps(in template: MessageTemplate) -> [Gap] {
        struct Reader: Hashable {
            var name: String
            var variant: String?
        }
        var gaps: [Gap] = []
        var seen: Set<Reader> = []
        for reference in template.references {
            guard reference.leavesGap, reference.path.first == "contact", reference.path.count >= 2, reference.segment == nil,
                reference.path[1] != "email", seen.insert(Reader(name: reference.path[1], variant: reference.language)).inserted
            else { continue }
            let same = gaps.firstIndex {
                $0.name == reference.path[1] && $0.reference.source.name == reference.source.name && $0.reference.span == reference.span
            }
            if let same {
                gaps[same].variants.insert(reference.language)
            } else {
                gaps.append(Gap(name: reference.path[1], reference: reference, variants: [reference.language]))
            }
        }
        return gaps
    }
}
