import Diagnostics
import Foundation
import Testing

@testable import Segments

/// What `docs/segments.md` shows is what the parser takes, in canonical form.
@Suite struct DocumentationTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/segments.md")

    /// The lines between ```` ```segment ```` and ```` ``` ````.
    static let examples: [String] = {
        var examples: [String] = []
        var isInside = false
        for line in ((try? String(contentsOf: page, encoding: .utf8)) ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = line == "```segment"
            } else if isInside {
                examples.append(String(line))
            }
        }
        return examples
    }()

    @Test(arguments: examples)
    func `every example is a segment in its canonical form`(example: String) throws {
        #expect(try SegmentSyntax(where: example).root.description == example)
    }

    @Test func `every form of the language has an example`() throws {
        let shown = try Self.examples.map { try SegmentSyntax(where: $0).root }
        #expect(shown.count > 50)
        let text = Self.examples.joined(separator: "\n")
        for word in Keyword.all.subtracting(["average", "or", "now", "false", "between", "before", "after"]) {
            #expect(text.contains(word), "no example has the word \(word)")
        }
    }
}
