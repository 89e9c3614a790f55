import Delivery
import Mail
import Model
import SMTP
import Testing

/// What many messages end in is sent from where it lies.
@Suite struct SharedTailTests {
    private static func outgoing(_ ticket: UInt64, _ body: String, _ tail: SharedBytes?) throws -> Outgoing {
        let envelope = try #require(Envelope(sender: "b@example.com", recipient: try EmailAddress("u@example.com")))
        return Outgoing(ticket: ticket, envelope: envelope, body: Array(body.utf8), tail: tail)
    }

    /// Everything that is offered, taken in pieces of `size`; and after how many bytes each final dot was announced and taken.
    private static func drain(_ out: inout SendBuffer, _ size: Int) -> (bytes: [UInt8], announced: [Int], taken: [Int]) {
        var bytes: [UInt8] = []
        var announced: [Int] = []
        var taken: [Int] = []
        while let (offer, holdsDot) = out.offer() {
            if holdsDot { announced.append(bytes.count) }
            let count = min(size, offer.count)
            bytes += offer.prefix(count)
            if out.took(count) { taken.append(bytes.count) }
        }
        return (bytes, announced, taken)
    }

    @Test(arguments: [1, 3, 100, 70_000, 1_000_000])
    func `a tail stands between its message and the final dot, byte for byte`(size: Int) {
        let tail = SharedBytes(Array(String(repeating: "0123456789ABCDEF\r\n", count: size < 100 ? 20 : 8000).utf8))
        var out = SendBuffer()
        out.append(message: Array("one\r\n.\r\n".utf8), tail: tail)
        out.append(message: Array("two\r\n".utf8))
        out.append(message: Array("three".utf8), tail: tail)
        out.append(message: [], tail: SharedBytes([]))
        let sent = Self.drain(&out, size)
        let text = String(decoding: tail.bytes, as: UTF8.self)
        #expect(String(decoding: sent.bytes, as: UTF8.self) == "one\r\n..\r\n\(text).\r\ntwo\r\n.\r\nthree\r\n\(text).\r\n\r\n.\r\n")
        let isEmpty = out.isEmpty
        #expect(isEmpty)
        let dots = [9 + tail.count + 3, 9 + tail.count + 3 + 8, 9 + tail.count + 3 + 8 + 7 + tail.count + 3]
        if size == 1 { #expect(sent.taken.prefix(3) == dots[...]) }
    }

    @Test func `the dot is announced only when the tail is gone`() {
        let tail = SharedBytes([UInt8](repeating: 0x41, count: 200_000))
        var out = SendBuffer()
        out.append(message: Array("head\r\n".utf8), tail: tail)
        let sent = Self.drain(&out, .max)
        #expect(sent.announced == [6 + tail.count])
        #expect(sent.taken == [6 + tail.count + 3])
    }

    @Test func `the same bytes are offered from the same address until they are taken`() {
        let tail = SharedBytes([UInt8](repeating: 0x41, count: 100))
        var out = SendBuffer()
        out.append(message: Array("head\r\n".utf8), tail: tail)
        let head = Self.offered(&out)
        #expect(head?.count == 6)
        _ = out.took(6)
        let first = Self.offered(&out)
        #expect(first?.baseAddress == UnsafeRawPointer(tail.bytes.baseAddress))
        #expect(first?.count == 100)
        // Written meanwhile: the back block grows, nothing that is being offered moves.
        out.append(message: [UInt8](repeating: 0x42, count: 100_000))
        let again = Self.offered(&out)
        #expect(first?.baseAddress == again?.baseAddress && first?.count == again?.count)
    }

    private static func offered(_ out: inout SendBuffer) -> UnsafeRawBufferPointer? { out.offer()?.bytes }

    @Test func `a tail counts in SIZE and against what the relay takes`() throws {
        let tail = SharedBytes([UInt8](repeating: 0x41, count: 1000))
        for (largest, isTooLarge) in [(2000, false), (1004, true)] {
            var session = Session {
                $0.size = true; $0.largestMessage = largest
            }
            session.dialogue.begin(try Self.outgoing(1, "head\r\n", tail), into: &session.out, results: &session.results)
            #expect(session.verdicts == (isTooLarge ? ["1 deferred session"] : []))
            #expect(session.said().contains(" SIZE=1006\r\n") == !isTooLarge)
        }
    }

    @Test func `a session sends the tail as part of the message`() throws {
        let tail = SharedBytes(Array("tail\r\n".utf8))
        var session = Session(pipelining: false)
        session.dialogue.begin(try Self.outgoing(7, "head\r\n", tail), into: &session.out, results: &session.results)
        _ = session.said()
        session.hears("250 ok")
        session.hears("250 ok")
        #expect(session.hears("354 go") == "head\r\ntail\r\n.\r\n")
        session.hears("250 queued")
        #expect(session.verdicts == ["7 accepted"])
    }
}
