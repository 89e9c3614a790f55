package import Model

/// Why a person is in a segment, or is not: each clause with what it rests on.
///
/// ```text
/// ✓ did purchase at least 2 times in last 90 days   purchase: 3 in the last 90 days, latest 2026-10-02
/// ✗ consents to offers                              offers: withdrawn 2026-09-30 (link in spring-launch)
/// ```
package struct Explanation: Sendable {
    package struct Clause: Sendable {
        /// In canonical form, on one line.
        package let text: String
        package let holds: Bool
        package let evidence: String
    }

    package let matches: Bool
    package let clauses: [Clause]

    package var json: JSONValue {
        .object([
            "matches": .bool(matches),
            "clauses": .list(
                clauses.map { .object(["text": .text($0.text), "holds": .bool($0.holds), "evidence": .text($0.evidence)]) }),
        ])
    }
}

extension SegmentPlan {
    /// Explains one person, clause by clause of the outermost `and`; of the outermost `or` where that joins.
    package func explain(_ person: PersonHistory, at moment: Moment, standings: Standings = Standings()) -> Explanation {
        let evaluator = Evaluator(person: person, moment: moment, standings: standings)
        let clauses = parts.map { part in
            Explanation.Clause(text: part.text, holds: evaluator.holds(part.condition), evidence: evaluator.evidence(part.condition))
        }
        return Explanation(matches: evaluator.holds(condition), clauses: clauses)
    }

    private var parts: [Clause] {
        guard case .any(let nodes) = syntax.root.kind, case .any(let conditions) = condition, nodes.count == conditions.count else {
            return clauses
        }
        return zip(nodes, conditions).map { Clause(text: $0.asMember, span: $0.span, condition: $1) }
    }
}
