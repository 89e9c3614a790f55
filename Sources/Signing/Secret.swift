import COpenSSL

/// Bytes that nobody may see: printing, dumping or interpolating one shows that it is there and nothing else.
///
/// Comparing two takes as long wherever they differ.
package struct Secret: Sendable, Equatable {
    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Throws: ``SigningError/Code/noRandomness``.
    package static func random(count: Int = 32) throws(SigningError) -> Secret {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = bytes.withUnsafeMutableBufferPointer { pitwall_random($0.baseAddress, $0.count) }
        guard filled == 1 else {
            throw SigningError(.noRandomness, "the system gives no random bytes", hint: "see whether getrandom(2) works here")
        }
        return Secret(bytes)
    }

    package var count: Int { bytes.count }

    package static func == (a: Secret, b: Secret) -> Bool { constantTimeEqual(a.bytes, b.bytes) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// True when both hold the same bytes; takes as long wherever they differ. Their lengths are no secret.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    guard !a.isEmpty else { return true }
    return a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            guard let first = a.baseAddress, let second = b.baseAddress else { return false }
            return pitwall_equal(first, second, a.count) == 1
        }
    }
}
