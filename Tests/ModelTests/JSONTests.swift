import Model
import Testing

@Suite struct JSONTests {
    private static func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(arguments: [
        "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "-0.25", "1e+20", "5e-324", "\"\"",
        "\"caffè ☕️ 👩‍👩‍👧\"", "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\"", "[]", "{}", "[1,[2,[3]],{\"a\":null}]", "{\"b\":1,\"a\":{\"c\":[true]}}",
    ])
    func `what is printed is what was read`(text: String) throws {
        #expect(try Self.parse(text).json == text)
    }

    @Test(
        arguments: [
            (" \t\r\n 1 ", .integer(1)), ("1.0", .real(1)), ("1e2", .real(100)), ("1E-2", .real(0.01)), ("-0", .integer(0)),
            ("9223372036854775808", .real(9_223_372_036_854_775_808)), ("\"\\u00e8\\/\\b\\f\"", .text("è/\u{8}\u{C}")),
            ("\"\\ud83d\\ude00\"", .text("😀")),
            ("\"\\uD83D\\uDE00\"", .text("😀")), ("{\"a\":1,\"b\":2,\"a\":3}", .object(["a": 3, "b": 2])), ("1e-999", .real(0)),
            ("\"\u{7F}\u{2028}\"", .text("\u{7F}\u{2028}")),
        ] as [(String, JSONValue)])
    func `is read as`(text: String, value: JSONValue) throws {
        #expect(try Self.parse(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "01", "-", "-01", "+1", ".5", "1.", "1.e2", "1e", "1e+", "0x10", "NaN", "Infinity", "1e999",
        "-1e999",
        "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\\ud83d\"", "\"\\ud83d\\n\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ude00\"", "\"a\nb\"", "\"a\tb\"", "\"a\0b\"", "'a'", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]", "{", "{\"a\"", "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "}", "1 2", "{} {}", "// c\n1", "\u{FEFF}1", "undefined", "\u{A0}1",
    ])
    func `is no JSON`(text: String) {
        #expect(throws: JSONError.self) { try Self.parse(text) }
    }

    @Test(arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func `text that is not UTF-8 is refused`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError.self) { try JSONValue(parsing: [quote] + bytes + [quote]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [quote] + Array("\\n".utf8) + bytes + [quote]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test func `any beginning of a text is read or refused, without a trap`() {
        let bytes = Array("{\"a\":[1,-2.5e3,\"\\ud83d\\ude00\\n\",true,null],\"b\":{\"è\":false}}".utf8)
        for end in bytes.indices { #expect(throws: JSONError.self) { try JSONValue(parsing: bytes[..<end]) } }
        for index in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[index] = byte
                // Whatever comes back prints as JSON that means the same.
                if let value = try? JSONValue(parsing: changed) { #expect((try? Self.parse(value.json)) == value) }
            }
        }
    }

    @Test func `nesting is bounded`() throws {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try Self.parse(nested(64)).json == nested(64))
        #expect(throws: JSONError.self) { try Self.parse(nested(65)) }
        #expect(throws: JSONError.self) { try Self.parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try Self.parse(String(repeating: "{\"a\":", count: 1_000_000)) }
    }

    @Test func `an object of very many members is read in time that grows with its size`() throws {
        let members = (0..<100_000).map { "\"member number \($0 % 99_999)\":\($0)" }
        let object = try #require(try Self.parse("{\(members.joined(separator: ","))}").object)
        #expect(object.members.count == 99_999)
        #expect(object.members[0].value == 99_999)
        #expect(object.members.last?.value == 99_998)
    }

    @Test func `a number that is not finite prints as null`() {
        #expect(JSONValue.list([.real(.nan), .real(.infinity)]).json == "[null,null]")
    }

    @Test func `a very long number is read`() throws {
        #expect(try Self.parse("0." + String(repeating: "3", count: 100_000)) == .real(1.0 / 3))
    }

    @Test(
        arguments: [
            ("184", .integer(184)), ("-3", .integer(-3)), ("0", .integer(0)), ("12.5", .real(12.5)), ("-0.5", .real(-0.5)),
            ("0.25", .real(0.25)),
            ("123456789012345", .integer(123_456_789_012_345)), ("0.0001", .real(0.0001)),
            ("12345678901234.5", .real(12_345_678_901_234.5)),
        ] as [(String, JSONValue)])
    func `a canonical number is one`(text: String, value: JSONValue) {
        #expect(JSONValue(canonicalNumber: text) == value)
        #expect(JSONValue(canonicalNumber: text)?.json == text)
    }

    @Test(arguments: [
        "", "-", ".", "00184", "+39", "1e3", "12.50", "1.0", "-0", "-0.0", "00", "01", ".5", "5.", "1,5", "1 000", " 1", "1 ", "1.2.3",
        "--1", "0x1F", "NaN",
        "inf", "nan", "1234567890123456", "1.234567890123456", "٣", "0.00001", "0.000000000001", "1_000", "1\0",
    ])
    func `what would not be printed back the same is no number`(text: String) {
        #expect(JSONValue(canonicalNumber: text) == nil)
    }

    @Test(
        arguments: [
            ("12.50", .real(12.5)), ("100.00", 100), ("0.00", 0), ("-0.0", 0), ("-7.10", .real(-7.1)), ("12.5", .real(12.5)), ("10", 10),
            ("00184.50", nil), ("1e3", nil), (".50", nil), ("+1.50", nil), ("1.0.0", nil), ("0", 0), ("100", 100), ("1.", nil),
        ] as [(String, JSONValue?)])
    func `in a table zeros may end a number`(text: String, value: JSONValue?) {
        #expect(JSONValue(tableNumber: text) == value)
    }

    @Test func `members are replaced where they stand, removed and compared whatever their order`() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        #expect(object.json == "{\"a\":3,\"b\":2}")
        object["a"] = nil
        object["c"] = nil
        #expect(object.json == "{\"b\":2}")
        object["a"] = .null
        #expect(object.names == ["b", "a"])
        #expect(object == ["a": .null, "b": 2])
        #expect(object.hashValue == (["a": .null, "b": 2] as JSONObject).hashValue)
        #expect(object != ["a": .null, "c": 2])
    }
}

@Suite struct StrictJSONTests {
    @Test(arguments: [
        "1234567890123456.75", "0.1234567890123456789", "9223372036854775808", "-9223372036854775809", "1e-400", "0.10000000000000001",
        "123456789012345678901234567890",
    ])
    func `a number with more digits than are kept is refused where that is asked, and not changed unseen`(_ number: String) throws {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"n\":\(number)}".utf8, strictly: true) }
        #expect(error?.description == "a number has more digits than are kept: put it in quotes, at byte 6")
        #expect(throws: Never.self) { try JSONValue(parsing: number.utf8) }
    }

    @Test(arguments: [
        "12.50", "100.00", "0.30000000000000004", "1e22", "1E+2", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308",
        "-9223372036854775808", "0.0", "-0.0", "0e9223372036854775807", "0e99999999999999999999", "100000000000000000000", "1.50e-300",
        "9007199254740993",
    ])
    func `a number that is the same when it is written again is taken`(_ number: String) throws {
        let value = try JSONValue(parsing: number.utf8, strictly: true)
        #expect(try JSONValue(parsing: value.json.utf8, strictly: true) == value)
    }

    @Test(arguments: [#"{"a":1,"a":2}"#, #"{"b":1,"a":null,"a":null}"#, #"[{"p":{"a":1,"\u0061":1}}]"#])
    func `a member that is there twice is refused where that is asked`(_ text: String) throws {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text.utf8, strictly: true) }
        #expect(error?.description.hasPrefix("a member is there twice: \"a\" at byte ") == true)
        #expect(throws: Never.self) { try JSONValue(parsing: text.utf8) }
    }
}
