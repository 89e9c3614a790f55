import Database
import Diagnostics
import Model
import Segments
import Store
import TestDatabases
import Testing

@Suite(.onEachDatabase) struct AudienceTests {
    let house: House
    let campaign: CampaignID

    init() throws {
        house = try House()
        campaign = try house.campaigns.ensureCampaign(named: "launch", at: House.noon).id
    }

    private func freeze(_ audience: Audience, at now: Instant = House.noon) throws -> PlanRecord {
        let counted = try house.campaigns.count(audience, at: now)
        let plan = try house.campaigns.freeze(audience, sources: [:], contentHash: "", at: now)
        #expect(counted.recipients == plan.recipients)
        #expect(counted.excluded == plan.excluded)
        return plan
    }

    @Test func `who gets it is counted by domain, and who still has to`() throws {
        let addresses = try ["Ada@Rome.example", "bob@rome.example", "eve@bücher.example", "out@paris.example"].map { try EmailAddress($0) }
        let consent = ConsentTemplate(topic: "news", state: .confirmed, at: House.noon, source: "form")
        let ids = try house.contacts.record(
            addresses.map { ContactStore.Entry(email: $0, attributes: [:]) }, consent: consent, at: House.noon, source: "test"
        ).map(\.id)
        let plan = try freeze(house.audience(campaign, excluded: ["c.id = \(ids[3])"]))
        #expect(try house.campaigns.domains(of: plan.id) == ["rome.example": 2, "xn--bcher-kva.example": 1])
        try house.campaigns.activate(plan, audience: nil, seeds: [], at: House.noon)
        let desk = Ledger.Desk(campaign: campaign, sender: try house.campaigns.newSender(), rules: House.marketing, plannedAt: House.noon)
        #expect(try house.campaigns.domainsLeft(of: campaign) == ["rome.example": 2, "xn--bcher-kva.example": 1])
        try house.settle(desk, try house.claim(desk, 1).map { $0.settlement(.accepted) })
        #expect(try house.campaigns.domainsLeft(of: campaign) == ["rome.example": 1, "xn--bcher-kva.example": 1])
    }

    @Test func `each person who is out has the first reason that holds`() throws {
        let ids = try house.people(6)
        _ = try house.begun("other")
        // 1: suppressed, without consent and excluded; 2: without consent and excluded; 3: sent before and excluded;
        // 4: excluded and held out; 5: in; 6: not in the segment.
        try house.suppress("p1", .unsubscribed)
        try house.withdraw(ids[0])
        try house.withdraw(ids[1])
        let plan = try freeze(house.audience(campaign, segment: "c.id = \(ids[2])"))
        try house.campaigns.activate(plan, audience: nil, seeds: [], at: House.noon)
        let desk = Ledger.Desk(campaign: campaign, sender: try house.campaigns.newSender(), rules: House.marketing, plannedAt: House.noon)
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.accepted) })

        let audience = house.audience(campaign, segment: "c.id <= \(ids[4])", excluded: ["c.id < \(ids[4])"])
        let second = try freeze(audience)
        func reason(_ index: Int) throws -> String? { try house.campaigns.standing(of: ids[index], in: second.id)?.reason }
        #expect(try reason(0) == "suppressed")
        #expect(try reason(1) == "no_consent")
        #expect(try reason(2) == "already_sent")
        #expect(try reason(3) == "excluded")
        #expect(try house.campaigns.standing(of: ids[4], in: second.id)?.isIn == true)
        #expect(try house.campaigns.standing(of: ids[5], in: second.id) == nil)
        #expect(second.recipients == 1)
        #expect(second.excluded == ["suppressed": 1, "no_consent": 1, "already_sent": 1, "excluded": 1])
    }

    @Test func `several exclusions each exclude`() throws {
        let ids = try house.people(4)
        let plan = try freeze(house.audience(campaign, excluded: ["c.id = \(ids[0])", "c.id = \(ids[1])"]))
        #expect(plan.excluded == ["excluded": 2])
    }

    @Test func `a person without an address is left out as such`() throws {
        try house.people(1)
        try house.database.write {
            _ = try $0.execute("INSERT INTO contact (id, attributes, created_at, updated_at) VALUES (900, '{}', 0, 0)")
        }
        #expect(try freeze(house.audience(campaign)).excluded == ["no_address": 1])
    }

    @Test func `a list of addresses narrows and never widens`() throws {
        try house.people(3)
        let list = try ["P2@example.com", "stranger@example.com", "p2@example.com"].map { try EmailAddress($0) }
        #expect(try freeze(house.audience(campaign, addresses: list)).recipients == 1)
        #expect(try freeze(house.audience(campaign, addresses: [])).recipients == 0)
        #expect(try freeze(house.audience(campaign)).recipients == 3)
    }

    @Test func `a list finds people under their further addresses too`() throws {
        let ids = try house.people(3)
        _ = try house.contacts.merge(ids[0], ids[1], at: House.noon)
        #expect(try freeze(house.audience(campaign, addresses: [try House.address("p2")])).recipients == 1)
        #expect(try freeze(house.audience(campaign, addresses: ["p1", "p2"].map { try House.address($0) })).recipients == 1)
    }

    @Test(arguments: [100, 500, 2500, 9000])
    func `a holdout is close to its share, the same each time, and says so`(_ share: Int) throws {
        let count = 8_000
        try house.people(count)
        let audience = house.audience(campaign, holdout: share)
        let first = try freeze(audience)
        let held = try #require(first.excluded["holdout"])
        #expect(held + first.recipients == count)
        let expected = Double(count * share) / 10_000
        // Five standard deviations of a fair draw.
        #expect(abs(Double(held) - expected) < 5 * (expected * (1 - Double(share) / 10_000)).squareRoot())
        let second = try freeze(audience)
        let differing = try house.count(
            """
            SELECT count(*) FROM plan_recipient a JOIN plan_recipient b ON b.contact_id = a.contact_id AND b.plan_id = \(second.id) \
            WHERE a.plan_id = \(first.id) AND COALESCE(a.reason, '') <> COALESCE(b.reason, '')
            """)
        #expect(differing == 0)
    }

    @Test func `holdouts of different campaigns have little to do with each other, and small ones lie in bigger ones`() throws {
        try house.people(20_000)
        func held(_ campaign: CampaignID, _ share: Int) throws -> Set<Int64> {
            let plan = try house.campaigns.freeze(house.audience(campaign, holdout: share), sources: [:], contentHash: "", at: House.noon)
            return try house.database.read { session in
                Set(
                    try session.all("SELECT contact_id FROM plan_recipient WHERE plan_id = \(plan.id) AND reason = 'holdout'") {
                        $0.integer(0)
                    })
            }
        }
        let mine = try held(campaign, 1000)
        #expect(try held(campaign, 500).isSubset(of: mine))
        for name in ["a", "b", "c"] {
            let both = try held(try house.campaigns.ensureCampaign(named: name, at: House.noon).id, 1000).intersection(mine).count
            #expect((120...290).contains(both), "a fair draw has about 200 in both; \(name) has \(both)")
        }
    }

    @Test func `a plan keeps its files byte for byte`() throws {
        let files: [String: [UInt8]] = ["a.yaml": [0, 1, 255], "empty.md": []]
        let plan = try house.campaigns.freeze(house.audience(campaign), sources: files, contentHash: "abc", at: House.noon)
        #expect(try house.campaigns.sources(of: plan.id) == files)
        #expect(try house.campaigns.plan(plan.id)?.contentHash == "abc")
        #expect(try house.campaigns.latestPlan(of: campaign)?.id == plan.id)
    }

    @Test func `how many lack an attribute is told with one of them`() throws {
        let ids = try house.people(3)
        let plan = try freeze(house.audience(campaign))
        let lacking: AttributeStates = [.nothing, .emptyText]
        let answers = try house.campaigns.recipients(
            of: plan.id,
            asking: [
                AttributeQuestion([["n": lacking]]), AttributeQuestion([["first \"name\"": lacking]]),
                AttributeQuestion([["n": .something, "x": .nothing], ["n": lacking]]), AttributeQuestion([["n": .something, "x": .no]]),
                AttributeQuestion([]), AttributeQuestion([[:]]),
            ])
        #expect(answers.count == 1)
        let counts = try #require(answers.first?.counts)
        #expect(counts.map(\.count) == [0, 3, 3, 0, 0, 3])
        #expect(counts[1].example == (try house.contacts.contact(ids[0])?.email))
    }

    /// Where few stand as asked, the others are left out by what their attributes mention.
    @Test(
        arguments: [
            (AttributeStates.nothing, 3), (.emptyText, 1), (.no, 1), ([.emptyText, .no], 2), ([.nothing, .emptyText], 4), ([], 0),
            (.something, 2),
        ] as [(AttributeStates, Int)])
    func `people whose attributes only mention what is asked are told apart`(states: AttributeStates, expected: Int) throws {
        let all: [JSONObject] = [
            ["a": .text("")], ["a": .bool(false)], ["a": .text("b")], ["b": .text("a")], ["b": .text("")],
            ["c": .list([.text("a"), .text("")])],
            ["a": .integer(0), "b": .bool(false), "c": .text("")],
        ]
        let entries = try all.enumerated().map { ContactStore.Entry(email: try House.address("q\($0)"), attributes: $1) }
        _ = try house.contacts.record(entries, consent: nil, at: House.noon, source: "test")
        let plan = try freeze(house.audience(campaign, rules: SendingRules(marketing: false, topic: nil)))
        let answers = try house.campaigns.recipients(of: plan.id, asking: [AttributeQuestion([["a": states]])])
        #expect(answers.reduce(0) { $0 + ($1.counts.first?.count ?? 0) } == expected)
    }

    /// A segment that asks for consent itself spares looking it up again, and changes nobody's answer.
    @Test func `who consents by the segment is still left out for a withdrawal of a later time`() throws {
        let ids = try house.people(6)
        try house.withdraw(ids[0], at: House.noon.advanced(byMilliseconds: 60_000))
        try house.withdraw(ids[1], at: House.noon)
        try house.withdraw(ids[2], at: House.noon.advanced(byMilliseconds: 60_000), topic: "offers")
        let syntax = try SegmentSyntax(parsing: SourceText(name: "all.segment", text: "consents to news"))
        let segment = try SegmentPlan(syntax, against: nil)
        #expect(segment.needsConsent(to: "news") && !segment.needsConsent(to: "offers"))
        let sql = segment.sql(dialect: house.database.dialect, at: .now(House.noon, zone: .utc))
        var audience = house.audience(campaign, segment: sql)
        let slow = try house.campaigns.count(audience, at: House.noon)
        audience.consentedAt = House.noon
        let fast = try house.campaigns.count(audience, at: House.noon)
        #expect(fast.recipients == 4 && fast.excluded == ["no_consent": 1])
        #expect(slow == fast)
    }
}

@Suite(.onEachDatabase) struct ActivationTests {
    let house: House
    let campaign: CampaignID

    init() throws {
        house = try House()
        campaign = try house.campaigns.ensureCampaign(named: "launch", at: House.noon).id
    }

    private func plan(_ audience: Audience? = nil, at now: Instant = House.noon) throws -> PlanRecord {
        try house.campaigns.freeze(audience ?? house.audience(campaign), sources: [:], contentHash: "", at: now)
    }

    private var desk: Ledger.Desk {
        get throws {
            Ledger.Desk(campaign: campaign, sender: try house.campaigns.newSender(), rules: House.marketing, plannedAt: House.noon)
        }
    }

    /// Of the campaign, its seeds with it.
    private func toGo() throws -> Int {
        try [DeliveryKey.campaignStep, DeliveryKey.seedStep].reduce(0) { sum, step in
            let counts = try house.ledger.counts(of: campaign, step: step)
            return sum + counts.planned + counts.deferred
        }
    }

    private func reasons() throws -> [String: String] {
        Dictionary(try house.entries().map { (String($0.address.prefix { $0 != "@" }), $0.reason ?? $0.stateWord) }) { _, last in last }
    }

    @Test func `no plan is begun while somebody sends by another`() throws {
        try house.people(3)
        let (first, second) = (try plan(), try plan())
        try house.campaigns.activate(first, audience: nil, seeds: [], at: House.noon)
        func join(_ plan: PlanRecord) throws -> SenderID {
            try house.ledger.join(
                Ledger.Newcomer(campaign: campaign, plan: plan.id, machine: "m", host: "h", process: 1), lease: 60_000
            ).id
        }
        let old = try join(first)
        // Another one of the same plan is nobody's business.
        _ = try join(second)
        #expect(throws: AnotherPlanIsSent.self) {
            try house.campaigns.activate(second, audience: nil, seeds: [], at: House.noon.advanced(byMilliseconds: 1))
        }
        try house.ledger.leave(old)
        try house.campaigns.activate(second, audience: nil, seeds: [], at: House.noon.advanced(byMilliseconds: 1))
        #expect(try house.campaigns.successor(of: try #require(try house.campaigns.plan(first.id))) == second.id)
        #expect(try house.campaigns.successor(of: try #require(try house.campaigns.plan(second.id))) == nil)
        #expect(try house.campaigns.successor(of: try plan()) == nil)
    }

    @Test func `a plan frozen for good brings in its own people and no others`() throws {
        let ids = try house.people(2)
        let plan = try plan()
        try house.people(4)
        try house.campaigns.activate(plan, audience: nil, seeds: [], at: House.noon)
        #expect(try toGo() == 2)
        #expect(try house.entries().map(\.key.contact) == ids)
    }

    @Test func `asked again when it goes out, those who came are in and those who left have a row that says why`() throws {
        let ids = try house.people(4)
        let plan = try plan()
        try house.withdraw(ids[0])
        try house.suppress("p2", .complaint)
        try house.people(5)
        let fresh = house.audience(campaign, segment: "CAST(\(house.database.dialect.jsonMember("c.attributes", "n")) AS NUMERIC) < 50")
        _ = try house.contacts.record(
            [ContactStore.Entry(email: try House.address("p3"), attributes: ["n": 99])], at: House.noon, source: "test")
        try house.campaigns.activate(plan, audience: fresh, seeds: [], at: House.noon)
        #expect(try toGo() == 2)
        #expect(try reasons() == ["p1": "no_consent", "p2": "suppressed", "p3": "left_segment", "p4": "planned", "p5": "planned"])
    }

    @Test func `a plan is activated once`() throws {
        try house.people(2)
        let plan = try plan()
        try house.campaigns.activate(plan, audience: nil, seeds: [try House.address("qa")], at: House.noon)
        _ = try house.claim(try desk, 1)
        try house.campaigns.activate(plan, audience: nil, seeds: [try House.address("qa")], at: House.noon)
        #expect(try toGo() == 2)
        #expect(try house.entries().count == 3)
        #expect(try house.campaigns.plan(plan.id)?.activatedAt == House.noon)
    }

    @Test func `a second plan takes up what the first left unsent and drops whom it no longer wants`() throws {
        let ids = try house.people(5)
        let first = try plan()
        try house.campaigns.activate(first, audience: nil, seeds: [], at: House.noon)
        let desk = try desk
        let claims = try house.claim(desk, 3)
        try house.settle(
            desk,
            [
                claims[0].settlement(.accepted), claims[1].settlement(.refused, code: 550),
                claims[2].settlement(.deferred(until: .latest), code: 451),
            ])
        let second = try plan(house.audience(campaign, excluded: ["c.id = \(ids[4])"]))
        #expect(second.recipients == 2)
        #expect(second.excluded == ["already_sent": 2, "excluded": 1])
        try house.campaigns.activate(second, audience: nil, seeds: [], at: House.noon)
        #expect(try toGo() == 2)
        let entries = Dictionary(uniqueKeysWithValues: try house.entries().map { ($0.key.contact, $0) })
        #expect(entries[ids[0]]?.state == .accepted)
        #expect(entries[ids[1]]?.state == .refused)
        #expect(entries[ids[2]]?.stateWord == "deferred")
        #expect(entries[ids[2]]?.plan == second.id)
        #expect(entries[ids[3]]?.stateWord == "planned")
        #expect(entries[ids[4]]?.state == .skipped)
        #expect(entries[ids[4]]?.plan == first.id)
    }

    @Test func `who was skipped in the first plan goes with the second`() throws {
        let ids = try house.people(1)
        let first = try plan()
        try house.campaigns.activate(first, audience: nil, seeds: [], at: House.noon)
        try house.withdraw(ids[0])
        #expect(try house.claim(try desk).isEmpty)
        let later = House.noon.advanced(byMilliseconds: 10)
        try house.consents.record([Consent(contact: ids[0], topic: "news", state: .confirmed, at: later, learnedAt: later, source: "form")])
        let second = try plan(at: later)
        try house.campaigns.activate(second, audience: nil, seeds: [], at: later)
        #expect(try house.claim(try desk, at: later).count == 1)
    }

    @Test func `who left between the second plan and its going out has the reason of now`() throws {
        let ids = try house.people(2)
        try house.campaigns.activate(try plan(), audience: nil, seeds: [], at: House.noon)
        let second = try plan()
        try house.withdraw(ids[0])
        try house.campaigns.activate(second, audience: house.audience(campaign), seeds: [], at: House.noon)
        #expect(try reasons() == ["p1": "no_consent", "p2": "planned"])
    }

    @Test func `a message of this campaign that is unknown is not planned again`() throws {
        try house.people(1)
        try house.campaigns.activate(try plan(), audience: nil, seeds: [], at: House.noon)
        let desk = try desk
        try house.settle(desk, try house.claim(desk).map { $0.settlement(.unknown) })
        let second = try plan()
        #expect(second.excluded == ["already_sent": 1])
        try house.campaigns.activate(second, audience: house.audience(campaign), seeds: [], at: House.noon)
        #expect(try toGo() == 0)
        #expect(try house.entries().first?.state == .unknown)
    }

    @Test func `a campaign moves only from the states it is told`() throws {
        #expect(try house.campaigns.move(campaign, to: .sending, from: [.planned], at: House.noon))
        #expect(!(try house.campaigns.move(campaign, to: .sending, from: [.planned, .paused], at: House.noon)))
        #expect(try house.campaigns.move(campaign, to: .paused, from: [.sending], reason: "by hand", at: House.noon))
        #expect(try house.campaigns.campaign(named: "launch")?.reason == "by hand")
        #expect(try house.campaigns.state(of: campaign) == .paused)
        #expect(try house.campaigns.state(of: CampaignID(999)) == nil)
    }
}
