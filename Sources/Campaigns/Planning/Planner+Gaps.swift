import Diagnostics
import Liquid
import Model
import Store
import Templating

extension Planner {
    /// Values that the template uses without a default and that some of this plan's recipients do not have.
    ///
    /// Who misses a value is asked of the data as the template's flow says (`Gap`). In each language variant a value is told at the first place where
    /// somebody misses it, with the number of those who miss it anywhere in that variant; a place that variants share, in a layout or a partial,
    /// is told once for all their readers.
    func missingValues(_ plan: PlanRecord, _ definition: CampaignDefinition) throws -> [Diagnostic] {
        let template = definition.template
        let gaps = Self.gaps(in: template)
        guard !gaps.isEmpty else { return [] }
        var questions: [AttributeQuestion: Int] = [:]
        var asked: [AttributeQuestion] = []
        func number(of cases: [[String: DataState]]) -> Int {
            let question = AttributeQuestion(cases.map { $0.mapValues { AttributeStates(rawValue: $0.rawValue) } })
            if let number = questions[question] { return number }
            questions[question] = asked.count
            asked.append(question)
            return asked.count - 1
        }
        let places = gaps.map { number(of: $0.cases) }
        var anywhere: [Reader: Int] = [:]
        for (reader, cases) in Self.casesByReader(gaps) { anywhere[reader] = number(of: cases) }
        let answers = try workspace.campaigns.recipients(of: plan.id, asking: asked)
        func counted(in variant: String?, to number: Int) -> (count: Int, example: EmailAddress?) {
            let readers = answers.filter { template.variantLanguage(for: $0.language?.lowercased()) == variant }.map { $0.counts[number] }
            return (readers.reduce(0) { $0 + $1.count }, readers.compactMap(\.example).min { $0.description < $1.description })
        }

        var told: Set<Reader> = []
        return gaps.enumerated().compactMap { index, gap in
            let readers = gap.variants.map { Reader(attribute: gap.attribute, variant: $0) }
                .filter { counted(in: $0.variant, to: places[index]).count > 0 && told.insert($0).inserted }
            let counts = readers.compactMap { reader in anywhere[reader].map { counted(in: reader.variant, to: $0) } }
            let count = counts.reduce(0) { $0 + $1.count }
            guard count > 0 else { return nil }
            let such = counts.compactMap(\.example).min { $0.description < $1.description }.map { ", such as \($0.redacted)" } ?? ""
            // What an `if` lets through is there, and empty.
            let isEmpty = gap.cases.allSatisfy { $0[gap.attribute] == .emptyText }
            return Diagnostic(
                .warning, "\(count) of \(plan.recipients) recipients have \(isEmpty ? "an empty" : "no") \(gap.attribute)\(such)",
                in: gap.source,
                at: gap.span,
                hint: isEmpty ? "ask {% if contact.\(gap.attribute) != blank %}" : "write {{ contact.\(gap.attribute) | default: \"…\" }}")
        }
    }

    private struct Reader: Hashable {
        var attribute: String
        var variant: String?
    }

    /// One place, for all variants that have it.
    private struct Place {
        var attribute: String
        var source: SourceText
        var span: Span
        var variants: [String?]
        var cases: [[String: DataState]]
    }

    private static func casesByReader(_ gaps: [Place]) -> [Reader: [[String: DataState]]] {
        var result: [Reader: [[String: DataState]]] = [:]
        for gap in gaps {
            for variant in gap.variants {
                let reader = Reader(attribute: gap.attribute, variant: variant)
                let known = result[reader] ?? []
                result[reader] = known + gap.cases.filter { !known.contains($0) }
            }
        }
        return result
    }

    /// More places than anybody mends; each costs two columns.
    private static let most = 200

    private static func gaps(in template: MessageTemplate) -> [Place] {
        var places: [Place] = []
        for gap in template.gaps {
            let same = places.firstIndex { $0.attribute == gap.attribute && $0.source.name == gap.source.name && $0.span == gap.span }
            if let same {
                places[same].variants.append(gap.language)
                let known = places[same].cases
                places[same].cases = known + gap.cases.filter { !known.contains($0) }
            } else if places.count < most {
                places.append(
                    Place(attribute: gap.attribute, source: gap.source, span: gap.span, variants: [gap.language], cases: gap.cases))
            }
        }
        return places
    }
}
