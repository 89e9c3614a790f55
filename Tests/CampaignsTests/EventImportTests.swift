import Model
import Signing
import Store
import TestDatabases
import Testing

@testable import Campaigns

@Suite(.onEachDatabase) struct EventImportTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.importContacts("email\nada@example.com\nbob@example.com\n")
    }

    private func events(_ address: String = "ada@example.com") throws -> [Event] {
        try desk.events.events(of: try #require(try desk.contact(address)).id)
    }

    @Test func `a member that is null is as good as none`() throws {
        let line = #"{"email":"ada@example.com","external_id":null,"event":"visit","at":"2026-01-02","id":null,"properties":null}"#
        #expect(try desk.importEvents(line).added == 1)
        #expect(try events().map(\.properties) == [[:]])
    }

    @Test func `lines of JSON come in with their properties`() throws {
        let summary = try desk.importEvents(
            """
            {"email":"ADA@example.com","event":"purchase","at":"2026-01-02T03:04:05Z","properties":{"amount":12.5,"tags":["a"]}}\r

            {"email":"ada@example.com","event":"visit","at":"2026-01-03 10:00"}
            """)
        #expect(summary.read == 2)
        #expect(summary.added == 2)
        let events = try events()
        #expect(events.map(\.name) == ["visit", "purchase"])
        #expect(events.last?.properties == ["amount": .real(12.5), "tags": .list(["a"])])
        #expect(events.last?.at == Instant(iso: "2026-01-02T03:04:05Z"))
    }

    @Test func `a table comes in with its other columns as properties`() throws {
        let summary = try desk.importEvents(
            "email;event;at;amount;sku\nada@example.com;purchase;2026-01-02;12.5;00184\nada@example.com;visit;2026-01-03;;\n",
            name: "events.csv")
        #expect(summary.added == 2)
        #expect(try events().map(\.properties) == [[:], ["amount": .real(12.5), "sku": "00184"]])
    }

    @Test func `money, truth and times of day in a table are what they say`() throws {
        _ = try desk.importEvents(
            "email,event,at,amount,isNew,from,day,code\nada@example.com,book,2026-01-02,100.00,true,2026-03-01 10:00,2026-03-01,007.50\n",
            name: "events.csv")
        #expect(
            try events().map(\.properties) == [
                [
                    "amount": 100, "code": "007.50", "day": "2026-03-01", "from": "2026-03-01T10:00:00.000Z",
                    "isNew": true,
                ]
            ])
    }

    @Test(arguments: ["2026-03-01T10:00:00Z", "2026-03-01T11:00:00+01:00", "2026-03-01T10:00:00.000Z"])
    func `a time among an event's properties is the instant, however it is written`(_ written: String) throws {
        _ = try desk.importEvents(#"{"email":"ada@example.com","event":"book","at":"2026-01-02","properties":{"from":"\#(written)"}}"#)
        #expect(try events().map(\.properties) == [["from": "2026-03-01T10:00:00.000Z"]])
    }

    @Test func `an unclosed quote far down a table ends the import before anything is written`() throws {
        let rows = (0..<20_500).map { "ada@example.com,visit,2026-01-02,\($0)\n" }.joined()
        #expect(throws: ImportProblem.self) {
            try desk.importEvents("email,event,at,page\n\(rows)ada@example.com,visit,2026-01-02,\"two\n", name: "events.csv")
        }
        #expect(try desk.count("event") == 0)
    }

    @Test func `the same line twice is one event, whatever the order of its properties`() throws {
        let line = #"{"email":"ada@example.com","event":"visit","at":"2026-01-02T00:00:00Z","properties":{"a":1,"b":2}}"#
        let other = #"{"event":"visit","at":"2026-01-02T01:00:00+01:00","properties":{"b":2,"a":1},"email":"ada@example.com"}"#
        let summary = try desk.importEvents([line, other, line].joined(separator: "\n"))
        #expect(summary.added == 1)
        #expect(summary.unchanged == 2)
        #expect(try desk.importEvents(line).unchanged == 1)
        #expect(try desk.count("event") == 1)
    }

    @Test func `an event with an ID is the same whatever it says, a number as good as a text`() throws {
        let summary = try desk.importEvents(
            """
            {"email":"ada@example.com","event":"visit","at":"2026-01-02","id":7}
            {"email":"ada@example.com","event":"visit","at":"2026-01-03","id":"7"}
            {"email":"ada@example.com","event":"refund","at":"2026-01-03","id":"7"}
            {"email":"bob@example.com","event":"visit","at":"2026-01-02","id":7}
            {"email":"ada@example.com","event":"visit","at":"2026-01-02","id":"8"}
            """)
        #expect(summary.added == 4)
        #expect(summary.unchanged == 1)
    }

    private static let long = String(repeating: "x", count: 501)
    /// One character with what stands above it, of 600 bytes.
    private static let accents = String(repeating: "\u{301}", count: 300)

    @Test func `a backslash before u0000 is no zero`() throws {
        let line =
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"a":"\\u0000"},"id":"\#(Self.long.dropLast())"}"#
        #expect(try desk.importEvents(line).added == 1)
        #expect(try events().map(\.properties) == [["a": #"\u0000"#]])
    }

    @Test(arguments: [
        ("{", "JSON"), ("[]", "not a JSON object"), (#"{"email":"ada@example.com","event":"x"}"#, "no time"),
        (#"{"email":"ada@example.com","event":"x","at":"soon"}"#, "the time is not one: soon"),
        (#"{"email":"ada@example.com","at":"2026-01-01"}"#, "no name"), (#"{"event":"x","at":"2026-01-01"}"#, "the address is empty"),
        (#"{"email":"eve@example.com","event":"x","at":"2026-01-01"}"#, "nobody with this address is known"),
        (#"{"email":"ada@example.com","event":"x`y","at":"2026-01-01"}"#, "the event's name"),
        (#"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":[1]}"#, "is not an object"),
        (#"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"a\"b":1}}"#, "a property's name"),
        (#"{"email":"ada@example.com","event":"x","at":1790000000}"#, #"the time is no text: write it like "2026-11-02T09:30:00Z""#),
        (#"{"email":"ada@example.com","event":"x","at":"2026-01-01","id":1.5}"#, #""id" is neither a text nor a whole number"#),
        (#"{"email":"ada@example.com","event":"x","at":"2026-01-01","id":true}"#, #""id" is neither a text nor a whole number"#),
        (#"{"email":7,"event":"x","at":"2026-01-01"}"#, #""email" is no text"#),
        (
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","proprties":{"a":1}}"#,
            #"unknown member "proprties": did you mean "properties"?"#
        ),
        (
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","amount":5}"#,
            #"unknown member "amount": what is known of the event goes into "properties""#
        ),
        (#"{"email":"ada@example.com","event":"x","at":"2026-01-01","id":"u\u0000v"}"#, "a field holds a NUL character"),
        (#"{"external_id":"u\u0000v","event":"x","at":"2026-01-01"}"#, "a field holds a NUL character"),
        (
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"a":[{"b":"\u0000"}]}}"#,
            "a field holds a NUL character"
        ),
        (#"{"email":"ada@example.com","event":"x","at":"2026-01-01","id":"\#(long)"}"#, "the event's ID is longer than 500 bytes"),
        (#"{"external_id":"\#(long)","event":"x","at":"2026-01-01"}"#, "the external ID is longer than 500 bytes"),
        (
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"currency":"\#(long)"}}"#,
            "the currency is longer than 64 bytes"
        ),
        (#"{"email":"ada@example.com","event":"x\#(accents)","at":"2026-01-01"}"#, "the event's name is too long"),
        (
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"x\#(accents)":1}}"#,
            "a property's name is empty or too long"
        ),
    ])
    func `a bad line is kept with its number and reason`(_ line: String, _ reason: String) throws {
        let good = #"{"email":"ada@example.com","event":"visit","at":"2026-01-02"}"#
        let summary = try desk.importEvents("\(good)\n\(line)\n")
        #expect(summary.added == 1)
        #expect(summary.rejected == 1)
        let kept = try desk.text("events.rejected.jsonl")
        #expect(kept.hasPrefix("2\t"))
        if reason != "JSON" { #expect(kept.contains(reason)) }
        #expect(kept.hasSuffix("\t\(line)\n"))
    }

    @Test(arguments: [
        ("1900-01-01", "before 1990"), ("1970-01-01T00:00:00Z", "before 1990"), ("1989-12-31T23:59:59Z", "before 1990"),
        ("2027-01-16T08:00:00.001Z", "more than a day ahead"), ("2030-01-01", "more than a day ahead"),
    ])
    func `a time that cannot be is rejected with its reason`(_ time: String, _ reason: String) throws {
        let summary = try desk.importEvents(#"{"email":"ada@example.com","event":"visit","at":"\#(time)"}"#)
        #expect(summary.rejected == 1)
        #expect(try desk.text("events.rejected.jsonl").contains("\(reason): \(time)"))
        #expect(try desk.count("event") == 0)
    }

    @Test(arguments: ["1990-01-01", "2027-01-15T08:00:00Z", "2027-01-16T08:00:00Z"])
    func `a clock may be a day ahead, and an event as old as the web`(_ time: String) throws {
        #expect(try desk.importEvents(#"{"email":"ada@example.com","event":"visit","at":"\#(time)"}"#).added == 1)
    }

    @Test func `an event of somebody nobody knows is a new contact where the setting says so`() throws {
        let line = #"{"email":"eve@example.com","event":"visit","at":"2026-01-02"}"#
        let byID = #"{"external_id":77,"event":"visit","at":"2026-01-02"}"#
        let summary = try desk.importEvents([line, byID, byID].joined(separator: "\n")) { $0.unknown = .create }
        #expect(summary.added == 2)
        #expect(summary.rejected == 0)
        #expect(summary.notes == ["2 people were not known and are new contacts, without consent to anything"])
        #expect(try desk.count("contact") == 4)
        #expect(try desk.count("consent") == 0)
        #expect(try events("eve@example.com").count == 1)
    }

    @Test func `rejected lines that were put right are imported from where they were kept`() throws {
        _ = try desk.importEvents(#"{"email":"eve@example.com","event":"visit","at":"2026-01-02"}"#)
        let kept = try desk.text("events.rejected.jsonl")
        try desk.importContacts("email\neve@example.com\n")
        #expect(try desk.importEvents(kept, name: "again.jsonl").added == 1)
        _ = try desk.importEvents("email,event,at,n\nzoe@example.com,visit,2026-01-02,4\n", name: "t.csv")
        let table = try desk.text("t.rejected.csv")
        try desk.importContacts("email\nzoe@example.com\n")
        #expect(try desk.importEvents(table.replacing(",4\n", with: ",\n"), name: "t2.csv").added == 1)
        #expect(try events("zoe@example.com").first?.properties.isEmpty == true)
    }

    @Test func `what is older than what is kept is rejected, not lost in silence`() throws {
        let line = #"{"email":"ada@example.com","event":"visit","at":"2025-01-02"}"#
        _ = try desk.importEvents(line)
        try desk.events.prune(Retention(fallback: TimeSpan(30, .day)), at: Desk.noon)
        let summary = try desk.importEvents(line)
        #expect(summary.rejected == 1)
        #expect(summary.reasons.map(\.reason) == ["it is older than what is kept of this event"])
    }

    @Test func `who asked to be forgotten is brought back by no import`() throws {
        let keys = try Keys.random()
        let ada = try #require(try desk.contact("ada@example.com"))
        _ = try desk.contacts.forget(ada.id, hash: { ForgottenPeople.hash($0, key: keys.identity) }, at: Desk.noon)
        let forgotten = try ForgottenPeople(desk.contacts) { keys }
        let line = #"{"email":"ada@example.com","event":"visit","at":"2026-01-02"}"#
        let told = try desk.importEvents(line) {
            $0.unknown = .create
            $0.forgotten = forgotten
        }
        let listed = try desk.importContacts("email\nADA@example.com\nnew@example.com\n") { $0.forgotten = forgotten }
        let left = try desk.importConsent("email,topic,state\nada@example.com,news,withdrawn\n") { $0.forgotten = forgotten }
        var suppressing = SuppressionImport(consents: desk.consents, zone: .utc, now: Desk.noon)
        suppressing.forgotten = forgotten
        let suppressed = try suppressing.run(try desk.file("s.csv", "email\nada@example.com\n"))
        for summary in [told, listed, left, suppressed] {
            #expect(summary.rejected == 1)
            #expect(summary.reasons.map(\.reason) == ["this person asked to be forgotten"])
        }
        #expect(listed.added == 1)
        #expect(try desk.contact("ada@example.com") == nil)
        #expect(try desk.count("suppression") == 0)
    }

    @Test func `who asked to be forgotten is not brought back by what another system calls them`() throws {
        let keys = try Keys.random()
        try desk.importContacts("email,external_id\nada@example.com,crm-7\n")
        let ada = try #require(try desk.contact("ada@example.com"))
        _ = try desk.contacts.forget(
            ada.id, hash: { ForgottenPeople.hash($0, key: keys.identity) },
            hashID: { ForgottenPeople.hash(externalID: $0, key: keys.identity) }, at: Desk.noon)
        let forgotten = try ForgottenPeople(desk.contacts) { keys }
        let lines = ["crm-7", "crm-8"].map { #"{"external_id":"\#($0)","event":"visit","at":"2026-01-02"}"# }.joined(separator: "\n")
        let told = try desk.importEvents(lines) {
            $0.unknown = .create
            $0.forgotten = forgotten
        }
        #expect([told.added, told.rejected, told.turnedAway] == [1, 1, 1])
        #expect(try desk.count("contact_external_id") == 1)
    }

    @Test func `a table without its columns is an error that names them`() throws {
        let problem = #expect(throws: ImportProblem.self) { try desk.importEvents("email,event,when\n", name: "e.csv") }
        #expect(problem?.message.contains("no column \"at\"") == true)
    }

    @Test func `an empty file is an error`() throws {
        #expect(throws: ImportProblem.self) { try desk.importEvents("") }
    }

    @Test func `Latin-1 in a table is read as such`() throws {
        let bytes = Array("email,event,at,city\nada@example.com,visit,2026-01-02,Forl".utf8) + [0xEC, 0x0A]
        _ = try EventImport(events: desk.events, zone: .utc, now: Desk.noon).run(try desk.file("e.csv", bytes))
        #expect(try events().first?.properties == ["city": "Forlì"])
    }

    @Test func `a dry run writes nothing`() throws {
        let summary = try desk.importEvents(#"{"email":"ada@example.com","event":"visit","at":"2026-01-02"}"#, dryRun: true)
        #expect(summary.added == 1)
        #expect(try desk.count("event") == 0)
        #expect(try desk.count("event_name") == 0)
    }
}

@Suite(.onEachDatabase) struct ConsentImportTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.importContacts("email\nada@example.com\nbob@example.com\n")
    }

    private func holds(_ topic: String = "news", at now: Instant = Desk.noon) throws -> Bool {
        try desk.consents.statements(of: try #require(try desk.contact("ada@example.com")).id).filter { $0.topic == topic }.grantConsent(
            at: now)
    }

    @Test(arguments: [
        ("confirmed,2026-01-01,form", true), ("pending,2026-01-01,form", false), ("withdrawn,2026-01-01,", false),
        ("confirmed,2026-01-01,form|pending,2026-02-01,form", true), ("confirmed,2026-01-01,form|withdrawn,2026-02-01,", false),
        ("withdrawn,2026-02-01,|confirmed,2026-01-01,form", false), ("withdrawn,2026-01-01,|confirmed,2026-02-01,form", true),
        ("withdrawn,2026-01-01,|confirmed,2026-02-01,", false), ("withdrawn,2026-01-01,|pending,2026-02-01,form", false),
    ])
    func `only a later confirmation with a source undoes a withdrawal`(_ lines: String, _ expected: Bool) throws {
        let rows = lines.split(separator: "|").map { "ada@example.com,news,\($0)" }
        _ = try desk.importConsent("email,topic,state,at,source\n" + rows.joined(separator: "\n"))
        #expect(try holds() == expected)
    }

    @Test func `each bad line is kept with its reason`() throws {
        let summary = try desk.importConsent(
            """
            email,topic,state,at,source
            ada@example.com,news,confirmed,2026-01-01,
            ada@example.com,newz,confirmed,2026-01-01,form
            ada@example.com,news,maybe,2026-01-01,form
            ada@example.com,news,confirmed,yesterday,form
            eve@example.com,news,confirmed,2026-01-01,form
            nobody,news,confirmed,2026-01-01,form
            ada@example.com,news,confirmed,2026-01-01,form,more
            """)
        #expect(summary.rejected == 7)
        let lines = try desk.text("consent.rejected.csv").split(separator: "\n")
        // Who is nobody is found out last, when the lines are written.
        let parts = ["source", "newz", "maybe", "yesterday", "7,the address", "8,has 6 fields", "6,nobody with this"]
        for (line, part) in zip(lines.dropFirst(), parts) { #expect(line.contains(part)) }
        #expect(try desk.count("consent") == 0)
    }

    @Test func `who has withdrawn is kept before anybody knew them, and a list imported later does not undo it`() throws {
        let summary = try desk.importConsent("email,topic,state,at,source\neve@example.com,news,withdrawn,2026-01-01,by phone\n")
        #expect(summary.added == 1 && summary.rejected == 0)
        try desk.importContacts("email\neve@example.com\n") {
            $0.consent = ConsentTemplate(topic: "news", state: .confirmed, at: $0.now, source: "list")
        }
        let eve = try #require(try desk.contact("eve@example.com"))
        #expect(try !desk.consents.statements(of: eve.id).grantConsent(at: Desk.noon))
    }

    @Test func `the same statements again are known, and two sources at one instant are no error`() throws {
        let text =
            "email,topic,state,at,source\nada@example.com,news,confirmed,2026-01-01,form\nada@example.com,news,confirmed,2026-01-01,call\n"
        #expect(try desk.importConsent(text).rejected == 0)
        #expect(try holds())
        #expect(try desk.importConsent(text).added == 0)
    }

    @Test func `a withdrawal from before a list granted consent is told of, since the list's date is only when it came`() throws {
        try desk.importContacts("email\nada@example.com\nbob@example.com\n") {
            $0.consent = ConsentTemplate(topic: "news", state: .confirmed, at: $0.now, source: "a list")
        }
        let lines = "email,topic,state,at,source\nada@example.com,news,withdrawn,2026-11-01,link\n"
        let note = try #require(try desk.importConsent(lines) { $0.dryRun = true }.notes.first)
        #expect(note.hasPrefix("1 withdrew before a list"))
        #expect(try desk.importConsent(lines).notes == [note])
        #expect(try desk.importConsent("email,topic,state\nada@example.com,news,withdrawn\n").notes == [])
        #expect(try desk.importConsent("email,topic,state,at\nbob@example.com,offers,withdrawn,2026-11-01\n").notes == [])
        // Who left and came back, by dates of their own, is no news.
        let history = """
            email,topic,state,at,source
            bob@example.com,offers,withdrawn,2025-01-01,link
            bob@example.com,offers,confirmed,2026-12-01,form

            """
        #expect(try desk.importConsent(history).notes == [])
        #expect(try desk.importConsent(history).notes == [])
    }

    @Test func `nobody agrees ahead of time, and a withdrawal counts whatever its date`() throws {
        let summary = try desk.importConsent(
            """
            email,topic,state,at,source
            ada@example.com,news,confirmed,2099-01-01,form
            ada@example.com,news,pending,2099-01-01,form
            bob@example.com,news,withdrawn,2099-01-01,form
            bob@example.com,offers,confirmed,2027-01-16,form

            """)
        #expect(summary.added == 2)
        #expect(summary.reasons.map(\.reason) == ["the time is more than a day ahead"])
        #expect(summary.reasons.map(\.count) == [2])
    }

    @Test func `topic and source may be said for the whole file`() throws {
        let summary = try desk.importConsent("email,state\nada@example.com,confirmed\n") {
            $0.topic = "offers"
            $0.source = "fair 2026"
        }
        #expect(summary.added == 1)
        #expect(try holds("offers"))
        #expect(throws: ImportProblem.self) { try desk.importConsent("email,state\nada@example.com,confirmed\n") }
    }

    @Test func `a dry run writes nothing`() throws {
        _ = try desk.importConsent("email,topic,state,source\nada@example.com,news,confirmed,form\n") { $0.dryRun = true }
        #expect(try desk.count("consent") == 0)
    }

    @Test func `suppressions come in with a reason, unsubscribed where there is none`() throws {
        let job = SuppressionImport(consents: desk.consents, zone: .utc, now: Desk.noon)
        let path = try desk.file(
            "s.csv", "email,reason\nada@example.com,\nbob@example.com,Complaint\nx@example.com,because\nnew@example.com,undeliverable\n")
        let summary = try job.run(path)
        #expect(summary.added == 3)
        #expect(summary.rejected == 1)
        #expect(try desk.consents.suppressions(of: try EmailAddress("ada@example.com")).map(\.reason) == [.unsubscribed])
        #expect(try job.run(path).added == 0)
    }
}
