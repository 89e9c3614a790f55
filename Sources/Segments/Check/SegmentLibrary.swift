import Diagnostics

/// The segments that others refer to: each is read and checked once, however often it is named.
final class SegmentLibrary {
    enum Answer {
        case found(Condition, SegmentSize)
        case missing
        /// The names along which it comes back to itself.
        case circle([String])
        /// It has mistakes of its own; told at the first reference only.
        case wrong([Diagnostic])
    }

    private let vocabulary: Vocabulary?
    private let read: (String) throws -> SourceText?
    private var checked: [String: Answer] = [:]
    private(set) var warnings: [Diagnostic] = []
    private(set) var questions: [Question] = []

    /// Segments that refer to segments that refer to segments: as deep as anybody can follow.
    private static let deepest = 16

    init(vocabulary: Vocabulary?, read: @escaping (String) throws -> SourceText?) {
        self.vocabulary = vocabulary
        self.read = read
    }

    func condition(named name: String, path: [String]) -> Answer {
        if let start = path.firstIndex(of: name) { return .circle(path[start...] + [name]) }
        if let answer = checked[name] {
            if case .wrong = answer { return .wrong([]) }
            return answer
        }
        let answer = look(up: name, path: path)
        checked[name] = answer
        return answer
    }

    private func look(up name: String, path: [String]) -> Answer {
        let source: SourceText
        do {
            guard let found = try read(name) else { return .missing }
            source = found
        } catch {
            return .wrong([Diagnostic(.error, "segment \"\(name)\" can't be read: \(error)", in: SourceText(name: name, text: ""))])
        }
        guard path.count < Self.deepest else {
            return .wrong([Diagnostic(.error, "segments refer to each other through more than \(Self.deepest) files", in: source)])
        }
        do throws(DiagnosticList) {
            let syntax = try SegmentSyntax(parsing: source)
            var checker = Checker(source: source, vocabulary: vocabulary, path: path + [name], library: self)
            let condition = checker.condition(syntax.root)
            if checker.found.contains(where: { $0.severity == .error }) { return .wrong(checker.found) }
            warnings += checker.found
            questions += checker.questions
            return .found(condition, checker.size)
        } catch {
            return .wrong(error.items)
        }
    }
}
