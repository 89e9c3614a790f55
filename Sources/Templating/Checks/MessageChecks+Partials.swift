import Diagnostics
import Liquid

/// What partials are given and what they ask for.
extension MessageChecks {
    func partials(_ references: References) {
        for call in references.calls {
            guard let reads = call.use.reads else { continue }
            let name = call.use.name
            let given = Set(call.arguments.map(\.name))
            // A slip of a known name is told where it is made.
            let missing = call.lacks.filter { !given.contains($0) && nearest($0, among: Self.roots) == nil }
            var explained: Set<String> = []
            for argument in call.arguments where !reads.contains(argument.name) {
                let meant = nearest(argument.name, among: missing) ?? nearest(argument.name, among: reads.subtracting(given).sorted())
                if let meant { explained.insert(meant) }
                let hint = meant.map { "did you mean \"\($0)\"?" } ?? "leave it out, or write {{ \(argument.name) }} into the partial"
                compilation.report(
                    Diagnostic(
                        .warning, "the partial \"\(name)\" does not read \"\(argument.name)\"", in: call.source, at: argument.span,
                        hint: hint)
                )
            }
            for wanted in missing where !explained.contains(wanted) {
                let near = nearest(wanted, among: given.sorted()).map { "it is given \"\($0)\"" }
                compilation.report(
                    Diagnostic(
                        .warning, "the partial \"\(name)\" reads \"\(wanted)\", which it is not given", in: call.source, at: call.span,
                        hint: near ?? "add \(wanted): …, or write {{ \(wanted) | default: … }} in the partial"))
            }
        }
    }

    /// Partials that render themselves.
    func endless(_ readings: [Reading], origins: Origins) {
        for problem in readings.flatMap(\.endless) { compilation.report(origins.diagnostic(problem)) }
    }
}
