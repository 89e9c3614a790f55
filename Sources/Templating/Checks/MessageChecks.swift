import Diagnostics
import Liquid
import Workspace

/// Looks for the usual accidents of mail, without sending anything.
struct MessageChecks {
    let compilation: Compilation
    /// The template's own file.
    let own: Int

    /// What Gmail shows before it cuts a message.
    static let largestPage = 102_000
    /// About what a phone shows of a subject.
    static let longestSubject = 50

    // MARK: The page

    func page(_ part: CompiledPart) {
        for node in part.nodes {
            element(node, part.source)
            dropped(node, part.source)
        }
        balance(part.source)
        compilation.shown.add(part.nodes, in: compilation)
        for slot in part.links.slots { link(slot, part.source) }
    }

    private func element(_ node: HTMLNode, _ source: ComposedText) {
        if node.name == "img", node.attribute("alt") == nil, node.offset >= 0 {
            warn(
                "this image has no alt text", in: source, at: Span(node.offset, node.offset + 4),
                hint: "say what it shows, or alt=\"\" for a decoration")
        }
        for child in node.children { element(child, source) }
    }

    private func link(_ slot: LinkSlots.Slot, _ source: ComposedText) {
        guard let problem = LinkAddress(slot.bytes).problem else { return }
        let span = Span(slot.range.lowerBound, slot.range.upperBound)
        report(problem.isError ? .error : .warning, problem.message, in: source, at: span, hint: problem.hint)
    }

    func warn(_ message: String, in source: ComposedText, at span: Span, hint: String? = nil) {
        report(.warning, message, in: source, at: span, hint: hint)
    }

    func report(_ severity: Diagnostic.Severity, _ message: String, in source: ComposedText, at span: Span, hint: String? = nil) {
        compilation.report(severity, message, in: source, at: span, fallback: own, hint: hint)
    }

    // MARK: The subject

    func subject(_ text: AuthoredText) {
        var length = text.text.count
        let bytes = Array(text.text.utf8)
        for token in LiquidScanner.tokens(in: bytes) {
            length -= String(decoding: bytes[token.span.start..<token.span.end], as: UTF8.self).count
        }
        guard length > Self.longestSubject else { return }
        let message = "the subject has \(length) characters, and a phone shows about \(Self.longestSubject)"
        let hint = "put first what counts, or make it shorter"
        compilation.report(Diagnostic(.warning, message, in: text.source, at: text.span, hint: hint))
    }
}
