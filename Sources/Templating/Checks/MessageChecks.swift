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
        compilation.report(Diagnostic(.warning, message, in: text.source, at: text.span))
    }

    // MARK: What mail must have

    /// - Parameter page: what the HTML part reads.
    func obligations(page: References, text: Template, use: TemplateUse, size: Int) {
        let source = compilation.sources[own]
        if use.kind != .service {
            if !page.reads("links", "unsubscribe") {
                compilation.report(
                    Diagnostic(
                        use.kind == .marketing ? .error : .warning, "there is no link to unsubscribe", in: source,
                        hint: "put <a href=\"{{ links.unsubscribe }}\"> into the layout"))
            } else if !text.references.contains(where: { $0.path.first == "links" }) {
                compilation.report(
                    Diagnostic(
                        .warning, "there is no link to unsubscribe in the text part", in: source,
                        hint: "put {{ links.unsubscribe }} into it"))
            }
            if !page.reads("organisation", "postal_address") {
                compilation.report(
                    Diagnostic(
                        .warning, "there is no postal address, which marketing mail must have", in: source,
                        hint: "put {{ organisation.postal_address }} into the layout"))
            }
        }
        if size > Self.largestPage {
            let message = "the page has \(size / 1000) kB, and Gmail cuts a message off at 102 kB"
            compilation.report(Diagnostic(.warning, message, in: source))
        }
    }
}
