import Mail
import Model
import Testing

@Suite struct ContentRangesTests {
    private static func kept(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return String(decoding: contentRanges(of: bytes).flatMap { bytes[$0] }, as: UTF8.self)
    }

    @Test(arguments: [
        ("A: 1\r\nDate: x\r\nB: 2\r\n\r\nDate: body\r\n", "A: 1\r\nB: 2\r\n\r\nDate: body\r\n"),
        ("Date: x\r\nA: 1\r\n\r\nb", "A: 1\r\n\r\nb"),
        ("A: 1\r\nDKIM-Signature: v=1;\r\n b=x\r\n\tc\r\nB: 2\r\n\r\n", "A: 1\r\nB: 2\r\n\r\n"),
        ("dkim-SIGNATURE: a\r\n b\r\nDATE : x\r\nDKIM-Signature: c\r\nA: 1\r\n 2\r\n\r\n", "A: 1\r\n 2\r\n\r\n"),
        ("Date: x\r\n\r\nbody", "\r\nbody"), ("Date: x", ""), ("Date: x\r\n", ""), ("", ""), ("\r\nDate: x", "\r\nDate: x"),
        ("Dates: x\r\nX-Date: y\r\nDate\r\n\r\n", "Dates: x\r\nX-Date: y\r\nDate\r\n\r\n"), ("A: 1\nDate: x\n\nb", "A: 1\n\nb"),
        ("A: 1\r\n Date: x\r\n\r\n", "A: 1\r\n Date: x\r\n\r\n"),
    ])
    func `leave out dates and signatures`(message: String, expected: String) {
        #expect(Self.kept(message) == expected)
    }

    @Test func `are the same whenever a message is written`() throws {
        var message = try Samples.message(subject: "è", html: "<p>")
        let first = Self.kept(String(decoding: Samples.bytes(message), as: UTF8.self))
        message.date = message.date.advanced(byMilliseconds: 86_400_000)
        #expect(Self.kept(String(decoding: Samples.bytes(message), as: UTF8.self)) == first)
        #expect(!first.contains("Date:"))
    }

    @Test func `are in order and never empty, whatever the bytes`() {
        let odd = Array("Date: x\r\n y\r\r\n\nDKIM-Signature:\r\nA\r\n\r\n".utf8)
        for start in odd.indices {
            for end in start...odd.count {
                let ranges = contentRanges(of: Array(odd[start..<end]))
                #expect(ranges.allSatisfy { !$0.isEmpty && $0.upperBound <= end - start })
                #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
            }
        }
    }
}

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of RFC 4648 hold`(plain: String, encoded: String) {
        #expect(Base64.encoded(plain.utf8) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        let bare = encoded.filter { $0 != "=" }
        #expect(Base64.encoded(plain.utf8, .url) == bare)
        #expect(Base64.decode(bare, .url) == Array(plain.utf8))
    }

    @Test func `all bytes come back, in both alphabets`() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(Base64.decode(Base64.encoded(bytes)) == bytes)
        #expect(Base64.decode(Base64.encoded(bytes, .url), .url) == bytes)
    }

    @Test(arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "=", "====", "Zm9v\n", " Zm9v", "Zm-_", "Zm9v=", "Zg==Zg==", "é"])
    func `one text for the same bytes, no other`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zh", "Zg==", "Zm9", "Z", "a+/b", "AA A"])
    func `one text for the same bytes in URLs, no other`(text: String) {
        #expect(Base64.decode(text, .url) == nil)
    }
}
