import Foundation
import Testing

@testable import Campaigns

@Suite struct CSVReaderTests {
    private func records(_ bytes: [UInt8]) throws -> [(line: Int, fields: [String])] {
        var reader = try CSVReader(bytes: bytes, name: "x.csv")
        var record = CSVRecord()
        var all: [(Int, [String])] = []
        while try reader.next(&record) { all.append((record.line, record.fields)) }
        return all
    }

    private func fields(_ text: String) throws -> [[String]] { try records(Array(text.utf8)).map(\.fields) }

    @Test(arguments: [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a;b\n1,5;2", [["a", "b"], ["1,5", "2"]]),
        ("a\tb\r\n1\t2\r\n", [["a", "b"], ["1", "2"]]),
        ("a|b\r1|2\r", [["a", "b"], ["1", "2"]]),
        ("\u{FEFF}a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("a,b\n\"1\n2\",\"3\"\"4\"\n", [["a", "b"], ["1\n2", "3\"4"]]),
        ("a,b\n\n\r\n1,\n,2\n", [["a", "b"], ["1", ""], ["", "2"]]),
        ("\"a,x\";b\n\"1;2\";3", [["a,x", "b"], ["1;2", "3"]]),
        ("a,b\n1 \"x\",2", [["a", "b"], ["1 \"x\"", "2"]]),
        ("a,b\n\"\",\"\"\n", [["a", "b"], ["", ""]]),
        ("one\ntwo", [["one"], ["two"]]),
        ("", []), ("\u{FEFF}", []), ("\n\r\n", []),
    ])
    func `a table is read as it was meant`(_ text: String, _ expected: [[String]]) throws {
        #expect(try fields(text) == expected)
    }

    @Test func `a record knows the line it starts on`() throws {
        #expect(try records(Array("a,b\n\n\"x\ny\",1\r\nz,2".utf8)).map(\.line) == [1, 3, 5])
        #expect(try records(Array("a,b\r\"x\ry\",1\rz,2".utf8)).map(\.line) == [1, 2, 4])
        #expect(try records(Array("a,b\r\n\"x\r\ny\",1\r\nz,2".utf8)).map(\.line) == [1, 2, 4])
    }

    @Test(arguments: [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]])
    func `UTF-16 is told with its remedy`(_ bytes: [UInt8]) {
        let problem = #expect(throws: ImportProblem.self) { _ = try CSVReader(bytes: bytes, name: "x.csv") }
        #expect(problem?.description.contains("UTF-8") == true)
    }

    @Test func `a quote that is never closed is told with its line`() throws {
        let problem = #expect(throws: ImportProblem.self) { try fields("a,b\n1,2\n3,\"4\n5,6\n") }
        #expect(problem?.message.contains("x.csv:3") == true)
    }

    @Test func `a record longer than the longest ends the reading, not the memory`() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("a,b\n1,2\n".utf8 + Array(repeating: UInt8(ascii: "x"), count: 9 << 20)).write(to: URL(fileURLWithPath: path))
        var reader = try CSVReader(path: path)
        var record = CSVRecord()
        #expect(try reader.next(&record))
        #expect(try reader.next(&record))
        var problem: ImportProblem?
        do { _ = try reader.next(&record) } catch { problem = error }
        #expect(problem?.message.contains(":3: a record longer") == true)
    }

    @Test func `a file is the same in whatever pieces it is read`() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var text = "id,words\r\n"
        for index in 0..<40_000 { text += "\(index),\"line \(index)\r\nwith \"\"quotes\"\", and more\"\r\n" }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        var reader = try CSVReader(path: path)
        var record = CSVRecord()
        _ = try reader.next(&record)
        var count = 0
        while try reader.next(&record) {
            guard record.count == 2, record.field(0) == String(count), record.field(1) == "line \(count)\r\nwith \"quotes\", and more",
                record.line == 2 + 2 * count
            else {
                Issue.record("record \(count) is \(record.fields) on line \(record.line)")
                return
            }
            count += 1
        }
        #expect(count == 40_000)
    }

    /// Linux says "input/output error" for the first page of a program's own memory.
    @Test func `a file that fails in the middle is an error, never a short file`() throws {
        var problem: ImportProblem?
        do {
            var reader = try CSVReader(path: "/proc/self/mem")
            var record = CSVRecord()
            while try reader.next(&record) {}
        } catch { problem = error }
        #expect(problem?.message.contains("can't be read") == true)
    }

    @Test func `a folder or a missing file is told as such`() {
        for path in ["/tmp", "/no/such/file.csv"] {
            var problem: ImportProblem?
            do { _ = try CSVReader(path: path) } catch { problem = error }
            #expect(problem?.message.hasPrefix("\(path) can't be read") == true)
        }
    }

    @Test func `any bytes at all end in records or an error`() {
        var state: UInt64 = 42
        let alphabet = Array("a\",;\n\r\t\u{0}é".utf8)
        for _ in 0..<5000 {
            var bytes: [UInt8] = []
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            _ = try? records(bytes)
        }
    }
}
