import Database
import Foundation
import TestDatabases
import Testing

@Suite struct ExactDecimalTests {
    private static let numbers = [
        "0", "1", "-1", "0.1", "0.2", "0.3", "-0.3", "12.5", "99.99", "100", "1000000", "-1000000", "123456789012345678",
        "999999999999999999", "9223372036854775807", "0.000000001", "0.0000000001", "1e20", "-1e+20", "1.5e-7", "1E5", "5.0", "-0",
        "1e300", "-1e-300", "4.35", "2.675",
    ]

    private func decimal(_ text: String) throws -> ExactDecimal {
        try #require(ExactDecimal(json: text.utf8), "\(text)")
    }

    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("5.0", "5"), ("12.50", "12.5"), ("-1.5e-7", "-0.00000015"), ("1E5", "100000"), ("0.1", "0.1"),
        ("1e+20", "100000000000000000000"), ("9223372036854775807", "9223372036854775807"), ("1000", "1000"),
    ])
    func `a number is read exactly as JSON writes it`(text: String, expected: String) throws {
        #expect(try decimal(text).description == expected)
    }

    @Test(arguments: [
        "", "-", "true", "null", "\"5\"", "[1]", "1.", ".5", "1e", "1e+", "1e5e", "0x10", "1 ", "--1", "1.2.3", "NaN", "1e99999", "1e500",
    ])
    func `what is no number is none`(text: String) {
        #expect(ExactDecimal(json: text.utf8) == nil)
    }

    @Test func `sums, order and quotients are those of decimal arithmetic`() throws {
        let moderate = Self.numbers.filter { !$0.contains("300") }
        for a in moderate {
            for b in moderate {
                let (x, y) = (try decimal(a), try decimal(b))
                let (p, q) = (try #require(Decimal(string: a)), try #require(Decimal(string: b)))
                #expect(try decimal("\(p + q)") == x + y, "\(a) + \(b)")
                #expect((x < y) == (p < q), "\(a) < \(b)")
            }
        }
        #expect(try decimal("0.1") + decimal("0.2") == decimal("0.3"))
        #expect(try decimal("1e300") + decimal("1") + decimal("-1e300") == decimal("1"))
        #expect(try decimal("10").divided(by: 3).description == "3.33333333333333333333")
        #expect(try decimal("-10").divided(by: 3).description == "-3.33333333333333333334")
        #expect(try decimal("12.5").divided(by: 5) == decimal("2.5"))
        #expect(try decimal("1e-300").divided(by: 7) == .zero)
        #expect(try decimal("-1e-300").divided(by: 7).description == "-0.00000000000000000001")
    }

    @Test(arguments: numbers)
    func `the bytes that a database orders by read back`(text: String) throws {
        let number = try decimal(text)
        #expect(ExactDecimal(orderKey: number.orderKey) == number)
    }

    @Test func `sums of small numbers are written as other numbers are`() throws {
        var random = SeededGenerator(seed: 11)
        let parts = [
            "0", "1", "-1", "0.5", "-0.5", "49.43", "-49.43", "100", "-0.000000001", "999999999.999999999", "-999999999999999999",
            "1000000",
        ]
        for _ in 0..<2000 {
            var tally = DecimalTally()
            var sum = ExactDecimal.zero
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let text = try #require(parts.randomElement(using: &random))
                var bytes = Array(text.utf8)
                bytes.withUnsafeMutableBufferPointer { tally.add(UnsafeBufferPointer($0)) }
                sum = sum + (try decimal(text))
            }
            #expect(tally.withSumKey { Array($0) } == sum.orderKey, "\(sum)")
        }
    }

    @Test(.onEachDatabase) func `a database adds up exactly, whatever the order and the size`() throws {
        let database = try TestDatabase([])
        let dialect = database.database.dialect
        func ask(_ function: DecimalFunction, _ values: [String]) throws -> ExactDecimal? {
            try database.database.read { session in
                let rows =
                    values.isEmpty
                    ? "SELECT CAST(NULL AS TEXT) AS p WHERE 1 = 0"
                    : values.map { "SELECT '{\"x\":\($0)}' AS p" }.joined(separator: " UNION ALL ")
                let sql: SQL = "SELECT \(dialect.jsonAggregate(function, "p", "x")) FROM (\(raw: rows)) q"
                return try session.first(sql) { dialect.decimal(from: $0.value(0)) } ?? nil
            }
        }
        var random = SeededGenerator(seed: 3)
        for _ in 0..<40 {
            let values = (0..<Int.random(in: 1...30, using: &random)).compactMap { _ in Self.numbers.randomElement(using: &random) }
            let numbers = try values.map { try decimal($0) }
            let sum = numbers.reduce(.zero, +)
            let noise = ["true", "null", "\"7\"", "[1]", "{}"]
            #expect(try ask(.sum, values.shuffled(using: &random) + noise) == sum)
            #expect(try ask(.avg, noise + values) == sum.divided(by: values.count))
            #expect(try ask(.min, values) == numbers.min())
            #expect(try ask(.max, noise + values) == numbers.max())
        }
        #expect(try ask(.sum, []) == .zero)
        #expect(try ask(.sum, ["\"x\""]) == .zero)
        for function in [DecimalFunction.avg, .min, .max] { #expect(try ask(function, ["true"]) == nil) }
        let many = Array(repeating: "9223372036854775807", count: 40) + Array(repeating: "-0.999999999", count: 40)
        let once = try decimal("9223372036854775807") + decimal("-0.999999999")
        #expect(try ask(.sum, many) == (0..<40).reduce(ExactDecimal.zero) { sum, _ in sum + once })
    }
}
