import Foundation
package import Model
import Store

extension OpenWorkspace {
    /// Keeps in mind where an import has written rejected lines, where that is outside the workspace: those within are found.
    package func noteWritten(by summary: ImportSummary, at now: Instant) throws {
        guard let file = summary.rejectedFile.map({ Self.absolute($0) }), !file.hasPrefix(Self.absolute(root) + "/") else { return }
        try contacts.noteWritten(file, at: now)
    }

    /// The files, of the workspace and of those that imports wrote elsewhere, that name somebody.
    package func files(naming mentions: AddressMentions) throws -> AddressMentions.Found {
        let written = try contacts.writtenFiles()
        let gone = written.filter { !FileManager.default.fileExists(atPath: $0) }
        try contacts.dropWritten(gone)
        return mentions.find(in: root, besides: databasePath, and: written)
    }

    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
