import Foundation
import Testing

@Suite struct `The commands about people` {
    @Test func `an address that is only on the suppression list can be looked at, handed out and erased`() throws {
        let bench = try Workbench(people: 1)
        try bench.write("gone.csv", "email,reason\nLost@example.org,complaint\n")
        try bench.pitwall("import", "suppressions", "gone.csv", "--source", "a report")
        let shown = try bench.pitwall("contacts", "show", "lost@example.org")
        #expect(shown.output.contains("nobody is known by this address"))
        #expect(shown.output.contains("complaint"))
        let export = try bench.pitwall("contacts", "export", "LOST@example.org").facts
        #expect(export.objects("suppressions").map { $0.text("source") } == ["a report"])
        let forgotten = try bench.pitwall("contacts", "forget", "lost@example.org", "--yes")
        #expect(forgotten.status == 0)
        #expect(forgotten.output.contains("1 file of yours still names them:\n  gone.csv\n"))
        #expect(try bench.pitwall("contacts", "show", "lost@example.org").status == 65)
        let again = try bench.pitwall("import", "suppressions", "gone.csv", "--json")
        #expect(again.status == 0)
        #expect(again.facts.int("rejected") == 1)
    }

    @Test func `forgetting somebody again writes the database file anew, and forgetting nobody is a mistake`() throws {
        let bench = try Workbench(people: 1)
        #expect(try bench.pitwall("contacts", "forget", Workbench.address(0), "--yes").status == 0)
        let again = try bench.pitwall("contacts", "forget", Workbench.address(0), "--yes", "--json")
        #expect(again.status == 0)
        #expect(again.facts.int("addresses") == 0)
        #expect(again.facts.list("named_in") as? [String] == ["people.csv"])
        #expect(try bench.pitwall("contacts", "forget", "nobody@example.org", "--yes").status == 65)
    }

    @Test func `a person without an address is looked at, explained, merged and erased by external ID`() throws {
        let bench = try Workbench(people: 1)
        try bench.write("crm.csv", "External ID,city\ncrm-7788,Rome\ncrm-7799,Oslo\n")
        #expect(try bench.pitwall("import", "contacts", "crm.csv").status == 0)
        #expect(try bench.pitwall("contacts", "show", "external:crm-7788").output.contains("external ID: crm-7788"))
        #expect(try bench.pitwall("contacts", "show", "external:crm-1").status == 65)
        let export = try bench.pitwall("contacts", "export", "external:crm-7788").facts
        #expect(export.objects("external_ids").map { $0.text("id") } == ["crm-7788"])
        try bench.write("Segments/romans.segment", "city = \"Rome\"\n")
        #expect(try bench.pitwall("segments", "explain", "romans", "external:crm-7788").output.contains("external:crm-7788 is in romans"))
        let merged = try bench.pitwall("contacts", "merge", Workbench.address(0), "external:crm-7799")
        #expect(merged.output.contains("undo it with: pitwall contacts unmerge \(Workbench.address(0))"))
        let parted = try bench.pitwall("contacts", "unmerge", Workbench.address(0))
        #expect(parted.output.contains("Two people again: \(Workbench.address(0)) and external:crm-7799."))
        let forgotten = try bench.pitwall("contacts", "forget", "external:crm-7788", "--yes")
        #expect(forgotten.output.contains("1 file may still name them by an external ID:\n  crm.csv\n"))
        #expect(
            try bench.pitwall("contacts", "forget", "external:crm-7788", "--yes", "--json").facts.list("may_be_named_in") as? [String] == [
                "crm.csv"
            ])
        #expect(try bench.pitwall("import", "contacts", "crm.csv", "--json").facts.int("rejected") == 1)
    }

    @Test(arguments: [
        (["segments", "count", "newsletter", "--at", "2026-02-30"], "--at is no time: \"2026-02-30\""),
        (["segments", "count", "newsletter", "--known", "never"], "--known is no time: \"never\""),
        (["contacts", "show", "nobody"], "the address has no @"),
        (["contacts", "forget", "reader0@example.org"], "nobody can be asked here"),
    ])
    func `what can't be meant is explained, and ends with 64`(words: [String], said: String) throws {
        let bench = try Workbench(people: 1)
        let ending = try Program(Tools.pitwall, words, in: bench.root).wait()
        #expect(ending.status == 64)
        #expect(ending.errors.hasPrefix("error: "))
        #expect(ending.errors.contains(said))
        #expect(!ending.errors.contains("Usage"))
    }

    @Test func `an import of which no line could be taken in ends with 65`() throws {
        let bench = try Workbench(people: 1)
        try bench.write("events.jsonl", "none\nof these\n")
        let ending = try bench.pitwall("import", "events", "events.jsonl")
        #expect(ending.status == 65)
        #expect(ending.output.contains("2 lines rejected:\n  2 × not valid JSON\n"))
        try bench.write("events.jsonl", #"{"email":"reader0@example.org","event":"visit","at":"2026-10-01"}"# + "\nnone\n")
        #expect(try bench.pitwall("import", "events", "events.jsonl").status == 1)
        #expect(try bench.pitwall("import", "events", "events.jsonl", "--dry-run").status == 1)
    }

    @Test func `a file that no segment can be called after is pointed at`() throws {
        let bench = try Workbench(people: 1)
        try bench.write("Segments/My People.segment", "consents to newsletter\n")
        let check = try bench.pitwall("segments", "check")
        #expect(check.status == 65)
        #expect(check.output.contains("Segments/My People.segment: error: no segment can be called \"My People\""))
        #expect(try bench.pitwall("segments", "list").output.contains("My People"))
    }
}
