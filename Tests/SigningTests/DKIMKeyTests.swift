import Foundation
import Mail
import Signing
import Testing

@Suite struct DKIMKeyTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pitwall-dkim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test(arguments: [
        (PublishedKeys.withPassphrase, "key.pem: this key has a passphrase, and nobody is there to type it when mail goes out"),
        (PublishedKeys.p256, "key.pem: this key is neither RSA nor Ed25519, and DKIM knows no others"),
        (PublishedKeys.publicHalf, "key.pem: this is a public key; signing takes the private one"),
        ("", "key.pem: this is no private key in PEM"), ("\0\u{1}", "key.pem: this is no private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "key.pem: this is no private key in PEM"),
        (PublishedKeys.shortRSA, "key.pem: an RSA key of 768 bits is too short: receivers take no signature under 1024"),
    ])
    func `what cannot sign is refused, with the remedy`(pem: String, message: String) throws {
        let error = #expect(throws: SigningError.self) { _ = try PublishedKeys.key(pem) }
        #expect(error?.code == .badDKIMKey)
        #expect(error?.message == message)
        #expect(error?.hint?.isEmpty == false)
    }

    @Test func `a short RSA key signs, and is warned of`() throws {
        let key = try PublishedKeys.key(PublishedKeys.rsa)
        #expect(key.algorithm == .rsa)
        #expect(key.bits == 1024)
        #expect(key.warnings == ["an RSA key of 1024 bits is weak: make one of 2048 under another selector"])
        let other = try PublishedKeys.key(PublishedKeys.ed25519)
        #expect(other.algorithm == .ed25519)
        #expect(other.warnings.isEmpty)
    }

    @Test(arguments: DKIMKey.Algorithm.allCases)
    func `a new key is kept for its owner only, and comes back`(algorithm: DKIMKey.Algorithm) throws {
        try Self.inFolder { folder in
            let path = folder + "/key.pem"
            let made = try DKIMKey.generate(algorithm)
            try made.create(at: path)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            let read = try DKIMKey(contentsOf: path)
            #expect(read.algorithm == algorithm)
            #expect(read.bits == (algorithm == .rsa ? 2048 : 256))
            #expect(read.publicBytes == made.publicBytes)
            #expect(read.warnings.isEmpty)
            let digest = SHA256.hash([1, 2, 3])
            #expect(try read.signature(of: digest) == made.signature(of: digest))
            #expect(try read.signature(of: digest).count == (algorithm == .rsa ? 256 : 64))
            let error = #expect(throws: SigningError.self) { try made.create(at: path) }
            #expect(error?.code == .keysExist)
            #expect(try DKIMKey.generate(algorithm).publicBytes != made.publicBytes)
        }
    }

    @Test func `a key that others may read is taken, and warned of`() throws {
        try Self.inFolder { folder in
            let path = folder + "/key.pem"
            try DKIMKey.generate(.ed25519).create(at: path)
            #expect(chmod(path, 0o644) == 0)
            #expect(try DKIMKey(contentsOf: path).warnings == ["others than its owner may read this key: chmod 600 \(path)"])
        }
    }

    @Test func `no file is an error that says how to make one`() throws {
        let error = #expect(throws: SigningError.self) { _ = try DKIMKey(contentsOf: "/nonexistent/key.pem") }
        #expect(error?.code == .noDKIMKey)
        #expect(error?.hint == "pitwall dkim new DOMAIN --selector S makes one")
    }

    @Test(arguments: [0, 512, 1024, 2047, 8193, 1 << 40])
    func `a key of a length that should not be is not made`(bits: Int) {
        #expect(throws: SigningError.self) { _ = try DKIMKey.generate(.rsa, bits: bits) }
    }

    @Test func `one key signs on many threads at once`() async throws {
        let key = try DKIMKey.generate(.rsa)
        let digests = (0..<40).map { SHA256.hash([UInt8($0)]) }
        let expected = try digests.map { try key.signature(of: $0) }
        let found = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            for (index, digest) in digests.enumerated() { group.addTask { (index, try key.signature(of: digest)) } }
            return try await group.reduce(into: [Int: [UInt8]]()) { $0[$1.0] = $1.1 }
        }
        #expect(digests.indices.allSatisfy { found[$0] == expected[$0] })
    }

    // MARK: - Records

    @Test func `a record is parted into strings that a TXT record can hold`() throws {
        let key = try DKIMKey.generate(.rsa)
        let value = DKIMRecord.value(of: key)
        let strings = DKIMRecord.strings(value)
        #expect(strings.count == 2)
        #expect(strings.allSatisfy { $0.utf8.count <= 255 })
        #expect(strings.joined() == value)
        #expect(
            DKIMRecord.zoneLine(domain: "example.com", selector: "s1", key: key).hasPrefix(
                "s1._domainkey.example.com. IN TXT ( \"v=DKIM1; k=rsa; p="))
        #expect(DKIMRecord.strings("") == [])
    }

    @Test func `a published record is compared with the key`() throws {
        let key = try DKIMKey.generate(.rsa)
        let value = DKIMRecord.value(of: key)
        let encoded = Base64.encoded(key.publicBytes)
        for same in [
            value, "p=\(encoded)", "v=DKIM1;k=rsa;t=y;p=\(encoded);", " v = DKIM1 ; p = \(encoded.prefix(20)) \(encoded.dropFirst(20))",
        ] {
            #expect(DKIMRecord.compare(same, with: key) == .same, "\(same)")
        }
        #expect(DKIMRecord.compare(DKIMRecord.value(of: try DKIMKey.generate(.rsa)), with: key) == .differs)
        #expect(DKIMRecord.compare("v=DKIM1; k=ed25519; p=\(encoded)", with: key) == .differs)
        #expect(DKIMRecord.compare("v=DKIM1; p=", with: key) == .revoked)
        for none in ["", "v=spf1 -all", "v=DKIM2; p=\(encoded)"] { #expect(DKIMRecord.compare(none, with: key) == .malformed) }
    }
}
