package import Database

/// Looks for what can't be so in a database, and names it: rows that speak of what is not there, states that no message has, sums that
/// differ from what they add up. It changes nothing.
///
/// ```swift
/// for finding in try DatabaseCheck(database).run() { print(finding.name, finding.count, finding.examples) }
/// // attempt-without-delivery 3 ["campaign 7, step 0, contact 12, entry 0"]
/// ```
package struct DatabaseCheck {
    let database: any SQLDatabase

    package init(_ database: any SQLDatabase) {
        self.database = database
    }

    package struct Finding: Hashable, Sendable {
        /// One word for programs, as `summary-differs`.
        package var name: String
        /// What is wrong with the rows that were found: "messages of people that are not there".
        package var what: String
        package var count: Int
        /// The first few, by their numbers: no addresses.
        package var examples: [String]
    }

    /// What is asked: rows with a text each, one for every mistake.
    struct Rule: Sendable {
        var name: String
        var what: String
        var sql: SQL
    }

    /// - Parameter progress: what is looked at next, and how much of all that is.
    package func run(progress: (_ name: String, _ done: Int, _ all: Int) throws -> Void = { _, _, _ in }) throws -> [Finding] {
        try database.read { session in
            let tables = try TableLayout.all(in: session)
            let rules = Rule.references(tables) + Rule.ledger + Rule.people + Rule.events + (try Rule.sums(in: session)) + Rule.counts
            var findings: [Finding] = []
            if let damages = session.dialect.damages {
                try progress("damaged", 0, rules.count + 2)
                findings += try Self.find(Rule(name: "damaged", what: "places where the file itself is damaged", sql: damages), session)
            }
            for (place, rule) in rules.enumerated() {
                try progress(rule.name, place + 1, rules.count + 2)
                findings += try Self.find(rule, session)
            }
            try progress("attributes-differ", rules.count + 1, rules.count + 2)
            return findings + (try PeopleCheck.run(in: session))
        }
    }

    static let shown = 5

    private static func find(_ rule: Rule, _ session: any SQLSession) throws -> [Finding] {
        var finding = Finding(name: rule.name, what: rule.what, count: 0, examples: [])
        // The number of all beside each: one pass.
        try session.forEach("SELECT x.example, count(*) OVER () FROM (\(rule.sql)) x LIMIT \(shown)") { row in
            finding.examples.append(row.text(0))
            finding.count = Int(row.integer(1))
        }
        return finding.count > 0 ? [finding] : []
    }
}
