import COpenSSL
import Foundation
import Mail
import Model
import Signing
import Testing

private func bytes(hex: String) -> [UInt8] {
    stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
}

@Suite struct HashTests {
    /// FIPS 180-4's examples, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 gives the published values`(text: String, expected: String) {
        #expect(SHA256.hash(Array(text.utf8)).hex == expected)
        var pieces = SHA256()
        for byte in text.utf8 { pieces.update([byte]) }
        #expect(pieces.finish().hex == expected)
    }

    @Test func `SHA-256 of a million times the letter a`() {
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(SHA256.hash(million).hex == expected)
    }

    @Test func `a hash starts anew after its end, and takes any collection`() {
        var hash = SHA256()
        hash.update("abc".utf8.lazy.map { $0 })
        let first = hash.finish()
        hash.update(Array("xabcx".utf8)[1...3])
        #expect(hash.finish() == first)
        #expect(first == SHA256.hash(Array("abc".utf8)))
    }

    /// Around every seam: between ranges, before the tail, and where a block of 64 bytes ends in one text and not in the other.
    @Test func `two hashes at once are those of each`() {
        let bytes = (0..<700).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
        for count in [0, 1, 63, 64, 65, 127, 128, 129, 300, 700] {
            for tail in [nil, SharedBytes([]), SharedBytes([1, 2, 3]), SharedBytes(bytes)] {
                for cut in [0, 1, 10, 63, 64, 65, 100, 128, 200, 699] {
                    let text = Array(bytes[..<count])
                    let ranges = [0..<min(cut, count), min(cut + 37, count)..<count]
                    let rest = tail.map { Array($0.bytes) } ?? []
                    let (whole, part) = SHA256.hashes(text, and: ranges, tail: tail)
                    #expect(whole == SHA256.hash(text + rest))
                    #expect(part == SHA256.hash(ranges.flatMap { text[$0] } + rest))
                }
            }
        }
    }

    @Test func `two hashes of a million times the letter a`() {
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let (whole, part) = SHA256.hashes(million + [0], and: [0..<1, 1..<77, 77..<1_000_000])
        #expect(part.hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(whole == SHA256.hash(million + [0]))
    }

    /// Of texts of 512 MB and more the number of bits takes more than 32: these two have that many behind them.
    @Test func `the lengths of long texts are counted on`() {
        let text = (0..<777).map { UInt8(truncatingIfNeeded: $0 * 11) }
        func digest(_ update: (inout pitwall_sha256_state, inout pitwall_sha256_state) -> Void) -> [[UInt8]] {
            var states = (pitwall_sha256_state(), pitwall_sha256_state())
            pitwall_sha256_start(&states.0)
            pitwall_sha256_start(&states.1)
            // The lower half of the count, in whole blocks.
            states.0.words.8 = 0xFFFF_FE00
            states.1.words.8 = 0xFFFF_F000
            pitwall_sha256_update(&states.1, [1, 2, 3], 3)
            update(&states.0, &states.1)
            func finish(_ state: inout pitwall_sha256_state) -> [UInt8] {
                [UInt8](unsafeUninitializedCapacity: 32) {
                    pitwall_sha256_finish(&state, $0.baseAddress)
                    $1 = 32
                }
            }
            return [finish(&states.0), finish(&states.1)]
        }
        let alone = digest { first, second in
            pitwall_sha256_update(&first, text, text.count)
            pitwall_sha256_update(&second, text, text.count)
        }
        #expect(digest { pitwall_sha256_update_two(&$0, text, text.count, &$1, text, text.count) } == alone)
    }

    @Test func `both go in turns where the processor has instructions for it`() {
        #if arch(x86_64)
            let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            #expect(pitwall_sha256_goes_in_turns() == (flags.contains(" sha_ni") && flags.contains(" sse4_1") ? 1 : 0))
        #else
            #expect(pitwall_sha256_goes_in_turns() == 0)
        #endif
    }

    @Test func `ranges outside the bytes add nothing`() {
        let abc = SHA256.hash(Array("abc".utf8))
        #expect(SHA256.hashes(Array("abc".utf8), and: [-5..<3, 3..<99, 7..<8]) == (abc, abc))
        #expect(SHA256.hashes(Array("abc".utf8), and: []) == (abc, SHA256.hash([])))
    }

    /// RFC 4231 section 4: key, data, HMAC-SHA-256 (the fifth case is about truncation).
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "0c", count: 20), "546573742057697468205472756e636174696f6e",
            "a3b6167473100ee06e0c796c2955552b"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            String(repeating: "aa", count: 131),
            "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c61726765"
                + "72207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f726520626569"
                + "6e6720757365642062792074686520484d414320616c676f726974686d2e",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func `HMAC-SHA-256 gives the published values`(key: String, data: String, expected: String) {
        #expect(HMAC(Secret(bytes(hex: key))).sha256(bytes(hex: data)).hex.hasPrefix(expected))
    }

    @Test func `an empty key is a key`() {
        let expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        _ = HMAC(Secret([9, 9])).sha256([1])
        #expect(HMAC(Secret([])).sha256([]).hex == expected)
    }

    @Test(
        arguments: [([], [], true), ([1], [1], true), ([1], [2], false), ([1], [1, 1], false), ([], [1], false)]
            as [([UInt8], [UInt8], Bool)])
    func `comparing in constant time compares`(a: [UInt8], b: [UInt8], equal: Bool) {
        #expect(constantTimeEqual(a, b) == equal)
        #expect((Secret(a) == Secret(b)) == equal)
    }
}
