import Diagnostics
import Liquid
import Workspace

/// What marketing mail must have: a way out, and the sender's address.
extension MessageChecks {
    /// - Parameters:
    ///   - absent: where to point at for what is not there.
    ///   - size: of the page, in bytes.
    func obligations(
        page: Reading, text: (reading: Reading, file: SourceText?), origins: Origins, use: TemplateUse, absent: Span, size: Int
    ) {
        if use.kind != .service {
            let severity = use.kind == .marketing ? Diagnostic.Severity.error : .warning
            let isLeft = wayOut(page, origins, severity, absent)
            let ways = text.reading.outputs.filter { $0.paths.contains { $0.first == "links" } }
            if isLeft, !Self.reachesAll(ways.map(\.choices)) {
                let message =
                    ways.isEmpty
                    ? "there is no link to unsubscribe in the text part" : "only some readers get the link to unsubscribe in the text part"
                let source = text.file ?? compilation.sources[own]
                let span = text.file == nil ? absent : Span(0, 0)
                compilation.report(Diagnostic(.warning, message, in: source, at: span, hint: "put {{ links.unsubscribe }} into it"))
            }
            address(page, origins, absent)
        }
        if size > Self.largestPage {
            let message = "the page has \(size / 1000) kB, and Gmail cuts a message off at 102 kB"
            let hint = "leave something out, or link to a page that has it"
            compilation.report(Diagnostic(.warning, message, in: compilation.sources[own], at: absent, hint: hint))
        }
    }

    private struct Output {
        var place: AuthoredPlace
        var source: SourceText
        var choices: [DataOutput.Choice]
    }

    private func outputs(of path: [String], in page: Reading, _ origins: Origins) -> [Output] {
        page.outputs.filter { $0.paths.contains(path) || $0.paths.contains([path[0]]) }.map { output in
            let place = origins.place(output.span, in: output.source)
            return Output(
                place: AuthoredPlace(file: place.source.name, span: place.span ?? Span(0, 0)), source: place.source,
                // What is captured is shown where its name stands: that is taken on trust.
                choices: output.isCaptured ? [] : output.choices)
        }
    }

    /// A partial that stands in both parts as it is: nobody has looked at its HTML.
    private static func isUnseen(_ output: Output) -> Bool { output.place.file.hasSuffix(".liquid") }

    /// - Returns: whether everybody gets a link to unsubscribe, with something to click on.
    private func wayOut(_ page: Reading, _ origins: Origins, _ severity: Diagnostic.Severity, _ absent: Span) -> Bool {
        let outputs = outputs(of: ["links", "unsubscribe"], in: page, origins)
        let links = outputs.map { output in
            (output, compilation.shown.links.filter { $0.address.contains { $0.contains(output.place) } })
        }
        let good = links.filter { output, links in Self.isUnseen(output) || links.contains { $0.hasLabel && !$0.isHidden } }.map(\.0)
        if Self.reachesAll(good.map(\.choices)) { return true }
        let hint = "put <a href=\"{{ links.unsubscribe }}\">Unsubscribe</a> into the layout"
        func tell(_ message: String, _ output: Output?, _ hint: String) {
            let source = output?.source ?? compilation.sources[own]
            compilation.report(Diagnostic(severity, message, in: source, at: output?.place.span ?? absent, hint: hint))
        }
        if let some = good.first {
            tell("only some readers get the link to unsubscribe", some, "put it behind {% endif %}, or into {% else %} as well")
        } else if let (output, links) = links.first(where: { !$0.1.isEmpty }) {
            links.contains { $0.hasLabel }
                ? tell("the link to unsubscribe is hidden", output, hint)
                : tell(
                    "the link to unsubscribe has nothing to click on", output, "write a word between <a> and </a>, or an alt for its image")
        } else if let output = outputs.first {
            tell("this address to unsubscribe is in no link that readers see", output, hint)
        } else {
            tell("there is no link to unsubscribe", nil, hint)
        }
        return false
    }

    private func address(_ page: Reading, _ origins: Origins, _ absent: Span) {
        let outputs = outputs(of: ["organisation", "postal_address"], in: page, origins)
        let good = outputs.filter { output in
            Self.isUnseen(output) || compilation.shown.texts.contains { $0.contains(output.place) }
        }
        if Self.reachesAll(good.map(\.choices)) { return }
        let first = good.first ?? outputs.first
        let message =
            good.isEmpty
            ? outputs.isEmpty ? "there is no postal address, which marketing mail must have" : "no reader sees this postal address"
            : "only some readers see the postal address, which marketing mail must have"
        compilation.report(
            Diagnostic(
                .warning, message, in: first?.source ?? compilation.sources[own], at: first?.place.span ?? absent,
                hint: "put {{ organisation.postal_address }} into the layout"))
    }

    /// Whether one of these places is come to, whichever way a template goes.
    static func reachesAll(_ places: [[DataOutput.Choice]]) -> Bool {
        if places.contains(where: \.isEmpty) { return true }
        return Dictionary(grouping: places) { $0[0].id }.values.contains { group in
            (0..<(group.first?[0].count ?? 1)).allSatisfy { branch in
                reachesAll(group.filter { $0[0].branch == branch }.map { Array($0.dropFirst()) })
            }
        }
    }
}
