import Foundation
import Testing

/// What goes wrong ends with a clear word, a remedy and the exit code that says whose turn it is.
@Suite struct `Bad input` {
    // MARK: Settings: 78

    @Test func `an unknown setting is pointed at`() throws {
        let bench = try Workbench()
        try bench.edit("pitwall.yaml") { $0 + "publik_url: https://example.org\n" }
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 78)
        #expect(ending.errors.contains("pitwall.yaml:"))
        #expect(ending.errors.contains("did you mean \"public_url\""))
    }

    @Test func `a folder without settings is no workspace`() throws {
        let folder = try Folder.make("empty")
        defer { Folder.remove(folder) }
        let ending = try Program(Tools.pitwall, ["plan", "welcome"], in: folder).wait()
        #expect(ending.status == 78)
        #expect(ending.errors.contains("pitwall init"))
    }

    @Test(.enabled(if: Tools.hasPython, Comment(rawValue: Missing.python)))
    func `a database of a newer version is left alone`() throws {
        let bench = try Workbench(people: 1)
        try Python.sql(bench.database, "INSERT INTO schema_step (number, name, at) VALUES (9999, 'of tomorrow', 0)")
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 78)
        #expect(ending.errors.contains("newer"))
    }

    @Test func `a file that is no database is left alone`() throws {
        let bench = try Workbench()
        try bench.write("pitwall.sqlite", String(repeating: "this is no database. ", count: 100))
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 78)
        #expect(try bench.read("pitwall.sqlite").hasPrefix("this is no database"))
    }

    @Test func `a password never shows`() throws {
        let bench = try Workbench(people: 1)
        let ending = try bench.pitwall("send", "welcome", "--yes", "--relay", "smtp://news:tremendous@127.0.0.1:1")
        #expect(ending.status != 0)
        #expect(!(ending.output + ending.errors).contains("tremendous"))
    }

    @Test func `marketing to the world needs an address and a page`() throws {
        let bench = try Workbench(people: 1)
        try bench.edit("pitwall.yaml") { $0.replacing("public_url: http://127.0.0.1:8080", with: "") }
        let ending = try bench.send(through: "smtp://mail.invalid:25")
        #expect(ending.status == 78)
        #expect(ending.errors.contains("public_url"))
    }

    // MARK: Input: 65

    @Test func `a segment that names an unknown event is pointed at`() throws {
        let bench = try Workbench(people: 1)
        try bench.write("events.jsonl", #"{"email":"reader0@example.org","event":"purchase","at":"2026-10-01T10:00:00Z"}"# + "\n")
        try bench.pitwall("import", "events", "events.jsonl")
        try bench.write("Segments/newsletter.segment", "consents to newsletter\nand did purchse in last 7 days\n")
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 65)
        #expect(ending.errors.contains("Segments/newsletter.segment:2:9: error:"))
        #expect(ending.errors.contains("did you mean \"purchase\"?"))
    }

    @Test(arguments: [
        ("template: welcome", "template: welcom", "welcom"), ("segment: newsletter", "segment: newsleter", "newsleter"),
        ("topic: newsletter", "topic: newsleter", "newsleter"), ("title: Welcome", "titel: Welcome", "titel"),
        ("version: 1", "version: 2", "version"), ("kind: marketing", "kind: spam", "spam"),
    ])
    func `a mistake in a campaign names its file and line`(right: String, wrong: String, named: String) throws {
        let bench = try Workbench(people: 1)
        try bench.edit("Campaigns/welcome.yaml") { $0.replacing(right, with: wrong) }
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 65)
        #expect(ending.errors.contains("Campaigns/welcome.yaml:"))
        #expect(ending.errors.contains(named))
    }

    @Test func `a campaign that is not there is not guessed at`() throws {
        let bench = try Workbench()
        for command in [["plan", "welcoem"], ["send", "welcoem", "--yes"], ["preview", "welcoem"], ["campaigns", "status", "welcoem"]] {
            let ending = try Program(Tools.pitwall, command, in: bench.root).wait()
            #expect(ending.status == 65)
            #expect(ending.errors.contains("welcome"))
        }
    }

    @Test(arguments: [
        "{% if contact.first_name %}never closed", "{{ contact.first_name | upcsae }}", "{{ contact.first_name", "{% endfor %}",
    ])
    func `a mistake in a template names its file and line`(text: String) throws {
        let bench = try Workbench(people: 1)
        try bench.edit("Templates/welcome.md") { $0 + "\n\(text)\n" }
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 65)
        #expect(ending.errors.contains("Templates/welcome.md:"))
    }

    @Test func `a layout that is missing is named`() throws {
        let bench = try Workbench(people: 1)
        try bench.edit("Templates/welcome.md") { $0.replacing("layout: plain", with: "layout: plian") }
        let ending = try bench.pitwall("plan", "welcome")
        #expect(ending.status == 65)
        #expect(ending.errors.contains("plian"))
    }

    @Test(arguments: [
        ("", "empty"), ("name,city\nAda,Roma\n", "email"), ("email,name\nada@example.org,\"Ada\n", "quote"),
    ])
    func `a file that can't be imported at all changes nothing`(text: String, named: String) throws {
        let bench = try Workbench()
        try bench.write("people.csv", text)
        let ending = try bench.pitwall("import", "contacts", "people.csv")
        #expect(ending.status == 65)
        #expect(ending.errors.contains(named))
        #expect(try bench.pitwall("segments", "count", "--where", "email is known", "--json").facts.int("count") == 0)
    }

    @Test func `spreadsheets may write as they please`() throws {
        let bench = try Workbench()
        let latin = "E-Mail;First_Name;Note\r\nrenee@example.org;Ren\u{E9}e;\"two\r\nlines; and \"\"quotes\"\"\"\r\n\r\n".unicodeScalars.map
        { UInt8($0.value) }
        try bench.write("latin.csv", bytes: latin)
        let first = try bench.pitwall("import", "contacts", "latin.csv", "--map", "E-Mail=email", "--json")
        #expect(first.status == 0)
        #expect(first.facts.int("added") == 1)
        let person = try bench.pitwall("contacts", "show", "renee@example.org", "--json").facts
        #expect(person.text("attributes.first_name") == "Renée")
        #expect(person.object("attributes").members.values.contains { ($0 as? String) == "two\r\nlines; and \"quotes\"" })

        try bench.write("bom.csv", bytes: [0xEF, 0xBB, 0xBF] + Array("email\tlast_name\nlukasz@example.org\tŻak\n".utf8))
        #expect(try bench.pitwall("import", "contacts", "bom.csv", "--json").facts.int("added") == 1)
    }

    @Test func `a rejected line does not stop the others`() throws {
        let bench = try Workbench()
        try bench.write(
            "people.csv",
            "email,city\nada@example.org,Roma\nnot an address,Roma\na@b@c,Roma\nbob@example.org,Bari,too,many\neve@example.org,Lodi\n")
        let ending = try bench.pitwall("import", "contacts", "people.csv", "--json")
        #expect(ending.status == 1)
        #expect(ending.facts.int("added") == 2)
        #expect(ending.facts.int("rejected") == 3)
        #expect(try bench.read("people.rejected.csv").split(separator: "\n").count == 4)
    }

    // MARK: The relay: 69

    @Test func `a relay that is not there is said at once and nothing is lost`() throws {
        let bench = try Workbench(people: 5)
        let ending = try bench.send(through: "smtp://127.0.0.1:1")
        #expect(ending.status == 69)
        #expect(ending.errors.contains("127.0.0.1:1"))
        let counts = try bench.pitwall("campaigns", "status", "welcome", "--json").facts
        #expect(counts.int("counts.planned") == 5)
        #expect(counts.int("counts.handed") == 0)
    }

    @Test func `a test message that nobody takes ends with 69`() throws {
        let bench = try Workbench(people: 1)
        #expect(try bench.pitwall("send", "welcome", "--test-to", "me@example.org", "--relay", "smtp://127.0.0.1:1").status == 69)
    }

    // MARK: Writing: 73

    @Test func `a folder that can't be written to ends with 73`() throws {
        let bench = try Workbench(people: 1)
        try bench.write("taken", "a file where a folder should be")
        let ending = try bench.pitwall("preview", "welcome", "--out", "taken/preview")
        #expect(ending.status == 73)
    }

    @Test func `a database in a folder that is not there ends with 73`() throws {
        let bench = try Workbench()
        #expect(try bench.pitwall("plan", "welcome", "--database", "no/such/folder/x.sqlite").status == 73)
    }

    @Test func `a port that is taken ends with 73`() throws {
        let bench = try Workbench()
        let first = try bench.start("inbox", "--port", "0", "--discard")
        let port = try first.until("the inbox's port") {
            first.errors.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
        }
        #expect(try bench.pitwall("inbox", "--port", "\(port)", "--discard").status == 73)
        first.signal(SIGTERM)
        #expect(first.wait().status == 0)
    }
}
