import Foundation
import Mail
import Model
import Testing

@Suite struct SharedPartsTests {
    private static func bytes(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(seed)) }
    }

    private static let pdf = Mail.Attachment(path: "docs/price-list.pdf", content: bytes(1000))
    private static let logo = Mail.Attachment(
        path: "Images/logo.png", content: bytes(300), role: .picture(contentID: "Images_2Flogo.png@pitwall"))
    private static let invitation = Attachment(
        path: "talk.ics", content: Array("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n".utf8),
        role: .invitation(method: "REQUEST"))

    private static func message(_ parts: SharedParts?, html: String? = "<p>Ciao</p>\n") throws -> MailMessage {
        var message = try Samples.message(text: "Ciao\n", html: html)
        message.parts = parts
        return message
    }

    /// What Python finds in a message: every part's type, disposition, file name, Content-ID and content, and every defect.
    private static let program = """
        import base64, email, email.policy, json, sys
        raw = base64.b64decode(json.load(open(sys.argv[1])))
        message = email.message_from_bytes(raw, policy=email.policy.default)
        def text(value): return None if value is None else str(value)
        found = []
        for depth, part in [(0, message)] + [(1, p) for p in message.walk() if p is not message]:
            defects = [str(d) for d in part.defects] + [str(d) for h in part.values() for d in h.defects]
            content = None if part.is_multipart() else base64.b64encode(part.get_payload(decode=True)).decode()
            found.append({"type": part.get_content_type(), "disposition": text(part.get_content_disposition()), "name": part.get_filename(),
                "id": text(part["Content-ID"]), "method": text(part.get_param("method")), "content": content, "defects": defects})
        longest = max(len(line) for line in raw.split(b"\\r\\n"))
        print(json.dumps({"parts": found, "longest": longest, "bare": raw.count(b"\\n") - raw.count(b"\\r\\n"),
            "attachments": [a.get_filename() for a in message.iter_attachments()] if message.is_multipart() else [],
            "body": message.get_body(("html", "plain")).get_content_type()}))
        """

    private static func examine(_ message: MailMessage) throws -> JSONValue {
        try Python.run(program, .text(Base64.encoded(Samples.bytes(message))))
    }

    private static func parts(_ examined: JSONValue) -> [JSONObject] {
        if case .list(let parts) = examined.object?["parts"] { parts.compactMap { $0.object } } else { [] }
    }

    @Test(arguments: [
        ([pdf], ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"]),
        ([logo], ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]),
        (
            [logo, pdf],
            ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "application/pdf"]
        ),
        (
            [invitation],
            ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"]
        ),
        (
            [pdf, logo, invitation],
            [
                "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "text/calendar",
                "application/pdf", "application/ics",
            ]
        ),
    ])
    func `a reader of mail finds every part in its place, and nothing wrong`(files: [Mail.Attachment], types: [String]) throws {
        let parts = try #require(SharedParts(files, boundary: "plan"))
        let examined = try Self.examine(try Self.message(parts))
        let found = Self.parts(examined)
        #expect(found.map { $0["type"]?.text } == types)
        #expect(found.allSatisfy { $0["defects"] == JSONValue.list([]) })
        #expect(examined.object?["body"]?.text == "text/html")
        #expect(examined.object?["bare"] == .integer(0))
        if case .integer(let longest) = examined.object?["longest"] { #expect(longest <= 78) } else { Issue.record("no length") }
        for file in files {
            let content = Base64.encoded(file.content)
            #expect(found.contains { $0["name"]?.text == file.name && $0["content"]?.text == content })
        }
        if files.contains(Self.logo) {
            let picture = try #require(found.first { $0["type"]?.text == "image/png" })
            #expect(picture["id"]?.text == "<Images_2Flogo.png@pitwall>")
            #expect(picture["disposition"]?.text == "inline")
        }
        if files.contains(Self.invitation) {
            #expect(found.first { $0["type"]?.text == "text/calendar" }?["method"]?.text == "REQUEST")
            #expect(found.first { $0["type"]?.text == "application/ics" }?["disposition"]?.text == "attachment")
        }
    }

    @Test func `a message without a page carries the same`() throws {
        let parts = try #require(SharedParts([Self.pdf, Self.logo, Self.invitation], boundary: "plan"))
        let found = Self.parts(try Self.examine(try Self.message(parts, html: nil)))
        #expect(
            found.map { $0["type"]?.text } == [
                "multipart/mixed", "multipart/alternative", "multipart/related", "text/plain", "image/png", "text/calendar",
                "application/pdf",
                "application/ics",
            ])
        #expect(found.allSatisfy { $0["defects"] == JSONValue.list([]) })
    }

    @Test(arguments: [
        "plain.pdf", "with blank.pdf", "Preise für März 2026.pdf", "日本語のとても長いファイル名です、それでも読めるはずです、本当に.pdf", "quote\"s and back\\slash.pdf",
        "it's 100%.pdf", "\(String(repeating: "long-", count: 50)).pdf", "\(String(repeating: "è", count: 100)).pdf",
        "semi;colon=equals.pdf",
        "👨‍👩‍👧‍👦.pdf", "*.pdf", "a\r\nBcc: x@example.org.pdf", "no ending", ".hidden", "=?UTF-8?Q?fake?=.pdf",
    ])
    func `any file name comes back as it was`(name: String) throws {
        let parts = try #require(SharedParts([Mail.Attachment(path: "folder/\(name)", content: [1, 2, 3])], boundary: "plan"))
        let examined = try Self.examine(try Self.message(parts))
        let found = Self.parts(examined)
        #expect(found.last?["name"]?.text == Samples.shown(name))
        #expect(found.allSatisfy { $0["defects"] == JSONValue.list([]) }, "\(found)")
        #expect(examined.object?["attachments"] == JSONValue.list([.text(Samples.shown(name))]))
        if case .integer(let longest) = examined.object?["longest"] { #expect(longest <= 78) } else { Issue.record("no length") }
    }

    @Test(arguments: [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 10_000])
    func `content of any length comes back as it was, in lines of 76`(count: Int) throws {
        let content = Self.bytes(count, seed: 9)
        let parts = try #require(SharedParts([Mail.Attachment(path: "x.bin", content: content)], boundary: "plan"))
        let examined = try Self.examine(try Self.message(parts))
        #expect(Self.parts(examined).last?["content"]?.text == Base64.encoded(content))
        #expect(parts.size <= SharedParts.size(of: [Mail.Attachment(path: "x.bin", content: content)]) + 400)
    }

    @Test func `all messages share one tail, and none of its lines starts with a dot`() throws {
        let parts = try #require(SharedParts([Self.pdf, Self.logo], boundary: "plan"))
        let one = try Self.message(parts)
        var head: [UInt8] = []
        one.writeHead(into: &head)
        #expect(head + Array(parts.tail.bytes) == Samples.bytes(one))
        #expect(head.suffix(2) == [0x0D, 0x0A])
        #expect(try Self.message(parts).parts?.tail === parts.tail)
        #expect(!String(decoding: parts.tail.bytes, as: UTF8.self).contains("\r\n."))
        #expect(parts.tail.bytes.suffix(2).elementsEqual([0x0D, 0x0A]))
        #expect(SharedParts([], boundary: "plan") == nil)
    }

    // MARK: - Calendars

    @Test(
        arguments: [
            ("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n", "REQUEST"),
            ("begin:vcalendar\nversion:2.0\nmethod:cancel\n", "CANCEL"),
            ("BEGIN:VCALENDAR\r\nMETH\r\n OD;X=1:REP\r\n LY\r\n", "REPLY"),
            ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nMETHOD:REQUEST\r\n", nil),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", nil), ("\u{FEFF}BEGIN:VCALENDAR\nMETHOD:PUBLISH\n", "PUBLISH"),
        ] as [(String, String?)])
    func `an invitation's method is the calendar's own`(text: String, method: String?) throws {
        let file = try CalendarFile(Array(text.utf8))
        #expect(file.method == method)
        let lines = file.content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(lines.count > 2 && lines.dropLast().allSatisfy { $0.last == UInt8(ascii: "\r") && $0.count { $0 == 0x0D } == 1 })
    }

    @Test(arguments: [
        ([UInt8]("hello".utf8), CalendarFile.Problem.notCalendar), ([], .notCalendar), ([UInt8]("BEGIN:VEVENT\n".utf8), .notCalendar),
        ([0x42, 0xFF], .notUTF8), ([UInt8]("BEGIN:VCALENDAR\nMETHOD:A B\n".utf8), .badMethod),
        ([UInt8]("BEGIN:VCALENDAR\nMETHOD:\n".utf8), .badMethod),
        ([UInt8]("BEGIN:VCALENDAR\nMETHOD:X\";Y=\n".utf8), .badMethod),
    ])
    func `what is no calendar is told`(bytes: [UInt8], problem: CalendarFile.Problem) {
        #expect(throws: problem) { try CalendarFile(bytes) }
    }

    @Test(arguments: [
        ("a.PDF", "application/pdf"), ("a.b.jpeg", "image/jpeg"), ("a", "application/octet-stream"), ("a.xyz", "application/octet-stream"),
    ])
    func `a file's type is told by its ending`(name: String, type: String) {
        #expect(Attachment.mediaType(of: name) == type)
    }
}
