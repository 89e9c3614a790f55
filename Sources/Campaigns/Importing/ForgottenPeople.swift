package import Model
package import Signing
package import Store

/// Those who asked to be forgotten, by keyed hashes of their addresses: enough to keep an import from bringing them back, and
/// without the workspace's keys not enough to find out who they were.
package struct ForgottenPeople: Sendable {
    private let hashes: Set<String>
    private let key: Secret?

    package static let none = ForgottenPeople(hashes: [], key: nil)

    private init(hashes: Set<String>, key: Secret?) {
        self.hashes = hashes
        self.key = key
    }

    /// `keys` is asked for only where somebody was forgotten.
    package init(_ contacts: ContactStore, keys: () throws -> Keys) throws {
        let hashes = try contacts.forgottenHashes()
        self.init(hashes: hashes, key: hashes.isEmpty ? nil : try keys().identity)
    }

    package func contains(_ address: EmailAddress) -> Bool {
        guard let key, !hashes.isEmpty else { return false }
        return hashes.contains(Self.hash(address, key: key))
    }

    package static func hash(_ address: EmailAddress, key: Secret) -> String {
        HMAC(key).sha256(Array("forgotten \(address.key)".utf8)).hex
    }

    /// By what another system calls them: files may tell of people by that alone.
    package func contains(externalID: String) -> Bool {
        guard let key, !hashes.isEmpty else { return false }
        return hashes.contains(Self.hash(externalID: externalID, key: key))
    }

    /// Whether either is that of somebody who asked to be forgotten: with a new address the same ID would bring them back.
    package func contains(_ address: EmailAddress?, externalID: String?) -> Bool {
        address.map { contains($0) } ?? false || externalID.map { contains(externalID: $0) } ?? false
    }

    package static func hash(externalID: String, key: Secret) -> String {
        HMAC(key).sha256(Array("forgotten external ID \(externalID)".utf8)).hex
    }

    static let reason = RejectReason(text: "this person asked to be forgotten", isRule: true)
}
