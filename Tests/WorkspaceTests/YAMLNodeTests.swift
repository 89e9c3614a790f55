import Diagnostics
import Model
import Testing
import Workspace

private func parse(_ text: String) throws -> YAMLNode? {
    try YAMLNode.parse(SourceText(name: "x.yaml", text: text))
}

/// The first headline and hint of what is wrong with a text.
func complaint(_ read: () throws -> Void) -> String {
    do {
        try read()
        return "nothing is wrong"
    } catch let list as DiagnosticList {
        return list.items.map { $0.headline + ($0.hint.map { " [\($0)]" } ?? "") }.joined(separator: "\n")
    } catch {
        return "\(error)"
    }
}

@Suite struct YAMLNodeTests {
    @Test func `a scalar stays the text that was written`() throws {
        let node = try parse("a: 08:00\nb: no\nc: 1e3\nd: 2026-12-01\ne: ~\nf: 0x10\n")
        let members = try #require(node?.members)
        #expect(members.map(\.value.text) == ["08:00", "no", "1e3", "2026-12-01", "~", "0x10"])
    }

    @Test func `data keeps canonical numbers and truth values, and everything quoted as text`() throws {
        let node = try parse("{n: 12.5, i: -3, zip: 00184, q: \"7\", yes: true, no: no, list: [1, a], deep: {x: false}}")
        #expect(
            node?.json
                == .object([
                    "n": .real(12.5), "i": -3, "zip": "00184", "q": "7", "yes": true, "no": "no", "list": .list([1, "a"]),
                    "deep": .object(["x": false]),
                ]))
    }

    @Test(arguments: [
        ("title: x", 7, 8), ("\u{FEFF}title: x", 10, 11), ("à: 1\r\ntitle: ciao", 14, 18), ("a: 1\rtitle: \"q\\\"z\"", 12, 18),
        ("#\u{2028}title: 'a'", 11, 14),
    ])
    func `spans are offsets in the file, whatever ends its lines`(text: String, start: Int, end: Int) throws {
        let members = try #require(try parse(text)?.members)
        #expect(members.last?.value.span == Span(start, end))
    }

    @Test(arguments: [
        ("a: &x 1\nb: *x", "x.yaml:1:4: error: anchors and aliases are not accepted [write the value out]"),
        ("a: *x", "x.yaml:1:4: error: aliases are not accepted [write the value out]"),
        ("a: !!int 1", "x.yaml:1:4: error: YAML tags are not accepted [a text that starts with ! goes between quotes]"),
        ("a: 1\nb: 2\na: 3", "x.yaml:1:1: error: the key \"a\" is there more than once"),
        ("a: 1\n---\nb: 2", "x.yaml:2:1: error: a second YAML document starts here [keep one, without the --- line]"),
        ("s: {{ contact.name }}", "x.yaml:1:5: error: a key must be text [put a value that starts with {{ between quotes]"),
        (
            "a: b: c",
            "x.yaml:1:5: error: not valid YAML: mapping values are not allowed in this context [put a value that holds \": \" between quotes]"
        ),
        (
            "a:\n\tb: c",
            "x.yaml:2:1: error: not valid YAML: found character that cannot start any token [indent with spaces, and put a value that starts with a special character between quotes]"
        ),
    ])
    func `what settings do not need is refused with its place`(text: String, expected: String) {
        #expect(complaint { _ = try parse(text) } == expected)
    }

    @Test func `bytes that are not UTF-8 are pointed at`() {
        let source = SourceText(name: "x.yaml", bytes: Array("a: b\nc: ".utf8) + [0xE8, 0x0A])
        #expect(complaint { _ = try YAMLNode.parse(source) }.hasPrefix("x.yaml:2:4: error: this is not UTF-8"))
    }

    @Test(arguments: [
        String(repeating: "[", count: 900), String(repeating: "- ", count: 900) + "x", String(repeating: "{a: ", count: 500),
        String(repeating: "[", count: 60) + String(repeating: "]", count: 60), "\u{0}", "a: \u{7}", "\"\\ud800\"", "%YAML 9.9\n---\na",
        "? [a, b]\n: c", ": a", "--- >\n x\n...\n# end", "'", "|\n",
    ])
    func `odd and hostile texts end in an answer`(text: String) {
        _ = complaint { _ = try parse(text) }
    }

    @Test func `a bomb of aliases is refused before it goes off`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            text += "a\(level): &a\(level) {? [\(Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", "))] : 1}\n"
        }
        #expect(complaint { _ = try parse(text) }.contains("aliases are not accepted"))
    }

    @Test(arguments: ["", "# nothing\n", "\n\n", "---\n"])
    func `a file without content is no node`(text: String) throws {
        #expect(try parse(text)?.kind == nil)
    }
}

extension YAMLNode {
    fileprivate var members: [Member]? {
        if case .mapping(let members) = content { members } else { nil }
    }
}
