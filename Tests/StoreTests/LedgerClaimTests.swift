import Database
import Model
import Store
import TestDatabases
import Testing

@Suite(.onEachDatabase(orPooled: true)) struct LedgerClaimTests {
    let house: House

    init() throws { house = try House() }

    @Test func `a claim is durable and names its sender before it returns`() throws {
        try house.people(3)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk, 2)
        #expect(claims.map(\.attempt) == [1, 1])
        #expect(
            try house.count(
                "SELECT count(*) FROM delivery WHERE state = 1 AND sender = \(desk.sender) AND handed_at = \(House.noon.milliseconds)") == 2
        )
        #expect(try house.ledger.counts(of: desk.campaign).planned == 1)
    }

    @Test func `nobody is claimed twice`() throws {
        try house.people(5)
        let (desk, _) = try house.begun()
        let first = try house.claim(desk, 3)
        let second = try house.claim(desk, 3)
        #expect(Set((first + second).map(\.key)).count == 5)
        #expect(try house.claim(desk).isEmpty)
    }

    @Test func `consent withdrawn after the plan is honoured by the claim`() throws {
        let ids = try house.people(3)
        let (desk, _) = try house.begun()
        try house.withdraw(ids[1])
        #expect(try house.claim(desk).map(\.key.contact) == [ids[0], ids[2]])
        #expect(try house.ledger.counts(of: desk.campaign).skippedBy == ["no_consent": 1])
    }

    @Test func `a withdrawal that bears a future time counts at once`() throws {
        let ids = try house.people(1)
        let (desk, _) = try house.begun()
        try house.withdraw(ids[0], at: House.noon.advanced(byMilliseconds: 3_600_000))
        #expect(try house.claim(desk).isEmpty)
    }

    @Test func `a confirmation that bears a future time does not count yet`() throws {
        let ids = try house.people(1, consent: nil)
        let (desk, _) = try house.begun(rules: House.service)
        let later = House.noon.advanced(byMilliseconds: 1000)
        try house.consents.record([
            Consent(contact: ids[0], topic: "news", state: .confirmed, at: later, learnedAt: House.noon, source: "form")
        ])
        var marketing = desk
        marketing.rules = House.marketing
        #expect(try house.claim(marketing).isEmpty)
        #expect(try house.ledger.counts(of: desk.campaign).skippedBy == ["no_consent": 1])
    }

    @Test func `a pending statement takes nothing away, and grants nothing`() throws {
        let ids = try house.people(1)
        let pending = Consent(contact: ids[0], topic: "news", state: .pending, at: House.noon, learnedAt: House.noon, source: "form")
        try house.consents.record([pending])
        let (desk, _) = try house.begun()
        #expect(try house.claim(desk).count == 1)

        let other = try House()
        try other.people(1, consent: .pending)
        let (refused, plan) = try other.begun()
        #expect(plan.excluded == ["no_consent": 1])
        #expect(try other.claim(refused).isEmpty)
    }

    @Test(arguments: SuppressionReason.allCases)
    func `a suppression after the plan is honoured by the claim`(_ reason: SuppressionReason) throws {
        try house.people(2)
        let (desk, _) = try house.begun()
        try house.suppress("p1", reason)
        #expect(try house.claim(desk).map(\.address) == [try House.address("p2")])
        #expect(try house.ledger.counts(of: desk.campaign).skippedBy == ["suppressed": 1])
    }

    @Test(arguments: [(SuppressionReason.undeliverable, 0), (.unsubscribed, 1), (.complaint, 1)])
    func `service mail honours only what covers all mail`(_ reason: SuppressionReason, _ expected: Int) throws {
        try house.people(1, consent: nil)
        let (desk, _) = try house.begun(rules: House.service)
        try house.suppress("p1", reason)
        #expect(try house.claim(desk).count == expected)
    }

    @Test func `a lifted suppression covers nothing, and a later one covers again`() throws {
        let id = try #require(try house.people(1).first)
        try house.suppress("p1", .unsubscribed)
        let address = try House.address("p1")
        try house.consents.lift(.unsubscribed, of: id, at: House.noon.advanced(byMilliseconds: 10))
        let (desk, _) = try house.begun()
        #expect(try house.claim(desk).count == 1)

        try house.suppress("p1", .unsubscribed, at: House.noon.advanced(byMilliseconds: 5))
        #expect(try house.consents.suppressions(of: address).isEmpty)
        try house.suppress("p1", .unsubscribed, at: House.noon.advanced(byMilliseconds: 20))
        #expect(try house.consents.suppressions(of: address).count == 1)
    }

    @Test func `a cap counts what was accepted, is in hand or is unknown`() throws {
        let ids = try house.people(4)
        let (first, _) = try house.begun("first")
        let claims = try house.claim(first)
        try house.settle(
            first, [claims[0].settlement(.accepted), claims[1].settlement(.refused, code: 550), claims[2].settlement(.unknown)])
        var rules = House.marketing
        rules.caps = [SendingRules.Cap(try #require(FrequencyCap("1 per 7 days")))]
        let campaign = try house.campaigns.ensureCampaign(named: "second", at: House.noon)
        let plan = try house.campaigns.freeze(house.audience(campaign.id, rules: rules), sources: [:], contentHash: "", at: House.noon)
        #expect(plan.excluded == ["capped": 3])
        #expect(plan.recipients == 1)
        #expect(try house.campaigns.standing(of: ids[1], in: plan.id)?.isIn == true)
    }

    @Test func `a cap reached between plan and claim skips`() throws {
        try house.people(1)
        var rules = House.marketing
        rules.caps = [SendingRules.Cap(try #require(FrequencyCap("1 per 7 days")))]
        let (late, _) = try house.begun("late", rules: rules)
        let (early, _) = try house.begun("early")
        try house.settle(early, try house.claim(early).map { $0.settlement(.accepted) })
        #expect(try house.claim(late).isEmpty)
        #expect(try house.ledger.counts(of: late.campaign).skippedBy == ["capped": 1])
    }

    @Test func `a cap forgets what lies before its window, and service mail never counts`() throws {
        try house.people(1)
        let (old, _) = try house.begun("old")
        try house.settle(old, try house.claim(old).map { $0.settlement(.accepted) })
        let (invoice, _) = try house.begun("invoice", rules: House.service)
        let week = House.noon.advanced(byMilliseconds: 7 * 86_400_000)
        try house.settle(invoice, try house.claim(invoice, at: week).map { $0.settlement(.accepted) })
        var rules = House.marketing
        rules.caps = [SendingRules.Cap(try #require(FrequencyCap("1 per 7 days")))]
        let (desk, _) = try house.begun("new", rules: rules, at: week)
        #expect(try house.claim(desk, at: week).count == 1)
    }

    @Test func `a cap of a topic counts that topic alone`() throws {
        let ids = try house.people(1)
        let before = House.noon.advanced(byMilliseconds: -1)
        try house.consents.record([
            Consent(contact: ids[0], topic: "offers", state: .confirmed, at: before, learnedAt: before, source: "form")
        ])
        let (news, _) = try house.begun("news")
        try house.settle(news, try house.claim(news).map { $0.settlement(.accepted) })
        var rules = SendingRules(marketing: true, topic: "offers")
        rules.caps = [SendingRules.Cap(try #require(FrequencyCap("1 per 7 days")), topic: "offers")]
        let (offers, _) = try house.begun("offers", rules: rules)
        #expect(try house.claim(offers).count == 1)
    }

    @Test func `skipped people do not count against the limit`() throws {
        let ids = try house.people(10)
        let (desk, _) = try house.begun()
        for id in ids.prefix(6) { try house.withdraw(id) }
        #expect(try house.claim(desk, 4).map(\.key.contact) == Array(ids.suffix(4)))
    }

    @Test func `data that changed after the plan is told`() throws {
        try house.people(2)
        let (desk, _) = try house.begun()
        let later = House.noon.advanced(byMilliseconds: 5)
        _ = try house.contacts.record(
            [ContactStore.Entry(email: try House.address("p2"), attributes: ["n": 9])], at: later, source: "test")
        let claims = try house.claim(desk, at: later)
        #expect(claims.map(\.dataChanged) == [false, true])
        #expect(claims[1].contact.attributes["n"] == 9)
    }

    @Test func `seeds get a copy whatever they agreed to, with their own data where they are known`() throws {
        try house.people(1, consent: nil)
        let (desk, _) = try house.begun(seeds: [try House.address("p1"), try House.address("stranger")])
        let claims = try house.claim(desk, step: DeliveryKey.seedStep)
        #expect(Set(claims.map(\.address.description)) == ["p1@example.com", "stranger@example.com"])
        #expect(claims.allSatisfy { $0.key.contact.rawValue < 0 })
        #expect(claims.first { $0.address.local == "p1" }?.contact.attributes["n"] == 1)
        #expect(claims.first { $0.address.local == "stranger" }?.contact.attributes.isEmpty == true)
        #expect(try house.claim(desk).isEmpty)
    }

    @Test func `a seed that must not be written to gets nothing`() throws {
        try house.suppress("gone", .undeliverable)
        let (desk, _) = try house.begun(seeds: [try House.address("gone"), try House.address("here")])
        #expect(try house.claim(desk, step: DeliveryKey.seedStep).map(\.address.local) == ["here"])
        #expect(try house.ledger.counts(of: desk.campaign, step: DeliveryKey.seedStep).skippedBy == ["suppressed": 1])
    }
}
