import Diagnostics

/// How much a template and its partials may ask of the parser: counted, never timed. What is used up is an error with a place.
///
/// It is shared by all that read one source; what that took is in ``Syntax/cost``.
final class Allowance {
    private(set) var used = 0
    private let most: Int

    /// A megabyte of mails takes a quarter of it, a megabyte of nothing but rows of values nine tenths.
    static let whole = 300_000

    // A word, a sign and a passage of text are one part each; these are several, by what they cost.
    static let output = 3
    static let tag = 5
    /// Besides the tag: its turns have a name.
    static let cycle = 4
    /// Of a condition, besides what stands in it.
    static let test = 1
    /// A partial is looked up, parsed and compiled.
    static let partial = 20
    /// What the host does with its filters is noted for each use.
    static let hostFilter = 4

    init(_ most: Int) {
        self.most = most
    }

    var isSpent: Bool { used > most }

    func spend(_ parts: Int) { used += parts }

    static func exceeded(in source: SourceText, at span: Span) -> Diagnostic {
        Diagnostic(
            .error, "the template and its partials are too large: they may have \(whole / 1000),000 parts", in: source, at: span,
            hint: "a word or a sign is one part, a tag \(tag) more: let what repeats be a loop, and what is long another template")
    }
}
