import Testing

@testable import StorePostgres

@Suite struct PreparedStatementTests {
    @Test func `what is asked once is not prepared, what is asked again is`() {
        var statements = PreparedStatements()
        #expect(statements.way(of: "SELECT ?", [PostgresType.int8]).0 == .once("SELECT $1"))
        let (second, work) = statements.way(of: "SELECT ?", [PostgresType.int8])
        #expect(second == .kept("pitwall_1") && work.made?.name == "pitwall_1")
        let (third, none) = statements.way(of: "SELECT ?", [PostgresType.unknown])
        #expect(third == .kept("pitwall_1") && none.made == nil && none.dropped.isEmpty)
    }

    @Test func `another type makes it anew, with what was known of the others`() {
        var statements = PreparedStatements()
        _ = statements.way(of: "?, ?", [PostgresType.text, PostgresType.unknown])
        _ = statements.way(of: "?, ?", [PostgresType.text, PostgresType.unknown])
        let (way, work) = statements.way(of: "?, ?", [PostgresType.unknown, PostgresType.int8])
        #expect(way == .kept("pitwall_2") && work.dropped == ["pitwall_1"])
        #expect(work.made?.types == [PostgresType.text, PostgresType.int8])
    }

    @Test func `there are never more than its bound, and those let go of are dropped`() {
        var statements = PreparedStatements(capacity: 3)
        var open: Set<String> = []
        for number in 0..<20 {
            for _ in 0..<2 {
                let (_, work) = statements.way(of: "SELECT \(number)", [])
                open.subtract(work.dropped)
                if let made = work.made { open.insert(made.name) }
            }
            #expect(open.count <= 3)
        }
    }

    @Test func `what could not be prepared is made again`() {
        var statements = PreparedStatements()
        _ = statements.way(of: "x", [])
        _ = statements.way(of: "x", [])
        statements.forget("x")
        #expect(statements.way(of: "x", []).0 == .once("x"))
    }
}
