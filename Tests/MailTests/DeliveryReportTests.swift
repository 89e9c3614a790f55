import Foundation
import Model
import Testing

@testable import Mail

/// What comes back of messages, read.
@Suite struct DeliveryReportTests {
    private func read(_ text: String) -> DeliveryReport? { DeliveryReport(Array(text.replacing("\n", with: "\r\n").utf8)) }

    static let failure = """
        From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
        To: bounces+abcdefghijklmnopqrstuvwxyz@example.com
        Date: Fri, 27 Nov 2026 02:10:00 +0100
        Subject: Undelivered Mail Returned to Sender
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        <ada@example.org>: host mx.example.org said: 550 5.1.1 no such user

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; ada@example.org
        Original-Recipient: rfc822;Ada@example.org
        Action: failed
        Status: 5.1.1
        Remote-MTA: dns; mx.example.org
        Diagnostic-Code: smtp; 550 5.1.1 <ada@example.org>... User
         unknown

        --b
        Content-Type: text/rfc822-headers

        Return-Path: <bounces+abcdefghijklmnopqrstuvwxyz@example.com>
        Message-ID: <abcdefghijklmnopqrstuvwxyz@news.example.com>
        Subject: Spring

        --b--
        """

    @Test func `a status notification says who, what, why and of which message`() throws {
        let report = try #require(read(Self.failure))
        let ada = DeliveryReport.Recipient(
            kind: .failed, address: "Ada@example.org", status: "5.1.1", words: "550 5.1.1 <ada@example.org>... User unknown")
        #expect(report.recipients == [ada])
        #expect(
            report.traces == [
                "bounces+abcdefghijklmnopqrstuvwxyz@example.com", "abcdefghijklmnopqrstuvwxyz@news.example.com",
            ])
        #expect(report.date == Instant(milliseconds: 1_795_741_800_000))
    }

    @Test(arguments: [
        ("delayed", "4.4.1", DeliveryReport.Kind.delayed), ("relayed", "2.0.0", .delivered), ("expanded", "2.0.0", .delivered),
        ("delivered", "2.1.5", .delivered), ("failed (permanently)", "5.0.0", .failed), ("FAILED", "5.0.0", .failed),
        ("", "4.2.2", .delayed), ("", "5.2.2", .failed),
    ])
    func `the action says how far it came, and the status where there is none`(action: String, status: String, kind: DeliveryReport.Kind) {
        let text = Self.failure.replacing("Action: failed", with: "Action: \(action)").replacing("Status: 5.1.1", with: "Status: \(status)")
        #expect(read(text)?.recipients.map(\.kind) == [kind])
    }

    @Test func `two recipients without an empty line between them are two`() {
        let text = Self.failure.replacing(
            "Diagnostic-Code", with: "Final-Recipient: rfc822; bob@example.org\nAction: delayed\nStatus: 4.2.2\nDiagnostic-Code")
        #expect(read(text)?.recipients.map(\.kind) == [.failed, .delayed])
    }

    @Test func `what no machine-readable part says is read from the prose`() throws {
        let report = try #require(
            read(
                """
                From: MAILER-DAEMON@example.net
                To: bounces@example.com
                Subject: failure notice

                Hi. This is the qmail-send program at example.net.

                <ada@example.org>:
                192.0.2.135 does not like recipient.
                Remote host said: 552 5.2.2 mailbox full
                Giving up on 192.0.2.135.

                --- Below this line is a copy of the message.

                Message-ID: <abcdefghijklmnopqrstuvwxyz@news.example.com>
                Subject: 550 5.1.1 user unknown
                """))
        let recipient = try #require(report.recipients.first)
        #expect(recipient.address == "ada@example.org" && recipient.kind == .failed && recipient.status == "5.2.2")
        #expect(ReplyInText(recipient.words)?.text == "mailbox full Giving up on 192.0.2.135.")
        #expect(report.traces.contains("abcdefghijklmnopqrstuvwxyz@news.example.com"))
    }

    @Test(arguments: [
        ("Ada <ada@example.org>", "Re: Spring", "Thank you, but user unknown is what my cat is. 550 5.1.1"),
        ("Ada <ada@example.org>", "Out of office", "I am away until Monday; your mail will not be forwarded."),
        ("postmaster@example.org", "Welcome", "Your account is ready."),
    ])
    func `an answer is no report`(from: String, subject: String, text: String) {
        #expect(read("From: \(from)\nReturn-Path: <>\nAuto-Submitted: auto-replied\nSubject: \(subject)\n\n\(text)\n") == nil)
    }

    @Test(arguments: [("abuse", true), ("fraud", true), ("not-spam", false), ("auth-failure", false)])
    func `a complaint is one where somebody complains`(kind: String, isOne: Bool) {
        let report = read(
            """
            From: feedback@example.net
            Subject: FW: Spring
            Content-Type: multipart/report; report-type=feedback-report; boundary="b"

            --b
            Content-Type: message/feedback-report

            Feedback-Type: \(kind)
            Original-Rcpt-To: <ada@example.org>

            --b
            Content-Type: message/rfc822

            Message-ID: <abcdefghijklmnopqrstuvwxyz@news.example.com>

            Hello
            --b--
            """)
        #expect((report?.recipients.first?.kind == .complaint) == isOne)
        #expect(!isOne || report?.traces == ["abcdefghijklmnopqrstuvwxyz@news.example.com"])
    }

    @Test(
        arguments: [
            ("host mx said: 550-5.1.1 no such 550 5.1.1 user", 550, "5.1.1", "no such user"),
            ("SIZE=550 from 10.5.5.5 port 587 (#5.1.1)", nil, "5.1.1", ")"),
            ("server answered 421 too busy", 421, nil, "too busy"), ("554 <a@b.c>: blocked", 554, nil, "<a@b.c>: blocked"),
        ] as [(String, Int?, String?, String)])
    func `a server's answer is found within a sentence`(sentence: String, code: Int?, enhanced: String?, text: String) throws {
        let reply = try #require(ReplyInText(sentence))
        #expect(reply.code == code && reply.enhanced == enhanced && reply.text == text)
    }

    @Test(arguments: ["call 555-1234", "in 432 minutes it was 15.1.1 at 192.0.2.5", "version 5.1.1.4", "the year 4500", ""])
    func `numbers that are no answer are none`(sentence: String) {
        #expect(ReplyInText(sentence) == nil || ReplyInText(sentence)?.code == 432)
    }

    @Test(
        arguments: [
            ("Fri, 1 Oct 2010 19:15:24 +0900 (JST)", 1_285_928_124), ("29 Apr 2010 07:55:24 -0000", 1_272_527_724),
            ("Tue, 1 Mar 16 10:42 PST", 1_456_857_720), ("yesterday", nil), ("Fri, 31 Feb 2010 10:00:00 +0000", nil), ("", nil),
            ("99999999999999999999 Oct 2010 00:00:00 +0000", nil),
        ] as [(String, Int64?)])
    func `the date of mail is read as it is written`(text: String, seconds: Int64?) {
        #expect(MailDate.read(text) == seconds.map { Instant(seconds: $0) })
    }

    /// A debug build on a busy machine takes seconds for each; what is quadratic would take hours.
    @Test(.timeLimit(.minutes(5))) func `what a stranger makes as large as he likes is read by its beginning`() {
        let line = String(repeating: "a", count: 3 << 20)
        let heads = [
            String(repeating: "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n", count: 40_000),
            "Diagnostic-Code: smtp; " + line, String(repeating: "\n", count: 1 << 20), String(repeating: "550 5.1.1 ", count: 100_000),
            String(repeating: "Message-ID: <a@b.example>\n", count: 40_000),
        ]
        for head in heads {
            let report = DeliveryReport(Array(Self.failure.replacing("Reporting-MTA: dns; mx.example.net\n", with: head + "\n").utf8))
            #expect((report?.recipients.count ?? 0) <= DeliveryReport.mostRecipients && (report?.traces.count ?? 0) <= 20)
        }
    }
}
