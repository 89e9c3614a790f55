import Diagnostics
import Testing

@Suite struct DiagnosticTests {
    @Test func `a mistake is shown with its line, a caret and the nearest name`() {
        let source = SourceText(
            name: "Segments/pricing.segment", text: "---\ntitle: x\n---\ndid a\nand did not purchse in last 7 days\n")
        let start = 4 + 9 + 4 + 6 + 12
        let shown = Diagnostic(
            "no event \"purchse\" has ever been recorded", in: source, at: Span(start, start + 7),
            hint: suggestion(for: "purchse", among: ["page_viewed", "purchase"])
        ).description
        #expect(
            shown == """
                Segments/pricing.segment:5:13: error: no event "purchse" has ever been recorded
                5 | and did not purchse in last 7 days
                  |             ^~~~~~~ did you mean "purchase"?
                """)
    }

    @Test(arguments: [
        ("- {name: a, username: u, password: geheim, url: x}", "- {name: a, username: u, password: ••••••, url: x}"),
        ("password: 'a b, c' # old", "password: '••••••' # old"),
        ("  url: \"smtp://news:gehe:im@mail.example.com:587\"", "  url: \"smtp://news:•••••••@mail.example.com:587\""),
        ("{password: \"\", url: x}", "{password: \"\", url: x}"), ("token = geheim", "token = ••••••"),
        ("Password:geheim", "Password:••••••"),
        ("password_file: secrets/relay", "password_file: secrets/relay"), ("compass: north", "compass: north"),
        ("url: smtp://mail.example.com:587", "url: smtp://mail.example.com:587"),
        ("see https://example.com/a:b@c", "see https://example.com/a:b@c"),
    ])
    func `a secret where none belongs is not shown`(line: String, shown: String) {
        let source = SourceText(name: "pitwall.yaml", text: line + "\n")
        #expect(Diagnostic("odd", in: source, at: Span(2, 4)).description.contains("1 | \(shown)\n"))
    }

    @Test func `columns count characters, not bytes`() {
        let source = SourceText(name: "x", text: "città = \"Forlì\" oops")
        let offset = Array("città = \"Forlì\" ".utf8).count
        #expect(source.location(of: offset) == Location(line: 1, column: 17))
    }

    @Test(arguments: [-5, 0, 3, 4, 5, 999])
    func `any offset has a location, in any bytes`(offset: Int) {
        let source = SourceText(name: "x", bytes: [0xFF, 0x0A, 0x00, 0xC3])
        let shown = Diagnostic("odd", in: source, at: Span(offset, offset + 50)).description
        #expect(shown.hasPrefix("x:"))
        #expect(shown.contains("^"))
    }

    @Test func `a very long line is cut around the place`() throws {
        let source = SourceText(name: "x", text: String(repeating: "a", count: 5000) + "!" + String(repeating: "b", count: 5000))
        let lines = Diagnostic("here", in: source, at: Span(5000, 5001)).description.split(separator: "\n").map { Array($0) }
        let caret = try #require(lines[2].firstIndex(of: "^"))
        try #require(lines[1].count < 130 && caret < lines[1].count)
        #expect(lines[1][caret] == "!")
    }

    @Test func `on a narrow terminal nothing is wider, carets stay below their place, and a hint that does not fit stands below`() throws {
        let text = "did page_viewed where (path = \"/pricing\" and not path starts with \"/x\") and did purchse in last 300 days"
        let source = SourceText(name: "Segments/pricing.segment", text: text)
        let start = try #require(text.utf8.firstRange(of: "purchse".utf8)).lowerBound.utf16Offset(in: text)
        let mistake = Diagnostic(
            .warning, "each \"purchse\" is kept since 2026-05-31 only: older ones do not count here", in: source,
            at: Span(start, start + 7), hint: "ask for a shorter time, or keep them longer: retention in pitwall.yaml")
        let lines = mistake.description(columns: 60).split(separator: "\n").map { Array($0) }
        #expect(lines.allSatisfy { $0.count <= 60 })
        #expect(lines.map { String($0.prefix(40)) }.first == "Segments/pricing.segment:1:81: warning: ")
        let caret = try #require(lines.firstIndex { $0.contains("^") })
        let column = try #require(lines[caret].firstIndex(of: "^"))
        #expect(String(lines[caret - 1][column...].prefix(7)) == "purchse")
        #expect(String(lines[caret]).hasSuffix("^~~~~~~"))
        let below = lines[(caret + 1)...].map { String($0) }
        #expect(below == ["  | ask for a shorter time, or keep them longer: retention", "  | in pitwall.yaml"])
        #expect(mistake.description(columns: 300) == mistake.description)
    }

    @Test(arguments: [
        ("", 5, [""]), ("a b", 5, ["a b"]), ("ab cd ef", 5, ["ab cd", "ef"]), ("abcdefgh ij", 5, ["abcdefgh", "ij"]),
        ("ab  cd", 6, ["ab  cd"]), ("città è bella", 7, ["città è", "bella"]),
    ])
    func `text is broken at blanks`(text: String, width: Int, lines: [String]) {
        #expect(Wrapping.lines(of: text, width: width) == lines)
    }

    @Test(arguments: [
        ("purchse", "purchase"), ("upcsae", "upcase"), ("EMIAL", "email"), ("zzz", nil), ("cty", "city"), ("", nil),
    ])
    func `only a near name is suggested`(written: String, expected: String?) {
        #expect(nearest(written, among: ["purchase", "upcase", "email", "city", "country"]) == expected)
    }
}
