import Diagnostics
import Foundation
import Liquid
import Testing

/// What templates cost to parse, and to read as the checks do. Figures: PITWALL_FIGURES=1.
@Suite struct EffortTests {
    /// In seconds of this thread, the least of three times.
    private func time(_ work: () throws -> Void) rethrows -> Double {
        var least = Double.infinity
        for _ in 0..<3 {
            let start = clock()
            try work()
            least = min(least, clock() - start)
        }
        return least
    }

    private func clock() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private static func assigns(_ count: Int) -> String {
        (0..<count).map { "{% if p.a\($0) == p.b or p.c %}{% assign n = p.a\($0) %}{% endif %}{{ n }}\n" }.joined()
    }

    private static func captures(_ count: Int) -> String {
        "{% capture n %}{{ p.a }}{% endcapture %}"
            + (0..<count).map { "{% capture n %}{{ n }}{{ n }}{{ p.a\($0) }}{% endcapture %}" }.joined() + "{{ n }}"
    }

    private static let loops =
        (0..<12).map { "{% for i\($0) in p.a\($0) %}{% assign n\($0) = n\(($0 + 11) % 12) %}{% assign n0 = p.b\($0) %}" }.joined()
        + "{{ n3 }}" + String(repeating: "{% endfor %}", count: 12)

    @Test(
        arguments: [
            ("conditional assigns", assigns(1000), [:]),
            ("captures in captures", captures(1000), [:]),
            ("loops that change names", loops, [:]),
            (
                "choices within choices",
                (0..<45).map { "{% if p.a\($0) or p.b\($0) %}" }.joined()
                    + String(repeating: "{{ p.x | append: p.y }}", count: 1000)
                    + String(repeating: "{% else %}{{ p.y }}{% endif %}", count: 45), [:]
            ),
            (
                "partials that render others twice", "{% render 'p0', n: p.a %}",
                Dictionary(
                    uniqueKeysWithValues: (0..<20).map {
                        ("p\($0)", "{% if n %}{{ n }}{% render 'p\($0 + 1)', n: n %}{% render 'p\($0 + 1)', n: n %}{% endif %}")
                    } + [("p20", "{{ n }}")])
            ),
        ] as [(String, String, [String: String])])
    func `a reading ends soon`(name: String, text: String, partials: [String: String]) throws {
        let template = try parse(text, partials: partials)
        var gaps = 0
        let seconds = time { gaps = template.reading().gaps.count }
        if ProcessInfo.processInfo.environment["PITWALL_FIGURES"] != nil { print(name, text.utf8.count, Int(seconds * 1e6), "µs") }
        #expect(gaps > 0)
        // 50 ms where it is optimised.
        #expect(seconds < 1, "\(name)")
    }

    @Test func `the gaps of a thousand conditional assigns are all told`() throws {
        let gaps = try parse(Self.assigns(1000)).reading().gaps
        let lacking = Set(gaps.filter { gap in gap.when.mayHold { $0 == gap.path ? .nothing : .any } }.map(\.path))
        // A name remembers so many; each of them was written out behind its own assign.
        #expect(lacking.count > 20)
        #expect(lacking.allSatisfy { $0.first == "p" || $0 == ["n"] })
    }

    @Test func `what a capture holds and a later one repeats is one`() throws {
        let template = try parse(Self.captures(40))
        let output = try #require(template.reading().outputs.last)
        #expect(output.paths.count == 41)
        #expect(template.reading().gaps.count == 41)
    }

    @Test(arguments: [
        "{% if p.a == p.b or p.c %}{% assign n = p.d | upcase | default: 'x' %}{{ n }}{% endif %}\n",
        "<p>Dear {{ contact.first_name | default: 'reader' }}, <b>{{ p.title }}</b></p>\n",
        "{% capture n %}{{ n }}{{ p.a }}{% endcapture %}{{ n }}\n", "plain words ",
    ])
    func `parsing eight times as much takes about eight times as long`(line: String) throws {
        let once = String(repeating: line, count: 500)
        let less = try time { _ = try parse(once) }
        let more = try time { _ = try parse(String(repeating: once, count: 8)) }
        if ProcessInfo.processInfo.environment["PITWALL_FIGURES"] != nil {
            print("parse", line.utf8.count * 4000, Int(more * 1e9) / (line.utf8.count * 4000), "ns a byte")
        }
        #expect(more < 24 * less + 0.001)
    }

    @Test func `every use of a filter of the host is known without a reading, each with what is written out`() throws {
        let filter = HostFilter("t", arguments: 0...1) { _, _, _ in .null }
        let partials = ["p": "{{ 'c' | t }}"]
        let text =
            "{% if x %}{{ 'a' | t }}{% endif %}{% for i in y %}{{ i | t: 1 }}{{ 'b' | upcase | t }}{% endfor %}"
            + "{% render 'p' %}{% render 'p' %}"
        let uses = try parse(text, partials: partials, filters: [filter]).filterUses
        #expect(uses.map(\.input?.text) == ["a", nil, nil, "c"])
        #expect(uses.map(\.source.name) == ["test.md", "test.md", "test.md", "p"])
        #expect(uses[1].arguments.map { $0?.text } == ["1"])
    }
}
