import Mail
import Model
import Testing

@Suite struct MessageReaderTests {
    @Test(arguments: Samples.texts.indices)
    func `headers come back as they were`(index: Int) throws {
        let text = Samples.texts[index]
        let message = try Samples.message(subject: text, headers: [try MailHeader("X-Note", text: text)])
        let read = MessageReader(Samples.bytes(message))
        #expect(read.header("subject") == Samples.shown(text))
        #expect(read.header("X-NOTE") == Samples.shown(text))
        #expect(read.header("Message-ID") == "<abc123@example.com>")
        #expect(read.header("X-None") == nil)
    }

    @Test(arguments: Samples.bodies.indices)
    func `both parts come back as they were`(index: Int) throws {
        let body = Samples.bodies[index]
        let read = MessageReader(Samples.bytes(try Samples.message(text: body, html: body)))
        #expect(read.parts.map(\.type) == ["text/plain", "text/html"])
        #expect(read.text?.text == Samples.body(body))
        #expect(read.html?.text == Samples.body(body))
    }

    @Test(arguments: [
        ("=?iso-8859-1?q?caff=E8?=", "caffè"), ("=?UTF-8?B?w6g=?= =?UTF-8?B?w6g=?=", "èè"), ("=?UTF-8?B?ww==?=\r\n =?UTF-8?B?qA==?=", "è"),
        ("a =?UTF-8?Q?b?= c", "a b c"), ("=?UTF-8?Q?a?= b =?UTF-8?Q?c?=", "a b c"), ("=?UTF-8?X?a?=", "=?UTF-8?X?a?="), ("=?", "=?"),
        ("=?a", "=?a"), ("=?a?", "=?a?"), ("=?a?q", "=?a?q"), ("=?a?q?", "=?a?q?"), ("=?a?q?b", "=?a?q?b"), ("=?a?q?b?", "=?a?q?b?"),
        ("==?=?", "==?=?"),
    ])
    func `encoded words of any sender are read`(value: String, expected: String) {
        #expect(MessageReader(Array("Subject: \(value)\r\n\r\n".utf8)).header("subject") == expected)
    }

    @Test func `LF line ends, nested parts, a preamble and no closing delimiter are read`() {
        let text = """
            Subject: x
            Content-Type: multipart/mixed; boundary=outer

            preamble
            --outer
            Content-Type: Multipart/Alternative; boundary="in;ner"

            --in;ner
            Content-Type: text/plain; charset=iso-8859-1
            Content-Transfer-Encoding: Base64

            Y2FmZug=
            --in;ner
            Content-Type: text/html

            <p>
            --in;ner--
            --outer
            Content-Type: application/pdf

            %PDF
            """
        let read = MessageReader(Array(text.utf8))
        #expect(read.parts.map(\.type) == ["text/plain", "text/html", "application/pdf"])
        #expect(read.text?.text == "caffè")
        #expect(read.html?.text == "<p>")
        #expect(read.parts.last?.text == "%PDF")
    }

    @Test(arguments: [
        "", "\r\n", ":", "\n\n\n", " folded first\r\n", "Content-Type: multipart/mixed; boundary=\"\r\n\r\nx", "no colon\r\n\r\nbody",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--",
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n=", "Content-Transfer-Encoding: quoted-printable\r\n\r\n=4",
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n=\r", "Content-Type: ;;;=;\r\n\r\n", "Subject: =?=?=?=?=?\r\n",
    ])
    func `anything is read as something`(text: String) {
        let bytes = Array(text.utf8)
        for end in 0...bytes.count { #expect(MessageReader(Array(bytes.prefix(end))).parts.count <= 1) }
    }

    @Test func `endless nesting and endless parts are cut`() {
        let nested = String(repeating: "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", count: 5000)
        let many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + String(repeating: "--b\r\n\r\nx\r\n", count: 5000)
        #expect(MessageReader(Array(nested.utf8)).parts.count <= 100)
        #expect(MessageReader(Array(many.utf8)).parts.count <= 100)
    }
}
