import Model
import Store
import TestDatabases
import Testing

@testable import Campaigns

@Suite(.onEachDatabase) struct ContactImportTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test func `people come in with their attributes typed by column`() throws {
        let summary = try desk.importContacts(
            """
            E-Mail,First Name,postcode,age,member,born,seen,score,mixed
            ada@example.com,Ada,00184,36,true,1815-12-10,2026-01-02 10:00,1.5,1
            bob@example.com,,12345,9,FALSE,1990-01-01,2026-01-03,2,x

            """)
        #expect(summary.read == 2)
        #expect(summary.added == 2)
        #expect(summary.rejected == 0)
        let ada: JSONObject = [
            "first_name": "Ada", "postcode": "00184", "age": 36, "member": true, "born": "1815-12-10",
            "seen": "2026-01-02T10:00:00.000Z", "score": .real(1.5), "mixed": "1",
        ]
        #expect(try desk.contact("ada@example.com")?.attributes == ada)
        let bob: JSONObject = [
            "postcode": "12345", "age": 9, "member": false, "born": "1990-01-01", "seen": "2026-01-03T00:00:00.000Z", "score": 2,
            "mixed": "x",
        ]
        #expect(try desk.contact("bob@example.com")?.attributes == bob)
    }

    @Test func `money is numbers, and versions are not`() throws {
        try desk.importContacts(
            "email,spent,version,mixed\nada@example.com,12.50,1.9,12.5\nbob@example.com,100.00,1.10,12.50\neve@example.com,7,2,3\n")
        let told = try ["ada", "bob", "eve"].map { try desk.contact("\($0)@example.com")?.attributes }
        #expect(
            told == [
                ["spent": .real(12.5), "version": "1.9", "mixed": "12.5"], ["spent": 100, "version": "1.10", "mixed": "12.50"],
                ["spent": 7, "version": "2", "mixed": "3"],
            ])
    }

    @Test func `a name that looks like a number stays a name`() throws {
        try desk.importContacts("email,first_name,company,external_id\nada@example.com,7,42,0099\n")
        let ada = try #require(try desk.contact("ada@example.com"))
        #expect(ada.attributes == ["first_name": "7", "company": "42"])
        #expect(try desk.contacts.externalIDs(of: ada.id).map(\.id) == ["0099"])
    }

    @Test(arguments: [
        ("\u{FEFF}email;name\r\nada@example.com;Zoë\r\n", "Zoë"), ("email\tname\nada@example.com\tZoë", "Zoë"),
        ("name,email\r\"Zoë\r\nLee\",ada@example.com\r", "Zoë\r\nLee"),
        ("\"email\",\"name\"\n\"ada@example.com\",\"a \"\"b\"\"\"", "a \"b\""),
    ])
    func `a file is understood however a spreadsheet wrote it`(_ text: String, _ name: String) throws {
        let summary = try desk.importContacts(text)
        #expect(summary.added == 1)
        #expect(try desk.contact("ada@example.com")?.attributes == ["name": .text(name)])
        #expect(!desk.exists("people.rejected.csv"))
    }

    @Test func `Latin-1 and Windows-1252 are read as such, and it is said`() throws {
        var bytes = Array("email,name,città\nada@example.com,".utf8.map { $0 })
        bytes += [0x5A, 0x6F, 0xEB, 0x20, 0x80, 0x2C] + Array("Forl".utf8) + [0xEC, 0x0A]
        let summary = try desk.importContacts(bytes)
        #expect(summary.notes.contains { $0.contains("Windows-1252") })
        #expect(try desk.contact("ada@example.com")?.attributes == ["name": "Zoë €", "città": "Forlì"])

        let latin: [UInt8] = Array("email,citt".utf8) + [0xE0] + Array("\nbob@example.com,Rome\n".utf8)
        _ = try desk.importContacts(latin)
        #expect(try desk.contact("bob@example.com")?.attributes == ["città": "Rome"])
    }

    @Test func `without an e-mail column nothing is done, and the error says what to do`() throws {
        let problem = #expect(throws: ImportProblem.self) { try desk.importContacts("adresse,name\nada@example.com,Ada\n") }
        let text = try #require(problem?.description)
        #expect(text.contains("\"adresse\", \"name\""))
        #expect(text.contains("--map \"adresse=email\""))
        #expect(try desk.count("contact") == 0)
    }

    @Test func `a column is mapped by its name in the file`() throws {
        try desk.importContacts("adresse,vorname\nada@example.com,Ada\n") { $0.map = ["adresse": "email", "vorname": "first_name"] }
        #expect(try desk.contact("ada@example.com")?.attributes == ["first_name": "Ada"])
        let problem = #expect(throws: ImportProblem.self) {
            try desk.importContacts("email\na@b.example\n") { $0.map = ["adresse": "email"] }
        }
        #expect(problem?.description.contains("adresse") == true)
    }

    @Test(arguments: [
        ("email,email\n", "two columns"), ("email,E-Mail\n", "two columns"), ("email,\n", "column 2 is empty"),
        ("email,a\"\"b\u{1}\n", "column 2"),
        ("email,\(String(repeating: "x", count: 65))\n", "longer than 64"),
    ])
    func `a column that can't be is told by its number or name`(_ text: String, _ part: String) throws {
        let problem = #expect(throws: ImportProblem.self) { try desk.importContacts(text) }
        #expect(problem?.description.contains(part) == true)
    }

    @Test func `an empty file is an error, a header alone is no one`() throws {
        for text in ["", "\u{FEFF}", "\n\n"] {
            let problem = #expect(throws: ImportProblem.self) { try desk.importContacts(text) }
            #expect(problem?.message.contains("is empty") == true)
        }
        let summary = try desk.importContacts("email,name\n")
        #expect(summary.read == 0)
        #expect(summary.added == 0)
    }

    @Test func `each bad line is kept with its number and reason, and the rest comes in`() throws {
        let summary = try desk.importContacts(
            "email,name\nada@example.com,Ada\n\nnot an address,\"B, C\"\nADA@example.com,Again\n,None\na@b@c.example,x\n"
                + "x@example.com,1,2,3\nnul@example.com,a\u{0}b\neve@example.com,Eve\n")
        #expect(summary.read == 8)
        #expect(summary.added == 2)
        #expect(summary.rejected == 6)
        #expect(summary.rejectedFile == desk.folder + "/people.rejected.csv")
        let lines = try desk.text("people.rejected.csv").split(separator: "\n").map { String($0) }
        let expected = [
            ("line,reason,email,name", ""), ("4,the address", ",not an address,\"B, C\""),
            ("5,this address is in the file already", ",ADA@example.com,Again"), ("6,the address is empty", ",,None"),
            ("7,the address", ",a@b@c.example,x"), ("8,has 4 fields where the first line names 2", ",x@example.com,1,2,3"),
            ("9,a field holds a NUL character", "b"),
        ]
        #expect(lines.count == expected.count)
        for (line, (start, end)) in zip(lines, expected) { #expect(line.hasPrefix(start) && line.hasSuffix(end)) }
        #expect(try desk.count("contact") == 2)
        #expect(summary.reasons.reduce(0) { $0 + $1.count } == 6)
    }

    @Test func `a rejected file of an earlier run does not outlive a good one`() throws {
        try desk.importContacts("email\nbad\n")
        #expect(desk.exists("people.rejected.csv"))
        try desk.importContacts("email\nada@example.com\n")
        #expect(!desk.exists("people.rejected.csv"))
    }

    @Test func `an unclosed quote ends the import before anything is written`() throws {
        let problem = #expect(throws: ImportProblem.self) {
            try desk.importContacts("email,name\nada@example.com,Ada\nbob@example.com,\"Bob\n")
        }
        #expect(problem?.message.contains("people.csv:3") == true)
        #expect(try desk.count("contact") == 0)
    }

    @Test func `the same file again changes nothing`() throws {
        let text = "email,age\nada@example.com,36\nbob@example.com,9\n"
        let grant: (inout ContactImport) -> Void = {
            $0.consent = ConsentTemplate(topic: "news", state: .confirmed, at: $0.now, source: "form")
        }
        try desk.importContacts(text, grant)
        let again = try desk.importContacts(text, now: Desk.noon.advanced(byMilliseconds: 5000), grant)
        #expect(again.added == 0)
        #expect(again.updated == 0)
        #expect(again.unchanged == 2)
        #expect(try desk.count("attribute_change") == 2)
        #expect(try desk.count("consent") == 2)
    }

    @Test func `a list imported again gives nobody back what they took away, and it is said`() throws {
        let text = "email\nada@example.com\n"
        func grant(_ job: inout ContactImport) {
            job.consent = ConsentTemplate(topic: "news", state: .confirmed, at: job.now, source: "form")
        }
        try desk.importContacts(text, grant)
        let id = try #require(try desk.contact("ada@example.com")).id
        let later = Desk.noon.advanced(byMilliseconds: 1000)
        try desk.consents.record([Consent(contact: id, topic: "news", state: .withdrawn, at: later, learnedAt: later, source: "link")])
        let last = later.advanced(byMilliseconds: 1000)
        let summary = try desk.importContacts(text, now: last, grant)
        #expect(!(try desk.consents.statements(of: id).grantConsent(at: last)))
        #expect(summary.notes.contains { $0.contains("withdr") })
    }

    @Test func `people are granted nothing unless it is said`() throws {
        try desk.importContacts("email,newsletter,topic\nada@example.com,true,news\n")
        #expect(try desk.count("consent") == 0)
    }

    @Test func `a dry run counts and writes nothing`() throws {
        try desk.importContacts("email\nada@example.com\n")
        let summary = try desk.importContacts("email,age\nada@example.com,1\nbob@example.com,2\nbad,3\n") {
            $0.dryRun = true
            $0.consent = ConsentTemplate(topic: "news", state: .confirmed, at: $0.now, source: "form")
        }
        #expect(summary.added == 1)
        #expect(summary.updated == 1)
        #expect(summary.rejected == 1)
        #expect(try desk.count("contact") == 1)
        #expect(try desk.count("consent") == 0)
        #expect(!desk.exists("people.rejected.csv"))
    }

    @Test func `a dry run says what the import then does`() throws {
        let text = "email,city\nada@example.com,Rome\nbob@example.com,Oslo\n"
        try desk.importContacts(text)
        let next = text.replacing("Oslo", with: "Bergen") + "eve@example.com,Bonn\n"
        let rehearsed = try desk.importContacts(next) { $0.dryRun = true }
        #expect(try desk.contact("bob@example.com")?.attributes == ["city": "Oslo"])
        let done = try desk.importContacts(next)
        for summary in [rehearsed, done] {
            #expect([summary.added, summary.updated, summary.unchanged] == [1, 1, 1])
        }
    }

    @Test func `more people than one batch come in, each once`() throws {
        var text = "email,n\n"
        for index in 0..<25_001 { text += "p\(index)@example.com,\(index)\n" }
        let summary = try desk.importContacts(text)
        #expect(summary.added == 25_001)
        #expect(try desk.count("contact") == 25_001)
        #expect(try desk.contact("p25000@example.com")?.attributes == ["n": 25_000])
    }

    @Test func `what a file says may have been true for a time, and what changed since stays`() throws {
        let (may, june) = (Desk.noon.advanced(byMilliseconds: -9_000_000), Desk.noon.advanced(byMilliseconds: -5_000_000))
        try desk.importContacts("email,plan,city\nada@example.com,pro,Rome\n", now: june)
        let file = "email,plan,seats\nada@example.com,free,3\nbob@example.com,free,1\n"
        #expect(try desk.importContacts(file) { $0.since = may }.updated == 1)
        let ada = try #require(try desk.contact("ada@example.com"))
        #expect(ada.attributes == ["plan": "pro", "city": "Rome", "seats": 3])
        #expect(try desk.contacts.changes(of: ada.id).map(\.at) == [may, june])
        #expect(try desk.contacts.changes(of: ada.id).first?.changes == ["plan": "free", "seats": 3])
        #expect(try desk.contacts.changes(of: try #require(try desk.contact("bob@example.com")).id).map(\.at) == [may])
        #expect(try desk.importContacts(file) { $0.since = may }.unchanged == 2)
    }

    @Test func `what is told again of a later time outlives what comes late of a time before it`() throws {
        let times = [-9, -5, -7].map { Desk.noon.advanced(byMilliseconds: $0 * 1_000_000) }
        try desk.importContacts("email,plan\nada@example.com,free\n") { $0.since = times[0] }
        try desk.importContacts("email,plan\nada@example.com,free\n") { $0.since = times[1] }
        #expect(try desk.importContacts("email,plan\nada@example.com,free\n") { $0.since = times[1] }.unchanged == 1)
        try desk.importContacts("email,plan\nada@example.com,pro\n") { $0.since = times[2] }
        let ada = try #require(try desk.contact("ada@example.com"))
        #expect(ada.attributes == ["plan": "free"])
        #expect(try desk.contacts.changes(of: ada.id).map(\.changes) == [["plan": "free"], ["plan": "pro"], ["plan": "free"]])
    }
}
