import Dispatch
import Foundation
import Mail
import Synchronization

/// The folder that messages are kept in: one `.eml` each, a page that shows it, and `index.html` that lists the latest.
///
/// A message's file has its final name only when it is whole, and only then is the message acknowledged. The pages are written
/// from the files by a thread of their own, at most once a second, so that they never hold a sender up.
final class Outbox: Sendable {
    /// How many messages the index lists, the latest first. Older ones stay in the folder.
    static let listed = 1000

    private struct State {
        var entries: [OutboxEntry]
        var total: Int
        var refreshing = false
    }

    let folder: String
    let firstFreeNumber: Int
    private let state: Mutex<State>
    private let clerk = DispatchQueue(label: "pitwall.inbox.pages", qos: .utility)

    /// Makes the folder where there is none, and goes on after the messages that lie in it.
    init(folder: String) throws {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let kept = try OutboxEntry.scan(folder)
            firstFreeNumber = (kept.last?.number ?? 0) + 1
            state = Mutex(State(entries: Array(kept.suffix(Self.listed)), total: kept.count))
        } catch {
            throw InboxError(
                .cannotKeep, "cannot keep messages in \(folder): \(error.localizedDescription)",
                hint: "name a folder that this program may write to")
        }
        try writeIndex()
    }

    func keep(_ message: ReceivedMessage, at time: time_t = Foundation.time(nil)) throws {
        let entry = OutboxEntry(
            number: message.number, recipient: message.recipients.first ?? "", more: message.recipients.count - 1, time: time,
            size: message.content.count)
        try message.content.withUnsafeBytes { try File.write($0, to: "\(folder)/\(entry.name).eml") }
        let asked = state.withLock { state in
            state.total += 1
            state.entries.append(entry)
            if state.entries.count > 2 * Self.listed { state.entries.removeFirst(Self.listed) }
            defer { state.refreshing = true }
            return !state.refreshing
        }
        if asked { clerk.asyncAfter(deadline: .now() + 1) { self.refresh() } }
    }

    /// Writes the pages a last time.
    func finish() async {
        await withCheckedContinuation { continuation in
            clerk.async {
                self.refresh()
                continuation.resume()
            }
        }
    }

    /// Pages are a convenience: where they can't be written (the disk is full), the messages are there all the same, and
    /// the next refresh tries again.
    private func refresh() {
        state.withLock { $0.refreshing = false }
        try? writeIndex()
    }

    private func writeIndex() throws {
        let (entries, total) = state.withLock { (Array($0.entries.suffix(Self.listed)), $0.total) }
        var read: [Int: OutboxEntry.Summary] = [:]
        for entry in entries where entry.summary == nil {
            guard let bytes = File.read("\(folder)/\(entry.name).eml") else { continue }
            let mail = MessageReader(bytes)
            let page = MessagePage(entry: entry, mail: mail).html
            try page.withUnsafeBytes { try File.write($0, to: "\(folder)/\(entry.name).html") }
            read[entry.number] = OutboxEntry.Summary(subject: mail.header("subject") ?? "", recipient: mail.header("to") ?? "")
        }
        let summaries = read
        state.withLock { state in
            for index in state.entries.indices {
                if let summary = summaries[state.entries[index].number] { state.entries[index].summary = summary }
            }
        }
        let shown = entries.reversed().map { entry in
            var entry = entry
            entry.summary = entry.summary ?? summaries[entry.number]
            return entry
        }
        let index = IndexPage(entries: shown, total: total).html
        try index.withUnsafeBytes { try File.write($0, to: "\(folder)/index.html") }
    }
}

/// Whole files, nothing else.
enum File {
    struct Failure: Error, LocalizedError {
        var number: Int32
        var errorDescription: String? { String(cString: strerror(number)) }
    }

    /// Writes to a name beside the final one and renames: who sees the file sees all of it.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        let draft = path + ".tmp"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Failure(number: errno) }
        var at = 0
        while at < bytes.count {
            let written = Foundation.write(file, bytes.baseAddress.map { $0 + at }, bytes.count - at)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw abandoned(file, draft, errno) }
            at += written
        }
        guard close(file) == 0, rename(draft, path) == 0 else {
            let number = errno
            unlink(draft)
            throw Failure(number: number)
        }
    }

    static func read(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    private static func abandoned(_ file: Int32, _ draft: String, _ number: Int32) -> Failure {
        close(file)
        unlink(draft)
        return Failure(number: number)
    }
}
