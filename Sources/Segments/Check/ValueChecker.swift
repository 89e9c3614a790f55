import Diagnostics
import Model

/// Checks what is asked of one value against the kinds of value that the data has, and puts it into its plain form.
struct ValueChecker {
    let name: Name
    /// Empty where nothing is known.
    let kinds: Set<ValueKind>
    private(set) var found: [(Diagnostic.Severity, String, Span, String?)] = []

    init(name: Name, kinds: Set<ValueKind>) {
        self.name = name
        self.kinds = kinds
    }

    mutating func condition(_ operand: Operand, _ test: WrittenValueTest.Test) -> Condition {
        switch test {
        case .known(let known):
            return known ? .value(operand, .known) : .not(.value(operand, .known))
        case .compare(.equal, let literal): return equals(operand, literal)
        case .compare(.notEqual, let literal): return .not(equals(operand, literal))
        case .compare(let comparison, let literal): return order(operand, comparison, literal)
        case .oneOf(let literals): return oneOf(operand, literals)
        case .match(let match, let literal):
            guard case .text(let text) = literal.value else { return .all([]) }
            needs(match == .contains ? [.text, .day, .instant, .list] : [.text, .day, .instant], name.span, called: "texts")
            return .value(operand, .match(match, text))
        case .window(let window):
            needs([.day, .instant], name.span)
            return .value(operand, .within(window))
        case .anniversary(let span):
            needs([.day, .instant], name.span)
            return .value(operand, .anniversary(days: Int(span.milliseconds / TimeSpan.Unit.day.milliseconds)))
        }
    }

    private mutating func equals(_ operand: Operand, _ literal: Literal) -> Condition {
        check(literal)
        switch literal.value {
        case .text(let text): return .value(operand, .texts([text]))
        case .number(let number): return .value(operand, .numbers([number]))
        case .truth(let truth): return .value(operand, .truth(truth))
        case .time(let time): return .value(operand, .within(.on(time)))
        }
    }

    private mutating func order(_ operand: Operand, _ comparison: Comparison, _ literal: Literal) -> Condition {
        switch literal.value {
        case .number(let number):
            check(literal)
            guard let order = ValueTest.Order(rawValue: comparison.rawValue) else { return .all([]) }
            return .value(operand, .order(order, number))
        case .time(let time):
            check(literal)
            let window: Window =
                switch comparison {
                case .less: .before(time)
                case .atMost: .upTo(time)
                case .greater: .after(time)
                case .atLeast, .equal, .notEqual: .from(time)
                }
            return .value(operand, .within(window))
        case .text, .truth:
            var hint = "\(comparison.rawValue) takes a number or a date"
            if case .text(let text) = literal.value, let number = Number(text) { hint = "write \(number.text) without quotes" }
            found.append((.error, "only numbers and dates have an order", literal.span, hint))
            return .all([])
        }
    }

    /// The literals by kind, since each kind is compared in its own way.
    private mutating func oneOf(_ operand: Operand, _ literals: [Literal]) -> Condition {
        var texts: [String] = []
        var numbers: [Number] = []
        var others: [Condition] = []
        for literal in literals {
            switch literal.value {
            case .text(let text):
                check(literal)
                texts.append(text)
            case .number(let number):
                check(literal)
                numbers.append(number)
            case .truth, .time: others.append(equals(operand, literal))
            }
        }
        if !numbers.isEmpty { others.insert(.value(operand, .numbers(numbers)), at: 0) }
        if !texts.isEmpty { others.insert(.value(operand, .texts(texts)), at: 0) }
        return others.count == 1 ? others[0] : .any(others)
    }

    private mutating func check(_ literal: Literal) {
        switch literal.value {
        case .text(let text):
            guard !kinds.isEmpty, kinds.isDisjoint(with: [.text, .day, .instant]) else {
                if kinds.contains(.number), !kinds.contains(.text), let number = Number(text) { warnNumber(number, literal.span) }
                if kinds.contains(.instant), kinds.isDisjoint(with: [.text, .day]), CivilDate(iso: text) != nil {
                    found.append(
                        (.warning, "\"\(name.text)\" holds times, which no text equals", literal.span, "write \(text) without quotes"))
                }
                return
            }
            if kinds.contains(.number), let number = Number(text) {
                warnNumber(number, literal.span)
            } else {
                needs([.text], literal.span)
            }
        case .number(let number):
            needs([.number], literal.span, hint: kinds.contains(.text) ? "as a text it is \"\(number.text)\"" : nil)
        case .truth: needs([.truth], literal.span)
        case .time(let time):
            needs([.day, .instant], literal.span, hint: kinds.contains(.text) ? "as a text it is \"\(time.text)\"" : nil)
        }
    }

    private mutating func warnNumber(_ number: Number, _ span: Span) {
        found.append((.warning, "\"\(name.text)\" holds numbers, which no text equals", span, "write \(number.text) without quotes"))
    }

    private mutating func needs(_ wanted: Set<ValueKind>, _ span: Span, called: String? = nil, hint: String? = nil) {
        guard !kinds.isEmpty, kinds.isDisjoint(with: wanted) else { return }
        let held = ValueKind.allCases.filter(kinds.contains).map(\.rawValue).joined(separator: " and ")
        let asked = called ?? ValueKind.allCases.filter(wanted.contains).map(\.rawValue).joined(separator: " or ")
        found.append((.error, "\"\(name.text)\" holds \(held), not \(asked)", span, hint))
    }
}
