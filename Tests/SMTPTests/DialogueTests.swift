import Delivery
import Model
import SMTP
import Testing

@Suite struct DialogueTests {
    static let group = "MAIL FROM:<b@example.com>\r\nRCPT TO:<u1@example.com>\r\nDATA\r\n"
    static let next = "MAIL FROM:<b@example.com>\r\nRCPT TO:<u2@example.com>\r\nDATA\r\n"
    static let body = "Subject: x\r\n\r\nhello\r\n.\r\n"

    @Test func `without PIPELINING every command waits for its answer`() throws {
        var session = Session(pipelining: false)
        try session.begin(1)
        #expect(session.said() == "MAIL FROM:<b@example.com>\r\n")
        #expect(!session.dialogue.canBegin)
        #expect(session.hears("250 ok") == "RCPT TO:<u1@example.com>\r\n")
        #expect(session.hears("250 ok") == "DATA\r\n")
        #expect(session.hears("354 go on") == Self.body)
        #expect(!session.dialogue.canBegin)
        session.hears("250 2.0.0 Ok: queued as ABC")
        let reply = Reply(code: 250, enhanced: "2.0.0", text: "Ok: queued as ABC")
        #expect(session.results == [.init(ticket: 1, outcome: .accepted(reply, queueID: "ABC"))])
        #expect(session.dialogue.canBegin && session.dialogue.isIdle)
    }

    @Test func `with PIPELINING the body and the next envelope travel in one group`() throws {
        var session = Session()
        try session.begin(1)
        #expect(session.said() == Self.group)
        #expect(!session.dialogue.canBegin)
        session.hearsBytes(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
        #expect(session.dialogue.canBegin)
        try session.begin(2)
        #expect(session.said() == Self.body + Self.next)
        #expect(session.hears("250 kept", "250 ok", "250 ok", "354 go on") == Self.body)
        session.hears("250 kept")
        #expect(session.verdicts == ["1 accepted", "2 accepted"])
        session.dialogue.quit(into: &session.out)
        #expect(session.said() == "QUIT\r\n")
        session.hears("221 bye")
        #expect(session.dialogue.ending?.kind == .goodbye)
    }

    @Test func `replies may come byte by byte and over many lines`() throws {
        var session = Session()
        try session.begin(1)
        _ = session.said()
        for byte in "250-2.1.0 well\r\n250-2.1.0 then\r\n250 2.1.0 ok\r\n250 ok\n354\r\n".utf8 { session.hearsBytes([byte]) }
        #expect(session.said() == Self.body)
        for byte in "250-2.0.0 Ok:\r\n250 2.0.0 queued as 9\r\n".utf8 { session.hearsBytes([byte]) }
        #expect(session.results.first?.outcome.reply?.text == "Ok: queued as 9")
    }

    @Test(arguments: [true, false]) func `a refused recipient is reset and the connection lives on`(pipelining: Bool) throws {
        var session = Session(pipelining: pipelining)
        try session.begin(1)
        _ = session.said()
        if pipelining {
            #expect(session.hears("250 ok", "550 5.1.1 no such user", "503 5.5.1 no recipients") == "RSET\r\n")
        } else {
            session.hears("250 ok")
            #expect(session.hears("550 5.1.1 no such user") == "RSET\r\n")
        }
        #expect(session.verdicts == ["1 refused recipient"])
        session.hears("250 ok")
        #expect(session.dialogue.ending == nil && session.dialogue.canBegin)
    }

    @Test func `a 354 after the only recipient was refused gets a lone dot, and what it answers is believed by nobody`() throws {
        var session = Session()
        try session.begin(1)
        _ = session.said()
        #expect(session.hears("250 ok", "550 5.1.1 no such user", "354 go on") == ".\r\nRSET\r\n")
        try session.begin(2)
        #expect(session.said() == Self.next)
        session.hears("250 2.0.0 queued as LIE", "250 ok", "250 ok", "250 ok", "354 go on")
        session.hears("250 kept")
        #expect(session.verdicts == ["1 refused recipient", "2 accepted"])
    }

    /// What the server says to one message whose group has been sent, line by line; with `|` it pauses, so that what we say next is
    /// sent in between.
    struct Row: Sendable, CustomTestStringConvertible {
        var server: String
        var verdict: String
        var ending: Dialogue.Ending.Kind?
        var testDescription: String { server }

        init(_ server: String, _ verdict: String, _ ending: Dialogue.Ending.Kind?) {
            (self.server, self.verdict, self.ending) = (server, verdict, ending)
        }
    }

    static let pipelined = [
        Row("250,250,354|250 ok", "accepted", nil),
        Row("250,251 will forward,354|250 ok", "accepted", nil),
        // MAIL refused.
        Row("550 5.7.1 not you,503 no,503 no|250", "back relay", nil),
        Row("550 5.7.1 not you,503 no,354|554 no,250", "back relay", nil),
        Row("530 5.7.0 log in,503,503|250", "back relay", nil),
        Row("451 4.3.0 later,503,503|250", "deferred session", nil),
        Row("552 5.3.4 too big,503,503|250", "refused message", nil),
        Row("503 5.5.1 nested,503,503", "back session", .garbage),
        Row("421 4.7.0 enough", "back session", .dismissed),
        Row("354 go on", "back session", .garbage),
        Row("221 bye", "back session", .garbage),
        Row("220 hello again", "back session", .garbage),
        // RCPT refused.
        Row("250,550 5.1.1 no,554 no|250", "refused recipient", nil),
        Row("250,550 5.1.1 no,354|250 lie,250", "refused recipient", nil),
        Row("250,550 5.1.1 no,421 bye", "refused recipient", .dismissed),
        Row("250,550 5.1.1 no,250 what", "refused recipient", .garbage),
        Row("250,450 4.2.1 later,503|250", "deferred recipient", nil),
        Row("250,554 5.7.1 Relay access denied,554|250", "back relay", nil),
        Row("250,421 4.7.0 too many", "deferred session", .dismissed),
        Row("250,550 5.1.1 no,503 no|500 RSET?", "refused recipient", .garbage),
        // DATA refused.
        Row("250,250,451 4.3.0 later|250", "deferred message", nil),
        Row("250,250,554 5.7.1 no|250", "refused message", nil),
        Row("250,250,503 5.5.1 no", "deferred session", .garbage),
        Row("250,250,250 ok", "deferred recipient", .garbage),
        Row("250,250,421 bye", "deferred session", .dismissed),
        // The final dot.
        Row("250,250,354|451 4.3.0 later", "deferred message", nil),
        Row("250,250,354|554 5.6.0 no", "refused message", nil),
        Row("250,250,354|550 5.7.26 not authenticated", "back relay", nil),
        Row("250,250,354|421 bye", "deferred session", .dismissed),
        Row("250,250,354|354 more", "unknown", .garbage),
        Row("250,250,354|221 bye", "unknown", .garbage),
        Row("250,250,354|gibberish", "unknown", .garbage),
        Row("250,250,354|25", "unknown", .garbage),
        Row("250,250,354|999 what", "unknown", .garbage),
        Row("250,250,354|100 wait", "unknown", .garbage),
        Row("250,250,354|250-a,251 b", "unknown", .garbage),
        // More replies than questions.
        Row("250,250,354,250 queued", "deferred session", .garbage),
        Row("250,250,250,354", "deferred recipient", .garbage),
        Row("250,250,354,554 5.3.4 too big", "refused message", .dismissed),
        Row("250,250,354,421 bye", "deferred session", .dismissed),
        Row("250,250,354|250 ok,250 ok", "accepted", .garbage),
        Row("250,550 5.1.1 no,503|250,250", "refused recipient", .garbage),
    ]

    @Test(arguments: pipelined) func `a server that misbehaves under PIPELINING`(row: Row) throws {
        var session = Session()
        try session.begin(1)
        _ = session.said()
        for part in row.server.split(separator: "|") {
            session.hearsBytes(Array(part.split(separator: ",").map { $0 + "\r\n" }.joined().utf8))
            _ = session.said()
        }
        #expect(session.verdicts == ["1 \(row.verdict)"])
        #expect(session.dialogue.ending?.kind == row.ending)
    }

    static let oneByOne = [
        Row("250|250|354|250 ok", "accepted", nil),
        Row("550 5.7.1 not you|250", "back relay", nil),
        Row("250|550 5.1.1 no|250", "refused recipient", nil),
        Row("250|250|554 no|250", "refused message", nil),
        Row("250|250|451 later|250", "deferred message", nil),
        Row("250|250|354|451 later", "deferred message", nil),
        Row("250|250|354|bad", "unknown", .garbage),
        Row("250|421 bye", "deferred session", .dismissed),
        Row("250,250|354|354", "deferred recipient", .garbage),
        Row("250|250|354,250", "deferred session", .garbage),
    ]

    @Test(arguments: oneByOne) func `a server that misbehaves without PIPELINING`(row: Row) throws {
        var session = Session(pipelining: false)
        try session.begin(1)
        _ = session.said()
        for part in row.server.split(separator: "|") {
            session.hearsBytes(Array(part.split(separator: ",").map { $0 + "\r\n" }.joined().utf8))
            _ = session.said()
        }
        #expect(session.verdicts == ["1 \(row.verdict)"])
        #expect(session.dialogue.ending?.kind == row.ending)
    }

    @Test(arguments: ["250 \0x", "hello", "2x0 no", "250_no", "25", "", "650 no", "199 no", "250-a\r\n550 b"])
    func `bytes that are no reply end the session`(line: String) throws {
        var session = Session()
        try session.begin(1)
        _ = session.said()
        session.hears(line)
        #expect(session.dialogue.ending?.kind == .garbage)
        #expect(session.verdicts == ["1 back session"])
    }

    @Test func `a line of a megabyte ends the session before it is kept`() throws {
        var session = Session()
        try session.begin(1)
        _ = session.said()
        var chunks = 0
        while session.dialogue.ending == nil, chunks < 1024 {
            session.hearsBytes([UInt8](repeating: UInt8(ascii: "2"), count: 1024))
            chunks += 1
        }
        #expect(chunks < 16)
        #expect(session.verdicts == ["1 back session"])
    }

    @Test func `a reply without end ends the session`() throws {
        var session = Session()
        try session.begin(1)
        _ = session.said()
        for _ in 0..<100_000 where session.dialogue.ending == nil { session.hearsBytes(Array("250-and so on\r\n".utf8)) }
        #expect(session.dialogue.ending?.kind == .garbage)
    }
}
