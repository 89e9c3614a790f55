import Templating
import Workspace

/// Pages that hold as much as a message may, of several things at once, and those that ask much of one step of compiling.
extension HostilePages {
    static let atTheBounds = [
        HostilePage(
            "2,900 elements, 11,600 attributes, 1,400 rules, 950 outputs", .compiled,
            html: "<style>\(each(1_400) { ".a\($0){a:b}" })</style>"
                + each(2_900) { "<p a b c class=a\($0 % 1_400)>\($0 < 950 ? "{{ campaign.name }}" : "x")</p>" }),
        HostilePage(
            "1,400 rules for 2,900 elements of three classes", .compiled,
            html: "<style>\(each(1_400) { ".a\($0 % 3){a\($0):b}" })</style>" + times(2_900, "<p class='a0 a1 a2'>x</p>")),
        HostilePage(
            "60 rules of 60 times :not for 2,900 elements", .compiled,
            html: "<style>\(each(60) { rule in "p\(each(60) { ":not(.a\(rule)b\($0))" }){color:red}" })</style>"
                + each(2_900) { "<p class=a\($0 % 60)b1>x</p>" }),
        HostilePage(
            "5,000 media queries", .compiled,
            html: "<style>p{color:blue}\(each(5_000) { "@media (max-width:\($0)px){p{color:red}}" })</style>" + times(2_900, "<p>x</p>")),
        HostilePage(
            "2,000 own styles, no two alike, under 100 declarations", .compiled,
            html: "<style>p{\(each(100, ";") { "a\($0):b" })}p:hover{a1:c!important}</style>"
                + each(2_000) { "<p style=\"a\($0):d\">x</p>" }),
        HostilePage(
            "2,900 own styles, no two alike", .compiled,
            html: "<style>p{color:red}</style>" + each(2_900) { "<p style=\"a\($0):b\">x</p>" }),
        HostilePage(
            "an own style of 380 kB", .compiled, html: "<style>p{color:red}</style><p style=\"\(times(380_000, "a"))\">x</p>"),
        HostilePage(
            "5,400 elements for Outlook beside 2,900 others", .compiled,
            html: "<style>p{color:red}.a p{color:blue}</style><!--[if mso]>\(times(2_700, "<p>x</p>"))<![endif]-->"
                + times(2_900, "<p>x</p>")),
        HostilePage(
            "2,900 comments for Outlook", .compiled,
            html: "<style>p{color:red}</style>" + times(2_900, "<!--[if mso]><p><![endif]-->x")),
        HostilePage("comments for Outlook in one another", .compiled, html: times(19_000, "<!--[if mso]>") + "<p>x</p>"),
        HostilePage("2,900 links", .compiled, html: each(2_900) { "<a href=https://e.com/\($0)?a=b>x</a>" }),
        HostilePage("2,900 pictures that are not there", .compiled, html: each(2_900) { "<img src=img/\($0).png>" }),
        HostilePage("5,400 elements that are not closed", .refused, html: "<p>" + times(19_000, "<b></i>")),
        HostilePage("5,400 end tags", .compiled, html: "<p>" + each(19_000) { "</x\($0)>" }),
    ]

    /// What asks much of the text part.
    static let texts = [
        HostilePage(
            "quotes in one another with 2,700 lines", .compiled,
            html: times(200, "<blockquote>") + times(2_700, "x<br>") + times(200, "</blockquote>")),
        HostilePage(
            "lists in one another with 2,700 lines", .compiled, html: times(120, "<ul><li>") + times(2_700, "x<br>") + times(120, "</ul>")),
        HostilePage(
            "quotes in one another with 380 kB of words", .compiled,
            html: times(200, "<blockquote>") + times(76_000, "word ") + times(200, "</blockquote>")),
        HostilePage(
            "long numbers in one another with 2,700 lines", .compiled,
            html: times(120, "<ol start=999999999999999999><li>") + times(2_700, "x<br>")),
        HostilePage(
            "tables in one another with words", .compiled,
            html: times(60, "<table><tr><td>x<td>") + times(70_000, "word ") + times(60, "</table>")),
        HostilePage(
            "a table of 1,400 cells with links", .compiled,
            html: "<table>" + times(220, "<tr>" + times(6, "<td><a href=https://e.com/>x</a>")) + "</table>"),
        HostilePage("1,400 headings", .compiled, html: times(1_400, "<h1>words and words</h1>")),
        HostilePage("380 kB of empty lines", .refused, html: "<pre>" + times(380_000, "\n") + "</pre>"),
        HostilePage("19,900 empty lines", .compiled, html: "<pre>" + times(19_900, "\n") + "</pre>"),
        HostilePage("a heading of 390 kB", .compiled, html: "<h1>" + times(390_000, "x") + "</h1>"),
        HostilePage("380 kB of signs of other scripts", .compiled, html: "<p>" + times(95_000, "👨") + "</p>"),
        HostilePage("an emoji of 380 kB", .compiled, html: "<h1>" + times(54_000, "👨\u{200D}") + "</h1>"),
    ]

    /// What asks much of Liquid, of front matter and of the files beside a template.
    static let beside = [
        HostilePage(
            "480 conditions and 480 ends of loops", .refused,
            html: times(480, "{% if a %}") + "{% for a in b %}" + times(480, "{% endfor %}")),
        HostilePage("950 unknown names", .refused, html: each(950) { "{{ \(times(120, "a"))\($0) }}" }),
        HostilePage("950 unknown filters", .refused, html: each(950) { "{{ campaign.name | \(times(120, "a"))\($0) }}" }),
        HostilePage("950 unknown partials beside 400", .refused) {
            var files = ["Templates/m.html": HostilePage.front + each(950) { "{% render 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\($0)' %}" }]
            for number in 0..<400 { files["Templates/partials/ppppppppppppppppppppppppppppppp\(number).html"] = "x" }
            return files
        },
        HostilePage("950 texts that are not among 2,000", .compiled) {
            [
                "Templates/m.html": HostilePage.front + each(950) { "{{ 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\($0)' | t }}" },
                "Templates/strings.yaml": each(2_000, "\n") { "ppppppppppppppppppppppppppppppp\($0): {en: x}" },
            ]
        },
        HostilePage("a table of 3,900 texts", .compiled) {
            [
                "Templates/m.html": HostilePage.front + "{{ 'a1' | t }}",
                "Templates/strings.yaml": each(3_900, "\n") { "a\($0): {en: x}" },
            ]
        },
        HostilePage("more texts than there may be", .refused) {
            [
                "Templates/m.html": HostilePage.front + "{{ 'a1' | t }}",
                "Templates/strings.yaml": each(60_000, "\n") { "a\($0): {en: x}" },
            ]
        },
        HostilePage("an output with 30,000 filters", .compiled, html: "{{ campaign.name \(times(30_000, "| upcase ")) }}"),
        HostilePage("a tag with 60,000 lines", .refused, html: "{% liquid\n\(times(60_000, "echo a\n"))%}"),
        HostilePage("a comment of 390 kB", .compiled, html: "{% comment %}\(times(390_000, "a"))%{% endcomment %}"),
        HostilePage("20,000 unknown keys", .refused) { ["Templates/m.html": "---\n\(each(20_000) { "a\($0): b\n" })---\nx"] },
        HostilePage("a subject of a megabyte", .refused) { ["Templates/m.html": "---\nsubject: \(times(1 << 20, "a"))\n---\nx"] },
        HostilePage("lists in one another before a page", .refused) {
            ["Templates/m.html": "---\nsubject: \(times(200_000, "["))\n---\nx"]
        },
        HostilePage("a page of 20 MB", .refused) { ["Templates/m.html": HostilePage.front + times(20 << 20, "a")] },
        HostilePage("a layout of 20 MB", .refused) {
            ["Templates/m.html": "---\nsubject: S\nlayout: l\n---\nx", "Templates/layouts/l.html": times(20 << 20, "a") + "{{ content }}"]
        },
    ]

    static let moreMarkdown = [
        HostilePage("5,400 brackets in 256 kB", .compiled, md: times(19_000, "[abcdefghijkl ")),
        HostilePage("9,000 pairs of brackets in 256 kB", .compiled, md: times(9_000, "[abcdefghijkl] abcdefghijkl ")),
        HostilePage("5,400 stars in 256 kB", .compiled, md: times(2_700, "**abcdefghijklmno pqrstuvw ")),
        HostilePage("1,900 emphasised words", .compiled, md: times(950, "*a* _b_ ")),
        HostilePage("1,200 links", .compiled, md: each(1_200) { "[a](https://e.com/\($0)) " }),
        HostilePage(
            "a table of 100 columns and 45 rows", .compiled,
            md: times(100, "|a") + "\n" + times(100, "|-") + "\n" + times(45, times(100, "|x") + "\n")),
        HostilePage("lists in one another, 90 deep", .compiled, md: each(600, "\n") { times($0 % 45, "  ") + "- x" }),
        HostilePage("5,400 entities", .compiled, md: times(5_400, "&copy; abcd ")),
        HostilePage("5,400 lines of quotes", .compiled, md: times(5_400, "> a\n")),
        HostilePage("250 kB of code", .compiled, md: "```\n" + times(19_000, "abcdefghijk\n") + "```\n"),
        HostilePage("250 kB of HTML in Markdown", .refused, md: times(9_000, "<p>words and words</p>\n")),
    ]
}
