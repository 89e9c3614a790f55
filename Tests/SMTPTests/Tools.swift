import Foundation
import Synchronization

/// Programs that tests use where they are there, and do without where they are not.
enum Tools {
    /// Beside the package, in the workplace it is developed in.
    static let witness = URL(fileURLWithPath: #filePath).appending(path: "../../../../shared/tools/smtp_witness.py").standardizedFileURL
        .path

    static let hasWitness = FileManager.default.fileExists(atPath: witness) && succeeds("python3", "-c", "pass")
    static let hasAiosmtpd = succeeds("python3", "-c", "import aiosmtpd") && succeeds("openssl", "version")

    static func succeeds(_ command: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "pitwall-smtp-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// A server in a process of its own, which ends with the test.
final class ServerProcess {
    private let process = Process()
    private let output = Pipe()

    init(_ command: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// The next line that it prints; nil where it ended.
    func line() -> String? {
        var bytes: [UInt8] = []
        while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }

    /// SIGKILL, since a child of a test inherits a mask that holds SIGTERM back.
    func end() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit {
        end()
    }
}
