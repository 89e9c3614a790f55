import Database
import Foundation
import Model
import Store
import TestDatabases
import Testing

@Suite(.onEachDatabase) struct PeopleMergeTests {
    let house: House
    let ada: ContactID
    let ida: ContactID
    private let later = House.noon.advanced(byMilliseconds: 60_000)

    init() throws {
        house = try House()
        let ids = try house.contacts.record(
            [
                ContactStore.Entry(email: try House.address("ada"), externalID: "7", attributes: ["city": "Rome", "age": 36]),
                ContactStore.Entry(email: try House.address("ida"), externalID: "8", attributes: ["city": "Milan", "plan": "pro"]),
            ], at: House.noon, source: "list"
        ).map(\.id)
        (ada, ida) = (ids[0], ids[1])
    }

    private func consent(_ id: ContactID, _ state: Consent.State, daysAgo: Int64) throws {
        let at = House.noon.advanced(byMilliseconds: -daysAgo * 86_400_000)
        try house.consents.record([Consent(contact: id, topic: "news", state: state, at: at, learnedAt: at, source: "form")])
    }

    private func event(_ name: String, _ event: String = "visit", _ properties: JSONObject = [:]) throws {
        let entry = EventStore.Entry(email: try House.address(name), name: event, at: House.noon, properties: properties)
        #expect(try house.events.record([entry], at: House.noon) == [.added])
    }

    /// Every row of every table that says something of a person.
    private func dump() throws -> [String: [String]] {
        let tables = [
            "contact": "id, email, email_key, attributes", "event": "name_id, at, contact_id, id, properties",
            "event_summary": "*", "event_faded": "*", "event_sum": "*", "event_sum_faded": "*", "event_given_id": "*",
            "attribute_change": "*", "consent": "*",
            "contact_external_id": "*", "delivery": "*", "attempt": "*", "engagement": "*", "plan_recipient": "*", "contact_alias": "*",
            "suppression": "email_key, reason, lifted_at IS NULL",
        ]
        return try house.database.read { session in
            var all: [String: [String]] = [:]
            for (table, columns) in tables {
                let rows = try session.all("SELECT \(raw: columns) FROM \(raw: table)") { row in
                    (0..<12).map { "\(row.value($0))" }.joined(separator: "|")
                }
                all[table] = rows.sorted()
            }
            return all
        }
    }

    @Test func `two become one with all they did, said and were sent, and part again as they were`() throws {
        try consent(ada, .confirmed, daysAgo: 9)
        try consent(ida, .confirmed, daysAgo: 8)
        try event("ada", "visit", ["n": 1])
        try event("ida", "visit", ["n": 1])
        try event("ida", "purchase", ["amount": 3])
        let (desk, _) = try house.begun()
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.accepted, code: 250) })
        let before = try dump()

        let merge = try house.contacts.merge(ada, ida, at: later)
        #expect(try house.contacts.count() == 1)
        #expect(try house.contacts.contact(try House.address("ida"))?.id == ada)
        #expect(try house.contacts.contact(ida)?.id == ada)
        #expect(try house.contacts.addresses(of: ada).map(\.description) == ["ada@example.com", "ida@example.com"])
        #expect(try house.contacts.externalIDs(of: ada).map(\.id) == ["7", "8"])
        #expect(try house.contacts.contact(ada)?.attributes == ["city": "Rome", "age": 36, "plan": "pro"])
        #expect(try house.contacts.changes(of: ada).count == 2)
        #expect(try house.events.events(of: ada).count == 3)
        #expect(try house.events.summaries(of: ada).map(\.count) == [1, 2])
        #expect(try house.consents.statements(of: ada).count == 2)
        #expect(try house.entries(LedgerFilter(contacts: try house.contacts.everyID(of: ada))).count == 2)

        #expect(try house.contacts.unmerge(try House.address("ida"), at: later) == merge)
        #expect(try dump() == before)
        #expect(try house.contacts.formerSelves(of: [ada]).isEmpty)
    }

    @Test func `news under the other address is the kept one's, and stays theirs`() throws {
        _ = try house.contacts.merge(ada, ida, at: later)
        try event("ida")
        let told = try house.contacts.record(
            [ContactStore.Entry(email: try House.address("ida"), attributes: ["city": "Bari"])], at: later, source: "list")
        #expect(told.map(\.id) == [ada])
        #expect(told.map(\.change) == [.updated])
        #expect(try house.contacts.identifiers(of: ["ida@example.com"]) == ["ida@example.com": ada])
        _ = try house.contacts.unmerge(try House.address("ida"), at: later)
        #expect(try house.events.events(of: ada).count == 1)
        #expect(try house.events.events(of: ida).isEmpty)
        #expect(try house.contacts.contact(ida)?.attributes["city"] == "Milan")
        #expect(try house.contacts.contact(ada)?.attributes["city"] == "Bari")
    }

    @Test(arguments: [
        (Consent.State.confirmed, Int64(2), Consent.State.withdrawn, Int64(1), false), (.withdrawn, 1, .confirmed, 2, false),
        (.withdrawn, 2, .confirmed, 1, false), (.confirmed, 1, .withdrawn, 1, false), (.pending, 1, .confirmed, 2, false),
        (.confirmed, 2, .pending, 1, true), (.confirmed, 1, .withdrawn, 2, true), (.confirmed, 2, .confirmed, 1, true),
        (.withdrawn, 2, .confirmed, -1, false), (.confirmed, 2, .confirmed, -1, true),
    ])
    func `of what both said the latest holds, but the other's word opens no topic`(
        _ mine: Consent.State, _ when: Int64, _ theirs: Consent.State, _ then: Int64, _ holds: Bool
    ) throws {
        try consent(ada, mine, daysAgo: when)
        try consent(ida, theirs, daysAgo: then)
        _ = try house.contacts.merge(ada, ida, at: later)
        #expect(try house.consents.statements(of: ada).grantConsent(at: later) == holds)
        #expect(try house.begun(at: later).plan.recipients == (holds ? 1 : 0))
        let nextWeek = later.advanced(byMilliseconds: 7 * 86_400_000)
        #expect(try house.begun("again", at: nextWeek).plan.recipients == (holds ? 1 : 0))
    }

    @Test func `who agreed from tomorrow on is not written to before for the other's word`() throws {
        try consent(ada, .confirmed, daysAgo: -1)
        try consent(ida, .confirmed, daysAgo: 2)
        _ = try house.contacts.merge(ada, ida, at: later)
        #expect(try house.begun(at: later).plan.recipients == 0)
        #expect(try house.begun("again", at: later.advanced(byMilliseconds: 2 * 86_400_000)).plan.recipients == 1)
    }

    @Test func `who never agreed is not written to for the other's word, says so themselves, and parts as before`() throws {
        try consent(ida, .confirmed, daysAgo: 1)
        let before = try dump()
        _ = try house.contacts.merge(ada, ida, at: later)
        #expect(try house.begun(at: later).plan.recipients == 0)
        _ = try house.contacts.unmerge(try House.address("ida"), at: later)
        #expect(try dump()["consent"] == before["consent"])
        _ = try house.contacts.merge(ada, ida, at: later)
        let since = later.advanced(byMilliseconds: 5)
        try house.consents.record([
            Consent(contact: ada, topic: "news", state: .confirmed, at: since, learnedAt: since, source: "form")
        ])
        #expect(try house.begun("again", at: since).plan.recipients == 1)
    }

    @Test(arguments: SuppressionReason.allCases)
    func `nobody becomes reachable by a merge`(_ reason: SuppressionReason) throws {
        try consent(ada, .confirmed, daysAgo: 1)
        try house.suppress("ida", reason)
        _ = try house.contacts.merge(ada, ida, at: later)
        // Mail to ada's own address never came back: that one is reachable. What a person wants goes for both.
        #expect(try house.begun(at: later).plan.recipients == (reason == .undeliverable ? 1 : 0))
        #expect(try house.consents.suppressions(of: try House.address("ida")).map(\.reason) == [reason])
        _ = try house.contacts.unmerge(try House.address("ida"), at: later)
        #expect(try house.consents.suppressions(of: try House.address("ada")).isEmpty)
        #expect(try house.consents.suppressions(of: try House.address("ida")).map(\.reason) == [reason])
    }

    @Test func `what was withdrawn while they were one is withdrawn for both`() throws {
        try consent(ida, .confirmed, daysAgo: 3)
        _ = try house.contacts.merge(ada, ida, at: later)
        let since = later.advanced(byMilliseconds: 5)
        try house.withdraw(ada, at: since)
        try house.suppress("ada", .complaint, at: since)
        _ = try house.contacts.unmerge(try House.address("ida"), at: since)
        #expect(!(try house.consents.statements(of: ida).grantConsent(at: since)))
        #expect(try house.consents.suppressions(of: try House.address("ida")).map(\.reason) == [.complaint])
    }

    @Test(arguments: [SuppressionReason.unsubscribed, .complaint])
    func `what a person asked for themselves since stays when they part`(_ reason: SuppressionReason) throws {
        try consent(ada, .confirmed, daysAgo: 1)
        try house.suppress("ida", reason)
        _ = try house.contacts.merge(ada, ida, at: later)
        let since = later.advanced(byMilliseconds: 5)
        try house.suppress("ada", reason, at: since)
        _ = try house.contacts.unmerge(try House.address("ida"), at: since)
        #expect(try house.consents.suppressions(of: try House.address("ada")).map(\.source) == ["test"])
        #expect(try house.begun(at: since).plan.recipients == 0)
    }

    @Test(arguments: SuppressionReason.allCases)
    func `what comes in under the other address after a merge counts`(_ reason: SuppressionReason) throws {
        try consent(ada, .confirmed, daysAgo: 1)
        _ = try house.contacts.merge(ada, ida, at: later)
        let (desk, plan) = try house.begun(at: later)
        #expect(plan.recipients == 1)
        try house.suppress("ida", reason, at: later)
        let isReachable = reason == .undeliverable
        #expect(try house.begun("next", at: later).plan.recipients == (isReachable ? 1 : 0))
        #expect(try house.claim(desk, at: later).count == (isReachable ? 1 : 0))
        #expect(try house.begun("service", rules: House.service, at: later).plan.recipients == 1)
        try house.consents.lift(reason, of: ada, at: later)
        #expect(try house.begun("after", at: later).plan.recipients == 1)
    }

    @Test func `a link in a message to the old address withdraws for the person`() throws {
        try consent(ada, .confirmed, daysAgo: 2)
        try consent(ida, .confirmed, daysAgo: 1)
        _ = try house.contacts.merge(ada, ida, at: later)
        try house.withdraw(ida, at: later)
        #expect(try house.begun(at: later).plan.recipients == 0)
    }

    @Test(arguments: [false, true])
    func `who was sent a campaign under one address is not sent it again under the other`(_ again: Bool) throws {
        try consent(ada, .confirmed, daysAgo: 1)
        try consent(ida, .confirmed, daysAgo: 1)
        let (desk, _) = try house.begun()
        let first = try #require(try house.claim(desk, 1).first)
        try house.settle(desk, [first.settlement(.accepted, code: 250)])
        let before = try dump()
        let sent = first.key.contact
        let kept = sent == ada ? ida : ada
        let merge = try house.contacts.merge(kept, sent, at: later)
        if again {
            #expect(try house.claim(desk, at: later).isEmpty)
            #expect(try house.begun(at: later).plan.excluded == ["already_sent": 1])
            return
        }
        #expect(try house.contacts.unmerge(try #require(merge.otherEmail), at: later) == merge)
        #expect(try dump() == before)
        #expect(try house.claim(desk, at: later).map(\.key.contact) == [kept])
    }

    @Test func `merges are undone last first`() throws {
        let eve = try #require(
            try house.contacts.record([ContactStore.Entry(email: try House.address("eve"), attributes: [:])], at: House.noon, source: "x")
                .first?.id)
        try event("ida")
        let before = try dump()
        _ = try house.contacts.merge(ada, ida, at: later)
        _ = try house.contacts.merge(eve, ada, at: later)
        #expect(try house.contacts.contact(ida)?.id == eve)
        #expect(try house.contacts.contact(try House.address("ida"))?.id == eve)
        #expect(throws: MergeProblem.notTheLast(later: try House.address("ada"))) {
            try house.contacts.unmerge(try House.address("ida"), at: later)
        }
        _ = try house.contacts.unmerge(try House.address("ada"), at: later)
        _ = try house.contacts.unmerge(try House.address("ada"), at: later)
        #expect(try dump() == before)
        #expect(throws: MergeProblem.notMerged) { try house.contacts.unmerge(try House.address("ada"), at: later) }
        #expect(throws: MergeProblem.samePerson) { try house.contacts.merge(ada, ada, at: later) }
    }

    @Test func `who is being written to is neither merged nor forgotten`() throws {
        try consent(ida, .confirmed, daysAgo: 1)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        #expect(claims.count == 1)
        #expect(throws: MergeProblem.inHand) { try house.contacts.merge(ada, ida, at: later) }
        #expect(throws: MergeProblem.inHand) { try house.contacts.forget(ida, hash: { $0.key }, at: later) }
        try house.settle(desk, claims.map { $0.settlement(.accepted) })
        _ = try house.contacts.merge(ada, ida, at: later)
    }

    @Test func `one without an address gets the other's`() throws {
        let nameless = EventStore.Entry(email: nil, externalID: "shop-1", name: "visit", at: House.noon, properties: [:])
        _ = try house.events.record([nameless], unknown: .create, at: House.noon)
        let id = try #require(
            try house.database.read {
                try $0.first("SELECT id FROM contact WHERE email IS NULL") { ContactID($0.integer(0)) }
            })
        try consent(ida, .confirmed, daysAgo: 1)
        let before = try dump()
        _ = try house.contacts.merge(id, ida, at: later)
        #expect(try house.contacts.contact(id)?.email == (try House.address("ida")))
        #expect(try house.consents.statements(of: id).grantConsent(at: later))
        _ = try house.contacts.unmerge(try House.address("ida"), at: later)
        #expect(try dump() == before)
    }
}
