import Diagnostics

/// What mail programs make of HTML that a browser takes.
extension MessageChecks {
    /// Elements that are not closed, or that Liquid tears apart.
    func balance(_ source: ComposedText) {
        for problem in HTMLBalance(source, in: compilation).problems {
            report(
                problem.isTorn ? .error : .warning, problem.message, in: source,
                at: Span(problem.range.lowerBound, problem.range.upperBound), hint: problem.hint)
        }
    }

    private static let dropped: [String: (message: String, hint: String)] = [
        "script": ("mail programs remove scripts", "link to a page that has it"),
        "form": ("most mail programs remove forms, or warn of them", "link to a page with the form"),
        "iframe": ("mail programs remove frames", "link to the page"),
        "object": ("mail programs remove embedded objects", "link to them"),
        "embed": ("mail programs remove embedded objects", "link to them"),
    ]

    /// Elements that no reader will see.
    func dropped(_ node: HTMLNode, _ source: ComposedText) {
        if let name = node.name, node.offset >= 0 {
            let span = Span(node.offset, node.offset + 1 + name.utf8.count)
            // Data for the mail program itself is a script too.
            let isData = name == "script" && node.attribute("type")?.value.lowercased() == "application/ld+json"
            if let known = Self.dropped[name], !isData {
                warn(known.message, in: source, at: span, hint: known.hint)
            } else if name == "link", node.attribute("rel")?.value.lowercased().contains("stylesheet") == true {
                warn("mail programs do not load style sheets", in: source, at: span, hint: "put the rules into <style>")
            }
        }
        for child in node.children { dropped(child, source) }
    }
}
