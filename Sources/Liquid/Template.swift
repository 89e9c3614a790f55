package import Diagnostics

/// A template, parsed and checked once and rendered as often as there are people to write to.
///
/// ```swift
/// let template = try Template(parsing: SourceText(name: "hello.md", text: "Hello {{ name | default: 'you' }}"))
/// var bytes: [UInt8] = []
/// try template.render(Scope(["name": "Ada"]), into: &bytes)
/// ```
///
/// It is immutable: any number of threads may render it at once. Everything with a name (tags, filters, partials) was
/// found when it was parsed; what is wrong with it was said then, all mistakes in one ``DiagnosticList``.
package struct Template: Sendable {
    /// Every place of it and its partials where a filter of the host is used.
    package let filterUses: [HostFilterUse]
    /// What standard Liquid accepts and ignores, and so what is most likely a mistake.
    package let warnings: [Diagnostic]

    private let program: Program
    private let syntax: Syntax
    private let library: PartialLibrary

    /// Offsets and spans, in errors and in ``reading()``, count from the start of `source` even where only `span` is parsed.
    package init(parsing source: SourceText, in span: Span? = nil, options: ParseOptions = ParseOptions()) throws(DiagnosticList) {
        let names = KnownNames(options)
        syntax = Parser.parse(source, in: span, names: names, parts: Allowance.whole)
        var compiler = Compiler(library: PartialLibrary(options, names: names, parts: Allowance.whole - syntax.cost))
        compiler.compile(syntax)
        guard compiler.problems.isEmpty else { throw DiagnosticList(compiler.problems) }
        program = compiler.program(options)
        library = compiler.library
        filterUses = compiler.filterUses
        warnings = compiler.warnings
    }

    /// What it does with data, its partials included. It is worked out anew each time it is asked for, which takes several times what
    /// parsing took.
    package func reading() -> Reading { TemplateReader.read(syntax, library: library) }

    /// Appends to `out`; after an error `out` is what it was before.
    ///
    /// - Returns: what it took, always the same for the same data.
    @discardableResult
    package func render(_ scope: Scope, limits: Limits = .mail, into out: inout [UInt8]) throws(RenderError) -> Cost {
        if let text = program.onlyText, limits.steps > 0, text.count <= limits.outputBytes {
            out.append(contentsOf: text)
            return Cost(steps: 1, outputBytes: text.count, valueBytes: 0)
        }
        var machine = Machine(program, scope: scope, limits: limits)
        try machine.run()
        out.append(contentsOf: machine.out.bytes)
        return Cost(
            steps: limits.steps - machine.meter.steps, outputBytes: machine.out.count,
            valueBytes: limits.valueBytes - machine.meter.valueBytes)
    }

    package func render(_ scope: Scope, limits: Limits = .mail) throws(RenderError) -> String {
        var out: [UInt8] = []
        try render(scope, limits: limits, into: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
