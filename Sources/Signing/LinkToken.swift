import Mail
package import Model

/// What a signed link in a message says: who, out of which message, and what the link is for. It holds no address, and
/// nobody without the key can make or change one.
///
/// As bytes, before Base64 for URLs:
/// ```text
/// version 1 · flags 1 · contact 8 · campaign 8 · step 4 · topic (length 1, then UTF-8) · signature 16
/// ```
/// Whoever reads tokens must go on reading every version that was ever sent: people unsubscribe from mail of years ago.
package struct LinkToken: Hashable, Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        case unsubscribe = 1
        case preferences = 2
    }

    package enum Problem: Error, Sendable {
        /// No token at all: cut off by a mail reader, typed by hand.
        case malformed
        /// Made by somebody without the key, or changed on its way.
        case forged
        /// Genuine, of a version that this program does not know.
        case newer
    }

    package var kind: Kind
    package var contact: ContactID
    package var campaign: CampaignID
    package var step: UInt32
    /// Empty: no topic in particular.
    package let topic: String
    /// Out of a test send: the link shows its page and does nothing.
    package var isTest: Bool

    private static let version: UInt8 = 1
    private static let testFlag: UInt8 = 0x80
    private static let signatureLength = 16
    /// Signed before the content, so that no other use of the same key can be taken for a link.
    private static let purpose = Array("pitwall link\0".utf8)
    private static let shortest = 1 + signatureLength
    private static let longestText = 512

    /// - Throws: ``SigningError/Code/longTopic`` where the topic's name has more than 255 bytes.
    package init(
        _ kind: Kind, contact: ContactID, campaign: CampaignID, step: UInt32 = 0, topic: String = "", isTest: Bool = false
    ) throws(SigningError) {
        guard topic.utf8.count <= 255 else {
            throw SigningError(
                .longTopic, "a topic's name of more than 255 bytes does not fit a link", hint: "give the topic a shorter name")
        }
        self.kind = kind
        self.contact = contact
        self.campaign = campaign
        self.step = step
        self.topic = topic
        self.isTest = isTest
    }

    /// The token as it stands in a URL.
    package func signed(with keys: Keys) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96 + topic.utf8.count)
        bytes.append(contentsOf: Self.purpose)
        bytes.append(Self.version)
        bytes.append(kind.rawValue | (isTest ? Self.testFlag : 0))
        bytes.append(bigEndian: contact.rawValue)
        bytes.append(bigEndian: campaign.rawValue)
        bytes.append(bigEndian: step)
        bytes.append(UInt8(truncatingIfNeeded: topic.utf8.count))
        bytes.append(contentsOf: topic.utf8)
        keys.linkHashes.sha256(bytes).append(first: Self.signatureLength, to: &bytes)
        return Base64.encoded(bytes[Self.purpose.count...], .url)
    }

    package init(verifying text: some StringProtocol, with keys: Keys) throws(Problem) {
        guard text.utf8.count <= Self.longestText, let bytes = Base64.decode(text, .url), bytes.count >= Self.shortest else {
            throw .malformed
        }
        let content = bytes.dropLast(Self.signatureLength)
        guard constantTimeEqual(Array(Self.signature(of: Self.purpose + content, keys)), Array(bytes.suffix(Self.signatureLength))) else {
            throw .forged
        }
        guard content.first == Self.version else { throw .newer }
        self = try Self.reading(content.dropFirst())
    }

    /// What it reads has been signed with our key, yet is read as if it had not.
    private static func reading(_ bytes: ArraySlice<UInt8>) throws(Problem) -> LinkToken {
        var rest = bytes
        guard let flags = rest.popFirst(), let kind = Kind(rawValue: flags & ~testFlag),
            let contact = rest.takeBigEndian(Int64.self), let campaign = rest.takeBigEndian(Int64.self),
            let step = rest.takeBigEndian(UInt32.self), let length = rest.popFirst(), rest.count == Int(length),
            let topic = String(validating: rest, as: UTF8.self)
        else { throw .malformed }
        do {
            return try LinkToken(
                kind, contact: ContactID(contact), campaign: CampaignID(campaign), step: step, topic: topic,
                isTest: flags & testFlag != 0)
        } catch {
            throw .malformed
        }
    }

    private static func signature(of content: [UInt8], _ keys: Keys) -> ArraySlice<UInt8> {
        keys.linkHashes.sha256(content).bytes.prefix(signatureLength)
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension ArraySlice<UInt8> {
    /// Nil, and nothing taken, where too few bytes are left.
    fileprivate mutating func takeBigEndian<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        let size = Value.bitWidth / 8
        guard count >= size else { return nil }
        defer { self = dropFirst(size) }
        return prefix(size).reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }
}
