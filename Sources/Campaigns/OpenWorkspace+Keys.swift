import Foundation
package import Signing
import Store
import Workspace

extension OpenWorkspace {
    /// The keys of links and message IDs; made when there are none yet.
    ///
    /// Never where somebody was forgotten: with new keys nobody would recognise them, and the next import would bring them back.
    package func keys() throws -> Keys {
        let path = path(settings.keysFile)
        if FileManager.default.fileExists(atPath: path) { return try Keys(contentsOf: path) }
        let forgotten = try contacts.forgottenHashes().count
        guard forgotten == 0 else {
            throw SigningError(
                .noKeys, "the keys are not there: \(settings.keysFile)",
                hint: """
                    restore the file from a copy: without it those who asked to be forgotten (addresses: \(forgotten)) can't be \
                    recognised, and an import would bring them back
                    """)
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try Keys.create(at: path)
    }
}
