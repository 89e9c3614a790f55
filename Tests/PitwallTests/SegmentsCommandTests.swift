import Testing

@Suite struct `The segments command` {
    /// Three readers, of whom the first bought twice, in euros, and the second once, in dollars.
    private func bench() throws -> Workbench {
        let bench = try Workbench(people: 3)
        try bench.write(
            "events.jsonl",
            """
            {"email":"reader0@example.org","event":"purchase","at":"2026-10-01T10:00:00Z","properties":{"amount":0.1,"currency":"EUR"}}
            {"email":"reader0@example.org","event":"purchase","at":"2026-10-02T10:00:00Z","properties":{"amount":0.2,"currency":"EUR"}}
            {"email":"reader1@example.org","event":"purchase","at":"2026-10-03T10:00:00Z","properties":{"amount":50,"currency":"USD"}}

            """)
        #expect(try bench.pitwall("import", "events", "events.jsonl").status == 0)
        try bench.write("Segments/buyers.segment", "did purchase before 2026-11-01 and visits >= 1\n")
        return bench
    }

    @Test func `explains one person, in or out`() throws {
        let bench = try bench()
        let out = try bench.pitwall("segments", "explain", "buyers", "reader0@example.org", "--json")
        #expect(out.status == 0)
        #expect(out.facts.names == ["matches", "clauses"])
        #expect(out.facts["matches"] as? Bool == false)
        let clauses = out.facts.objects("clauses")
        #expect(clauses.map { $0.text("text") } == ["did purchase before 2026-11-01", "visits >= 1"])
        #expect(clauses.map { $0["holds"] as? Bool } == [true, false])
        #expect(clauses.map { $0.text("evidence") } == ["purchase: 2 before 2026-11-01, latest 2026-10-02", "visits: 0"])
        let words = try bench.pitwall("segments", "explain", "buyers", "reader1@example.org")
        #expect(words.output.hasPrefix("reader1@example.org is in buyers.\n\n✓ did purchase before 2026-11-01\n"))
        #expect(try bench.pitwall("segments", "explain", "buyers", "nobody@example.org").status == 65)
        #expect(try bench.pitwall("segments", "explain", "buyer", "reader0@example.org").errors.contains("did you mean \"buyers\"?"))
    }

    @Test func `time can be moved, with what was known by then`() throws {
        let bench = try bench()
        for (time, count) in [("2026-10-01T10:00:00Z", 1), ("2026-10-01T09:59:59Z", 0), ("2026-10-02T10:00:00Z", 1)] {
            let ending = try bench.pitwall("segments", "count", "--where", "did purchase", "--at", time, "--json")
            #expect(ending.facts.int("count") == count)
        }
        let unheard = try bench.pitwall("segments", "count", "--where", "did purchase", "--known", "2026-10-04", "--json")
        #expect(unheard.facts.int("count") == 0)
    }

    @Test func `shows where people are lost`() throws {
        let facts = try bench().pitwall("segments", "funnel", "buyers", "--json").facts
        #expect(facts.int("people") == 3)
        #expect(facts.objects("steps").map { $0.int("remaining") } == [2, 1])
        #expect(facts.text("costliest") == "did purchase before 2026-11-01")
        let words = try bench().pitwall("segments", "funnel", "--where", "visits >= 0 and did purchase")
        #expect(words.output.contains("     2     1  ◀  and did purchase\n"))
    }

    @Test func `sums over two currencies are refused, each alone is exact`() throws {
        let bench = try bench()
        let mixed = try bench.pitwall("segments", "count", "--where", "sum of purchase.amount > 0")
        #expect(mixed.status == 65)
        #expect(mixed.errors.contains("sum of purchase.amount is over several currencies: EUR, USD"))
        let euros = try bench.pitwall("segments", "count", "--where", #"sum of purchase.amount where (currency = "EUR") = 0.3"#, "--json")
        #expect(euros.facts.int("count") == 1)
        try bench.write("Segments/spenders.segment", "sum of purchase.amount > 0\n")
        #expect(try bench.pitwall("segments", "check", "spenders").status == 65)
        try bench.edit("Campaigns/welcome.yaml") { $0.replacing("segment: newsletter", with: "segment: spenders") }
        #expect(try bench.pitwall("plan", "welcome").errors.contains("is over several currencies"))
    }

    @Test func `says who is in because something is unknown, and what only case keeps out`() throws {
        let bench = try bench()
        let count = try bench.pitwall("segments", "count", "--where", #"first_name != "Ada""#, "--json").facts
        #expect(count.int("unknown.first_name") == 0)
        try bench.write("Segments/italian.segment", #"language = "IT""# + "\n")
        let check = try bench.pitwall("segments", "check", "italian", "--json")
        #expect(check.status == 1)
        #expect(check.facts.objects("checks").first?.text("message") == #"nobody's language is "IT"; that of 1 is "it""#)
    }

    @Test func `brings files into form, and says which are not`() throws {
        let bench = try bench()
        try bench.write("Segments/loose.segment", "# who\nvisits>=1   and did purchase # bought\n")
        let check = try bench.pitwall("segments", "fmt", "loose", "--check", "--json")
        #expect(check.status == 1)
        #expect(check.facts.list("changed") as? [String] == ["Segments/loose.segment"])
        #expect(try bench.read("Segments/loose.segment").hasPrefix("# who\nvisits>=1"))
        #expect(try bench.pitwall("segments", "fmt", "loose").status == 0)
        #expect(try bench.read("Segments/loose.segment") == "# who\nvisits >= 1\nand did purchase  # bought\n")
        #expect(try bench.pitwall("segments", "fmt", "loose", "--check").status == 0)
        try bench.write("Segments/broken.segment", "visits >=\n")
        #expect(try bench.pitwall("segments", "fmt").status == 65)
        #expect(try bench.read("Segments/broken.segment") == "visits >=\n")
    }

    @Test func `lists what can be asked`() throws {
        let facts = try bench().pitwall("segments", "names", "--json").facts
        #expect(facts.objects("attributes").first { $0.text("name") == "visits" }?.int("people") == 3)
        let event = try #require(facts.objects("events").first)
        #expect([event.int("events"), event.int("people")] == [3, 2])
        #expect(event.objects("properties").map { $0.text("name") } == ["amount", "currency"])
    }

    @Test func `conditions may stand in a campaign`() throws {
        let bench = try bench()
        try bench.edit("Campaigns/welcome.yaml") { $0.replacing("segment: newsletter", with: "segment: did purchase before 2026-11-01") }
        #expect(try bench.pitwall("plan", "welcome", "--json").facts.int("recipients") == 2)
        try bench.edit("Campaigns/welcome.yaml") { $0.replacing("did purchase", with: "did purchse") }
        let wrong = try bench.pitwall("plan", "welcome")
        #expect(wrong.status == 65)
        #expect(wrong.errors.contains("Campaigns/welcome.yaml:5:14: error: no event \"purchse\" has ever been recorded"))
    }

    @Test func `conditions in the place of a name are told where they belong`() throws {
        let ending = try bench().pitwall("segments", "count", "visits >= 1")
        #expect(ending.status == 65)
        #expect(ending.errors.contains("conditions stand behind --where"))
    }
}
