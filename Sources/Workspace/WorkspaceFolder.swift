import Diagnostics
import Foundation

/// Where a workspace lies: the nearest folder with a `pitwall.yaml`.
package enum WorkspaceFolder {
    package static let settingsFile = "pitwall.yaml"

    /// The nearest folder from `folder` upwards that holds a `pitwall.yaml`.
    package static func nearest(above folder: String) throws(WorkspaceError) -> String {
        var current = URL(fileURLWithPath: folder).standardizedFileURL.path
        while true {
            if isWorkspace(current) { return current }
            let parent = (current as NSString).deletingLastPathComponent
            if parent == current || parent.isEmpty { break }
            current = parent
        }
        throw WorkspaceError(
            .noWorkspace, path: folder, "neither this folder nor one above it holds a \(settingsFile)",
            hint: "go to a workspace, name one with --workspace DIR, or make one with: pitwall init DIR")
    }

    package static func isWorkspace(_ folder: String) -> Bool {
        var facts = stat()
        return stat("\(folder)/\(settingsFile)", &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    }
}
