import Model
import Signing
import Store
import TestDatabases
import Testing

@testable import Campaigns

/// How an import ends, and what can be done with what it rejected.
@Suite(.onEachDatabase) struct ImportEndingTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.importContacts("email\nada@example.com\nbob@example.com\n")
    }

    private static func line(_ address: String, _ at: String = "2026-01-02") -> String {
        #"{"email":"\#(address)","event":"visit","at":"\#(at)"}"# + "\n"
    }

    @Test func `an import ends well, in part or with nothing`() throws {
        let good = Self.line("ada@example.com")
        #expect(try desk.importEvents(good).ending == .whole)
        #expect(try desk.importEvents(good).ending == .whole)
        #expect(try desk.importEvents(good + "{\n").ending == .inPart)
        #expect(try desk.importEvents(good + Self.line("nobody@example.com"), dryRun: true).ending == .inPart)
        #expect(try desk.importEvents("no\nJSON\n").ending == .nothing)
        #expect(try desk.importContacts("email\n").ending == .whole)
        #expect(try desk.importContacts("email\nnobody\n").ending == .nothing)
        let statements = "email,topic,state\nada@example.com,news,perhaps\nada@example.com,news,withdrawn\n"
        #expect(try desk.importConsent(statements).ending == .inPart)
    }

    @Test func `lines that a rule keeps out are no mistakes`() throws {
        let keys = try Keys.random()
        _ = try desk.importEvents(Self.line("ada@example.com", "2025-01-02"))
        try desk.events.prune(Retention(fallback: TimeSpan(30, .day)), at: Desk.noon)
        let faded = try desk.importEvents(Self.line("ada@example.com", "2025-01-02"))
        #expect(faded.ending == .whole)
        #expect([faded.rejected, faded.turnedAway] == [1, 1])
        let bob = try #require(try desk.contact("bob@example.com"))
        _ = try desk.contacts.forget(bob.id, hash: { ForgottenPeople.hash($0, key: keys.identity) }, at: Desk.noon)
        let forgotten = try ForgottenPeople(desk.contacts) { keys }
        #expect(try desk.importContacts("email\nbob@example.com\n") { $0.forgotten = forgotten }.ending == .whole)
        #expect(try desk.importContacts("email\nbob@example.com\nbob\n") { $0.forgotten = forgotten }.ending == .inPart)
    }

    @Test func `rejected lines can be imported again, whatever columns they have and however often they were rejected`() throws {
        let job = SuppressionImport(consents: desk.consents, zone: .utc, now: Desk.noon)
        _ = try job.run(try desk.file("gone.csv", "email,reason\neve@example.com,spam\n"))
        let kept = try desk.text("gone.rejected.csv")
        #expect(kept.hasPrefix("line,reason,email,reason\n2,"))
        let again = try job.run(try desk.file("again.csv", kept))
        #expect(again.reasons.map(\.reason) == ["the reason is none of undeliverable, unsubscribed, complaint"])
        let mended = try desk.text("again.rejected.csv").replacing(",spam\n", with: ",complaint\n")
        #expect(try job.run(try desk.file("mended.csv", mended)).added == 1)
        #expect(try desk.consents.suppressions(of: try EmailAddress("eve@example.com")).map(\.reason) == [.complaint])

        try desk.importContacts("email,line,age\nzoe,the red one,7\n")
        let people = try desk.text("people.rejected.csv").replacing("zoe,", with: "zoe@example.com,")
        try desk.importContacts(people)
        #expect(try desk.contact("zoe@example.com")?.attributes == ["line": "the red one", "age": .integer(7)])
    }

    @Test func `only who can map columns is told to`() throws {
        let events = #expect(throws: ImportProblem.self) { try desk.importEvents("email,event,when\n", name: "e.csv") }
        #expect(events?.hint == "name it in the first line")
        let people = #expect(throws: ImportProblem.self) { try desk.importContacts("mail,name\nada@example.com,Ada\n") }
        #expect(people?.hint == "name it in the first line, or say which it is: --map \"mail=email\"")
    }
}
