import Foundation
import Mail
import Model
import Signing
import Testing

@Suite struct DKIMSignerTests {
    private static let date = Instant(milliseconds: 1_793_611_800_123)

    private static func signer(_ identities: [(String, String)], unsigned: Set<String> = []) throws -> DKIMSigner {
        try DKIMSigner(
            identities.map {
                DKIMSigner.Identity(domain: "Example.COM", selector: $0.0, key: try PublishedKeys.key($0.1), unsigned: unsigned)
            })
    }

    /// The tags of each signature, blanks taken out.
    private static func tags(_ fields: [UInt8]) -> [[String: String]] {
        String(decoding: fields, as: UTF8.self).components(separatedBy: "DKIM-Signature:").dropFirst().map { field in
            var tags: [String: String] = [:]
            for part in field.split(separator: ";") {
                guard let equals = part.firstIndex(of: "=") else { continue }
                tags[part[..<equals].filter { !$0.isWhitespace }] = part[part.index(after: equals)...].filter { !$0.isWhitespace }
            }
            return tags
        }
    }

    private static let message = Array(
        "From: a@example.com\r\nTo: b@example.org\r\nSubject: x\r\nDate: y\r\nMessage-ID: <z>\r\nX-Other: 1\r\nList-Unsubscribe: <u>\r\nList-Unsubscribe-Post: p\r\n\r\nbody\r\n"
            .utf8)

    @Test func `a signature says what it should, and no more`() throws {
        let fields = try Self.signer([("s1", PublishedKeys.rsa)]).fields(for: Self.message, date: Self.date)
        let tags = try #require(Self.tags(fields).first)
        #expect(Set(tags.keys) == ["v", "a", "c", "d", "s", "t", "h", "bh", "b"])
        #expect(tags["v"] == "1")
        #expect(tags["a"] == "rsa-sha256")
        #expect(tags["c"] == "relaxed/relaxed")
        #expect(tags["d"] == "example.com")
        #expect(tags["s"] == "s1")
        #expect(tags["t"] == "1793611800")
        #expect(tags["h"] == "From:From:Reply-To:To:To:Subject:Subject:Date:Message-ID:List-Unsubscribe:List-Unsubscribe-Post")
    }

    @Test func `what the relay writes anew is left out`() throws {
        let fields = try Self.signer([("s1", PublishedKeys.rsa)], unsigned: ["date", "message-id"]).fields(
            for: Self.message, date: Self.date)
        #expect(Self.tags(fields).first?["h"] == "From:From:Reply-To:To:To:Subject:Subject:List-Unsubscribe:List-Unsubscribe-Post")
    }

    @Test func `each key makes a signature of its own, over the same content`() throws {
        let signer = try Self.signer([("s1", PublishedKeys.rsa), ("e1", PublishedKeys.ed25519)])
        let tags = Self.tags(try signer.fields(for: Self.message, date: Self.date))
        #expect(tags.map { $0["a"] } == ["rsa-sha256", "ed25519-sha256"])
        #expect(tags.map { $0["s"] } == ["s1", "e1"])
        #expect(tags[0]["bh"] == tags[1]["bh"])
        #expect(try signer.fields(for: Self.message, date: Self.date) == signer.fields(for: Self.message, date: Self.date))
    }

    @Test func `Ed25519 alone is refused`() {
        let error = #expect(throws: SigningError.self) { _ = try Self.signer([("e1", PublishedKeys.ed25519)]) }
        #expect(error?.message == "example.com has an Ed25519 key only, which many receivers cannot check yet")
    }

    @Test func `a tail counts as if it stood in the message`() throws {
        let signer = try Self.signer([("s1", PublishedKeys.rsa)])
        let tail = Array("more \r\n\r\n".utf8)
        let apart = try signer.fields(for: Self.message, tail: SharedBytes(tail), date: Self.date)
        #expect(try apart == signer.fields(for: Self.message + tail, date: Self.date))
        #expect(try apart != signer.fields(for: Self.message, date: Self.date))
    }

    @Test(arguments: [
        ("example.com", "s1"), (String(repeating: "very-long.", count: 6) + "example.com", "a-long-selector-of-november-2026"),
    ])
    func `no line is longer than 78 columns`(domain: String, selector: String) throws {
        let key = try PublishedKeys.key(PublishedKeys.rsa)
        for length in 1...30 {
            let signer = try DKIMSigner([
                DKIMSigner.Identity(domain: domain, selector: selector + String(repeating: "x", count: length), key: key)
            ])
            let text = String(decoding: try signer.fields(for: Self.message, date: Self.date), as: UTF8.self)
            #expect(text.hasSuffix("\r\n"))
            for line in text.components(separatedBy: "\r\n").dropLast() {
                #expect(line.utf8.count <= 78, "\(line)")
                #expect(line.hasPrefix("DKIM-Signature: ") || (line.hasPrefix(" ") && line.count > 1 && !line.hasPrefix("  ")), "\(line)")
            }
        }
    }
}
