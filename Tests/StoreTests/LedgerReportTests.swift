import Database
import Delivery
import Model
import Store
import TestDatabases
import Testing

/// Reports that come later, and what they settle.
@Suite(.onEachDatabase) struct LedgerReportTests {
    let house: House

    init() throws { house = try House() }

    private static func identity(_ number: Int64) -> String {
        String(("abcdefghijklmnopqrstuvwx" + (number < 10 ? "a\(number)" : "\(number)")).prefix(26))
    }
    private static let gone = Reply(code: 550, lines: ["5.1.1 no such user"])
    private static let hour: Int64 = 3_600_000

    /// Messages that were sent at noon, each known by ``identity(_:)`` of its contact.
    private func sent(_ count: Int, _ outcome: Settlement.Outcome = .accepted) throws -> (desk: Ledger.Desk, claims: [Claim]) {
        try house.people(count)
        let (desk, _) = try house.begun()
        let claims = try house.claim(desk)
        try house.settle(
            desk,
            claims.map { claim in
                var settlement = claim.settlement(outcome, code: outcome == .accepted ? 250 : nil)
                settlement.messageID = "\(Self.identity(claim.key.contact.rawValue))@example.com"
                return settlement
            })
        return (desk, claims)
    }

    private func report(
        _ claim: Claim, _ kind: MessageReport.Kind = .failed, _ reply: Reply = gone, minutes: Int64? = 10, address: EmailAddress? = nil
    ) -> MessageReport {
        MessageReport(
            identities: ["zzzzzzzzzzzzzzzzzzzzzzzzzz", Self.identity(claim.key.contact.rawValue)], kind: kind,
            at: minutes.map { House.noon.advanced(byMilliseconds: $0 * 60_000) }, address: address ?? claim.address, reply: reply)
    }

    private var later: Instant { House.noon.advanced(byMilliseconds: Self.hour / 2) }

    @Test(arguments: MessageReport.Kind.allCases)
    func `whatever comes back shows that the message was sent`(kind: MessageReport.Kind) throws {
        let (desk, claims) = try sent(3, .unknown)
        let recorded = try house.ledger.record([report(claims[0], kind)], at: later)
        #expect(recorded.first??.settles == true && recorded.first??.isNew == true)
        let counts = try house.ledger.counts(of: desk.campaign)
        #expect(counts.accepted == 1 && counts.unknown == 2)
        let reactions = try house.database.read { try $0.all("SELECT kind FROM engagement") { $0.text(0) } }
        #expect(reactions == (kind == .failed ? ["bounce"] : kind == .complaint ? ["complaint"] : []))
        let suppressed = try house.consents.suppressions(of: claims[0].address).map(\.reason)
        #expect(suppressed == (kind == .complaint ? [.complaint] : []))
    }

    @Test func `told again, a report changes nothing, also where its clock is wrong`() throws {
        let (_, claims) = try sent(2)
        for minutes in [10, -10_000, 10_000, nil] as [Int64?] {
            let first = try house.ledger.record([report(claims[0], minutes: minutes)], at: later)
            let again = try house.ledger.record([report(claims[0], minutes: minutes)], at: later.advanced(byMilliseconds: 5000))
            #expect(first.first??.key == claims[0].key && again.first??.isNew == false)
        }
        // That of ten minutes past, and that of the message's own time, whatever time was told.
        #expect(try house.count("SELECT count(*) FROM report") == 2)
    }

    @Test func `the message is the one whose identity is named, whomever the report names`() throws {
        let (_, claims) = try sent(3)
        let recorded = try house.ledger.record([report(claims[0], address: claims[1].address)], at: later)
        #expect(recorded.first??.address == claims[0].address)
        var unknown = report(claims[0])
        unknown.identities = ["zzzzzzzzzzzzzzzzzzzzzzzzzz"]
        #expect(try house.ledger.record([unknown], at: later).first.map { $0 == nil } == true)
        unknown.identities = []
        #expect(try house.ledger.record([unknown], at: later).first.map { $0 == nil } == true)
    }

    @Test func `what has an outcome keeps it, and what was put back by hand goes no second time`() throws {
        let (desk, claims) = try sent(2, .unknown)
        _ = try house.ledger.resolve(desk.campaign, asSent: false, addresses: nil, at: later)
        _ = try house.ledger.record([report(claims[0], .delayed, Reply(code: 450))], at: later)
        #expect(try house.claim(desk, at: later).map(\.key) == [claims[1].key])
        _ = try house.ledger.record([report(claims[1])], at: later)
        #expect(try house.ledger.counts(of: desk.campaign).handed == 1, "what is in hand is its sender's")
    }

    @Test func `a dry run says the same and writes nothing`() throws {
        let (desk, claims) = try sent(2, .unknown)
        let told = try house.ledger.record([report(claims[0])], at: later, dryRun: true)
        #expect(told.first??.isNew == true && told.first??.settles == true)
        #expect(try house.count("SELECT count(*) FROM report") == 0)
        #expect(try house.ledger.counts(of: desk.campaign).unknown == 2)
    }

    @Test func `an open or a click settles too`() throws {
        let (desk, claims) = try sent(3, .unknown)
        let key = claims[1].key
        try house.database.write { session in
            _ = try session.execute(
                """
                INSERT INTO engagement (contact_id, kind, at, campaign_id, step, entry, url, learned_at, known) \
                VALUES (\(key.contact), 'click', 1, \(key.campaign), \(key.step), \(key.entry), 'https://example.com', 1, 1)
                """)
        }
        #expect(try house.ledger.resolveByEvidence(desk.campaign, at: later) == 1)
        #expect(try house.ledger.resolveByEvidence(desk.campaign, at: later) == 0)
        #expect(try house.ledger.counts(of: desk.campaign).unknown == 2)
    }

    @Test func `whom a crowd is not believed about comes off the list again, and nobody else`() throws {
        let (_, claims) = try sent(3)
        let recorded = try house.ledger.record(claims.prefix(2).map { report($0) }, at: later).compactMap { $0 }
        #expect(recorded.map(\.isMissing) == [true, true])
        try house.suppress("p3", .undeliverable, at: later)
        #expect(try house.ledger.judge(suppressing: recorded, doubting: [], at: later) == 2)
        #expect(try house.ledger.judge(suppressing: recorded, doubting: [], at: later) == 0)
        let hour = House.noon.milliseconds / Self.hour
        let counts = try house.ledger.missing(since: House.noon)
        #expect(counts.map(\.count) == [2] && counts.first?.hour == hour && counts.first?.domain == "example.com")
        #expect(try house.ledger.handed(to: ["example.com"], within: hour) == 3)
        #expect(try house.ledger.handed(to: ["example.org", "ample.com"], within: hour) == 0)
        #expect(try house.ledger.judge(suppressing: [], doubting: [(["example.com"], hour)], at: later) == 0)
        #expect(try claims.map { try house.consents.suppressions(of: $0.address).count } == [0, 0, 1])
        // Told again, it stays lifted.
        #expect(try house.ledger.judge(suppressing: recorded, doubting: [], at: later) == 0)
    }

    @Test func `holds and paces are kept, and what ended is taken out`() throws {
        let until = later
        let hold = SendingPolicy.Memory(subject: "provider google", heldUntil: until, words: "held")
        let pace = SendingPolicy.Memory(subject: "relay main", pace: 2.5, ceiling: 10, words: "421 slow down")
        try house.ledger.note([hold, pace], at: House.noon)
        #expect(try house.ledger.memories(since: House.noon) == [hold, pace])
        #expect(try house.ledger.memories(since: later).isEmpty)
        try house.ledger.note([pace], forgetting: ["provider google"], at: later)
        #expect(try house.ledger.memories(since: House.noon) == [pace])
    }
}
