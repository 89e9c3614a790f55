import Foundation

/// The files of a folder. Links are followed as long as what they name lies in the folder too.
///
/// Refuses what is no plain file (a pipe would hang the program, a device has no end) and files above ``largest``.
/// Files and folders whose names start with a dot are not listed.
package struct DiskFiles: FileSource {
    /// The folder, absolute and without links.
    package let root: String

    package static let largest = 64 << 20
    /// Folders nested deeper than this are not listed.
    private static let deepest = 16

    /// - Throws: where the folder does not exist or can't be entered.
    package init(root: String) throws(WorkspaceError) {
        guard let real = Self.resolved(root) else {
            throw WorkspaceError(.unreadable, path: root, "there is no such folder")
        }
        self.root = real
    }

    package func read(_ path: String) throws(WorkspaceError) -> [UInt8]? {
        let bytes = try read(path, first: Self.largest + 1)
        guard (bytes?.count ?? 0) <= Self.largest else {
            throw WorkspaceError(.tooLarge, path: path, "is larger than \(Self.largest >> 20) MB")
        }
        return bytes
    }

    package func read(_ path: String, first most: Int) throws(WorkspaceError) -> [UInt8]? {
        try WorkspacePath.check(path)
        errno = 0
        guard let real = Self.resolved("\(root)/\(path)") else {
            if errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG { return nil }
            throw failure(path, errno)
        }
        guard isInside(real) else {
            throw WorkspaceError(.outside, path: path, "is a link that leads out of the workspace")
        }
        let descriptor = open(real, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw failure(path, errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw WorkspaceError(.notAFile, path: path, "is not a file") }
        return try contents(of: descriptor, size: Int(facts.st_size), first: most, path: path)
    }

    package func target(of path: String) -> String {
        guard let real = Self.resolved("\(root)/\(path)"), real.hasPrefix(root + "/") else { return path }
        return String(real.dropFirst(root.count + 1))
    }

    private func contents(of descriptor: Int32, size: Int, first most: Int, path: String) throws(WorkspaceError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(size, most) + 1)
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure(path, errno)
            }
            bytes.append(contentsOf: chunk[..<min(count, most - bytes.count)])
            if bytes.count == most { return bytes }
        }
    }

    package func list(_ folder: String) throws(WorkspaceError) -> [String] {
        if !folder.isEmpty { try WorkspacePath.check(folder) }
        let start = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let real = Self.resolved(start) else { return [] }
        guard isInside(real) || real == root else {
            throw WorkspaceError(.outside, path: folder, "is a link that leads out of the workspace")
        }
        var found: [String] = []
        collect(real, as: folder, depth: 0, into: &found)
        return found.sorted()
    }

    private func collect(_ folder: String, as name: String, depth: Int, into found: inout [String]) {
        guard depth < Self.deepest, let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let child = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !child.hasPrefix(".") else { continue }
            let path = "\(folder)/\(child)"
            let shown = name.isEmpty ? child : "\(name)/\(child)"
            var facts = stat()
            guard lstat(path, &facts) == 0 else { continue }
            switch facts.st_mode & S_IFMT {
            case S_IFDIR: collect(path, as: shown, depth: depth + 1, into: &found)
            case S_IFREG: found.append(shown)
            case S_IFLNK: if isFileInside(path) { found.append(shown) }
            default: break
            }
        }
    }

    private func isFileInside(_ link: String) -> Bool {
        var facts = stat()
        guard let real = Self.resolved(link), isInside(real), stat(real, &facts) == 0 else { return false }
        return facts.st_mode & S_IFMT == S_IFREG
    }

    private func isInside(_ real: String) -> Bool {
        real.hasPrefix(root == "/" ? "/" : root + "/")
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private func failure(_ path: String, _ number: Int32) -> WorkspaceError {
        WorkspaceError(.unreadable, path: path, "cannot be read: \(String(cString: strerror(number)))")
    }
}
