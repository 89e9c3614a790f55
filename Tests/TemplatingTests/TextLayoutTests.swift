import Testing

@testable import Templating

@Suite struct TextLayoutTests {
    /// Plain ASCII goes a shorter way than the rest: a letter of two bytes in place of one of one byte must change no line.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `lines break at the same places whatever the letters take in bytes`(seed: UInt64) {
        var random = Steps(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        for _ in 0..<50 {
            let starts = ["", "- ", "> ", "  - ", "12. ", "   ", "> > "]
            let longest = [1, 6, 12, 90][Int(random.next() % 4)]
            let words = (0..<1 + random.next() % 60).map { _ in String(repeating: "e", count: 1 + Int(random.next() % UInt64(longest))) }
            let line = starts[Int(random.next() % 7)] + words.joined(separator: " ")
            let plain = arranged(line)
            #expect(arranged(line.replacing("e", with: "é")).replacing("é", with: "e") == plain)
            for made in plain.split(separator: "\n") where made.count > TextLayout.width {
                let word = made.split(separator: " ").last { $0.count > 1 } ?? ""
                #expect(word.count > 40, "only a long word sticks out: \(made)")
            }
        }
    }

    @Test(arguments: [
        ("a  b", "a b\n"), ("  a   b  ", "  a b\n"), ("    a  b", "    a  b\n"), ("a\n\n\n\nb\n\n", "a\n\nb\n"), ("\n \na", "a\n"),
        ("    1. " + String(repeating: "x", count: 65) + " y", "    1. " + String(repeating: "x", count: 65) + "\n       y\n"),
    ])
    func `blanks that mean nothing go`(text: String, expected: String) {
        #expect(arranged(text) == expected)
    }

    /// A reader's value may begin with a megabyte of them: 5,000 and as many words made 25 MB.
    @Test(arguments: [">", "> ", " "], ["a", "é"]) func `what a line begins with is not repeated where it fills half of one`(
        start: String, word: String
    ) {
        let line = String(repeating: start, count: 5000) + "- " + String(repeating: word + " ", count: 5000)
        #expect(arranged(line).utf8.count < line.utf8.count + 1000)
        let quote = String(repeating: "> ", count: 18) + String(repeating: word + " ", count: 30)
        #expect(arranged(quote).split(separator: "\n").allSatisfy { $0.hasPrefix("> > > ") })
    }

    private func arranged(_ text: String) -> String {
        String(decoding: TextLayout.arranged(Array(text.utf8)), as: UTF8.self)
    }

    /// Xorshift: any numbers do, as long as they are the same each time.
    private struct Steps {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
