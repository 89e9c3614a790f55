import Database
import Foundation
import Model
import TestDatabases
import Testing

/// Every function of `Dialect` means the same on each database.
@Suite(.onEachDatabase) final class DialectTests {
    private let folder: String
    private let lease: DatabaseUnderTest
    private var dialect: any Dialect { DatabaseKind.current.dialect }

    private static let objects: [String] = [
        #"{"m":"text"}"#, #"{"m":""}"#, #"{"m":5}"#, #"{"m":5.0}"#, #"{"m":-0.5}"#, #"{"m":1e3}"#, #"{"m":true}"#, #"{"m":false}"#,
        #"{"m":null}"#, #"{"m":["vip","new",5]}"#, #"{"m":{"x":1}}"#, #"{"other":1}"#, "{}", #"{"m":"ÀÉ İ Σ"}"#, #"{"m":"it's \"q\""}"#,
        #"{"m":"5"}"#,
    ]

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        lease = try DatabaseUnderTest(in: folder) { database in
            try database.write { session in
                let d = session.dialect
                try session.script("DROP TABLE IF EXISTS o; CREATE TABLE o (id \(d.int64) PRIMARY KEY, b \(d.text), f \(d.bytes))")
                for (number, object) in Self.objects.enumerated() {
                    try session.execute("INSERT INTO o (id, b) VALUES (\(number), \(object))")
                }
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func texts(_ expression: SQL) throws -> [String] {
        try lease.database.read { try $0.all("SELECT \(expression) FROM o ORDER BY id") { $0.optionalText(0) ?? "-" } }
    }

    private func ids(where condition: SQL) throws -> [Int64] {
        try lease.database.read { try $0.all("SELECT id FROM o WHERE \(condition) ORDER BY id") { $0.integer(0) } }
    }

    @Test func `the kind of a member`() throws {
        #expect(
            try texts(dialect.jsonKind("b", "m")) == [
                "text", "text", "integer", "real", "real", "real", "true", "false", "null", "array", "object", "-", "-", "text", "text",
                "text",
            ])
    }

    @Test func `a member as text and as a number`() throws {
        let member = dialect.jsonMember("b", "m")
        let kind = dialect.jsonKind("b", "m")
        #expect(try ids(where: "\(member) = 'text'") == [0])
        #expect(try ids(where: "\(member) = 'it''s \"q\"'") == [14])
        #expect(try ids(where: "CASE WHEN \(kind) IN ('integer', 'real') THEN CAST(\(member) AS NUMERIC) = 5 END") == [2, 3])
        #expect(try ids(where: "CASE WHEN \(kind) IN ('integer', 'real') THEN CAST(\(member) AS NUMERIC) < \(0.5) END") == [4])
        #expect(try ids(where: "\(dialect.jsonMember("b", "missing")) IS NOT NULL").isEmpty)
    }

    @Test func `what a list or a text contains`() throws {
        #expect(try ids(where: dialect.jsonContains("b", "m", "vip")) == [9])
        #expect(try ids(where: dialect.jsonContains("b", "m", "vi")).isEmpty)
        #expect(try ids(where: dialect.jsonContains("b", "m", "5")) == [15])
        #expect(try ids(where: dialect.jsonContains("b", "m", "ex")) == [0])
    }

    @Test func `values are told apart, numbers by what they are worth`() throws {
        let identity = dialect.jsonIdentity("b", "m")
        let count = try lease.database.read { try $0.count("SELECT count(DISTINCT \(identity)) FROM o") }
        #expect(count == 10)
        #expect(try ids(where: "\(identity) IS NULL") == [8, 9, 10, 11, 12])
    }

    @Test(arguments: zip(DecimalFunction.allCases, ["1009.5", "252.375", "-0.5", "1000"]))
    func `sums and their like are exact`(function: DecimalFunction, expected: String) throws {
        let value = try lease.database.read { try $0.first("SELECT \(dialect.jsonAggregate(function, "b", "m")) FROM o") { $0.value(0) } }
        #expect(dialect.decimal(from: value ?? .null)?.description == expected)
        let bound = try #require(ExactDecimal(json: expected.utf8))
        let aggregate = DecimalAggregate(function, "b", "m")
        for (comparison, holds) in [(DecimalComparison.equal, true), (.atLeast, true), (.less, false)] {
            let rows = dialect.amounting("o.g", "FROM (SELECT 7 AS g, b FROM o) o WHERE 1 = 1", aggregate, comparison, bound)
            #expect(try lease.database.read { try $0.all(rows) { $0.integer(0) } } == (holds ? [7] : []))
        }
    }

    @Test func `a quotient is cut, never rounded up`() throws {
        for (numbers, expected) in [("0, 0, 2", "0.66666666666666666666"), ("0, 0, -2", "-0.66666666666666666667")] {
            let rows = numbers.split(separator: ", ").map { "SELECT '{\"m\":\($0)}' AS b" }.joined(separator: " UNION ALL ")
            let value = try lease.database.read {
                try $0.first("SELECT \(dialect.jsonAggregate(.avg, "q.b", "m")) FROM (\(raw: rows)) q") { $0.value(0) }
            }
            #expect(dialect.decimal(from: value ?? .null)?.description == expected)
        }
    }

    @Test func `of nothing the sum is 0 and the rest is unknown`() throws {
        for function in DecimalFunction.allCases {
            let value = try lease.database.read {
                try $0.first("SELECT \(dialect.jsonAggregate(function, "b", "missing")) FROM o") { $0.value(0) }
            }
            #expect(dialect.decimal(from: value ?? .null)?.description == (function == .sum ? "0" : nil))
        }
    }

    @Test func `who stands there how often`() throws {
        let rows: SQL = "FROM (SELECT CASE WHEN id < 3 THEN 1 WHEN id < 5 THEN 2 ELSE 3 END AS g FROM o) o"
        func often(_ least: Int, _ most: Int?) throws -> [Int64] {
            try lease.database.read {
                try $0.all("SELECT q.g FROM (\(dialect.often("o.g", rows, least: least, most: most))) q ORDER BY 1") { $0.integer(0) }
            }
        }
        #expect(try often(2, nil) == [1, 2, 3])
        #expect(try often(2, 3) == [1, 2])
        #expect(try often(4, nil) == [3])
    }

    /// Every letter that has a lower case, and what is not in that table.
    @Test func `folding is what memory does, letter by letter`() throws {
        var odd: [String] = []
        try lease.database.read { session in
            for block in stride(from: UInt32(0x20), to: 0x1F000, by: 0x100) {
                let text = String(String.UnicodeScalarView((block..<block + 0x100).compactMap { Unicode.Scalar($0) }))
                if text.isEmpty { continue }
                let folded = try session.first("SELECT \(dialect.folded("CAST(\(text) AS TEXT)"))") { $0.text(0) }
                if folded != text.lowercased() { odd.append(String(block, radix: 16)) }
            }
        }
        #expect(odd == [])
        #expect(try texts(dialect.folded(dialect.jsonMember("b", "m")))[13] == "ÀÉ İ Σ".lowercased())
    }

    @Test func `bytes mention a text in any case, whatever else they are`() throws {
        let files: [[UInt8]] = [
            Array("To: Anna@Example.com".utf8), [0xFF, 0xFE] + Array("ANNA@EXAMPLE.COM".utf8), Array("anna".utf8),
            Array("müller@example.com".utf8),
        ]
        try lease.database.write { session in
            for (number, file) in files.enumerated() { try session.execute("UPDATE o SET f = \(SQLValue.blob(file)) WHERE id = \(number)") }
        }
        #expect(try ids(where: dialect.bytesMention("f", "anna@example.com")) == [0, 1])
        #expect(try ids(where: dialect.bytesMention("f", "müller@")) == [3])
    }

    @Test func `texts stand in the order of their bytes`() throws {
        try lease.database.write { session in
            try session.script("UPDATE o SET b = NULL")
            for (number, text) in ["b", "A", "a", "Z", "é", "-"].enumerated() {
                try session.execute("UPDATE o SET b = \(text) WHERE id = \(number)")
            }
        }
        let sorted = try lease.database.read { try $0.all("SELECT b FROM o WHERE b IS NOT NULL ORDER BY b") { $0.text(0) } }
        #expect(sorted == ["-", "A", "Z", "a", "b", "é"])
    }
}
