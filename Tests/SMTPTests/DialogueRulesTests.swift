import Delivery
import Model
import SMTP
import Testing

@Suite struct DialogueRulesTests {
    @Test func `an address that needs SMTPUTF8 is refused here where the relay does not offer it`() throws {
        var session = Session()
        try session.begin(1, to: "адa@example.com")
        #expect(session.said() == "")
        let reply = try #require(session.results.first?.outcome.reply)
        #expect(reply.code == 553 && reply.enhanced == "5.6.7" && reply.origin == .here)
        #expect(session.dialogue.canBegin)
    }

    @Test func `where SMTPUTF8 is offered it is asked for`() throws {
        var session = Session {
            $0.smtpUTF8 = true
            $0.eightBitMIME = true
        }
        try session.begin(1, to: "адa@exämple.com")
        #expect(session.said().hasPrefix("MAIL FROM:<b@example.com> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<адa@xn--exmple-cua.com>\r\n"))
    }

    @Test func `a message above the relay's SIZE is put off here, and the size is said where SIZE is offered`() throws {
        var session = Session {
            $0.size = true
            $0.largestMessage = 30
        }
        try session.begin(1, body: String(repeating: "x", count: 31))
        #expect(session.verdicts == ["1 deferred session"])
        try session.begin(2, body: "hello\r\n")
        #expect(session.said().hasPrefix("MAIL FROM:<b@example.com> SIZE=7\r\n"))
    }

    @Test func `a session takes only so many messages`() throws {
        var session = Session(messageLimit: 1)
        try session.begin(1)
        _ = session.said()
        session.hearsBytes(Array("250 ok\r\n250 ok\r\n354 go on\r\n".utf8))
        #expect(!session.dialogue.canBegin)
        _ = session.said()
        session.hears("250 kept")
        #expect(session.dialogue.isSpent && session.dialogue.isIdle && !session.dialogue.canBegin)
        try session.begin(2)
        #expect(session.verdicts == ["1 accepted", "2 back session"])
    }

    @Test(arguments: [
        ("a\r\n", "a\r\n.\r\n"),
        ("a", "a\r\n.\r\n"),
        ("", "\r\n.\r\n"),
        (".", "..\r\n.\r\n"),
        (".\r\n", "..\r\n.\r\n"),
        ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\n..b\r\n.c\r\n", "a\r\n...b\r\n..c\r\n.\r\n"),
        ("a.b\r\n c.\r\n", "a.b\r\n c.\r\n.\r\n"),
        ("a\n.\r\nb\r\n", "a\n..\r\nb\r\n.\r\n"),
        ("a\r", "a\r\r\n.\r\n"),
        ("a\n", "a\n\r\n.\r\n"),
    ])
    func `dots are stuffed and the end is a line of its own`(body: String, wire: String) {
        var out = SendBuffer()
        out.append(message: Array(body.utf8))
        var bytes: [UInt8] = []
        while let (offer, _) = out.offer() {
            bytes += offer
            _ = out.took(offer.count)
        }
        #expect(String(decoding: bytes, as: UTF8.self) == wire)
    }

    @Test func `what is offered stays where it is until it is taken, and only the last piece holds the dot`() {
        var out = SendBuffer()
        out.append(message: [UInt8](repeating: UInt8(ascii: "x"), count: 200_000))
        var pieces: [(count: Int, holdsDot: Bool)] = []
        while let (offer, holdsDot) = out.offer() {
            // Nothing was taken: the same bytes at the same address, whatever is written meanwhile.
            out.append(message: [UInt8](repeating: UInt8(ascii: "y"), count: 50_000))
            let again = out.offer()
            #expect(again?.bytes.baseAddress == offer.baseAddress && again?.bytes.count == offer.count)
            #expect(again?.holdsDot == false)
            pieces.append((offer.count, holdsDot))
            let isEnd = out.took(offer.count)
            #expect(isEnd == holdsDot)
            if isEnd { break }
        }
        #expect(pieces.map(\.count) == [65_536, 65_536, 65_536, 200_005 - 3 * 65_536])
        #expect(pieces.map(\.holdsDot) == [false, false, false, true])
    }

    @Test func `after STARTTLS only the last EHLO counts`() {
        let transcript = """
            220 mx ESMTP\r
            250-mx\r
            250-PIPELINING\r
            250-AUTH PLAIN\r
            250 STARTTLS\r
            220 go ahead\r
            250-mx\r
            250-SIZE 1000\r
            250-smtputf8\r
            250 AUTH LOGIN PLAIN\r
            334 VXNlcm5hbWU6\r
            235 2.7.0 welcome\r

            """
        let handshake = Handshake(transcript: transcript.utf8)
        #expect(!handshake.capabilities.pipelining)
        #expect(handshake.capabilities.smtpUTF8)
        #expect(handshake.capabilities.largestMessage == 1000)
        #expect(handshake.capabilities.authentication == ["LOGIN", "PLAIN"])
        #expect(handshake.isLoggedIn)
    }
}
