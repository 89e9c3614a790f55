import Database
import Delivery
import Foundation
import Model
import Store
import TestDatabases
import Testing

@testable import Campaigns

/// What came back, read from mail files.
@Suite(.onEachDatabase) struct BounceImportTests {
    private static let later = Desk.noon.advanced(byMilliseconds: 20 * 60_000)

    /// A campaign that went out at noon; everybody's message is known by ``identity(_:)``.
    private func sent(_ count: Int, domain: (Int) -> String = { _ in "firm.example" }, unknown: Set<Int> = []) throws -> SendingDesk {
        let desk = try SendingDesk(count, domain: domain)
        let ledger = Ledger.Desk(
            campaign: desk.campaign, sender: try desk.campaigns.newSender(), rules: desk.rules, plannedAt: desk.plan.at)
        let claims = try desk.ledger.exchange(settling: [], claiming: count, step: 0, at: Desk.noon, for: ledger)
        let settlements = claims.map { claim in
            let number = Int(claim.address.local.dropFirst()) ?? 0
            return Settlement(
                key: claim.key, attempt: 1, at: Desk.noon, outcome: unknown.contains(number) ? .unknown : .accepted, relay: "main",
                messageID: "\(Self.identity(number))@news.example.com")
        }
        _ = try desk.ledger.exchange(settling: settlements, claiming: 0, step: 0, at: Desk.noon, for: ledger)
        return desk
    }

    private static func identity(_ number: Int) -> String {
        let digits = Array("abcdefghij")
        return "pitwallpitwallpitwall" + String(("00000" + String(number)).suffix(5).map { digits[Int(String($0)) ?? 0] })
    }

    private static func bounce(_ number: Int, _ answer: String = "550 5.1.1 no such user", from: String = "MAILER-DAEMON@mx.example.net")
        -> String
    {
        """
        From: \(from)
        To: bounces+\(identity(number))@example.com
        Date: Fri, 15 Jan 2027 08:10:00 +0000
        Subject: Undelivered Mail Returned to Sender

        The message could not be delivered:

        <p\(number)@firm.example>: host mx.firm.example said: \(answer)

        """
    }

    private func run(_ desk: SendingDesk, _ path: String, dryRun: Bool = false, at now: Instant = later) throws -> BounceImport.Summary {
        try BounceImport(desk.ledger, providers: Providers(), dryRun: dryRun, clock: { now }).run(path)
    }

    private func suppressed(_ desk: SendingDesk) throws -> [String] {
        try desk.desk.database.read { session in
            try session.all("SELECT email_key FROM suppression WHERE lifted_at IS NULL ORDER BY email_key") { $0.text(0) }
        }
    }

    @Test func `a message, an mbox, a Maildir and a folder are read alike, and once`() throws {
        let desk = try sent(8, unknown: [2])
        let folder = desk.desk.folder
        for name in ["mail/cur", "mail/new", "mail/tmp", "plain"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let one = try desk.desk.file("one.eml", Self.bounce(1))
        let box = try desk.desk.file(
            "box", [2, 3].map { "From MAILER-DAEMON Fri Jan 15 08:10:00 2027\n\(Self.bounce($0))>From here on\n\n" }.joined())
        _ = try desk.desk.file("mail/cur/a:2,S", Self.bounce(4).replacing("\n", with: "\r\n"))
        _ = try desk.desk.file("mail/new/b", Self.bounce(5, "552 5.2.2 mailbox full"))
        _ = try desk.desk.file("mail/tmp/c", Self.bounce(6))
        _ = try desk.desk.file("plain/d.eml", Self.bounce(7))
        _ = try desk.desk.file("plain/.hidden", Self.bounce(8))
        var sums = BounceImport.Summary()
        for path in [one, box, "\(folder)/mail", "\(folder)/plain"] {
            let summary = try run(desk, path)
            sums.read += summary.read
            sums.suppressed += summary.suppressed
            sums.settled += summary.settled
            #expect(summary.new == summary.read && summary.known == 0)
            #expect(try run(desk, path).known == summary.read)
        }
        #expect(sums.read == 6 && sums.suppressed == 5 && sums.settled == 1)
        #expect(try suppressed(desk) == [1, 2, 3, 4, 7].map { "p\($0)@firm.example" })
        #expect(try desk.counts.unknown == 0)
    }

    @Test func `a stranger's report about somebody else's address does nothing`() throws {
        let desk = try sent(3)
        let forged = Self.bounce(1).replacing(Self.identity(1), with: "pitwallpitwallpitwallzzzzz")
        let empty = Self.bounce(2).replacing("+\(Self.identity(2))", with: "")
        let answer = Self.bounce(3, from: "Ada <ada@firm.example>").replacing("Undelivered Mail Returned to Sender", with: "Re: Spring")
        let summary = try run(desk, try desk.desk.file("box", [forged, empty, answer].map { "From x\n\($0)\n" }.joined()))
        #expect(summary.read == 3 && summary.notOurs == 2 && summary.noReports == 1 && summary.new == 0)
        #expect(try suppressed(desk).isEmpty)
    }

    @Test func `a provider that calls more than a twentieth of its recipients missing is not believed, and held`() throws {
        let desk = try sent(40, domain: { $0 <= 30 ? "gmail.com" : "firm.example" })
        let first = try desk.desk.file("first", (1...9).map { "From x\n\(Self.bounce($0))\n" }.joined())
        #expect(try run(desk, first).suppressed == 9)
        #expect(try desk.ledger.memories(since: Desk.noon).isEmpty)
        let second = try desk.desk.file("second", (10...35).map { "From x\n\(Self.bounce($0))\n" }.joined())
        let summary = try run(desk, second)
        #expect(summary.doubted == ["google": 21] && summary.suppressed == 5)
        #expect(try suppressed(desk) == (31...35).map { "p\($0)@firm.example" })
        let held = try #require(try desk.ledger.memories(since: Desk.noon).first)
        #expect(held.subject == "provider google" && held.heldUntil == Self.later.advanced(byMilliseconds: SendingPolicy.hold))
        // Read again, the first are known for what they were.
        #expect(try run(desk, first).doubted == ["google": 9])
        #expect(try suppressed(desk).count == 5)
    }

    /// The ledger has the address as people write it, and a report the domain as mail does.
    @Test func `a domain that is not ASCII is believed as any other`() throws {
        let desk = try sent(240, domain: { _ in "ünï.example" })
        let group = Providers.Group(name: "firm", domains: ["ünï.example"], limits: [])
        let path = try desk.desk.file("box", (1...11).map { "From x\n\(Self.bounce($0))\n" }.joined())
        let summary = try BounceImport(desk.ledger, providers: Providers([group]), dryRun: false, clock: { Self.later }).run(path)
        #expect(summary.suppressed == 11 && summary.doubted.isEmpty)
    }

    @Test func `a dry run says what would be, and changes nothing`() throws {
        let desk = try sent(3, unknown: [1])
        let summary = try run(desk, try desk.desk.file("one.eml", Self.bounce(1)), dryRun: true)
        #expect(summary.new == 1 && summary.settled == 1 && summary.suppressed == 1)
        #expect(try suppressed(desk).isEmpty)
        #expect(try desk.counts.unknown == 1)
    }

    @Test func `a huge message is read by its beginning`() throws {
        let desk = try sent(2)
        let line = [UInt8](repeating: 0x61, count: 9 << 20)
        let path = try desk.desk.file(
            "box", Array("From x\n\(Self.bounce(1))\n".utf8) + line + Array("\n\nFrom x\n\(Self.bounce(2))\n".utf8))
        #expect(try run(desk, path).new == 2)
    }

    @Test(arguments: ["", "\n", "From ", "From x\n", "\u{0}\u{0}"])
    func `what holds no report holds none`(text: String) throws {
        let desk = try sent(1)
        #expect(try run(desk, try desk.desk.file("box", text)).new == 0)
    }

    @Test func `what is not there is said to be so`() throws {
        let desk = try sent(1)
        #expect(throws: ImportProblem.self) { try run(desk, desk.desk.folder + "/nothing") }
    }

    // MARK: What a send learns of it

    private static let busy = "421 4.7.28 our system has detected an unusual rate of mail gsmtp"

    @Test func `the next send to the provider is slower, and says why`() throws {
        let desk = try sent(60, domain: { _ in "gmail.com" })
        _ = try run(desk, try desk.desk.file("one.eml", Self.bounce(1, Self.busy)))
        let traffic = Traffic()
        try traffic.learn(from: desk.ledger, since: Desk.noon, at: Self.later)
        let kept = traffic.with { $0.memories(at: Self.later) }
        #expect(kept.map(\.subject) == ["provider google"])
        // Sixty went in the fastest minute: half of one a second.
        #expect(kept.first?.pace == 0.5)
        #expect(kept.first?.words.contains("421 4.7.28") == true)
        try traffic.learn(from: desk.ledger, since: Self.later.advanced(byMilliseconds: 1), at: Self.later.advanced(byMilliseconds: 60_000))
        #expect(traffic.with { $0.memories(at: Self.later) } == kept)
    }

    @Test func `a run learns of what comes in while it sends, and keeps what it learned`() throws {
        let clock = TestClock()
        let desk = try sent(20, domain: { _ in "gmail.com" })
        let run = try desk.make(ScriptedTransport.accepting(), clock: clock.read)
        var book = SendRun.LessonBook()
        book.begin(run, at: clock.read())
        let path = try desk.desk.file("one.eml", Self.bounce(1, "550 5.7.26 this mail is unauthenticated gsmtp"))
        clock.advance(byMilliseconds: 20 * 60_000)
        _ = try self.run(desk, path, at: clock.read())
        try book.look(run, at: clock.read())
        let held = try #require(try desk.ledger.memories(since: Desk.noon).first)
        #expect(held.subject == "provider google" && (held.heldUntil ?? Desk.noon) > clock.read())
        clock.advance(byMilliseconds: SendingPolicy.hold)
        try book.look(run, at: clock.read())
        #expect(try desk.ledger.memories(since: Desk.noon).isEmpty, "what has ended is taken out")
    }
}
