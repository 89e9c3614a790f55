import Diagnostics
import Liquid
import Model

extension MessageChecks {
    /// Of a message's data.
    static let roots = ["contact", "campaign", "organisation", "links", "now", "subject", "preheader"]
    private static let members: [String: [String]] = [
        "campaign": ["name", "title", "topic", "data"], "organisation": ["name", "postal_address"],
        "links": ["unsubscribe", "preferences"],
    ]

    /// Every name that is read must be one that a message has. What a contact lacks is a warning: data changes.
    func names(_ references: [TemplateReference], knowledge: TemplateKnowledge) {
        for reference in references {
            guard let root = reference.path.first else { continue }
            guard Self.roots.contains(root) else {
                unknownRoot(root, reference, knowledge)
                continue
            }
            guard reference.path.count > 1 else { continue }
            if reference.path.starts(with: TemplateReference.segmentsPath) {
                segment(reference, knowledge)
                continue
            }
            let name = reference.path[1]
            if root == "contact" {
                attribute(name, reference, knowledge)
            } else if let known = Self.members[root], !known.contains(name) {
                let hint = suggestion(for: name, among: known) ?? "known: \(known.map { "\(root).\($0)" }.joined(separator: ", "))"
                report(.error, "there is no \(root).\(name)", reference, hint)
            }
        }
    }

    private func help(_ name: String, _ known: @autoclosure () -> some Sequence<String>) -> String? {
        compilation.helps ? suggestion(for: name, among: known()) : nil
    }

    /// Who is in a segment is asked once for everybody, so its name stands in the template.
    private func segment(_ reference: TemplateReference, _ knowledge: TemplateKnowledge) {
        guard let name = reference.segment else {
            let hint = "write {% if contact.segments contains \"NAME\" %} with the segment's name in quotes"
            return report(.error, "contact.segments can only be asked whether it contains a segment", reference, hint)
        }
        guard let known = knowledge.segments, !known.contains(name) else { return }
        report(.error, "there is no segment \"\(name)\"", reference, help(name, known) ?? "make Segments/\(name).segment")
    }

    private func unknownRoot(_ root: String, _ reference: TemplateReference, _ knowledge: TemplateKnowledge) {
        // In a partial other names are its parameters, and whoever renders it may leave one out: only a near miss is told.
        if reference.source.name.hasPrefix("\(TemplateNames.partials)/"), suggestion(for: root, among: Self.roots) == nil { return }
        let attributes = TemplateKnowledge.standardAttributes + (knowledge.contactAttributes ?? [])
        let hint =
            attributes.contains(root)
            ? "did you mean \"contact.\(root)\"?"
            : suggestion(for: root, among: Self.roots) ?? "known: \(Self.roots.dropLast(2).joined(separator: ", "))"
        report(.error, "unknown variable \"\(root)\"", reference, hint)
    }

    private func attribute(_ name: String, _ reference: TemplateReference, _ knowledge: TemplateKnowledge) {
        guard let known = knowledge.contactAttributes, !known.contains(name), !TemplateKnowledge.standardAttributes.contains(name) else {
            return
        }
        let hint = help(name, known + TemplateKnowledge.standardAttributes)
        report(.warning, "no contact has an attribute \"\(name)\"", reference, hint)
    }

    /// What the campaign's file does not say. Optional data is asked about before it is used, or has a default.
    func campaignData(_ references: References, _ data: CampaignData) {
        for (gap, source, span) in references.gaps {
            guard let missing = data.missing(gap.path), gap.when.mayHold(data.states) else { continue }
            if compilation.hasEnough { return }
            let near = help(missing.name, missing.known)
            if missing.depth == 0 {
                let hint = near ?? "give it under data: in the campaign's file"
                compilation.report(Diagnostic(.error, "the campaign has no data \"\(missing.name)\"", in: source, at: span, hint: hint))
            } else {
                let hint =
                    missing.isList
                    ? "it is a list: go through it with {% for item in \(missing.parent) %}"
                    : near ?? "give it in the campaign's file, or ask {% if … %} before it is used"
                compilation.report(
                    Diagnostic(.warning, "\(missing.parent) has no \"\(missing.name)\"", in: source, at: span, hint: hint))
            }
        }
    }

    private func report(_ severity: Diagnostic.Severity, _ message: String, _ reference: TemplateReference, _ hint: String?) {
        compilation.report(Diagnostic(severity, message, in: reference.source, at: reference.span, hint: hint))
    }
}
