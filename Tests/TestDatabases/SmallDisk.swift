import Foundation

/// A small file system in memory, to be full soon.
package final class SmallDisk {
    package let path: String

    package init(megabytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path) else { throw CocoaError(.fileWriteUnknown) }
    }

    deinit {
        _ = Self.run("umount", "-l", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    package static let isPossible = geteuid() == 0 && (try? SmallDisk(megabytes: 1)) != nil

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
