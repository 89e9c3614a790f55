import Database
import Foundation
import Model
import Synchronization
import Testing

@testable import Store
@testable import StorePostgres

/// A primary and its replica, for real.
@Suite(.enabled(if: OwnServer.isPossible, Comment(rawValue: OwnServer.unavailable))) final class FailoverTests {
    private let primary: OwnServer
    private let replica: OwnServer
    private let database: PostgresDatabase
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-marks-\(UUID().uuidString)").path
    private let said = Said()
    private let noon = Instant(milliseconds: 1_780_000_000_000)

    private final class Said: Sendable {
        let lines = Mutex<[String]>([])
    }

    init() throws {
        let access = ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
        primary = try OwnServer(access: access)
        replica = try primary.replica()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let hosts = "127.0.0.1:\(primary.port),127.0.0.1:\(replica.port)"
        let location = try PostgresLocation("postgres://pitwall@\(hosts)/postgres?target_session_attrs=read-write&connect_timeout=20")
        database = try PostgresDatabase(location) { [said] line in said.lines.withLock { $0.append(line) } }
        try Schema.migrator.migrate(database, now: 0)
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func watermark() throws -> Watermark {
        try Watermark(database, folder: folder, machine: "m", sender: SenderID(1), at: noon)
    }

    private func change(_ watermark: Watermark, _ times: Int) throws {
        for _ in 0..<times {
            try database.write { try watermark.raise(in: $0) }
            watermark.note()
        }
    }

    /// The replica has all that the primary has.
    private func catchUp() throws {
        let follower = try replica.open()
        defer { try? follower.close() }
        let end = try database.read { try $0.first("SELECT pg_current_wal_lsn()::text") { $0.text(0) } } ?? ""
        for _ in 0..<500 {
            let isThere = try follower.read { try $0.count("SELECT CAST(pg_last_wal_replay_lsn() >= CAST(\(end) AS pg_lsn) AS INTEGER)") }
            if isThere == 1 { return }
            usleep(10_000)
        }
        Issue.record("the replica does not follow")
    }

    @Test func `a replica that was up to date takes over, and the sender goes on`() throws {
        let watermark = try watermark()
        try change(watermark, 3)
        try catchUp()
        primary.stop(at: "immediate")
        replica.promote()
        try change(watermark, 2)
        try Watermark.refuseForgetful(database, folder: folder, machine: "m")
    }

    @Test func `a replica that was behind is noticed by a sender that runs, and by the next one`() throws {
        let watermark = try watermark()
        try change(watermark, 3)
        try catchUp()
        replica.stop()
        try change(watermark, 2)
        primary.stop(at: "immediate")
        replica.start()
        replica.promote()
        let running = #expect(throws: DatabaseError.self) { try change(watermark, 1) }
        #expect(running?.code == .unfit && running?.message.contains("older than what was sent") == true)
        let next = #expect(throws: DatabaseError.self) { try Watermark.refuseForgetful(database, folder: folder, machine: "m") }
        #expect(next?.code == .unfit && next?.hint?.contains("watermarks") == true)
    }

    @Test func `a replica that has not taken over yet is waited for`() throws {
        try catchUp()
        let only = try PostgresLocation(replica.url())
        var limits = PostgresLimits()
        limits.patience = 20
        let readable = try PostgresDatabase(only, limits: limits) { [said] line in said.lines.withLock { $0.append(line) } }
        #expect(readable.server.isReplica)
        let refused = #expect(throws: DatabaseError.self) { try readable.write { _ = try $0.execute("DELETE FROM campaign") } }
        #expect(refused?.code == .readOnly && refused?.hint?.contains("primary") == true)
        // Its connections break, as those of a primary do that fails.
        replica.stop()
        replica.start()
        Thread { [replica] in
            Thread.sleep(forTimeInterval: 1.5)
            replica.promote()
        }.start()
        try readable.write { _ = try $0.execute("DELETE FROM campaign") }
        #expect(said.lines.withLock { $0.contains { $0.contains("is a replica now; waiting for it") } })
        try readable.close()
    }
}
