import Foundation
import Model
import Testing

@testable import Web

@Suite struct UnsubscribeTests {
    @Test func `looking at the page changes nothing`() async throws {
        try await withSite { site in
            for _ in 0..<2 {
                let page = try await site.get(try site.link())
                #expect(page.status == 200)
                #expect(page.body.contains("You will no longer get “The newsletter” from Pitwall &lt;Demo&gt;."))
                #expect(page.body.contains("<button name=\"action\" value=\"unsubscribe\">"))
            }
            let head = try await HTTPAnswer.exchange("HEAD", try site.link(), [], [], site.port)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(site.desk.deeds.isEmpty)
        }
    }

    static let multipart =
        "--xyz\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--xyz--\r\n"

    @Test(arguments: [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded; charset=utf-8", "List-Unsubscribe=One-Click\r\n"),
        ("multipart/form-data; boundary=xyz", multipart),
        ("multipart/form-data; boundary=\"xyz\"", multipart),
    ])
    func `one-click withdraws from the topic of the message, once`(type: String, body: String) async throws {
        try await withSite { site in
            for _ in 0..<2 {
                let page = try await site.post(try site.link(), body, type: type)
                #expect(page.status == 200)
                #expect(page.body.contains("You won’t get “The newsletter”"))
                #expect(page.body.contains("<li>Offers &amp; &lt;deals&gt;</li>"))
            }
            #expect(
                site.desk.deeds == [.withdrew(Site.person, .topics(["newsletter"]), source: "one-click unsubscribe, campaign 3")])
        }
    }

    @Test func `a link about no topic withdraws from everything`() async throws {
        try await withSite { site in
            let page = try await site.post(try site.link(topic: ""), "List-Unsubscribe=One-Click")
            #expect(page.body.contains("any newsletters or offers"))
            #expect(site.desk.deeds == [.withdrew(Site.person, .everything, source: "one-click unsubscribe, campaign 3")])
        }
    }

    @Test func `the page's buttons withdraw from the topic or from everything`() async throws {
        try await withSite { site in
            _ = try await site.post(try site.link(), "action=unsubscribe")
            _ = try await site.post(try site.link(), "action=everything")
            _ = try await site.post(try site.link(), "action=everything")
            #expect(
                site.desk.deeds == [
                    .withdrew(Site.person, .topics(["newsletter"]), source: "unsubscribe page, campaign 3"),
                    .withdrew(Site.person, .everything, source: "unsubscribe page, campaign 3"),
                ])
        }
    }

    @Test func `undoing is a consent with its source and brings back what was left`() async throws {
        try await withSite { site in
            let gone = try await site.post(try site.link(), "action=everything")
            #expect(gone.body.contains("<input type=\"hidden\" name=\"topic\" value=\"newsletter\">"))
            #expect(gone.body.contains("<input type=\"hidden\" name=\"topic\" value=\"offers\">"))
            #expect(!gone.body.contains("value=\"events\""))
            let back = try await site.post(try site.link(), "topic=newsletter&topic=offers&topic=invented&action=undo")
            #expect(back.body.contains("“The newsletter” and “Offers &amp; &lt;deals&gt;”"))
            _ = try await site.post(try site.link(), "topic=newsletter&topic=offers&action=undo")
            #expect(
                site.desk.deeds.dropFirst() == [
                    .confirmed(Site.person, ["newsletter", "offers"], source: "undo on the unsubscribe page, campaign 3")
                ])
        }
    }

    @Test func `a topic left while everything was left is not forgotten`() async throws {
        var person = Site.someone
        person.isUnsubscribedFromEverything = true
        try await withSite(MemoryDesk([Site.person: person])) { site in
            _ = try await site.post(try site.link(), "List-Unsubscribe=One-Click")
            #expect(site.desk.deeds.count == 1)
        }
    }

    @Test func `an action that no button has is refused`() async throws {
        try await withSite { site in
            let link = try site.link()
            #expect(try await site.post(link, "action=explode").status == 400)
            #expect(try await site.post(link, "topic=invented&action=undo").status == 400)
            #expect(try await site.post(link, "{}", type: "application/json").status == 415)
            #expect(site.desk.deeds.isEmpty)
        }
    }

    @Test func `the page leads to the preferences of the same person`() async throws {
        try await withSite { site in
            for page in [try await site.get(try site.link()), try await site.post(try site.link(), "action=unsubscribe")] {
                let start = try #require(page.body.range(of: "<a href=\"../p/"))
                let token = page.body[start.upperBound...].prefix { $0 != "\"" }
                let preferences = try await site.get("/p/" + token)
                #expect(preferences.body.contains("Your preferences"))
            }
        }
    }

    @Test func `the links of a test message do nothing`() async throws {
        try await withSite { site in
            let link = try site.link(isTest: true)
            #expect(try await site.get(link).body.contains("test message"))
            #expect(try await site.post(link, "List-Unsubscribe=One-Click").body.contains("test message"))
            #expect(site.desk.deeds.isEmpty)
        }
    }
}
