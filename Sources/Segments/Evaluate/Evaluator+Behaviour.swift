package import Database
package import Model

// MARK: - Sequences

extension Evaluator {
    /// The events that may begin the sequence, as places in ``PersonHistory/events``.
    func firsts(of sequence: EventSequence) -> [Int] {
        person.events.indices.filter { index in
            let event = person.events[index]
            return isIn(sequence.first, event) && (sequence.same.map { identity(event, $0) != nil } ?? true)
        }
    }

    /// What followed the event at `index` in time; nil where nothing did.
    func follower(_ sequence: EventSequence, of index: Int) -> Event? {
        let first = person.events[index]
        let end = first.at.advanced(byMilliseconds: sequence.within.milliseconds)
        let place = person.events.indices.filter { other in
            let second = person.events[other]
            guard other != index, second.at >= first.at, second.at < end, isIn(sequence.second, second) else { return false }
            guard let same = sequence.same else { return true }
            guard let a = identity(first, same), let b = identity(second, same) else { return false }
            return a == b
        }.min { person.events[$0].at < person.events[$1].at }
        return place.map { person.events[$0] }
    }

    func completes(_ sequence: EventSequence, _ index: Int) -> Bool {
        guard sequence.negated else { return follower(sequence, of: index) != nil }
        let end = person.events[index].at.advanced(byMilliseconds: sequence.within.milliseconds)
        return end <= moment.at && follower(sequence, of: index) == nil
    }

    private func identity(_ event: Event, _ property: String) -> Identity? {
        event.properties.exactly(property).flatMap { Identity($0) }
    }
}

/// A value to tell from others: a text, a number, or true or false.
enum Identity: Hashable {
    case text([UInt8])
    case integer(Int64)
    case real(Double)
    case truth(Bool)

    init?(_ value: JSONValue) {
        switch value {
        case .text(let text): self = .text(Array(text.utf8))
        case .integer(let value): self = .integer(value)
        case .real(let value): self = Int64(exactly: value).map { .integer($0) } ?? .real(value)
        case .bool(let value): self = .truth(value)
        case .null, .list, .object: return nil
        }
    }
}

// MARK: - Amounts

extension Evaluator {
    private func holds(_ test: AmountTest, _ value: ExactDecimal?) -> Bool {
        guard let value else { return false }
        switch test.test {
        case .compare(let order, let bound): return order.holds(value, bound)
        case .top(let share):
            guard let value = ranked(test.amount), let last = standings.last(of: test.amount, share) else { return false }
            return value >= last
        }
    }

    func holds(_ test: AmountTest) -> Bool {
        holds(test, value(of: test.amount))
    }

    /// The value that counts in a ranking; nil for who has none of the events.
    func ranked(_ amount: Amount) -> ExactDecimal? {
        let isSome =
            amount.property == nil ? times(amount.events) > 0 : !events(amount.events).isEmpty || faded(amount) != nil
        return isSome ? value(of: amount) : nil
    }

    /// Nil where the person has no such value.
    func value(of amount: Amount) -> ExactDecimal? {
        let events = events(amount.events)
        guard let property = amount.property else { return ExactDecimal(Int64(times(amount.events))) }
        let values = events.compactMap { $0.properties.exactly(property) }
        if amount.function == .distinct { return ExactDecimal(Int64(Set(values.compactMap { Identity($0) }).count)) }
        let numbers = values.compactMap { $0.decimal }
        let faded = faded(amount)
        let count = numbers.count + (faded?.count ?? 0)
        let total = numbers.reduce(faded?.total ?? .zero, +)
        switch amount.function {
        case .min: return (numbers + [faded?.least].compactMap { $0 }).min()
        case .max: return (numbers + [faded?.most].compactMap { $0 }).max()
        case .avg: return count == 0 ? nil : total.divided(by: count)
        case .sum, .count, .distinct: return total
        }
    }

    /// What the events that are no longer kept come to, where that is kept, and all of them count.
    func faded(_ amount: Amount) -> FadedAmount? {
        guard amount.decimalFunction != nil, let property = amount.property, let faded = faded(amount.events),
            faded.isOver(by: end(of: amount.events))
        else { return nil }
        return faded.amounts.first { $0.key.isExactly(property) }?.value
    }
}

extension JSONValue {
    /// The number exactly as it is written; nil for what is none.
    package var decimal: ExactDecimal? {
        switch self {
        case .integer(let value): ExactDecimal(value)
        case .real(let value): ExactDecimal(json: "\(value)".utf8)
        default: nil
        }
    }
}

/// The last value that is still among the best, for each ranking of a segment.
package struct Standings: Sendable {
    struct Ranking: Hashable, Sendable {
        var amount: Amount
        var share: Share
    }

    private var lasts: [Ranking: ExactDecimal] = [:]

    package init() {}

    func last(of amount: Amount, _ share: Share) -> ExactDecimal? {
        lasts[Ranking(amount: amount, share: share)]
    }

    mutating func set(_ ranking: Ranking, last: ExactDecimal?) {
        lasts[ranking] = last
    }

    /// Ranks everybody who has at least one of the events, and a value.
    mutating func rank(_ ranking: Ranking, among people: [PersonHistory], at moment: Moment) {
        let values = people.compactMap { person -> ExactDecimal? in
            let evaluator = Evaluator(person: person, moment: moment)
            return evaluator.ranked(ranking.amount)
        }.sorted(by: >)
        let last = values.indices.last { ranking.share.includes(ahead: $0, of: values.count) }
        set(ranking, last: last.map { values[$0] })
    }
}

// MARK: - First and last

extension Evaluator {
    /// The events at the first or the last instant.
    func outermost(_ edge: Edge) -> [Event] {
        let events = events(edge.events)
        let instants = events.map(\.at)
        guard let instant = edge.end == .first ? instants.min() : instants.max() else { return [] }
        return events.filter { $0.at == instant }
    }

    /// When that was, events that are no longer kept included.
    func time(of edge: Edge) -> Instant? {
        var instants = events(edge.events).map(\.at)
        if let faded = faded(edge.events) {
            if edge.end == .first { instants.append(faded.first) }
            if edge.end == .last, faded.isOver(by: end(of: edge.events)) { instants.append(faded.last) }
        }
        return edge.end == .first ? instants.min() : instants.max()
    }

    func holds(_ edge: Edge) -> Bool {
        switch edge.test {
        case .time(let window): time(of: edge).map { interval(window).contains($0) } ?? false
        case .property(let name, let test): outermost(edge).contains { holds(test, value: $0.properties.exactly(name)) }
        }
    }
}

// MARK: - Messages

extension Evaluator {
    func messages(_ engagement: Engagement) -> [Message] {
        person.messages.filter { message in
            (engagement.campaign.map { message.campaign.isExactly($0) } ?? true)
                && interval(engagement.window).contains(message.at) && moment.counts(message.at, learned: message.at)
        }
    }

    /// The person's own, and with `machines` those that may be a machine's.
    func reactions(_ kind: Reaction.Kind, _ engagement: Engagement, in interval: Interval, machines: Bool = false) -> [Reaction] {
        person.reactions.filter { reaction in
            reaction.kind == kind && (reaction.isKnown || machines)
                && (engagement.campaign.map { reaction.campaign.isExactly($0) } ?? true)
                && (engagement.link.map { link in reaction.link.map { contains($0, link) } ?? false } ?? true)
                && interval.contains(reaction.at) && moment.counts(reaction.at, learned: reaction.learnedAt)
        }
    }

    func holds(_ engagement: Engagement) -> Bool {
        switch engagement.kind {
        case .sent(let bounds): return bounds.contains(messages(engagement).count)
        case .reaction(let kind, let bounds):
            return bounds.contains(reactions(kind, engagement, in: interval(engagement.window)).count)
        case .missed(let kind):
            let messages = messages(engagement)
            let reactions = reactions(kind, engagement, in: .ever, machines: true)
            let happened = messages.contains { message in reactions.contains { $0.isKnown && $0.isOf(message) } }
            let missed = messages.contains { message in
                message.tracked.contains(kind) && !reactions.contains { $0.isOf(message) }
            }
            return missed && !happened
        }
    }

    private func contains(_ text: String, _ part: String) -> Bool {
        let bytes = Array(text.utf8)
        let wanted = Array(part.utf8)
        return bytes.count >= wanted.count && (0...(bytes.count - wanted.count)).contains { bytes[$0...].starts(with: wanted) }
    }
}

extension Reaction {
    func isOf(_ message: Message) -> Bool {
        campaign.isExactly(message.campaign) && step == message.step && entry == message.entry
    }
}
