import Database
import Model
import Store
import TestDatabases
import Testing

@Suite(.onEachDatabase) struct PeopleTests {
    let house: House

    init() throws { house = try House() }

    private func record(_ name: String, _ attributes: JSONObject, externalID: String? = nil, at now: Instant = House.noon) throws
        -> (id: ContactID, change: ContactStore.Change)
    {
        let entry = ContactStore.Entry(email: try EmailAddress(name), externalID: externalID, attributes: attributes)
        let result = try #require(try house.contacts.record([entry], at: now, source: "test").first)
        return (result.id, result.change)
    }

    @Test func `a person is added, updated, or left as they are`() throws {
        let first = try record("ada@example.com", ["city": "Rome", "age": 36])
        let later = House.noon.advanced(byMilliseconds: 1)
        let second = try record("ADA@Example.com", ["city": "Milan"], at: later)
        let third = try record("ada@example.com", ["city": "Milan"], at: later)
        #expect([first.change, second.change, third.change] == [.added, .updated, .unchanged])
        #expect(Set([first.id, second.id, third.id]).count == 1)
        #expect(try house.contacts.contact(first.id)?.attributes == ["city": "Milan", "age": 36])
        #expect(try house.contacts.contact(first.id)?.email?.description == "ada@example.com")
        #expect(try house.contacts.changes(of: first.id).map(\.changes) == [["city": "Rome", "age": 36], ["city": "Milan"]])
    }

    @Test func `null removes an attribute, and the history says so`() throws {
        let id = try record("ada@example.com", ["city": "Rome"]).id
        _ = try record("ada@example.com", ["city": .null, "never": .null], at: House.noon.advanced(byMilliseconds: 1))
        #expect(try house.contacts.contact(id)?.attributes.isEmpty == true)
        #expect(try house.contacts.changes(of: id).last?.changes == ["city": .null])
    }

    @Test func `two changes in one millisecond are both in the history`() throws {
        let entries = try [["city": "Rome", "plan": "free"], ["plan": "pro"], ["city": .null]].map { (attributes: JSONObject) in
            ContactStore.Entry(email: try EmailAddress("ada@example.com"), attributes: attributes)
        }
        let results = try house.contacts.record(entries, at: House.noon, source: "test")
        #expect(results.map(\.change) == [.added, .updated, .updated])
        let id = try #require(results.first?.id)
        #expect(try house.contacts.contact(id)?.attributes == ["plan": "pro"])
        let history = try house.contacts.changes(of: id)
        #expect(history.count == 1)
        #expect(history.first?.changes == ["city": .null, "plan": "pro"])
    }

    @Test func `an address in capitals or in punycode is the same person's`() throws {
        let id = try record("ada@bücher.example", [:]).id
        #expect(try record("Ada@xn--bcher-kva.example", [:]).id == id)
        #expect(try house.contacts.count() == 1)
    }

    @Test func `the same statement told again is one, whatever else is told with it`() throws {
        let id = try record("ada@example.com", [:]).id
        let yes = Consent(contact: id, topic: "news", state: .confirmed, at: House.noon, learnedAt: House.noon, source: "form")
        var other = yes
        other.source = "call"
        #expect(try house.consents.record([yes, yes]) == 1)
        _ = try house.consents.record([yes, other])
        #expect(try house.consents.statements(of: id).count == 1)
    }

    @Test(arguments: [
        ([Consent.State.confirmed], true), ([.pending], false), ([.withdrawn], false), ([.confirmed, .pending], true),
        ([.confirmed, .withdrawn], false), ([.confirmed, .withdrawn, .pending], false), ([.withdrawn, .confirmed], true),
    ])
    func `what holds is the latest statement that is not pending, in memory as in the ledger`(_ states: [Consent.State], _ holds: Bool)
        throws
    {
        let id = try record("ada@example.com", [:]).id
        let statements = states.enumerated().map { index, state in
            let at = House.noon.advanced(byMilliseconds: Int64(index - 10))
            return Consent(contact: id, topic: "news", state: state, at: at, learnedAt: at, source: "form")
        }
        try house.consents.record(statements)
        #expect(statements.grantConsent(at: House.noon) == holds)
        let (desk, plan) = try house.begun()
        #expect(plan.recipients == (holds ? 1 : 0))
        #expect(try house.claim(desk).count == (holds ? 1 : 0))
    }

    @Test func `of two statements at one instant the withdrawal wins`() throws {
        let id = try record("ada@example.com", [:]).id
        let statements = [Consent.State.withdrawn, .confirmed].map {
            Consent(contact: id, topic: "news", state: $0, at: House.noon, learnedAt: House.noon, source: "form")
        }
        try house.consents.record(statements)
        #expect(!statements.grantConsent(at: House.noon))
        #expect(!statements.reversed().grantConsent(at: House.noon))
        #expect(try house.begun().plan.recipients == 0)
    }

    @Test func `a list imported again gives nobody back what they took away`() throws {
        let ids = try house.people(2)
        try house.withdraw(ids[0])
        let later = House.noon.advanced(byMilliseconds: 1000)
        let grant = ConsentTemplate(topic: "news", state: .confirmed, at: later, source: "form")
        let entries = try (1...2).map { ContactStore.Entry(email: try House.address("p\($0)"), attributes: [:]) }
        _ = try house.contacts.record(entries, consent: grant, at: later, source: "import")
        #expect(!(try house.consents.statements(of: ids[0]).grantConsent(at: later)))
        #expect(try house.consents.statements(of: ids[1]).count == 1)
    }

    @Test func `an event told twice is one, told of two people two`() throws {
        try house.people(2)
        func entry(_ name: String, _ properties: JSONObject, id: String? = nil) throws -> EventStore.Entry {
            EventStore.Entry(email: try House.address(name), name: "purchase", at: House.noon, properties: properties, givenID: id)
        }
        let results = try house.events.record(
            [
                entry("p1", ["a": 1, "b": 2]), entry("p1", ["b": 2, "a": 1]), entry("p1", ["a": 1]), entry("p2", ["a": 1, "b": 2]),
                entry("p1", ["x": 1], id: "7"), entry("p1", ["x": 2], id: "7"), entry("p2", ["x": 1], id: "7"), entry("nobody", [:]),
            ], at: House.noon)
        #expect(results == [.added, .known, .added, .added, .added, .contradicting, .added, .noContact])
        #expect(try house.events.count() == 5)
    }
}
