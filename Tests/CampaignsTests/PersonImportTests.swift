import Database
import Model
import Signing
import Store
import TestDatabases
import Testing

@testable import Campaigns

/// People in files: by address, by the ID that another system has for them, and under several addresses.
@Suite(.onEachDatabase) struct PersonImportTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func person(_ address: String) throws -> Contact { try #require(try desk.contact(address)) }

    private func created(_ lines: String...) throws -> ImportSummary {
        try desk.importEvents(lines.joined(separator: "\n")) { $0.unknown = .create }
    }

    @Test func `who was known by an ID alone and comes in with their address is one person, with their history`() throws {
        let buy = #"{"external_id":"crm-7","event":"buy","at":"2026-11-01T10:00:00Z","properties":{"amount":500}}"#
        #expect(try created(buy, #"{"external_id":"crm-7","event":"buy","at":"2026-11-02"}"#).added == 2)
        let summary = try desk.importContacts("email,external_id,first_name\nvera@example.com,crm-7,Vera\n")
        #expect(summary.updated == 1)
        #expect(try desk.events.summaries(of: try person("vera@example.com").id).map(\.count) == [2])
        #expect(try created(buy, #"{"external_id":"crm-7","event":"buy","at":"2026-11-02"}"#).unchanged == 2)
        #expect(try desk.importContacts("email,external_id,first_name\nvera@example.com,crm-7,Vera\n").unchanged == 1)
        #expect(try desk.count("contact") == 1)
    }

    @Test func `an address of which another system's ID is somebody else's is rejected, and the reason says what to do`() throws {
        let summary = try desk.importContacts("email,external_id\nada@example.com,E1\nbob@example.com,E1\ncy@example.com,E2\n")
        #expect(summary.added == 2)
        #expect(summary.rejected == 1)
        #expect(summary.ending == .inPart)
        #expect(summary.reasons.map(\.reason) == ["the external ID is that of somebody with another address"])
        let rejected = try desk.text("people.rejected.csv")
        #expect(rejected.contains("3,") && rejected.contains("pitwall contacts merge ADDRESS external:ID"))
        #expect(rejected.hasSuffix(",bob@example.com,E1\n"))
        let events = try created(
            #"{"email":"bob@example.com","external_id":"E1","event":"refund","at":"2026-11-03"}"#,
            #"{"email":"ada@example.com","external_id":"E1","event":"buy","at":"2026-11-03"}"#)
        #expect(events.added == 1)
        #expect(events.rejected == 1)
        #expect(try desk.text("events.rejected.jsonl").contains("the external ID is that of somebody with another address"))
        #expect(try desk.contact("bob@example.com") == nil)
    }

    @Test func `an external ID that no index takes is rejected, on each database`() throws {
        let long = String(repeating: "x", count: 500)
        let summary = try desk.importContacts("email,external_id\nada@example.com,\(long)\nbob@example.com,\(long)y\n")
        #expect(summary.added == 1 && summary.reasons.map(\.reason) == ["the external ID is longer than 500 bytes"])
        #expect(try desk.contacts.contact(externalID: long)?.email?.description == "ada@example.com")
    }

    @Test func `people without an address come in from lists, and every line needs one of both`() throws {
        let summary = try desk.importContacts("email,external_id,city\n,1,Rome\nada@example.com,2,Oslo\n,,Bari\n,1,Pisa\n")
        #expect(summary.added == 2)
        let reasons = ["the line has neither an address nor an external ID", "this external ID is in the file already"]
        #expect(summary.reasons.map(\.reason) == reasons)
        #expect(try desk.contacts.contact(externalID: "1")?.attributes == ["city": "Rome"])
        #expect(try desk.importContacts("External ID,city\n1,Rome\n3,Bonn\n").added == 1)
        #expect(try desk.importContacts("External ID,city\n1,Rome\n3,Bonn\n").unchanged == 2)
        let events = try desk.importEvents(
            #"{"external_id":"1","event":"buy","at":"2026-11-03"}"# + "\n" + #"{"external_id":"9","event":"buy","at":"2026-11-03"}"#)
        #expect(events.added == 1)
        #expect(events.reasons.map(\.reason) == ["nobody with this external ID is known"])
    }

    @Test func `a dry run says what would be, and changes nothing`() throws {
        try desk.importContacts("email,external_id\nada@example.com,E1\n,E2\n")
        let before = try desk.contacts.contact(externalID: "E2")
        let summary = try desk.importContacts("email,external_id\nbob@example.com,E1\ncy@example.com,E2\nada@example.com,E3\n") {
            $0.dryRun = true
        }
        #expect(summary.rejected == 1)
        #expect(summary.updated == 1)
        #expect(summary.unchanged == 1)
        #expect(try desk.contacts.contact(externalID: "E2") == before)
        #expect(try desk.contacts.contact(externalID: "E3") == nil)
    }

    @Test func `who was known twice is one, and it is said`() throws {
        _ = try created(#"{"external_id":"7","event":"buy","at":"2026-11-03"}"#)
        try desk.importContacts("email\nada@example.com\n")
        let summary = try desk.importContacts("email,external_id\nada@example.com,7\n")
        #expect(summary.updated == 1)
        #expect(summary.notes == ["1 person was known twice, by address and by external ID: they are one now"])
        #expect(try desk.events.summaries(of: try person("ada@example.com").id).map(\.count) == [1])
    }

    @Test(arguments: ["a@example.com,Roma,x\nb@example.com,Oslo,y\n", "b@example.com,Oslo,y\na@example.com,Roma,x\n"])
    func `of two lines about one person under two addresses that of the main one counts, in whatever order`(_ lines: String) throws {
        let file = "email,city,plan\n\(lines)"
        try desk.importContacts(file)
        let (a, b) = (try person("a@example.com").id, try person("b@example.com").id)
        _ = try desk.contacts.merge(a, b, at: Desk.noon)
        for minute in 1...2 {
            let summary = try desk.importContacts(file, now: Desk.noon.advanced(byMilliseconds: Int64(minute) * 60_000))
            #expect(summary.unchanged == 1)
            #expect(summary.updated == 0)
            #expect(summary.reasons.map(\.reason) == ["this person is in the file already, under another address"])
            #expect(summary.ending == .whole)
        }
        #expect(try person("b@example.com").attributes == ["city": "Roma", "plan": "x"])
        // Alone the line counts.
        let later = Desk.noon.advanced(byMilliseconds: 600_000)
        #expect(try desk.importContacts("email,city,plan\nb@example.com,Bari,y\n", now: later).updated == 1)
        #expect(try person("a@example.com").attributes["city"] == "Bari")
        _ = try desk.contacts.unmerge(try EmailAddress("b@example.com"), at: later)
        #expect(try person("b@example.com").attributes == ["city": "Oslo", "plan": "y"])
    }

    @Test func `of several further addresses without the main one the first line counts`() throws {
        try desk.importContacts("email\na@example.com\nb@example.com\nc@example.com\n")
        let ids = try ["a", "b", "c"].map { try person("\($0)@example.com").id }
        _ = try desk.contacts.merge(ids[0], ids[1], at: Desk.noon)
        _ = try desk.contacts.merge(ids[0], ids[2], at: Desk.noon)
        let later = Desk.noon.advanced(byMilliseconds: 60_000)
        let summary = try desk.importContacts("email,city\nc@example.com,Bari\nb@example.com,Oslo\n", now: later)
        #expect(summary.updated == 1)
        #expect(summary.turnedAway == 1)
        #expect(try person("a@example.com").attributes == ["city": "Bari"])
    }

    @Test func `who asked to be forgotten is not brought back by their ID with another address`() throws {
        try desk.importContacts("email,external_id\nk@example.com,K1\n")
        try desk.importContacts("email,external_id\nk@example.com,K2\n")
        let keys = Keys(links: Secret([UInt8](repeating: 7, count: 32)), identity: Secret([UInt8](repeating: 8, count: 32)))
        let key = keys.identity
        _ = try desk.contacts.forget(
            try person("k@example.com").id, hash: { ForgottenPeople.hash($0, key: key) },
            hashID: { ForgottenPeople.hash(externalID: $0, key: key) }, at: Desk.noon)
        let forgotten = try ForgottenPeople(desk.contacts) { keys }
        let people = try desk.importContacts("email,external_id\nn@example.com,K2\n,K1\nm@example.com,K3\n") { $0.forgotten = forgotten }
        #expect(people.added == 1)
        #expect(people.turnedAway == 2)
        let events = try desk.importEvents(
            #"{"email":"m@example.com","external_id":"K1","event":"buy","at":"2026-11-03"}"# + "\n"
                + #"{"email":"m@example.com","external_id":"K3","event":"buy","at":"2026-11-03"}"#
        ) { $0.forgotten = forgotten }
        #expect(events.added == 1)
        #expect(events.turnedAway == 1)
        #expect(try desk.contacts.contact(externalID: "K1") == nil)
    }

    @Test func `events that say something else under an ID that is known are told`() throws {
        try desk.importContacts("email\nada@example.com\n")
        let line = #"{"email":"ada@example.com","event":"buy","at":"2026-11-01","properties":{"amount":50},"id":1001}"#
        let refund = #"{"email":"ada@example.com","event":"refund","at":"2026-11-05","properties":{"amount":50},"id":1001}"#
        let other = #"{"email":"ada@example.com","event":"buy","at":"2026-11-01","properties":{"amount":51},"id":1001}"#
        let summary = try desk.importEvents([line, refund, line, other].joined(separator: "\n"))
        #expect(summary.added == 2)
        #expect(summary.unchanged == 2)
        #expect(
            summary.notes == ["1 event that is known by its id says something else than the first time: what was told first stays"])
        #expect(try desk.importEvents([line, refund].joined(separator: "\n")).notes == [])
    }

    @Test(arguments: [
        (#"{"email":"ada@example.com","email":"eve@example.com","event":"x","at":"2026-01-01"}"#, "a member is there twice: \"email\""),
        (#"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"n":1,"n":2}}"#, "a member is there twice: \"n\""),
        (
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"n":1234567890123456.75}}"#,
            "a number has more digits than are kept: put it in quotes"
        ),
        (
            #"{"email":"ada@example.com","event":"x","at":"2026-01-01","properties":{"n":9223372036854775808}}"#,
            "a number has more digits than are kept: put it in quotes"
        ),
    ])
    func `a line of which something would be lost or changed unseen is rejected`(_ line: String, _ reason: String) throws {
        try desk.importContacts("email\nada@example.com\neve@example.com\n")
        #expect(try desk.importEvents(line).rejected == 1)
        #expect(try desk.text("events.rejected.jsonl").contains(reason))
        #expect(try desk.count("event") == 0)
    }

    @Test(arguments: [("ada@example.com", "ada@example.com"), ("external:crm-7", "external:crm-7"), ("external:a@b c", "external:a@b c")])
    func `a person is named by address or by external ID`(_ text: String, _ name: String) throws {
        #expect("\(try PersonName(text))" == name)
    }

    @Test(arguments: ["external:", "crm-7", ""]) func `what is neither is no name of a person`(_ text: String) throws {
        #expect(throws: EmailAddress.Problem.self) { try PersonName(text) }
    }

    @Test func `a person is found by either name, and called by it`() throws {
        try desk.importContacts("email,external_id\nada@example.com,1\n,2\n")
        let ada = try person("ada@example.com")
        #expect(try desk.contacts.contact(try PersonName("external:1")) == ada)
        #expect(try desk.contacts.names(of: ada.id).map { "\($0)" } == ["ada@example.com"])
        let other = try #require(try desk.contacts.contact(try PersonName("external:2")))
        #expect(other.email == nil)
        #expect(try desk.contacts.names(of: other.id).map { "\($0)" } == ["external:2"])
        #expect(try desk.contacts.contact(try PersonName("external:3")) == nil)
    }
}
