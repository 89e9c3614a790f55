package import Diagnostics

/// One place where a template, or a partial it renders, reads data: `contact.first_name`.
///
/// Names that the template makes itself (`assign`, `capture`, loop variables, a partial's arguments) are not data.
package struct Reference: Sendable {
    /// As far as it is written out: `contact.orders[n].total` is `["contact", "orders"]`.
    package var path: [String]
    package var source: SourceText
    package var span: Span
    /// Its first filter is `default`.
    package var hasDefault: Bool
    /// It is what an `if`, `unless` or `case` asks about, or stands inside one that asks about it or something it is part of.
    package var isGuarded: Bool
}
