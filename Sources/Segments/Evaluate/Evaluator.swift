package import Model

/// Says whether a condition holds for one person, from what is in memory: the plain reading of the language, which the SQL
/// has to agree with.
struct Evaluator {
    let person: PersonHistory
    let moment: Moment
    /// Where the best of all people stand, for `in top`.
    var standings = Standings()

    func holds(_ condition: Condition) -> Bool {
        switch condition {
        case .all(let items): items.allSatisfy { holds($0) }
        case .any(let items): items.contains { holds($0) }
        case .not(let item): !holds(item)
        case .value(let operand, let test): holds(test, value: value(of: operand))
        case .behaviour(let behaviour): holds(behaviour)
        case .sequence(let sequence): firsts(of: sequence).contains { completes(sequence, $0) }
        case .amount(let test): holds(test)
        case .edge(let edge): holds(edge)
        case .engagement(let engagement): holds(engagement)
        case .consent(let consent): holds(consent)
        case .segment(_, let condition): holds(condition)
        case .sample(let sample): sample.contains(person.contact.id)
        }
    }

    // MARK: - Events

    func interval(_ window: Window?) -> Interval {
        window?.interval(at: moment.at, zone: moment.zone) ?? .ever
    }

    /// Those of the person's events that are in the set and count at the moment.
    func events(_ set: EventSet) -> [Event] {
        person.events.filter { isIn(set, $0) }
    }

    private func holds(_ behaviour: Behaviour) -> Bool {
        let isSome = !events(behaviour.events).isEmpty || once(behaviour.events) != nil
        switch behaviour.bounds {
        case .some: return isSome
        case .none: return !isSome
        default: return behaviour.bounds.contains(times(behaviour.events))
        }
    }

    /// How often, those included that are no longer kept.
    func times(_ set: EventSet) -> Int {
        events(set).count + (faded(set).map { $0.isOver(by: end(of: set)) ? $0.count : 0 } ?? 0)
    }

    /// What is left of events of the set that are no longer kept: they are known only in sum, so how many were within a window
    /// that begins somewhere can't be asked of them.
    func faded(_ set: EventSet) -> FadedEvents? {
        guard interval(set.window).from == nil else { return nil }
        return left(of: set).flatMap { $0.first < end(of: set) ? $0 : nil }
    }

    /// When the last or the first of those that are no longer kept was, if that is in the set.
    func once(_ set: EventSet) -> Instant? {
        let interval = interval(set.window).upTo(moment.at)
        return left(of: set).flatMap { faded in [faded.last, faded.first].first { interval.contains($0) } }
    }

    /// No property can be asked of them, and they count as known when the last of them was learned.
    private func left(of set: EventSet) -> FadedEvents? {
        guard set.filter == nil else { return nil }
        return person.faded.first { faded in
            faded.name.isExactly(set.event) && (moment.known.map { faded.learnedAt <= $0 } ?? true)
        }
    }

    /// Events before this count.
    func end(of set: EventSet) -> Instant {
        interval(set.window).upTo(moment.at).to ?? moment.at
    }

    func isIn(_ set: EventSet, _ event: Event) -> Bool {
        event.name.isExactly(set.event) && interval(set.window).contains(event.at)
            && moment.counts(event.at, learned: event.learnedAt) && (set.filter.map { holds($0, of: event) } ?? true)
    }

    private func holds(_ filter: Condition, of event: Event) -> Bool {
        switch filter {
        case .all(let items): items.allSatisfy { holds($0, of: event) }
        case .any(let items): items.contains { holds($0, of: event) }
        case .not(let item): !holds(item, of: event)
        case .value(.property(let name), let test): holds(test, value: event.properties.exactly(name))
        case .value, .behaviour, .sequence, .amount, .edge, .engagement, .consent, .segment, .sample: holds(filter)
        }
    }

    // MARK: - Permission

    func statements(_ test: ConsentTest) -> [Consent] {
        person.consents.filter { $0.topic.isExactly(test.topic) && moment.counts($0.at, learned: $0.learnedAt) }
    }

    private func holds(_ test: ConsentTest) -> Bool {
        let statements = statements(test)
        let interval = interval(test.window)
        switch test.act {
        case .consents:
            return statements.standing?.state == .confirmed
        case .consented: return statements.contains { $0.state == .confirmed && interval.contains($0.at) }
        case .withdrew: return statements.contains { $0.state == .withdrawn && interval.contains($0.at) }
        }
    }

    // MARK: - Attributes

    /// Nil where the value is unknown.
    func value(of operand: Operand) -> JSONValue? {
        switch operand {
        case .email: person.contact.email.map { .text($0.description) }
        case .attribute(let name): moment.isPresent ? person.contact.attributes.exactly(name) : past(name)
        case .property: nil
        }
    }

    /// What the attribute was: its latest change that counts.
    private func past(_ name: String) -> JSONValue? {
        person.changes
            .filter { moment.counts($0.at, learned: $0.learnedAt) && $0.changes.members.contains { $0.name.isExactly(name) } }
            .max { ($0.at, $0.learnedAt) < ($1.at, $1.learnedAt) }?
            .changes.exactly(name)
    }
}

extension FadedEvents {
    /// Whether all of them were before `end`.
    func isOver(by end: Instant) -> Bool { last < end }
}

extension [Consent] {
    /// The statement that decides: the latest that is not pending, a withdrawal before a confirmation of the same instant.
    var standing: Consent? {
        filter { $0.state != .pending }.max { ($0.at, $0.state.rawValue) < ($1.at, $1.state.rawValue) }
    }
}

extension JSONObject {
    /// The value of exactly this name, null being none. Swift takes two spellings of the same accented letter for equal;
    /// a database does not.
    package func exactly(_ name: String) -> JSONValue? {
        guard let value = members.first(where: { $0.name.isExactly(name) })?.value, value != .null else { return nil }
        return value
    }
}

extension String {
    /// The same bytes.
    func isExactly(_ other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
