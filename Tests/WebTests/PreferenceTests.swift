import Model
import Signing
import Testing

@testable import Web

@Suite struct PreferenceTests {
    @Test func `the page shows every topic with what holds`() async throws {
        try await withSite { site in
            let page = try await site.get(try site.link(.preferences))
            #expect(page.status == 200)
            #expect(page.body.contains("name=\"topic\" value=\"newsletter\" checked>"))
            #expect(page.body.contains("name=\"topic\" value=\"events\">"))
            #expect(site.desk.deeds.isEmpty)
        }
    }

    @Test func `only what was shown and changed is recorded`() async throws {
        try await withSite { site in
            let page = try await site.post(
                try site.link(.preferences), "shown=newsletter&topic=newsletter&shown=events&topic=events&action=save")
            #expect(page.body.contains("Your choice is saved."))
            #expect(site.desk.deeds == [.confirmed(Site.person, ["events"], source: "preference page, campaign 3")])
            _ = try await site.post(
                try site.link(.preferences), "shown=newsletter&shown=offers&topic=offers&shown=events&topic=events&action=save")
            #expect(
                site.desk.deeds.dropFirst() == [
                    .withdrew(Site.person, .topics(["newsletter"]), source: "preference page, campaign 3")
                ])
        }
    }

    @Test func `everything can be left at once, and the first box ticked afterwards brings back that topic only`() async throws {
        var person = Site.someone
        person.isUnsubscribedFromEverything = true
        try await withSite(MemoryDesk([Site.person: person])) { site in
            let page = try await site.get(try site.link(.preferences))
            #expect(!page.body.contains("checked"))
            _ = try await site.post(try site.link(.preferences), "action=everything")
            #expect(site.desk.deeds.isEmpty)
            _ = try await site.post(
                try site.link(.preferences), "shown=newsletter&topic=newsletter&shown=offers&shown=events&action=save")
            #expect(
                site.desk.deeds == [
                    .withdrew(Site.person, .topics(["offers"]), source: "preference page, campaign 3"),
                    .confirmed(Site.person, ["newsletter"], source: "preference page, campaign 3"),
                ])
        }
    }

    @Test func `a form without an action changes nothing`() async throws {
        try await withSite { site in
            let link = try site.link(.preferences)
            #expect(try await site.post(link, "shown=newsletter").status == 400)
            #expect(site.desk.deeds.isEmpty)
        }
    }
}
