package import Model

/// What makes a message itself: the local part of its Message-ID and its MIME boundary, derived with a key from what the
/// message is for. The same message has the same identity whenever it is written; nobody can tell from it who got what.
package struct MessageIdentity: Hashable, Sendable {
    /// 26 letters and digits, lower case: some mail systems fold the case of Message-IDs.
    package let messageIDLocal: String
    package let boundary: String

    /// - Parameters:
    ///   - entry: which pass through a follow-up.
    ///   - nonce: what tells one test send from another; nil for real ones.
    package init(plan: PlanID, step: UInt32, contact: ContactID, entry: Int64 = 0, nonce: [UInt8]? = nil, keys: Keys) {
        var bytes = Array("pitwall message\0".utf8)
        bytes.reserveCapacity(64)
        bytes.append(bigEndian: plan.rawValue)
        bytes.append(bigEndian: step)
        bytes.append(bigEndian: contact.rawValue)
        bytes.append(bigEndian: entry)
        if let nonce {
            bytes.append(1)
            bytes.append(contentsOf: nonce)
        }
        let digest = keys.identityHashes.sha256(bytes).bytes
        messageIDLocal = Self.base32(digest.prefix(16))
        boundary = Self.base32(digest.suffix(16))
    }

    private static let digits = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// RFC 4648 section 6, in lower case, without padding.
    private static func base32(_ bytes: ArraySlice<UInt8>) -> String {
        String(unsafeUninitializedCapacity: (bytes.count * 8 + 4) / 5) { text in
            var count = 0
            var word: UInt32 = 0
            var bits: UInt32 = 0
            func append(_ value: UInt32) {
                text[count] = digits[Int(value & 31)]
                count += 1
            }
            for byte in bytes {
                word = (word << 8 | UInt32(byte)) & 0xFFFF
                bits += 8
                while bits >= 5 {
                    bits -= 5
                    append(word >> bits)
                }
            }
            if bits > 0 { append(word << (5 - bits)) }
            return count
        }
    }
}
