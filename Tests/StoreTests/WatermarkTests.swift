import Database
import Delivery
import Foundation
import Model
import Synchronization
import TestDatabases
import Testing

@testable import Store

/// What tells a database that has forgotten something from one that has not.
@Suite(.onEachDatabase(orPooled: true)) final class WatermarkTests {
    private let house: House
    private var folder: String { house.folder }

    init() throws { house = try House() }

    private func watermark(_ sender: Int64 = 1) throws -> Watermark {
        try Watermark(house.database, folder: folder, machine: "here", sender: SenderID(sender), at: House.noon)
    }

    private func change(_ watermark: Watermark, _ times: Int = 1) throws {
        for _ in 0..<times {
            try house.database.write { try watermark.raise(in: $0) }
            watermark.note()
        }
    }

    private func set(_ number: Int, of sender: Int64 = 1) throws {
        _ = try house.database.write { try $0.execute("UPDATE sender_mark SET number = \(number) WHERE sender = \(sender)") }
    }

    private func look() throws { try Watermark.refuseForgetful(house.database, folder: folder, machine: "here") }

    @Test func `a machine that has sent nothing yet takes a database as it is`() throws {
        try look()
    }

    @Test func `a database that knows all is sent from again`() throws {
        try change(watermark(1), 3)
        try change(watermark(2))
        try look()
    }

    @Test func `one that knows more than the disk is right: the machine died before it noted it`() throws {
        try change(watermark(), 3)
        try set(4)
        try look()
    }

    @Test func `one that knows less is refused, by the next send and by the one that runs`() throws {
        let running = try watermark()
        try change(running, 3)
        try set(2)
        let next = #expect(throws: DatabaseError.self) { try look() }
        #expect(next?.code == .unfit && next?.message.contains("older than what was sent") == true)
        #expect(next?.hint?.contains("rm \(folder)/watermarks") == true)
        let now = #expect(throws: DatabaseError.self) { try change(running) }
        #expect(now?.code == .unfit)
    }

    @Test func `one that has forgotten a whole sender is refused`() throws {
        try change(watermark(1), 3)
        try change(watermark(2), 1)
        _ = try house.database.write { try $0.execute("DELETE FROM sender_mark WHERE sender = 2") }
        #expect(throws: DatabaseError.self) { try look() }
    }

    @Test(arguments: [nil, "another"] as [String?])
    func `an empty or another database is refused on a server, and a file that was deleted is begun anew`(name: String?) throws {
        try change(watermark())
        try house.database.write { session in
            try session.execute("DELETE FROM sender_mark")
            try session.execute("DELETE FROM database_identity")
            if let name { try session.execute("INSERT INTO database_identity (id, name) VALUES (1, \(name))") }
        }
        guard house.database.isServer else {
            try look()
            try change(watermark())
            return try look()
        }
        let error = #expect(throws: DatabaseError.self) { try look() }
        #expect(error?.code == .unfit && error?.message.contains(name == nil ? "empty" : "not the database") == true)
    }

    @Test func `of many senders the last ones are remembered, here and there`() throws {
        for sender in 1...70 { try change(watermark(Int64(sender))) }
        #expect(try house.database.read { try $0.count("SELECT count(*) FROM sender_mark") } == 64)
        try look()
        try set(0, of: 70)
        #expect(throws: DatabaseError.self) { try look() }
    }
}

/// A sender's transactions over a connection that breaks.
@Suite(.onEachDatabase(orPooled: true)) final class KeepingTests {
    private let house: House

    init() throws { house = try House() }

    /// Breaks the connection in some writes: in the middle, or at the commit, which was kept or was not.
    private final class BreakingDatabase: SQLDatabase {
        enum Break: Sendable {
            case inside, beforeCommit, afterCommit
        }

        private struct Lost: Error {}
        private let inner: any SQLDatabase
        private let coming: Mutex<[Break]>

        init(_ inner: any SQLDatabase, _ coming: [Break]) {
            self.inner = inner
            self.coming = Mutex(coming)
        }

        var dialect: any Dialect { inner.dialect }
        func read<T>(_ body: (any SQLSession) throws -> T) throws -> T { try inner.read(body) }
        func close() throws {}
        func compact() throws {}

        func write<T>(_ body: (any SQLSession) throws -> T) throws -> T {
            let next = coming.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            do {
                let result = try inner.write { session in
                    let result = try body(session)
                    if next == .inside || next == .beforeCommit { throw Lost() }
                    return result
                }
                if next == .afterCommit { throw Lost() }
                return result
            } catch is Lost {
                throw DatabaseError(next == .inside ? .lost : .inDoubt, "the connection broke")
            }
        }
    }

    /// Claims and settles over connections that break so; says how often which lanes were given back.
    private func send(_ breaks: [BreakingDatabase.Break]) throws -> (claims: [Claim], given: [[Int]]) {
        try house.people(5)
        var (desk, _) = try house.begun()
        desk.watermark = try Watermark(house.database, folder: house.folder, machine: "here", sender: desk.sender, at: House.noon)
        let given = Mutex<[[Int]]>([])
        desk.admit = { _ in (.go, 3) }
        desk.forgo = { lanes in given.withLock { $0.append(lanes) } }
        let ledger = Ledger(BreakingDatabase(house.database, breaks))
        let claims = try ledger.exchange(settling: [], claiming: 2, step: 0, at: House.noon, for: desk)
        let more = try ledger.exchange(
            settling: claims.map { $0.settlement(.accepted, code: 250) }, claiming: 10, step: 0, at: House.noon, for: desk)
        return (claims + more, given.withLock { $0 })
    }

    @Test(
        arguments: [
            [], [.inside], [.beforeCommit], [.afterCommit], [.inside, .beforeCommit, .afterCommit, .beforeCommit],
            [.afterCommit, .afterCommit],
        ] as [[BreakingDatabase.Break]])
    private func `everybody is claimed once, whatever breaks`(breaks: [BreakingDatabase.Break]) throws {
        let (claims, _) = try send(breaks)
        #expect(claims.count == 5 && Set(claims.map(\.key)).count == 5)
        #expect(try house.count("SELECT count(*) FROM delivery WHERE state = 1 AND attempts = 1") == 3)
        #expect(try house.count("SELECT count(*) FROM attempt") == 2)
    }

    @Test func `who was let go in a transaction that was not kept is given back, and nobody else`() throws {
        #expect(try send([.inside, .beforeCommit, .afterCommit]).given == [[3, 3], [3, 3]])
    }

    @Test func `a connection that breaks again and again ends the sending`() throws {
        let error = #expect(throws: DatabaseError.self) { _ = try send([.inside, .inside, .inside, .inside, .inside]) }
        #expect(error?.code == .lost)
        #expect(try house.count("SELECT count(*) FROM delivery WHERE state = 1") == 0)
    }
}
