/// Where the files of a workspace come from: a folder on disk, or what a plan has frozen.
///
/// Paths are relative to the workspace, with `/` between their parts, and never lead out of it.
///
///     let files = DiskFiles(root: "/srv/news")
///     try files.read("Templates/spring.md")   // its bytes, or nil where there is no such file
///     try files.list("Segments")              // ["Segments/lapsed.segment", "Segments/newsletter.segment"]
package protocol FileSource: Sendable {
    /// The bytes of a file; nil where there is none.
    func read(_ path: String) throws(WorkspaceError) -> [UInt8]?
    /// Its first bytes, at most so many: enough for who refuses a file with more.
    func read(_ path: String, first most: Int) throws(WorkspaceError) -> [UInt8]?
    /// The paths of all files below a folder (`""` is the workspace), sorted. Empty where there is no such folder.
    func list(_ folder: String) throws(WorkspaceError) -> [String]
    /// The path of the file that is read for `path`: another one for a link.
    func target(of path: String) -> String
}

extension FileSource {
    package func target(of path: String) -> String { path }
}

/// A path that stays within the workspace by its own spelling. Links are the disk's matter, see ``DiskFiles``.
package enum WorkspacePath {
    package static func check(_ path: String) throws(WorkspaceError) {
        guard path.utf8.count <= 1024, !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw WorkspaceError(.outside, path: printable(path), "is not a path a file can have")
        }
        guard path.utf8.first != UInt8(ascii: "/") else {
            throw WorkspaceError(.outside, path: path, "is an absolute path", hint: "paths are relative to the workspace")
        }
        for part in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let name = String(decoding: part, as: UTF8.self)
            guard name != "..", name != ".", !name.isEmpty else {
                throw WorkspaceError(.outside, path: path, "is not a plain path within the workspace", hint: "write it without . and ..")
            }
        }
    }

    private static func printable(_ path: String) -> String {
        let scalars = path.unicodeScalars.prefix(100).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) }
        return String(scalars)
    }
}
