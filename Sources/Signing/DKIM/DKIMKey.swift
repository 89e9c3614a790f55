import COpenSSL
import Mail

/// A private key that signs mail for a domain: RSA or Ed25519, from a PEM file, kept by libcrypto.
///
/// ```swift
/// let key = try DKIMKey(contentsOf: "secrets/dkim-s1.pem")
/// key.algorithm      // rsa
/// key.warnings       // "others than its owner may read this key"
/// ```
///
/// Refuses RSA under 1,024 bits (RFC 8301 section 3.2: verifiers must not take them), keys of other kinds, keys with a passphrase.
// SAFETY: libcrypto's keys may be used by several threads at once, and nothing changes this one.
package final class DKIMKey: @unchecked Sendable {
    private let key: OpaquePointer

    package enum Algorithm: String, Sendable, CaseIterable {
        case rsa
        case ed25519

        /// As the tag `a=` names it.
        package var signatureName: String { "\(rawValue)-sha256" }

        var kind: Int32 { Int32(self == .rsa ? PITWALL_KEY_RSA : PITWALL_KEY_ED25519) }
    }

    package let algorithm: Algorithm
    package let bits: Int
    /// What should be better, in words that follow the file's name.
    package let warnings: [String]

    package static let smallestRSA = 1024
    package static let goodRSA = 2048

    /// - Throws: ``SigningError`` with what is wrong and what to do now.
    package convenience init(contentsOf path: String) throws(SigningError) {
        let (bytes, isOpen) = try PrivateFile(path, holding: .dkimKey).readOpen()
        try self.init(pem: bytes, named: path, isOpen: isOpen)
    }

    /// - Parameters:
    ///   - name: what errors call it.
    ///   - isOpen: others than the owner may read the file.
    package init(pem: [UInt8], named name: String, isOpen: Bool = false) throws(SigningError) {
        var kind: Int32 = 0
        let parsed = pem.withUnsafeBufferPointer { pitwall_key_parse($0.baseAddress, $0.count, &kind) }
        guard let parsed else { throw Self.refusal(kind, pem, name) }
        key = parsed
        algorithm = kind == Algorithm.rsa.kind ? .rsa : .ed25519
        bits = Int(pitwall_key_bits(parsed))
        var warnings: [String] = []
        if isOpen { warnings.append("others than its owner may read this key: chmod 600 \(name)") }
        if algorithm == .rsa, bits < Self.goodRSA {
            warnings.append("an RSA key of \(bits) bits is weak: make one of \(Self.goodRSA) under another selector")
        }
        self.warnings = warnings
        guard algorithm == .ed25519 || bits >= Self.smallestRSA else {
            throw SigningError(
                .badDKIMKey, "\(name): an RSA key of \(bits) bits is too short: receivers take no signature under \(Self.smallestRSA)",
                hint: "make a new one under another selector: pitwall dkim new DOMAIN --selector S")
        }
    }

    private init(_ key: OpaquePointer, _ algorithm: Algorithm) {
        self.key = key
        self.algorithm = algorithm
        bits = Int(pitwall_key_bits(key))
        warnings = []
    }

    deinit {
        pitwall_key_free(key)
    }

    /// A new key, kept nowhere.
    package static func generate(_ algorithm: Algorithm, bits: Int = goodRSA) throws(SigningError) -> DKIMKey {
        guard algorithm == .ed25519 || (goodRSA...8192).contains(bits) else {
            throw SigningError(
                .badDKIMKey, "an RSA key of \(bits) bits is not made", hint: "take 2048, or 4096 where your DNS takes long records")
        }
        guard let key = pitwall_key_generate(algorithm.kind, UInt32(bits)) else {
            throw SigningError(.badDKIMKey, "libcrypto makes no \(algorithm.rawValue) key")
        }
        return DKIMKey(key, algorithm)
    }

    /// Writes the key to a new file that only its owner may read. A file that is there already is never touched.
    package func create(at path: String) throws(SigningError) {
        let text = Self.filled { pitwall_key_pem(key, $0, $1) }
        guard !text.isEmpty else { throw SigningError(.badDKIMKey, "libcrypto does not write the key") }
        try PrivateFile(path, holding: .dkimKey).create(text)
    }

    /// The public half as a DNS record holds it: SubjectPublicKeyInfo for RSA, 32 bytes for Ed25519.
    package var publicBytes: [UInt8] { Self.filled { pitwall_key_public(key, $0, $1) } }

    /// Over a digest, as DKIM signs: PKCS #1 v1.5 for RSA, the digest as the message for Ed25519 (RFC 8463 section 3).
    package func signature(of digest: Digest) throws(SigningError) -> [UInt8] {
        let signature = [UInt8](unsafeUninitializedCapacity: Int(PITWALL_LONGEST_SIGNATURE)) { buffer, count in
            count = digest.bytes.withUnsafeBufferPointer { pitwall_key_sign(key, $0.baseAddress, buffer.baseAddress) }
        }
        guard !signature.isEmpty else { throw SigningError(.badDKIMKey, "libcrypto does not sign with the DKIM key") }
        return signature
    }

    private static func filled(_ fill: (UnsafeMutablePointer<UInt8>?, Int) -> Int) -> [UInt8] {
        let largest = 16_384
        return [UInt8](unsafeUninitializedCapacity: largest) { buffer, count in
            let written = fill(buffer.baseAddress, largest)
            count = written <= largest ? written : 0
        }
    }

    private static func refusal(_ kind: Int32, _ pem: [UInt8], _ name: String) -> SigningError {
        switch Int(kind) {
        case PITWALL_KEY_ENCRYPTED:
            return SigningError(
                .badDKIMKey, "\(name): this key has a passphrase, and nobody is there to type it when mail goes out",
                hint: "openssl pkey -in \(name) -out NEW.pem writes it without; chmod 600 NEW.pem")
        case PITWALL_KEY_OTHER:
            return SigningError(
                .badDKIMKey, "\(name): this key is neither RSA nor Ed25519, and DKIM knows no others",
                hint: "make one with: pitwall dkim new DOMAIN --selector S")
        default:
            let isPublic = String(decoding: pem, as: UTF8.self).contains("PUBLIC KEY-----")
            return SigningError(
                .badDKIMKey,
                "\(name): \(isPublic ? "this is a public key; signing takes the private one" : "this is no private key in PEM")",
                hint: "it starts with -----BEGIN PRIVATE KEY-----; pitwall dkim new DOMAIN --selector S makes one")
        }
    }
}
