import Foundation
import Model

/// Python's `email` package, a reader of mail that was not written here.
enum Python {
    static let path: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Runs a program that reads one JSON value from its standard input and writes one.
    static func run(_ program: String, _ input: JSONValue) throws -> JSONValue {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-mail-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("input.json")
        try Data(input.json.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "/usr/bin/python3")
        process.arguments = ["-c", program, file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return try JSONValue(parsing: Array(bytes))
    }

    struct Failure: Error {
        var status: Int32
    }
}
