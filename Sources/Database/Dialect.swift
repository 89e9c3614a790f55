/// What differs between databases, and nothing else. Everything not here is written once, in SQL that all of them take.
package protocol Dialect: Sendable {
    var name: String { get }

    /// The type of a 64-bit integer column.
    var int64: String { get }

    /// The type of a column of text, which compares by its bytes.
    var text: String { get }

    /// The type of a column of bytes.
    var bytes: String { get }

    /// What follows a table's closing parenthesis when its rows live in its primary key; empty where there is no such thing.
    var clustered: String { get }

    /// What follows a temporary table's closing parenthesis, so that it vanishes with the transaction; empty where it stays with the
    /// connection, whose only user the program is.
    var untilCommit: String { get }

    /// A statement of all columns of all tables, in the order in which they were made: table, column, kind (`int64`, `text`, `bytes`,
    /// `decimal`) and the place in the primary key, from 1; 0 outside of it.
    var layout: SQL { get }

    /// Statements that keep other programs from changing these tables until the transaction ends, where the lock of who writes does not.
    func keepingOut(_ tables: [String]) -> String

    /// What is kept of a text: the same, but for characters that the database has none for.
    func storable(_ text: String) -> String

    /// How many bytes a text may have that stands in a key; nil where any may.
    var longestKey: Int? { get }

    /// How a table is cut into parts; nil where none is.
    var partitioning: (any Partitioning)? { get }

    /// A statement whose rows, a text each, say what is broken in the files of the database itself; nil where there is none.
    var damages: SQL? { get }

    /// Whether programs on several machines use the database at once.
    var isShared: Bool { get }

    /// The time by the database's own clock, in milliseconds since 1970: what machines go by whose clocks differ.
    var now: SQL { get }

    /// What follows a SELECT of rows that are to be the transaction's own, those of the table `alias`: it passes over what another one
    /// has. Empty where a writer has all to itself.
    func takingRows(of alias: String) -> String

    /// The member `name` of the JSON object in `column` as text, as a number of the database or its text, or NULL when it is missing.
    /// What true and false read as is the database's own.
    func jsonMember(_ column: String, _ name: String) -> SQL

    /// The kind of that member: `'text'`, `'integer'`, `'real'`, `'true'`, `'false'`, `'null'`, `'array'`, `'object'`, or NULL
    /// when it is missing.
    func jsonKind(_ column: String, _ name: String) -> SQL

    /// True where the JSON array at member `name` holds exactly the text `item`, or where the member is a text that contains it.
    func jsonContains(_ column: String, _ name: String, _ item: String) -> SQL

    /// A cheap test of the object in `column` that it passes wherever `json`, a value as the program writes it, stands in it; nil
    /// where there is none. It spares reading the members of all the others.
    func jsonMentions(_ column: String, _ json: String) -> SQL?

    /// Whether the bytes in `column` hold `text`, which is in lower case, with ASCII letters in any case.
    func bytesMention(_ column: String, _ text: String) -> SQL

    /// That member as a value to tell from others: two are equal where they are the same text, the same number or the same of
    /// true and false. NULL where it is missing, null, a list or an object.
    func jsonIdentity(_ column: String, _ name: String) -> SQL

    /// An aggregate over the numbers among that member's values, exact whatever their order, as a value that compares with
    /// others of these and with ``decimal(_:)``. A sum of nothing is 0, the rest are NULL.
    func jsonAggregate(_ function: DecimalFunction, _ column: String, _ name: String) -> SQL

    /// A number to compare an aggregate with.
    func decimal(_ number: ExactDecimal) -> SQL

    /// The number as a value that goes into such a column by an ``SQLBatch``.
    func decimalValue(_ number: ExactDecimal) -> SQLValue

    /// Reads what an aggregate gave; nil for NULL.
    func decimal(from value: SQLValue) -> ExactDecimal?

    /// The type of a column that holds such values; see ``jsonAggregate(_:_:_:)``.
    var decimals: String { get }

    /// The exact sum of two such values; NULL where one of them is.
    func decimalSum(_ a: SQL, _ b: SQL) -> SQL

    /// Such a value divided by a whole number and rounded as an average is: down to ``ExactDecimal/decimalsOfQuotients`` decimals. NULL
    /// for nothing divided by nothing. Both may be given more than once.
    func decimalQuotient(_ sum: SQL, _ count: SQL) -> SQL

    /// A statement of the whole numbers `id` among `rows`, `FROM … WHERE …`, that stand there at least `least` times and, where `most` is
    /// set, at most that often; each once, in a column of that name.
    func often(_ id: String, _ rows: SQL, least: Int, most: Int?) -> SQL

    /// The same of those of which an aggregate over a member, as ``jsonAggregate(_:_:_:)`` gives it, compares so.
    func amounting(_ id: String, _ rows: SQL, _ aggregate: DecimalAggregate, _ comparison: DecimalComparison, _ bound: ExactDecimal) -> SQL

    /// A statement, with a column `contact_id`, of those who have a row `b` from a row `a` on and less than `within` milliseconds after
    /// it, or where `negated` a row `a` and none such; each once, and nobody unless `condition`, which is asked once.
    ///
    /// `firsts` is `FROM event a WHERE …`, of one event, and `seconds` the same of `b`: in the primary key such rows lie by their time.
    /// Nil where a database does as well by looking for the second row of each first.
    func following(_ firsts: SQL, _ seconds: SQL, within: Int64, negated: Bool, where condition: SQL) -> SQL?

    /// How many questions for people a statement joins with the people themselves; what goes beyond is asked apart. Nil where it does not matter.
    var mostJoined: Int? { get }

    /// `expression` in lower case by Unicode's simple folding, as ``foldedForSearch(_:)`` folds in memory.
    func folded(_ expression: SQL) -> SQL

    /// What stands behind the @ of an address, which has one.
    func domain(of column: String) -> SQL

    /// A script after which nothing in these tables can be changed, by whatever program: each attempt is an error of ``DatabaseError/Code/unfit``.
    func refusingChanges(_ tables: [String]) -> String
}

extension Dialect {
    package func keepingOut(_ tables: [String]) -> String { "" }

    package func storable(_ text: String) -> String { text }

    package var longestKey: Int? { nil }

    package var partitioning: (any Partitioning)? { nil }

    package var damages: SQL? { nil }

    package var mostJoined: Int? { nil }

    package func jsonMentions(_ column: String, _ json: String) -> SQL? { nil }

    package func following(_ firsts: SQL, _ seconds: SQL, within: Int64, negated: Bool, where condition: SQL) -> SQL? { nil }

    package var decimals: String { "NUMERIC" }

    package func decimalValue(_ number: ExactDecimal) -> SQLValue { .text(number.description) }

    package func decimalSum(_ a: SQL, _ b: SQL) -> SQL { "(\(a) + \(b))" }

    /// `div` cuts towards zero, of whole numbers.
    package func decimalQuotient(_ sum: SQL, _ count: SQL) -> SQL {
        let places = "\(ExactDecimal.decimalsOfQuotients)"
        let shifted: SQL = "floor(\(sum) * 1e\(raw: places))"
        let rounding: SQL = "CASE WHEN \(shifted) < 0 THEN \(count) - 1 ELSE 0 END"
        return "(div(\(shifted) - \(rounding), NULLIF(\(count), 0)) * 1e-\(raw: places))"
    }

    package func often(_ id: String, _ rows: SQL, least: Int, most: Int?) -> SQL {
        let most: SQL = most.map { " AND count(*) <= \($0)" } ?? ""
        return "SELECT \(raw: id) \(rows) GROUP BY \(raw: id) HAVING count(*) >= \(least)\(most)"
    }

    package func amounting(
        _ id: String, _ rows: SQL, _ aggregate: DecimalAggregate, _ comparison: DecimalComparison, _ bound: ExactDecimal
    ) -> SQL {
        let number = jsonAggregate(aggregate.function, aggregate.column, aggregate.name)
        return "SELECT \(raw: id) \(rows) GROUP BY \(raw: id) HAVING \(number) \(raw: comparison.rawValue) \(decimal(bound))"
    }
}

/// What can be worked out of many numbers.
package enum DecimalFunction: String, CaseIterable, Sendable {
    case sum, avg, min, max
}

/// One of those over the member `name` of the JSON object in `column`.
package struct DecimalAggregate: Sendable {
    package var function: DecimalFunction
    package var column: String
    package var name: String

    package init(_ function: DecimalFunction, _ column: String, _ name: String) {
        self.function = function
        self.column = column
        self.name = name
    }
}

package enum DecimalComparison: String, CaseIterable, Sendable {
    case equal = "="
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="

    /// What holds of a number where this one does not.
    package var negated: DecimalComparison? {
        switch self {
        case .equal: nil
        case .less: .atLeast
        case .atMost: .greater
        case .greater: .atMost
        case .atLeast: .less
        }
    }
}

/// The error of a database, without what was in the arguments: those may hold addresses.
package struct DatabaseError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The disk is full.
        case full
        /// Another program holds the database.
        case busy
        /// The file can't be opened, read or written.
        case cannotOpen
        case readOnly
        /// The file is no database, or is damaged.
        case damaged
        /// A server can't be reached, or the connection to it broke; it may come back.
        case lost
        /// The connection broke while a change was being kept: it may have been, or not.
        case inDoubt
        /// A server that won't do, or that does not let us in as the settings are.
        case unfit
        /// A program newer than this one has changed the schema.
        case newerSchema
        case constraint
        case other
    }

    package var code: Code
    package var message: String
    package var hint: String?
    package var sql: String?

    package init(_ code: Code, _ message: String, hint: String? = nil, sql: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.sql = sql
    }

    /// What a program is told that goes on writing where everything was moved from.
    package static func moved(_ place: String) -> DatabaseError {
        DatabaseError(
            .unfit, "\(place) was moved to another database, and takes no changes any more",
            hint: "name that one under `database:`, and start this program again")
    }

    package var description: String {
        [message, hint].compactMap { $0 }.joined(separator: "\n  ")
    }
}
