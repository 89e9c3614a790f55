import Model
import Signing
import Testing

@testable import Web

@Suite struct WebServerTests {
    @Test func `health answers and unknown paths are a page`() async throws {
        try await withSite { site in
            #expect(try await site.get("/health").body == "ok\n")
            let page = try await site.get("/nothing/here")
            #expect(page.status == 404)
            #expect(page.body.contains("Nothing here"))
        }
    }

    @Test func `a forged link, a link of another page and a forgotten person get the same answer`() async throws {
        try await withSite { site in
            let genuine = try site.link()
            let preferences = try site.link(.preferences).replacing("/p/", with: "/u/")
            let stranger = try site.link(contact: ContactID(8))
            let changed = genuine.dropLast(3) + (genuine.hasSuffix("AAA") ? "BBB" : "AAA")
            let paths = [String(changed), preferences, stranger, "/u/x", "/u/" + String(repeating: "A", count: 5000)]
            var answers: [HTTPAnswer] = []
            for path in paths { answers.append(try await site.get(path)) }
            #expect(answers.map(\.status) == [404, 404, 404, 404, 404])
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(try await site.post(String(changed), "List-Unsubscribe=One-Click").body == answers[0].body)
            #expect(site.desk.deeds.isEmpty)
        }
    }

    @Test func `every answer carries the security headers`() async throws {
        try await withSite { site in
            for path in ["/health", "/none", "/u/x", try site.link(), try site.link(.preferences)] {
                let answer = try await site.get(path)
                let policy = try #require(answer.headers["content-security-policy"])
                #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
                #expect(!policy.contains("unsafe"))
                #expect(answer.headers["referrer-policy"] == "no-referrer")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["x-robots-tag"] == "noindex, nofollow")
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(!answer.body.contains("<script"))
            }
        }
    }

    @Test func `a form that is too large is not read to its end`() async throws {
        try await withSite { site in
            let body = "List-Unsubscribe=One-Click&x=" + String(repeating: "x", count: 16_384)
            let link = try site.link()
            #expect(try await site.post(link, body).status == 413)
            let chunked = "4001\r\n" + String(repeating: "x", count: 0x4001) + "\r\n0\r\n\r\n"
            let answer = try await HTTPAnswer.exchange(
                "POST", try site.link(), ["Transfer-Encoding: chunked", "Content-Type: application/x-www-form-urlencoded"],
                Array(chunked.utf8), site.port)
            #expect(answer.status == 413)
            #expect(site.desk.deeds.isEmpty)
        }
    }

    @Test func `a store in trouble is a page to try again, and the log holds no address`() async throws {
        try await withSite(MemoryDesk([:], isBroken: true)) { site in
            let answer = try await site.post(try site.link(), "List-Unsubscribe=One-Click")
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "60")
            #expect(answer.body.contains("Please try again in a minute"))
            let line = try #require(site.log.all.first { $0.contains("could not reach the store") })
            #expect(line.contains("row of … is locked"))
            #expect(!site.log.all.joined().contains("ada"))
        }
    }

    @Test func `no link and no token is logged`() async throws {
        try await withSite { site in
            let link = try site.link()
            _ = try await site.get(link)
            _ = try await site.post(link, "List-Unsubscribe=One-Click")
            #expect(site.log.all.contains { $0.contains("unsubscribed") && $0.contains("7") })
            #expect(!site.log.all.contains { $0.contains(link.dropFirst(3)) })
        }
    }

    @Test(arguments: [
        ("it", "it"), ("it-IT,it;q=0.9,en;q=0.8", "it"), ("fr-FR, it;q=0.4, en;q=0.3", "it"), ("en, it", "en"), ("de", "en"),
        ("", "en"), ("it;q=0", "en"), ("en;q=0.5, it;q=0.7", "it"), (";;q=,,", "en"), ("italian", "en"),
    ])
    func `pages speak the language that the browser prefers`(header: String, language: String) async throws {
        #expect(Phrases.preferred(by: header).language == language)
    }

    @Test func `the page says what language it is in`() async throws {
        try await withSite { site in
            let page = try await site.get(try site.link(), "Accept-Language: it-IT")
            #expect(page.body.contains("<html lang=\"it\">"))
            #expect(page.headers["content-language"] == "it")
            #expect(page.headers["vary"] == "Accept-Language")
            #expect(page.body.contains("Disiscrivimi"))
        }
    }
}
