import Foundation
import Synchronization

@testable import Inbox

/// Collects what a server hands over.
final class Collector: Sendable {
    private let kept = Mutex<[ReceivedMessage]>([])

    var messages: [ReceivedMessage] { kept.withLock { $0 } }
    var texts: [String] { messages.map { String(decoding: $0.content, as: UTF8.self) } }

    func take(_ message: ReceivedMessage) {
        kept.withLock { $0.append(message) }
    }
}

/// Runs `body` against a server of its own and stops it.
@discardableResult
func withInbox<Result>(
    _ settings: InboxSettings = InboxSettings(), _ body: (InboxServer, Collector) async throws -> Result
) async throws -> Result {
    let collector = Collector()
    var settings = settings
    settings.onMessage = { collector.take($0) }
    let inbox = try await InboxServer.start(settings)
    do {
        let result = try await body(inbox, collector)
        await inbox.stop()
        return result
    } catch {
        await inbox.stop()
        throw error
    }
}

/// A folder that is removed again.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inbox-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

extension Task where Failure == any Error {
    /// Blocks a thread of its own rather than one that the test's other tasks need.
    static func onThread(_ body: @escaping @Sendable () throws -> Success) -> Task {
        Task {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
            }
        }
    }
}
