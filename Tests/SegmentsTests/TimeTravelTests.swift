import Database
import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

@Suite(.onEachDatabase) struct TimeTravelTests {
    /// Two databases: one as it was yesterday, asked then; one with all that was heard since, asked today for yesterday.
    @Test(arguments: 40..<44 as Range<UInt64>)
    func `what was known yesterday gives today what yesterday gave`(seed: UInt64) throws {
        var world = RandomWorld(seed: seed)
        let yesterday = world.now
        let today = (1...100).map { world.person($0) }
        let then = today.map { $0.known(at: yesterday) }
        let (now, before) = (try TestDatabase(today), try TestDatabase(then))
        var changed = 0
        for _ in 0..<40 {
            let node = world.node()
            let plan = try SegmentPlan(try SegmentSyntax(where: node.description), against: nil) { name in
                RandomWorld.segments[name].map { SourceText(name: name, text: $0) }
            }
            let dialect = DatabaseKind.current.dialect
            let past = Moment(at: yesterday, known: yesterday, zone: world.zone)
            let answer = try before.ids(where: plan.sql(dialect: dialect, at: .now(yesterday, zone: world.zone)))
            #expect(try now.ids(where: plan.sql(dialect: dialect, at: past)) == answer, "\(node)")
            if try now.ids(where: plan.sql(dialect: dialect, at: .now(yesterday, zone: world.zone))) != answer { changed += 1 }
        }
        #expect(changed > 5, "what was heard since must matter")
    }

    @Test func `how many people's values are younger than the time asked for is counted`() throws {
        let people = (1...3).map { number in
            var person = Asking.person(Int64(number))
            person.contact.attributes = ["city": "Rome", "plan": "pro"]
            let told = Asking.now.advanced(byMilliseconds: -Int64(number) * Asking.day)
            person.changes = [AttributeChange(at: told, learnedAt: told, changes: person.contact.attributes)]
            return person
        }
        let plan = try SegmentPlan(try SegmentSyntax(where: #"plan = "pro" or not city = "Rome""#), against: nil)
        let database = try TestDatabase(people)
        let then = Moment(at: Asking.now.advanced(byMilliseconds: -2 * Asking.day), zone: Asking.rome)
        let later = try database.database.read { try plan.unheard(in: $0, at: then) }
        #expect(later.map { "\($0.name) \($0.count)" } == ["city 1", "plan 1"])
        #expect(try database.database.read { try plan.unheard(in: $0, at: .now(Asking.now, zone: Asking.rome)) }.isEmpty)
    }

    @Test(arguments: [
        ("sum of buy.amount = 5", "sum of buy.amount = 105"), ("consents to news", "not consents to news"),
        (#"city = "Rome""#, #"city = "Oslo""#),
        ("did buy then not visit within 1 hour", "did buy then visit within 1 hour"),
        ("did buy exactly 1 time", "did buy at least 2 times"),
        ("opened any exactly 0 times", "opened any"),
    ])
    func `late events, statements, values and opens change today's answer and not yesterday's`(then: String, since: String) throws {
        let yesterday = Asking.now.advanced(byMilliseconds: -Asking.day)
        let early = yesterday.advanced(byMilliseconds: -Asking.day)
        var person = Asking.person()
        let id = person.contact.id
        func event(_ name: String, _ amount: Int64, learned: Instant) -> Event {
            Event(contact: id, name: name, at: early, learnedAt: learned, properties: ["amount": .integer(amount)])
        }
        func consent(_ state: Consent.State, learned: Instant) -> Consent {
            Consent(contact: id, topic: "news", state: state, at: early, learnedAt: learned, source: "form")
        }
        person.contact.attributes = ["city": "Oslo"]
        person.events = [event("buy", 5, learned: early)]
        person.consents = [consent(.confirmed, learned: early)]
        person.changes = [AttributeChange(at: early, learnedAt: early, changes: ["city": "Rome"])]
        person.messages = [Message(campaign: "x", at: early, tracked: [.open])]
        // All of these happened before yesterday, and were heard of today.
        person.events += [event("buy", 100, learned: Asking.now), event("visit", 0, learned: Asking.now)]
        person.consents.append(consent(.withdrawn, learned: Asking.now))
        person.changes.append(AttributeChange(at: early, learnedAt: Asking.now, changes: ["city": "Oslo"]))
        person.reactions = [Reaction(.open, campaign: "x", at: early, learnedAt: Asking.now)]
        for at in [yesterday, Asking.now] {
            #expect(try Asking.holds(then, of: person, at: Moment(at: at, known: yesterday, zone: .utc)))
            #expect(try Asking.holds(since, of: person, at: Moment(at: at, zone: .utc)))
            #expect(try !Asking.holds(since, of: person, at: Moment(at: at, known: yesterday, zone: .utc)))
        }
    }
}

extension PersonHistory {
    /// What had been heard of by then, and the attributes that follow from it.
    fileprivate func known(at instant: Instant) -> PersonHistory {
        var person = self
        person.changes.removeAll { $0.learnedAt > instant }
        person.events.removeAll { $0.learnedAt > instant }
        person.consents.removeAll { $0.learnedAt > instant }
        person.messages.removeAll { $0.at > instant }
        person.reactions.removeAll { $0.learnedAt > instant }
        person.contact.attributes = [:]
        for change in person.changes.sorted(by: { ($0.at, $0.learnedAt) < ($1.at, $1.learnedAt) }) where change.at <= instant {
            for (name, value) in change.changes.members { person.contact.attributes[name] = value == .null ? nil : value }
        }
        return person
    }
}
