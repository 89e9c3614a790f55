package import Diagnostics

/// What the output is, and so what happens to values on their way into it.
package enum OutputMode: Sendable {
    /// Values are written as they are.
    case text
    /// Every value is escaped (`& < > " '`) unless it is ``Value/markup(_:)``, which these make and no others:
    ///
    /// | what | the result |
    /// |---|---|
    /// | `raw` | the text as it is: the one way to write data as HTML |
    /// | `escape`, `escape_once` | the escaped text; `escape` leaves markup alone, so nothing is escaped twice |
    /// | `newline_to_br` | the text, escaped unless it was markup, with `<br />` at its line ends |
    /// | `append`, `prepend` | markup where either side is; the other side is escaped |
    /// | `strip`, `lstrip`, `rstrip`, `squish`, `strip_newlines` | markup where the input is |
    /// | `capture` | what was captured, whose values were escaped on their way in |
    /// | `default`, `first`, `last`, `map`, `where` and their like | hand on what they are given |
    ///
    /// All other filters make plain text of markup. `url_encode` and `base64_encode` make none, but nothing of what
    /// they write needs escaping. Partials have the mode of the template that reaches them.
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
