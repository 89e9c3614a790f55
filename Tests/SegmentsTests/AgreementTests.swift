import Database
import Diagnostics
import Model
import Store
import TestDatabases
import Testing

@testable import Segments

/// One meaning, three witnesses: random segments are asked of random people in memory, in a database, and of an oracle that
/// reads them in the most naive way.
@Suite(.onEachDatabase) struct AgreementTests {
    private static let people = 110
    private static let segments = 66

    /// Together 108,900 decisions.
    /// In half of the worlds sums are kept, in half of them what is asked of sequences is found by looking for each second event.
    @Test(arguments: 0..<15 as Range<UInt64>)
    func `memory, database and the naive reading say the same of everybody`(seed: UInt64) throws {
        try compare(RandomWorld(seed: seed), seed: seed, sums: seed % 2 == 0 ? RandomWorld.sums : .none, looksUp: seed % 4 < 2)
    }

    @Test(arguments: 100..<103 as Range<UInt64>)
    func `memory and database say the same of days that are none, and of events that have faded`(seed: UInt64) throws {
        try compare(RandomWorld(seed: seed, hasOddDays: true), seed: seed, sums: RandomWorld.sums)
    }

    /// What is warned of is left out; the rest has to be answered from what is left as it would be from all that was.
    @Test(arguments: 200..<212 as Range<UInt64>)
    func `what has faded is answered as before wherever nothing is warned of`(seed: UInt64) throws {
        var world = RandomWorld(seed: seed)
        let people = (1...60).map { world.person($0) }
        let database = try TestDatabase(people, sums: RandomWorld.sums)
        let span = try #require(TimeSpan(world.pick([1, 5, 30, 100]), .day))
        #expect(try EventStore(database.database).prune(Retention(fallback: span), at: world.now) > 0)
        let history = HistoryStore(database.database)
        var answered = 0
        for number in 0..<150 {
            let node = number % 2 == 0 ? world.sum() : world.node()
            let moment = world.moment()
            let plan = try SegmentPlan(try SegmentSyntax(where: node.description), against: nil) { name in
                RandomWorld.segments[name].map { SourceText(name: name, text: $0) }
            }
            guard try database.database.read({ try plan.shortfalls(in: $0, at: moment) }).isEmpty else { continue }
            answered += 1
            let oracle = Oracle(people: people, moment: moment, segments: RandomWorld.segments)
            let before = Set(people.filter { oracle.holds(node, $0) }.map(\.contact.id))
            let inDatabase = try database.ids(where: plan.sql(dialect: database.database.dialect, at: moment))
            #expect(inDatabase == before, "seed \(seed): \(node) at \(moment): \(plan.sql(dialect: database.database.dialect, at: moment))")
            let inMemory = try people.filter { try history.explain(plan, of: $0.contact, at: moment).matches }
            #expect(Set(inMemory.map(\.contact.id)) == before, "seed \(seed): \(node) at \(moment)")
        }
        #expect(answered > 40)
    }

    private func compare(_ world: RandomWorld, seed: UInt64, sums: KeptSums, looksUp: Bool = false) throws {
        var world = world
        let people = (1...Int64(Self.people)).map { world.person($0) }
        let panel = Panel(people: people, database: try TestDatabase(people, sums: sums), hasOracle: !world.hasOddDays)
        if looksUp { try panel.database.database.write { try $0.script("UPDATE event_name SET events = 0") } }
        var held = 0
        for _ in 0..<Self.segments {
            let node = world.node()
            let moment = world.moment()
            let (asked, odd) = try panel.ask(node, at: moment)
            held += asked
            guard let odd else { continue }
            let smallest = panel.shrink(node, at: moment, about: odd)
            Issue.record("seed \(seed): \(try panel.report(smallest, at: moment, about: odd))")
            return
        }
        let decisions = Self.people * Self.segments
        #expect(held > decisions / 10 && held < decisions * 9 / 10, "the worlds must not be all true or all false")
    }
}

/// The witnesses, and the people they are asked about.
private struct Panel {
    let people: [PersonHistory]
    let database: TestDatabase
    let hasOracle: Bool

    /// How many are in, and one of whom the witnesses differ.
    func ask(_ node: SyntaxNode, at moment: Moment) throws -> (held: Int, odd: ContactID?) {
        let plan = try plan(node)
        let standings = plan.standings(among: people, at: moment)
        let everybody = Set(people.map(\.contact.id))
        let inMemory = Set(people.filter { plan.holds(for: $0, at: moment, standings: standings) }.map(\.contact.id))
        let inDatabase = try database.ids(where: plan.sql(dialect: DatabaseKind.current.dialect, at: moment))
        let others = try database.ids(where: plan.negatedSQL(dialect: DatabaseKind.current.dialect, at: moment))
        let counted = try database.count(plan.countSQL(dialect: DatabaseKind.current.dialect, at: moment))
        let one = try database.ids(where: "c.id = 1 AND (\(plan.sqlForFew(dialect: DatabaseKind.current.dialect, at: moment)))")
        var odd = inMemory.symmetricDifference(inDatabase).union(everybody.subtracting(others).symmetricDifference(inDatabase))
        if counted != inMemory.count { odd.formUnion(everybody) }
        odd.formUnion(one.symmetricDifference(inMemory.intersection([ContactID(1)])))
        if hasOracle {
            let oracle = Oracle(people: people, moment: moment, segments: RandomWorld.segments)
            let naive = Set(people.filter { oracle.holds(node, $0) }.map(\.contact.id))
            odd.formUnion(naive.symmetricDifference(inMemory))
        }
        return (inMemory.count, odd.min())
    }

    /// Through its text, so that printing and parsing are held to the same.
    private func plan(_ node: SyntaxNode) throws -> SegmentPlan {
        let syntax = try SegmentSyntax(where: node.description)
        try #require(syntax.root == node, "\(node) is read as \(syntax.root)")
        return try SegmentPlan(syntax, against: nil) { name in
            RandomWorld.segments[name].map { SourceText(name: name, text: $0) }
        }
    }

    /// The smallest part that still goes wrong, for the same person.
    func shrink(_ node: SyntaxNode, at moment: Moment, about id: ContactID) -> SyntaxNode {
        var node = node
        while let smaller = node.smaller.first(where: { (try? ask($0, at: moment).odd) == id }) { node = smaller }
        return node
    }

    /// What each says, of the person with as little history as still makes them differ.
    func report(_ node: SyntaxNode, at moment: Moment, about id: ContactID) throws -> String {
        let plan = try plan(node)
        guard let person = people.first(where: { $0.contact.id == id }) else { return "\(node)" }
        let standings = plan.standings(among: people, at: moment)
        let oracle = Oracle(people: people, moment: moment, segments: RandomWorld.segments)
        let sql = plan.sql(dialect: DatabaseKind.current.dialect, at: moment)
        return """
            \(node)
            at \(moment)
            of \(person.relevant(to: plan))
            memory says \(plan.holds(for: person, at: moment, standings: standings)), the oracle \(oracle.holds(node, person)), \
            the database \(try database.ids(where: sql).contains(id)); SQL: \(sql); counts: \(try database.count(plan.countSQL(dialect: DatabaseKind.current.dialect, at: moment)))
            """
    }
}

extension PersonHistory {
    /// Without what the segment does not ask about.
    fileprivate func relevant(to plan: SegmentPlan) -> PersonHistory {
        var person = self
        let references = plan.syntax.references
        guard references.segments.isEmpty else { return person }
        let names = references.events.map(\.name.text)
        person.events.removeAll { !names.contains($0.name) }
        if references.topics.isEmpty { person.consents = [] }
        if references.attributes.isEmpty {
            person.changes = []
            person.contact.attributes = [:]
        }
        if !plan.condition.all.contains(where: { if case .engagement = $0 { true } else { false } }) {
            person.messages = []
            person.reactions = []
        }
        return person
    }
}
