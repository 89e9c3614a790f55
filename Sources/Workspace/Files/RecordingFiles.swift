import Synchronization

/// Remembers every file that was read through it, with its bytes, so that a plan can freeze exactly those.
///
/// A file is read once: whoever asks again gets the same bytes, also when the file has changed in between.
package final class RecordingFiles: FileSource {
    private let base: any FileSource
    private let seen = Mutex<[String: [UInt8]]>([:])

    package init(_ base: any FileSource) {
        self.base = base
    }

    package func read(_ path: String) throws(WorkspaceError) -> [UInt8]? {
        if let bytes = seen.withLock({ $0[path] }) { return bytes }
        guard let bytes = try base.read(path) else { return nil }
        return remember(bytes, path)
    }

    /// A file that was not read to its end is not remembered: who asked refuses it.
    package func read(_ path: String, first most: Int) throws(WorkspaceError) -> [UInt8]? {
        if let bytes = seen.withLock({ $0[path] }) { return bytes.count <= most ? bytes : Array(bytes.prefix(most)) }
        guard let bytes = try base.read(path, first: most) else { return nil }
        return bytes.count < most ? remember(bytes, path) : bytes
    }

    private func remember(_ bytes: [UInt8], _ path: String) -> [UInt8] {
        seen.withLock { seen in
            if let earlier = seen[path] { return earlier }
            seen[path] = bytes
            return bytes
        }
    }

    package func list(_ folder: String) throws(WorkspaceError) -> [String] {
        try base.list(folder)
    }

    package func target(of path: String) -> String { base.target(of: path) }

    /// What was read until now.
    package var frozen: FrozenFiles { FrozenFiles(seen.withLock { $0 }) }
}
