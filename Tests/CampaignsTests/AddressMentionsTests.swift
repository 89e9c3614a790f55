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
        try AddressMentions(of: addresses.map { try EmailAddress($0) }).files(
            in: "\(desk.folder)/ws", besides: "\(desk.folder)/ws/pitwall.sqlite")
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
}
