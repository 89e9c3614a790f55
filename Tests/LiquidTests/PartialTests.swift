import Diagnostics
import Liquid
import Testing

struct PartialTests {
    @Test(arguments: [
        ("{% render 'p' %}", "-+data"),
        ("{% assign x = 'own' %}{% render 'p' %}", "-+data"),
        ("{% render 'p', x: 1 %}{{ x }}", "1-+data"),
        ("{% render 'p' with 5 as y %}", "-5+data"),
        ("{% render 'p' with 5 %}", "-+data"),
        ("{% render 'each' for list %}", "a1/2 b2/2 "),
        ("{% include 'p', x: 1 %}{{ x }}", "1-+data"),
        ("{% assign x = 'own' %}{% include 'p' %}", "own-+data"),
        ("{% include 'sets' %}{{ z }}", "9"),
        ("{% render 'sets' %}{{ z }}", ""),
        ("{% include 'each' with list %}", "a/ b/ "),
        ("{% assign n = 'sets' %}{% include n %}{{ z }}", "9"),
        ("{% for i in (1..3) %}{{ i }}{% include 'stop' %}{% endfor %}", "1"),
        ("{% for i in (1..3) %}{{ i }}{% render 'stop' %}{% endfor %}", "123"),
    ])
    func `partials see what they are given`(template: String, result: String) throws {
        let partials = [
            "p": "{{ x }}-{{ y }}+{{ data }}", "each": "{{ each }}{{ forloop.index }}/{{ forloop.length }} ", "sets": "{% assign z = 9 %}",
            "stop": "{% break %}",
        ]
        #expect(try render(template, ["data": "data", "list": ["a", "b"]], partials: partials) == result)
    }

    @Test func `a partial may render itself as long as it ends`() throws {
        let tree: Value = ["name": "a", "kids": [["name": "b", "kids": [["name": "c"]]], ["name": "d"]]]
        let partials = ["node": "{{ node.name }}({% for kid in node.kids %}{% render 'node' with kid %}{% endfor %})"]
        #expect(try render("{% render 'node' with tree %}", ["tree": tree], partials: partials) == "a(b(c())d())")
    }

    @Test func `include cannot stand in what is rendered`() {
        let shown = mistakes(in: "{% render 'a' %}", partials: ["a": "{% include 'b' %}", "b": ""])
        #expect(shown.first?.hasPrefix("a:1:1: error: include cannot stand in a partial that is rendered") == true)
    }

    @Test func `an included partial of unknown name is an error at its place`() throws {
        let error = try #require(throws: RenderError.self) { try render("{% include n %}", ["n": "nope"], partials: ["a": ""]) }
        #expect(error.message == "there is no partial of the name that include was given")
    }

    @Test func `an error in a partial names the partial`() throws {
        let error = try #require(throws: RenderError.self) { try render("{% render 'p' %}", partials: ["p": "\n{{ 1 | divided_by: 0 }}"]) }
        #expect(error.diagnostic.headline == "p:2:8: error: divided by zero")
    }
}

struct HostTests {
    @Test func `a host's block gets its argument and its rendered body, and writes what it likes`() throws {
        let template = try parse("<{% link 3 %}Hello {{ name }}{% endlink %}>{% link %}b{% endlink %}", mode: .html, blocks: ["link"])
        let scope = Scope(["name": "A&B"])
        scope.host = { block, out in
            out.append(contentsOf: "[\(block.name) \(block.argument.text): ".utf8)
            out.append(contentsOf: block.body)
            out.append(UInt8(ascii: "]"))
        }
        #expect(try template.render(scope) == "<[link 3: Hello A&amp;B]>[link : b]")
    }

    @Test func `without a host its blocks are their bodies`() throws {
        #expect(try parse("{% button url, 2 %}x{% endbutton %}", blocks: ["button"]).render(Scope()) == "x")
    }

    @Test func `a host's failure is shown at its block`() throws {
        struct Broken: Error {}
        let template = try parse("ab{% link %}{% endlink %}", blocks: ["link"])
        let scope = Scope()
        scope.host = { _, _ in throw FilterFailure("no such link") }
        var out: [UInt8] = [1]
        let error = try #require(throws: RenderError.self) { try template.render(scope, into: &out) }
        #expect(error.diagnostic.headline == "test.md:1:3: error: no such link")
        #expect(out == [1])
    }

    @Test func `a host's filter takes part like the others, and takes the place of a standard one`() throws {
        let shout = HostFilter("shout", arguments: 0...1) { input, arguments, context in
            .string(input.text(in: context) + (arguments.first?.text(in: context) ?? "!"))
        }
        let upcase = HostFilter("upcase") { _, _, context in .string(context.language) }
        let scope = Scope(["name": "Ada"])
        scope.language = "it"
        let template = try parse("{{ name | shout | shout: '?' | downcase }}{{ name | upcase }}", filters: [shout, upcase])
        #expect(try template.render(scope) == "ada!?it")
        #expect(throws: (any Error).self) { try parse("{{ name | shout: 1, 2 }}", filters: [shout]) }
    }
}
