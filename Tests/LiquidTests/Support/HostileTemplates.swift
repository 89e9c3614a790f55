import Diagnostics
import Liquid

/// A template that asks for far too much. Each must end within 100 ms and 50 MB, wherever it ends: `Benchmarks/templates.sh
/// hostile` measures that, the tests see that each is stopped.
struct HostileTemplate: Sendable {
    enum Ending: Sendable {
        /// It does not parse.
        case refused
        /// A bound of ``Limits`` stops it.
        case stopped
        /// It is large, but not too large.
        case rendered
        /// What it asks for does not exist, such as a number of so many digits.
        case impossible
    }

    var name: String
    var ending: Ending
    var mode: OutputMode
    var data: Object
    private var partials: [String: String]
    private var text: @Sendable () -> String

    init(
        _ name: String, _ ending: Ending, mode: OutputMode = .text, data: Object = [:], partials: [String: String] = [:],
        _ text: @autoclosure @escaping @Sendable () -> String
    ) {
        self.name = name
        self.ending = ending
        self.mode = mode
        self.data = data
        self.partials = partials
        self.text = text
    }

    init(
        _ name: String, mode: OutputMode = .text, data: Object = [:], partials: [String: String] = [:],
        _ text: @autoclosure @escaping @Sendable () -> String
    ) {
        self.init(name, .stopped, mode: mode, data: data, partials: partials, text())
    }

    func template() throws(DiagnosticList) -> Template {
        let partials = self.partials
        let options = ParseOptions(
            mode: mode, partial: { name in partials[name].map { SourceText(name: name, text: $0) } }, knownPartials: partials.keys.sorted())
        return try Template(parsing: SourceText(name: "hostile.md", text: text()), options: options)
    }
}

enum HostileTemplates {
    static let all = loops + texts + lists + comparisons + partials + numbers + syntax + megabytes

    /// Without the optimiser a megabyte takes seconds: a tenth of it is enough to see that it ends.
    private static func times(_ count: Int, _ text: String) -> String {
        #if DEBUG
            String(repeating: text, count: count > 10_000 ? count / 10 : count)
        #else
            String(repeating: text, count: count)
        #endif
    }

    /// Of a megabyte; a tenth of it is not too large.
    private static var tooLarge: HostileTemplate.Ending {
        #if DEBUG
            .rendered
        #else
            .refused
        #endif
    }

    /// A text of 1.3 MB in `x`.
    private static let long = "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..17) %}{% assign x = x | append: x %}{% endfor %}"
    /// A list of 50,000 numbers in `l`.
    private static let list = "{% assign l = (1..50000) | compact %}"
    private static let forever = "{% for i in (1..1000000000) %}"

    private static let loops = [
        HostileTemplate("a loop without an end", "\(forever){% endfor %}"),
        HostileTemplate("the longest range", "{% for i in (-9223372036854775808..9223372036854775807) %}{% assign x = i %}{% endfor %}"),
        HostileTemplate("loops in loops", times(20, forever) + "{{ i }}" + times(20, "{% endfor %}")),
        HostileTemplate("a table without an end", "{% tablerow i in (1..1000000000) cols: 1 %}{% endtablerow %}"),
        HostileTemplate("a table of one row", "{% tablerow i in (1..1000000000) cols: 1000000000 %}{{ i }}{% endtablerow %}"),
        HostileTemplate(
            "a loop that goes on", times(2000, "{% for i in (1..1000000000) limit: 900 offset: continue %}{{ i }}{% endfor %}")),
        HostileTemplate("output without an end", "\(forever){{ '" + times(1000, "x") + "' }}{% endfor %}"),
        HostileTemplate("text without an end", forever + times(5000, "x") + "{% endfor %}"),
        HostileTemplate("cycles with new names", "\(forever){% cycle i: '' %}{% endfor %}"),
        HostileTemplate("cycles with long names", "\(long)\(forever){% cycle x: 1, 2 %}{% endfor %}"),
        HostileTemplate("ifchanged of long texts", "\(long)\(forever){% ifchanged %}{{ x }}{{ i }}{% endifchanged %}{% endfor %}"),
        HostileTemplate("a long case in a loop", forever + "{% case i %}" + times(5000, "{% when -1 %}x") + "{% endcase %}{% endfor %}"),
        HostileTemplate("a long condition in a loop", "\(forever){% if a" + times(5000, " or a") + " %}{% endif %}{% endfor %}"),
        HostileTemplate("a long chain in a loop", "\(forever){{ 'a'" + times(5000, " | upcase") + " }}{% endfor %}"),
        HostileTemplate("a long path in a loop", "\(forever){{ a" + times(5000, ".a") + " }}{% endfor %}"),
        HostileTemplate("counters", "\(forever){% increment a %}{% decrement b %}{% endfor %}"),
        HostileTemplate("the loop itself as a value", times(40, "{% for i in (1..40) %}") + "{{ forloop }}" + times(40, "{% endfor %}")),
    ]

    private static let texts = [
        HostileTemplate("append doubles", "{% assign x = 'a' %}\(forever){% assign x = x | append: x %}{% endfor %}"),
        HostileTemplate(
            "prepend doubles, in HTML", mode: .html, "{% assign x = '<' %}\(forever){% assign x = x | prepend: x %}{% endfor %}"),
        HostileTemplate("capture doubles", "{% assign x = 'a' %}\(forever){% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}"),
        HostileTemplate(
            "captures in captures", .rendered, times(49, "{% capture x %}{{ x }}{{ x }}a") + times(49, "{% endcapture %}") + "{{ x }}"),
        HostileTemplate("captures at every depth", times(45, "{% capture x %}") + long + "{{ x }}{{ x }}" + times(45, "{% endcapture %}")),
        HostileTemplate("replace squares", "{% assign x = 'aaaaaaaaaa' %}\(forever){% assign x = x | replace: 'a', x %}{% endfor %}"),
        HostileTemplate("replace of nothing", "\(long)\(forever){% assign y = x | replace: '', x %}{% endfor %}"),
        HostileTemplate("replace in the output", "\(long){{ x | replace: 'a', x }}"),
        HostileTemplate("replace that finds nothing", "\(long)\(forever){{ x | replace: 'ab', '' | size }}{% endfor %}"),
        HostileTemplate("replace_last", "\(long)\(forever){{ x | replace_last: 'b', '' | size }}{% endfor %}"),
        HostileTemplate("escape of escapes", "{% assign x = '&' %}\(forever){% assign x = x | append: x | escape %}{% endfor %}"),
        HostileTemplate("url_encode of itself", "{% assign x = '%' %}\(forever){% assign x = x | append: x | url_encode %}{% endfor %}"),
        HostileTemplate("base64 of itself", "{% assign x = 'a' %}\(forever){% assign x = x | base64_encode %}{% endfor %}"),
        HostileTemplate("escaping a long text", mode: .html, data: ["x": .string(times(3_000_000, "&"))], "{{ x }}{{ x }}"),
        HostileTemplate("escape_once", "\(long)\(forever){{ x | escape_once | size }}{% endfor %}"),
        HostileTemplate(
            "strip_html without an end", data: ["x": .string(times(200_000, "<script"))], "\(forever){{ x | strip_html }}{% endfor %}"),
        HostileTemplate(
            "strip_html of comments", data: ["x": .string(times(300_000, "<!--"))], "\(forever){{ x | strip_html }}{% endfor %}"),
        HostileTemplate("upcase beyond ASCII", data: ["x": .string(times(400_000, "ß"))], "\(forever){{ x | upcase | size }}{% endfor %}"),
        HostileTemplate(
            "capitalize of marks", data: ["x": .string("e" + times(400_000, "\u{301}"))], "\(forever){{ x | capitalize }}{% endfor %}"),
        HostileTemplate("split into characters", "\(long)\(forever){% assign y = x | split: '' %}{% endfor %}"),
        HostileTemplate("split at what is nearly there", "\(long)\(forever){% assign y = x | split: 'aaaaaaab' %}{% endfor %}"),
        HostileTemplate(
            "split into words", data: ["x": .string(times(600_000, "a "))], "\(forever){% assign y = x | split: ' ' %}{% endfor %}"),
        HostileTemplate("truncate to a huge number", "\(long)\(forever){{ x | truncate: 9223372036854775807 | size }}{% endfor %}"),
        HostileTemplate("truncate with a long end", "\(long)\(forever){{ x | truncate: 10, x | size }}{% endfor %}"),
        HostileTemplate(
            "truncatewords", data: ["x": .string(times(600_000, "a "))], "\(forever){{ x | truncatewords: 1000000 | size }}{% endfor %}"),
        HostileTemplate("slice far in", "\(long)\(forever){{ x | slice: 1000000, 1 }}{% endfor %}"),
        HostileTemplate("size of a long text", "\(long)\(forever){{ x.size }}{{ x | size }}{% endfor %}"),
        HostileTemplate("strip of spaces", data: ["x": .string(times(1_000_000, " "))], "\(forever){{ x | strip }}{% endfor %}"),
        HostileTemplate(
            "newlines", mode: .html, data: ["x": .string(times(1_000_000, "\n"))], "\(forever){{ x | newline_to_br }}{% endfor %}"),
        HostileTemplate("dates of great width", "\(forever){{ 'now' | date: '%1000000d%9999999999999999999Y' }}{% endfor %}"),
        HostileTemplate("a long date pattern", "{{ 'now' | date: '" + times(100_000, "%c%1000d") + "' }}"),
        HostileTemplate("dates from long texts", "\(long)\(forever){{ x | date: '%Y' | size }}{% endfor %}"),
        HostileTemplate("decoding nonsense", "\(long)\(forever){{ x | append: 'aa' | base64_decode | size }}{% endfor %}"),
        HostileTemplate("names made of long texts", data: ["o": ["a": 1]], "\(long)\(forever){{ o[x] }}{{ [x] }}{% endfor %}"),
    ]

    private static let lists = [
        HostileTemplate("join of a range", "{{ (1..1000000000) | join }}"),
        HostileTemplate("reverse of a range", "{{ (1..1000000000) | reverse | first }}"),
        HostileTemplate("sum of the longest range", "{{ (-9223372036854775808..9223372036854775807) | sum }}"),
        HostileTemplate("concat doubles", "{% assign l = 'a,b' | split: ',' %}\(forever){% assign l = l | concat: l %}{% endfor %}"),
        HostileTemplate("join of long texts", "\(long){% assign l = 'a,b,c,d,e,f,g,h' | split: ',' %}{{ l | join: x }}"),
        HostileTemplate("join of a list of lists", "\(list)\(forever){% assign s = l | join: ',' %}{% endfor %}"),
        HostileTemplate("sort in a loop", "\(list)\(forever){% assign m = l | reverse | sort %}{% endfor %}"),
        HostileTemplate("sort_natural in a loop", "\(list)\(forever){% assign m = l | sort_natural %}{% endfor %}"),
        HostileTemplate(
            "sort of long texts",
            "\(long){% assign l = '1,2,3' | split: ',' %}{% for i in (1..5) %}{% assign l = l | concat: l %}{% endfor %}"
                + "{% capture s %}{% for i in l %}{{ x | slice: 0, 100000 }}{{ i }},{% endfor %}{% endcapture %}{% assign m = s | split: ',' %}"
                + "\(forever){% assign n = m | sort %}{% endfor %}"),
        HostileTemplate("uniq in a loop", "\(list)\(forever){% assign m = l | uniq %}{% endfor %}"),
        HostileTemplate(
            "uniq of lists that look alike", data: ["l": .array((0..<20_000).map { .object(["a": .integer($0)]) })], "{{ l | uniq | size }}"
        ),
        HostileTemplate(
            "map in a loop", data: ["l": .array((0..<20_000).map { .object(["a": .integer($0)]) })],
            "\(forever){% assign m = l | map: 'a' %}{% endfor %}"),
        HostileTemplate(
            "where in a loop", data: ["l": .array((0..<20_000).map { .object(["a": .integer($0)]) })],
            "\(forever){% assign m = l | where: 'a', -1 %}{% endfor %}"),
        HostileTemplate(
            "find in a loop", data: ["l": .array((0..<20_000).map { .object(["a": .integer($0)]) })],
            "\(forever){{ l | find: 'a', -1 }}{% endfor %}"),
        HostileTemplate("has in long texts", "\(long){% assign l = x | split: ',' %}\(forever){{ l | has: 'b' }}{% endfor %}"),
        HostileTemplate("sum in a loop", "\(list)\(forever){{ l | sum }}{% endfor %}"),
        HostileTemplate("compact in a loop", "\(list)\(forever){% assign m = l | compact %}{% endfor %}"),
        HostileTemplate("first and last", "\(list)\(forever){{ l.first }}{{ l | last }}{{ l[-1] }}{% endfor %}"),
        HostileTemplate("writing a list", "\(list)\(forever){{ l }}{% endfor %}"),
        HostileTemplate("lists in lists", data: ["l": nested(5000)], "{{ l | join }}{{ l }}"),
        HostileTemplate("writing objects in objects", mode: .html, data: ["o": wide(6)], "\(forever){{ o }}{% endfor %}"),
        HostileTemplate("slices of lists", "\(list)\(forever){% assign m = l | slice: 1, 49999 %}{% endfor %}"),
        HostileTemplate(
            "all pairs of an object", data: ["o": .object(Object((0..<50_000).map { ("k\($0)", .integer(Int64($0))) }))],
            "\(forever){% for p in o %}{{ p[0] }}{% endfor %}{% endfor %}"),
    ]

    private static let comparisons = [
        HostileTemplate(
            "long texts that are the same", "\(long){% assign y = x | append: '' %}\(forever){% if x == y %}{% endif %}{% endfor %}"),
        HostileTemplate("long texts in order", "\(long){% assign y = x | append: 'b' %}\(forever){% if x < y %}{% endif %}{% endfor %}"),
        HostileTemplate(
            "a long text in a long text", "\(long){% assign y = x | append: 'b' %}\(forever){% if y contains x %}{% endif %}{% endfor %}"),
        HostileTemplate(
            "a long text that is blank", data: ["x": .string(times(1_000_000, " "))], "\(forever){% if x == blank %}{% endif %}{% endfor %}"
        ),
        HostileTemplate("a number in a list", "\(list)\(forever){% if l contains 0 %}{% endif %}{% endfor %}"),
        HostileTemplate(
            "long lists that are the same", "\(list){% assign m = l | compact %}\(forever){% if l == m %}{% endif %}{% endfor %}"),
        HostileTemplate(
            "a long text in a case",
            "\(long){% assign y = x | append: '' %}\(forever){% case x %}{% when y, y, y, y %}{% endcase %}{% endfor %}"),
    ]

    private static let partials = [
        HostileTemplate("a partial that renders itself", partials: ["p": "{% render 'p' %}"], "{% render 'p' %}"),
        HostileTemplate("a partial that includes itself twice", partials: ["p": "{% include 'p' %}{% include 'p' %}"], "{% include 'p' %}"),
        HostileTemplate(
            "two partials that render each other", partials: ["p": "{% render 'q', a: a %}", "q": "{% render 'p', a: a %}"],
            "{% render 'p' %}"),
        HostileTemplate("a partial for each of a range", partials: ["p": ""], "{% render 'p' for (1..1000000000) %}"),
        HostileTemplate("a tree of partials", partials: tree(30), "{% render 'p0' %}"),
        HostileTemplate("a tree of partials without output", .stopped, partials: tree(60), "{% include 'p0' %}"),
        HostileTemplate(
            "partials with many variables", partials: ["p": ""],
            "\(forever){% render 'p' %}{% endfor %}" + (0..<3000).map { "{% assign v\($0) = 1 %}" }.joined()),
        HostileTemplate(
            "partials with long texts", partials: ["p": "{{ a | append: a | size }}"], "\(long)\(forever){% render 'p', a: x %}{% endfor %}"
        ),
    ]

    private static let numbers = [
        HostileTemplate("whole numbers grow", .impossible, "{% assign n = 2 %}\(forever){% assign n = n | times: n %}{% endfor %}"),
        HostileTemplate("decimals grow", "{% assign n = 1.5 %}\(forever){% assign n = n | times: 1.5 %}{% endfor %}"),
        HostileTemplate("decimals shrink", "{% assign n = 1.5 %}\(forever){% assign n = n | divided_by: 3.7 %}{% endfor %}"),
        HostileTemplate("numbers in long texts", .impossible, "{{ '" + times(500_000, "9") + "' | plus: 1 }}"),
        HostileTemplate(
            "numbers of many digits", .impossible,
            "{% assign n = '" + times(390, "9") + ".5' %}\(forever){% assign m = n | plus: 0.1 %}{% endfor %}"),
        HostileTemplate(
            "round to great places",
            "\(forever){{ 1.2345 | round: 9223372036854775807 }}{{ 1.5 | modulo: 100000000000000000000000.5 }}{% endfor %}"),
    ]

    private static let syntax = [
        HostileTemplate("five thousand blocks in one another", .refused, times(5000, "{% if a %}")),
        HostileTemplate("a megabyte of blocks that never end", .refused, times(100_000, "{% if a %}")),
        HostileTemplate("a megabyte of loops and ends", .refused, times(30_000, "{% for i in a %}") + times(40_000, "{% endif %}")),
        HostileTemplate("a megabyte of mistakes in one line", .refused, times(100_000, "{{ a b }}")),
        HostileTemplate("mistakes at the end of a long line", .refused, times(950_000, "x") + times(60, "{{ a b }}")),
        HostileTemplate("mistakes at the end of a long line beyond ASCII", .refused, times(400_000, "é") + times(60, "{{ a b }}")),
        HostileTemplate("a name of a megabyte", .refused, "{{ a | " + times(1_000_000, "b") + " }}"),
        HostileTemplate("many long names", .refused, times(60, "{{ a | " + times(15_000, "b") + " }}")),
        HostileTemplate("brackets in brackets", .refused, "{{ " + times(300_000, "a[") + " }}"),
        HostileTemplate("parentheses in parentheses", .refused, "{{ " + times(300_000, "(")),
        HostileTemplate("liquid in liquid", .refused, "{% " + times(140_000, "liquid ") + "%}"),
        HostileTemplate("liquid in liquid, line by line", tooLarge, "{% " + times(140_000, "liquid\n") + "%}"),
        HostileTemplate("comments that never end", .refused, times(75_000, "{% comment %}")),
        HostileTemplate("raw in a comment that never ends", .refused, "{% comment %}" + times(100_000, "{% raw %}")),
        HostileTemplate("openings that never close", .refused, times(500_000, "{%")),
        HostileTemplate("closings that never opened", .rendered, times(400_000, "%}")),
        HostileTemplate("quotes that never close", .refused, times(100_000, "{{ 'a }}")),
        HostileTemplate(
            "a chain of a megabyte", .stopped,
            "{{ a" + times(70_000, " | upcase") + "}}{% for i in (1..1000) %}{% endfor %}" + "{{ b" + times(70_000, " | h") + "}}"),
        HostileTemplate("a condition of a megabyte", tooLarge, "{% if a" + times(200_000, " or a") + " %}{% endif %}"),
        HostileTemplate("a path of a megabyte", tooLarge, "{{ a" + times(500_000, ".a") + " }}"),
        HostileTemplate(
            "an if of fifty thousand parts", tooLarge, "{% if a.b %}" + times(50_000, "{% elsif a.c %}{{ d.e }}") + "{% endif %}"),
        HostileTemplate(
            "a case of fifty thousand parts", tooLarge, "{% case a.b %}" + times(50_000, "{% when c %}{{ d.e }}") + "{% endcase %}"),
        HostileTemplate("a megabyte of outputs", tooLarge, times(150_000, "{{ a }}")),
        HostileTemplate("a megabyte of variables", .refused, (0..<45_000).map { "{% assign v\($0) = 1 %}" }.joined()),
        HostileTemplate("a megabyte of names", .refused, (0..<60_000).map { "{{ a.b\($0) }}" }.joined()),
        HostileTemplate("a megabyte of text", .rendered, times(1_000_000, "x")),
        HostileTemplate("braces", .rendered, times(500_000, "{ ")),
        HostileTemplate("as many outputs as there may be", .rendered, times(74_000, "{{ a }}")),
        HostileTemplate("as many tests as there may be", .rendered, "{% if a" + times(99_000, " or a") + " %}{% endif %}"),
        HostileTemplate(
            "as many parts as there may be", .rendered, "{% case a.b %}" + times(21_000, "{% when c %}{{ d.e }}") + "{% endcase %}"),
    ]

    private static let megabytes = [
        HostileTemplate("a megabyte of empty outputs", tooLarge, times(250_000, "{{}}")),
        HostileTemplate("a megabyte of filters", tooLarge, times(110_000, "{{a|abs}}")),
        HostileTemplate("a megabyte of paths in paths", tooLarge, times(60_000, "{{a[b.c].d|abs}}")),
        HostileTemplate("a megabyte of conditions", tooLarge, times(58_000, "{%if a%}{%endif%}")),
        HostileTemplate("a megabyte of elsif", tooLarge, "{%if a%}" + times(90_000, "{%elsif a%}") + "{%endif%}"),
        HostileTemplate(
            "a megabyte of conditions in conditions", .refused,
            times(1160, String(repeating: "{%if a%}", count: 49) + String(repeating: "{%endif%}", count: 49))),
        HostileTemplate("a megabyte of when", tooLarge, "{%case a%}" + times(99_000, "{%when a%}") + "{%endcase%}"),
        HostileTemplate("a when of a megabyte", tooLarge, "{%case a%}{%when a" + times(450_000, ",a") + "%}{%endcase%}"),
        HostileTemplate("a megabyte of loops", .refused, (0..<38_000).map { "{%for a\($0) in b%}{%endfor%}" }.joined()),
        HostileTemplate("a megabyte of cycles", tooLarge, times(90_000, "{%cycle a%}")),
        HostileTemplate("a cycle of a megabyte", tooLarge, "{%cycle 1" + times(490_000, ",1") + "%}"),
        HostileTemplate("a megabyte of cycles that say too much", tooLarge, times(71_000, "{%cycle a b%}")),
        HostileTemplate("a megabyte of calls", tooLarge, partials: ["p": ""], times(76_000, "{%render'p'%}")),
        HostileTemplate(
            "a megabyte of partials", .refused, partials: Dictionary(uniqueKeysWithValues: (0..<58_000).map { ("p\($0)", "") }),
            (0..<58_000).map { "{%render'p\($0)'%}" }.joined()),
        HostileTemplate("a call with a megabyte of values", tooLarge, partials: ["p": ""], "{%render'p'" + times(240_000, " a:1") + "%}"),
        HostileTemplate(
            "partials that are too large together", tooLarge, partials: ["p": times(30_000, "{{ a }}"), "q": times(30_000, "{{ b }}")],
            "{% render 'p' %}{% render 'q' %}{% include 'p' %}"),
        HostileTemplate("partials that are not there", .refused, times(70_000, "{%render'p'%}")),
    ]

    private static func nested(_ depth: Int) -> Value {
        var value: Value = "x"
        for _ in 0..<depth { value = .array([value]) }
        return value
    }

    private static func wide(_ depth: Int) -> Value {
        if depth == 0 { return "x" }
        let inner = wide(depth - 1)
        return .object(Object((0..<6).map { ("k\($0)", inner) }))
    }

    /// Each renders the next twice.
    private static func tree(_ depth: Int) -> [String: String] {
        var partials = ["p\(depth)": ""]
        for level in 0..<depth { partials["p\(level)"] = "{% render 'p\(level + 1)' %}{% render 'p\(level + 1)' %}" }
        return partials
    }
}
