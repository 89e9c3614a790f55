import Database
import Model
import Store
import StorePostgres
import TestDatabases
import Testing

/// How often an import of events waits for a server: by its batches, not by its events.
@Suite(.enabled(if: DatabaseKind.available.contains(.postgres), "needs PITWALL_TEST_POSTGRES")) struct EventTripTests {
    private static let noon = Instant(milliseconds: 1_800_000_000_000)

    @Test func `events of one person, name and instant cost no question each, nor do those told again in other words`() throws {
        let lease = try #require(try TestServer.shared?.make())
        defer { try? TestServer.shared?.drop(lease) }
        _ = try Schema.migrator.migrate(lease.database, now: Self.noon.milliseconds)
        let address = try EmailAddress("ada@example.com")
        _ = try ContactStore(lease.database).record([ContactStore.Entry(email: address, attributes: [:])], at: Self.noon, source: "test")
        func record(_ value: (Int) -> JSONValue, id: (Int) -> String?) throws -> (results: Set<EventStore.Result>, trips: Int) {
            let entries = (0..<3000).map {
                EventStore.Entry(email: address, name: "visit", at: Self.noon, properties: ["n": value($0)], givenID: id($0))
            }
            let before = lease.database.trips.count
            return (Set(try EventStore(lease.database).record(entries, at: Self.noon)), lease.database.trips.count - before)
        }
        let first = try record({ .integer(Int64($0)) }, id: { _ in nil })
        #expect(first.results == [.added] && first.trips < 60, "\(first.trips)")
        let again = try record({ .real(Double($0)) }, id: { _ in nil })
        #expect(again.results == [.known] && again.trips < 60, "\(again.trips)")
        #expect(try record({ .integer(Int64($0)) }, id: { "g\($0)" }).results == [.added])
        let given = try record({ .real(Double($0)) }, id: { "g\($0)" })
        #expect(given.results == [.known] && given.trips < 60, "\(given.trips)")
    }
}
