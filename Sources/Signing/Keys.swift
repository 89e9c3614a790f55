import Mail

/// The secret keys of a workspace, kept in a text file that only its owner may read.
///
/// ```text
/// # Pitwall's keys. Whoever has them can unsubscribe anybody. Keep this file out of git, and never lose it: …
/// links m0Zk…=
/// identity 8xQ…=
/// ```
///
/// A line is a name, a space and 32 bytes in Base64; lines that start with `#` and empty ones mean nothing. Names that are
/// not known here are let through, so that an older program reads a newer file.
package struct Keys: Sendable {
    /// Signs the links in messages. Losing it breaks every link that was sent.
    package let links: Secret
    /// Derives Message-IDs and boundaries.
    package let identity: Secret
    let linkHashes: HMAC
    let identityHashes: HMAC

    package init(links: Secret, identity: Secret) {
        self.links = links
        self.identity = identity
        linkHashes = HMAC(links)
        identityHashes = HMAC(identity)
    }

    /// New keys, kept nowhere.
    package static func random() throws(SigningError) -> Keys {
        Keys(links: try .random(), identity: try .random())
    }

    /// Makes new keys and keeps them at `path`, readable by the owner only and on the disk when this returns. A file that
    /// is there already is never touched.
    @discardableResult
    package static func create(at path: String) throws(SigningError) -> Keys {
        let keys = try random()
        try PrivateFile(path).create(keys.fileText)
        return keys
    }

    /// - Throws: ``SigningError`` with the place of the mistake and what to do about it.
    package init(contentsOf path: String) throws(SigningError) {
        try self.init(parsing: try PrivateFile(path).read(), path: path)
    }

    private var fileText: [UInt8] {
        Array(
            """
            # Pitwall's keys. Whoever has them can unsubscribe anybody: keep this file out of git and readable by you only.
            # Keep a copy in a safe place: without them the links in all mail sent so far stop working.
            links \(Base64.encoded(links.bytes))
            identity \(Base64.encoded(identity.bytes))

            """.utf8)
    }

    init(parsing bytes: [UInt8], path: String) throws(SigningError) {
        var found: [String: Secret] = [:]
        let lines = String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let name = words.first, !name.hasPrefix("#") else { continue }
            guard words.count == 2, let key = Base64.decode(words[1]), key.count == 32, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw Self.malformed(path, "line \(index + 1) is not a name and 32 bytes in Base64") }
            guard found.updateValue(Secret(key), forKey: String(name)) == nil else {
                throw Self.malformed(path, "line \(index + 1) names a key a second time")
            }
        }
        guard let links = found["links"] else { throw Self.malformed(path, "there is no key \"links\"") }
        guard let identity = found["identity"] else { throw Self.malformed(path, "there is no key \"identity\"") }
        guard links != identity else { throw Self.malformed(path, "the keys \"links\" and \"identity\" are the same") }
        self.init(links: links, identity: identity)
    }

    private static func malformed(_ path: String, _ what: String) -> SigningError {
        SigningError(
            .badKeys, "\(path): \(what)",
            hint: "restore the file from a copy; new keys, made where there is no file, would break the links in all mail sent so far")
    }
}
