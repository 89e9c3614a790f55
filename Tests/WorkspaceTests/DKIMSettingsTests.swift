import Diagnostics
import Testing
import Workspace

@Suite struct DKIMSettingsTests {
    private static func settings(_ text: String) throws -> Settings {
        try Settings(reading: SourceText(name: "pitwall.yaml", bytes: Array(text.utf8)))
    }

    @Test func `keys are read with what they leave out`() throws {
        let dkim = try Self.settings(
            """
            dkim:
              - {domain: Example.com, selector: s1, key_file: secrets/a.pem}
              - domain: example.com
                selector: 2026-11.news
                key_file: /etc/keys/b.pem
                leave_out: [date, message-id]
            """
        ).dkim
        #expect(dkim.keys.map(\.domain) == ["example.com", "example.com"])
        #expect(dkim.keys.map(\.selector) == ["s1", "2026-11.news"])
        #expect(dkim.keys.map(\.keyFile) == ["secrets/a.pem", "/etc/keys/b.pem"])
        #expect(dkim.keys.map(\.leaveOut) == [[], ["date", "message-id"]])
        #expect(!dkim.relaySigns)
    }

    @Test func `the relay can be said to sign`() throws {
        #expect(try Self.settings("dkim: relay\n").dkim.relaySigns)
        #expect(try Self.settings("title: x\n").dkim == DKIMSettings())
    }

    @Test(arguments: [
        (
            "dkim: [{domian: example.com, selector: s1, key_file: k}]", "1:9: error: unknown key \"domian\" in dkim",
            "did you mean \"domain\"?"
        ),
        ("dkim: [{domain: example.com, key_file: k}]", "1:8: error: a DKIM key needs a selector", "for example"),
        ("dkim: [{domain: nowhere, selector: s1, key_file: k}]", "1:17: error: expected a domain such as example.com, not \"nowhere\"", ""),
        ("dkim: [{domain: example.com, selector: s 1, key_file: k}]", "1:40: error: expected a selector such as s1, not \"s 1\"", ""),
        (
            "dkim: [{domain: example.com, selector: s1, key_file: k, leave_out: [dates]}]",
            "1:69: error: expected date or message-id, not \"dates\"", "did you mean \"date\"?"
        ),
        (
            "dkim:\n  - {domain: example.com, selector: s1, key_file: a}\n  - {domain: EXAMPLE.com, selector: s1, key_file: b}\n",
            "3:5: error: example.com has two keys under the selector \"s1\"", "each key has its own selector"
        ),
        ("dkim: yes\n", "1:7: error: dkim must be a list of keys, or relay", "- {domain:"),
        ("dkim: [s1]\n", "1:8: error: dkim must be a mapping", ""),
    ])
    func `a mistake is shown where it is`(text: String, expected: String, hint: String) throws {
        let error = #expect(throws: DiagnosticList.self) { _ = try Self.settings(text) }
        let shown = error?.items.map { $0.description }.joined(separator: "\n") ?? ""
        #expect(shown.contains("pitwall.yaml:\(expected)"), "\(shown)")
        #expect(hint.isEmpty || shown.contains(hint), "\(shown)")
    }

    @Test(arguments: [
        ("example.com", ["a", "b"]), ("EXAMPLE.com", ["a", "b"]), ("news.example.com", ["c"]), ("x.news.example.com", ["c"]),
        ("shop.example.com", ["a", "b"]), ("example.org", []), ("com", []), ("notexample.com", []), ("", []),
    ])
    func `mail is signed by its own domain, else by the nearest above it`(domain: String, expected: [String]) throws {
        let dkim = try Self.settings(
            """
            dkim:
              - {domain: example.com, selector: a, key_file: k}
              - {domain: news.example.com, selector: c, key_file: k}
              - {domain: example.com, selector: b, key_file: k}
            """
        ).dkim
        #expect(dkim.aligned(with: domain).map(\.selector) == expected)
    }
}
