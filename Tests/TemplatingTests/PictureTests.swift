import Diagnostics
import Foundation
import Model
import Templating
import Testing
import Workspace

@Suite struct PictureTests {
    @Test func `a picture of the workspace gets the name of its part, and is told with its place`() throws {
        let template = try load(
            md: "Hello\n\n![Logo](cid:Images/my%20logo.png) ![Again](CID:Images/my%20logo.png) <img alt=\"\" src=' cid:b-1.PNG '>\n")
        #expect(template.pictures[""]?.map(\.path) == ["Images/my logo.png", "b-1.PNG"])
        #expect(template.pictures[""]?.map(\.contentID) == ["Images_2Fmy_20logo.png@pitwall", "b-1.PNG@pitwall"])
        let picture = try #require(template.pictures[""]?.first)
        #expect(picture.source.name == "Templates/m.md")
        let page = try template.render(data()).page
        #expect(page.components(separatedBy: "cid:Images_2Fmy_20logo.png@pitwall").count == 3)
        #expect(page.contains("src='cid:b-1.PNG@pitwall'"))
        #expect(!(try template.render(data()).plain.contains("cid:")))
    }

    @Test func `pictures of layouts, partials and table backgrounds count too`() throws {
        let template = try load(
            md: "{% render 'card' %}\n\n![One](cid:one.png)\n",
            also: [
                "Templates/layouts/l.html":
                    "<table background=\"cid:bg.jpg\"><tr><td><img alt=\"\" src=\"cid:two.png\">{{ content }}</td></tr></table>",
                "Templates/partials/card.html": "<img alt=\"\" src=\"cid:three.png\">",
            ], front: "layout: l\n")
        #expect(Set(template.pictures[""]?.map(\.path) ?? []) == ["bg.jpg", "two.png", "one.png", "three.png"])
        let page = try template.render(data()).page
        for name in ["bg.jpg", "two.png", "one.png", "three.png"] { #expect(page.contains("cid:\(name)@pitwall"), "\(page)") }
    }

    @Test func `addresses of other kinds stay as they are`() throws {
        let template = try load(md: "![A](https://example.com/cid:a.png) [cid](cid:no.png) ![B]({{ contact.picture }})\n")
        #expect(template.pictures[""] == nil || template.pictures[""]?.isEmpty == true)
        #expect(try template.render(data(["picture": .text("cid:raw")])).page.contains("src=\"cid:raw\""))
    }

    @Test(arguments: ["cid:{{ contact.city }}.png", "cid:a{% if contact.x %}b{% endif %}.png"])
    func `a name with Liquid in it is an error`(address: String) {
        let found = complaints { try load(md: "<img alt=\"\" src=\"\(address)\">\n") }
        #expect(
            found.contains { $0.contains("Templates/m.md:4:") && $0.contains("the name of a picture in the message can't hold Liquid") },
            "\(found)")
    }

    @Test(arguments: ["cid:", "cid:\(String(repeating: "x", count: 300)).png"])
    func `no name, and one too long for a header, are errors`(address: String) {
        #expect(complaints { try load(md: "<img alt=\"\" src=\"\(address)\">\n") }.contains { $0.contains("this names no picture") })
    }

    @Test(arguments: [
        ("<img alt=\"\" src=\"https://x.example/a.png\" srcset=\"https://x.example/a.png 1x, CID:b.png 2x\">", true),
        ("<p style=\"color: red; background: URL( 'cid:a.png' )\">x</p>", true), ("<a href=\" cid:a.png\">x</a>", true),
        ("<style>.x { background-image: url(cid:a.png) }</style><p class=\"x\">x</p>", true),
        ("<input type=\"image\" alt=\"\" src=\"cid:a.png\">", true), ("<p style=\"background: image-set('cid:a.png' 1x)\">x</p>", true),
        ("<img alt=\"cid:a.png\" src=\"cid:a.png\">", false), ("<a href=\"https://x.example/?cid:1\">cid:</a>", false),
        ("<p style=\"color: red\">url(cid:a.png)</p>", false),
    ])
    func `a picture where none is found is warned of, at its line`(html: String, isWarned: Bool) throws {
        let warnings = try load(md: "Hello\n\n\(html)\n").warnings.filter { $0.message.contains("no picture of the workspace") }
        #expect(warnings.map { $0.source.name } == (isWarned ? ["Templates/m.md"] : []))
        #expect(warnings.allSatisfy { $0.headline.contains("m.md:6") }, "\(warnings)")
    }

    @Test func `one in a style sheet is warned of at its own line`() throws {
        let html = "<style>\n.x { color: red }\n.y { background-image: url('CID:a.png') }\n</style>\n\n<p class=\"x\">x</p>\n"
        let warnings = try load(md: "Hello\n\n\(html)").warnings.filter { $0.message.contains("no picture of the workspace") }
        #expect(warnings.map { $0.headline.contains("m.md:8") } == [true], "\(warnings)")
    }
}
