import Foundation
import Testing

@testable import Inbox

@Suite struct OutboxTests {
    private let letter = """
        From: Pitwall <news@example.com>\r
        To: Ada <ada@example.com>\r
        Subject: =?utf-8?Q?Caff=C3=A8_<script>alert(1)</script>?=\r
        MIME-Version: 1.0\r
        Content-Type: multipart/alternative; boundary="b"\r
        \r
        --b\r
        Content-Type: text/plain; charset=utf-8\r
        \r
        Hello & <welcome>\r
        --b\r
        Content-Type: text/html; charset=utf-8\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        <p title=3D"x">Hello</p>"><script>alert(2)</script>\r
        --b--\r

        """

    private func message(_ number: Int, to recipient: String, _ text: String) -> ReceivedMessage {
        ReceivedMessage(
            number: number, connection: 1, sender: "", recipients: [recipient], internationalised: false, content: Array(text.utf8))
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test func `a message is kept to the byte and shown, and nothing in it becomes markup`() async throws {
        try await withFolder { folder in
            let outbox = try Outbox(folder: folder)
            try outbox.keep(message(1, to: "ada@example.com", letter))
            await outbox.finish()
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
                    "000001-ada@example.com.eml", "000001-ada@example.com.html", "index.html",
                ])
            #expect(try read(folder + "/000001-ada@example.com.eml") == letter)
            let index = try read(folder + "/index.html")
            #expect(index.contains("Caffè &lt;script&gt;alert(1)&lt;/script&gt;"))
            #expect(index.contains("href=\"000001-ada@example.com.html\""))
            let page = try read(folder + "/000001-ada@example.com.html")
            #expect(page.contains("&lt;p title=&quot;x&quot;&gt;Hello&lt;/p&gt;&quot;&gt;&lt;script&gt;"))
            #expect(page.contains("<pre class=\"text\">Hello &amp; &lt;welcome&gt;"))
            #expect(!(index + page).contains("<script"))
        }
    }

    @Test(arguments: [
        ("a/b@example.com", "000007-a%2Fb@example.com"), ("../../etc/x@example.com", "000007-..%2F..%2Fetc%2Fx@example.com"),
        ("a%2Fb@example.com", "000007-a%252Fb@example.com"), ("à@example.com", "000007-à@example.com"),
        ("a\u{1}b@c.it", "000007-a%01b@c.it"),
    ])
    func `a file's name holds the recipient and leads nowhere else`(recipient: String, name: String) {
        #expect(OutboxEntry.name(7, recipient) == name)
    }

    @Test func `a file's name fits a file system`() {
        #expect(OutboxEntry.name(7, String(repeating: "é/", count: 300)).utf8.count <= 200)
    }

    @Test func `a folder that holds messages goes on after them and lists them`() async throws {
        try await withFolder { folder in
            let first = try Outbox(folder: folder)
            try first.keep(message(1, to: "a/b@example.com", letter))
            try first.keep(message(2, to: "c@example.com", letter))
            await first.finish()
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/notes.eml"))
            let second = try Outbox(folder: folder)
            #expect(second.firstFreeNumber == 3)
            let index = try read(folder + "/index.html")
            #expect(index.contains("2 messages."))
            #expect(index.contains("000001-a%252Fb@example.com.html"))
        }
    }

    @Test func `a folder that cannot be made is an error with a hint`() throws {
        #expect { _ = try Outbox(folder: "/proc/nowhere") } throws: { ($0 as? InboxError)?.code == .cannotKeep }
    }

    @Test func `what can't be kept is answered with 452`() async throws {
        try await withFolder { folder in
            try await withInbox(InboxSettings(outbox: folder)) { inbox, collector in
                let client = try Client(port: inbox.port)
                try client.greet()
                #expect(try client.deliver("x").hasPrefix("250"))
                try FileManager.default.removeItem(atPath: folder)
                #expect(try client.deliver("x").hasPrefix("452 4.3.1"))
                #expect(collector.messages.count == 1)
            }
        }
    }
}
