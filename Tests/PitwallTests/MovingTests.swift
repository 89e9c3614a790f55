import Database
import Foundation
import StorePostgres
import TestDatabases
import Testing

@Suite(.enabled(if: TestServer.shared != nil, "PITWALL_TEST_POSTGRES names no server"))
struct `A move to another database` {
    @Test func `killed at any moment it goes on, and nothing is missing or there twice`() throws {
        let server = try #require(TestServer.shared)
        let target = try server.make()
        defer { _ = try? server.drop(target) }
        let bench = try Workbench(people: 20_000)
        var generator = Seeded(state: 20_261_127)
        var kills = 0
        for round in 1...8 {
            let move = try bench.start("database", "move", "--to", target.url)
            Thread.sleep(forTimeInterval: Double.random(in: 0.05...(0.1 * Double(round) + 0.1), using: &generator))
            if !move.hasEnded { kills += 1 }
            move.signal(SIGKILL)
            _ = move.wait()
        }
        #expect(kills >= 4)
        let last = try bench.pitwall("database", "move", "--to", target.url)
        #expect(last.status == 0, "\(last.errors)")
        let check = try bench.pitwall("database", "check", "--database", target.url)
        #expect(check.status == 0, "\(check.errors)")
        for table in ["contact", "consent", "attribute_change"] {
            let count = try target.database.read { try $0.count("SELECT count(*) FROM \(raw: table)") }
            #expect(count == 20_000, "\(table)")
        }
    }
}
