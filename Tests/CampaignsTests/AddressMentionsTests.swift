import Foundation
import Model
import Testing

@testable import Campaigns

@Suite struct AddressMentionsTests {
    private let desk: Desk

    init() throws { desk = try Desk() }

    private func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: "\(desk.folder)/ws/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func mentions(_ addresses: String...) throws -> [String] {
        try AddressMentions(of: addresses.map { try EmailAddress($0) }).find(
            in: "\(desk.folder)/ws", besides: "\(desk.folder)/ws/pitwall.sqlite"
        ).named
    }

    @Test func `files that name an address, in whatever case and form, are found by content and by name`() throws {
        try write("people.csv", "email\nADA@x.test\n")
        try write("deep/er/list.csv", "ada@xn--mnchen-3ya.test;x")
        try write("outbox/1-ada@x.test.html", "")
        try write("mail.eml", "To: Ada <ada@x.test>, x")
        try write("other.csv", "anna.ada@x.test\nada@x.test-lab.test\nada@x.tests\nbob@x.test\n")
        try write("pitwall.sqlite-wal", "ada@x.test")
        try write(".git/x", "ada@x.test")
        #expect(try mentions("Ada@x.test") == ["mail.eml", "outbox/1-ada@x.test.html", "people.csv"])
        #expect(try mentions("ada@münchen.test") == ["deep/er/list.csv"])
        #expect(try mentions("eve@x.test") == [])
    }

    @Test(arguments: [0, 5, 9, 10, 11, 12]) func `an address across the edge of two pieces is found`(before: Int) throws {
        try write("large.jsonl", String(repeating: "x ", count: (1 << 19) - 6) + String(repeating: " ", count: before) + "ada@x.test\n")
        #expect(try mentions("ada@x.test") == ["large.jsonl"])
    }

    @Test func `a folder that is not there holds nothing`() throws {
        #expect(try mentions("ada@x.test") == [])
    }

    @Test func `files that may name somebody by another system's ID are told apart`() throws {
        try write("events.jsonl", #"{"external_id":"7","event":"buy"}"#)
        try write("rejected.csv", "line,reason,External ID\n2,x,7\n")
        try write("ages.csv", "email,age\nbob@x.test,7\n")
        try write("other.jsonl", #"{"external_id":"17","properties":{"n":70,"v":"7-a","w":"a7"}}"#)
        try write("mapped.csv", "crm;event\ncrm-7788;buy\n")
        try write("longer.csv", "crm;event\ncrm-77889;buy\nx.crm-7788;buy\n")
        try write("both.csv", "email,external_id\nada@x.test,7\n")
        let found = AddressMentions(of: [try EmailAddress("ada@x.test")], externalIDs: ["7", "crm-7788"]).find(
            in: "\(desk.folder)/ws", besides: "\(desk.folder)/ws/pitwall.sqlite")
        #expect(found.named == ["both.csv"])
        #expect(found.mayBeNamed == ["events.jsonl", "mapped.csv", "rejected.csv"])
    }

    @Test(arguments: [0, 1, 5, 6, 7, 8, 9, 10]) func `an ID across the edge of two pieces is found, and its beginning is not`(before: Int)
        throws
    {
        try write("large.csv", String(repeating: "x ", count: (1 << 19) - 5) + String(repeating: " ", count: before) + "crm-7788")
        func found(_ id: String) -> AddressMentions.Found {
            AddressMentions(of: [], externalIDs: [id]).find(in: "\(desk.folder)/ws", besides: "\(desk.folder)/ws/pitwall.sqlite")
        }
        #expect(found("crm-7788").mayBeNamed == ["large.csv"])
        #expect(found("crm-77").mayBeNamed == [])
        #expect(found("rm-7788").mayBeNamed == [])
    }

    @Test func `files elsewhere are looked at where they are named and there`() throws {
        let elsewhere = try desk.file("e.rejected.jsonl", #"2\tx\t{"email":"ada@x.test"}"#)
        try write("people.csv", "email\nada@x.test\n")
        let found = AddressMentions(of: [try EmailAddress("ada@x.test")]).find(
            in: "\(desk.folder)/ws", besides: "\(desk.folder)/ws/pitwall.sqlite", and: [elsewhere, "\(desk.folder)/gone.csv"])
        #expect(found.named == [elsewhere, "people.csv"].sorted())
    }
}
