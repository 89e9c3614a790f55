import Foundation
import Model
import Testing

/// The test set of isemail, where it lies beside the repository.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: Corpus.file.path), "../shared/data/addresses is not there"))
struct EmailAddressCorpusTests {
    @Test func `nothing is accepted that isemail calls an error, and what is refused of the rest is refused on purpose`() throws {
        let cases = try Corpus.cases()
        #expect(cases.count > 150)
        var refused: [String: Int] = [:]
        for item in cases {
            do {
                let address = try EmailAddress(item.address)
                #expect(["ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"].contains(item.category), "\(item.diagnosis): \(address)")
            } catch {
                if item.category != "ISEMAIL_ERR" { refused["\(item.category) \(error)", default: 0] += 1 }
            }
        }
        // Legal, and refused: comments and folding, quoted local parts, literals, domains without a dot or all digits, and
        // what is longer than SMTP takes.
        #expect(
            refused == [
                "ISEMAIL_CFWS badDomain": 3, "ISEMAIL_CFWS badLocal": 6, "ISEMAIL_CFWS longLocal": 1, "ISEMAIL_DEPREC badDomain": 5,
                "ISEMAIL_DEPREC badLocal": 6, "ISEMAIL_DEPREC literal": 1, "ISEMAIL_DEPREC quotedLocal": 8, "ISEMAIL_RFC5321 literal": 9,
                "ISEMAIL_RFC5321 noTopLevel": 1, "ISEMAIL_RFC5321 quotedLocal": 6, "ISEMAIL_RFC5322 badDomain": 4,
                "ISEMAIL_RFC5322 literal": 22, "ISEMAIL_RFC5322 long": 1, "ISEMAIL_RFC5322 longLocal": 1, "ISEMAIL_RFC5322 quotedLocal": 2,
                "ISEMAIL_VALID_CATEGORY noTopLevel": 1,
            ])
    }
}

private enum Corpus {
    struct Case {
        var address: String
        var category: String
        var diagnosis: String
    }

    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/data/addresses/is_email-tests.xml")

    static func cases() throws -> [Case] {
        try String(contentsOf: file, encoding: .utf8).components(separatedBy: "<test ").dropFirst().map { text in
            Case(address: element("address", text), category: element("category", text), diagnosis: element("diagnosis", text))
        }
    }

    private static func element(_ name: String, _ text: String) -> String {
        guard let start = text.range(of: "<\(name)>"), let end = text.range(of: "</\(name)>") else { return "" }
        return unescaped(String(text[start.upperBound..<end.lowerBound]))
    }

    /// Entities; and U+2400 to U+241F, by which the file writes control characters.
    private static func unescaped(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        var rest = text[...]
        while let first = rest.unicodeScalars.first {
            var scalar = first
            if first == "&", let end = rest.firstIndex(of: ";") {
                let name = rest[rest.index(after: rest.startIndex)..<end]
                let named: [Substring: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
                let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst(1))
                scalar = named[name] ?? number.flatMap { Unicode.Scalar($0) } ?? "?"
                rest = rest[rest.index(after: end)...]
            } else {
                rest = Substring(rest.unicodeScalars.dropFirst())
            }
            if (0x2400...0x241F).contains(scalar.value) { scalar = Unicode.Scalar(UInt8(scalar.value - 0x2400)) }
            out.append(scalar)
        }
        return String(out)
    }
}
