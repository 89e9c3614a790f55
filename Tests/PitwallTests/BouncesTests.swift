import Foundation
import Testing

/// What comes back to the return path, through the whole program.
@Suite(.enabled(if: Tools.hasWitness, Comment(rawValue: Missing.witness))) struct BouncesTests {
    private func bounce(_ path: String, _ answer: String) -> String {
        """
        From MAILER-DAEMON Fri Nov 27 03:00:00 2026
        From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
        To: \(path)
        Subject: Undelivered Mail Returned to Sender
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; somebody@example.net
        Action: failed
        Status: 5.0.0
        Diagnostic-Code: smtp; \(answer)

        --b--


        """
    }

    @Test func `a bounce is known by its message, suppresses, settles and is shown, and is read once`() throws {
        let bench = try Workbench(people: 60)
        try bench.edit("pitwall.yaml") { $0 + "return_path: bounces@news.example.com\n" }
        let witness = try Witness("--drop-after-dot", "0.1")
        _ = try bench.sendToTheEnd(through: witness.url)
        let unknown = try bench.log("unknown"), accepted = try bench.log("accepted")
        let lost = try #require(unknown.first), taken = try #require(accepted.first)
        func path(_ message: Facts) -> String {
            "bounces+\(message.text("message_id")?.prefix { $0 != "@" } ?? "")@news.example.com"
        }
        try bench.write("box", bounce(path(lost), "552 5.2.2 mailbox full") + bounce(path(taken), "550 5.1.1 no such user"))

        let tried = try bench.pitwall("import", "bounces", "\(bench.root)/box", "--dry-run", "--json").facts
        #expect(tried.int("added") == 2 && tried.int("settled") == 1 && tried.int("suppressed") == 1)
        let read = try bench.pitwall("import", "bounces", "\(bench.root)/box", "--json").facts
        #expect(read.int("read") == 2 && read.int("added") == 2 && read.int("settled") == 1 && read.int("suppressed") == 1)
        #expect(try bench.pitwall("import", "bounces", "\(bench.root)/box", "--json").facts.int("unchanged") == 2)

        #expect(try bench.addresses("unknown").count == unknown.count - 1)
        let page = try bench.pitwall("contacts", "show", taken.text("email") ?? "").output
        #expect(page.contains("undeliverable") && page.contains("Came back") && page.contains("550 5.1.1 no such user"))
        #expect(try bench.pitwall("segments", "count", "--where", "bounced welcome", "--json").facts.int("count") == 2)
        #expect(try bench.pitwall("resolve", "welcome", "--json").status == (unknown.count > 1 ? 1 : 0))
        let told = try bench.pitwall("import", "bounces", "\(bench.root)/box").output
        #expect(told.contains("Noted nothing new, 2 known already"))
    }
}
