package import Database
package import Diagnostics
import Model

/// A checked segment, ready to be asked of a database or of one person.
///
/// ```swift
/// let plan = try SegmentPlan(syntax, against: vocabulary) { name in try files.segment(name) }
/// let condition = plan.sql(dialect: session.dialect, at: .now(instant, zone: zone))
/// let sql: SQL = "SELECT count(*) FROM contact c WHERE \(condition)"
/// ```
/// The SQL and ``holds(for:at:)`` mean the same; the tests hold one against the other.
package struct SegmentPlan: Sendable {
    package let syntax: SegmentSyntax
    /// What may not be meant, but can be asked.
    package let warnings: [Diagnostic]
    let condition: Condition
    /// What only the data can answer; see ``mistakes(in:at:)``.
    let questions: [Question]

    /// Checks a segment.
    ///
    /// - Parameters:
    ///   - name: The segment's own name where it has one, so that a reference to itself is found.
    ///   - vocabulary: What the data contains; nil takes any name.
    ///   - segments: Reads the segment of that name for `in segment NAME`; nil where there is none.
    /// - Throws: All mistakes found, in this segment and in those it refers to.
    package init(
        _ syntax: SegmentSyntax, named name: String? = nil, against vocabulary: Vocabulary?,
        segments: @escaping (String) throws -> SourceText? = { _ in nil }
    ) throws(DiagnosticList) {
        let library = SegmentLibrary(vocabulary: vocabulary, read: segments)
        var checker = Checker(source: syntax.source, vocabulary: vocabulary, path: name.map { [$0] } ?? [], library: library)
        let condition = checker.condition(syntax.root)
        if let problem = checker.size.problem {
            checker.report(.error, problem, syntax.root.span, "import what it finds as an attribute of the contacts and ask for that")
        }
        let found = DiagnosticList(checker.found)
        if found.hasErrors { throw found }
        self.syntax = syntax
        self.condition = condition
        warnings = checker.found + library.warnings
        questions = checker.questions + library.questions
    }

    /// A boolean expression over the contact row `c`. It is true or not true (false or null), so it stands in a `WHERE` as
    /// it is; to leave people out, see ``negatedSQL(dialect:at:)``.
    package func sql(dialect: any Dialect, at moment: Moment) -> SQL {
        SQLCompiler(dialect: dialect, moment: moment).expression(condition)
    }

    /// The same, to be asked of single contacts: it looks into the indexes for each instead of finding everybody first.
    package func sqlForFew(dialect: any Dialect, at moment: Moment) -> SQL {
        SQLCompiler(dialect: dialect, moment: moment, asksFew: true).expression(condition)
    }

    /// How many people are in it, one number. Where only events are asked, the contacts are not read.
    package func countSQL(dialect: any Dialect, at moment: Moment) -> SQL {
        let compiler = SQLCompiler(dialect: dialect, moment: moment)
        return compiler.crowd(condition)?.count ?? "SELECT count(*) FROM contact c WHERE \(compiler.expression(condition))"
    }

    /// True of exactly those of whom ``sql(dialect:at:)`` is not.
    package func negatedSQL(dialect: any Dialect, at moment: Moment) -> SQL {
        SQLCompiler(dialect: dialect, moment: moment).expression(.not(condition))
    }

    /// Whether the person is in the segment. `standings` are needed where something is `in top`.
    package func holds(for person: PersonHistory, at moment: Moment, standings: Standings = Standings()) -> Bool {
        Evaluator(person: person, moment: moment, standings: standings).holds(condition)
    }

    /// Whether only those are in it who consent to the topic.
    package func needsConsent(to topic: String) -> Bool {
        condition.requires(.consent(ConsentTest(act: .consents, topic: topic)))
    }

    /// The events that it and the segments it refers to ask about.
    package var eventNames: Set<String> { condition.eventNames }

    /// What `in top` needs to know of everybody, from all people.
    package func standings(among people: [PersonHistory], at moment: Moment) -> Standings {
        var standings = Standings()
        for ranking in condition.rankings { standings.rank(ranking, among: people, at: moment) }
        return standings
    }

    /// The same, from a database.
    package func standings(in session: any SQLSession, at moment: Moment) throws -> Standings {
        var standings = Standings()
        let compiler = SQLCompiler(dialect: session.dialect, moment: moment)
        for ranking in condition.rankings {
            let value = try session.first(compiler.last(of: ranking)) { $0.value(0) }
            standings.set(ranking, last: value.flatMap { session.dialect.decimal(from: $0) })
        }
        return standings
    }

    /// What is joined by the outermost `and`, each on its own; the whole where nothing is.
    package var clauses: [Clause] {
        guard case .all(let nodes) = syntax.root.kind, case .all(let conditions) = condition, nodes.count == conditions.count else {
            return [Clause(text: syntax.root.description, span: syntax.root.span, condition: condition)]
        }
        return zip(nodes, conditions).map { Clause(text: $0.asMember, span: $0.span, condition: $1) }
    }

    /// One of the conditions that must all hold.
    package struct Clause: Sendable {
        /// In canonical form, on one line.
        package let text: String
        package let span: Span
        let condition: Condition

        package func sql(dialect: any Dialect, at moment: Moment) -> SQL {
            SQLCompiler(dialect: dialect, moment: moment).expression(condition)
        }

        package func holds(for person: PersonHistory, at moment: Moment, standings: Standings = Standings()) -> Bool {
            Evaluator(person: person, moment: moment, standings: standings).holds(condition)
        }
    }
}
