/// Why a file of a workspace could not be had. Mistakes *in* a file are diagnostics, not this.
package struct WorkspaceError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// No folder from here upwards holds a `pitwall.yaml`.
        case noWorkspace
        /// The path is absolute, has `..` in it, or leads out of the workspace through a link.
        case outside
        /// The path names a folder, a pipe or a device.
        case notAFile
        case tooLarge
        /// The system refused: permissions, a broken disk.
        case unreadable
    }

    package var code: Code
    package var path: String
    package var message: String
    package var hint: String?

    package init(_ code: Code, path: String, _ message: String, hint: String? = nil) {
        self.code = code
        self.path = path
        self.message = message
        self.hint = hint
    }

    package var description: String {
        hint.map { "\(path): \(message)\n  \($0)" } ?? "\(path): \(message)"
    }
}
