import Diagnostics
import Liquid
import Model
import Templating
import Testing
import Workspace

@Suite struct TemplateLibraryTests {
    static let layout =
        "<!DOCTYPE html><html><head><title>{{ subject }}</title></head><body class=\"x\"><h6>{{ organisation.name }}</h6>\n{{ content }}\n<a href=\"{{ links.unsubscribe }}\">Leave</a> {{ organisation.postal_address }}</body></html>"

    @Test func `a message goes into its layout`() throws {
        let message = try load(
            md: "Hi <b>{{ contact.first_name }}</b>", subject: "Hi {{ contact.first_name }}",
            also: ["Templates/layouts/l.html": Self.layout], front: "layout: l\n"
        )
        .render(data(["first_name": "A&B"]))
        #expect(message.subject == "Hi A&B")
        #expect(
            message.page.hasPrefix(
                "<!DOCTYPE html><html><head><title>Hi A&amp;B</title></head><body class=\"x\"><h6>Pitwall Demo</h6>\n<p>Hi <b>A&amp;B</b></p>\n"
            ))
        #expect(message.page.contains("<a href=\"https://news.example.com/u/abc?x=1&amp;y=2\">Leave</a> 1 Pit Lane, Monza"))
        #expect(message.plain.contains("Leave (https://news.example.com/u/abc?x=1&y=2) 1 Pit Lane, Monza"))
    }

    @Test func `the language variant follows the contact`() throws {
        let library = library([
            "Templates/m.md": "---\nsubject: Hello\nlayout: l\n---\nHello", "Templates/m.it.md": "---\nsubject: Ciao\n---\nCiao",
            "Templates/m.pt-BR.md": "---\nsubject: Oi\n---\nOi", "Templates/m.it.txt": "Ciao a mano",
            "Templates/layouts/l.html": "[{{ content }}]",
            "Templates/other.md": "---\nsubject: Other\n---\n", "Templates/v1.2.md": "---\nsubject: V\n---\n",
        ])
        #expect(try library.names() == ["m", "other", "v1.2"])
        let template = try library.load("m", for: TemplateUse(kind: .service))
        #expect(template.languages == ["it", "pt-br"])
        for (language, subject) in [("it", "Ciao"), ("it-CH", "Ciao"), ("pt_BR", "Oi"), ("pt", "Hello"), ("de", "Hello"), ("", "Hello")] {
            #expect(try template.render(data(["language": .text(language)])).subject == subject)
        }
        let italian = try template.render(data(["language": "it"]))
        #expect(italian.plain == "Ciao a mano")
        #expect(italian.page == "[<p>Ciao</p>\n]")
        #expect(italian.language == "it")
    }

    @Test func `the campaign's subject and preheader come first`() throws {
        let source = SourceText(name: "Campaigns/c.yaml", text: "subject: Mine {{ campaign.data.x }}\npreheader: P\n")
        let use = TemplateUse(
            kind: .service, subject: AuthoredText(Located("Mine {{ campaign.data.x }}", at: Span(9, 35)), in: source),
            preheader: AuthoredText(Located("P", at: Span(47, 48)), in: source))
        let message = try load(md: "x", subject: "Theirs", use: use).render(data(campaign: ["x": "!"]))
        #expect(message.subject == "Mine !")
        #expect(message.preheader == "P")
    }

    @Test func `the preheader is hidden at the start of the page`() throws {
        let message = try load(md: "x", front: "preheader: Three {{ contact.city }}\n").render(data(["city": "<things>"]))
        #expect(message.preheader == "Three <things>")
        #expect(message.page.contains("<body><div style=\"display:none;"))
        #expect(message.page.contains(">Three &lt;things&gt;&#847;"))
        #expect(message.plain == "x\n")
        let layout = ["Templates/layouts/l.html": "<body><i>{{ preheader }}</i>{{ content }}</body>"]
        let other = try load(md: "x", also: layout, front: "preheader: P\nlayout: l\n").render(data())
        #expect(other.page == "<body><i>P</i><p>x</p>\n</body>")
    }

    @Test(arguments: ["\r\nBcc: evil@example.com", "a\u{0}b", "a\u{2028}b", "\u{85}x\u{1B}"])
    func `no value can put a second line into the subject`(value: String) throws {
        let message = try load(md: "x", subject: "S {{ contact.x }} end", front: "preheader: \"{{ contact.x }}\"\n").render(
            data(["x": .text(value)]))
        #expect(
            message.subject.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x85 && $0.value != 0x2028 })
        #expect(message.preheader.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x85 && $0.value != 0x2028 })
    }

    @Test func `each character of a subject stays or becomes a space`() throws {
        let template = try load(md: "x", subject: "{{ contact.x }}")
        for value: UInt32 in Array(1...0x900) + Array(0x2000...0x20FF) + Array(0xFE00...0xFFFF) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isBlank = value <= 0x20 || (0x7F...0xA0).contains(value) || value == 0x2028 || value == 0x2029
            let subject = try template.render(data(["x": .text("a\(scalar)b")])).subject
            #expect(subject == (isBlank ? "a b" : "a\(scalar)b"), "U+\(String(value, radix: 16))")
        }
    }

    @Test func `partials are made ready for the page and for the text part`() throws {
        let files = [
            "Templates/partials/box.html": "<table><tr><td><b>{{ title }}</b> <a href=\"https://e.com/\">Go</a></td></tr></table>",
            "Templates/partials/note.md": "**{{ title }}**", "Templates/partials/plain.liquid": "[{{ title }}]",
            "Templates/partials/both.html": "<i>h</i>", "Templates/partials/both.txt": "t",
        ]
        let md =
            "{% render 'box', title: 'A&B' %}\n\n{% render 'note', title: 'N' %}\n\nx {% render 'plain', title: 'P&Q' %} {% render \"both\" %}"
        let message = try load(md: md, also: files).render(data())
        #expect(
            message.body
                == "<table><tr><td><b>A&amp;B</b> <a href=\"https://e.com/\">Go</a></td></tr></table>\n<p><strong>N</strong></p>\n\n<p>x [P&amp;Q] <i>h</i></p>"
        )
        #expect(message.plain == "A&B Go (https://e.com/)\n\nN\n\nx [P&Q] t\n")
    }

    @Test func `campaign parameters are added to the message's own links`() throws {
        let utm = [CampaignFile.TrackingParameter(name: "campaign", value: "spring & co"), .init(name: "source", value: "mail")]
        let md = """
            [a](https://e.com/x) [b](https://e.com/x?q=1&amp;r=2#frag) [c](mailto:a@e.com) [d](tel:+39) [e](#x) [f]({{ links.unsubscribe }})
            [g]({{ contact.url }}) [h](https://e.com/{{ contact.city }}) [i]({{ contact.mail }}) [j](https://e.com/?utm_source=x)
            """
        let message = try load(md: md, use: TemplateUse(kind: .service, utm: utm))
            .render(data(["url": "https://shop.example/?p=1&o=2#top", "city": "a?b", "mail": "mailto:x@e.com"]))
        let added = "utm_campaign=spring%20%26%20co&amp;utm_source=mail"
        for href in [
            "https://e.com/x?\(added)", "https://e.com/x?q=1&amp;r=2&amp;\(added)#frag", "mailto:a@e.com", "tel:+39", "#x",
            "https://news.example.com/u/abc?x=1&amp;y=2", "https://shop.example/?p=1&amp;o=2&amp;\(added)#top",
            "https://e.com/a%3Fb?\(added)",
            "mailto:x@e.com", "https://e.com/?utm_source=x&amp;utm_campaign=spring%20%26%20co",
        ] {
            #expect(message.page.contains("href=\"\(href)\""), "\(href)")
        }
        #expect(message.plain.contains("g\n(https://shop.example/?p=1&o=2&utm_campaign=spring%20%26%20co&utm_source=mail#top)"))
    }

    @Test func `an unsubscribe address keeps its form, however it gets into a link`() throws {
        let files = ["Templates/partials/b.html": "<a href=\"{{ url }}\">x</a>"]
        let use = TemplateUse(kind: .service, utm: [.init(name: "campaign", value: "s")])
        let message = try load(
            md: "{% render 'b', url: links.unsubscribe %}\n\n{% render 'b', url: 'https://e.com' %}", also: files, use: use
        ).render(data())
        #expect(message.page.contains("\"https://news.example.com/u/abc?x=1&amp;y=2\""))
        #expect(message.page.contains("\"https://e.com?utm_campaign=s\""))
    }

    @Test func `links are listed as their authors wrote them`() throws {
        let template = try load(md: "[a](https://e.com/{{ contact.city }}) [b](mailto:x@e.com)")
        #expect(template.links.map(\.address) == ["https://e.com/{{ contact.city }}", "mailto:x@e.com"])
        #expect(template.links.first.map { $0.source.location(of: $0.span?.start ?? 0).line } == 4)
    }

    @Test func `gaps say what a recipient must have`() throws {
        let template = try load(md: "{{ contact.city }} {{ contact.plan | default: 'x' }} {% if contact.vip %}{{ contact.vip }}{% endif %}")
        let gaps = template.gaps.filter { $0.cases.contains { $0.values.contains { $0.contains(.nothing) } } }
        #expect(gaps.map(\.attribute) == ["city"])
        #expect(gaps.first.map { $0.source.location(of: $0.span.start) } == Location(line: 4, column: 4))
    }

    @Test func `a template can be rendered on many threads at once`() async throws {
        let template = try load(md: "Hi {{ contact.first_name }}, {% for i in (1..50) %}{{ i }}{% endfor %}")
        let expected = try template.render(data(["first_name": "A"]))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { (try? template.render(data(["first_name": "A"]))) == expected } }
            for await isSame in group { #expect(isSame) }
        }
    }

    @Test func `rendering stops at a place in the author's file`() throws {
        let template = try load(md: "a\n\n{% for i in (1..100000000) %}\nx\n{% endfor %}")
        let error = #expect(throws: Diagnostic.self) { try template.render(data()) }
        #expect(error?.headline.hasPrefix("Templates/m.md:") == true)
    }
}

@Suite struct StandaloneTemplateTests {
    @Test func `a file alone is plain Liquid`() throws {
        let partials = FrozenFiles(texts: ["a": "[{{ x }}]", "b.liquid": "({{ x }})"])
        let source = SourceText(name: "f.liquid", text: "---\n{{ y }}{% render 'a', x: y %}{% render 'b', x: y %}")
        let data = JSONValue.object(["y": "<&>"])
        let text = try StandaloneTemplate.render(source, data: data, partials: partials, now: Instant(seconds: 0))
        #expect(String(decoding: text, as: UTF8.self) == "---\n<&>[<&>](<&>)")
        let html = try StandaloneTemplate.render(source, data: data, mode: .html, partials: partials, now: Instant(seconds: 0))
        #expect(String(decoding: html, as: UTF8.self) == "---\n&lt;&amp;&gt;[&lt;&amp;&gt;](&lt;&amp;&gt;)")
    }

    @Test(arguments: ["{% if %}", "{{ x | nofilter }}", "{% render 'gone' %}", "{{ x"])
    func `what is wrong with it is said with its place`(text: String) {
        let source = SourceText(name: "f.liquid", text: "a\n \(text)")
        do {
            _ = try StandaloneTemplate.render(source, data: .object([:]), partials: FrozenFiles([:]), now: Instant(seconds: 0))
            Issue.record("nothing was wrong")
        } catch {
            #expect(error.items.first?.headline.hasPrefix("f.liquid:2:") == true)
        }
    }

    @Test(arguments: [
        "Templates/m.html", "Templates/layouts/l.html", "Templates/partials/p.html", "Templates/partials/q.liquid", "Templates/m.txt",
    ])
    func `a file that is not UTF-8 is refused where it is not`(path: String) throws {
        let texts = [
            "Templates/m.html": "---\nsubject: S\nlayout: l\n---\nx {% render 'p' %}{% render 'q' %}",
            "Templates/layouts/l.html": "{{ content }}\n", "Templates/partials/p.html": "<p>\n</p>", "Templates/partials/q.liquid": "q\n",
            "Templates/m.txt": "x\n",
        ]
        var files = texts.mapValues { Array($0.utf8) }
        files[path]?.append(0xE8)
        let line = texts[path]?.split(separator: "\n", omittingEmptySubsequences: false).count ?? 0
        let said = complaints { try TemplateLibrary(files: FrozenFiles(files)).load("m", for: TemplateUse(kind: .service)) }
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("\(path):\(line):") == true && said.first?.contains("error: this is not UTF-8") == true)
    }

    @Test(arguments: ["layouts/l.html", "partials/p.html"])
    func `front matter where none is read is refused`(name: String) {
        var files = ["Templates/layouts/l.html": "{{ content }}{% render 'p' %}", "Templates/partials/p.html": "<p>p</p>"]
        files["Templates/\(name)"] = "---\nsubject: S\n---\n" + (files["Templates/\(name)"] ?? "")
        let said = complaints { try load(md: "x", also: files, front: "layout: l\n") }
        #expect(said.contains { $0.hasPrefix("Templates/\(name):1:1: error: only templates have front matter") })
    }
}
