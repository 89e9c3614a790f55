import CBytes
import Testing

/// The loops in C against the same said byte by byte, on text where what they look for stands close together.
@Suite struct SixteenBytesTests {
    private static let canary: UInt8 = 0xA7

    /// The bytes after which `copy` stopped, what it had written up to there, and whether what lies beyond `allowed` bytes was left alone.
    private func run(
        _ text: [UInt8], allowed: Int, _ copy: (UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>, Int) -> Int
    ) throws -> (written: [UInt8], isWithin: Bool) {
        var target = [UInt8](repeating: Self.canary, count: text.count + 64)
        // In a buffer of its own length: with AddressSanitizer, reading beyond it ends the test.
        let source = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.count))
        defer { source.deallocate() }
        source.initialize(from: text, count: text.count)
        let count = try target.withUnsafeMutableBufferPointer { copy(try #require($0.baseAddress), source, text.count) }
        try #require(count <= text.count)
        return (Array(target[..<count]), target[allowed...].allSatisfy { $0 == Self.canary })
    }

    private struct Dice: RandomNumberGenerator {
        var state: UInt64 = 1

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
    }

    /// The same ones each time.
    private func texts(_ body: ([UInt8], inout Dice) throws -> Void) rethrows {
        var random = Dice()
        let often = Array("\n.=\r~ \u{7F}a".utf8) + [0x1F, 0x80, 0xFF, 0]
        for length in 0...100 {
            for round in 0..<40 {
                let isDense = round.isMultiple(of: 2)
                let text = (0..<length).map { _ in
                    isDense || Int.random(in: 0..<12, using: &random) == 0 ? often[Int.random(in: often.indices, using: &random)] : 0x61
                }
                try body(text, &random)
            }
        }
    }

    @Test func `copying up to a line that begins with a dot stops there and nowhere else`() throws {
        try texts { text, _ in
            let (written, isWithin) = try run(text, allowed: text.count) { pitwall_copy_to_dot($0, $1, $2) }
            let stop = text.indices.dropLast().first { text[$0] == 0x0A && text[$0 + 1] == UInt8(ascii: ".") }.map { $0 + 1 } ?? text.count
            #expect(written == Array(text[..<stop]), "of \(text)")
            #expect(isWithin, "of \(text)")
        }
    }

    @Test func `copying plain bytes stops at the first other one or at the limit`() throws {
        try texts { text, random in
            let limit = Int.random(in: 0...80, using: &random)
            let (written, isWithin) = try run(text, allowed: min(limit + 15, text.count)) { pitwall_copy_plain($0, $1, $2, limit) }
            let plain = text.prefix { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
            #expect(written == Array(plain.prefix(limit)), "of \(text), \(limit) at most")
            #expect(isWithin, "of \(text), \(limit) at most")
        }
    }
}
