import Model
import Testing

@Suite struct EmailAddressTests {
    @Test(arguments: [
        ("ada@example.org", "ada@example.org"), ("Ada.Lovelace+news@Example.ORG", "Ada.Lovelace+news@example.org"),
        ("o'neill@example.ie", "o'neill@example.ie"), ("!#$%&'*+/=?^_`{|}~-@example.org", "!#$%&'*+/=?^_`{|}~-@example.org"),
        ("a@b.c", "a@b.c"), ("ada@localhost", "ada@localhost"), ("1@2.example", "1@2.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"), ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"), ("ada@faß.de", "ada@xn--fa-hia.de"),
        ("δοκιμή@παράδειγμα.ελ", "δοκιμή@xn--hxajbheg2az3al.xn--qxam"), ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        ("ada@例子。广告", "ada@xn--fsqu00a.xn--4rr70v"), ("ada@a-b.c--d.example", "ada@a-b.c--d.example"),
    ])
    func `is accepted, and goes on the wire as`(text: String, wire: String) throws {
        let address = try EmailAddress(text)
        #expect(address.wire == wire)
        #expect(address.needsSMTPUTF8 == !address.local.utf8.allSatisfy { $0 < 0x80 })
        // What goes on the wire is the same address again.
        #expect(try EmailAddress(address.wire) == address)
        #expect(try EmailAddress(address.description).key == address.key)
    }

    @Test(
        arguments: [
            ("", .empty), ("ada", .noAt), ("@example.org", .emptyLocal), ("ada@", .badDomain), ("@", .emptyLocal),
            ("ada@@example.org", .badLocal),
            ("ada lovelace@example.org", .badLocal), (" ada@example.org", .badLocal), ("ada@example.org ", .badDomain),
            ("ada@exam ple.org", .badDomain), ("ada@-example.org", .badDomain), ("ada@example-.org", .badDomain),
            ("ada@example..org", .badDomain), ("ada@.example.org", .badDomain), ("ada@example.org.", .badDomain),
            ("ada@exam_ple.org", .badDomain),
            ("ada@example", .noTopLevel), ("ada@127.0.0.1", .literal), ("ada@[127.0.0.1]", .literal), ("ada@example.123", .literal),
            (".ada@example.org", .dots), ("ada.@example.org", .dots), ("a..b@example.org", .dots), ("\"ada\"@example.org", .quotedLocal),
            ("\"a b\"@example.org", .quotedLocal), ("(c)ada@example.org", .badLocal), ("ada@example.org(c)", .badDomain),
            ("<ada@example.org>", .badLocal), ("a@b.example,c@d.example", .badLocal), ("a@b.example;c@d.example", .badLocal),
            (String(repeating: "a", count: 65) + "@example.org", .longLocal),
            ("ada@" + String(repeating: "a", count: 64) + ".org", .badDomain),
            ("ada@" + String(repeating: "abcdefghi.", count: 25) + "org", .long),
            ("ada@" + String(repeating: "a.", count: 2000) + "org", .badDomain),
            ("ada@xn--\u{E9}.example", .badDomain), ("ada@\u{1F600}\u{200D}.example", .badDomain),
        ] as [(String, EmailAddress.Problem)])
    func `is refused, and why`(text: String, problem: EmailAddress.Problem) {
        #expect(throws: problem) { try EmailAddress(text) }
    }

    /// What is accepted stands in SMTP commands and in headers as it is, so nothing here may be.
    @Test(arguments: [
        "\r", "\n", "\r\n", "\0", "\t", " ", "\u{85}", "\u{2028}", "\u{2029}", "\u{200B}", "\u{202E}", "\u{2066}", "\u{FEFF}", "\u{FFFD}",
        "\u{AD}",
        "<", ">", "(", ")", "[", "]", ",", ";", ":", "\\", "\"", "\u{1B}", "\u{7F}", "\u{A0}", "\u{3000}", "\u{E000}", "\u{E0041}",
    ])
    func `nothing that could start another recipient or header gets in`(intruder: String) {
        for text in [
            "a\(intruder)b@example.org", "\(intruder)a@example.org", "a\(intruder)@example.org", "a@\(intruder)example.org",
            "a@example.org\(intruder)", "a@example.org\(intruder)RCPT TO:<b@example.org>", "è\(intruder)b@example.org",
        ] {
            guard let address = try? EmailAddress(text) else { continue }
            // A domain is mapped by IDNA, which drops some invisible characters: gone is as good as refused.
            #expect(!address.wire.contains(intruder))
            #expect(address.wire.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F })
        }
        #expect((try? EmailAddress("a\(intruder)b@example.org")) == nil)
    }

    @Test(arguments: ["xn--a.example", "xn--i-7iq.ws", "a.xn--3e0b707e-fake-.example", "xn--80ak6aa92e--x.example"])
    func `a domain that could not be registered is shown as it was written`(domain: String) throws {
        guard let address = try? EmailAddress("ada@\(domain)") else { return }
        #expect(address.domain == domain)
        #expect(address.asciiDomain == domain)
    }

    @Test func `two spellings of one mailbox have one key`() throws {
        #expect(try EmailAddress("Ada@Example.org").key == EmailAddress("ada@example.ORG").key)
        #expect(try EmailAddress("ada@BÜCHER.example").key == EmailAddress("ada@xn--bcher-kva.example").key)
        #expect(try EmailAddress("ada@a.example").key != EmailAddress("ada@b.example").key)
        // Swift takes both for the same text; a database, and a server, compare the bytes.
        let parts = try EmailAddress("Ju\u{308}rgen@example.org")
        #expect(Array(parts.key.utf8) == Array("j\u{FC}rgen@example.org".utf8))
        #expect(Array(parts.wire.utf8) == Array("J\u{FC}rgen@example.org".utf8))
    }

    @Test func `what may stand in a log does not name the mailbox`() throws {
        #expect(try EmailAddress("lovelace@example.org").redacted == "l…@example.org")
    }
}

@Suite struct MailboxTests {
    @Test(arguments: [
        ("ada@example.org", ""), ("<ada@example.org>", ""), ("Ada <ada@example.org>", "Ada"),
        ("  Ada  Lovelace   <ada@example.org>  ", "Ada  Lovelace"),
        ("\"Lovelace, Ada\" <ada@example.org>", "Lovelace, Ada"), ("\"Ada \\\"the first\\\"\" <ada@example.org>", "Ada \"the first\""),
        ("\"back\\\\slash\" <ada@example.org>", "back\\slash"), ("Zoë 🎉 <ada@example.org>", "Zoë 🎉"), ("\"\" <ada@example.org>", ""),
        ("\" <ada@example.org>", "\""), ("Ada<ada@example.org>", "Ada"),
    ])
    func `a name beside an address is read`(text: String, name: String) throws {
        #expect(try Mailbox(text) == Mailbox(name: name, address: EmailAddress("ada@example.org")))
    }

    @Test(arguments: [
        "", " ", "Ada", "Ada <>", "Ada <ada>", "Ada <ada@example.org", "ada@example.org>", "<<ada@example.org>>", "Ada ada@example.org",
    ])
    func `what has no address is refused`(text: String) {
        #expect(throws: EmailAddress.Problem.self) { try Mailbox(text) }
    }
}
