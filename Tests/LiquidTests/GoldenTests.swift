import Diagnostics
import Foundation
import Liquid
import Testing

/// The Golden Liquid suite, whose results come from the reference implementation.
@Suite(.enabled(if: GoldenSuite.exists, "shared/data/liquid/golden-liquid.json is not there"))
struct GoldenTests {
    @Test(arguments: GoldenSuite.cases) func `a case of the suite renders as the reference does`(_ golden: GoldenCase) throws {
        let outcome = golden.outcome()
        switch outcome {
        case .rendered(let text): #expect(!golden.isInvalid && golden.results.contains(text), "\(golden.template)")
        case .refused(let problem): #expect(golden.isInvalid, "\(golden.template)\n\(problem)")
        }
    }

    @Test func `all 755 cases are run`() {
        #expect(GoldenSuite.cases.count == 755)
    }

    @Test(arguments: GoldenSuite.cases.filter(\.isInvalid)) func `a refused template is shown with the place of its mistake`(
        _ golden: GoldenCase
    ) {
        guard case .refused(let problem) = golden.outcome() else { return }
        #expect(problem.span != nil)
    }
}

struct GoldenCase: Sendable, CustomTestStringConvertible {
    var name: String
    var template: String
    var data: Object
    var partials: [String: String]
    var results: [String]
    var isInvalid: Bool

    var testDescription: String { name }

    enum Outcome {
        case rendered(String)
        case refused(Diagnostic)
    }

    func outcome() -> Outcome {
        do {
            return .rendered(try render(template, data, partials: partials))
        } catch let list as DiagnosticList {
            return .refused(list.items.first ?? Diagnostic(.error, "no problem given", in: SourceText(name: name, text: "")))
        } catch let error as RenderError {
            return .refused(error.diagnostic)
        } catch {
            return .refused(Diagnostic(.error, "\(error)", in: SourceText(name: name, text: "")))
        }
    }
}

enum GoldenSuite {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/liquid/golden-liquid.json").standardizedFileURL

    static let exists = FileManager.default.fileExists(atPath: file.path)

    static let cases: [GoldenCase] = {
        guard exists, let bytes = try? Data(contentsOf: file), case .object(let suite)? = try? JSONReader.read(Array(bytes)),
            case .array(let tests)? = suite["tests"]
        else { return [] }
        return tests.compactMap { test in
            guard case .object(let test) = test else { return nil }
            var partials: [String: String] = [:]
            if case .object(let templates)? = test["templates"] {
                for name in templates.names { partials[name] = templates[name]?.text }
            }
            var results: [String] = []
            if let result = test["result"] { results = [result.text] }
            if case .array(let several)? = test["results"] { results = several.map(\.text) }
            var data: Object = [:]
            if case .object(let given)? = test["data"] { data = given }
            var isInvalid = false
            if case .bool(true)? = test["invalid"] { isInvalid = true }
            return GoldenCase(
                name: test["name"]?.text ?? "", template: test["template"]?.text ?? "", data: data, partials: partials, results: results,
                isInvalid: isInvalid)
        }
    }()
}
