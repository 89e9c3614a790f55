import Signing
import Testing

@Suite struct RelaxedBodyTests {
    /// Plainly: line by line, as RFC 6376 section 3.4.4 says it.
    private static func oracle(_ body: [UInt8]) -> [UInt8] {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < body.count {
            if body[index] == 0x0D, index + 1 < body.count, body[index + 1] == 0x0A {
                lines.append([])
                index += 2
            } else {
                lines[lines.count - 1].append(body[index])
                index += 1
            }
        }
        var relaxed = lines.map { line in
            var out: [UInt8] = []
            for byte in line {
                let isBlank = byte == 0x20 || byte == 0x09
                if !isBlank { out.append(byte) } else if out.last != 0x20 { out.append(0x20) }
            }
            if out.last == 0x20 { out.removeLast() }
            return out
        }
        while relaxed.last?.isEmpty == true { relaxed.removeLast() }
        return relaxed.flatMap { $0 + [0x0D, 0x0A] }
    }

    private static func hash(_ body: [UInt8], inPiecesOf size: Int) -> Digest {
        var hash = RelaxedBody()
        var start = 0
        while start < body.count {
            hash.update(Array(body[start..<min(start + size, body.count)]))
            start += size
        }
        return hash.finish()
    }

    /// RFC 6376 section 3.4.5, and what section 3.4.4 says of a body that holds nothing.
    @Test(arguments: [
        (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"), ("", ""), ("\r\n\r\n", ""), (" \t\r\n \r\n", ""), ("a", "a\r\n"),
        ("a\r\n \t\r\n\r\nb\t\tc \r\n", "a\r\n\r\n\r\nb c\r\n"), ("\r\n\r\nx\r\n", "\r\n\r\nx\r\n"), ("a\rb\nc\r\n", "a\rb\nc\r\n"),
    ])
    func `a body is hashed in its relaxed form`(body: String, relaxed: String) {
        let expected = SHA256.hash(Array(relaxed.utf8))
        for size in [1, 2, 3, 1000] { #expect(Self.hash(Array(body.utf8), inPiecesOf: size) == expected) }
    }

    @Test(arguments: 0..<20)
    func `any body, in whatever pieces, is hashed as its relaxed form`(seed: UInt64) {
        var random = Xorshift(seed: seed)
        let alphabet: [[UInt8]] = [
            [0x20], [0x09], [0x0D, 0x0A], [0x0D], [0x0A], Array("word".utf8), [0xE8], [0x2E], [0x00], Array("xxxxxxxx".utf8),
        ]
        for _ in 0..<200 {
            let count = Int(random.next() % 40)
            let body = (0..<count).flatMap { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            let expected = SHA256.hash(Self.oracle(body))
            let size = Int(random.next() % 9) + 1
            #expect(Self.hash(body, inPiecesOf: size) == expected, "\(body) in pieces of \(size)")
            #expect(Self.hash(body, inPiecesOf: 10_000) == expected, "\(body)")
        }
    }

    @Test func `a hash that was finished starts anew`() {
        var hash = RelaxedBody()
        hash.update(Array("one \r\n\r\n".utf8))
        _ = hash.finish()
        hash.update(Array("two\r\n".utf8))
        #expect(hash.finish() == SHA256.hash(Array("two\r\n".utf8)))
    }

    /// RFC 6376 section 3.4.5.
    @Test func `headers are relaxed, and taken from the lowest up`() {
        let message = Array("A: X\r\nB : Y\t\r\n\tZ  \r\nb: low\r\nEmpty:\r\n\r\nC \r\n".utf8)
        var headers = DKIMHeaders(message)
        #expect(message[headers.bodyStart...].elementsEqual("C \r\n".utf8))
        #expect(headers.count(of: Array("b".utf8)) == 2)
        var out: [UInt8] = []
        for name in ["a", "b", "b", "b", "none", "empty"] { headers.take(Array(name.utf8), of: message, into: &out) }
        #expect(String(decoding: out, as: UTF8.self) == "a:X\r\nb:low\r\nb:Y Z\r\nempty:\r\n")
    }

    @Test(arguments: ["", "\r\n", "A", "A: b", "A: b\r\n", "\r\n\r\n", ": x\r\n\r\n", " folded\r\n\r\nx", "A: b\r\n "])
    func `what is hardly a message has a body too`(text: String) {
        let message = Array(text.utf8)
        let headers = DKIMHeaders(message)
        #expect((0...message.count).contains(headers.bodyStart))
    }
}

/// The same numbers every time.
struct Xorshift {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
