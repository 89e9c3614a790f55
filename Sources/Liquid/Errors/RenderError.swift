package import Diagnostics

/// Why a rendering ended without a result, and at which place of the template.
///
/// Its text never shows data, only what kind of thing was found: addresses stay out of logs.
package struct RenderError: Error, Sendable {
    package enum Kind: Sendable {
        /// The template asks something of this data that cannot be done: compare a word with a number, divide by zero.
        case data
        /// A bound of ``Limits`` was reached.
        case limit
        /// The host's own block or filter failed.
        case host
    }

    package var kind: Kind
    package var message: String
    package var hint: String?
    /// The template or the partial that holds the place.
    package var source: SourceText
    package var span: Span

    package var diagnostic: Diagnostic {
        Diagnostic(.error, message, in: source, at: span, hint: hint)
    }
}

extension RenderError: CustomStringConvertible {
    package var description: String { diagnostic.description }
}
