import NIOCore
import Testing

@testable import Inbox

@Suite struct SMTPSessionTests {
    /// The replies to `wire`, and whether the session ended.
    private func talk(
        _ wire: String, limits: InboxLimits = InboxLimits(), behaviour: InboxBehaviour = InboxBehaviour(),
        keeping: SMTPSession.Keeping = .kept
    ) -> (replies: [String], closed: Bool, texts: [String]) {
        var session = SMTPSession(number: 1, behaviour: behaviour, limits: limits) { _ in false }
        var input = ByteBuffer(string: wire)
        var out = ByteBuffer()
        var texts: [String] = []
        var closed = false
        while !closed {
            var step = session.advance(&input, &out)
            if case .message(let incoming) = step {
                texts.append(String(decoding: incoming.content, as: UTF8.self))
                step = session.settle(keeping, &out)
                if case .hungry = step { continue }
            }
            if case .hungry = step { break }
            closed = true
        }
        let lines = String(buffer: out).split(separator: "\r\n").map { String($0) }
        return (lines.filter { $0.dropFirst(3).first != "-" }, closed, texts)
    }

    private static let hello = "EHLO x\r\n"
    private static let envelope = hello + "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n"

    private static let commands: [(wire: String, last: String)] = [
        ("MAIL FROM:<a@example.com>\r\n", "503 5.5.1"),
        ("EHLO\r\n", "501 5.5.4"),
        ("HELO x\r\n", "250 localhost"),
        ("\(hello)RCPT TO:<b@example.com>\r\n", "503 5.5.1"),
        ("\(hello)DATA\r\n", "503 5.5.1"),
        ("\(hello)MAIL FROM:a@example.com\r\n", "501 5.1.7"),
        ("\(hello)MAIL FROM:<a@example.com\r\n", "501 5.1.7"),
        ("\(hello)MAIL FROM:<a>\r\n", "501 5.1.7"),
        ("\(hello)MAIL FROM:<a@b.it> <c@d.it>\r\n", "555 5.5.4"),
        ("\(hello)MAIL FROM:<a@b.it>x\r\n", "501 5.1.7"),
        ("\(hello)mail from: <>\r\n", "250 2.1.0"),
        ("\(hello)MAIL FROM:<\"a> b\"@example.com> body=8bitmime\r\n", "250 2.1.0"),
        ("\(hello)MAIL FROM:<a@b.it> SIZE=99999999999\r\n", "552 5.3.4"),
        ("\(hello)MAIL FROM:<a@b.it> SIZE=99999999999999999999999\r\n", "501 5.5.4"),
        ("\(hello)MAIL FROM:<a@b.it> SIZE=-1\r\n", "501 5.5.4"),
        ("\(hello)MAIL FROM:<a@b.it> RET=FULL\r\n", "555 5.5.4"),
        ("\(hello)MAIL FROM:<à@b.it>\r\n", "553 5.6.7"),
        ("\(hello)MAIL FROM:<à@b.it> SMTPUTF8\r\n", "250 2.1.0"),
        ("\(hello)MAIL FROM:<a@b.it>\r\nRCPT TO:<é@b.it>\r\n", "553 5.6.7"),
        ("\(hello)MAIL FROM:<a@b.it>\r\nMAIL FROM:<a@b.it>\r\n", "503 5.5.1"),
        ("\(hello)MAIL FROM:<a@b.it>\r\nRCPT TO:<>\r\n", "501 5.1.3"),
        ("\(hello)MAIL FROM:<a@b.it>\r\nRCPT TO:<Postmaster>\r\n", "250 2.1.5"),
        ("\(hello)MAIL FROM:<a@b.it>\r\nDATA\r\n", "554 5.5.1"),
        ("\(envelope)RSET\r\nDATA\r\n", "503 5.5.1"),
        ("\(envelope)DATA x\r\n", "501 5.5.4"),
        ("\(envelope)DATA\r\n", "354 end"),
        ("NOOP\n", "500 5.5.2"), ("N\u{0}OOP\r\n", "500 5.5.2"), ("WHAT\r\n", "500 5.5.2"), ("\r\n", "500 5.5.2"),
        ("STARTTLS\r\n", "502 5.5.1"), ("AUTH PLAIN AAAA\r\n", "502 5.5.1"), ("VRFY a\r\n", "252 2.5.2"), ("QUIT \r\n", "221 2.0.0"),
    ]

    @Test(arguments: commands)
    func `commands are answered by the book`(wire: String, last: String) {
        let answer = talk(wire)
        #expect(answer.replies.last?.hasPrefix(last) == true, "\(answer.replies)")
    }

    @Test func `a line that will not end closes the session`() {
        var limits = InboxLimits()
        limits.commandLine = 100
        let answer = talk(String(repeating: "x", count: 101), limits: limits)
        #expect(answer.closed)
        #expect(answer.replies == ["500 5.5.6 the line is too long"])
        #expect(talk(String(repeating: "x", count: 200) + "\r\n", limits: limits).closed)
    }

    @Test func `too many mistakes end the session`() {
        let answer = talk(String(repeating: "WHAT\r\n", count: 100))
        #expect(answer.replies.count == 21)
        #expect(answer.replies.last?.hasPrefix("421 4.7.0") == true)
        #expect(answer.closed)
    }

    @Test func `recipients beyond the limit are put off and the others served`() {
        var limits = InboxLimits()
        limits.recipients = 1
        let answer = talk(Self.envelope + "RCPT TO:<c@example.com>\r\nDATA\r\nx\r\n.\r\n", limits: limits)
        #expect(answer.replies.map { $0.prefix(3) } == ["250", "250", "250", "452", "354", "250"])
    }

    @Test(arguments: [("a\nb", "550 5.6.11"), ("a\rb", "550 5.6.11"), (String(repeating: "x", count: 999), "550 5.6.0")])
    func `what servers of the world refuse is refused, and the session goes on`(text: String, reply: String) {
        let answer = talk(Self.envelope + "DATA\r\n\(text)\r\n.\r\nNOOP\r\n")
        #expect(answer.texts.isEmpty)
        #expect(answer.replies.suffix(2).first?.hasPrefix(reply) == true)
        #expect(answer.replies.last == "250 2.0.0 ok")
    }

    @Test func `a message that cannot be kept is not acknowledged`() {
        let answer = talk(Self.envelope + "DATA\r\nx\r\n.\r\n", keeping: .failed)
        #expect(answer.replies.last == "452 4.3.1 the message cannot be kept")
    }

    @Test func `any bytes at all end in replies`() {
        var random = SeededRandom(seed: 5)
        let words = [
            "EHLO x", "MAIL FROM:<a@b.it>", "RCPT TO:<c@d.it>", "DATA", ".", "\r\n", "\n", "\r", "<", ">", "\"", "\\", " SIZE=", "à",
            "RSET",
        ]
        for _ in 0..<500 {
            let wire = (0..<40).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            let answer = talk(wire)
            #expect(answer.replies.allSatisfy { $0.count > 4 && Int($0.prefix(3)) != nil })
        }
    }
}
