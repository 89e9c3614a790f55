import Database
import Model
import Store
import StoreSQLite
import TestDatabases
import Testing

/// Who is who, by address and by the ID that another system has for them.
@Suite(.onEachDatabase) struct PersonMatchingTests {
    let house: House
    private let later = House.noon.advanced(byMilliseconds: 60_000)

    init() throws { house = try House() }

    private typealias Name = (email: String?, id: String?)

    private func event(_ name: Name, _ event: String = "buy", hours: Int64 = 0, given: String? = nil) throws -> EventStore.Entry {
        EventStore.Entry(
            email: try name.email.map { try House.address($0) }, externalID: name.id, name: event,
            at: House.noon.advanced(byMilliseconds: -hours * 3_600_000), properties: [:], givenID: given)
    }

    private func tell(_ names: Name..., hours: Int64 = 0) throws -> [EventStore.Result] {
        try house.events.record(try names.map { try event($0, hours: hours) }, unknown: .create, at: House.noon).results
    }

    private func list(_ names: Name..., attributes: JSONObject = [:]) throws -> [(id: ContactID, change: ContactStore.Change)] {
        let entries = try names.map {
            ContactStore.Entry(email: try $0.email.map { try House.address($0) }, externalID: $0.id, attributes: attributes)
        }
        return try house.contacts.record(entries, at: later, source: "list").map { ($0.id, $0.change) }
    }

    private func person(_ name: String) throws -> Contact? { try house.contacts.contact(try House.address(name)) }

    @Test func `who was known by an ID alone gets the address of a list, and keeps what they did`() throws {
        #expect(try tell((nil, "crm-7"), hours: 1) == [.added])
        #expect(try list(("vera", "crm-7"), attributes: ["first_name": "Vera"]).map(\.change) == [.updated])
        let vera = try #require(try person("vera"))
        #expect(try house.contacts.contact(externalID: "crm-7") == vera)
        #expect(vera.attributes == ["first_name": "Vera"])
        #expect(try house.contacts.count() == 1)
        #expect(try house.events.summaries(of: vera.id).map(\.count) == [1])
        #expect(try tell((nil, "crm-7"), hours: 1) == [.known])
        #expect(try tell(("vera", "crm-7"), hours: 1) == [.known])
        #expect(try list(("vera", "crm-7"), attributes: ["first_name": "Vera"]).map(\.change) == [.unchanged])
    }

    @Test func `an ID that is somebody's with an address passes to nobody else`() throws {
        #expect(try list(("ada", "1"), ("bob", "1")).map(\.change) == [.added, .twoPeople])
        #expect(try person("bob") == nil)
        #expect(try list(("bob", nil)).map(\.change) == [.added])
        #expect(try list(("bob", "1"), attributes: ["n": 1]).map(\.change) == [.twoPeople])
        #expect(try person("bob")?.attributes == [:])
        #expect(try house.contacts.contact(externalID: "1")?.email == (try House.address("ada")))
        #expect(try tell(("bob", "1"), ("eve", "1"), ("ada", "1"), (nil, "1")) == [.twoPeople, .twoPeople, .added, .known])
        #expect(try person("eve") == nil)
        #expect(try house.count("SELECT count(*) FROM event") == 1)
    }

    @Test func `an event tells the address of who was known by an ID alone, whoever makes contacts`() throws {
        #expect(try tell((nil, "9"), ("zoe", "9"), ("zoe", nil)) == [.added, .known, .known])
        #expect(try house.contacts.count() == 1)
        #expect(try person("zoe") != nil)
        #expect(try tell((nil, "10")) == [.added])
        let told = try house.events.record([try event(("yan", "10"), hours: 3)], at: House.noon)
        #expect(told == [.added])
        #expect(try house.events.summaries(of: try #require(try person("yan")).id).map(\.count) == [2])
    }

    @Test func `who is known by address, and again by an ID alone, is one as soon as a line says so, and can be parted`() throws {
        let ids = try list(("vera", nil), ("ada", "a"), attributes: ["city": "Rome"]).map(\.id)
        #expect(try tell((nil, "crm-7"), hours: 1) == [.added])
        #expect(try list(("vera", "crm-7"), ("ada", "a"), attributes: ["city": "Rome"]).map(\.change) == [.joined, .unchanged])
        #expect(try house.contacts.contact(externalID: "crm-7")?.id == ids[0])
        #expect(try house.events.summaries(of: ids[0]).map(\.count) == [1])
        #expect(try house.contacts.count() == 2)
        let merge = try house.contacts.unmerge(ids[0], at: later)
        #expect(merge.kept == ids[0])
        #expect(try house.events.summaries(of: ids[0]).isEmpty)
        #expect(try house.contacts.contact(externalID: "crm-7")?.email == nil)
        // An event says so too.
        #expect(try tell(("vera", "crm-7"), hours: 2) == [.added])
        #expect(try house.events.summaries(of: ids[0]).map(\.count) == [2])
    }

    @Test func `lists bring people without an address, and lines of one batch follow each other`() throws {
        let told = try list((nil, "1"), (nil, "2"), (nil, "1"), ("cy", "2"), ("di", "2"), ("cy", "3"), (nil, nil), (nil, ""))
        // Those with an address of which nothing else is known come first.
        #expect(told.map(\.change) == [.added, .unchanged, .unchanged, .added, .twoPeople, .unchanged, .nobody, .nobody])
        #expect(told[1].id == told[3].id)
        #expect(told[0].id == told[2].id)
        #expect(try house.contacts.externalIDs(of: told[3].id).map(\.id) == ["2", "3"])
        #expect(try house.contacts.count() == 2)
    }

    @Test func `what an ID alone tells is kept, with its history`() throws {
        let id = try #require(try list((nil, "1"), attributes: ["city": "Rome"]).first?.id)
        #expect(try list((nil, "1"), attributes: ["city": "Rome"]).map(\.change) == [.unchanged])
        let next = try house.contacts.record(
            [ContactStore.Entry(email: nil, externalID: "1", attributes: ["city": "Oslo"])], at: later.advanced(byMilliseconds: 5),
            source: "list")
        #expect(next.map(\.change) == [.updated])
        #expect(try house.contacts.contact(id)?.attributes == ["city": "Oslo"])
        #expect(try house.contacts.changes(of: id).map(\.changes) == [["city": "Rome"], ["city": "Oslo"]])
    }

    @Test func `consent is granted to those who came in, and to nobody who was left out`() throws {
        _ = try list(("ada", "1"))
        let template = ConsentTemplate(topic: "news", state: .confirmed, at: later, source: "form")
        let entries = [
            ContactStore.Entry(email: try House.address("bob"), externalID: "1", attributes: [:]),
            ContactStore.Entry(email: nil, externalID: "2", attributes: [:]),
        ]
        _ = try house.contacts.record(entries, consent: template, at: later, source: "list")
        #expect(try house.count("SELECT count(*) FROM consent") == 1)
        #expect(try house.contacts.contact(externalID: "2").map { try house.consents.statements(of: $0.id).count } == 1)
    }
}

/// The IDs that senders give to events.
@Suite(.onEachDatabase) struct GivenEventIDTests {
    let house: House
    let ada: ContactID

    init() throws {
        house = try House()
        ada = try #require(
            try house.contacts.record([ContactStore.Entry(email: try House.address("ada"), attributes: [:])], at: House.noon, source: "l")
                .first?.id)
    }

    private func tell(_ name: String, _ id: String, hours: Int64 = 0, _ properties: JSONObject = [:]) throws -> EventStore.Result? {
        let entry = EventStore.Entry(
            email: try House.address("ada"), name: name, at: House.noon.advanced(byMilliseconds: -hours * 3_600_000),
            properties: properties, givenID: id)
        return try house.events.record([entry], at: House.noon).first
    }

    @Test func `a purchase and its refund may have one ID`() throws {
        #expect(try tell("purchase", "1001", hours: 5, ["amount": 50]) == .added)
        #expect(try tell("refund", "1001", hours: 1, ["amount": 50]) == .added)
        #expect(try tell("refund", "1001", hours: 1, ["amount": 50]) == .known)
        #expect(try house.events.summaries(of: ada).map(\.name) == ["purchase", "refund"])
    }

    @Test func `an ID that is told again with something else is known, and it is said`() throws {
        #expect(try tell("purchase", "1", hours: 5, ["amount": 50, "n": 1]) == .added)
        #expect(try tell("purchase", "1", hours: 5, ["n": .real(1), "amount": .real(50)]) == .known)
        #expect(try tell("purchase", "1", hours: 5, ["amount": 51, "n": 1]) == .contradicting)
        #expect(try tell("purchase", "1", hours: 4, ["amount": 50, "n": 1]) == .contradicting)
        let two = try ["a", "b"].map {
            EventStore.Entry(email: try House.address("ada"), name: "visit", at: House.noon, properties: ["p": .text($0)], givenID: "7")
        }
        #expect(try house.events.record(two, at: House.noon) == [.added, .contradicting])
        #expect(try house.events.events(of: ada).count == 2)
    }

    @Test func `an ID of which nobody kept what it was given to stands for events of any name`() throws {
        _ = try house.database.write { session in
            try session.execute("INSERT INTO event_given_id (contact_id, given, name_id, at) VALUES (\(ada), \("1"), 0, NULL)")
        }
        #expect(try tell("purchase", "1") == .known)
        #expect(try tell("refund", "1") == .known)
        #expect(try tell("refund", "2") == .added)
        #expect(try tell("purchase", "2") == .added)
        #expect(try house.contacts.givenIDs(of: [ada]).map(\.event) == [nil, "purchase", "refund"])
    }

    @Test func `IDs from before keep their meaning in the new form`() throws {
        func migrate(_ database: some SQLDatabase) throws -> [String] {
            try Migrator(Array(Schema.migrator.migrations.prefix { $0.name != "event IDs" })).migrate(database, now: 0)
            try database.write { session in
                try session.script(
                    "INSERT INTO event_given_id (contact_id, given, name_id, at) VALUES (1, 'a', NULL, NULL), (1, 'b', 4, 9)")
            }
            try Schema.migrator.migrate(database, now: 0)
            return try database.read { session in
                try session.all("SELECT given, name_id, at FROM event_given_id ORDER BY given") { row in
                    "\(row.text(0)) \(row.integer(1)) \(row.optionalInteger(2).map { "\($0)" } ?? "-")"
                }
            }
        }
        let rows: [String]
        switch DatabaseKind.current {
        case .sqlite: rows = try migrate(try SQLiteDatabase(path: "\(house.folder)/before.sqlite"))
        case .postgres, .pooled:
            let server = try #require(TestServer.shared)
            let lease = try server.make()
            rows = try migrate(lease.database)
            try server.drop(lease)
        }
        #expect(rows == ["a 0 -", "b 4 9"])
    }
}
