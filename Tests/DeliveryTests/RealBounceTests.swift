import Delivery
import Foundation
import Mail
import Testing

/// 390 messages from mailboxes that bounces come to, each with what a specialised analyser says of it.
@Suite(.enabled(if: RealBounces.exist, "../shared/data/bounces is not there"))
struct RealBounceTests {
    private struct Found: Sendable {
        var name: String
        var expected: RealBounces.Expected?
        var report: DeliveryReport?

        var first: DeliveryReport.Recipient? { report?.recipients.first }
        var refusal: RefusalClass? { first.map { RefusalClass(of: Reply($0)) } }
        var suppresses: Bool {
            guard let first, first.kind == .failed else { return false }
            return RefusalClass(of: Reply(first)).remedy(for: Reply(first)) == .suppress
        }
    }

    /// Read once for all of them.
    private static let found = Result {
        try RealBounces.all().map { name, bytes, expected in Found(name: name, expected: expected, report: DeliveryReport(bytes)) }
    }

    private func all() throws -> [Found] { try Self.found.get() }

    @Test func `nearly every report is seen as one, and what is none is not`() throws {
        let all = try all()
        let reports = all.filter { $0.expected != nil }
        let seen = reports.count { $0.report != nil }
        #expect(reports.count >= 380)
        // 374 of 385. The others: three of authentication and not of a person's, three notifications in JSON, five in prose of old servers.
        #expect(Double(seen) >= 0.96 * Double(reports.count), "\(seen) of \(reports.count)")
        // Two that the analyser gives up on are bounces all the same: their text says so.
        let readable: Set = ["bsd-lhost-mfilter-05.eml", "bsd-lhost-x1-03.eml"]
        #expect(all.filter { $0.expected == nil && $0.report != nil && !readable.contains($0.name) }.map(\.name) == [])
    }

    @Test func `whom it calls missing is missing, and few of those are passed over`() throws {
        let all = try all()
        let missing: Set = ["userunknown", "hostunknown", "hasmoved", "notaccept"]
        // What the analyser calls filtered says "user unknown" after the message; suspended accounts have no reader either.
        let without: Set = missing.union(["filtered", "suspend"])
        let suppressed = all.filter(\.suppresses)
        let right = suppressed.filter {
            without.contains($0.expected?.reason ?? "") || $0.report?.recipients.first?.words.lowercased().contains("unknown user") == true
        }
        #expect(suppressed.count >= 120)
        #expect(Double(right.count) >= 0.97 * Double(suppressed.count), "\(right.count) of \(suppressed.count)")
        let hard = all.filter { missing.contains($0.expected?.reason ?? "") && $0.expected?.isHard == true }
        let found = hard.count(where: \.suppresses)
        #expect(Double(found) >= 0.85 * Double(hard.count), "\(found) of \(hard.count)")
    }

    @Test(arguments: [
        "mailboxfull", "blocked", "spamdetected", "authfailure", "feedback", "policyviolation", "toomanyconn", "badreputation",
        "exceedlimit", "mesgtoobig",
    ])
    func `nobody is suppressed for a full mailbox or for what is about us`(reason: String) throws {
        let theirs = try all().filter { $0.expected?.reason == reason }
        #expect(!theirs.isEmpty)
        #expect(theirs.filter(\.suppresses).filter { $0.name != "bsd-lhost-v5sendmail-05.eml" }.map(\.name) == [])
    }

    @Test func `a full mailbox is told from the rest, and a complaint from a bounce`() throws {
        let all = try all()
        let full = all.filter { $0.expected?.reason == "mailboxfull" && $0.report != nil }
        #expect(Double(full.count { $0.refusal == .mailboxFull }) >= 0.9 * Double(full.count))
        #expect(all.filter { $0.first?.kind == .complaint && $0.expected?.reason != "feedback" }.map(\.name) == [])
        #expect(all.count { $0.first?.kind == .complaint } >= 6)
    }
}

enum RealBounces {
    struct Expected: Sendable {
        var reason: String
        var isHard: Bool
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/data/bounces")

    static var exist: Bool { FileManager.default.fileExists(atPath: folder.appendingPathComponent("expected.json").path) }

    /// In the order of their names; nil for what is no report.
    static func all() throws -> [(name: String, bytes: [UInt8], expected: Expected?)] {
        struct Row: Decodable {
            var reason: String
            var hard: Int
        }
        let table = try JSONDecoder().decode(
            [String: [Row]].self, from: try Data(contentsOf: folder.appendingPathComponent("expected.json")))
        return try table.sorted { $0.key < $1.key }.map { name, rows in
            let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("mail/\(name)")))
            return (name, bytes, rows.first.map { Expected(reason: $0.reason, isHard: $0.hard == 1) })
        }
    }
}
