import Database
import Diagnostics
import Model
import TestDatabases
import Testing

@testable import Segments

@Suite(.onEachDatabase) struct EngagementTests {
    private static let day = Asking.day

    /// Four messages: spring opened and clicked, summer untouched, autumn untracked, winter opened by a machine.
    private var reader: PersonHistory {
        var person = Asking.person()
        func at(_ daysAgo: Int64) -> Instant { Asking.now.advanced(byMilliseconds: -daysAgo * Self.day) }
        let all = Set(Reaction.Kind.allCases)
        person.messages = [
            Message(campaign: "spring", at: at(40), tracked: all), Message(campaign: "summer", at: at(20), tracked: all),
            Message(campaign: "autumn", at: at(5), tracked: []), Message(campaign: "winter", at: at(2), tracked: all),
        ]
        func reaction(_ kind: Reaction.Kind, _ campaign: String, _ daysAgo: Int64, _ link: String? = nil, isKnown: Bool = true) -> Reaction
        {
            Reaction(kind, campaign: campaign, at: at(daysAgo), learnedAt: at(daysAgo), link: link, isKnown: isKnown)
        }
        person.reactions = [
            reaction(.open, "spring", 39), reaction(.open, "spring", 10),
            reaction(.click, "spring", 10, "https://shop.example/pricing?x=1"),
            reaction(.open, "winter", 1, isKnown: false), reaction(.bounce, "autumn", 4), reaction(.complaint, "spring", 9),
        ]
        return person
    }

    @Test(arguments: [
        ("was sent spring", true), ("was sent never", false), ("was sent any at least 4 times", true),
        ("was sent any exactly 2 times in last 7 days", true),
        ("was sent spring in last 30 days", false), ("not was sent spring", false), ("received fewer than 3 messages in last 7 days", true),
        ("received fewer than 2 messages in last 7 days", false), ("received more than 3 messages", true),
        ("received at most 0 messages today", true),
        ("opened spring", true), ("opened spring at least 2 times", true), ("opened any exactly 1 time in last 30 days", true),
        ("opened summer", false),
        ("opened winter", false), ("opened autumn", false), ("opened any at most 2 times", true), ("clicked spring", true),
        (#"clicked "/pricing" in spring"#, true), (#"clicked "/prices" in any"#, false), (#"clicked "/pricing" in summer"#, false),
        ("bounced any", true), ("bounced spring", false), ("complained spring in last 10 days", true),
        ("complained any in last 8 days", false),
        ("did not open summer", true), ("did not open spring", false), ("did not open autumn", false), ("did not open winter", false),
        ("did not open never", false), ("did not open any in last 30 days", true), ("did not open any in last 60 days", false),
        ("did not open any in last 4 days", false), ("did not click summer", true), ("did not click winter", true),
        ("did not click spring", false),
        (#"did not click "/prices" in spring"#, true), (#"did not click "/pricing" in spring"#, false), ("not opened winter", true),
    ])
    func `what became of messages is known, unknown or did not happen`(text: String, expected: Bool) throws {
        #expect(try Asking.holds(text, of: reader) == expected)
    }

    @Test func `refused and planned messages were not sent, and copies for seeds are nobody's`() throws {
        let database = try TestDatabase([Asking.person()])
        try database.database.write { session in
            try session.execute("INSERT INTO campaign (id, name, state, created_at, changed_at) VALUES (1, 'x', 'sent', 0, 0)")
            for (entry, (step, state)) in [(0, 0), (0, 3), (0, 5), (-1, 2)].enumerated() {
                try session.execute(
                    """
                    INSERT INTO delivery (campaign_id, step, contact_id, entry, plan_id, state, due_at, attempts, epoch, handed_at, data_changed) \
                    VALUES (1, \(step), 7, \(entry), 0, \(state), 0, 1, 1, 0, 0)
                    """)
            }
        }
        func ids(_ text: String) throws -> Set<ContactID> {
            let plan = try SegmentPlan(try SegmentSyntax(where: text), against: nil)
            return try database.ids(where: plan.sql(dialect: database.database.dialect, at: .now(Asking.now, zone: .utc)))
        }
        #expect(try ids("was sent any").isEmpty)
        for state in [1, 2, 4] {
            _ = try database.database.write { try $0.execute("UPDATE delivery SET state = \(state) WHERE entry = 1") }
            #expect(try ids("was sent x exactly 1 time") == [ContactID(7)])
        }
    }
}
