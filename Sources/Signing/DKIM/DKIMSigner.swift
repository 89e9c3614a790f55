package import Mail
package import Model

/// Signs messages for one domain with one or more keys (RFC 6376; Ed25519: RFC 8463): a `DKIM-Signature` field for each.
///
/// relaxed/relaxed, without `l=`, `t=` from the message's own date. `From`, `Reply-To`, `To` and `Subject` are signed once more than
/// they occur, so that nobody can put a second one on top. Making the same message twice signs the same bytes.
///
/// ```swift
/// let signer = try DKIMSigner(identities)
/// let fields = try signer.fields(for: bytes, date: message.date)
/// bytes.insert(contentsOf: fields, at: 0)
/// ```
package struct DKIMSigner: Sendable {
    /// One key, and where its public half is found: `SELECTOR._domainkey.DOMAIN`.
    package struct Identity: Sendable {
        package var domain: String
        package var selector: String
        package var key: DKIMKey
        /// `date`, `message-id`: what the relay writes anew. In lower case.
        package var unsigned: Set<String>

        package init(domain: String, selector: String, key: DKIMKey, unsigned: Set<String> = []) {
            self.domain = domain.lowercased()
            self.selector = selector
            self.key = key
            self.unsigned = unsigned
        }
    }

    package let identities: [Identity]

    /// - Parameter identities: all of one domain.
    /// - Throws: where Ed25519 stands alone: most receivers cannot check it, and for them the mail would be unsigned.
    package init(_ identities: [Identity]) throws(SigningError) {
        let hasRSA = identities.contains { $0.key.algorithm == .rsa }
        if !hasRSA, let alone = identities.first {
            throw SigningError(
                .badDKIMKey, "\(alone.domain) has an Ed25519 key only, which many receivers cannot check yet",
                hint: "add an RSA key beside it: pitwall dkim new \(alone.domain) --selector S")
        }
        self.identities = identities
    }

    private struct Signed {
        let shown: String
        let name: [UInt8]
        let isGuarded: Bool

        init(_ shown: String, guarded: Bool = false) {
            self.shown = shown
            name = Array(shown.lowercased().utf8)
            isGuarded = guarded
        }
    }

    private static let signed: [Signed] = [
        Signed("From", guarded: true), Signed("Reply-To", guarded: true), Signed("To", guarded: true), Signed("Cc"),
        Signed("Subject", guarded: true), Signed("Date"), Signed("Message-ID"), Signed("List-Unsubscribe"),
        Signed("List-Unsubscribe-Post"), Signed("List-Id"), Signed("Feedback-ID"), Signed("MIME-Version"), Signed("Content-Type"),
        Signed("Content-Transfer-Encoding"),
    ]

    /// The fields to be put on top of the message, with their line ends.
    ///
    /// - Parameters:
    ///   - message: headers, empty line, body, with CRLF line ends.
    ///   - tail: what follows `message` on the wire.
    package func fields(for message: [UInt8], tail: SharedBytes? = nil, date: Instant) throws(SigningError) -> [UInt8] {
        let headers = DKIMHeaders(message)
        var body = RelaxedBody()
        body.update(message, from: headers.bodyStart)
        if let tail { body.update(tail.bytes) }
        let bodyHash = Base64.encoded(body.finish().bytes)
        var out: [UInt8] = []
        out.reserveCapacity(identities.count * 900)
        for identity in identities {
            out.append(contentsOf: try field(identity, message, headers, bodyHash, date))
        }
        return out
    }

    private func field(
        _ identity: Identity, _ message: [UInt8], _ headers: DKIMHeaders, _ bodyHash: String, _ date: Instant
    ) throws(SigningError) -> [UInt8] {
        var headers = headers
        var names: [String] = []
        var hashed: [UInt8] = []
        hashed.reserveCapacity(4096)
        for field in Self.signed where !identity.unsigned.contains(String(decoding: field.name, as: UTF8.self)) {
            let count = headers.count(of: field.name) + (field.isGuarded ? 1 : 0)
            for _ in 0..<count {
                names.append(field.shown)
                headers.take(field.name, of: message, into: &hashed)
            }
        }
        var writer = DKIMFieldWriter()
        writer.tag("v", "1")
        writer.tag("a", identity.key.algorithm.signatureName)
        writer.tag("c", "relaxed/relaxed")
        writer.tag("d", identity.domain)
        writer.tag("s", identity.selector)
        if date.milliseconds >= 0 { writer.tag("t", "\(date.milliseconds / 1000)") }
        writer.tag("h", names)
        writer.tag("bh", bodyHash)
        writer.open("b")
        hashed.append(contentsOf: DKIMFieldWriter.name.lowercased().utf8)
        hashed.append(UInt8(ascii: ":"))
        DKIMHeaders.relax(writer.value, into: &hashed)
        writer.finish(Base64.encoded(try identity.key.signature(of: SHA256.hash(hashed))))
        return writer.bytes
    }
}
