import Diagnostics
import Templating
import Workspace

/// A page that asks for far too much when it is compiled. Each must compile or be refused, with a place in its file, within
/// 100 ms and 50 MB: `Benchmarks/templates.sh pages` measures that, the tests see that each ends.
struct HostilePage: Sendable {
    enum Ending: Sendable {
        /// An error says where and why.
        case refused
        /// It is large, but not too large; its styles may stay where they are.
        case compiled
    }

    var name: String
    var ending: Ending
    private var files: @Sendable () -> [String: String]

    init(_ name: String, _ ending: Ending, files: @escaping @Sendable () -> [String: String]) {
        self.name = name
        self.ending = ending
        self.files = files
    }

    init(_ name: String, _ ending: Ending, html: @autoclosure @escaping @Sendable () -> String) {
        self.init(name, ending) { ["Templates/m.html": Self.front + html()] }
    }

    init(_ name: String, _ ending: Ending, md: @autoclosure @escaping @Sendable () -> String) {
        self.init(name, ending) { ["Templates/m.md": Self.front + md()] }
    }

    static let front = "---\nsubject: S\n---\n"

    /// Its files, ready to be loaded: making them is no part of what is measured.
    func library() -> TemplateLibrary { TemplateLibrary(files: FrozenFiles(texts: files())) }
}

enum HostilePages {
    static let plain = HostilePage("plain", .compiled, html: "<style>p{color:red}</style><p>x</p>")
    /// What an honest page of the size at which Gmail cuts it off may be.
    static let large = HostilePage(
        "large", .compiled,
        html: "<!DOCTYPE html><html><head><style>"
            + each(300) { number in
                let selector = ["td.c\(number)", ".c\(number)", ".wrap table td .c\(number) a", ".c\(number) p", "a.c\(number):hover"][
                    number % 5]
                return "\(selector){color:#\(100_000 + number * 977);padding:\(number % 9)px 2px;font-family:Arial,Helvetica,sans-serif}\n"
            } + "</style></head><body><div class=\"wrap\"><table>"
            + each(400) { number in
                "<tr><td class=\"c\(number % 300)\"><p>Some words of row \(number), as many as a row of a letter has</p>"
                    + "<div class=\"c\((number * 7) % 300)\"><a class=\"c\((number * 11) % 300)\" href=\"https://example.com/\(number)\">more</a>"
                    + "<p>and <b>words</b></p></div></td></tr>\n"
            } + "</table></div></body></html>")

    static let all = styles + selectors + elements + liquid + markdown + sizes + atTheBounds + texts + beside + moreMarkdown

    static func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }
    static func each(_ count: Int, _ separator: String = "", _ text: (Int) -> String) -> String {
        (0..<count).map(text).joined(separator: separator)
    }

    private static let styles = [
        HostilePage(
            "a declaration of 20,000 bytes for 2,900 elements", .compiled,
            html: "<style>p{font-family:\"\(times(20_000, "x"))\"}</style>" + times(2900, "<p>x</p>")),
        HostilePage(
            "5,000 declarations for 2,000 elements", .compiled,
            html: "<style>p{\(each(5000, ";") { "--a\($0):1" })}</style>" + times(2000, "<p>x</p>")),
        HostilePage(
            "5,000 times the same declaration", .compiled, html: "<style>p{\(times(5000, "color:red;"))}</style>" + times(2000, "<p>x</p>")),
        HostilePage(
            "2,000 rules for 2,000 elements", .compiled, html: "<style>\(times(2000, "p{color:red}"))</style>" + times(2000, "<p>x</p>")),
        HostilePage(
            "2,000 rules of :hover against 2,000 others", .compiled,
            html: "<style>\(times(2000, "p{color:red}p:hover{color:blue}"))</style>" + times(500, "<p>x</p>")),
        HostilePage(
            "an important declaration among 5,000", .compiled,
            html: "<style>p{\(times(5000, "color:red;color:blue!important;"))}</style>" + times(300, "<p style=color:green>x</p>")),
        HostilePage(
            "an own style of 20,000 declarations", .compiled,
            html: "<style>p{color:red}p:hover{color:blue}</style><p style=\"\(times(20_000, "color:red;"))\">x</p>"),
        HostilePage(
            "own styles of 1,000 declarations", .compiled,
            html: "<style>p{color:red}p:hover{color:blue}</style>" + times(35, "<p style=\"\(times(1000, "color:red;"))\">x</p>")),
        HostilePage("35,000 rules for nothing", .compiled, html: "<style>\(each(35_000) { ".a\($0){}" })</style><p>x</p>"),
        HostilePage("50,000 style elements", .refused, html: times(50_000, "<style></style>")),
        HostilePage("20,000 style elements with a rule", .refused, html: times(20_000, "<style>p{color:red}</style>") + "<p>x</p>"),
        HostilePage("blocks within blocks", .compiled, html: "<style>\(times(180_000, "a{"))</style><p>x</p>"),
        HostilePage("media within media", .compiled, html: "<style>\(times(35_000, "@media x{"))</style><p>x</p>"),
        HostilePage(
            "media within media with rules", .compiled, html: "<style>\(times(7, "@media x{"))\(times(50_000, "a{b:c}"))</style><p>x</p>"),
        HostilePage("parentheses", .compiled, html: "<style>\(times(390_000, "("))</style><p>x</p>"),
        HostilePage("addresses that do not end", .compiled, html: "<style>p{a:\(times(90_000, "url("))}</style><p>x</p>"),
        HostilePage("strings that do not end", .compiled, html: "<style>p{\(times(70_000, "a:\"\n"))}</style><p>x</p>"),
        HostilePage("comments in styles", .compiled, html: "<style>\(times(30_000, "/**/"))p{\(times(30_000, "/*/**/;"))}</style><p>x</p>"),
        HostilePage("a comment that does not end, again and again", .compiled, html: "<style>\(times(45_000, "p{a:b}/*"))</style><p>x</p>"),
    ]

    private static let selectors = [
        HostilePage("a selector of 100,000 steps", .compiled, html: "<style>\(times(100_000, "p "))p{color:red}</style><p>x</p>"),
        HostilePage(
            "2,000 selectors of 60 steps for 200 in one another", .compiled,
            html: "<style>\(times(2000, times(60, "div ") + "{color:red}"))</style>" + times(200, "<div>") + "x" + times(200, "</div>")),
        HostilePage(
            "siblings of siblings", .compiled,
            html: "<style>\(times(200, times(40, "p~") + "p{color:red}"))</style>" + times(2900, "<p>x</p>")),
        HostilePage(
            "siblings of what is not there", .compiled,
            html: "<style>\(each(500) { "i.a\($0)~p{color:red}" })</style>" + times(2900, "<p>x</p>")),
        HostilePage(
            "siblings within ancestors", .compiled,
            html: "<style>\(times(20, times(20, "div~div ") + "p{color:red}"))</style>" + times(60, "<div></div><div></div><div>")
                + "<p>x</p>" + times(60, "</div>")),
        HostilePage(
            "a list of 35,000 selectors", .compiled,
            html: "<style>\(each(35_000, ",") { "p.a\($0)" }){color:red}</style>" + times(2000, "<p>x</p>")),
        HostilePage(
            "100,000 times the same selector", .compiled,
            html: "<style>\(times(100_000, "p,"))p{color:red}</style>" + times(1000, "<p>x</p>")),
        HostilePage(":not in :not", .compiled, html: "<style>\(times(50_000, ":not("))p{color:red}</style>" + times(1000, "<p>x</p>")),
        HostilePage(
            "150 times :not of 300", .compiled,
            html: "<style>\(times(150, "p:not(\(each(300, ",") { ".a\($0)" })){color:red}"))</style>" + times(1000, "<p>x</p>")),
        HostilePage(
            "selectors that are not understood", .compiled,
            html: "<style>\(times(5000, ":is(a){color:red}"))</style>" + times(2000, "<p>x</p>")),
        HostilePage(
            "an element with 40,000 classes", .compiled,
            html: "<style>\(each(5000) { ".a\($0).b{color:red}" })</style><p class=\"\(each(40_000, " ") { "a\($0)" })\">x</p>"),
        HostilePage(
            "classes that Liquid makes", .compiled,
            html: "<style>\(each(2000) { ".a\($0){color:red}" })</style>" + times(950, "<p class=\"{{ contact.x }}\">x</p>")),
        HostilePage(
            "attributes looked for in long values", .compiled,
            html: "<style>\(times(2000, "p[title~=b]{color:red}"))</style><p title=\"\(times(100_000, "a "))\">x</p>"),
        HostilePage(
            "all elements by 20,000 rules", .compiled, html: "<style>\(times(20_000, "[a]{color:red}"))</style>" + times(2900, "<p>x</p>")),
    ]

    private static let elements = [
        HostilePage("50,000 attributes on one element", .refused, html: "<p \(each(50_000, " ") { "a\($0)=1" })>x</p>"),
        HostilePage("50,000 attributes between slashes", .refused, html: "<p/\(each(50_000, "/") { "a\($0)" })>x</p>"),
        HostilePage("50,000 attributes in quotes, without blanks", .refused, html: "<p \(each(50_000) { "a\($0)=\"\"" })>x</p>"),
        HostilePage("200 attributes on each of 600 elements", .refused, html: times(600, "<p \(each(200, " ") { "a\($0)=1" })>x</p>")),
        HostilePage("100,000 elements in one another", .refused, html: times(100_000, "<div>")),
        HostilePage("lists in lists", .refused, html: times(50_000, "<ul><li>")),
        HostilePage("tables in tables", .refused, html: times(20_000, "<table><tr><td>")),
        HostilePage("unknown elements in one another", .refused, html: times(50_000, "<x-a>")),
        HostilePage("elements of another kind in one another", .refused, html: "<svg>" + times(50_000, "<g>")),
        HostilePage("paragraphs and cells that never end", .refused, html: times(50_000, "<p><td><li>")),
        HostilePage("formatting that is never closed", .refused, html: times(100_000, "<b>")),
        HostilePage("formatting across paragraphs", .refused, html: times(250, "<b>") + times(20_000, "<p>x")),
        HostilePage("formatting closed in the wrong order", .refused, html: times(20_000, "<b><i><p></b></i>")),
        HostilePage(
            "links in objects in links", .compiled, html: times(120, "<a href=\"https://e.com/\(times(1000, "x"))\">x<object>") + "x"),
        HostilePage("links in links", .refused, html: times(50_000, "<a href=x>")),
        HostilePage("end tags without a start", .refused, html: "<p>x</p>" + times(200_000, "</b>")),
        HostilePage("ends of paragraphs", .refused, html: times(200_000, "</p>")),
        HostilePage("text before the cells of a table", .refused, html: "<table>" + times(100_000, "x<b>")),
        HostilePage("comments that do not end", .compiled, html: "<p>x</p>" + times(95_000, "<!--")),
        HostilePage(
            "comments for Outlook", .refused, html: "<style>p{color:red}</style><p>x</p>" + times(20_000, "<!--[if mso]><p><![endif]-->")),
        HostilePage("declarations that do not end", .compiled, html: "<p>x</p>" + times(190_000, "<!")),
        HostilePage("less-than signs", .compiled, html: "<p>x</p>" + times(390_000, "<")),
        HostilePage("titles that do not end", .compiled, html: "<p>x</p>" + times(55_000, "<title>")),
        HostilePage("character references", .compiled, html: "<p>" + times(75_000, "&amp;") + "</p>"),
        HostilePage("an address of 390,000 bytes", .compiled, html: "<a href=\"https://e.com/\(times(390_000, "x"))\">x</a>"),
        HostilePage("data tables in data tables", .compiled, html: times(60, "<table><tr><th>") + "x" + times(60, "</th></tr></table>")),
        HostilePage(
            "inline elements in one another with links", .compiled,
            html: times(100, "<span><a href=https://e.com>x") + times(100, "</a></span>")),
        HostilePage("boxes in one another with words", .compiled, html: times(200, "<div>x") + times(200, "</div>")),
        HostilePage(
            "quotes in one another with lines", .compiled,
            html: times(200, "<blockquote>") + times(2000, "x<br>") + times(200, "</blockquote>")),
        HostilePage("250 deep, 5,000 times", .refused, html: times(500, times(250, "<i>") + times(250, "</i>"))),
        HostilePage("frames", .refused, html: times(100_000, "<frameset>")),
        HostilePage("choices in choices", .refused, html: times(100_000, "<select><option>")),
        HostilePage("carriage returns and zeros", .compiled, html: times(190_000, "\r\0")),
    ]

    private static let liquid = [
        HostilePage("50,000 outputs", .refused, html: times(50_000, "{{ campaign.name }}")),
        HostilePage("30,000 outputs in attributes", .refused, html: times(30_000, "<p title=\"{{ campaign.name }}\">")),
        HostilePage("20,000 links that Liquid makes", .refused, html: times(20_000, "<a href=\"https://e.com/{{ campaign.name }}\">x</a>")),
        HostilePage(
            "a link made of 20,000 outputs", .refused, html: "<a href=\"https://e.com/\(times(20_000, "{{ campaign.name }}"))\">x</a>"),
        HostilePage("20,000 conditions between elements", .refused, html: times(20_000, "{% if true %}<p>x</p>{% endif %}")),
        HostilePage("950 outputs", .compiled, html: times(950, "{{ campaign.name }}")),
        HostilePage(
            "480 links that Liquid makes", .compiled,
            html: times(480, "<a href=\"https://e.com/{{ campaign.name }}?n={{ contact.first_name }}\">x</a>")),
        HostilePage("480 conditions between elements", .compiled, html: times(480, "{% if true %}<p>x</p>{% endif %}")),
        HostilePage(
            "480 names in 480 links", .compiled,
            html: "{% assign a1201 = campaign.name %}"
                + each(480) { "{% assign a\(480 - $0) = a\(481 - $0) | append: campaign.name %}" }
                + each(480) { "<a href=\"https://e.com/{{ a\($0 + 1) }}\">x</a>" }),
        HostilePage("600 blocks that the layout does not have", .refused) {
            [
                "Templates/m.html": "---\nsubject: S\nlayout: l\n---\n" + each(600) { "{% block b\($0 + 9000) %}x{% endblock %}" },
                "Templates/layouts/l.html": "{{ content }}" + each(600) { "{% block b\($0) %}x{% endblock %}" },
            ]
        },
        HostilePage("conditions in one another", .refused, html: times(20_000, "{% if true %}")),
        HostilePage("conditions in an attribute", .refused, html: "<p title=\"\(times(20_000, "{% if true %}x{% endif %}"))\">x</p>"),
        HostilePage("styles made of outputs", .refused, html: "<p style=\"\(times(20_000, "{{ campaign.name }}"))\">x</p>"),
        HostilePage("rules made of outputs", .refused, html: "<style>\(times(20_000, "p{color:{{ campaign.name }}}"))</style><p>x</p>"),
        HostilePage("20,000 buttons", .refused, html: times(20_000, "{% button 'https://e.com' %}x{% endbutton %}")),
        HostilePage("20,000 blocks", .refused) {
            [
                "Templates/m.html": "---\nsubject: S\nlayout: l\n---\nx",
                "Templates/layouts/l.html": "{{ content }}" + each(20_000) { "{% block b\($0) %}x{% endblock %}" },
            ]
        },
        HostilePage("20,000 renderings of one partial", .refused) {
            [
                "Templates/m.html": HostilePage.front + "<style>p{color:red}</style>" + times(20_000, "{% render 'p' %}"),
                "Templates/partials/p.html": "<p>x</p>",
            ]
        },
        HostilePage("partials that render each other twice", .compiled) {
            var files = ["Templates/m.html": HostilePage.front + "<style>\(times(100, "div div p{color:red}"))</style>{% render 'p0' %}"]
            for level in 0..<60 {
                files["Templates/partials/p\(level).html"] =
                    "<div>{% render 'p\(level + 1)' %}</div><div>{% render 'p\(level + 1)' %}</div>"
            }
            files["Templates/partials/p60.html"] = "<p>x</p>"
            return files
        },
        HostilePage("1,000 partials", .refused) {
            var files = ["Templates/m.html": HostilePage.front + "<style>p{color:red}</style>" + each(1000) { "{% render 'p\($0)' %}" }]
            for number in 0..<1000 { files["Templates/partials/p\(number).html"] = times(200, "<p>x</p>") }
            return files
        },
        HostilePage("Liquid that is never closed", .refused, html: times(200_000, "{{ ")),
        HostilePage("raw that is never closed", .refused, html: times(100_000, "{% raw %}")),
        HostilePage("comments that are never closed", .refused, html: times(50_000, "{% comment %}")),
    ]

    private static let markdown = [
        HostilePage("quotes in quotes", .refused, md: times(100_000, ">")),
        HostilePage("lists in lists, in Markdown", .refused, md: each(1000, "\n") { times($0, " ") + "- x" }),
        HostilePage("brackets", .refused, md: times(100_000, "[")),
        HostilePage("links that do not end", .refused, md: times(100_000, "[a](")),
        HostilePage("pictures in pictures", .refused, md: times(50_000, "![")),
        HostilePage("stars", .refused, md: times(100_000, "*a _a ")),
        HostilePage("back quotes", .refused, md: each(1000) { times($0 % 480, "`") + " " }),
        HostilePage("references", .refused, md: "[a]: /x\n\n" + times(100_000, "[a] ")),
        HostilePage("rows of a table", .refused, md: "|a|b|\n|-|-|\n" + times(50_000, "|x|y|\n")),
        HostilePage("a table of 2,000 columns", .refused, md: times(2000, "|a") + "\n" + times(2000, "|-") + "\n" + times(2000, "|x\n")),
        HostilePage("lines of tags", .refused, md: times(20_000, "- {{ campaign.name }}\n{% if true %}\n- x\n{% endif %}\n")),
        HostilePage("paragraphs", .refused, md: times(100_000, "x\n\n")),
        HostilePage("addresses as they are", .refused, md: times(50_000, "https://e.com ")),
        HostilePage("HTML that does not end, in Markdown", .refused, md: times(100_000, "<a ")),
        HostilePage("emphasis closed across", .refused, md: times(40_000, "**a*b_")),
        HostilePage("emphasis closed across, less of it", .compiled, md: times(1_400, "**a*b_")),
        HostilePage("links that do not end, less of them", .compiled, md: times(6_500, "[a](")),
        HostilePage("references, less of them", .refused, md: "[a]: /x\n\n" + times(9_000, "[a] ")),
        HostilePage("declarations in a paragraph", .refused, md: "x " + times(3_900, "<![CDATA[ ") + times(200_000, "x")),
        HostilePage("instructions in a paragraph", .refused, md: "x " + times(19_000, "<? ") + times(190_000, "x")),
        HostilePage("comments in a paragraph", .refused, md: "x " + times(9_000, "<!-- ") + times(200_000, "x")),
        HostilePage("tags that do not end in a paragraph", .compiled, md: "x " + times(19_000, "<a b='") + times(110_000, "x")),
        HostilePage("code that does not end", .compiled, md: times(19_000, "`a") + times(200_000, "x")),
        HostilePage("addresses of mail", .refused, md: times(120_000, "a@")),
        HostilePage("addresses within addresses", .refused, md: times(60_000, "www.")),
        HostilePage("addresses in parentheses", .refused, md: "www.a.b" + times(250_000, ")")),
        HostilePage("schemes", .refused, md: times(30_000, "http://")),
        HostilePage("definitions", .compiled, md: each(1_700) { "[a\($0)]: /x\n" }),
        HostilePage("quotes on every line", .compiled, md: times(2_500, times(99, ">") + "\n")),
        HostilePage("a table of one row and 9,000 columns", .refused, md: times(9_000, "|a") + "\n" + times(9_000, "|-") + "\n"),
    ]

    private static let sizes = [
        HostilePage("a page of a megabyte and more", .refused, html: times(210_000, "<p>x\n")),
        HostilePage("2,900 paragraphs", .compiled, html: times(2_900, "<p>x</p>")),
        HostilePage("29,000 attributes", .compiled, html: times(145, "<p \(each(200, " ") { "a\($0)=1" })>x</p>")),
        HostilePage("a page of 390 kB of words", .compiled, html: "<p>" + times(78_000, "word ")),
        HostilePage(
            "a page of 250 kB of words, in Markdown", .compiled, md: times(5_000, "word word word word word word word word word word\n")),
        HostilePage("a page of 500 kB of paragraphs", .refused, html: times(40_000, "<p>words</p>")),
        HostilePage("a large layout around a large page", .refused) {
            [
                "Templates/m.html": "---\nsubject: S\nlayout: l\n---\n" + times(70_000, "<p>words</p>"),
                "Templates/layouts/l.html": times(70_000, "<p>words</p>") + "{{ content }}",
            ]
        },
    ]
}
