import Database
import Foundation
import Model
import Store
import StoreSQLite
import TestDatabases

@testable import Campaigns

/// A folder with a database of the kind under test, SQLite unless the suite says otherwise, and whatever files a test writes; both vanish with the object.
final class Desk {
    let folder: String
    private let lease: DatabaseUnderTest
    var database: any SQLDatabase { lease.database }
    static let noon = Instant(milliseconds: 1_800_000_000_000)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        lease = try DatabaseUnderTest(in: folder) { _ = try Schema.migrator.migrate($0, now: Self.noon.milliseconds) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    var contacts: ContactStore { ContactStore(database) }
    var consents: ConsentStore { ConsentStore(database) }
    var events: EventStore { EventStore(database) }

    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

    func count(_ table: String) throws -> Int { try database.read { try $0.count("SELECT count(*) FROM \(raw: table)") } }

    func contact(_ address: String) throws -> Contact? { try contacts.contact(try EmailAddress(address)) }

    // MARK: Imports

    func importContacts(_ bytes: [UInt8], now: Instant = noon, _ change: (inout ContactImport) -> Void = { _ in }) throws -> ImportSummary {
        var job = ContactImport(contacts: contacts, zone: .utc, now: now)
        change(&job)
        return try job.run(try file("people.csv", bytes))
    }

    @discardableResult
    func importContacts(_ text: String, now: Instant = noon, _ change: (inout ContactImport) -> Void = { _ in }) throws -> ImportSummary {
        try importContacts(Array(text.utf8), now: now, change)
    }

    func importEvents(
        _ text: String, name: String = "events.jsonl", dryRun: Bool = false, _ change: (inout EventImport) -> Void = { _ in }
    ) throws -> ImportSummary {
        var job = EventImport(events: events, zone: .utc, now: Self.noon)
        job.dryRun = dryRun
        change(&job)
        return try job.run(try file(name, text))
    }

    func importConsent(_ text: String, _ change: (inout ConsentImport) -> Void = { _ in }) throws -> ImportSummary {
        var job = ConsentImport(contacts: contacts, consents: consents, topics: ["news", "offers"], zone: .utc, now: Self.noon)
        change(&job)
        return try job.run(try file("consent.csv", text))
    }
}

extension Desk {
    /// Another program's view of the same file.
    func secondConnection() throws -> SQLiteDatabase { try SQLiteDatabase(path: folder + "/test.sqlite") }
}
