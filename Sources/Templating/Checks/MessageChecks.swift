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
        let address = String(decoding: slot.bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let span = Span(slot.range.lowerBound, slot.range.upperBound)
        guard !address.isEmpty, address != "#" else { return warn("this link leads nowhere", in: source, at: span) }
        if address.hasPrefix("#") || Marks.mark(in: Array(address.utf8), at: 0) != nil { return }
        if let message = Self.placeholder(address) { return warn(message, in: source, at: span, hint: "write the address, or {{ … }}") }
        guard let scheme = Self.scheme(of: address) else {
            let hint =
                address.hasPrefix("//") || address.hasPrefix("/")
                ? "write the whole address" : "did you mean \"https://\(Self.shown(address))\"?"
            return warn("this link has no scheme and leads nowhere", in: source, at: span, hint: hint)
        }
        if Self.useless.contains(scheme) {
            return report(.error, "mail programs remove links that start with \(scheme):", in: source, at: span, hint: "link to a page")
        }
        if scheme == "http" || scheme == "https", Self.isLocal(address.dropFirst(scheme.count + 3)) {
            warn("this link leads to the reader's own machine", in: source, at: span)
        }
    }

    private static func shown(_ address: String) -> String {
        Marks.marks(in: address).isEmpty ? address : "…"
    }

    /// RFC 3986 section 3.1.
    private static func scheme(of address: String) -> String? {
        guard let colon = address.firstIndex(of: ":") else { return nil }
        let scheme = address[..<colon]
        let isScheme =
            scheme.first?.isLetter == true && scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-".contains($0)) }
        // `example.com:8080` is a host and a port; `localhost:80` too.
        return isScheme && scheme != "localhost" ? scheme.lowercased() : nil
    }

    private static func isLocal(_ rest: Substring) -> Bool {
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@").last.map { String($0) } ?? ""
        if host.hasPrefix("[") { return host.hasPrefix("[::1]") }
        return RelaySettings.isLoopback(String(host.prefix { $0 != ":" }).lowercased())
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
