import Database
import Diagnostics
import Model
import StoreSQLite
import Testing

@testable import Segments

/// The evaluator and the SQL mean the same: random segments are asked of random people in both ways.
@Suite struct AgreementTests {
    @Test(arguments: 0..<14 as Range<UInt64>)
    func `memory and database say the same of everybody`(seed: UInt64) throws {
        var world = RandomWorld(seed: seed)
        let people = (1...120).map { world.person($0) }
        let database = try TestDatabase(people)
        var decisions = 0
        var held = 0
        for _ in 0..<60 {
            let node = world.node()
            let moment = world.moment()
            let asked = try ask(node, at: moment, of: people, in: database)
            decisions += people.count
            held += asked.inMemory.count
            guard let id = asked.inMemory.symmetricDifference(asked.inDatabase).first,
                let person = people.first(where: { $0.contact.id == id })
            else { continue }
            let smallest = shrink(node) { node in
                guard let asked = try? ask(node, at: moment, of: people, in: database) else { return false }
                return asked.inMemory.contains(id) != asked.inDatabase.contains(id)
            }
            let plan = try plan(smallest)
            Issue.record(
                """
                seed \(seed): \(smallest)
                at \(moment)
                of \(person)
                memory says \(plan.holds(for: person, at: moment)); SQL: \(plan.sql(dialect: SQLiteDialect(), at: moment))
                """)
            return
        }
        #expect(decisions == 7200)
        #expect(held > decisions / 10 && held < decisions * 9 / 10, "the worlds must not be all true or all false")
    }

    private func ask(
        _ node: SyntaxNode, at moment: Moment, of people: [PersonHistory], in database: TestDatabase
    ) throws -> (inMemory: Set<ContactID>, inDatabase: Set<ContactID>) {
        let plan = try plan(node)
        let inMemory = Set(people.filter { plan.holds(for: $0, at: moment) }.map(\.contact.id))
        let inDatabase = try database.ids(where: plan.sql(dialect: SQLiteDialect(), at: moment))
        let others = try database.ids(where: plan.negatedSQL(dialect: SQLiteDialect(), at: moment))
        #expect(others == Set(people.map(\.contact.id)).subtracting(inDatabase), "\(node)")
        return (inMemory, inDatabase)
    }

    /// Through its text, so that printing and parsing are held to the same.
    private func plan(_ node: SyntaxNode) throws -> SegmentPlan {
        let syntax = try SegmentSyntax(where: node.description)
        try #require(syntax.root == node, "\(node) is read as \(syntax.root)")
        return try SegmentPlan(syntax, against: nil) { name in
            RandomWorld.segments[name].map { SourceText(name: name, text: $0) }
        }
    }

    /// The smallest part that still goes wrong.
    private func shrink(_ node: SyntaxNode, while fails: (SyntaxNode) -> Bool) -> SyntaxNode {
        var node = node
        while let smaller = node.smaller.first(where: fails) { node = smaller }
        return node
    }
}

extension SyntaxNode {
    /// What is left when one thing is taken away.
    fileprivate var smaller: [SyntaxNode] {
        switch kind {
        case .all(let items):
            items + (items.count > 2 ? items.indices.map { SyntaxNode(.all(items.without($0))) } : [])
                + items.replacing { SyntaxNode(.all($0)) }
        case .any(let items):
            items + (items.count > 2 ? items.indices.map { SyntaxNode(.any(items.without($0))) } : [])
                + items.replacing { SyntaxNode(.any($0)) }
        case .not(let item): [item] + item.smaller.map { SyntaxNode(.not($0)) }
        case .condition(.behaviour(let behaviour)):
            behaviour.smaller.map { SyntaxNode(.condition(.behaviour($0))) }
        case .condition(.value(var test)):
            if case .oneOf(let values) = test.test, values.count > 1 {
                values.indices.map { index in
                    test.test = .oneOf(values.without(index))
                    return SyntaxNode(.condition(.value(test)))
                }
            } else {
                []
            }
        case .condition: []
        }
    }
}

extension WrittenBehaviour {
    fileprivate var smaller: [WrittenBehaviour] {
        var results: [WrittenBehaviour] = []
        func add(_ change: (inout WrittenBehaviour) -> Void) {
            var other = self
            change(&other)
            if other != self { results.append(other) }
        }
        add { $0.filter = nil }
        add { $0.window = nil }
        add { $0.times = nil }
        for filter in filter?.smaller ?? [] { add { $0.filter = filter } }
        return results
    }
}

extension Array {
    fileprivate func without(_ index: Int) -> [Element] {
        var rest = self
        rest.remove(at: index)
        return rest
    }
}

extension [SyntaxNode] {
    fileprivate func replacing(_ make: ([SyntaxNode]) -> SyntaxNode) -> [SyntaxNode] {
        indices.flatMap { index in
            self[index].smaller.map { smaller in
                var other = self
                other[index] = smaller
                return make(other)
            }
        }
    }
}
