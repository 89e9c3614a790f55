import Foundation
import Mail
import Model
import Testing

/// Every message of the tables, read by Python's `email` with `policy.default`: no defect, and all values come back.
@Suite(.enabled(if: Python.path != nil, "python3 is not installed"))
struct PythonReadsMailTests {
    private struct Case {
        var message: MailMessage
        var expected: JSONObject
    }

    /// Reads each message and says how what it found differs from what was expected.
    private static let program = """
        import base64, email, email.header, email.policy, email.utils, json, sys
        problems = []
        for number, case in enumerate(json.load(open(sys.argv[1]))):
            raw = base64.b64decode(case["raw"])
            if case["utf8"]:
                message = email.message_from_string(raw.decode("utf-8").replace("\\r\\n", "\\n"), policy=email.policy.default)
            else:
                raw.decode("ascii")
                message = email.message_from_bytes(raw, policy=email.policy.default)
            old = email.message_from_string(raw.decode("utf-8"))
            found = {"headers": [name for name in message.keys()]}
            defects = list(message.defects)
            for name in message.keys():
                defects += message[name].defects
            for name in ("From", "Reply-To", "To"):
                # Before Python 3.13 policy.default leaves the blank between two encoded words of a name: names are
                # read in the older way, addresses in both.
                unfolded = old[name].replace("\\n", "").replace("\\r", "")
                names = [str(email.header.make_header(email.header.decode_header(n))) for n, _ in email.utils.getaddresses([unfolded])]
                boxes = message[name].addresses
                found[name] = [[name, box.addr_spec] for name, box in zip(names, boxes, strict=True)]
            for name in ("Subject", "Message-ID", "Date", "List-Unsubscribe", "List-Id", "Feedback-ID", "X-Note"):
                if message[name] is not None:
                    found[name] = str(message[name])
            parts = list(message.walk())
            for part in parts:
                defects += part.defects
                for name in part.keys():
                    defects += part[name].defects
            bodies = [p for p in parts if not p.is_multipart()]
            found["types"] = [p.get_content_type() for p in parts]
            found["bodies"] = [p.get_payload(decode=True).decode(p.get_content_charset()) for p in bodies]
            for key, value in case["expected"].items():
                if found.get(key) != value:
                    problems.append(f"case {number}: {key} is {found.get(key)!r:.300}, not {value!r:.300}")
            for defect in defects:
                # Python's way to say that the message needs SMTPUTF8.
                if not (case["utf8"] and type(defect).__name__ == "NonASCIILocalPartDefect"):
                    problems.append(f"case {number}: {type(defect).__name__}: {defect} {raw[:1200]!r}")
        print(json.dumps(problems))
        """

    private func check(_ cases: [Case]) throws {
        let input = JSONValue.list(
            cases.map { item in
                .object([
                    "raw": .text(Base64.encoded(Samples.bytes(item.message))), "utf8": .bool(item.message.needsSMTPUTF8),
                    "expected": .object(item.expected),
                ])
            })
        #expect(try Python.run(Self.program, input) == .list([]))
    }

    private static func mailbox(_ name: JSONValue, _ address: JSONValue) -> JSONValue { .list([.list([name, address])]) }

    private static let names: [JSONValue] = [
        "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    ]

    @Test func `any subject and any name come back as they were`() throws {
        try check(
            Samples.texts.map { text in
                let shown = JSONValue.text(Samples.shown(text))
                return Case(
                    message: try Samples.message(subject: text, name: text),
                    expected: [
                        "Subject": shown, "headers": .list(Self.names),
                        "From": Self.mailbox(shown, "news@example.com"), "Reply-To": Self.mailbox(shown, "hello@example.com"),
                        "To": Self.mailbox(shown, "ada@example.org"),
                        "Message-ID": "<abc123@example.com>", "Date": "Mon, 02 Nov 2026 09:30:00 +0000",
                    ])
            })
    }

    @Test func `any body comes back as it was, alone`() throws {
        try check(
            Samples.bodies.map { body in
                let shown = Samples.body(body)
                let end = shown.isEmpty || shown.utf8.last == UInt8(ascii: "\n") ? "" : "\r\n"
                return Case(
                    message: try Samples.message(text: body),
                    expected: ["types": .list(["text/plain"]), "bodies": .list([.text(shown + end)]), "headers": .list(Self.names)])
            })
    }

    @Test func `any body comes back as it was, beside another`() throws {
        try check(
            Samples.bodies.enumerated().map { index, body in
                let other = Samples.bodies[(index * 7 + 3) % Samples.bodies.count]
                return Case(
                    message: try Samples.message(text: body, html: other),
                    expected: [
                        "types": .list(["multipart/alternative", "text/plain", "text/html"]),
                        "bodies": .list([.text(Samples.body(body)), .text(Samples.body(other))]),
                        "headers": .list(Self.names.dropLast()),
                    ])
            })
    }

    @Test func `list headers come back as they were`() throws {
        let url = "https://news.example.com/u/" + String(repeating: "AbC-_", count: 30)
        var cases: [Case] = []
        for text in Samples.texts {
            let headers =
                MailHeader.listUnsubscribe(web: url, mail: "mailto:u@example.com?subject=\(text)") + [
                    MailHeader.listID(title: text, topic: "newsletter", domain: "example.com"),
                    MailHeader.feedbackID(campaign: text, topic: "newsletter", stream: text, sender: "pitwall"),
                    try MailHeader("X-Note", text: text),
                ]
            cases.append(
                Case(
                    message: try Samples.message(headers: headers),
                    expected: [
                        "X-Note": .text(Samples.shown(text)),
                        "headers": .list(
                            Self.names.prefix(6) + [
                                "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "X-Note",
                            ] + Self.names.dropFirst(6)),
                    ]))
        }
        try check(cases)
    }

    @Test func `an address outside ASCII comes back as it was`() throws {
        try check([
            Case(
                message: try Samples.message(name: "Δοκιμή", to: "δοκιμή@παράδειγμα.ελ"),
                expected: ["To": Self.mailbox("Δοκιμή", .text("δοκιμή@\(try EmailAddress("a@παράδειγμα.ελ").asciiDomain)"))]),
            Case(message: try Samples.message(to: "ada@bücher.example"), expected: ["To": Self.mailbox("", "ada@xn--bcher-kva.example")]),
        ])
    }
}
