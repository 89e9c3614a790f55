/// Bytes that many messages end in: kept once, at one address, however many of those messages are under way.
// SAFETY: written in `init` only, and nobody is given a pointer that can be written through.
package final class SharedBytes: @unchecked Sendable {
    private let storage: UnsafeMutableBufferPointer<UInt8>

    package init(_ content: [UInt8]) {
        storage = .allocate(capacity: content.count)
        _ = storage.initialize(from: content)
    }

    deinit {
        storage.deallocate()
    }

    package var count: Int { storage.count }

    /// At the same address as long as this object lives.
    package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(storage) }
}
