import Diagnostics
import Liquid
import Testing

/// Templates that ask for too much end in an error, always at the same point.
struct LimitTests {
    /// Small enough that the whole table takes seconds in a debug build; ``Limits/mail`` is measured by the benchmark.
    private static let small = Limits(steps: 10_000, depth: 100, outputBytes: 1 << 17, valueBytes: 1 << 20)

    @Test(arguments: HostileTemplates.all) func `a template that asks for too much ends within its limits`(
        hostile: HostileTemplate
    ) throws {
        var out: [UInt8] = []
        do {
            let cost = try hostile.template().render(Scope(hostile.data, now: monday), limits: Self.small, into: &out)
            #expect(hostile.ending == .rendered)
            #expect(cost.steps <= Self.small.steps && cost.outputBytes == out.count)
        } catch let error as RenderError {
            #expect(error.kind == (hostile.ending == .impossible ? .data : .limit) && hostile.ending != .refused, "\(error)")
        } catch let list as DiagnosticList {
            #expect(hostile.ending == .refused, "\(list.items[0].headline)")
            // However long the line and the names in it.
            #expect(list.description.utf8.count < 50_000 && list.items.count <= 50)
        }
    }

    @Test func `what a rendering costs is the same each time, and a mail costs next to nothing`() throws {
        let template = try parse("{% for i in (1..10) %}{{ i }}, {{ name | upcase }}{% if i > 3 %}!{% endif %}{% endfor %}")
        var out: [UInt8] = []
        let cost = try template.render(Scope(["name": "Ada"]), into: &out)
        #expect(try template.render(Scope(["name": "Ada"]), into: &out) == cost)
        #expect((cost.steps, cost.outputBytes, cost.valueBytes) == (68, 68, 0))
    }

    @Test func `a long chain of filters and a long condition are no problem`() throws {
        #expect(try render("{{ 'a'" + String(repeating: " | upcase", count: 5000) + " }}") == "A")
        #expect(try render("{% if a" + String(repeating: " or a", count: 5000) + " or true %}x{% endif %}") == "x")
    }

    @Test func `a template and its partials have so many parts, and the one too many is told`() throws {
        func told(_ text: String, _ partials: [String: String] = [:]) -> [String] {
            mistakes(in: text, partials: partials).map { String($0.prefix { $0 != "\n" }) }
        }
        let most = "{{ a" + String(repeating: ".a", count: 149_998) + " }}"
        let problem = "error: the template and its partials are too large: they may have 300,000 parts"
        #expect(told(most) == [])
        // A line end and a name more.
        #expect(told("\n" + most) == ["test.md:2:300000: \(problem)"])
        // What the host does with a filter counts, even where nothing stands behind it.
        let last = "{{ a" + String(repeating: ".a", count: 149_997) + " | t }}"
        #expect(throws: DiagnosticList.self) { try parse(last, filters: [HostFilter("t") { value, _, _ in value }]) }
        let half = "{{ a" + String(repeating: ".a", count: 60_000) + " }}"
        #expect(told("{% render 'p' %}{% render 'q' %}", ["p": half, "q": half]) == [])
        let three = ["p": half, "q": half, "r": half]
        #expect(told("{% render 'p' %}{% render 'q' %}{% render 'r' %}", three) == ["test.md:1:43: \(problem)"])
        // What is rendered and included is compiled twice.
        #expect(told("{% render 'p' %}{% render 'q' %}{% include 'p' %}", ["p": half, "q": half]) == ["test.md:1:44: \(problem)"])
    }

    @Test func `each bound holds by itself`() throws {
        var limits = Limits(steps: 100, depth: 5, outputBytes: 20, valueBytes: 20)
        #expect(try render("{% for i in (1..10) %}{{ i }}{% endfor %}", limits: limits) == "12345678910")
        #expect(throws: RenderError.self) { try render("{% for i in (1..20) %}{{ i }}{% endfor %}", limits: limits) }
        #expect(try render("nothing but text 20.", limits: limits) == "nothing but text 20.")
        #expect(throws: RenderError.self) { try render("nothing but text, 21.", limits: limits) }
        #expect(throws: RenderError.self) {
            try render("{% for i in (1..60) %}{% endfor %}{% for i in (1..60) %}{% endfor %}", limits: limits)
        }
        #expect(throws: RenderError.self) { try render("{% assign x = 'aaaaaaaaaa' | append: 'bbbbbbbbbbb' %}", limits: limits) }
        limits.depth = 1
        #expect(throws: RenderError.self) {
            try render("{% for i in (1..2) %}{% for j in (1..2) %}{% endfor %}{% endfor %}", limits: limits)
        }
    }

    @Test func `a rendering that fails leaves the output as it was`() throws {
        let template = try parse("written{{ 1 | divided_by: 0 }}")
        var out: [UInt8] = [1, 2, 3]
        #expect(throws: RenderError.self) { try template.render(Scope(), into: &out) }
        #expect(out == [1, 2, 3])
    }

    @Test func `data that is nested deeper than anybody means is cut off`() throws {
        var value: Value = "x"
        for _ in 0..<1000 { value = .array([value]) }
        #expect(try render("{{ v }}{% if v == v %}{% endif %}", ["v": value]) == "")
        #expect(throws: RenderError.self) { try render("{{ v | join }}", ["v": value]) }
    }
}

extension HostileTemplate: CustomTestStringConvertible {
    var testDescription: String { name }
}
