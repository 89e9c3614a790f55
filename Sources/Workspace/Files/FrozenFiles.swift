/// Files held in memory: what a plan froze, or a test wrote down.
package struct FrozenFiles: FileSource {
    package let files: [String: [UInt8]]

    package init(_ files: [String: [UInt8]]) {
        self.files = files
    }

    package init(texts: [String: String]) {
        files = texts.mapValues { Array($0.utf8) }
    }

    package func read(_ path: String) throws(WorkspaceError) -> [UInt8]? {
        try WorkspacePath.check(path)
        return files[path]
    }

    package func read(_ path: String, first most: Int) throws(WorkspaceError) -> [UInt8]? {
        guard let bytes = try read(path) else { return nil }
        return bytes.count <= most ? bytes : Array(bytes.prefix(most))
    }

    package func list(_ folder: String) throws(WorkspaceError) -> [String] {
        if folder.isEmpty { return files.keys.sorted() }
        try WorkspacePath.check(folder)
        return files.keys.filter { $0.hasPrefix(folder + "/") }.sorted()
    }

    /// The paths whose bytes are not the same, or not there at all, in `current`: what has changed since the freeze.
    package func changes(in current: any FileSource) -> [String] {
        files.keys.sorted().filter { path in
            // What can't be read any more, a folder in its place or a link out of the workspace, is another thing.
            do { return try current.read(path) != files[path] } catch { return true }
        }
    }
}
