import Diagnostics
import Foundation
import Liquid
import Testing

/// Which values a template misses, and of whom: see ``Gap``.
@Suite struct GapTests {
    /// States of `a` to `d` by letters: `-` nothing, `_` the empty text, `f` false, `x` something. What is not named is there.
    private struct Person {
        let states: String

        var data: Object {
            var members: [(String, Value)] = []
            for (name, state) in zip(["a", "b", "c", "d"], states.padding(to: 4)) {
                switch state {
                case "-": continue
                case "_": members.append((name, ""))
                case "f": members.append((name, false))
                default: members.append((name, "x"))
                }
            }
            return ["p": .object(Object(members))]
        }

        func state(of path: [String]) -> DataState {
            guard path.count == 2, path[0] == "p", let place = ["a", "b", "c", "d"].firstIndex(of: path[1]) else { return .any }
            switch Array(states.padding(to: 4))[place] {
            case "-": return .nothing
            case "_": return .emptyText
            case "f": return .no
            default: return .something
            }
        }
    }

    private func gaps(_ template: Template, _ states: String) -> [String] {
        let person = Person(states: states)
        return template.reading().gaps.filter { $0.when.mayHold(person.state) }.map { $0.path.dropFirst().joined(separator: ".") }
    }

    private static let partials = [
        "card": "{{ title }}", "kind": "{{ title | default: 'x' }}", "asks": "{% if title %}{{ title }}{% endif %}",
        "deep": "{% render 'card', title: t %}",
        "own": "{{ p.a }}", "sets": "{% assign n = p.a %}",
    ]

    /// Templates, people, and what each of them misses.
    @Test(
        arguments: [
            ("{{ p.a }}", ["x": "", "-": "a", "_": "a", "f": ""]),
            ("{{ p.a | upcase }}{{ p.b }}", ["xx": "", "--": "a b", "-x": "a", "x_": "b"]),
            // Defaults
            ("{{ p.a | default: 'x' }}", ["-": "", "_": ""]),
            ("{{ p.a | upcase | default: 'there' }}", ["-": "", "_": ""]),
            ("{{ p.a | default: 'x' | upcase }}", ["-": ""]),
            ("{{ p.a | date: '%d' | default: 'soon' }}", ["-": ""]),
            ("{{ p.a | default: p.b }}", ["--": "b", "-x": "", "x-": "", "f-": "b"]),
            ("{{ p.a | default: p.b | default: 'x' }}", ["--": ""]),
            ("{{ p.a | default: p.b, allow_false: true }}", ["f-": "", "--": "b"]),
            ("{{ p.a | plus: 1 | default: 5 }}", ["-": "a", "x": ""]),
            ("{{ 'Hello ' | append: p.a | default: 'x' }}", ["-": "a", "x": ""]),
            ("{{ p.a | append: p.b | default: 'x' }}", ["--": "", "-x": "a", "x-": "b", "xx": ""]),
            ("{{ p.a | default: '' }}", ["-": ""]),
            // Conditions
            ("{% if p.a %}{{ p.a }}{% endif %}", ["-": "", "_": "a", "x": ""]),
            ("{% if p.a != blank %}{{ p.a }}{% endif %}", ["-": "", "_": "", "x": ""]),
            ("{% if p.a != nil %}{{ p.a }}{% endif %}", ["-": "", "_": "a"]),
            ("{% if p.a != '' %}{{ p.a }}{% endif %}", ["-": "a", "_": ""]),
            ("{% if p.a == blank %}x{% else %}{{ p.a }}{% endif %}", ["-": "", "_": ""]),
            ("{% if p.a == nil %}{{ p.b }}{% endif %}", ["--": "b", "x-": "", "-x": ""]),
            ("{% unless p.a %}{{ p.b }}{% endunless %}", ["--": "b", "x-": "", "f-": "b"]),
            ("{% unless p.a %}x{% else %}{{ p.a }}{% endunless %}", ["-": "", "x": ""]),
            ("{% if p.a or p.b %}{{ p.a }}{% endif %}", ["--": "", "-x": "a", "x-": ""]),
            ("{% if p.a and p.b %}{{ p.a }}{{ p.b }}{% endif %}", ["--": "", "-x": "", "x-": ""]),
            ("{% if p.a and p.b or p.c %}{{ p.c }}{% endif %}", ["xx-": "c", "x--": "", "-x-": ""]),
            ("{% if p.a %}{{ p.a }}{% elsif p.b %}{{ p.b }}{% else %}{{ p.c }}{% endif %}", ["---": "c", "x--": "", "-x-": ""]),
            ("{% if p.a == 'x' %}{{ p.a }}{{ p.b }}{% endif %}", ["--": "", "x-": "b"]),
            ("{% if p.a != 'pro' %}{{ p.a }}{% endif %}", ["-": "a", "x": ""]),
            ("{% if p.a contains 'x' %}{{ p.a }}{% endif %}{% if p.b > 1 %}{{ p.b }}{% endif %}", ["--": ""]),
            ("{% if p.a == p.b %}{{ p.a }}{% endif %}", ["--": "a", "-x": "", "xx": ""]),
            (
                "{% case p.a %}{% when nil %}{{ p.b }}{% when 'x' %}{{ p.a }}{% else %}{{ p.a }}{{ p.c }}{% endcase %}",
                ["---": "b", "x--": "c"]
            ),
            ("{% if p.a == false %}{{ p.b }}{% endif %}", ["f-": "b", "--": "", "x-": ""]),
            (
                "{% assign n = p.a %}{% case n %}{% when nil %}{% assign n = 'x' %}{% when 'x' %}{% assign n = p.b %}{% endcase %}{{ n }}",
                ["--": "b", "-x": ""]
            ),
            // Names
            ("{% assign n = p.a %}", ["-": ""]),
            ("{% assign n = p.a %}{{ n }}", ["-": "a"]),
            ("{% assign n = p.a | default: 'x' %}{{ n }}", ["-": ""]),
            ("{% assign n = p.a %}{{ n | default: 'x' }}", ["-": ""]),
            ("{% assign n = p.a %}{% if n %}{{ n }}{% endif %}", ["-": "", "_": "a"]),
            ("{% assign n = p.a %}{% if p.a %}{{ n }}{% endif %}", ["-": ""]),
            ("{% assign n = 'x' %}{% if p.b %}{% assign n = p.a %}{% endif %}{{ n }}", ["--": "", "-x": "a", "xx": ""]),
            ("{% if p.a %}{% assign n = p.a %}{% else %}{% assign n = p.b %}{% endif %}{{ n }}", ["--": "b", "x-": "", "-x": ""]),
            ("{% assign n = p.a %}{% unless n %}{% assign n = 'x' %}{% endunless %}{{ n }}", ["-": "", "_": "a"]),
            ("{% assign m = p.a %}{% assign n = m | upcase %}{{ n | default: 'x' }}", ["-": ""]),
            ("{% assign n = p.a | upcase %}{% if n %}{{ n }}{% endif %}", ["-": "a"]),
            ("{% assign n = p %}{{ n.a }}", ["-": "a"]),
            ("{% assign n = p %}{% if n.a %}{{ p.a }}{% endif %}", ["-": ""]),
            // Captures
            ("{% capture n %}{{ p.a }}{% endcapture %}", ["-": ""]),
            ("{% capture n %}{{ p.a }}{% endcapture %}{{ n }}", ["-": "a"]),
            ("{% capture n %}{{ p.a }}{% endcapture %}{{ n | default: 'x' }}", ["-": ""]),
            ("{% capture n %} {{ p.a }}{% endcapture %}{{ n | default: 'x' }}", ["-": "a"]),
            ("{% capture n %}{% if p.a %}{{ p.a }}{% endif %}{% endcapture %}{{ n | default: 'x' }}", ["-": ""]),
            (
                "{% capture n %}{% if p.a %}Dear {{ p.a }} {{ p.b }}{% endif %}{% endcapture %}{{ n | default: 'x' }}",
                ["--": "", "x-": "b"]
            ),
            ("{% capture n %}{{ p.a }}{% endcapture %}{% if n != '' %}{{ n }}{% endif %}", ["-": "", "x": ""]),
            // Loops
            ("{% for i in p.a %}{{ i }}{% endfor %}", ["-": "a", "x": ""]),
            ("{% for i in p.a %}{{ i }}{% else %}none{% endfor %}", ["-": ""]),
            ("{% for i in p.a %}{{ p.a }}{% else %}{{ p.b }}{% endfor %}", ["--": "b", "x-": "b"]),
            ("{% assign n = 'x' %}{% for i in p.a %}{{ n }}{% assign n = p.b %}{% endfor %}", ["x-": "b"]),
            (
                "{% assign n = 'x' %}{% for i in p.b %}{% assign n = p.a %}{% if p.c %}{% break %}{% endif %}{% assign n = 'x' %}{% endfor %}{{ n }}",
                ["-xx": "a", "xxx": ""]
            ),
            (
                "{% assign l = 'x' %}{% assign m = 'x' %}{% for i in p.a %}{{ l }}{% assign l = m %}{% assign m = p.b %}{% endfor %}",
                ["x-": "b"]
            ),
            ("{% tablerow i in p.a %}{{ p.b }}{% endtablerow %}", ["x-": "b", "-x": "a"]),
            // Partials
            ("{% render 'card', title: p.a %}", ["-": "a"]),
            ("{% render 'kind', title: p.a %}{% render 'asks', title: p.b %}", ["--": ""]),
            ("{% render 'deep', t: p.a %}", ["-": "a"]),
            ("{% render 'card' with p.a as title %}", ["-": "a"]),
            ("{% if p.a %}{% render 'own' %}{% endif %}", ["-": "", "_": "a"]),
            ("{% include 'sets' %}{{ n }}", ["-": "a"]),
            ("{% assign title = p.a %}{% include 'kind' %}", ["-": ""]),
            ("{% assign title = p.a %}{% include 'card' %}", ["-": "a"]),
            ("{% liquid if p.a\n echo p.a\n endif\n echo p.b %}", ["--": "b"]),
        ] as [(String, [String: String])])
    func `who misses what`(text: String, expected: [String: String]) throws {
        let template = try parse(text, partials: Self.partials)
        for (person, missed) in expected {
            #expect(gaps(template, person).joined(separator: " ") == missed, "\(person)")
        }
    }

    @Test(arguments: [
        ("{{ p.a }}\n{{ p.a }}", ["test.md:1:4", "test.md:2:4"]),
        ("{% assign n = p.a %}\n{{ n }}{{ n }}", ["test.md:1:15"]),
        ("{% capture n %}\n x {{ p.a }}{% endcapture %}{{ n }}", ["test.md:2:7"]),
        ("\n{% render 'card', title: p.a %}", ["test.md:2:26"]),
        ("\n{% render 'own' %}{% render 'own' %}", ["own:1:4"]),
        ("{% render 'card' %}", ["card:1:4"]),
        ("{{ p.b | default: p.a }}", ["test.md:1:19"]),
    ])
    func `a gap is told where the data is read`(text: String, expected: [String]) throws {
        let gaps = try parse(text, partials: Self.partials).reading().gaps.filter { $0.when.mayHold { _ in .any } }
        let places = gaps.map { "\($0.source.name):\($0.source.location(of: $0.span.start))" }
        #expect(Array(Set(places)).sorted() == expected)
    }

    /// Random templates with one output, for people of all kinds: what a rendering leaves out is what was foretold.
    @Test(arguments: [true, false]) func `what is foretold is what is left out`(isExact: Bool) throws {
        let people = ["-", "_", "f", "x"].flatMap { a in ["-", "_", "f", "x"].flatMap { b in ["-", "_", "f", "x"].map { a + b + $0 } } }
        var gaps = 0
        // More: PITWALL_SEEDS=5000.
        let seeds = ProcessInfo.processInfo.environment["PITWALL_SEEDS"].flatMap { Int($0) } ?? 150
        for seed in 0..<seeds {
            var writer = TemplateWriter(seed: UInt64(seed), isExact: isExact)
            let text = writer.template()
            let template = try parse(text)
            for person in people.map(Person.init) {
                let written = try template.render(Scope(person.data, now: monday))
                let isLeftOut = written.contains("[]")
                let told = self.gaps(template, person.states)
                gaps += told.isEmpty ? 0 : 1
                if isExact {
                    #expect(isLeftOut == !told.isEmpty, "\(seed) \(person.states): \(text)")
                } else {
                    #expect(!isLeftOut || !told.isEmpty, "\(seed) \(person.states): \(text)")
                }
                let lacking = told.allSatisfy { !person.state(of: ["p", $0]).isDisjoint(with: .lacking) }
                #expect(lacking, "\(seed) \(person.states): \(text)")
                if isLeftOut == told.isEmpty, isExact || isLeftOut { return }
            }
        }
        #expect(gaps > 4 * seeds)
    }

    @Test func `a thousand conditions in a row and fifty within one another are read`() throws {
        let many = (0..<1000).map { "{% if p.a\($0) == p.b or p.c %}{% assign n = p.a\($0) %}{% endif %}" }.joined() + "{{ n }}"
        #expect(try !parse(many).reading().gaps.isEmpty)
        let deep =
            (0..<45).map { "{% if p.a\($0) or p.b\($0) %}" }.joined() + "{{ p.x }}"
            + String(repeating: "{% else %}{{ p.y }}{% endif %}", count: 45)
        #expect(try parse(deep).reading().gaps.count == 46)
    }
}

extension String {
    fileprivate func padding(to count: Int) -> String { self + String(repeating: "x", count: Swift.max(0, count - self.count)) }
}

/// Writes random templates with one output, `[{{ … }}]`.
private struct TemplateWriter {
    private var state: UInt64
    /// Only questions whose answer the state of a value gives.
    private let isExact: Bool
    private var names: [String] = []

    init(seed: UInt64, isExact: Bool) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        self.isExact = isExact
    }

    private mutating func below(_ count: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(count))
    }

    private mutating func pick(_ items: [String]) -> String { items[below(items.count)] }
    private mutating func path() -> String { "p." + pick(["a", "b", "c"]) }
    private mutating func value() -> String { names.isEmpty || below(2) == 0 ? path() : pick(names) }

    private mutating func chain() -> String {
        var text = value()
        for _ in 0..<below(3) {
            text += pick([
                " | upcase", " | strip", " | default: 'x'", " | default: \(value())", " | escape",
                " | default: \(value()), allow_false: true",
            ])
        }
        return text
    }

    private mutating func test() -> String {
        let value = value()
        let exact = [value, "\(value) == nil", "\(value) != nil", "\(value) == ''", "\(value) != ''", "\(value) == false"]
        let wide = [
            "\(value) == 'x'", "\(value) == \(self.value())", "\(value) contains 'x'", "\(value) != 'y'", "\(value) == empty",
            "\(value) != blank",
        ]
        return pick(isExact ? exact : exact + wide)
    }

    private mutating func condition() -> String {
        var text = test()
        for _ in 0..<below(3) { text += pick([" and ", " or "]) + test() }
        return text
    }

    mutating func template() -> String {
        var text = ""
        for _ in 0..<below(4) { text += statement(depth: 0, output: nil) }
        return text + placed("[{{ \(chain()) }}]", depth: 0)
    }

    /// A statement, or the output put somewhere.
    private mutating func placed(_ output: String, depth: Int) -> String {
        depth > 2 || below(3) == 0 ? output : statement(depth: depth, output: output)
    }

    private mutating func body(_ depth: Int, _ output: String?) -> String {
        if let output { return placed(output, depth: depth + 1) }
        return depth > 2 ? "" : statement(depth: depth + 1, output: nil)
    }

    private mutating func statement(depth: Int, output: String?) -> String {
        switch below(isExact ? 6 : 8) {
        case 0, 1:
            let name = pick(["l", "m", "n"])
            let text = "{% assign \(name) = \(chain()) %}"
            if depth == 0, !names.contains(name) { names.append(name) }
            return text + (output ?? "")
        case 2: return "{% if \(condition()) %}\(body(depth, output)){% else %}\(body(depth, nil)){% endif %}"
        case 3: return "{% if \(condition()) %}\(body(depth, nil)){% elsif \(condition()) %}\(body(depth, output)){% endif %}"
        case 4: return "{% unless \(condition()) %}\(body(depth, nil)){% else %}\(body(depth, output)){% endunless %}"
        case 5:
            let name = pick(["l", "m", "n"])
            // Beside something else that is captured, what is missed is missed though something is written.
            let more = isExact ? "" : "{{ \(chain()) }}"
            let text = "{% capture \(name) %}{% if \(condition()) %}{{ \(chain()) }}\(more){% else %}y{% endif %}{% endcapture %}"
            if depth == 0, !names.contains(name) { names.append(name) }
            return text + (output ?? "")
        case 6:
            return
                "{% for i in (1..3) %}\(output ?? ""){% assign n = \(chain()) %}{% if \(condition()) %}{% break %}{% endif %}{% endfor %}"
        default: return "{% case \(value()) %}{% when nil %}\(body(depth, output)){% when 'x' %}\(body(depth, nil)){% else %}x{% endcase %}"
        }
    }
}
