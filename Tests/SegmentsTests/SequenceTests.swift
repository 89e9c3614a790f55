import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

@Suite(.onEachDatabase) struct SequenceTests {
    private static let hour: Int64 = 3_600_000

    private func holds(_ text: String, _ events: [(ago: Int64, name: String, properties: JSONObject)]) throws -> Bool {
        try Asking.holds(text, of: Asking.person(7, events))
    }

    @Test(arguments: [
        ("did cart then buy within 2 hours", 1, true), ("did cart then buy within 2 hours", 0, true),
        ("did cart then buy within 2 hours", 2, false),
        ("did cart then buy within 2 hours", -1, false), ("did cart then not buy within 2 hours", 1, false),
        ("did cart then not buy within 2 hours", 2, true), ("did cart then not buy within 2 hours", -1, true),
        ("not did cart then buy within 2 hours", 2, true), ("did cart then buy within 2 hours in last 24 hours", 1, true),
        ("did cart then buy within 2 hours in last 9 hours", 1, false), ("did cart then buy within 2 hours before 2026-10-01", 1, false),
        ("did cart then buy where (x = 1) within 2 hours", 1, false), ("did never then not buy within 2 hours", 1, false),
        ("did cart then never within 9 days", 1, false),
    ])
    func `the second comes at the same instant or later, before the time is over`(text: String, hoursLater: Int64, expected: Bool) throws {
        #expect(try holds(text, [(10 * Self.hour, "cart", [:]), ((10 - hoursLater) * Self.hour, "buy", [:])]) == expected)
    }

    @Test(arguments: [(Self.hour * 48, true), (Self.hour * 48 - 1, false), (Self.hour * 48 + 1, true)])
    func `what did not follow is known only when the time for it has passed`(ago: Int64, expected: Bool) throws {
        #expect(try holds("did trial then not buy within 2 days", [(ago, "trial", [:])]) == expected)
    }

    @Test func `an event does not follow itself, and two at one instant follow each other`() throws {
        #expect(try !holds("did view then view within 1 hour", [(Self.hour, "view", [:])]))
        #expect(try holds("did view then view within 1 hour", [(Self.hour, "view", [:]), (Self.hour, "view", [:])]))
        let marked: [(Int64, String, JSONObject)] = [(Self.hour, "view", ["x": 1]), (Self.hour, "view", ["x": 2])]
        #expect(try holds("did view where (x = 1) then view where (x = 2) within 1 second", marked))
        #expect(try holds("did view where (x = 2) then view where (x = 1) within 1 second", marked))
        #expect(try !holds("did view where (x = 1) then view where (x = 1) within 1 second", marked))
    }

    @Test(
        arguments: [
            (["id": 5], ["id": 5], true), (["id": 5], ["id": .real(5.0)], true), (["id": 5], ["id": "5"], false),
            (["id": 1], ["id": true], false),
            (["id": "a"], ["id": "A"], false), (["id": "a"], [:], false), ([:], ["id": "a"], false), ([:], [:], false),
            (["id": .null], ["id": .null], false), (["id": .list([1])], ["id": .list([1])], false), (["id": true], ["id": true], true),
        ] as [(JSONObject, JSONObject, Bool)])
    func `a tie needs the same known value on both sides`(first: JSONObject, second: JSONObject, expected: Bool) throws {
        let events = [(5 * Self.hour, "cart", first), (4 * Self.hour, "buy", second)]
        #expect(try holds("did cart then buy within 2 hours with same id", events) == expected)
        let isTied = first["id"].flatMap { Identity($0) } != nil
        #expect(try holds("did cart then not buy within 2 hours with same id", events) == (isTied && !expected))
    }
}
