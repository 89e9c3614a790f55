import Foundation
import Testing

@testable import Liquid

/// The page for marketers names all there is.
@Suite struct ReferenceListTests {
    private static let page: String? = {
        let file = URL(fileURLWithPath: #filePath).appending(path: "../../../docs/templates.md").standardizedFileURL
        return try? String(contentsOf: file, encoding: .utf8)
    }()

    @Test(arguments: StandardFilter.allCases.map(\.rawValue) + TagName.allCases.map(\.rawValue) + TagName.dividers)
    func `every filter and tag is on the page`(name: String) throws {
        let page = try #require(Self.page)
        #expect(page.contains("`\(name)`"))
    }
}
