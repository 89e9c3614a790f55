import Foundation
import Testing

/// The fields that programs may rely on.
@Suite struct `What --json promises` {
    @Test func `an import says how many lines became what`() throws {
        let bench = try Workbench()
        try bench.write("people.csv", "email,first_name\nada@example.org,Ada\nbob@example.org,Bob\nnobody,X\nada@example.org,Again\n")
        let first = try bench.pitwall("import", "contacts", "people.csv", "--json")
        #expect(first.status == 1)
        #expect(first.facts.int("read") == 4)
        #expect(first.facts.int("added") == 2)
        #expect(first.facts.int("updated") == 0)
        #expect(first.facts.int("rejected") == 2)
        #expect(first.facts["seconds"] is NSNumber)
        let rejected = try bench.read("people.rejected.csv")
        #expect(rejected.contains("nobody"))
        #expect(rejected.contains("in the file already"))

        try bench.write("people.csv", "email,first_name\nada@example.org,Ada\nbob@example.org,Robert\n")
        let second = try bench.pitwall("import", "contacts", "people.csv", "--json").facts
        #expect(second.int("added") == 0)
        #expect(second.int("updated") == 1)
        #expect(!bench.exists("people.rejected.csv"))
    }

    @Test func `a dry run changes nothing`() throws {
        let bench = try Workbench()
        try bench.write("people.csv", "email\nada@example.org\n")
        #expect(try bench.pitwall("import", "contacts", "people.csv", "--dry-run", "--json").facts.int("added") == 1)
        #expect(try bench.pitwall("segments", "count", "--where", "email is known", "--json").facts.int("count") == 0)
    }

    @Test func `the same events told twice are there once`() throws {
        let bench = try Workbench(people: 2)
        let line = #"{"email":"reader0@example.org","event":"purchase","at":"2026-10-01T10:00:00Z","properties":{"amount":9.5}}"#
        try bench.write("events.jsonl", "\(line)\n\(line)\n")
        let first = try bench.pitwall("import", "events", "events.jsonl", "--json")
        #expect(first.status == 0)
        #expect(first.facts.int("read") == 2)
        #expect(first.facts.int("added") == 1)
        #expect(try bench.pitwall("import", "events", "events.jsonl", "--json").facts.int("added") == 0)
        #expect(try bench.pitwall("segments", "count", "--where", "did purchase", "--json").facts.int("count") == 1)
    }

    @Test func `importing people grants no consent`() throws {
        let bench = try Workbench()
        try bench.write("people.csv", "email\nada@example.org\n")
        try bench.pitwall("import", "contacts", "people.csv")
        let plan = try bench.pitwall("plan", "welcome", "--json").facts
        #expect(plan.int("recipients") == 0)
    }

    @Test func `a plan says who gets it and who does not and why`() throws {
        let bench = try Workbench(people: 10)
        try bench.write("suppressed.csv", "email,reason\nreader1@example.org,complaint\n")
        try bench.pitwall("import", "suppressions", "suppressed.csv")
        let ending = try bench.pitwall("plan", "welcome", "--json")
        #expect(ending.status == 0)
        #expect(ending.facts.names.isSuperset(of: ["plan", "recipients", "excluded", "checks", "seconds_at_limits"]))
        #expect(ending.facts.int("recipients") == 9)
        #expect(ending.facts.int("excluded.suppressed") == 1)
        #expect(ending.facts.list("checks") != nil)
    }

    @Test func `a plan outside what is expected ends with 1 and waits for a person`() throws {
        let bench = try Workbench(people: 10)
        try bench.campaign("expect: 100-200")
        let plan = try bench.pitwall("plan", "welcome", "--json")
        #expect(plan.status == 1)
        let sent = try bench.send(through: "smtp://127.0.0.1:1")
        #expect(sent.status == 75)
        #expect(sent.errors.contains("expect"))
    }

    @Test func `a segment's count is one number, whatever asks for it`() throws {
        let bench = try Workbench(people: 12)
        let named = try bench.pitwall("segments", "count", "newsletter", "--json")
        #expect(named.status == 0)
        #expect(named.facts.names.contains("count"))
        #expect(named.facts.int("count") == 12)
        #expect(
            try bench.pitwall("segments", "count", "--where", "visits >= 6 and consents to newsletter", "--json").facts.int("count") == 6)
        #expect(try bench.pitwall("segments", "show", "newsletter", "--limit", "5", "--format", "json").facts.list("people")?.count == 5)
    }

    @Test func `one person can be looked up`() throws {
        let bench = try Workbench(people: 2)
        let ending = try bench.pitwall("contacts", "show", "READER1@example.org", "--json")
        #expect(ending.status == 0)
        #expect(ending.facts.text("email") == "reader1@example.org")
        #expect(ending.facts.text("attributes.first_name") == "Chloé")
        #expect(try bench.pitwall("contacts", "show", "nobody@example.org", "--json").status == 65)
    }

    @Test func `a template renders without a workspace`() throws {
        let folder = try Folder.make("render")
        defer { Folder.remove(folder) }
        try Data("Hello {{ name | upcase }}{% render 'end' %}".utf8).write(to: URL(fileURLWithPath: "\(folder)/hello.txt"))
        try Data(#"{"name": "Ada & Co"}"#.utf8).write(to: URL(fileURLWithPath: "\(folder)/data.json"))
        try FileManager.default.createDirectory(atPath: "\(folder)/parts", withIntermediateDirectories: true)
        try Data("!".utf8).write(to: URL(fileURLWithPath: "\(folder)/parts/end.liquid"))
        let render = ["templates", "render", "hello.txt", "--data", "data.json", "--partials", "parts"]
        let text = try Program(Tools.pitwall, render, in: folder).wait()
        #expect(text.status == 0)
        #expect(text.output == "Hello ADA & CO!")
        #expect(try Program(Tools.pitwall, render + ["--as", "html"], in: folder).wait().output == "Hello ADA &amp; CO!")
    }
}
