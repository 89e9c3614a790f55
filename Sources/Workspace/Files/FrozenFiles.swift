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
    package func changes(in current: any FileSource) throws(WorkspaceError) -> [String] {
        var changed: [String] = []
        for path in files.keys.sorted() where try current.read(path) != files[path] {
            changed.append(path)
        }
        return changed
    }
}
