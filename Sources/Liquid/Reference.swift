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
    /// The text it is asked to hold where that is written out: `{% if contact.segments contains "vip" %}`.
    package var contained: String? = nil
}

/// One place where a template, or a partial it renders, uses a filter of the host, with what is written out there.
package struct HostFilterUse: Sendable {
    package var name: String
    /// What the filter is given; nil where only a rendering tells.
    package var input: Value?
    package var arguments: [Value?]
    /// Names of the named arguments.
    package var names: [String]
    package var source: SourceText
    /// Of the filter's name.
    package var span: Span
    package var inputSpan: Span
}
