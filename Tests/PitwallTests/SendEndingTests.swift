import Foundation
import Testing

/// How a send that did not reach everybody ends, and how its campaign stands then.
@Suite struct `Sends that end early` {
    /// The visits of readers 0, 10, 20 … are no number that something can be divided by: theirs is 0.
    private func unrenderable() throws -> Workbench {
        let bench = try Workbench(people: 0)
        try bench.write(
            "people.csv", "email,visits\n" + (0..<20).map { "\(Workbench.address($0)),\($0 % 10)\n" }.joined())
        try bench.pitwall("import", "contacts", "people.csv", "--topic", "newsletter", "--consent", "confirmed", "--source", "a test")
        try bench.edit("Templates/welcome.md") { $0 + "\n{{ 100 | divided_by: contact.visits }}\n" }
        return bench
    }

    @Test func `what can't be rendered ends with 1, is named with its place, and goes out once it is mended`() throws {
        let bench = try unrenderable()
        let inbox = try Inbox(bench, "--discard")
        let sent = try bench.send(through: inbox.url)
        #expect(sent.status == 1)
        #expect(sent.facts.int("accepted") == 18)
        #expect(sent.facts.int("not_rendered") == 2)
        let cause = sent.facts.objects("causes").first
        #expect(cause?.int("count") == 2)
        #expect(cause?.text("cause")?.hasPrefix("Templates/welcome.md:") == true)
        #expect(try bench.log("skipped").allSatisfy { $0.text("reason")?.hasPrefix("not_rendered: Templates/welcome.md:") == true })

        let again = try bench.pitwall("send", "welcome", "--yes", "--relay", inbox.url)
        #expect(again.status == 1)
        #expect(again.output.contains("2 messages could not be rendered"))
        #expect(again.output.contains("pitwall plan welcome && pitwall send welcome"))

        try bench.edit("Templates/welcome.md") { $0.replacing("{{ 100 | divided_by: contact.visits }}", with: "") }
        #expect(try bench.pitwall("plan", "welcome").status == 0)
        let mended = try bench.send(through: inbox.url)
        #expect(mended.status == 0)
        #expect(mended.facts.int("accepted") == 20)
        #expect(mended.facts.int("not_rendered") == 0)
    }

    @Test func `a seed's copy that can't be rendered is named with its place too`() throws {
        let bench = try unrenderable()
        try bench.write("people.csv", "email,visits\n" + (0..<20).map { "\(Workbench.address($0)),5\n" }.joined())
        try bench.pitwall("import", "contacts", "people.csv", "--topic", "newsletter", "--consent", "confirmed", "--source", "a test")
        try bench.campaign("seeds: [qa@example.com]")
        let inbox = try Inbox(bench, "--discard")
        let sent = try bench.send(through: inbox.url)
        #expect(sent.status == 1)
        #expect(sent.facts.int("accepted") == 20)
        #expect(sent.facts.int("not_rendered") == 1)
        #expect(sent.facts.objects("causes").first?.text("cause")?.hasPrefix("Templates/welcome.md:") == true)
    }

    @Test func `a seed that is listed twice gets one copy`() throws {
        let bench = try Workbench(people: 3)
        try bench.campaign("seeds: [qa@example.com, boss@example.com, QA@example.com]")
        let inbox = try Inbox(bench, "--discard")
        #expect(try bench.send(through: inbox.url).status == 0)
        #expect(try bench.log().compactMap { $0.text("step") }.filter { $0 == "seed" }.count == 2)
    }

    @Test func `a brake that a person releases lets the campaign go on`() throws {
        let bench = try Workbench(people: 60)
        try bench.campaign("stop_if: {refused: 5%}")
        let bad = try Inbox(bench, "--discard", "--refuse", "reader")
        let braked = try bench.send(through: bad.url, "--limit", "30")
        #expect(braked.status == 75)
        #expect(braked.facts.text("stop_if")?.contains("more than stop_if allows") == true)
        #expect(try bench.send(through: bad.url).errors.contains("campaigns resume welcome"))
        #expect(try bench.pitwall("campaigns", "resume", "welcome").status == 0)
        let good = try Inbox(bench, "--discard")
        let rest = try bench.send(through: good.url)
        #expect(rest.status == 0)
        // The brake may speak before --limit does.
        let refused = try bench.log("refused").count
        #expect((20...30).contains(refused))
        #expect(rest.facts.int("accepted") == 60 - refused)
    }

    @Test func `a small campaign that is refused altogether does not end well`() throws {
        let bench = try Workbench(people: 40)
        try bench.campaign("stop_if: {refused: 5%}")
        let inbox = try Inbox(bench, "--discard", "--refuse", "reader")
        let sent = try bench.pitwall("send", "welcome", "--yes", "--relay", inbox.url)
        #expect(sent.status == 1 || sent.status == 75)
        #expect(sent.output.contains("more than stop_if allows (5%)"))
        #expect(!sent.output.contains("✓"))
    }

    @Test func `a campaign whose time is over is warned of, ends, and says why`() throws {
        let bench = try Workbench(people: 3)
        try bench.campaign("send: {not_after: 2020-01-01 08:00}")
        let planned = try bench.pitwall("plan", "welcome")
        #expect(planned.output.contains("send.not_after has passed"))
        let sent = try bench.pitwall("send", "welcome", "--yes", "--relay", "smtp://127.0.0.1:1")
        #expect(sent.output.contains("Nothing was sent: send.not_after has passed"))
        let status = try bench.pitwall("campaigns", "status", "welcome")
        #expect(status.output.contains("is sent since"))
        #expect(status.output.contains("send.not_after has passed"))
    }

    @Test func `status tells a campaign at rest from one that is being sent, and the plan carried out from a newer one`() throws {
        let bench = try Workbench(people: 5)
        #expect(try bench.send(through: "smtp://127.0.0.1:1").status == 69)
        let rests = try bench.pitwall("campaigns", "status", "welcome")
        #expect(rests.output.contains("it is not being sent now; 5 left: pitwall send welcome"))
        #expect(!rests.output.contains("sending since"))
        #expect(try bench.pitwall("campaigns", "list").output.contains("sending, at rest"))

        let first = try bench.pitwall("campaigns", "status", "welcome", "--json").facts
        #expect(first["being_sent"] as? Bool == false)
        let second = try bench.pitwall("plan", "welcome", "--json").facts
        let told = try bench.pitwall("campaigns", "status", "welcome", "--json").facts
        #expect(told.int("plan") == first.int("plan"))
        #expect(told.int("newer_plan") == second.int("plan"))
        #expect(try bench.pitwall("campaigns", "status", "welcome").output.contains("is newer and not begun"))
    }

    @Test func `two sends at once exclude each other, and the second names the campaign`() throws {
        let bench = try Workbench(people: 20)
        let inbox = try Inbox(bench, "--discard", "--final-delay", "500")
        let first = try bench.start("send", "welcome", "--yes", "--relay", inbox.url)
        try first.until("the first send to begin") {
            (try? bench.pitwall("campaigns", "status", "welcome", "--json").facts["being_sent"] as? Bool) == true ? true : nil
        }
        let second = try bench.send(through: inbox.url)
        #expect(second.status == 75)
        #expect(second.errors.contains("pitwall campaigns status welcome"))
        #expect(first.wait().status == 0)
    }
}

@Suite struct `Words at the edge` {
    @Test(arguments: ["99999", "-1", "65536"]) func `a port that is none is refused`(port: String) throws {
        let ending = try Workbench().pitwall("inbox", "--port=\(port)")
        #expect(ending.status == 64)
        #expect(ending.errors.contains("65535"))
    }

    @Test func `a port that is taken is said in words`() throws {
        let bench = try Workbench()
        let inbox = try Inbox(bench, "--discard")
        let port = String(inbox.url.split(separator: ":").last ?? "")
        let ending = try bench.pitwall("inbox", "--discard", "--port", port)
        #expect(ending.status == 73)
        #expect(ending.errors.contains("another program listens there already"))
    }

    @Test func `an import counts the reasons it does not list`() throws {
        let bench = try Workbench()
        let bad = [
            "ada", "@b.org", "ada@", "a b@c.org", "ada@@c.org", "ada@-c-.org", "ada@c..org", String(repeating: "x", count: 80) + "@c.org",
        ]
        try bench.write("people.csv", "email\neve@example.org\neve@example.org\n" + bad.map { "\($0)\n" }.joined() + "x,y\n")
        let listed = try bench.pitwall("import", "contacts", "people.csv", "--dry-run", "--json").facts
        let reasons = try #require(listed["reasons"] as? [String: Any])
        try #require(reasons.count > 5)
        let said = try bench.pitwall("import", "contacts", "people.csv", "--dry-run").output
        #expect(said.contains("for other reasons"))
    }

    @Test func `one is, two are`() throws {
        let bench = try Workbench(people: 3)
        try bench.write("gone.csv", "email\n\(Workbench.address(0))\n")
        try bench.pitwall("import", "suppressions", "gone.csv", "--source", "a test")
        #expect(try bench.pitwall("plan", "welcome").output.contains("1 is on the suppression list"))
    }
}
