import Foundation
import Mail
import Model
import Signing
import Testing

/// Every odd message that there is, signed here and verified by programs that were not written here.
@Suite struct DKIMVerifiersTests {
    private static let date = Instant(milliseconds: 1_793_611_800_000)

    private struct House {
        var signer: DKIMSigner
        var records: [String: String]

        init(_ algorithms: [DKIMKey.Algorithm] = [.rsa, .ed25519], unsigned: Set<String> = []) throws {
            var identities: [DKIMSigner.Identity] = []
            records = [:]
            for (index, algorithm) in algorithms.enumerated() {
                let key = try DKIMKey.generate(algorithm)
                identities.append(DKIMSigner.Identity(domain: "example.com", selector: "s\(index)", key: key, unsigned: unsigned))
                records[DKIMRecord.name(domain: "example.com", selector: "s\(index)")] = DKIMRecord.value(of: key)
            }
            signer = try DKIMSigner(identities)
        }

        func signed(_ message: [UInt8]) throws -> [UInt8] { try signer.fields(for: message, date: date) + message }
    }

    private static let plainHeaders =
        "From: Pitwall <news@example.com>\r\nTo: ada@example.org\r\nSubject: Hello\r\nDate: Mon, 02 Nov 2026 09:30:00 +0000\r\nMessage-ID: <x@example.com>\r\n"

    static let bodies: [[UInt8]] = {
        let texts = [
            "", "\r\n", "\r\n\r\n\r\n", " \r\n", " \t \r\n\t\r\n", "a\r\n", "a\r\n\r\n\r\n", "a \t\r\n b  c\td \r\n", "\r\n\r\na\r\n",
            ".\r\n", ".\r\n..\r\n.a\r\n",
            "\tstarts with a tab\r\n", "   starts with blanks\r\n", "ends in blanks   \r\n", "ends in a tab\t\r\n \t \r\n",
            "a\r\n \r\n\t\r\n\r\n", "caffè ☕️ città\r\n",
            "From here\r\nFrom: there\r\n", String(repeating: "x", count: 998) + "\r\n", String(repeating: "x", count: 20_000) + "\r\n",
            String(repeating: "word \t ", count: 2000) + "\r\n", String(repeating: "\r\n", count: 200) + "end\r\n",
            "end\r\n" + String(repeating: " \r\n", count: 200),
            "DKIM-Signature: v=1\r\n", "=3D=20\r\n=\r\n", "--=_x\r\nContent-Type: text/plain\r\n\r\n--=_x--\r\n",
            "a\u{A0}b\u{85}c\u{2028}d\r\n", "\u{1}\u{B}\u{C}\u{7F}\r\n",
        ]
        let latin: [UInt8] = Array("caff".utf8) + [0xE8, 0x20, 0x20, 0xFF, 0x80, 0x0D, 0x0A]
        return texts.map { Array($0.utf8) } + [latin]
    }()

    static let headers: [String] = [
        "From: a@example.com\r\n", "From: a@example.com\r\nSubject:\r\n", "From: a@example.com\r\nSubject: \t \r\n",
        "from:  a@example.com  \r\nSUBJECT:\tx\t\r\n",
        "From: \"A\"\r\n\t<a@example.com>\r\nSubject: a\r\n b\r\n\tc\r\n   d\r\nTo: x@example.org,\r\n y@example.org\r\n",
        "From: a@example.com\r\nTo: one@example.org\r\nTo: two@example.org\r\nCc: c@example.org\r\nSubject: one\r\nX: 1\r\nSubject: two\r\nList-Id: <a>\r\nList-Id: <b>\r\n",
        "X-First: 1\r\nFrom: a@example.com\r\nReply-To: b@example.com\r\nSubject: =?UTF-8?Q?=C3=A8?=\r\n =?UTF-8?Q?=C3=A8?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nList-Unsubscribe: <https://x.example/u>,\r\n <mailto:u@example.com>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFeedback-ID: a:b:c:d\r\n",
        "From: a@example.com\r\nSubject: \(String(repeating: "x", count: 900))\r\n",
        "From: a@example.com\r\nSubject: colon: in: it; and=equals\r\n",
    ]

    private static let raw: [[UInt8]] =
        bodies.map { Array((plainHeaders + "\r\n").utf8) + $0 } + headers.map { Array(($0 + "\r\nbody\r\n").utf8) }

    /// As pitwall writes them.
    private static func written() throws -> [[UInt8]] {
        let parts = SharedParts(
            [
                Mail.Attachment(path: "a/Preise für März.pdf", content: [UInt8](repeating: 7, count: 5000)),
                Mail.Attachment(path: "logo.png", content: [1, 2, 3], role: .picture(contentID: "logo@pitwall")),
            ], boundary: "plan")
        return try ["È primavera", "", String(repeating: "long ", count: 100)].flatMap { subject in
            try [nil, parts].map { parts in
                let message = MailMessage(
                    from: Mailbox(name: "Söhne", address: try EmailAddress("news@example.com")),
                    to: Mailbox(name: "", address: try EmailAddress("ada@example.org")), subject: subject, date: date,
                    messageID: "x@example.com",
                    headers: MailHeader.listUnsubscribe(web: "https://x.example/u/\(String(repeating: "Ab", count: 60))", mail: nil),
                    text: Array("Ciao \n\n\n".utf8), html: Array("<p>Ciao \t\n</p>\n\n".utf8), boundary: "b", parts: parts)
                var bytes: [UInt8] = []
                message.write(into: &bytes)
                return bytes
            }
        }
    }

    @Test(.enabled(if: Verifiers.hasDkimpy, "\(Verifiers.noDkimpy)"))
    func `dkimpy finds both signatures of every message good`() throws {
        let house = try House()
        let messages = try (Self.raw + Self.written()).map { try house.signed($0) }
        for (message, verdict) in zip(messages, try Verifiers.dkimpy(messages, records: house.records)) {
            #expect(verdict == "++", "\(String(decoding: message.suffix(300), as: UTF8.self).debugDescription)")
        }
    }

    @Test(.enabled(if: Verifiers.hasOpenDKIM, "\(Verifiers.noOpenDKIM)"), arguments: DKIMKey.Algorithm.allCases)
    func `OpenDKIM finds every message's signature good`(algorithm: DKIMKey.Algorithm) throws {
        // It stops at the first good signature, so that each kind has to come first once.
        let house = try House(algorithm == .rsa ? [.rsa] : [.ed25519, .rsa])
        let messages = try (Self.raw + Self.written()).map { try house.signed($0) }
        for (message, verdict) in zip(messages, try Verifiers.openDKIM(messages, records: house.records)) {
            #expect(verdict == "+", "\(verdict) \(String(decoding: message.suffix(300), as: UTF8.self).debugDescription)")
        }
    }

    @Test(.enabled(if: Verifiers.hasDkimpy, "\(Verifiers.noDkimpy)"))
    func `whatever is changed on the way breaks both signatures, and a blank does not`() throws {
        let house = try House()
        let good = String(decoding: try house.signed(Array((Self.plainHeaders + "\r\nBuy  this.\r\n").utf8)), as: UTF8.self)
        let changed = [
            good, good.replacing("Buy  this.", with: "Buy this. \t"), good.replacing("Subject: Hello", with: "subject:\tHello  "),
            good + "\r\n\r\n",
            good.replacing("To: ada", with: "X-New: 1\r\nTo: ada"),
            good.replacing("Buy", with: "Sell"), good.replacing("Hello", with: "Hallo"), good.replacing("ada@", with: "eve@"),
            "From: Evil <evil@example.net>\r\n" + good, "Subject: Evil\r\n" + good, "To: eve@example.org\r\n" + good,
            "Reply-To: evil@example.net\r\n" + good, good.replacing("09:30:00", with: "09:30:01"), good.replacing("<x@", with: "<y@"),
        ]
        let verdicts = try Verifiers.dkimpy(changed.map { Array($0.utf8) }, records: house.records)
        for (index, verdict) in verdicts.enumerated() {
            #expect(index < 5 ? verdict == "++" : !verdict.contains("+"), "\(index): \(verdict)")
        }
    }

    @Test(.enabled(if: Verifiers.hasDkimpy, "\(Verifiers.noDkimpy)"))
    func `a relay may write anew what is left out`() throws {
        let message = Array((Self.plainHeaders + "\r\nHello.\r\n").utf8)
        let house = try House([.rsa], unsigned: ["date", "message-id"])
        let relayed = String(decoding: try house.signed(message), as: UTF8.self).replacing("09:30:00", with: "10:00:00").replacing(
            "<x@", with: "<relay@")
        #expect(try Verifiers.dkimpy([Array(relayed.utf8)], records: house.records) == ["+"])
        let strict = try House([.rsa])
        let broken = String(decoding: try strict.signed(message), as: UTF8.self).replacing("09:30:00", with: "10:00:00")
        #expect(try Verifiers.dkimpy([Array(broken.utf8)], records: strict.records) == ["-"])
    }
}
