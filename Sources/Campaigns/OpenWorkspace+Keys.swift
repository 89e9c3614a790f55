import Foundation
package import Signing
import Store
import Workspace

extension OpenWorkspace {
    /// The keys of links and message IDs; made when there are none yet.
    ///
    /// Never where somebody was forgotten: with new keys nobody would recognise them, and the next import would bring them back. Nor where
    /// mail was sent: its links would lead nowhere, and nobody could leave by them.
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
        guard try !campaigns.hasBegunAny() else {
            throw SigningError(
                .noKeys, "the keys are not there: \(settings.keysFile), and mail was sent with them",
                hint: """
                    restore the file from a copy, or from another machine that sends: with new keys the links in all mail sent so far stop \
                    working. Where it is lost for good, make new ones of 32 random bytes each, readable by you alone: \
                    (umask 077; for key in links identity; do echo "$key $(openssl rand -base64 32)"; done > \(settings.keysFile))
                    """)
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try Keys.create(at: path)
    }
}
