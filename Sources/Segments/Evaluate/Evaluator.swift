import Model

/// Says whether a condition holds for one person, from what is in memory: the plain reading of the language, which the SQL
/// has to agree with.
struct Evaluator {
    let person: PersonHistory
    let moment: Moment

    func holds(_ condition: Condition) -> Bool {
        switch condition {
        case .all(let items): items.allSatisfy { holds($0) }
        case .any(let items): items.contains { holds($0) }
        case .not(let item): !holds(item)
        case .value(let operand, let test): holds(test, value: value(of: operand))
        case .behaviour(let behaviour): behaviour.accepts(count(behaviour))
        case .consent(let consent): holds(consent)
        case .segment(_, let condition): holds(condition)
        case .sample(let sample): sample.contains(person.contact.id)
        }
    }

    // MARK: - Behaviour

    private func count(_ behaviour: Behaviour) -> Int {
        let interval = behaviour.window?.interval(at: moment.at, zone: moment.zone) ?? .ever
        return person.events.count { event in
            event.name.isExactly(behaviour.event) && interval.contains(event.at) && moment.counts(event.at, learned: event.learnedAt)
                && (behaviour.filter.map { holds($0, of: event) } ?? true)
        }
    }

    private func holds(_ filter: Condition, of event: Event) -> Bool {
        switch filter {
        case .all(let items): items.allSatisfy { holds($0, of: event) }
        case .any(let items): items.contains { holds($0, of: event) }
        case .not(let item): !holds(item, of: event)
        case .value(.property(let name), let test): holds(test, value: event.properties.exactly(name))
        case .value, .behaviour, .consent, .segment, .sample: holds(filter)
        }
    }

    // MARK: - Permission

    private func holds(_ test: ConsentTest) -> Bool {
        let statements = person.consents.filter { $0.topic.isExactly(test.topic) && moment.counts($0.at, learned: $0.learnedAt) }
        let interval = test.window?.interval(at: moment.at, zone: moment.zone) ?? .ever
        switch test.act {
        case .consents:
            let standing = statements.filter { $0.state != .pending }.max { ($0.at, $0.state.rawValue) < ($1.at, $1.state.rawValue) }
            return standing?.state == .confirmed
        case .consented: return statements.contains { $0.state == .confirmed && interval.contains($0.at) }
        case .withdrew: return statements.contains { $0.state == .withdrawn && interval.contains($0.at) }
        }
    }

    // MARK: - Attributes

    /// Nil where the value is unknown.
    private func value(of operand: Operand) -> JSONValue? {
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

extension JSONObject {
    /// The value of exactly this name, null being none. Swift takes two spellings of the same accented letter for equal;
    /// a database does not.
    func exactly(_ name: String) -> JSONValue? {
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
