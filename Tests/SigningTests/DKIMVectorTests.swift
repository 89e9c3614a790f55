import Mail
import Signing
import Testing

/// RFC 8463 appendix A.3: one message, signed with both algorithms.
@Suite struct DKIMVectorTests {
    private static let message = Array(
        [
            "From: Joe SixPack <joe@football.example.com>", "To: Suzie Q <suzie@shopping.example.net>", "Subject: Is dinner ready?",
            "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)", "Message-ID: <20030712040037.46341.5F8J@football.example.com>", "", "Hi.", "",
            "We lost the game.  Are you hungry yet?", "", "Joe.", "",
        ].joined(separator: "\r\n").utf8)

    private static let bodyHash = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="

    @Test func `the body's hash is the published one`() {
        var body = RelaxedBody()
        body.update(Self.message, from: DKIMHeaders(Self.message).bodyStart)
        #expect(Base64.encoded(body.finish().bytes) == Self.bodyHash)
    }

    @Test(arguments: [
        (
            PublishedKeys.ed25519, "ed25519-sha256", "brisbane", "from : to :\r\n subject : date : message-id : from : subject : date;",
            "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
        ),
        (
            PublishedKeys.rsa, "rsa-sha256", "test", "from : to : subject :\r\n date : message-id : from : subject : date;",
            "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2JzdA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="
        ),
    ])
    func `the signature is the published one`(pem: String, algorithm: String, selector: String, names: String, expected: String) throws {
        var headers = DKIMHeaders(Self.message)
        var hashed: [UInt8] = []
        for name in ["from", "to", "subject", "date", "message-id", "from", "subject", "date"] {
            headers.take(Array(name.utf8), of: Self.message, into: &hashed)
        }
        let field =
            " v=1; a=\(algorithm); c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n q=dns/txt; s=\(selector); "
            + "t=1528637909; h=\(names)\r\n bh=\(Self.bodyHash);\r\n b="
        hashed += Array("dkim-signature:".utf8)
        DKIMHeaders.relax(Array(field.utf8)[...], into: &hashed)
        #expect(Base64.encoded(try PublishedKeys.key(pem).signature(of: SHA256.hash(hashed))) == expected)
    }

    /// Appendix A.2.
    @Test func `the records are the published ones`() throws {
        #expect(
            DKIMRecord.value(of: try PublishedKeys.key(PublishedKeys.ed25519))
                == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
        #expect(
            DKIMRecord.value(of: try PublishedKeys.key(PublishedKeys.rsa))
                == "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
        )
    }
}
