import NIOCore
import Testing

@testable import Inbox

/// What ends a message and what does not: the lines of SMTP smuggling are here.
@Suite struct MessageTextTests {
    struct Case: CustomTestStringConvertible {
        var wire: String
        var text: String
        var rest = ""
        var fault: MessageText.Fault?
        var testDescription: String { wire.debugDescription }
    }

    static let cases = [
        Case(wire: ".\r\n", text: ""),
        Case(wire: "a\r\n.\r\n", text: "a\r\n"),
        Case(wire: "a\r\n.\r\nQUIT\r\n", text: "a\r\n", rest: "QUIT\r\n"),
        Case(wire: "..\r\n.\r\n", text: ".\r\n"),
        Case(wire: "..a\r\n...b\r\nc.\r\n.\r\n", text: ".a\r\n..b\r\nc.\r\n"),
        Case(wire: ".a\r\n.\r\n", text: "a\r\n"),
        Case(wire: ". \r\n.\r\n", text: " \r\n"),
        Case(wire: "\r\n\r\n.\r\n", text: "\r\n\r\n"),
        // Not the end: LF.LF, LF.CRLF, CRLF.LF, CR.CR, CRLF.CR.
        Case(wire: "a\n.\nMAIL\r\n.\r\n", text: "a\n.\nMAIL\r\n", fault: .loneLineFeed),
        Case(wire: "a\n.\r\nMAIL\r\n.\r\n", text: "a\n.\r\nMAIL\r\n", fault: .loneLineFeed),
        Case(wire: "a\r\n.\nMAIL\r\n.\r\n", text: "a\r\n\nMAIL\r\n", fault: .loneLineFeed),
        Case(wire: "a\r.\rMAIL\r\n.\r\n", text: "a\r.\rMAIL\r\n", fault: .loneCarriageReturn),
        Case(wire: "a\r\n.\rMAIL\r\n.\r\n", text: "a\r\n\rMAIL\r\n", fault: .loneCarriageReturn),
        Case(wire: "a\r\r\n.\r\n", text: "a\r\r\n", fault: .loneCarriageReturn),
        Case(wire: "a\r\n.\r\r\n.\r\n", text: "a\r\n\r\r\n", fault: .loneCarriageReturn),
        Case(wire: "1234567890\r\n.\r\n", text: "1234567890\r\n"),
        Case(wire: "12345678901\r\n.\r\n", text: "12345678901\r\n", fault: .longLine),
        Case(wire: ".1234567890\r\n.\r\n", text: "1234567890\r\n"),
    ]

    @Test(arguments: cases)
    func `a text ends at CRLF dot CRLF only, however it is cut into packets`(expected: Case) {
        for size in [1, 2, 3, 5, 1000] {
            var text = MessageText(sizeLimit: 1000, lineLimit: 10)
            var input = ByteBuffer()
            var ended = false
            var wire = ByteBuffer(string: expected.wire)
            while !ended, let piece = wire.readSlice(length: min(size, wire.readableBytes)), piece.readableBytes > 0 {
                var piece = piece
                input.writeBuffer(&piece)
                ended = text.read(&input)
            }
            input.writeBuffer(&wire)
            #expect(ended)
            #expect(String(decoding: text.content, as: UTF8.self) == expected.text)
            #expect(text.fault == expected.fault)
            #expect(String(buffer: input) == expected.rest)
        }
    }

    @Test func `a text that is too large is read to its end and not kept`() {
        var text = MessageText(sizeLimit: 20, lineLimit: 10)
        var input = ByteBuffer(string: "12345678\r\n")
        let early = text.read(&input)
        #expect(!early)
        #expect(text.content.count == 10)
        input.writeString(String(repeating: "12345678\r\n", count: 2) + ".\r\nNOOP")
        let ended = text.read(&input)
        #expect(ended)
        #expect(text.fault == .tooLarge)
        #expect(text.content.isEmpty)
        #expect(String(buffer: input) == "NOOP")
    }

    @Test func `a line without end takes no memory beyond the limit`() {
        var text = MessageText(sizeLimit: 100, lineLimit: 10)
        var input = ByteBuffer()
        for _ in 0..<1000 {
            input.writeString("xxxxxxxxxxxxxxxxxxxx")
            let ended = text.read(&input)
            #expect(!ended)
            #expect(input.readableBytes <= 12)
        }
        #expect(text.content.count <= 100)
        input.writeString("\r\n.\r\n")
        let ended = text.read(&input)
        #expect(ended)
        #expect(text.fault == .tooLarge)
    }
}
