import Diagnostics
import Model

/// Turns a tree into a condition, finding what can't be meant: names that nobody knows, values that no data can equal,
/// segments that refer to themselves. It goes on after a mistake, so that all of them are told in one go.
struct Checker {
    let source: SourceText
    /// Nil where names are taken as they come.
    let vocabulary: Vocabulary?
    /// The segments being read, outermost first.
    let path: [String]
    let library: SegmentLibrary
    var found: [Diagnostic] = []
    /// What only the data can answer.
    private(set) var questions: [Question] = []
    /// Those of the segments referred to included.
    var size = SegmentSize()
    private var depth = 0
    /// The properties of the event at hand, inside `where (…)`.
    var event: (name: String, facts: EventFacts?)?

    /// More would be read by nobody.
    private static let mostMessages = 20

    init(source: SourceText, vocabulary: Vocabulary?, path: [String], library: SegmentLibrary) {
        self.source = source
        self.vocabulary = vocabulary
        self.path = path
        self.library = library
    }

    mutating func condition(_ node: SyntaxNode) -> Condition {
        switch node.kind {
        case .all(let items):
            let conditions = nested(Nesting.group) { checker in items.map { checker.condition($0) } }
            for (later, earlier) in Contradictions(items, conditions).found {
                report(.warning, "nobody can be in this: `\(earlier)` rules it out", later.span, nil)
            }
            return .all(conditions)
        case .any(let items): return .any(nested(Nesting.group) { checker in items.map { checker.condition($0) } })
        case .not(let item): return .not(nested(Nesting.not) { $0.condition(item) })
        case .condition(let written):
            size.add(written, at: depth)
            return condition(written)
        }
    }

    mutating func nested<T>(_ levels: Int, _ body: (inout Checker) -> T) -> T {
        depth += levels
        defer { depth -= levels }
        return body(&self)
    }

    private mutating func condition(_ written: WrittenCondition) -> Condition {
        switch written {
        case .value(let test): return value(test)
        case .behaviour(let written):
            let bounds = written.negated ? .none : written.times.map { Bounds($0) } ?? .some
            let need: Question.Need = bounds == .some || bounds == .none ? .one : .sum
            let events = events(WrittenEvent(name: written.event, filter: written.filter), in: written.window, need: need)
            return .behaviour(Behaviour(events: events, bounds: bounds))
        case .sequence(let written): return .sequence(sequence(written))
        case .amount(let written): return amount(written)
        case .edge(let written): return edge(written)
        case .engagement(let written): return .engagement(engagement(written))
        case .consent(let consent):
            checkName(consent.topic, among: vocabulary?.topics) { "no topic \"\($0)\" is in pitwall.yaml" }
            return .consent(ConsentTest(act: consent.act, topic: consent.topic.text, window: consent.window))
        case .language(let tag): return .value(.attribute(Contact.Standard.language.rawValue), .language(tag.text.lowercased()))
        case .segment(let name): return segment(name)
        case .sample(let percent, let seed): return .sample(Sample(percent: percent.value.double ?? 0, seed: seed))
        }
    }

    mutating func value(_ written: WrittenValueTest) -> Condition {
        let operand: Operand
        let facts: ValueFacts?
        let name = written.name
        if let event {
            operand = .property(name.text)
            facts = event.facts?.properties?[name.text]
            checkName(name, among: event.facts?.properties.map { $0.keys }) { "no \"\(event.name)\" has a property \"\($0)\"" }
        } else if name.text == Self.email {
            operand = .email
            facts = vocabulary.map { _ in ValueFacts(kinds: [.text]) }
        } else {
            operand = .attribute(name.text)
            facts = vocabulary?.attributes[name.text]
            if !Self.standardNames.contains(name.text) {
                let known = vocabulary.map { Array($0.attributes.keys) + (facts == nil ? Self.standardNames : []) }
                checkName(name, among: known) { "no contact has an attribute \"\($0)\"" }
            }
        }
        return check(written, operand, facts)
    }

    /// What is asked of a value of these kinds.
    private mutating func check(_ written: WrittenValueTest, _ operand: Operand, _ facts: ValueFacts?) -> Condition {
        var typed = ValueChecker(name: written.name, kinds: facts?.kinds ?? [])
        let condition = typed.condition(operand, written.test)
        for (severity, message, span, hint) in typed.found { report(severity, message, span, hint) }
        for text in written.test.texts { ask(.spelling(operand, event: event?.name, text: text.text), written.name, text.span) }
        if case .compare(.notEqual, _) = written.test, event == nil { ask(.unknown(operand), written.name, written.name.span) }
        return condition
    }

    static let email = "email"
    private static let standardNames = Contact.Standard.allCases.map(\.rawValue) + [email]

    private mutating func segment(_ name: Name) -> Condition {
        if let known = vocabulary?.segments, !known.contains(name.text) {
            report(.error, "no segment \"\(name.text)\" is there", name.span, suggestion(for: name.text, among: known.sorted()))
            return .all([])
        }
        switch library.condition(named: name.text, path: path) {
        case .found(let condition, let other):
            size.add(other, at: depth)
            return .segment(name.text, condition)
        case .missing:
            report(.error, "no segment \"\(name.text)\" is there", name.span, nil)
        case .circle(let names):
            report(.error, "segment \"\(name.text)\" refers to itself", name.span, names.joined(separator: " → "))
        case .wrong(let diagnostics):
            found += diagnostics
        }
        return .all([])
    }

    /// `known` nil: nothing is known, so anything goes.
    mutating func checkName(_ name: Name, among known: (some Collection<String>)?, _ message: (String) -> String) {
        guard let known, !known.contains(name.text) else { return }
        report(.error, message(name.text), name.span, suggestion(for: name.text, among: known.sorted()))
    }

    mutating func ask(_ kind: Question.Kind, _ name: Name, _ span: Span) {
        questions.append(Question(kind: kind, name: name.text, source: source, span: span))
    }

    mutating func report(_ severity: Diagnostic.Severity, _ message: String, _ span: Span, _ hint: String?) {
        guard found.count < Self.mostMessages else { return }
        found.append(Diagnostic(severity, message, in: source, at: span, hint: hint))
    }
}

extension WrittenValueTest.Test {
    /// The texts that a value is to be equal to; of a long list none, since each is looked for in the data.
    fileprivate var texts: [(text: String, span: Span)] {
        let literals: [Literal] =
            switch self {
            case .compare(.equal, let literal), .compare(.notEqual, let literal): [literal]
            case .oneOf(let literals): literals.count > 20 ? [] : literals
            default: []
            }
        return literals.compactMap { literal in
            if case .text(let text) = literal.value { (text, literal.span) } else { nil }
        }
    }
}
