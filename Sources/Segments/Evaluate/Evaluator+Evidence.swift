import Database
import Model

/// What a condition rests on, in words. The same whether it holds or not: the facts speak.
extension Evaluator {
    func evidence(_ condition: Condition) -> String {
        switch condition {
        case .all(let items), .any(let items):
            var said: [String] = []
            for item in items.map({ evidence($0) }) where !said.contains(item) { said.append(item) }
            return said.joined(separator: "; ")
        case .not(let item): return evidence(item)
        case .value(let operand, _): return "\(operand.name): \(value(of: operand).map { $0.json } ?? "unknown")"
        case .behaviour(let behaviour): return evidence(behaviour)
        case .sequence(let sequence): return evidence(sequence)
        case .amount(let test): return evidence(test)
        case .edge(let edge): return evidence(edge)
        case .engagement(let engagement): return evidence(engagement)
        case .consent(let test): return evidence(test)
        case .segment(let name, let condition): return "\(holds(condition) ? "in" : "not in") \(name) (\(evidence(condition)))"
        case .sample(let sample): return "place \(sample.percentile(of: person.contact.id)) of 100"
        }
    }

    // MARK: - Events

    private func evidence(_ behaviour: Behaviour) -> String {
        let set = behaviour.events
        let found = times(set)
        if let latest = latest(of: set) {
            return "\(set.event): \(found)\(fitting(set))\(phrase(set.window)), latest \(day(latest))"
        }
        if let instant = once(set) { return "\(set.event): at least one\(phrase(set.window)), \(day(instant))" }
        var wider = set
        wider.window = nil
        guard let latest = latest(of: wider) else { return "\(set.event): never\(fitting(set))" }
        return "\(set.event): none\(fitting(set))\(phrase(set.window)), latest \(day(latest))"
    }

    private func latest(of set: EventSet) -> Instant? {
        time(of: Edge(end: .last, events: set, test: .time(.today)))
    }

    private func evidence(_ sequence: EventSequence) -> String {
        let (first, second) = (sequence.first.event, sequence.second.event)
        let places = firsts(of: sequence)
        guard !places.isEmpty else { return "\(first): none\(fitting(sequence.first))\(phrase(sequence.first.window))" }
        if let place = places.filter({ completes(sequence, $0) }).max(by: { person.events[$0].at < person.events[$1].at }) {
            let start = person.events[place].at
            if let end = follower(sequence, of: place)?.at { return "\(first) \(time(start)), then \(second) \(time(end))" }
            return "\(first) \(time(start)), no \(second) within \(sequence.within)"
        }
        if !sequence.negated {
            return "\(first): \(places.count), latest \(time(latest(places))), no \(second) within \(sequence.within)"
        }
        let isOpen = places.contains { follower(sequence, of: $0) == nil }
        let what = isOpen ? "\(sequence.within) are not over" : "always followed by \(second)"
        return "\(first): \(places.count), latest \(time(latest(places))), \(what)"
    }

    private func latest(_ places: [Int]) -> Instant {
        places.map { person.events[$0].at }.max() ?? moment.at
    }

    private func evidence(_ test: AmountTest) -> String {
        let amount = test.amount
        let count = events(amount.events).count + (faded(amount)?.count ?? 0)
        let what =
            amount.property.map { "\(amount.function.rawValue) of \(amount.events.event).\($0)" } ?? "count of \(amount.events.event)"
        let value = value(of: amount).map { "\($0)" } ?? "none"
        var text = "\(what)\(fitting(amount.events))\(phrase(amount.events.window)): \(value)"
        if amount.property != nil { text += " from \(count) event\(count == 1 ? "" : "s")" }
        if case .top(let share) = test.test {
            text += standings.last(of: amount, share).map { ", in from \($0) on" } ?? ", nobody has one"
        }
        return text
    }

    private func evidence(_ edge: Edge) -> String {
        let found = outermost(edge)
        guard let instant = time(of: edge) else { return "\(edge.events.event): never\(fitting(edge.events))" }
        let text = "\(edge.end.rawValue) \(edge.events.event)\(fitting(edge.events)): \(day(instant))"
        guard case .property(let name, _) = edge.test else { return text }
        let values = found.map { $0.properties.exactly(name).map { $0.json } ?? "unknown" }
        return "\(text), \(name): \(values.joined(separator: ", "))"
    }

    private func fitting(_ set: EventSet) -> String { set.filter == nil ? "" : " that fit" }

    // MARK: - Messages and consent

    private func evidence(_ engagement: Engagement) -> String {
        let name = engagement.campaign.map { "\($0): " } ?? ""
        let sent = messages(engagement)
        switch engagement.kind {
        case .sent:
            let latest = sent.map(\.at).max().map { ", latest \(day($0))" } ?? ""
            return "\(name)\(sent.count == 0 ? "nothing" : "\(sent.count)") sent\(phrase(engagement.window))\(latest)"
        case .reaction(let kind, _):
            let found = reactions(kind, engagement, in: interval(engagement.window))
            let latest = found.map(\.at).max().map { ", latest \(day($0))" } ?? ""
            return
                "\(name)\(found.isEmpty ? "no" : "\(found.count)") \(kind.rawValue)\(found.count > 1 ? "s" : "")\(phrase(engagement.window))\(latest)"
        case .missed(let kind):
            guard let latest = sent.map(\.at).max() else { return "\(name)nothing sent\(phrase(engagement.window))" }
            let found = reactions(kind, engagement, in: .ever)
            if let first = found.map(\.at).min() { return "\(name)sent \(day(latest)), \(kind.rawValue) \(day(first))" }
            return "\(name)sent \(day(latest)), \(holds(engagement) ? "no \(kind.rawValue)" : "\(kind.rawValue)s can't be known")"
        }
    }

    private func evidence(_ test: ConsentTest) -> String {
        let said = statements(test)
        let wanted: [Consent] =
            switch test.act {
            case .consents: said.standing.map { [$0] } ?? said
            case .consented: said.filter { $0.state == .confirmed && interval(test.window).contains($0.at) }
            case .withdrew: said.filter { $0.state == .withdrawn && interval(test.window).contains($0.at) }
            }
        guard let last = wanted.max(by: { $0.at < $1.at }) else {
            return "\(test.topic): \(said.isEmpty ? "never asked" : "not said")\(phrase(test.window))"
        }
        return "\(test.topic): \(last.state.word) \(day(last.at)) (\(last.source))"
    }

    // MARK: - Words

    /// ` in the last 90 days`
    private func phrase(_ window: Window?) -> String {
        switch window {
        case nil: ""
        case .last(let span)?: " in the last \(span)"
        case let window?: " \(window)"
        }
    }

    private func day(_ instant: Instant) -> String { "\(moment.zone.date(at: instant))" }

    private func time(_ instant: Instant) -> String {
        let minute = moment.zone.minuteOfDay(at: instant)
        let parts = [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(day(instant)) \(parts.joined(separator: ":"))"
    }
}

extension Operand {
    fileprivate var name: String {
        switch self {
        case .email: "email"
        case .attribute(let name), .property(let name): name
        }
    }
}

extension Sample {
    /// `43.1`: who stands below the sample's percentage is in it.
    fileprivate func percentile(of contact: ContactID) -> Double {
        (Double(place(of: contact)) / Double(Self.size) * 1000).rounded(.down) / 10
    }
}
