import Database
import Diagnostics
import Foundation
import Model
import Store
import StoreSQLite
import Testing

@testable import Segments

/// A year and a half of a real shop, counted by a plain Python script and by the engine.
@Suite(.enabled(if: CDNOW.exists, "shared/data/cdnow or python3 is not there")) struct CDNOWTests {
    static let segments = [
        "once": "did purchase exactly 1 time",
        "thrice": "did purchase at least 3 times",
        "lapsed": "last purchase more than 180 days ago",
        "big-spenders": "sum of purchase.amount in last 90 days > 100",
        "january": "first purchase between 1997-01-01 and 1997-01-31",
        "bought-apart": """
        did purchase between 1997-01-01 and 1997-03-31 and did purchase between 1998-01-01 and 1998-06-30
        and did not purchase between 1997-04-01 and 1997-12-31
        """,
        "soon-again": "did purchase then purchase within 7 days",
        "missed-a-year": "did purchase then not purchase within 365 days",
        "dear": "avg of purchase.amount >= 50",
        "varied": "distinct of purchase.cds >= 4",
        "last-was-large": "last purchase.cds >= 5",
        "little-lately": "sum of purchase.amount where (cds >= 2) in last 365 days < 20",
        "top-fifth": "sum of purchase.amount in top 20%",
        "top-twentieth-lately": "max of purchase.amount in last 180 days in top 5%",
    ]

    @Test func `fourteen segments count what a plain script counts`() throws {
        let expected = try CDNOW.counts()
        #expect(Set(expected.names) == Set(Self.segments.keys))
        let database = try TestDatabase([])
        try CDNOW.load(into: database.database)
        let vocabulary = try VocabularyStore(database.database).vocabulary(topics: [], segments: [])
        let moment = Moment(at: try #require(Instant(iso: "1998-07-01T00:00:00Z")), zone: .utc)
        for (name, text) in Self.segments {
            let plan = try SegmentPlan(try SegmentSyntax(where: text), against: vocabulary)
            let count = try database.ids(where: plan.sql(dialect: database.database.dialect, at: moment)).count
            #expect(expected[name] == .integer(Int64(count)), "\(name): \(text)")
        }
    }
}

private enum CDNOW {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        .standardizedFileURL
    private static let file = root.appendingPathComponent("../shared/data/cdnow/CDNOW_master.txt").standardizedFileURL.path
    private static let script = root.appendingPathComponent("scripts/cdnow_counts.py").path
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first { FileManager.default.isExecutableFile(atPath: $0) }

    static var exists: Bool { FileManager.default.fileExists(atPath: file) && python != nil }

    static func counts() throws -> JSONObject {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = [script, file]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try #require(try JSONValue(parsing: Array(data)).object)
    }

    /// Through the stores, as an import does. Each line has an ID, since two of a customer may say the same.
    static func load(into database: any SQLDatabase) throws {
        let text = try String(contentsOfFile: file, encoding: .ascii)
        var contacts: [ContactStore.Entry] = []
        var events: [EventStore.Entry] = []
        for (number, line) in text.split(separator: "\r\n").flatMap({ $0.split(separator: "\n") }).enumerated() {
            let fields = line.split(separator: " ").map { String($0) }
            guard fields.count == 4 else { continue }
            let email = try EmailAddress("\(fields[0])@example.com")
            let day = "\(fields[1].prefix(4))-\(fields[1].dropFirst(4).prefix(2))-\(fields[1].suffix(2))"
            let at = try #require(Zone.utc.instant(reading: day))
            let dollars = try #require(JSONValue(tableNumber: fields[3]))
            let cds = try #require(Int64(fields[2]))
            if contacts.last?.email != email { contacts.append(ContactStore.Entry(email: email, attributes: [:])) }
            events.append(
                EventStore.Entry(
                    email: email, name: "purchase", at: at, properties: ["cds": .integer(cds), "amount": dollars],
                    givenID: "\(number)"))
        }
        let now = Instant(seconds: 900_000_000)
        _ = try ContactStore(database).record(contacts, at: now, source: "test")
        _ = try EventStore(database).record(events, at: now)
    }
}
