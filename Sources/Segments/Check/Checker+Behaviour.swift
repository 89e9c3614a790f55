import Database
import Diagnostics
import Model

/// Behaviour and what became of messages.
extension Checker {
    /// - Parameter need: What has to be known of events that have no filter.
    mutating func events(_ written: WrittenEvent, in window: Window?, need: Question.Need = .each) -> EventSet {
        checkName(written.name, among: vocabulary.map { $0.events.keys }) { "no event \"\($0)\" has ever been recorded" }
        let set = about(written.name) { checker in
            let filter = written.filter.map { filter in checker.nested(Nesting.filter) { $0.condition(filter) } }
            return EventSet(event: written.name.text, filter: filter, window: window)
        }
        let isDivided = set.filter != nil || need.isOfAll && window?.hasBeginning == true
        ask(.reach(set, isDivided ? .each : need), written.name, written.name.span)
        return set
    }

    /// Within `body`, names are the properties of the event.
    private mutating func about<T>(_ name: Name, _ body: (inout Checker) -> T) -> T {
        event = (name.text, vocabulary?.events[name.text])
        defer { event = nil }
        return body(&self)
    }

    mutating func sequence(_ written: WrittenSequence) -> EventSequence {
        if let same = written.same {
            for name in written.first.name == written.second.name ? [written.first.name] : [written.first.name, written.second.name] {
                let known = vocabulary?.events[name.text]?.properties
                checkName(same, among: known.map { $0.keys }) { "no \"\(name.text)\" has a property \"\($0)\"" }
            }
        }
        return EventSequence(
            first: nested(Nesting.sequence) { $0.events(written.first, in: written.window) },
            second: nested(Nesting.sequence) { $0.events(written.second, in: nil) }, negated: written.negated, within: written.within,
            same: written.same?.text)
    }

    // MARK: - Amounts

    mutating func amount(_ written: WrittenAmount) -> Condition {
        let events = nested(Nesting.amount) {
            $0.events(written.event, in: written.window, need: written.need)
        }
        if let property = written.property { check(property, of: written.event.name, for: written.function) }
        let amount = Amount(function: written.function, events: events, property: written.property?.text)
        if mixesCurrencies(amount) {
            let name = Name(written.event.name.written + "." + (written.property?.written ?? ""))
            ask(.currency(amount), name, written.event.name.span.union(written.property?.span ?? written.event.name.span))
        }
        switch written.test {
        case .top(let percent):
            guard let share = Share(percent: percent) else {
                report(.error, "a share has at most six decimals", written.event.name.span, nil)
                return .all([])
            }
            return .amount(AmountTest(amount: amount, test: .top(share)))
        case .compare(let comparison, let number):
            let bound = ExactDecimal(json: number.text.utf8) ?? .zero
            guard let order = AmountTest.Order(rawValue: comparison.rawValue) else {
                return .not(.amount(AmountTest(amount: amount, test: .compare(.equal, bound))))
            }
            return .amount(AmountTest(amount: amount, test: .compare(order, bound)))
        }
    }

    /// Whether the events may be in several currencies.
    private func mixesCurrencies(_ amount: Amount) -> Bool {
        guard amount.function.takesNumbersOnly else { return false }
        if let known = vocabulary?.events[amount.events.event]?.properties, known[Currency.property] == nil { return false }
        let filters = if case .all(let items)? = amount.events.filter { items } else { amount.events.filter.map { [$0] } ?? [] }
        return !filters.contains { filter in
            if case .value(.property(Currency.property), .texts(let texts)) = filter { texts.count == 1 } else { false }
        }
    }

    private mutating func check(_ property: Name, of event: Name, for function: WrittenAmount.Function) {
        let known = vocabulary?.events[event.text]?.properties
        checkName(property, among: known.map { $0.keys }) { "no \"\(event.text)\" has a property \"\($0)\"" }
        guard function.takesNumbersOnly, let kinds = known?[property.text]?.kinds, !kinds.isEmpty else { return }
        if !kinds.contains(.number) {
            let held = ValueKind.allCases.filter(kinds.contains).map(\.rawValue).joined(separator: " and ")
            report(
                .error, "\"\(property.text)\" holds \(held), not numbers", property.span,
                "`distinct of` counts different values of any kind")
        } else if kinds.contains(.text) {
            report(
                .warning, "some \"\(event.text)\" have a text for \"\(property.text)\", which does not count as a number", property.span,
                "a number in quotes is a text: 12.50 counts, \"12.50\" does not")
        }
    }

    // MARK: - First and last

    mutating func edge(_ written: WrittenEdge) -> Condition {
        let before = size.arguments
        let events = nested(Nesting.edge) { $0.events(written.event, in: nil, need: written.isAboutTime ? .sum : .each) }
        let filtered = size.arguments - before
        switch written.test {
        case .time(let window): return .edge(Edge(end: written.end, events: events, test: .time(window)))
        case .property(let test):
            let condition = about(written.event.name) { $0.value(test) }
            return condition.mapValues { operand, test in
                guard case .property(let name) = operand else { return .value(operand, test) }
                // Each stands with the filter of its own.
                size.add(arguments: filtered + 60)
                return .edge(Edge(end: written.end, events: events, test: .property(name, test)))
            }
        }
    }

    // MARK: - Messages

    mutating func engagement(_ written: WrittenEngagement) -> Engagement {
        if let campaign = written.campaign {
            checkName(campaign, among: vocabulary?.campaigns) { "no campaign \"\($0)\" is there" }
        }
        let bounds = written.times.map { Bounds($0) } ?? .some
        let kind: Engagement.Kind =
            switch written.act {
            case .sent, .received: .sent(bounds)
            case .opened: .reaction(.open, bounds)
            case .clicked: .reaction(.click, bounds)
            case .bounced: .reaction(.bounce, bounds)
            case .complained: .reaction(.complaint, bounds)
            case .notOpened: .missed(.open)
            case .notClicked: .missed(.click)
            }
        return Engagement(kind: kind, campaign: written.campaign?.text, link: written.link, window: written.window)
    }
}

extension WrittenAmount {
    /// What has to be known of events that no longer are kept.
    fileprivate var need: Question.Need {
        if function.isOfEvents { return .sum }
        guard let property, DecimalFunction(rawValue: function.rawValue) != nil else { return .each }
        return .total(property.text)
    }
}

extension Question.Need {
    /// Whether all or none of a person's events have to be asked for.
    fileprivate var isOfAll: Bool {
        switch self {
        case .sum, .total: true
        case .each, .one: false
        }
    }
}

extension WrittenEdge {
    fileprivate var isAboutTime: Bool {
        if case .time = test { true } else { false }
    }
}

extension Window {
    fileprivate var hasBeginning: Bool {
        interval(at: Instant(seconds: 0), zone: .utc).from != nil
    }
}

extension Condition {
    /// With each test of a value replaced.
    fileprivate func mapValues(_ change: (Operand, ValueTest) -> Condition) -> Condition {
        switch self {
        case .all(let items): .all(items.map { $0.mapValues(change) })
        case .any(let items): .any(items.map { $0.mapValues(change) })
        case .not(let item): .not(item.mapValues(change))
        case .value(let operand, let test): change(operand, test)
        case .behaviour, .sequence, .amount, .edge, .engagement, .consent, .segment, .sample: self
        }
    }
}
