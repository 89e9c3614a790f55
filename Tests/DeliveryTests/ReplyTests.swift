import Delivery
import Testing

@Suite struct ReplyTests {
    @Test func `the enhanced code is taken out of the text`() {
        let reply = Reply(code: 550, lines: ["5.1.1 no such user", "5.1.1 ask the postmaster"])
        #expect(reply.enhanced == "5.1.1")
        #expect(reply.text == "no such user ask the postmaster")
        #expect(reply.description == "550 5.1.1 no such user ask the postmaster")
    }

    @Test(arguments: ["2.0.0 but the code says no", "5.1 user unknown", "5.1.1234 x", "5.1.1x no", "Version 5.1.1", ""])
    func `what only looks like an enhanced code stays text`(line: String) {
        let reply = Reply(code: 550, lines: [line])
        #expect(reply.enhanced == nil)
        #expect(reply.text == line)
    }

    /// The long way is what it is compared with.
    @Test(
        arguments: [
            "", " ", "2", "2.", "2.0", "2.0.", "2.0.0", "2.0.0 Ok: queued as 4Xy1Zz2abc", "2.0.0  two blanks ", "2.1.5x Ok", "2.1234.5 Ok",
            "2..5 Ok", "2.1.5\tOk", "3.1.5 Ok", "5.1.1 no such user", "4.2.2 full", "Ok", "  Ok  ", "2.6.0 caffè", "2.6.0 a\u{1B}[31mb",
            "9.1.1 x", "2.0.0.0 x", String(repeating: "x", count: 511), String(repeating: "x", count: 512),
            String(repeating: "x", count: 600),
        ])
    func `one line is read in one pass as it is read with others`(line: String) {
        for code in [250, 354, 451, 550] {
            var text = line
            let quick = text.withUTF8 { Reply(code: code, line: $0) }
            #expect(quick == Reply(code: code, lines: [line]))
        }
    }

    @Test func `control characters and marks that change direction never reach a terminal`() {
        let reply = Reply(code: 550, lines: ["no\u{1B}[31m \u{202E}\u{2028}user\u{0}"])
        #expect(reply.text == "no [31m   user")
    }

    @Test func `a long text is cut between characters`() {
        let reply = Reply(code: 250, lines: [String(repeating: "é", count: 1000), "more"])
        #expect(reply.text == String(repeating: "é", count: 256))
        let odd = Reply(code: 250, lines: ["a" + String(repeating: "é", count: 1000)])
        #expect(odd.text.utf8.count == 511)
    }

    @Test(arguments: [
        ("Ok: queued as 4Xy1Zz2abc", "4Xy1Zz2abc"),
        ("OK id=1tAbCd-000000-XY", "1tAbCd-000000-XY"),
        ("2f3a81bc Message accepted for delivery", "2f3a81bc"),
        ("<abc@host.example> [InternalId=1] Queued mail for delivery", "abc@host.example"),
        ("Ok 0102018b-1234-5678", "0102018b-1234-5678"),
        ("Ok", nil), ("kept", nil), ("Ok, thanks 42", nil), ("Message accepted for delivery", nil), ("", nil),
    ])
    func `the relay's queue ID is found in its words`(text: String, id: String?) {
        #expect(QueueID.find(in: text) == id)
    }
}
