package import Diagnostics

/// What the output is, and so what happens to values on their way into it.
package enum OutputMode: Sendable {
    /// Values are written as they are.
    case text
    /// Every value is escaped (`& < > " '`) unless it is ``Value/markup(_:)``.
    case html
}

/// How a template is parsed: everything that gives its names a meaning.
package struct ParseOptions: Sendable {
    package var mode: OutputMode
    /// The source of a partial by its name; nil where there is none. Asked once for each name.
    package var partial: @Sendable (String) -> SourceText?
    /// For suggestions, and for `{% include name_in_a_variable %}`, which can reach these and no others.
    package var knownPartials: [String]
    /// Names of block tags that the host renders itself, such as `link`.
    package var hostBlocks: Set<String>
    /// Filters beyond the standard ones; one with a standard name takes its place.
    package var hostFilters: [HostFilter]

    package init(
        mode: OutputMode = .text, partial: @escaping @Sendable (String) -> SourceText? = { _ in nil }, knownPartials: [String] = [],
        hostBlocks: Set<String> = [], hostFilters: [HostFilter] = []
    ) {
        self.mode = mode
        self.partial = partial
        self.knownPartials = knownPartials
        self.hostBlocks = hostBlocks
        self.hostFilters = hostFilters
    }
}
