import Diagnostics
import Liquid
import Testing

/// Corners of the language, as the reference implementation (Liquid 5.4 in strict mode) was seen to behave.
struct ReferenceBehaviourTests {
    private let data: Object = [
        "s": "hello World", "n": .null, "t": true, "f": false, "i": 7, "d": 2.5, "a": ["b", "a", .null, "C"],
        "h": ["x": 1, "y": "two"], "nested": [[1, [2]], [3], []], "words": "one two  three", "emptya": [], "strs": ["10", "9", "b", "B"],
        "hs": [["v": 1], ["v": 1.0], ["v": "1"], ["v": .null], [:]], "iso": "2024-12-30T23:59:59Z",
    ]

    @Test(arguments: [
        ("{{ (3..1) | first }}{{ (3..1) | last }}{{ (3..1) | size }}", "310"),
        ("{% for x in (1.9..3.9) %}{{ x }}{% endfor %}", "123"), ("{% for x in (nosuch..2) %}{{ x }}{% endfor %}", "012"),
        ("{% for x in ('1'..'3') %}{{ x }}{% endfor %}", "123"), ("{% for x in (s..2) %}{{ x }}{% endfor %}", "012"),
        ("{% assign r = (1..3) %}{{ r }} {{ r.first }}{{ r.last }}{{ r.size }}[{{ r[1] }}]", "1..3 133[]"),
    ])
    func `ranges`(template: String, result: String) throws {
        #expect(try render(template, data) == result)
    }

    @Test(arguments: ["(d..5)", "(t..5)", "(a..5)", "(1..h)"])
    func `a range that does not go from number to number is an error`(range: String) throws {
        let error = try #require(throws: RenderError.self) { try render("{% for x in \(range) %}{% endfor %}", data) }
        #expect(error.message.hasPrefix("a range goes from one whole number to another"))
    }

    @Test(arguments: [
        ("s contains empty", "y"), ("s contains blank", "y"), ("a contains empty", "n"), ("empty contains s", "n"),
        ("n contains empty", "n"), ("a contains 'C'", "y"), ("h contains 'x'", "y"), ("nested contains 3", "n"),
        ("empty == empty", "n"), ("blank == ''", "y"), ("emptya == blank", "y"), ("f == blank", "y"), ("d == 2.5", "y"),
    ])
    func `empty and blank in conditions`(condition: String, result: String) throws {
        #expect(try render("{% if \(condition) %}y{% else %}n{% endif %}", data) == result)
    }

    @Test(arguments: [
        ("{{ hs | uniq | size }}", "5"), ("{% assign r = t | uniq: 'x' %}{{ r | first }}", "true"),
        ("{{ s | map: 1.5 | first }}", "e"), ("{{ i | find_index: 1.5 }}", "0"), ("{{ words | sort: h | first }}", "one two  three"),
        ("{{ nested | first | size }}", "2"), ("{{ a | sort | join: ',' }}", "C,a,b,"), ("{{ a | sort_natural | join: ',' }}", "a,b,C,"),
        ("{{ strs | sort | join: ' ' }}", "10 9 B b"), ("{{ nested | sum }}", "6"), ("{{ a | reverse | join }}", "C  a b"),
        ("{{ h | sort: 'x' | size }}", "1"),
    ])
    func `list filters at their edges`(template: String, result: String) throws {
        #expect(try render(template, data) == result)
    }

    @Test func `where an item can have no properties the whole list is nothing`() throws {
        #expect(try render("{% assign r = l | where: 'a' %}{% if r == nil %}nothing{% endif %}", ["l": [.null, "a"]]) == "nothing")
    }

    @Test(arguments: [
        ("{% cycle 'a' 'b' %}{% cycle 'a' 'b', 'c' %}", "aa"), ("{% cycle 'a', %}", "a"),
        ("{% for x in (1..3) %}{% cycle x, 'a' %}{% endfor %}", "1a3"),
        ("{% cycle 1,2,3 %}{% cycle 1, 2, 3 %}{% cycle '1','2','3' %}", "121"),
        ("{% cycle 'x': 'a','b','c' %}{% cycle 'x': 'q' %}{% cycle 'x': 'a','b','c' %}", "aa"),
    ])
    func `cycles`(template: String, result: String) throws {
        #expect(try render(template, data) == result)
    }

    @Test(arguments: [
        ("{% raw %}{% endraw x %}y", "y"), ("{% raw %}a{%  endraw  -%} b", "ab"), ("{% raw %}{% endrawx %}{% endraw %}", "{% endrawx %}"),
        ("{% raw %}{{{% endraw %}", "{{"), ("{% comment %}{% raw %}{% endcomment %}{% endraw %}{% endcomment %}x", "x"),
        ("{% comment %}{% comment %}a{% endcomment %}b{% endcomment %}c", "c"), ("{% capture x y %}a{% endcapture %}{{ x }}", "a"),
        ("{% capture x | upcase %}a{% endcapture %}{{ x }}", "a"),
    ])
    func `raw, comment and capture`(template: String, result: String) throws {
        #expect(try render(template, data) == result)
    }

    @Test(arguments: ["{% comment %}{% raw %}{% endcomment %}", "{% raw %}{% endraw", "{% comment %}{% endcomment"])
    func `what is never closed is said once`(template: String) {
        #expect(mistakes(in: template).count == 1)
    }

    @Test func `what capture and cycle ignore is warned about`() throws {
        let template = try parse("{% capture x y %}{% endcapture %}{% cycle 'a' 'b' %}")
        #expect(template.warnings.map(\.message) == ["everything from \"y\" on is ignored", "everything from \"'b'\" on is ignored"])
    }

    @Test(arguments: [
        ("%Y-%m-%d %H:%M:%S %z", "2024-02-05 08:07:06 +0100"), ("%s", "1707116826"), ("%:z|%::z|%10z", "+01:00|+01:00:00|+000000100"),
    ])
    func `a time that says its own offset keeps it`(pattern: String, result: String) throws {
        #expect(try render("{{ 'Mon, 05 Feb 2024 08:07:06 +0100' | date: '\(pattern)' }}") == result)
    }

    @Test(arguments: [
        ("%G %g %V %U %W %j %u %w", "2025 25 01 52 53 365 1 1"), ("%C|%y|%-y|%10Y|%_10Y", "20|24|24|0000002024|      2024"),
        ("%^B|%#b|%^a|%#p|%P", "DECEMBER|DEC|MON|pm|pm"), ("%k|%l|%I|%-I|%_H", "23|11|11|11|23"),
        ("%L|%3N|%6N|%N|%12N", "000|000|000000|000000000|000000000000"),
        ("%10A|%-10A|%010A|%^10a", "    Monday|Monday|0000Monday|       MON"),
        ("%D|%F|%v|%x|%X|%r|%R|%T", "12/30/24|2024-12-30|30-DEC-2024|12/30/24|23:59:59|11:59:59 PM|23:59|23:59:59"),
        ("%5d|%05d|%_5d|%-d|%e|%3e", "00030|00030|   30|30|30| 30"), ("%Q|%!|%é", "%Q|%!|%é"),
    ])
    func `date patterns`(pattern: String, result: String) throws {
        #expect(try render("{{ iso | date: p }}", Object(zip(data.names, data.values) + [("p", .string(pattern))])) == result)
    }

    @Test func `texts that look alike and differ in bytes are not the same`() throws {
        // The sign for ångström, and an A with a ring on it: three bytes each.
        #expect(try render("{% if a == b %}same{% else %}different{% endif %}", ["a": "\u{212B}", "b": "A\u{30A}"]) == "different")
    }

    @Test func `numbers are written as the reference writes them`() throws {
        for (number, text) in [
            (9.9, "9.9"), (0.01, "0.01"), (100.0, "100.0"), (-0.5, "-0.5"), (1234567.89, "1234567.89"), (0.125, "0.125"), (1e15, "1.0e+15"),
            (-3.0, "-3.0"), (0.1 + 0.2, "0.30000000000000004"), (0, "0.0"), (-0.0, "-0.0"), (99999999999.99, "99999999999.99"),
        ] as [(Double, String)] {
            #expect(try render("{{ x }}", ["x": .decimal(number)]) == text)
        }
    }
}
