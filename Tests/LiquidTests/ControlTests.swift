import Liquid
import Testing

struct ConditionTests {
    @Test(arguments: [
        ("a == 1", true), ("a == 1.0", true), ("a == '1'", false), ("a != 2", true), ("a <> 1", false), ("missing == nil", true),
        ("missing < 1", false),
        ("'b' > 'a'", true), ("list contains 'x'", true), ("text contains 'ell'", true), ("object contains 'k'", true),
        ("(1..3) contains 2", true),
        ("text contains missing", false), ("'' == blank", true), ("'  ' == blank", true), ("'  ' == empty", false),
        ("nothing == empty", true),
        ("nil == blank", true), ("nil == empty", false), ("0", true), ("''", true), ("false", false), ("true or false and false", true),
        ("false and false or true", false), ("list == list", true), ("object == object", true),
    ])
    func `conditions hold or not`(condition: String, holds: Bool) throws {
        let data: Object = ["a": 1, "list": ["x"], "text": "hello", "object": ["k": 1], "nothing": []]
        #expect(try render("{% if \(condition) %}yes{% else %}no{% endif %}", data) == (holds ? "yes" : "no"))
        #expect(try render("{% unless \(condition) %}no{% else %}yes{% endunless %}", data) == (holds ? "yes" : "no"))
    }

    @Test func `a word and a number have no order`() throws {
        let error = try #require(throws: RenderError.self) { try render("{% if name < 5 %}{% endif %}", ["name": "secret@example.com"]) }
        #expect(
            error.description == """
                test.md:1:7: error: cannot compare a text with a number
                1 | {% if name < 5 %}{% endif %}
                  |       ^~~~~~~~
                """)
    }

    @Test(arguments: [("a", "1"), ("b", "2"), ("c", "2"), ("d", "3")])
    func `case takes the parts that fit, and else where none does`(value: String, result: String) throws {
        let template = "{% case x %}ignored{% when 'a' %}1{% when 'b' or 'c' %}2{% else %}3{% endcase %}"
        #expect(try render(template, ["x": .string(value)]) == result)
    }

    @Test func `every part of a case that fits is carried out`() throws {
        #expect(try render("{% case 1 %}{% when 1 %}a{% when 1, 1 %}b{% else %}c{% endcase %}") == "abb")
    }

    @Test func `elsif is reached where what is before it fails`() throws {
        let template = "{% if x == 1 %}one{% elsif x == 2 %}two{% elsif x == 3 %}three{% else %}many{% endif %} "
        #expect(try (1...4).map { try render(template, ["x": .integer($0)]) }.joined() == "one two three many ")
    }
}

struct LoopTests {
    @Test(arguments: [
        ("{% for i in (1..5) limit: 2 offset: 1 %}{{ i }}{% endfor %}", "23"),
        ("{% for i in (1..5) reversed limit: 2 %}{{ i }}{% endfor %}", "21"),
        ("{% for i in list limit: 2 %}{{ i }}{% endfor %}-{% for i in list offset: continue %}{{ i }}{% endfor %}", "ab-c"),
        ("{% for i in none %}x{% else %}empty{% endfor %}", "empty"),
        ("{% for p in object %}{{ p[0] }}={{ p[1] }};{% endfor %}", "k=1;l=2;"),
        ("{% for i in (1..9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}", "13"),
        (
            "{% for i in (1..2) %}{% for j in (1..2) %}{{ forloop.parentloop.index }}{{ forloop.index }} {% endfor %}{% endfor %}",
            "11 12 21 22 "
        ),
        (
            "{% for i in list %}{{ forloop.index }}/{{ forloop.length }}{% unless forloop.last %}, {% endunless %}{% endfor %}",
            "1/3, 2/3, 3/3"
        ),
        ("{% for i in list %}{{ forloop.rindex }}{{ forloop.first }} {% endfor %}", "3true 2false 1false "),
        ("{% for i in (1..3) %}{% cycle 'a', 'b' %}{% endfor %}{% cycle 'a', 'b' %}", "abab"),
        ("{% cycle 'x': 1, 2 %}{% cycle 'y': 1, 2 %}{% cycle 'x': 1, 2 %}", "112"),
        ("{% for i in (1..3) %}{% assign i = 9 %}{{ i }}{% endfor %}{{ i }}", "1239"),
        ("{% increment n %}{% increment n %}{{ n }}{% decrement n %}{% decrement m %}", "0121-1"),
        ("{% assign n = 5 %}{% increment n %}{{ n }}", "05"),
        ("{% for i in (1..4) %}{% ifchanged %}{{ i | divided_by: 2 }}{% endifchanged %}{% endfor %}", "012"),
        (
            "{% tablerow i in (1..3) cols: 2 %}{{ i }}{% endtablerow %}",
            "<tr class=\"row1\">\n<td class=\"col1\">1</td><td class=\"col2\">2</td></tr>\n<tr class=\"row2\"><td class=\"col1\">3</td></tr>\n"
        ),
        ("{% for i in 'word' %}{{ i }}{% endfor %}", "word"),
        ("{% for x in (1..1000000000) limit: 2 %}{{ x }}{% endfor %}{% assign r = (1..1000000000) %}{{ r.last }}", "121000000000"),
        ("{% liquid\n for i in (1..2)\n echo i | plus: 1\n endfor %}", "23"),
        ("{% capture x %}{% for i in (1..3) %}{{ i }}{% endfor %}{% endcapture %}{{ x }}{{ x.size }}", "1233"),
    ])
    func `loops`(template: String, result: String) throws {
        #expect(try render(template, ["list": ["a", "b", "c"], "none": [], "object": ["k": 1, "l": 2]]) == result)
    }

    @Test(arguments: ["limit: 'x'", "offset: 1.5", "limit: list"])
    func `a limit that is no whole number is an error`(option: String) {
        #expect(throws: RenderError.self) { try render("{% for i in list \(option) %}{% endfor %}", ["list": [1]]) }
    }
}

struct PathTests {
    private let data: Object = [
        "a": ["b": ["c": [10, 20, 30]], "x y": 1, "size": "own"], "key": "b", "n": -1, "s": "text", "first": ["nested": "yes"],
    ]

    @Test(arguments: [
        ("a.b.c[0]", "10"), ("a['b']['c'][-1]", "30"), ("a[key].c[n]", "30"), ("a['x y']", "1"), ("a.size", "own"), ("a.b.size", "1"),
        ("s.size", "4"),
        ("a.b.c.first", "10"), ("a.b.c.last", "30"), ("a.b.c[9]", ""), ("a.missing.deep", ""), ("s.b", ""), ("['a'].b.c.size", "3"),
        ("[key]", ""),
        ("a.b.c['0']", ""), ("a.b.c", "102030"), ("a.b", "{\"c\"=>[10, 20, 30]}"), ("first.nested", "yes"),
    ])
    func `paths lead to values, or to nothing`(path: String, result: String) throws {
        #expect(try render("{{ \(path) }}", data) == result)
    }

    @Test func `an object with many fields finds each of them`() throws {
        let names = (0..<500).map { "field\($0)" }
        let object = Object(Object.Keys(names), names.map { .string($0.uppercased()) })
        let template = names.map { "{{ o.\($0) }}" }.joined()
        #expect(try render(template, ["o": .object(object)]) == names.joined().uppercased())
    }

    @Test func `of two fields with one name the last counts, at the place of the first`() throws {
        let object = Object([("a", 1), ("b", 2), ("a", 3)])
        #expect(try render("{{ o.a }}{{ o }}", ["o": .object(object)]) == "3{\"a\"=>3, \"b\"=>2}")
    }
}
