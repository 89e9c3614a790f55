import Mail
import Model
import Testing

@Suite struct BodyTests {
    private static func encoded(_ text: String) -> String {
        var out: [UInt8] = []
        QuotedPrintable.encode(Array(text.utf8), into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private static func lines(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    @Test(arguments: Samples.bodies.indices)
    func `every line is short, ends in CRLF and not in a blank`(index: Int) {
        let body = Samples.bodies[index]
        let lines = Self.lines(Self.encoded(body))
        for (index, line) in lines.enumerated() {
            #expect(line.hasSuffix("\r") || index == lines.count - 1)
            let content = line.hasSuffix("\r") ? String(line.unicodeScalars.dropLast()) : line
            #expect(content.utf8.count <= 76)
            #expect(content.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x09 })
            #expect(content.last != " " && content.last != "\t")
            #expect(!content.hasPrefix("From "))
        }
    }

    @Test(arguments: Samples.bodies.indices)
    func `a soft break splits no escape and no character`(index: Int) throws {
        let body = Samples.bodies[index]
        let lines = Self.lines(Self.encoded(body)).map { $0.hasSuffix("\r") ? String($0.unicodeScalars.dropLast()) : $0 }
        for line in lines {
            let content = line.hasSuffix("=") ? String(line.dropLast()) : line
            let alone = MessageReader(Array("Content-Transfer-Encoding: quoted-printable\r\n\r\n\(content)".utf8))
            let bytes = try #require(alone.parts.first).body
            #expect(String(validating: bytes, as: UTF8.self) != nil)
            #expect(!content.suffix(2).contains("=") || content.suffix(3).first == "=")
        }
    }

    @Test(arguments: [
        ("caffè = ok", "caff=C3=A8 =3D ok"), ("a \nb\t\n", "a=20\r\nb=09\r\n"), ("a\rb", "a=0Db"), ("From x", "=46rom x"),
        ("Fromx", "Fromx"),
        ("a\r\n.\r\n", "a\r\n.\r\n"), ("", ""), (String(repeating: "a", count: 76), String(repeating: "a", count: 76)),
        (String(repeating: "a", count: 77), String(repeating: "a", count: 75) + "=\r\naa"),
        (String(repeating: "a", count: 74) + "è", String(repeating: "a", count: 74) + "=\r\n=C3=A8"),
        (String(repeating: "a", count: 75) + " ", String(repeating: "a", count: 75) + "=\r\n=20"),
        (String(repeating: "a", count: 75) + "From ", String(repeating: "a", count: 75) + "=\r\n=46rom=20"),
    ])
    func `is encoded as`(text: String, expected: String) {
        #expect(Self.encoded(text) == expected)
    }

    @Test func `bytes that are no UTF-8 come through too`() throws {
        let body: [UInt8] = [0xFF, 0xC3, 0x41, 0xF0, 0x9F, 0x80, 0x0A, 0xE2, 0x82] + Array(repeating: 0xBF, count: 200)
        var message = try Samples.message(html: "<p>")
        message.text = body
        #expect(
            MessageReader(Samples.bytes(message)).text?.body
                == [0xFF, 0xC3, 0x41, 0xF0, 0x9F, 0x80, 0x0D, 0x0A, 0xE2, 0x82] + Array(repeating: 0xBF, count: 200))
    }

    @Test func `a whole message`() throws {
        let message = try Samples.message(
            subject: "È primavera", name: "Ada", text: "Ciao Ada\n", html: "<p style=\"x\">Ciao Ada</p>\n",
            headers: MailHeader.listUnsubscribe(web: "https://example.com/u/x", mail: nil))
        #expect(
            String(decoding: Samples.bytes(message), as: UTF8.self)
                == """
                From: Ada <news@example.com>
                Reply-To: Ada <hello@example.com>
                To: Ada <ada@example.org>
                Subject: =?UTF-8?B?w4g=?= primavera
                Date: Mon, 02 Nov 2026 09:30:00 +0000
                Message-ID: <abc123@example.com>
                List-Unsubscribe: <https://example.com/u/x>
                List-Unsubscribe-Post: List-Unsubscribe=One-Click
                MIME-Version: 1.0
                Content-Type: multipart/alternative;
                 boundary="=_boundary"

                --=_boundary
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                Ciao Ada

                --=_boundary
                Content-Type: text/html; charset=utf-8
                Content-Transfer-Encoding: quoted-printable

                <p style=3D"x">Ciao Ada</p>

                --=_boundary--

                """.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"))
    }

    @Test func `a message is appended to what the buffer holds, the same bytes each time`() throws {
        let message = try Samples.message(subject: "è", html: "<p>è</p>")
        var out: [UInt8] = [1, 2, 3]
        message.write(into: &out)
        #expect(Array(out.dropFirst(3)) == Samples.bytes(message))
        #expect(Array(out.prefix(3)) == [1, 2, 3])
    }
}
