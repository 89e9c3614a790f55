import Foundation
import Model

@testable import Segments

/// The third witness: reads the written segment, never the checked plan, and works everything out in the most naive way.
///
/// It shares nothing with the evaluator but the calendar: days are compared as days, sums are `Decimal`, averages are compared
/// by multiplying, who is in the top is found by counting who is ahead.
final class Oracle {
    let people: [PersonHistory]
    let moment: Moment
    /// What `in segment` means.
    let segments: [String: String]
    private var ranked: [WrittenAmount: [Ratio]] = [:]

    init(people: [PersonHistory], moment: Moment, segments: [String: String]) {
        self.people = people
        self.moment = moment
        self.segments = segments
    }

    func holds(_ node: SyntaxNode, _ person: PersonHistory) -> Bool {
        holds(node) { condition in asks(condition, person) }
    }

    private func holds(_ node: SyntaxNode, _ leaf: (WrittenCondition) -> Bool) -> Bool {
        switch node.kind {
        case .all(let items): !items.contains { !holds($0, leaf) }
        case .any(let items): items.contains { holds($0, leaf) }
        case .not(let item): !holds(item, leaf)
        case .condition(let condition): leaf(condition)
        }
    }

    private func asks(_ condition: WrittenCondition, _ person: PersonHistory) -> Bool {
        switch condition {
        case .value(let test): return holds(test.test, value(test.name.text, person))
        case .language(let tag):
            guard case .text(let text)? = value("language", person) else { return false }
            let parts = text.lowercased().unicodeScalars.split(separator: "-", omittingEmptySubsequences: false).map { String($0) }
            let wanted = tag.text.lowercased().split(separator: "-").map { String($0) }
            return parts.count >= wanted.count && Array(parts.prefix(wanted.count)) == wanted
        case .segment(let name):
            guard let text = segments[name.text], let syntax = try? SegmentSyntax(where: text) else { return false }
            return holds(syntax.root, person)
        case .sample(let percent, let seed): return Sample(percent: Double(percent.text) ?? 0, seed: seed).contains(person.contact.id)
        case .consent(let consent): return holds(consent, person)
        case .behaviour(let behaviour):
            let times = events(WrittenEvent(name: behaviour.event, filter: behaviour.filter), behaviour.window, person).count
            if behaviour.negated { return times == 0 }
            return behaviour.times.map { holds($0, times) } ?? (times > 0)
        case .sequence(let sequence): return holds(sequence, person)
        case .amount(let amount): return holds(amount, person)
        case .edge(let edge): return holds(edge, person)
        case .engagement(let engagement): return holds(engagement, person)
        }
    }

    private func holds(_ times: Times, _ count: Int) -> Bool {
        switch times.bound {
        case .atLeast: count >= times.count
        case .atMost: count <= times.count
        case .exactly: count == times.count
        case .fewerThan: count < times.count
        case .moreThan: count > times.count
        }
    }

    private func counts(_ at: Instant, _ learned: Instant) -> Bool {
        if let known = moment.known, learned > known { return false }
        return !(at > moment.at)
    }

    // MARK: - Attributes

    private func value(_ name: String, _ person: PersonHistory) -> JSONValue? {
        if name == "email" { return person.contact.email.map { .text("\($0)") } }
        var value: JSONValue?
        if moment.isPresent {
            value = person.contact.attributes.members.last { same($0.name, name) }?.value
        } else {
            for change in person.changes.sorted(by: { ($0.at, $0.learnedAt) < ($1.at, $1.learnedAt) })
            where counts(change.at, change.learnedAt) {
                for member in change.changes.members where same(member.name, name) { value = member.value }
            }
        }
        return value == .null ? nil : value
    }

    func same(_ a: String, _ b: String) -> Bool { Array(a.unicodeScalars) == Array(b.unicodeScalars) }

    private func holds(_ consent: WrittenConsent, _ person: PersonHistory) -> Bool {
        let said = person.consents.filter { same($0.topic, consent.topic.text) && counts($0.at, $0.learnedAt) }
        switch consent.act {
        case .consented: return said.contains { $0.state == .confirmed && isIn(consent.window, $0.at) }
        case .withdrew: return said.contains { $0.state == .withdrawn && isIn(consent.window, $0.at) }
        case .consents:
            guard let last = said.filter({ $0.state != .pending }).map(\.at).max() else { return false }
            return !said.contains { $0.at == last && $0.state == .withdrawn }
        }
    }

    // MARK: - Events

    func events(_ written: WrittenEvent, _ window: Window?, _ person: PersonHistory) -> [Int] {
        person.events.indices.filter { index in
            let event = person.events[index]
            guard same(event.name, written.name.text), counts(event.at, event.learnedAt), isIn(window, event.at) else { return false }
            guard let filter = written.filter else { return true }
            return holds(filter) { condition in
                guard case .value(let test) = condition else { return false }
                return holds(test.test, property(event, test.name.text))
            }
        }
    }

    private func property(_ event: Event, _ name: String) -> JSONValue? {
        let value = event.properties.members.last { same($0.name, name) }?.value
        return value == .null ? nil : value
    }

    private func holds(_ sequence: WrittenSequence, _ person: PersonHistory) -> Bool {
        let seconds = events(sequence.second, nil, person)
        for first in events(sequence.first, sequence.window, person) {
            let a = person.events[first]
            var tie: String?
            if let same = sequence.same {
                guard let value = property(a, same.text).flatMap(identity) else { continue }
                tie = value
            }
            let length = sequence.within.milliseconds
            let followed = seconds.contains { second in
                let b = person.events[second]
                let later = b.at.milliseconds - a.at.milliseconds
                guard second != first, later >= 0, later < length else { return false }
                return sequence.same.map { property(b, $0.text).flatMap(identity) == tie } ?? true
            }
            let isOver = moment.at.milliseconds - a.at.milliseconds >= length
            if sequence.negated ? !followed && isOver : followed { return true }
        }
        return false
    }

    /// A text that is the same for the same value.
    private func identity(_ value: JSONValue) -> String? {
        switch value {
        case .text(let text): "text \(Array(text.utf8))"
        case .integer(let value): "number \(Decimal(value))"
        case .real(let value): "number \(Decimal(string: "\(value)") ?? .nan)"
        case .bool(let value): "truth \(value)"
        case .null, .list, .object: nil
        }
    }

    private func holds(_ edge: WrittenEdge, _ person: PersonHistory) -> Bool {
        let found = events(edge.event, nil, person).map { person.events[$0] }.sorted { $0.at < $1.at }
        guard let outermost = edge.end == .first ? found.first : found.last else {
            // Nobody's value is unknown: what is said of no value is what `not` makes of a test that fails.
            guard case .property(let test) = edge.test else { return false }
            return holds(test.test, nil)
        }
        switch edge.test {
        case .time(let window): return isIn(window, outermost.at)
        case .property(let test):
            let values = found.filter { $0.at == outermost.at }.map { property($0, test.name.text) }
            switch test.test {
            case .compare(.notEqual, let literal): return !values.contains { holds(.compare(.equal, literal), $0) }
            case .known(false): return !values.contains { $0 != nil }
            default: return values.contains { holds(test.test, $0) }
            }
        }
    }

    // MARK: - Amounts

    /// A sum and by what it is divided; nil where there is no value.
    private typealias Ratio = (above: Decimal, below: Decimal)

    private func amount(_ written: WrittenAmount, _ person: PersonHistory) -> Ratio? {
        let found = events(written.event, written.window, person).map { person.events[$0] }
        guard let name = written.property else { return (Decimal(found.count), 1) }
        let values = found.compactMap { property($0, name.text) }
        if written.function == .distinct { return (Decimal(Set(values.compactMap(identity)).count), 1) }
        let numbers = values.compactMap(number)
        var sum = Decimal(0)
        for number in numbers.shuffled() { sum += number }
        switch written.function {
        case .sum: return (sum, 1)
        case .avg: return numbers.isEmpty ? nil : (sum, Decimal(numbers.count))
        case .min: return numbers.sorted().first.map { ($0, 1) }
        case .max: return numbers.sorted().last.map { ($0, 1) }
        case .count, .distinct: return nil
        }
    }

    private func number(_ value: JSONValue) -> Decimal? {
        switch value {
        case .integer(let value): Decimal(value)
        case .real(let value): Decimal(string: "\(value)")
        default: nil
        }
    }

    private func holds(_ written: WrittenAmount, _ person: PersonHistory) -> Bool {
        let own = amount(written, person)
        switch written.test {
        case .compare(let comparison, let bound):
            let equal = own.map { $0.above == (Decimal(string: bound.text) ?? .nan) * $0.below } ?? false
            let less = own.map { $0.above < (Decimal(string: bound.text) ?? .nan) * $0.below } ?? false
            switch comparison {
            case .equal: return equal
            case .notEqual: return !equal
            case .less: return less
            case .atMost: return less || equal
            case .greater: return own != nil && !less && !equal
            case .atLeast: return own != nil && !less
            }
        case .top(let percent):
            guard let own, !events(written.event, written.window, person).isEmpty else { return false }
            let others =
                ranked[written]
                ?? people.filter { !events(written.event, written.window, $0).isEmpty }.compactMap { amount(written, $0) }
            ranked[written] = others
            let ahead = others.filter { $0.above * own.below > own.above * $0.below }.count
            return Decimal(ahead) * 100 < Decimal(others.count) * (Decimal(string: percent.text) ?? .nan)
        }
    }

    // MARK: - Messages

    private func holds(_ written: WrittenEngagement, _ person: PersonHistory) -> Bool {
        func isOf(_ name: String) -> Bool { written.campaign.map { same($0.text, name) } ?? true }
        func asked(_ count: Int) -> Bool { written.times.map { holds($0, count) } ?? (count > 0) }
        let messages = person.messages.filter { isOf($0.campaign) && isIn(written.window, $0.at) && counts($0.at, $0.at) }
        func reactions(_ kind: Reaction.Kind) -> [Reaction] {
            person.reactions.filter { reaction in
                guard reaction.kind == kind, isOf(reaction.campaign), counts(reaction.at, reaction.learnedAt) else { return false }
                return written.link.map { reaction.link?.contains($0) ?? false } ?? true
            }
        }
        func happened(_ kind: Reaction.Kind) -> Bool {
            asked(reactions(kind).filter { $0.isKnown && isIn(written.window, $0.at) }.count)
        }
        func missed(_ kind: Reaction.Kind) -> Bool {
            var wasMissed = false
            for message in messages {
                let own = reactions(kind).filter {
                    same($0.campaign, message.campaign) && [$0.step, $0.entry] == [message.step, message.entry]
                }
                if own.contains(where: \.isKnown) { return false }
                if own.isEmpty && message.tracked.contains(kind) { wasMissed = true }
            }
            return wasMissed
        }
        switch written.act {
        case .sent, .received: return asked(messages.count)
        case .opened: return happened(.open)
        case .clicked: return happened(.click)
        case .bounced: return happened(.bounce)
        case .complained: return happened(.complaint)
        case .notOpened: return missed(.open)
        case .notClicked: return missed(.click)
        }
    }
}
