import COpenSSL
package import Mail

/// SHA-256 through libcrypto.
///
/// ```swift
/// SHA256.hash(Array("abc".utf8)).hex   // ba7816bf…
/// var hash = SHA256()
/// hash.update(message[range])
/// let digest = hash.finish()
/// ```
package struct SHA256: ~Copyable {
    private var state = pitwall_sha256_state()

    package init() {
        pitwall_sha256_start(&state)
    }

    package mutating func update(_ bytes: some Collection<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { pitwall_sha256_update(&state, $0.baseAddress, $0.count) }
        if done == nil { Array(bytes).withUnsafeBufferPointer { pitwall_sha256_update(&state, $0.baseAddress, $0.count) } }
    }

    /// The hash of all that came before; the next update starts another message.
    package mutating func finish() -> Digest {
        defer { pitwall_sha256_start(&state) }
        return Digest { pitwall_sha256_finish(&state, $0) }
    }

    package static func hash(_ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBufferPointer { input in Digest { pitwall_sha256(input.baseAddress, input.count, $0) } }
    }

    /// The hash of `bytes` and `tail` after them, and the hash of those ranges of `bytes` one after another and `tail` after them, in little
    /// more than the time of one. What lies outside the array is left out.
    package static func hashes(_ bytes: [UInt8], and ranges: [Range<Int>], tail: SharedBytes? = nil) -> (whole: Digest, part: Digest) {
        var whole = SHA256()
        var part = SHA256()
        func update(_ all: UnsafeBufferPointer<UInt8>, _ some: UnsafeBufferPointer<UInt8>) {
            pitwall_sha256_update_two(&whole.state, all.baseAddress, all.count, &part.state, some.baseAddress, some.count)
        }
        bytes.withUnsafeBufferPointer { bytes in
            func piece(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
                UnsafeBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)])
            }
            // The last is nearly all of them.
            for range in ranges.dropLast() { part.update(piece(range)) }
            update(bytes, piece(ranges.last ?? 0..<0))
        }
        if let tail { update(tail.bytes, tail.bytes) }
        return (whole.finish(), part.finish())
    }
}

/// HMAC-SHA-256, RFC 2104, by one key: what that comes to is worked out once, and as secret as the key.
package final class HMAC: Sendable {
    private let inner: pitwall_sha256_state
    private let outer: pitwall_sha256_state

    package init(_ key: Secret) {
        var (inner, outer) = (pitwall_sha256_state(), pitwall_sha256_state())
        pitwall_hmac_sha256_start(key.bytes, key.count, &inner, &outer)
        (self.inner, self.outer) = (inner, outer)
    }

    package func sha256(_ bytes: [UInt8]) -> Digest {
        withUnsafePointer(to: inner) { inner in
            withUnsafePointer(to: outer) { outer in
                Digest { pitwall_hmac_sha256(inner, outer, bytes, bytes.count, $0) }
            }
        }
    }
}

extension HMAC: CustomStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The 32 bytes of a hash.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// In the order of memory.
    private var words = SIMD4<UInt64>()

    fileprivate init(_ fill: (UnsafeMutablePointer<UInt8>?) -> Void) {
        withUnsafeMutableBytes(of: &words) { $0.withMemoryRebound(to: UInt8.self) { fill($0.baseAddress) } }
    }

    package var bytes: [UInt8] { withBytes { Array($0) } }

    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: words) { body($0) }
    }

    func append(first count: Int, to bytes: inout [UInt8]) {
        withBytes { bytes.append(contentsOf: $0.prefix(count)) }
    }

    /// In lower case, 64 digits.
    package var hex: String {
        withBytes { bytes in
            String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
                for (index, byte) in bytes.enumerated() {
                    buffer[index * 2] = Self.digit(byte >> 4)
                    buffer[index * 2 + 1] = Self.digit(byte & 15)
                }
                return bytes.count * 2
            }
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") &+ nibble : UInt8(ascii: "a") &+ nibble &- 10
    }

    package var description: String { hex }
}
