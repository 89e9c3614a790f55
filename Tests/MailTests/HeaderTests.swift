import Mail
import Model
import Testing

@Suite struct HeaderTests {
    private static func lines(_ message: MailMessage) -> [String] {
        let text = String(decoding: Samples.bytes(message), as: UTF8.self)
        let head = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        return head.prefix { $0 != "\r" }.map { String($0.unicodeScalars.dropLast()) }
    }

    private static func header(_ name: String, _ message: MailMessage) -> String? {
        let all = lines(message)
        guard let start = all.firstIndex(where: { $0.hasPrefix("\(name):") }) else { return nil }
        return ([all[start]] + all[(start + 1)...].prefix { $0.hasPrefix(" ") }).joined(separator: "\n")
    }

    @Test(arguments: Samples.texts.indices)
    func `no value adds a header, a recipient or a line that is too long`(index: Int) throws {
        let text = Samples.texts[index]
        let message = try Samples.message(
            subject: text, name: text,
            headers: [
                try MailHeader("X-Note", text: text), try MailHeader("X-Tokens", structured: text),
                MailHeader.listID(title: text, topic: text, domain: "example.com"),
                MailHeader.feedbackID(campaign: text, topic: text, stream: text, sender: text),
            ] + MailHeader.listUnsubscribe(web: "https://example.com/\(text)", mail: text))
        let lines = Self.lines(message)
        for line in lines {
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
            #expect(!line.allSatisfy { $0 == " " })
            #expect(line.utf8.count <= 998)
            // Only one word that has no place to fold may be longer.
            #expect(line.utf8.count <= 78 || line.filter { $0 == " " }.count == 1, "\(line)")
        }
        let names = lines.filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
        #expect(
            names.filter { $0 != "List-Unsubscribe" } == [
                "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "X-Note", "X-Tokens", "List-Id", "Feedback-ID",
                "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
            ])
        #expect(lines.filter { !$0.hasPrefix(" ") }.count == names.count)
    }

    @Test func `a Message-ID and a boundary that hold anything stay where they are`() throws {
        var message = try Samples.message(html: "<p>")
        message.messageID = "a\r\nBcc: x@example.org> <\0é@example.com"
        message.boundary = "b\"\r\n--\r\nX: y; é"
        #expect(Self.header("Message-ID", message) == "Message-ID: <aBcc:x@example.org@example.com>")
        #expect(Self.lines(message).suffix(2) == ["Content-Type: multipart/alternative;", " boundary=\"=_b--Xy\""])
    }

    @Test(arguments: [
        ("Spring is here", "Subject: Spring is here"),
        ("", "Subject: "),
        ("È primavera", "Subject: =?UTF-8?B?w4g=?= primavera"),
        ("La città è bella, vieni", "Subject: La =?UTF-8?B?Y2l0dMOgIMOo?= bella, vieni"),
        ("春", "Subject: =?UTF-8?B?5pil?="),
        ("a=?b", "Subject: =?UTF-8?Q?a=3D=3Fb?="),
        ("a\r\nBcc: x", "Subject: a Bcc: x"),
        ("a\u{202E}b\u{2028}c", "Subject: ab c"),
        (
            "Three things that are worth a look before the month of November comes to its end",
            "Subject: Three things that are worth a look before the month of November comes\n to its end"
        ),
    ])
    func `a subject is written as`(subject: String, line: String) throws {
        #expect(Self.header("Subject", try Samples.message(subject: subject)) == line)
    }

    @Test func `each character stays, becomes a space or goes`() {
        for value: UInt32 in 0...0xFFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let expected =
                switch value {
                case 0...0x20, 0x7F...0x9F, 0x2028, 0x2029: "a b"
                case 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: "ab"
                default: "a\(scalar)b"
                }
            #expect(String(decoding: headerText("a\(scalar)b"), as: UTF8.self) == expected, "U+\(String(value, radix: 16))")
        }
        #expect(String(decoding: headerText("é\u{2028}“é”"), as: UTF8.self) == "é “é”")
    }

    @Test(arguments: [
        ("Pitwall", "Pitwall"), ("Ada Lovelace", "Ada Lovelace"), ("Lovelace, Ada", "\"Lovelace, Ada\""),
        ("Ada \"the first\"", "\"Ada \\\"the first\\\"\""), ("a\\", "\"a\\\\\""), ("x@y", "\"x@y\""),
        ("Zoë", "=?UTF-8?Q?Zo=C3=AB?="), ("O'Neill & Söhne GmbH", "O'Neill & =?UTF-8?B?U8O2aG5l?= GmbH"),
        ("=?UTF-8?Q?a?=", "=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?="),
    ])
    func `a name is quoted or encoded where it must be`(name: String, written: String) throws {
        #expect(Self.header("To", try Samples.message(name: name)) == "To: \(written) <ada@example.org>")
    }

    @Test func `without a name the address stands alone`() throws {
        #expect(Self.header("To", try Samples.message()) == "To: ada@example.org")
    }

    @Test(arguments: Samples.texts.indices)
    func `encoded words are at most 75 long and end where a character ends`(index: Int) throws {
        let text = Samples.texts[index]
        let lines = Self.lines(try Samples.message(subject: text, name: text))
        for word in lines.flatMap({ $0.split(separator: " ") }) where word.hasPrefix("=?") {
            #expect(word.utf8.count <= 75)
            // Read alone, without its neighbours: half a character would come out as U+FFFD.
            let alone = MessageReader(Array("Subject: \(word)\r\n\r\n".utf8)).header("subject") ?? ""
            #expect(!alone.isEmpty)
            #expect(!alone.unicodeScalars.contains("\u{FFFD}"))
        }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (1_793_611_800_999, "Mon, 02 Nov 2026 09:30:00 +0000"),
        (951_782_399_000, "Mon, 28 Feb 2000 23:59:59 +0000"), (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (-1, "Wed, 31 Dec 1969 23:59:59 +0000"), (Int64.max, "Fri, 31 Dec 9999 00:00:00 +0000"),
        (Int64.min, "Mon, 01 Jan 1900 00:00:00 +0000"),
    ])
    func `a date is written in UTC`(milliseconds: Int64, written: String) throws {
        var message = try Samples.message()
        message.date = Instant(milliseconds: milliseconds)
        #expect(Self.header("Date", message) == "Date: \(written)")
    }

    @Test func `list headers are written as mailbox providers read them`() throws {
        let message = try Samples.message(
            headers: MailHeader.listUnsubscribe(web: "https://news.example.com/u/AbC_-9", mail: "mailto:u@example.com?subject=a b") + [
                MailHeader.listID(title: "The newsletter, weekly", topic: "News letter", domain: "news.example.com"),
                MailHeader.feedbackID(campaign: "spring launch", topic: "newsletter", stream: "marketing:x", sender: "pitwall"),
            ])
        #expect(
            Self.header("List-Unsubscribe", message)
                == "List-Unsubscribe: <https://news.example.com/u/AbC_-9>,\n <mailto:u@example.com?subject=a%20b>")
        #expect(Self.header("List-Unsubscribe-Post", message) == "List-Unsubscribe-Post: List-Unsubscribe=One-Click")
        #expect(Self.header("List-Id", message) == "List-Id: \"The newsletter, weekly\" <news-letter.news.example.com>")
        #expect(Self.header("Feedback-ID", message) == "Feedback-ID: spring-launch:newsletter:marketing-x:pitwall")
    }

    @Test(arguments: [nil, "http://127.0.0.1:8080/u/x"] as [String?])
    func `one-click is promised only where an https page takes it`(web: String?) throws {
        let headers = MailHeader.listUnsubscribe(web: web, mail: "mailto:u@example.com")
        #expect(headers.map(\.name) == ["List-Unsubscribe"])
        #expect(MailHeader.listUnsubscribe(web: nil, mail: nil).isEmpty)
    }

    @Test(arguments: ["", "X Y", "X:Y", "X\r\nBcc", "é", "X\0", String(repeating: "x", count: 61)])
    func `a bad header name is refused`(name: String) {
        #expect(throws: MailHeader.Problem.badName) { try MailHeader(name, text: "x") }
        #expect(throws: MailHeader.Problem.badName) { try MailHeader(name, structured: "x") }
    }

    @Test(arguments: ["To", "bcc", "CC", "Subject", "Content-Type", "DKIM-Signature", "Resent-To", "date"])
    func `a header that the message writes itself is refused`(name: String) {
        #expect(throws: MailHeader.Problem.reserved) { try MailHeader(name, text: "x") }
    }

    @Test func `only a message to an address outside ASCII needs SMTPUTF8`() throws {
        #expect(try Samples.message(to: "δοκιμή@example.org").needsSMTPUTF8)
        #expect(try !Samples.message(subject: "è", name: "è", to: "ada@bücher.example").needsSMTPUTF8)
    }
}
