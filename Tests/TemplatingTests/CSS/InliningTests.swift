import Model
import Templating
import Testing
import Workspace

@Suite struct InliningTests {
    /// A page of these rules and this body, with what is left of its `<style>` and its body.
    private func inline(_ css: String, _ body: String, also files: [String: String] = [:]) throws -> (css: String?, body: String) {
        let page = try inlined("<!DOCTYPE html><html><head><style>\(css)</style></head><body>\(body)</body></html>", also: files)
        let style = page.firstRange(of: "<style>").flatMap { start in
            page.firstRange(of: "</style>").map { String(page[start.upperBound..<$0.lowerBound]) }
        }
        guard let start = page.firstRange(of: "<body"), let end = page.firstRange(of: "</body>") else { return (style, page) }
        let inner = page[start.upperBound..<end.lowerBound]
        return (style, inner.hasPrefix(">") ? String(inner.dropFirst()) : "<body" + inner)
    }

    @Test(arguments: [
        ("p { color: red }", "<p>x</p>", "<p style=\"color:red\">x</p>"),
        (
            ".a, #b{color:red;margin:0 auto}", "<p class='x a'>x</p><p id=b>y</p>",
            "<p style=\"color:red;margin:0 auto\" class='x a'>x</p><p style=\"color:red;margin:0 auto\" id=b>y</p>"
        ),
        // Weight, then order.
        ("#x{color:red}p.a{color:blue}p{color:green}", "<p id=x class=a>x</p>", "<p style=\"color:red\" id=x class=a>x</p>"),
        (".a{color:red}.b{color:blue}", "<p class='b a'>x</p>", "<p style=\"color:blue\" class='b a'>x</p>"),
        ("p{color:red !important}.a{color:blue}", "<p class=a>x</p>", "<p style=\"color:red\" class=a>x</p>"),
        // Shorthands and longhands stay in their order.
        (".a{margin:0}p{margin-top:5px}", "<p class=a>x</p>", "<p style=\"margin-top:5px;margin:0\" class=a>x</p>"),
        ("p{margin:0}.a{margin-top:5px}", "<p class=a>x</p>", "<p style=\"margin:0;margin-top:5px\" class=a>x</p>"),
        // What is said twice, or is not understood by all, is said twice.
        (
            "p{background:#fff;background:linear-gradient(red,blue)}", "<p>x</p>",
            "<p style=\"background:#fff;background:linear-gradient(red,blue)\">x</p>"
        ),
        ("p{color:red}.a{color:blurple}", "<p class=a>x</p>", "<p style=\"color:red;color:blurple\" class=a>x</p>"),
        (
            "p{mso-line-height-rule:exactly;-webkit-x:y;*zoom:1}", "<p>x</p>",
            "<p style=\"mso-line-height-rule:exactly;-webkit-x:y;*zoom:1\">x</p>"
        ),
        // What stands there already wins, but not over what is important.
        ("p{color:red;margin:0}", "<p style=\"color: blue\">x</p>", "<p style=\"margin:0;color: blue\">x</p>"),
        ("p{color:red!important}", "<p style=\"color: blue\">x</p>", "<p style=\"color: blue;color:red\">x</p>"),
        ("p{color:red!important}", "<p style=\"color: blue !important;\">x</p>", "<p style=\"color: blue !important;color:red\">x</p>"),
        (
            "p{color:red}", "<p style>x</p><p style=''>y</p><p style=top:0>z</p>",
            "<p style>x</p><p style='color:red'>y</p><p style=\"color:red;top:0\">z</p>"
        ),
        // Quotes, entities, comments, escapes, data addresses.
        ("p{font-family:\"A B\",'C'}", "<p>x</p>", "<p style=\"font-family:&quot;A B&quot;,'C'\">x</p>"),
        (
            "p{font-family:\"A B\"}", "<p>x</p><p style='top:0'>y</p>",
            "<p style=\"font-family:'A B'\">x</p><p style='font-family:\"A B\";top:0'>y</p>"
        ),
        ("p{/* a } */color:/**/red;/*;*/}", "<p>x</p>", "<p style=\"color:red\">x</p>"),
        ("p{background:url(data:image/png;base64,a/*b)}", "<p>x</p>", "<p style=\"background:url(data:image/png;base64,a/*b)\">x</p>"),
        (".sm\\:a{content:\"}\"}", "<p class=sm:a>x</p>", "<p style=\"content:'}'\" class=sm:a>x</p>"),
        ("<!-- p{color:red} -->", "<p>x</p>", "<p style=\"color:red\">x</p>"),
    ])
    func `a rule goes into the elements that it matches`(css: String, body: String, expected: String) throws {
        let found = try inline(css, body).body
        #expect(found == expected)
    }

    @Test(arguments: [
        "<style>body{background:#eee} p{color:red}</style><p>y</p>", "<!DOCTYPE html><title>t</title><style>p{color:red}</style><p>y</p>",
        "<style>html{color:red}</style><p>y</p>", "<style>:root p{color:red}</style><p>y</p>", "<style>body > p{color:red}</style><p>y</p>",
        "<style>p:first-child{color:red}</style><p>y</p><p>n</p>", "<style>p:nth-child(2){color:red}</style><p>n</p><p>y</p>",
        "<meta charset=utf-8><style>p:first-child{color:red}</style>{% assign x = 1 %}<p>y</p>",
        "{% if now %}<style>p{color:red}</style>{% endif %}<p>y</p>",
    ])
    func `a page without html, head and body tags is a page all the same`(page: String) throws {
        let after = try inlined(page)
        for name in ["body", "html"] where page.contains("<style>\(name){") {
            #expect(after.contains("<style>\(name){\(name == "body" ? "background:#eee" : "color:red")}"))
        }
        if page.contains("<style>html{") || page.contains("{% if now %}<style>") { return #expect(after.contains("color:red")) }
        #expect(after.contains("<p style=\"color:red\">y</p>"))
        #expect(!after.contains("<p style=\"color:red\">n</p>"))
    }

    @Test(arguments: [
        "<style>p{font-family:\"\(String(repeating: "x", count: 20_000))\"}</style>" + String(repeating: "<p>x</p>", count: 2900),
        "<style>p{\((0..<5000).map { "--a\($0):1" }.joined(separator: ";"))}</style>" + String(repeating: "<p>x</p>", count: 2000),
    ])
    func `rules that would make a page many times as large stay in their sheet`(page: String) throws {
        #expect(try inlined(page).utf8.count == page.utf8.count)
    }

    @Test(arguments: [
        ("div p", "<div><b><p>y</p></b></div><p>n</p>"), ("div > p", "<div><p>y</p><b><p>n</p></b></div>"),
        ("div b > p", "<div><i><b><p>y</p></b></i></div>"), ("h1 + p", "<h1></h1><p>y</p><p>n</p>"),
        ("h1 ~ p", "<p>n</p><h1></h1><i></i><p>y</p><p>y</p>"),
        ("p:first-child", "<div><p>y</p><p>n</p></div>"), ("p:last-child", "<div><p>n</p><p>y</p></div>"),
        ("p:nth-child(2n+1)", "<p>y</p><p>n</p><p>y</p>"),
        ("p:nth-child( odd )", "<p>y</p><p>n</p>"), ("p:nth-last-of-type(2)", "<p>n</p><p>y</p><i></i><p>n</p>"),
        ("p:only-child", "<div><p>y</p></div><p>n</p>"),
        ("p:not(.a)", "<p class=a>n</p><p>y</p>"), ("p[title]", "<p title>y</p><p>n</p>"),
        ("p[title=\"a b\"]", "<p title='a b'>y</p><p title=a>n</p>"),
        ("p[title~=a]", "<p title='b a'>y</p><p title=ab>n</p>"), ("p[title^=a]", "<p title=ab>y</p><p title=ba>n</p>"),
        ("p[title$=a]", "<p title=ba>y</p><p title=ab>n</p>"), ("p[title*=a]", "<p title=bab>y</p><p title=b>n</p>"),
        ("p[lang|=en]", "<p lang=en-GB>y</p><p lang=eng>n</p>"),
        ("P.a", "<p class=a>y</p><p class=ab>n</p>"), ("div .a", "<p class=a>n</p><div><p class=a>y</p></div>"),
        (".a.b", "<p class='b a'>y</p><p class=a>n</p>"),
        ("p:empty", "<p></p><p>n</p>"), ("body p", "<p>y</p>"), ("html > body > p", "<p>y</p><div><p>n</p></div>"),
    ])
    func `selectors match what a browser matches`(selector: String, body: String) throws {
        let found = try inline("\(selector){top:0}", body).body
        for (index, piece) in found.split(separator: "<p").enumerated() where index > 0 || found.hasPrefix("<p") {
            let isStyled = piece.contains("style=\"top:0\"")
            #expect(isStyled == !piece.contains(">n</p>"), "\(found)")
        }
    }

    @Test(arguments: [
        ("a:hover{color:red}", "<a>x</a>"), ("@media (max-width:9px){p{color:red}}", "<p>x</p>"),
        ("@font-face{font-family:a;src:url(b)}", "<p>x</p>"),
        ("@supports (a:b){p{color:red}}", "<p>x</p>"), ("[data-ogsc] p{color:red}", "<p>x</p>"), (".ExternalClass{width:100%}", "<p>x</p>"),
        ("p::before{content:'x'}", "<p>x</p>"), ("*{top:0}", "<p>x</p>"), ("html{top:0}", "<p>x</p>"),
        (":root{color-scheme:dark}", "<p>x</p>"),
        ("@import url(a.css);", "<p>x</p>"), ("p:is(.a){top:0}", "<p>x</p>"), ("p{color:red", "<p>x</p>"),
        ("a:visited{top:0}", "<a href=x>x</a>"),
        ("p[style]{top:0}", "<p style='left:0'>x</p>"),
    ])
    func `rules that hold at some times or for some programs only stay`(css: String, body: String) throws {
        let result = try inline(css, body)
        #expect(result.css == css)
        #expect(result.body == body)
    }

    @Test(arguments: [
        ("p{color:red}", "<p>x</p>", nil), ("p{color:red}h4{color:blue}", "<p>x</p>", nil),
        ("p{color:red}.gone{color:blue}", "<p>x</p>", ".gone{color:blue}"),
        ("/* a */ p{top:0} /* b */ a:hover{top:1px} /* c */ i{top:0}", "<p>x</p><a>y</a><i>z</i>", " /* b */ a:hover{top:1px}"),
        ("p{top:0}a:hover{top:1px}", "<p>x</p><a>y</a>", "a:hover{top:1px}"),
    ])
    func `what is in the elements goes from the sheet, and its comments with it`(css: String, body: String, left: String?) throws {
        #expect(try inline(css, body).css == left)
    }

    @Test(arguments: [
        // Media and states used to win.
        (
            "p{color:red}@media (a){p{color:blue;top:0}}", "<p>x</p>", "@media (a){p{color:blue !important;top:0}}",
            "<p style=\"color:red\">x</p>"
        ),
        ("a{color:red}a:hover{color:blue}", "<a>x</a>", "a:hover{color:blue !important}", "<a style=\"color:red\">x</a>"),
        (
            "a{border:0}a:hover{border-top-color:blue}", "<a>x</a>", "a:hover{border-top-color:blue !important}",
            "<a style=\"border:0\">x</a>"
        ),
        ("[data-ogsc] p{color:red}p{color:blue}", "<p>x</p>", "[data-ogsc] p{color:red !important}", "<p style=\"color:blue\">x</p>"),
        // They lost, and still lose.
        (
            "@media (a){p{color:blue}}p.a{color:red}", "<p class=a>x</p>", "@media (a){p{color:blue}}",
            "<p style=\"color:red\" class=a>x</p>"
        ),
        (
            "@media (a){p{color:blue!important}}p.a{color:red!important}", "<p class=a>x</p>", "@media (a){p{color:blue!important}}",
            "<p style=\"color:red!important\" class=a>x</p>"
        ),
        (
            "@media (a){p.a{color:blue!important}}p{color:red!important}", "<p class=a>x</p>", "@media (a){p.a{color:blue!important}}",
            "<p style=\"color:red\" class=a>x</p>"
        ),
        // Made important they would beat what stands in the element: what they beat stays beside them.
        (
            "p{color:red}@media (a){p{color:blue}}", "<p style='color:lime'>x</p>", "p{color:red}@media (a){p{color:blue}}",
            "<p style='color:lime'>x</p>"
        ),
        (
            "p{color:red;top:0}p:hover{color:blue}", "<p style='color:lime'>x</p>", "p{color:red;top:0}p:hover{color:blue}",
            "<p style='top:0;color:lime'>x</p>"
        ),
    ])
    func `what stays wins and loses as before`(css: String, body: String, left: String, expected: String) throws {
        let result = try inline(css, body)
        #expect(result.css == left)
        #expect(result.body == expected)
    }

    @Test func `a link's two states together are inlined`() throws {
        let result = try inline("p a:link, p a:visited { color: red }", "<p><a href=x>x</a><a>y</a></p>")
        #expect(result.css == nil)
        #expect(result.body == "<p><a style=\"color:red\" href=x>x</a><a>y</a></p>")
    }

    @Test func `conditional comments and what only Outlook sees are left alone`() throws {
        let body = "<!--[if mso]><table class=\"o\"><tr><td>x</td></tr></table><![endif]--><p>x</p>"
        let result = try inline(".o{top:0}p{top:0}", body)
        #expect(result.css == ".o{top:0}")
        #expect(result.body == body.replacing("<p>", with: "<p style=\"top:0\">"))
        let page = "<html><head><!--[if !mso]><!--><style>p{top:0}</style><!--<![endif]--></head><body><p>x</p></body></html>"
        #expect(try inlined(page) == page)
    }

    @Test(arguments: [
        ("<style media=\"print\">p{top:0}</style>", false), ("<style type=\"text/x\">p{top:0}</style>", false),
        ("<style media=\"screen\" type=\"text/css\">p{top:0}</style>", true), ("<STYLE>p{top:0}</STYLE>", true),
    ])
    func `the kind of a style element counts`(style: String, isInlined: Bool) throws {
        let page = try inlined("<html><head>\(style)</head><body><p>x</p></body></html>")
        #expect(page.contains("<p style=\"top:0\">") == isInlined)
        #expect(page.contains(style) == !isInlined)
    }

    @Test(arguments: [
        "@layer a { p { color: red } }", "@namespace url(a); p { color: red }", "p { color: red; &:hover { color: blue } }",
        "@scope (p) { a { top: 0 } }",
    ])
    func `what style attributes have no words for stays, and is said`(css: String) throws {
        let page = "<html><head><style>\n\(css) i{top:0}</style></head><body><p>x</p><i>y</i></body></html>"
        #expect(try inlined(page) == page)
        let said = complaints {
            try library(["Templates/m.html": "---\nsubject: S\n---\n\(page)"]).load("m", for: TemplateUse(kind: .service))
        }
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("Templates/m.html:5:") == true)
    }

    @Test(arguments: [
        String(repeating: "{", count: 1 << 17), String(repeating: "p{", count: 50_000), "/*" + String(repeating: "*", count: 1 << 17),
        "p{content:\"" + String(repeating: "x", count: 1 << 17), String(repeating: "@media a{", count: 20_000),
        String(repeating: "p{top:0}", count: 20_000), String(repeating: "*,", count: 50_000) + "p{top:0}",
        "p" + String(repeating: " p", count: 50_000) + "{top:0}", String(repeating: "p:not(", count: 20_000),
        String(repeating: "div div div div div div p{top:0}", count: 3000),
        "a:nth-child(" + String(repeating: "9", count: 50_000) + "){top:0}",
        String(repeating: "p{background:url(", count: 10_000),
    ])
    func `hostile rules end soon`(css: String) throws {
        let body = String(repeating: "<div>", count: 100) + String(repeating: "<p>x</p>", count: 500)
        let clock = ContinuousClock()
        let start = clock.now
        _ = try? inlined("<html><head><style>\(css)</style></head><body>\(body)</body></html>")
        // Debug builds are many times slower than what is delivered.
        #expect(clock.now - start < .seconds(60))
    }
}
